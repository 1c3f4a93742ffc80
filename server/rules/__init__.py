"""What is allowed and due: pure decisions, each citing its clause.

Rules answer with named outcomes, not exceptions and not HTTP. The numbers that differ between
districts stand in districts/*.toml, each beside its clause. Nothing here reads a clock or a
database; the day and the instant are handed in.
"""
