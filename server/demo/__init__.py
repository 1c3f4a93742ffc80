"""A demo district: the facilities and head counts of a real one, and nobody real in it."""
