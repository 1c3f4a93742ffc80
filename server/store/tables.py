"""Every table, once. Piccolo reads through these classes; the hot paths take names and types from `spec`.

Every key starts with district. Archive tables are keyed by resident and never by facility or team: a switch moves no
row. What is sealed: `sealed_*` and `body`; what is clear: ids, days, states, counters, access class, and the kind of a
class A record only (crypto/SPEC.md, "At rest"). Ids are 16 bytes, instants int ms UTC, days ISO text.
"""

from dataclasses import dataclass
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
    district = SmallInt()
    facility = Bytea(primary_key=True)
    name = Text()
    published = Boolean()
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


class Device(Table, tablename="device"):
    """One tablet: its keys, its chain, what it has been given, when it was last in touch."""

    district = SmallInt()
    device = Bytea(primary_key=True)
    facility = Bytea()
    label = Text()
    status = Text()  # enrolled | suspended | lost | revoked
    suite = SmallInt()
    kem_key = Bytea()
    restricted = Boolean()
    chain_epoch = BigInt()
    epoch_allowed = BigInt()
    head_seq = BigInt()
    head_digest = Bytea()
    counter = BigInt()
    backed_epoch = BigInt()
    backed_seq = BigInt()
    outcome_n = BigInt()
    app = Text()
    schema = Integer()
    pending = Integer()
    oldest = BigInt(null=True)
    first_contact = BigInt()
    last_contact = BigInt()
    lease_until = BigInt()
    safe_until = BigInt(null=True)  # lost: last seen safe at
    trust = Integer()
    checkpoint = BigInt()
    strangers_day = Text()
    strangers = Integer()
    digest_misses = Integer()
    KEY: ClassVar = ("district", "device")


class DeviceKey(Table, tablename="device_key"):
    """A signing key belongs to (device, staff)."""

    district = SmallInt()
    key = Bytea(primary_key=True)
    device = Bytea()
    staff = Bytea()
    public = Bytea()
    since = BigInt()
    until = BigInt(null=True)
    KEY: ClassVar = ("district", "device", "key")


class DevicePanel(Table, tablename="device_panel"):
    """What one tablet was served of one panel, and what it signed for."""

    district = SmallInt()
    device = Bytea(primary_key=True)
    panel = Bytea()
    served_epoch = BigInt()
    served_csn = BigInt()
    served_at = BigInt()
    acked_csn = BigInt()
    acked_at = BigInt()
    KEY: ClassVar = ("district", "device", "panel")


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
    INDEX: ClassVar = (("district", "id_index"), ("district", "phone_index"))


class Member(Table, tablename="member"):
    """Who is in which panel now: the only truth for packing. ground: assigned | consent."""

    district = SmallInt()
    panel = Bytea(primary_key=True)
    resident = Bytea()
    ground = Text()
    since_csn = BigInt()
    until = BigInt(null=True)
    KEY: ClassVar = ("district", "panel", "resident")
    INDEX: ClassVar = (("district", "resident"),)


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
    """Requests to switch the facility. status: scheduled | done | withdrawn | undone."""

    district = SmallInt()
    resident = Bytea()
    switch = Bytea(primary_key=True)
    facility = Bytea()
    panel = Bytea()
    cause = Text()
    asked_at = BigInt()
    from_day = Text()
    status = Text()
    KEY: ClassVar = ("district", "resident", "switch")
    INDEX: ClassVar = (("district", "status", "from_day"),)


class Change(Table, tablename="change"):
    """One row a change: the signed bytes sealed once, and the state they are in."""

    district = SmallInt()
    resident = Bytea()
    change = Bytea(primary_key=True)
    kind = Text(null=True)  # class A only
    cls = Text()
    shape = Text()  # event | edit
    state = Text()
    reason = Text()
    parts = Bytea(null=True)  # sealed: cell -> state
    rev = BigInt()
    day = Text()  # service day as stated
    recorded_at = BigInt()
    received_at = BigInt()
    device = Bytea(null=True)
    epoch = BigInt()
    seq = BigInt()
    idx = Integer()
    staff = Bytea()
    author = Text()
    credit = Text()
    credit_facility = Bytea(null=True)
    flags = Text()
    known_panel = Bytea(null=True)  # the tablet's claim of what it had applied, for a later judgement
    known_epoch = BigInt()
    known_csn = BigInt()
    under = Text()  # whose data key seals the body: resident | district
    body = Bytea()  # sealed: change key (16) then the change as signed
    KEY: ClassVar = ("district", "resident", "day", "change")
    UNIQUE: ClassVar = (("district", "change"),)


class Feed(Table, tablename="feed"):
    """One panel's changes in order. op: resident | event | leave."""

    district = SmallInt()
    panel = Bytea(primary_key=True)
    csn = BigInt()
    op = Text()
    resident = Bytea()
    entity = Bytea()
    KEY: ClassVar = ("district", "panel", "csn")


class BatchRow(Table, tablename="batch"):
    """The ledger: every envelope ever taken from a device, its place, its receipt."""

    district = SmallInt()
    device = Bytea(primary_key=True)
    digest = Bytea()  # SHA-256 of the envelope
    epoch = BigInt()
    seq = BigInt()
    verdict = Text()  # next | replacement | epoch | fork
    staff = Bytea()
    received_at = BigInt()
    n = Integer()
    header = Bytea()
    body_hash = Bytea()
    signature = Bytea()
    leaves = Bytea()
    receipt = Bytea()
    KEY: ClassVar = ("district", "device", "digest")
    INDEX: ClassVar = (("district", "device", "epoch", "seq"),)


class Envelope(Table, tablename="envelope"):
    """Raw envelopes until 30 days after the verified backup."""

    district = SmallInt()
    device = Bytea(primary_key=True)
    digest = Bytea()
    received_at = BigInt()
    content = Bytea()
    KEY: ClassVar = ("district", "device", "digest")


class Outcome(Table, tablename="outcome"):
    """Later outcomes of a device's changes: append only. Packing numbers them, under the device's lock."""

    district = SmallInt()
    device = Bytea(primary_key=True)
    outcome = Bytea()
    n = BigInt(null=True)
    change = Bytea()
    state = Text()
    reason = Text()
    at = BigInt()
    KEY: ClassVar = ("district", "device", "outcome")
    INDEX: ClassVar = (("district", "device", "n"),)


class Wait(Table, tablename="wait"):
    """Held changes by the id they wait for: found at once when it arrives."""

    district = SmallInt()
    names = Bytea(primary_key=True)
    change = Bytea()
    since = BigInt()
    KEY: ClassVar = ("district", "names", "change")


class TaskRow(Table, tablename="task"):
    """Work for a person. subject: the change, device or resident it is about."""

    district = SmallInt()
    kind = Text(primary_key=True)
    subject = Bytea()
    resident = Bytea(null=True)
    facility = Bytea(null=True)
    opened_at = BigInt()
    due_at = BigInt()
    closed_at = BigInt(null=True)
    closed_by = Bytea(null=True)
    result = Text()
    KEY: ClassVar = ("district", "kind", "subject")
    INDEX: ClassVar = (("district", "closed_at", "due_at"), ("district", "resident"))


class CopyRow(Table, tablename="copy"):
    """Which tablets hold a readable copy of whom. state: possible | asked | purged | unaccounted."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    device = Bytea()
    since = BigInt()
    state = Text()
    changed_at = BigInt()
    KEY: ClassVar = ("district", "resident", "device")
    INDEX: ClassVar = (("district", "device", "state"),)


class AccessLog(Table, tablename="access_log"):
    """谁看过我的档案: one row an opening. mode: online | offline | automatic."""

    district = SmallInt()
    resident = Bytea()
    entry = Bytea(primary_key=True)
    at = BigInt()
    logged_at = BigInt()
    staff = Bytea()
    facility = Bytea(null=True)
    device = Bytea(null=True)
    purpose = Text()
    ground = Text()
    classes = Text()
    mode = Text()
    KEY: ClassVar = ("district", "resident", "entry")


class Consent(Table, tablename="consent"):
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
    KEY: ClassVar = ("district", "resident", "consent")


class ServerKey(Table, tablename="server_key"):
    """Keys of the server by epoch, sealed under the KEK. purpose: kem | sign | audit | trust."""

    district = SmallInt()
    purpose = Text(primary_key=True)
    suite = SmallInt()
    epoch = BigInt()
    kid = Bytea()
    public = Bytea()
    sealed_private = Bytea()
    since = BigInt()
    retired_at = BigInt(null=True)
    KEY: ClassVar = ("district", "purpose", "suite", "epoch")


class EnrolOffer(Table, tablename="enrol_offer"):
    """status: open | joined | confirmed | expired. The code itself is sealed and never sent."""

    district = SmallInt()
    offer = Bytea(primary_key=True)
    device = Bytea()
    staff = Bytea()
    panel = Bytea()
    label = Text()
    suite = SmallInt()
    status = Text()
    tries = Integer()
    created_at = BigInt()
    expires_at = BigInt()
    sealed_secret = Bytea()  # code and server nonce
    request = Bytea(null=True)
    digits = Text()
    kem_key = Bytea(null=True)
    sign_key = Bytea(null=True)
    KEY: ClassVar = ("district", "offer")


class AuditLeaf(Table, tablename="audit_leaf"):
    """Committed entries; the sequencer gives them their number. what: batch | page | opening | act."""

    district = SmallInt()
    leaf = Bytea(primary_key=True)  # UUIDv7
    number = BigInt(null=True)
    what = Text()
    hash = Bytea()
    detail = Bytea()  # what the hash is over: ids, revisions and hashes of sealed bytes, no content
    at = BigInt()
    KEY: ClassVar = ("district", "leaf")
    INDEX: ClassVar = (("district", "number"),)


class AuditNode(Table, tablename="audit_node"):
    district = SmallInt()
    level = SmallInt(primary_key=True)
    idx = BigInt()
    hash = Bytea()
    KEY: ClassVar = ("district", "level", "idx")


class AuditCheckpoint(Table, tablename="audit_checkpoint"):
    district = SmallInt()
    size = BigInt(primary_key=True)
    root = Bytea()
    at = BigInt()
    signature = Bytea()
    KEY: ClassVar = ("district", "size")


class JobRun(Table, tablename="job_run"):
    """One run per (job, slot), claimed before the work, with a lease."""

    job = Text(primary_key=True)
    slot = BigInt()
    claimed_by = Text()
    lease_until = BigInt()
    finished_at = BigInt(null=True)
    result = Text()
    KEY: ClassVar = ("job", "slot")


class BackupMark(Table, tablename="backup_mark"):
    district = SmallInt()
    taken_at = BigInt(primary_key=True)
    verified_at = BigInt()
    digest = Bytea()
    rows = BigInt()
    KEY: ClassVar = ("district", "taken_at")


TABLES: tuple[type[Table], ...] = (
    District, Facility, Panel, Staff, Device, DeviceKey, DevicePanel, Resident, Member, Assignment, Switch,
    Change, Feed, BatchRow, Envelope, Outcome, Wait, TaskRow, CopyRow, AccessLog, Consent, ServerKey,
    EnrolOffer, AuditLeaf, AuditNode, AuditCheckpoint, JobRun, BackupMark,
)  # fmt: skip

_TYPES: dict[type, str] = {
    SmallInt: "smallint",
    Integer: "integer",
    BigInt: "bigint",
    Bytea: "bytea",
    Text: "text",
    Boolean: "boolean",
}


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Name, columns with their PostgreSQL types, key: what set-based statements need."""

    name: str
    columns: tuple[str, ...]
    types: dict[str, str]
    nullable: frozenset[str]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    indexes: tuple[tuple[str, ...], ...]


def _spec(table: type[Table]) -> TableSpec:
    columns = table._meta.columns  # pyright: ignore[reportPrivateUsage]
    return TableSpec(
        name=table._meta.tablename,  # pyright: ignore[reportPrivateUsage]
        columns=tuple(each._meta.name for each in columns),  # pyright: ignore[reportPrivateUsage]
        types={each._meta.name: _TYPES[type(each)] for each in columns},  # pyright: ignore[reportPrivateUsage]
        nullable=frozenset(each._meta.name for each in columns if each._meta.null),  # pyright: ignore[reportPrivateUsage]
        key=getattr(table, "KEY"),
        unique=getattr(table, "UNIQUE", ()),
        indexes=getattr(table, "INDEX", ()),
    )


SPECS: dict[str, TableSpec] = {table._meta.tablename: _spec(table) for table in TABLES}  # pyright: ignore[reportPrivateUsage]
