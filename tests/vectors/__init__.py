"""Vectors that every implementation of the formats must pass, and what writes them."""
