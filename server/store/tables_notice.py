"""What residents are told: the one outbox, and by which way each wants to be told.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class Notice(Table, tablename="notice"):
    """One thing told to one resident; a row of the inbox and, where it leaves, of the outbox.

    `resident`: None for a sign-in code. channel: inbox | sms | voice. state: inbox (nothing was to
    leave) | waiting | sending | sent | delivered | failed | held (a rule kept it in the inbox) |
    expired. `why`: of inbox, held and expired; `error`: of failed and of the last try.
    `send_after`: the next try; while sending, the end of the lease. `month`: the civil month of the
    first try; caps, budget and cost are counted by it. `phone_mark`: blind index of the telephone
    of a code. `sealed`: telephone and variables, under the resident's key (a code: the district's).
    """

    district = SmallInt()
    notice = Bytea(primary_key=True)
    resident = Bytea(null=True)
    template = Text()
    cls = Text()
    rank = SmallInt()
    channel = Text()
    state = Text()
    why = Text()
    made_at = BigInt()
    send_after = BigInt()
    expires_at = BigInt()
    tries = Integer()
    doubts = Integer()
    month = Text()
    counted = Boolean()
    cost_fen = Integer()
    provider = Text()
    error = Text()
    sent_at = BigInt(null=True)
    delivered_at = BigInt(null=True)
    read_at = BigInt(null=True)
    phone_mark = Bytea(null=True)
    about = Bytea(null=True)
    sealed = Bytea()
    KEY: ClassVar = ("district", "notice")
    INDEX: ClassVar = (
        ("district", "state", "rank", "send_after"),
        ("district", "resident", "made_at"),
        ("district", "phone_mark", "made_at"),
        ("district", "made_at", "template", "state", "cost_fen"),  # the month at a glance
    )


class NoticeBox(Table, tablename="notice_box"):
    """The outbox as a whole: paused by whom, resting until when. Its row is the senders' lock, and
    keeps what a civil month has cost so far: the sum of `cost_fen` of its notices.
    """

    district = SmallInt(primary_key=True)
    paused_at = BigInt(null=True)
    paused_by = Bytea(null=True)
    rest_until = BigInt()
    month = Text()
    spent_fen = BigInt()
    KEY: ClassVar = ("district",)


class NoticeChoice(Table, tablename="notice_choice"):
    """By which way a resident wants to be told: sms | voice | inbox. Without a row: sms."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    channel = Text()
    changed_at = BigInt()
    changed_by = Bytea()
    KEY: ClassVar = ("district", "resident")
