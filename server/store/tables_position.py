"""Where tablets were when changes were saved.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import Bytea, SmallInt, Text
from piccolo.table import Table


class ChangePosition(Table, tablename="change_position"):
    """The position that came beside a change, where one did. `sealed` (place: table 38): latitude,
    longitude, accuracy, instant. `under`: resident | district, whose key sealed it: that of the
    change.
    """

    district = SmallInt()
    change = Bytea(primary_key=True)
    under = Text()
    sealed = Bytea()
    KEY: ClassVar = ("district", "change")
