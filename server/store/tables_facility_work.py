"""Records of a facility's own work, class C: patrols and health education, in nobody's archive.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class FacilityRecord(Table, tablename="facility_record"):
    """One record, or the taking back of one (`voids`). Rows are added; only `state` changes.

    state: stands | amended | voided of a record; taken_back of a row that voids.
    """

    district = SmallInt()
    record = Bytea(primary_key=True)
    facility = Bytea()  # the organisation whose work it was: centre, station or village room
    kind = Text()
    version = Integer()
    day = Text()
    staff = Bytea()
    at = BigInt()
    amends = Bytea(null=True)
    voids = Bytea(null=True)
    state = Text()
    sealed = Bytea()  # the form and the reason, under the district's key, bound to the facility
    KEY: ClassVar = ("district", "record")
    INDEX: ClassVar = (("district", "facility", "day"), ("district", "amends"))
