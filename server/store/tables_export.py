"""带走档案: an archive packed for its resident, kept sealed for some days.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class Export(Table, tablename="export"):
    """One packing. state: waiting | ready | failed | gone. `person`: who asked; `staff`: whose hand
    at a desk, None in the portal. `digest`: SHA-256 of the ZIP file, once it is ready.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    export = Bytea()
    person = Bytea()
    staff = Bytea(null=True)
    facility = Bytea(null=True)
    state = Text()
    asked_at = BigInt()
    ready_at = BigInt(null=True)
    size = Integer()
    digest = Bytea()
    tries = Integer()
    KEY: ClassVar = ("district", "resident", "export")
    INDEX: ClassVar = (("district", "state", "asked_at"),)


class ExportPart(Table, tablename="export_part"):
    """A piece of the ZIP file, sealed under the resident's key."""

    district = SmallInt()
    export = Bytea(primary_key=True)
    n = Integer()
    sealed = Bytea()
    KEY: ClassVar = ("district", "export", "n")
