"""The yearly figures: what is true of each resident, kept counts of it, targets.

The small print that holds for all tables is in tables.py. What a flag tells (that somebody belongs
to a row) is of class A; class B facts decide no row.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class FigureFlag(Table, tablename="figure_flag"):
    """One resident counted in one row of one year, where and with what result.

    `facility`, `panel`: zeros for none. `done_day`: the service day that completed it. `lacks`:
    what is missing, as codes. `village`: area code of the address, for the order of a list.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    year = Integer()
    item = Text()
    facility = Bytea()
    panel = Bytea()
    done = Boolean()
    done_day = Text()
    last_day = Text()
    lacks = Text()
    village = Text()
    KEY: ClassVar = ("district", "resident", "year", "item")
    INDEX: ClassVar = (
        ("district", "facility", "year", "item", "done", "village", "resident"),
        ("district", "panel", "year", "item", "done", "village", "resident"),
    )


class Figure(Table, tablename="figure"):
    """How many are counted and how many of them are done: moved with the flags, never counted."""

    district = SmallInt()
    year = Integer(primary_key=True)
    facility = Bytea()
    panel = Bytea()
    item = Text()
    people = Integer()
    done = Integer()
    KEY: ClassVar = ("district", "year", "facility", "panel", "item")


class FigureWeek(Table, tablename="figure_week"):
    """How many became done in a week (its Monday), by service day: the speed."""

    district = SmallInt()
    year = Integer(primary_key=True)
    week = Text()
    facility = Bytea()
    item = Text()
    n = Integer()
    KEY: ClassVar = ("district", "year", "week", "facility", "item")


class FigureYear(Table, tablename="figure_year"):
    """How far the figures of a year have been made. state: making | made. `after`: the last
    resident that was reached; `remade_at`: when flags were last brought up to date.
    """

    district = SmallInt()
    year = Integer(primary_key=True)
    state = Text()
    after = Bytea()
    reached = Integer()
    total = Integer()
    made_at = BigInt()
    remade_at = BigInt()
    KEY: ClassVar = ("district", "year")


class Target(Table, tablename="target"):
    """What a facility is to reach in a row of a year; the highest version is in force. `number`:
    null when it was taken back. `written`: as it was typed, with base and rate.
    """

    district = SmallInt()
    year = Integer(primary_key=True)
    facility = Bytea()
    item = Text()
    version = Integer()
    number = Integer(null=True)
    written = Text()
    source = Text()
    set_by = Bytea()
    set_at = BigInt()
    KEY: ClassVar = ("district", "year", "facility", "item", "version")
