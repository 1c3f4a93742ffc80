"""A county of full size, and what becomes of the server at it: `python -m tests.scale --help`."""
