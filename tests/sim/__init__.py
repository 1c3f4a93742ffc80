"""A seeded simulator of whole field days: tablets, network, server, clocks, all from one seed.

`python -m tests.sim --seeds 200 --first 1` runs seeds; one that fails prints what happened and the
command that does it again.
"""
