"""What residents asked for by a tablet's hand, until it is done and after.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class TabletAct(Table, tablename="tablet_act"):
    """One act, by the id of the change that asks for it; what it says stands sealed in that change.

    state: waiting | done | not_done. `reason`: a code of server/rules/assisted.py, "" while it
    waits or when it is done. `next_at`: when it is tried (again); `tries` counts faults of the
    server, not refusals. `docket`: the number on the paper the resident was handed, "" for an act
    that needs none.
    """

    district = SmallInt()
    act = Bytea(primary_key=True)
    resident = Bytea()
    device = Bytea()
    staff = Bytea()
    kind = Text()
    signed_at = BigInt()
    received_at = BigInt()
    state = Text()
    reason = Text()
    tries = Integer()
    next_at = BigInt()
    docket = Text()
    KEY: ClassVar = ("district", "act")
    INDEX: ClassVar = (
        ("district", "state", "next_at"),
        ("district", "docket"),
        ("district", "resident"),
    )
