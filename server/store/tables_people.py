"""Who is there: facilities, panels, staff, residents, who belongs to whom and since when.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class District(Table, tablename="district"):
    district = SmallInt(primary_key=True)
    code = Text()  # GB/T 2260
    name = Text()
    rules = Text()  # which table of server/rules/districts
    key = Bytea()  # wrapped data key for what belongs to no resident (staff names)
    index_key = Bytea()  # blind index key, sealed under `key`
    feed_epoch = BigInt()
    KEY: ClassVar = ("district",)


class Facility(Table, tablename="facility"):
    """The tree of organisations (S000-art3): level city | county | facility | station | room.

    Only facilities hold panels; stations and village rooms work under their facility
    (S001-art23). `published`: on the county's list, open to be chosen (S000-art4).
    """

    district = SmallInt()
    facility = Bytea(primary_key=True)
    name = Text()
    published = Boolean()
    level = Text()
    parent = Bytea(null=True)
    code = Text()  # the organisation's own code, as the county writes it
    licence = Text()  # number of the practice licence
    ownership = Text()  # public | collective | private
    opened_on = Text()
    closed_on = Text(null=True)  # the first day on which it serves nobody
    KEY: ClassVar = ("district", "facility")


class Panel(Table, tablename="panel"):
    """The residents of one family-doctor team; the counter and digest of its feed."""

    district = SmallInt()
    panel = Bytea(primary_key=True)
    facility = Bytea()
    name = Text()
    csn = BigInt()
    root_open = Bytea()
    root_restricted = Bytea()
    feed_from = BigInt(default=0)  # the compaction mark: rows up to it are gone
    feed_swept = BigInt(default=0)  # csn when the feed was last gone through
    KEY: ClassVar = ("district", "panel")


class Staff(Table, tablename="staff"):
    district = SmallInt()
    staff = Bytea(primary_key=True)
    facility = Bytea()
    panel = Bytea(null=True)
    role = Text()
    restricted = Boolean()
    active = Boolean()
    sealed_name = Bytea()
    KEY: ClassVar = ("district", "staff")


class Resident(Table, tablename="resident"):
    district = SmallInt()
    resident = Bytea(primary_key=True)
    panel = Bytea(null=True)
    facility = Bytea(null=True)
    status = Text()
    archive_no = Text()
    id_index = Bytea(null=True)
    phone_index = Bytea(null=True)
    key = Bytea()  # wrapped data key
    rev = BigInt()  # of the open cells: epoch * 2**32 + n
    rev_restricted = BigInt()
    sum_open = Bytea()
    sum_restricted = Bytea()
    sealed_cells = Bytea()
    sealed_restricted = Bytea(null=True)
    KEY: ClassVar = ("district", "resident")
    INDEX: ClassVar = (
        ("district", "id_index"),
        ("district", "phone_index"),
        ("district", "archive_no"),
    )


class Member(Table, tablename="member"):
    """Who is in which panel now: the only truth for packing.

    ground: assigned | consent (class A) | consent_b (class B too, which the resident named).
    """

    district = SmallInt()
    panel = Bytea(primary_key=True)
    resident = Bytea()
    ground = Text()
    since_csn = BigInt()
    until = BigInt(null=True)
    KEY: ClassVar = ("district", "panel", "resident")
    INDEX: ClassVar = (
        ("district", "resident", "panel", "ground", "until"),
        ("district", "until"),
    )


class Assignment(Table, tablename="assignment"):
    """History of responsible facility and panel. Closed rows carry the csn of their leave."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    n = Integer()
    facility = Bytea()
    panel = Bytea()
    ground = Text()
    from_day = Text()
    until_day = Text(null=True)
    moved_at = BigInt(null=True)
    leave_csn = BigInt(null=True)
    counts = Boolean()  # starts the yearly clock
    undone = Boolean()
    KEY: ClassVar = ("district", "resident", "n")
    INDEX: ClassVar = (("district", "panel", "resident"),)


class Switch(Table, tablename="switch"):
    """Requests to switch the facility. status: scheduled | done | withdrawn | undone.

    `person`: who wanted it (the resident or a guardian), `hand`: who carried it out for them, both
    None where an operator did. `sealed`, under the resident's key: the ground that was given.
    """

    district = SmallInt()
    resident = Bytea()
    switch = Bytea(primary_key=True)
    facility = Bytea()
    panel = Bytea()
    cause = Text()
    asked_at = BigInt()
    from_day = Text()
    status = Text()
    person = Bytea(null=True)
    hand = Bytea(null=True)
    sealed = Bytea(null=True)
    KEY: ClassVar = ("district", "resident", "switch")
    INDEX: ClassVar = (("district", "status", "from_day"),)


class Consent(Table, tablename="consent"):
    """Who else may look, for one purpose, at which classes (A or AB), until when.

    `panel`: the team; empty bytes for the whole facility. manner: view | copy (a copy on the
    team's tablets). `person`: who gave it, the resident or a guardian; None where an operator
    wrote it down. `revoked_by`: who took it back; None for an end by closing or moving.
    """

    district = SmallInt()
    resident = Bytea()
    consent = Bytea(primary_key=True)
    facility = Bytea()
    panel = Bytea()
    purpose = Text()
    classes = Text()
    text_version = Text()
    granted_at = BigInt()
    until = BigInt()
    revoked_at = BigInt(null=True)
    manner = Text()
    person = Bytea(null=True)
    revoked_by = Bytea(null=True)
    KEY: ClassVar = ("district", "resident", "consent")
