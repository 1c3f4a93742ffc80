"""Which browsers may show the code of a checkup day without a fresh sign-in.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class DayPass(Table, tablename="day_pass"):
    """One browser that shows one person's code of one checkup day, until that day is over.

    `mark`: hash of a token that only the browser has; a browser has one, for everybody it booked
    for. `name`: what an address says in place of a person. `person`: who booked, `session`: where
    they were signed in at that moment. `until`: ms UTC. ended: signed_out | not_mine | cancelled |
    restored | whatever ended all of the person's sessions.
    """

    district = SmallInt()
    mark = Bytea(primary_key=True)
    day = Bytea()
    resident = Bytea()
    name = Bytea()
    person = Bytea()
    session = Bytea()
    made_at = BigInt()
    until = BigInt()
    ended = Text()
    KEY: ClassVar = ("district", "mark", "day", "resident")
    INDEX: ClassVar = (
        ("district", "person"),
        ("district", "session"),
        ("district", "day", "resident"),
        ("district", "until"),
    )
