"""Planted faults: is there a test for what the tests claim? `python -m tests.planted --help`."""
