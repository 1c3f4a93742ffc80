"""The service plan at rest: made again after a change, kept for lists, explained."""
