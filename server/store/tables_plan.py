"""The service plan of each resident, and what of it is still owed, for lists.

The small print that holds for all tables is in tables.py. Both are derived from the archive and
made again from it (server/actions/plan/remake.py): whoever destroys an archive deletes them in the
same transaction. Of class B only this stands in the clear: that there is something, by when, and
whose it is; what it is, is sealed.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class Plan(Table, tablename="plan"):
    """What is owed to one resident in `year`; good until the day `until`.

    `facility`, `panel`: zeros for none. `rev`, `rev_restricted`: as a tablet compares them; each
    rises when a tablet would see a difference. `village`: area code of the address. `sealed_open`,
    `sealed_restricted`: items of class A and B with their reasons, under the resident's data key.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    year = Integer()
    until = Text()
    made_at = BigInt()
    rev = BigInt()
    rev_restricted = BigInt()
    facility = Bytea()
    panel = Bytea()
    village = Text()
    sealed_open = Bytea()
    sealed_restricted = Bytea(null=True)
    KEY: ClassVar = ("district", "resident")
    INDEX: ClassVar = (("district", "until", "resident"),)


class PlanDue(Table, tablename="plan_due"):
    """One thing that is owed, not done, and stands on lists.

    `key`: names it among the resident's: rule and slot, of class B a bare number. `rule`: "" for
    class B, whose item is `sealed`. `closes`: the last day; 9999-12-31 where it stays owed.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    key = Text()
    cls = Text()
    rule = Text()
    facility = Bytea()
    panel = Bytea()
    village = Text()
    opens = Text()
    due = Text()
    closes = Text()
    sealed = Bytea(null=True)
    KEY: ClassVar = ("district", "resident", "key")
    INDEX: ClassVar = (
        ("district", "facility", "due", "village", "resident", "closes", "opens", "rule"),
        ("district", "panel", "due", "village", "resident", "closes", "opens", "rule"),
    )


class PlanYear(Table, tablename="plan_year"):
    """How far everybody's plan of a year has been made. state: making | made. `after`: the last
    resident that was reached; `edition`: the rules and numbers it was made by.
    """

    district = SmallInt()
    year = Integer(primary_key=True)
    edition = Text()
    state = Text()
    after = Bytea()
    reached = Integer()
    total = Integer()
    made_at = BigInt()
    KEY: ClassVar = ("district", "year")
