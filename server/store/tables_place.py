"""What is under way with organisations and staff: lists sent in, facilities that close, people who
leave, tablets that are given back.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class Upload(Table, tablename="upload"):
    """A list somebody sent to look at before it is taken over; sealed, gone when it is done."""

    district = SmallInt()
    upload = Bytea(primary_key=True)
    staff = Bytea()
    at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "upload")


class Closing(Table, tablename="closing"):
    """A facility that closes. state: planned | moving | done | undone.

    `moved`: residents with a new facility, `unplaced`: those who wait for a person to choose.
    """

    district = SmallInt()
    facility = Bytea(primary_key=True)
    day = Text()
    state = Text()
    was_published = Boolean()
    asked_by = Bytea()
    asked_at = BigInt()
    moved = Integer()
    unplaced = Integer()
    KEY: ClassVar = ("district", "facility")
    INDEX: ClassVar = (("district", "state"),)


class Leaving(Table, tablename="leaving"):
    """A member of staff who leaves on a day. state: planned | done | undone."""

    district = SmallInt()
    staff = Bytea(primary_key=True)
    day = Text()
    successor = Bytea(null=True)
    state = Text()
    asked_by = Bytea()
    asked_at = BigInt()
    KEY: ClassVar = ("district", "staff")
    INDEX: ClassVar = (("district", "state"),)


class TabletReturn(Table, tablename="tablet_return"):
    """A tablet that is taken back after its uploads: it may still deliver and is given no page.

    `reason` is the word of its revocation; `done_at` when its uploads were in.
    """

    district = SmallInt()
    device = Bytea(primary_key=True)
    reason = Text()
    since = BigInt()
    done_at = BigInt(null=True)
    KEY: ClassVar = ("district", "device")


class Handover(Table, tablename="handover"):
    """An archive that came to another facility by the resident's own choice: what the new one
    takes note of, and the old one is told.

    result: "" while it waits | seen | counted (the days were over) | moved_on (it left again).
    """

    district = SmallInt()
    handover = Bytea(primary_key=True)
    resident = Bytea()
    from_facility = Bytea()
    from_panel = Bytea()
    to_facility = Bytea()
    to_panel = Bytea()
    at = BigInt()
    due_at = BigInt()
    result = Text()
    ended_at = BigInt(null=True)
    ended_by = Bytea(null=True)
    KEY: ClassVar = ("district", "handover")
    INDEX: ClassVar = (
        ("district", "resident"),
        ("district", "to_facility", "at"),
        ("district", "from_facility", "at"),
        ("district", "result", "due_at"),
    )
