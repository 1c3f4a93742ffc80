"""What comes from another system: where imported records were taken from, and who is registered
there and not here.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class ImportSource(Table, tablename="import_source"):
    """Where the records of one list come from. The flag "from:JOB" of a change names the row.

    `sealed`, under the district's key: name of the other system, moment of its export. It stays
    when the content of the list is destroyed: the records go on saying where they come from.
    """

    district = SmallInt()
    job = Bytea(primary_key=True)
    made_at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "job")


class Reconciliation(Table, tablename="reconciliation"):
    """One line of a comparison with another system; line 0 stands for the comparison itself.

    `list`: the list that was read in. finding: both | only_here | only_there | differs, "" at line
    0. state: of a line open | closed; of line 0 making | done | replaced, the last when a newer
    list of the same condition took its place. `mark`: blind index of the document. `facility`:
    whose line it is, None where no facility was found. `sealed`, under the district's key: which
    condition, name, numbers, what differs, the note of who closed it.
    """

    district = SmallInt()
    list = Bytea(primary_key=True)
    n = Integer()
    facility = Bytea(null=True)
    restricted = Boolean()
    finding = Text()
    state = Text()
    mark = Bytea(null=True)
    resident = Bytea(null=True)
    made_at = BigInt()
    closed_at = BigInt(null=True)
    closed_by = Bytea(null=True)
    sealed = Bytea()
    KEY: ClassVar = ("district", "list", "n")
    INDEX: ClassVar = (("district", "list", "facility"), ("district", "list", "mark"))
