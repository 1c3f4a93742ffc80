"""What is kept about the work itself: tasks, copies, readings, keys, audit tree, jobs, backups.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


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
    INDEX: ClassVar = (
        ("district", "closed_at", "due_at"),
        ("district", "resident"),
        ("district", "closed_at", "kind", "due_at", "facility"),  # the rail counts within it
        ("district", "facility", "closed_at", "due_at"),
    )


class CopyRow(Table, tablename="copy"):
    """Which tablets hold a copy of whom. state: possible | asked | purged | unaccounted."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    device = Bytea()
    since = BigInt()
    state = Text()
    changed_at = BigInt()
    KEY: ClassVar = ("district", "resident", "device")
    INDEX: ClassVar = (("district", "device", "state", "resident"),)


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
    INDEX: ClassVar = (("district", "at"), ("district", "staff", "at"))


class ServerKey(Table, tablename="server_key"):
    """Keys of the server by epoch, sealed under the KEK.

    purpose: kem | sign | audit | trust | code.
    """

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


class AuditLeaf(Table, tablename="audit_leaf"):
    """Committed entries; the sequencer gives them their number. what: batch | page | opening |
    act.
    """

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
