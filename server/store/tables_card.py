"""What lists show of a resident, kept apart from the archive so that a facility's people open fast.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class ResidentCard(Table, tablename="resident_card"):
    """Made from the archive at `rev` of its open cells, again whenever those change.

    Sealed under the district's card key: whoever destroys a resident's data key deletes the card
    in the same transaction.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    facility = Bytea(null=True)
    panel = Bytea(null=True)
    status = Text()
    rev = BigInt()
    at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "resident")
    INDEX: ClassVar = (("district", "facility"), ("district", "at"))
