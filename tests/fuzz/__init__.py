"""Fuzz: whatever comes from outside is changed by a seed and handed in. Four promises must hold.

1. Nothing untyped is raised: only the errors that the room promises, each with a stable code.
2. Nothing changed is accepted: what was signed is refused; what a person sent as a list is listed
   with its faults or means what its cells say, and is never taken in by half.
3. A case costs bounded time (of a processor, never of the wall) and bounded memory.
4. No error and no line of the log says anything about a person.

`targets.py` lists what is tried, `case.py` says what a target is, `run.py` holds the promises that
are the same for all. `python -m tests.fuzz --help` runs any of them as long as you like.
"""
