"""What residents want put right, in three lanes, and what was answered.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class Correction(Table, tablename="correction"):
    """One correction, by the id of the change it made: the edit, or the statement.

    lane: change | ask | comment. state and outcome: server/rules/corrections.py. `person`: who
    asked for `resident`; `helper`: the member of staff who held the pen. `record`: what a statement
    is about. `made`: the change that carries the facility's answer, `ruled`: the county's. `sealed`
    (place: table 28): before, wanted, reasons, answers; class `cls` as a whole.
    """

    district = SmallInt()
    correction = Bytea(primary_key=True)
    resident = Bytea()
    person = Bytea()
    helper = Bytea(null=True)
    lane = Text()
    cls = Text()
    record = Bytea(null=True)
    state = Text()
    outcome = Text()
    asked_at = BigInt()
    due_at = BigInt()
    overdue_at = BigInt(null=True)  # when the resident was told that nobody had answered in time
    answered_at = BigInt(null=True)
    answered_by = Bytea(null=True)
    made = Bytea(null=True)
    appealed_at = BigInt(null=True)
    ruled_at = BigInt(null=True)
    ruled_by = Bytea(null=True)
    ruled = Bytea(null=True)
    sealed = Bytea()
    KEY: ClassVar = ("district", "correction")
    INDEX: ClassVar = (("district", "resident", "asked_at"), ("district", "state", "due_at"))
