"""A seeded simulator of whole field days: tablets, network, server, clocks, all from one seed.

`python -m tests.sim --seeds 200 --first 1` plays seeds; one that fails prints what happened and the
command that does it again, `--shrink` looks for the few steps that matter. options.py says which
faults there are and how likely each is, script.py what a seed will do, deeds.py how each step is
done, oracle.py and checks.py what must be true at rest.
"""
