"""What residents and their families do: sign in, read, correct, choose, answer."""
