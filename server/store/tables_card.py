"""What staff see of residents at a desk: cards, who searched for whom, why an archive was opened,
what was written there.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
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
    INDEX: ClassVar = (("district", "facility", "resident"), ("district", "at"))


class Search(Table, tablename="search"):
    """One search by a member of staff. how: words | number | archive | change, or due for a
    page of a due list. `sealed`: the words as typed, under the district's key.
    """

    district = SmallInt()
    search = Bytea(primary_key=True)
    staff = Bytea()
    facility = Bytea()
    at = BigInt()
    how = Text()
    shown = Integer()
    sealed = Bytea()
    KEY: ClassVar = ("district", "search")
    INDEX: ClassVar = (("district", "staff", "at"),)


class SearchShown(Table, tablename="search_shown"):
    """Who was shown in a search."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    search = Bytea()
    KEY: ClassVar = ("district", "resident", "search")


class OpeningReason(Table, tablename="opening_reason"):
    """Why somebody opened an archive outside the own panel, beside the row of the access log.

    `sealed`: their words, under the resident's data key, so that the resident can be shown them.
    `present`: the resident is there, the document was seen.
    """

    district = SmallInt()
    entry = Bytea(primary_key=True)
    resident = Bytea()
    staff = Bytea()
    at = BigInt()
    purpose = Text()
    present = Boolean()
    sealed = Bytea()
    KEY: ClassVar = ("district", "entry")
    INDEX: ClassVar = (("district", "resident", "staff", "at"),)


class DeskChange(Table, tablename="desk_change"):
    """A change written at a desk: who performed it and who was responsible that day
    (S000-art13).
    """

    district = SmallInt()
    change = Bytea(primary_key=True)
    resident = Bytea()
    performing = Bytea()
    responsible = Bytea(null=True)
    KEY: ClassVar = ("district", "change")
