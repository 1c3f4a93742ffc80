"""What residents are told: written down in the act's own transaction, sent by a job."""
