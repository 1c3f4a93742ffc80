"""Facilities that keep no paper any more.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class Paperless(Table, tablename="paperless"):
    """Since which day the electronic record is a facility's record of service (S004-3(1)-a)."""

    district = SmallInt()
    facility = Bytea(primary_key=True)
    since = Text()
    set_by = Bytea()
    set_at = BigInt()
    KEY: ClassVar = ("district", "facility")
