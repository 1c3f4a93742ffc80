"""来过 / 没来过: what was asked, every answer, denials, telephone samples.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class Confirmation(Table, tablename="confirmation"):
    """One service that the resident is asked about, and the answer that stands.

    `record`: the record it was asked for (of several on a day the first). service: visit | check |
    given. answer: "" | came | not | unsure. `counts`: the standing answer goes into the figures.
    `gone_at`: nobody had answered and the record was taken back.
    """

    district = SmallInt()
    confirmation = Bytea(primary_key=True)
    resident = Bytea()
    record = Bytea()
    facility = Bytea()
    staff = Bytea()
    day = Text()
    service = Text()
    asked_at = BigInt()
    answer = Text()
    satisfaction = Text()
    channel = Text()
    counts = Boolean()
    answered_at = BigInt(null=True)
    gone_at = BigInt(null=True)
    KEY: ClassVar = ("district", "confirmation")
    INDEX: ClassVar = (
        ("district", "resident", "day"),
        ("district", "record"),
        ("district", "facility", "day"),
    )


class ConfirmationAnswer(Table, tablename="confirmation_answer"):
    """Every saying, rows only added. `hand`: who wrote it down, the person or a member of staff;
    `stood`: it became the standing answer. `sealed`, under the resident's key: words of theirs.
    """

    district = SmallInt()
    confirmation = Bytea(primary_key=True)
    said = Bytea()
    answer = Text()
    satisfaction = Text()
    channel = Text()
    hand = Bytea()
    hand_facility = Bytea(null=True)
    counts = Boolean()
    stood = Boolean()
    at = BigInt()
    sealed_for = Bytea()  # whose key: an archive may have been merged since
    sealed = Bytea()
    KEY: ClassVar = ("district", "confirmation", "said")


class Denial(Table, tablename="denial"):
    """没来过: what the facility says, what the county finds. It is never taken away; the resident
    may say that it was a mistake. state: open | found | mistaken. `sealed`: their words.
    """

    district = SmallInt()
    confirmation = Bytea(primary_key=True)
    facility = Bytea()
    opened_at = BigInt()
    state = Text()
    replied_by = Bytea(null=True)
    replied_at = BigInt(null=True)
    finding = Text()
    found_by = Bytea(null=True)
    found_at = BigInt(null=True)
    sealed_for = Bytea()
    sealed = Bytea()
    KEY: ClassVar = ("district", "confirmation")
    INDEX: ClassVar = (("district", "state"),)


class TelephoneSample(Table, tablename="telephone_sample"):
    """A random draw of services for callers of the county. `seed`: root of the audit tree and the
    moment, from which the draw can be made again.
    """

    district = SmallInt()
    sample = Bytea(primary_key=True)
    facility = Bytea(null=True)  # None: all of them
    from_day = Text()
    until_day = Text()
    drawn_at = BigInt()
    drawn_by = Bytea()
    seed = Bytea()
    pool = Integer()
    size = Integer()
    KEY: ClassVar = ("district", "sample")


class SampleLine(Table, tablename="sample_line"):
    """One call of a sample. state: waiting | answered | not_reached | declined."""

    district = SmallInt()
    sample = Bytea(primary_key=True)
    n = Integer()
    confirmation = Bytea()
    state = Text()
    tries = Integer()
    last_try = BigInt(null=True)
    caller = Bytea(null=True)
    KEY: ClassVar = ("district", "sample", "n")
