"""What desks do on a checkup day: people called back, lists of a laboratory.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class CheckupCall(Table, tablename="checkup_call"):
    """Somebody who went before everything was done was called back; `undone_at`: not any more."""

    district = SmallInt()
    day = Bytea(primary_key=True)
    who = Bytea()
    at = BigInt()
    staff = Bytea()
    undone_at = BigInt(null=True)
    KEY: ClassVar = ("district", "day", "who")


class CheckupLab(Table, tablename="checkup_lab"):
    """A list of results that a laboratory gave out. state: ready | done | dropped.

    `sealed`: its lines, and which columns were chosen, under the district's key; once it was taken
    in only what was wrong with which line. `digest`: of the file, so that the same one is known.
    """

    district = SmallInt()
    lab = Bytea(primary_key=True)
    facility = Bytea()
    day = Bytea()
    laboratory = Text()
    digest = Bytea()
    state = Text()
    lines = Integer()
    taken = Integer()
    same = Integer()
    refused = Integer()
    made_by = Bytea()
    made_at = BigInt()
    ended_at = BigInt(null=True)
    sealed = Bytea(null=True)
    KEY: ClassVar = ("district", "lab")
    INDEX: ClassVar = (("district", "day", "made_at"), ("district", "state", "made_at"))


class CheckupLabColumns(Table, tablename="checkup_lab_columns"):
    """Which column of a laboratory's lists is which, as it was chosen last: {heading: column}."""

    district = SmallInt()
    facility = Bytea(primary_key=True)
    laboratory = Text()
    columns = Text()
    made_by = Bytea()
    made_at = BigInt()
    KEY: ClassVar = ("district", "facility", "laboratory")
