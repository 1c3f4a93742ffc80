"""Family beyond the links themselves (tables_portal.py), and what residents report of a look.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class AccessReport(Table, tablename="access_report"):
    """这次不该看: a resident reports a row of the access log. The facility explains, the county
    decides; nobody takes it away.

    `facility`: of whoever looked, None where it was none. `person`: who reports. `hand`: the member
    of staff at whose desk it was written; None in the portal. state: open | decided. result:
    proper | improper. `sealed`, under the resident's key: words of all three.
    """

    district = SmallInt()
    report = Bytea(primary_key=True)
    resident = Bytea()
    entry = Bytea()
    facility = Bytea(null=True)
    person = Bytea()
    hand = Bytea(null=True)
    at = BigInt()
    due_at = BigInt()
    state = Text()
    explained_at = BigInt(null=True)
    explained_by = Bytea(null=True)
    decided_at = BigInt(null=True)
    decided_by = Bytea(null=True)
    result = Text()
    sealed = Bytea()
    KEY: ClassVar = ("district", "report")
    INDEX: ClassVar = (("district", "resident"), ("district", "facility", "at"))


class Relative(Table, tablename="relative"):
    """Somebody who acts for a resident and has no archive in this district: an id of their own.

    `id_index`: blind index of the document. `sealed`: name and document, under the district's key.
    A bound telephone stands in bound_phone under this id, sealed under the district's key too.
    """

    district = SmallInt()
    relative = Bytea(primary_key=True)
    id_index = Bytea()
    made_at = BigInt()
    made_by = Bytea()
    facility = Bytea()
    sealed = Bytea()
    KEY: ClassVar = ("district", "relative")
    UNIQUE: ClassVar = (("district", "id_index"),)


class FamilyOffer(Table, tablename="family_offer"):
    """A resident names a relative in the portal; nothing is shown until the relative accepts.

    `person`: None where nobody has that number and telephone; the page says the same. state:
    asked | accepted | declined | withdrawn | expired. `sealed`: tail of the document, under the
    resident's key.
    """

    district = SmallInt()
    resident = Bytea()
    offer = Bytea(primary_key=True)
    person = Bytea(null=True)
    scopes = Text()
    until_day = Text()
    state = Text()
    at = BigInt()
    expires_at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "resident", "offer")
    INDEX: ClassVar = (("district", "person", "state"), ("district", "state", "expires_at"))


class FamilyFreeze(Table, tablename="family_freeze"):
    """A member of staff shut a family link at once; the county looks at it. state: open | lifted |
    ended. `sealed`, under the resident's key: the reason, the county's words.
    """

    district = SmallInt()
    family_freeze = Bytea(primary_key=True)
    resident = Bytea()
    link = Bytea()
    staff = Bytea()
    facility = Bytea()
    at = BigInt()
    due_at = BigInt()
    state = Text()
    decided_at = BigInt(null=True)
    decided_by = Bytea(null=True)
    sealed = Bytea()
    KEY: ClassVar = ("district", "family_freeze")
    INDEX: ClassVar = (("district", "resident"), ("district", "link"))


class FamilyAct(Table, tablename="family_act"):
    """代: what somebody of the family did for a resident. `what`: code of the act; `subject`: the
    row it made. `hand`: the member of staff who carried it out, None in the portal.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    act = Bytea()
    person = Bytea()
    hand = Bytea(null=True)
    what = Text()
    subject = Bytea()
    at = BigInt()
    KEY: ClassVar = ("district", "resident", "act")
