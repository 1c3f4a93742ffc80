"""Sheets of cards for a checkup day: drawn by timed work, kept sealed for some days.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class CheckupSheet(Table, tablename="checkup_sheet"):
    """One printing. state: waiting | ready | failed | gone. `day`: None for a card made by itself.
    `people`: their ids in the order of the cards, 16 bytes each; `done`: cards drawn so far.
    `ready_at`: while it waits, until when a process that draws it has it for itself.
    """

    district = SmallInt()
    sheet = Bytea(primary_key=True)
    facility = Bytea()
    staff = Bytea()
    day = Bytea(null=True)
    state = Text()
    asked_at = BigInt()
    ready_at = BigInt(null=True)
    people = Bytea()
    done = Integer()
    size = Integer()
    digest = Bytea()
    tries = Integer()
    KEY: ClassVar = ("district", "sheet")
    INDEX: ClassVar = (("district", "state", "asked_at"), ("district", "facility", "asked_at"))


class CheckupSheetPart(Table, tablename="checkup_sheet_part"):
    """A piece of the PDF, sealed under the district's key."""

    district = SmallInt()
    sheet = Bytea(primary_key=True)
    n = Integer()
    sealed = Bytea()
    KEY: ClassVar = ("district", "sheet", "n")
