"""The conversation with the tablets: devices, the ledger of batches, changes, feeds, outcomes.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


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


class Change(Table, tablename="change"):
    """One row a change: the signed bytes sealed once, and the state they are in."""

    district = SmallInt()
    resident = Bytea()
    change = Bytea(primary_key=True)
    kind = Text(null=True)  # class A only
    cls = Text()
    shape = Text()  # event | edit | act
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
    known_panel = Bytea(
        null=True
    )  # the tablet's claim of what it had applied, for a later judgement
    known_epoch = BigInt()
    known_csn = BigInt()
    under = Text()  # whose data key seals the body: resident | district
    body = Bytea()  # sealed: change key (16) then the change as signed
    KEY: ClassVar = ("district", "resident", "day", "change")
    UNIQUE: ClassVar = (("district", "change"),)


class Feed(Table, tablename="feed"):
    """One panel's changes in order. op: resident | event | leave | plan |
    plan_restricted | plan_over.
    """

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
    """Later outcomes of a device's changes: append only.

    Packing numbers them, under the device's lock.
    """

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
