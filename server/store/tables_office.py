"""The people who work here: areas, services, teams, accounts, sessions, who has a task in hand.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class ServiceArea(Table, tablename="service_area"):
    """Which facility, and which team of it, serves a village or committee (S001-art10).

    `code`: 9 digits of a township or 12 of a village; the longest that fits an address decides.
    """

    district = SmallInt()
    code = Text(primary_key=True)
    name = Text()
    facility = Bytea()
    panel = Bytea(null=True)
    KEY: ClassVar = ("district", "code")
    INDEX: ClassVar = (("district", "facility"),)


class FacilityService(Table, tablename="facility_service"):
    """A service a facility may give, from one day until another (S000-art4)."""

    district = SmallInt()
    facility = Bytea(primary_key=True)
    service = Text()
    from_day = Text()
    until_day = Text(null=True)
    KEY: ClassVar = ("district", "facility", "service", "from_day")


class TeamMember(Table, tablename="team_member"):
    """Who serves a panel, from one day until another. ground: member | locum."""

    district = SmallInt()
    panel = Bytea(primary_key=True)
    staff = Bytea()
    ground = Text()
    from_day = Text()
    until_day = Text(null=True)  # the first day without
    KEY: ClassVar = ("district", "panel", "staff", "from_day")
    INDEX: ClassVar = (("district", "staff"),)


class Account(Table, tablename="account"):
    """What one member of staff signs in with. state: invited | active | closed.

    `password` is a salted scrypt hash; `sealed_totp` the shared secret of the second factor.
    """

    district = SmallInt()
    staff = Bytea(primary_key=True)
    login = Text()
    state = Text()
    password = Bytea()
    sealed_totp = Bytea()
    totp_step = BigInt()  # the newest 30 s step used: a code counts once
    tries = Integer()  # wrong ones in a row
    locked_until = BigInt()
    made_by = Bytea()
    changed_at = BigInt()
    KEY: ClassVar = ("district", "staff")
    UNIQUE: ClassVar = (("district", "login"),)


class Invite(Table, tablename="invite"):
    """A one-time link, kept as the hash of its token. purpose: first | reset."""

    district = SmallInt()
    invite = Bytea(primary_key=True)
    staff = Bytea()
    purpose = Text()
    made_by = Bytea()
    made_at = BigInt()
    expires_at = BigInt()
    used_at = BigInt(null=True)
    KEY: ClassVar = ("district", "invite")
    INDEX: ClassVar = (("district", "staff"),)


class Session(Table, tablename="session"):
    """One signed-in browser, kept as the hash of its token. ended: why it ended, "" while alive."""

    district = SmallInt()
    session = Bytea(primary_key=True)
    staff = Bytea()
    began_at = BigInt()
    seen_at = BigInt()
    ended = Text()
    KEY: ClassVar = ("district", "session")
    INDEX: ClassVar = (("district", "staff"),)


class Draft(Table, tablename="draft"):
    """What somebody had typed when the session ran out, sealed; gone when it is taken up."""

    district = SmallInt()
    draft = Bytea(primary_key=True)
    staff = Bytea()
    path = Text()
    at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "draft")
    INDEX: ClassVar = (("district", "staff"),)


class AccountEvent(Table, tablename="account_event"):
    """What happened to an account, and by whose hand."""

    district = SmallInt()
    event = Bytea(primary_key=True)
    staff = Bytea()
    actor = Bytea()
    what = Text()
    at = BigInt()
    KEY: ClassVar = ("district", "event")
    INDEX: ClassVar = (("district", "staff", "at"), ("district", "at"))


class TaskClaim(Table, tablename="task_claim"):
    """Who has a task in hand (谁在办)."""

    district = SmallInt()
    kind = Text(primary_key=True)
    subject = Bytea()
    staff = Bytea()
    at = BigInt()
    KEY: ClassVar = ("district", "kind", "subject")


class Touched(Table, tablename="touched"):
    """Archives in which something has changed since cards and figures were last made."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    at = BigInt()
    KEY: ClassVar = ("district", "resident")


class SpecialCase(Table, tablename="special_case"):
    """A switch before the year is over, for the county to decide. state: asked | allowed |
    refused | withdrawn. The switch of an allowed one has its id.
    """

    district = SmallInt()
    special_case = Bytea(primary_key=True)
    resident = Bytea()
    panel = Bytea()  # of the team the resident wants
    ground = Text()
    code = Text()
    sealed = Bytea()  # evidence as described, and the reason of the decision
    has_evidence = Boolean()
    state = Text()
    asked_by = Bytea()
    asked_at = BigInt()
    due_at = BigInt()
    decided_by = Bytea(null=True)
    decided_at = BigInt(null=True)
    KEY: ClassVar = ("district", "special_case")
    INDEX: ClassVar = (("district", "resident"),)
