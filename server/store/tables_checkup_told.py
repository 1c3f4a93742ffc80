"""What residents are to be told of a checkup day, and were.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class CheckupTold(Table, tablename="checkup_told"):
    """One thing to say to one resident about one day. what: invited | slotted | reminder |
    changed | moved | unbooked | cancelled. `due_at`: not before; `told_at`: None while it waits. It
    holds no words: those are made when it leaves, by what is true then.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    who = Bytea()
    what = Text()
    due_at = BigInt()
    told_at = BigInt(null=True)
    KEY: ClassVar = ("district", "day", "who", "what")
    INDEX: ClassVar = (("district", "told_at", "due_at"),)
