"""What is kept of decisions beside the changes they made: the words that went with them.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class DecisionNote(Table, tablename="decision_note"):
    """What somebody wrote when a task was ended. `subject` is the task's.

    audience: resident (shown to them as written) | writer (of a change that was not taken).
    """

    district = SmallInt()
    subject = Bytea(primary_key=True)
    note = Bytea()
    kind = Text()
    audience = Text()
    resident = Bytea(null=True)
    staff = Bytea()
    at = BigInt()
    made = Bytea(null=True)  # the change that the decision made
    sealed = Bytea()
    KEY: ClassVar = ("district", "subject", "note")
    INDEX: ClassVar = (("district", "resident"),)
