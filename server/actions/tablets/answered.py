"""Which record a referral says that it answers, or a resident's statement that it is about. Either
is at least of that record's class: an open one that named a restricted record would tell that there
is one.
"""

import msgspec
from msgspec import UNSET

from server.records.statement import STATEMENT
from server.rules.referrals import REFERRAL
from server.store.tx import Tx, one
from sync import wire


class _Sheet(msgspec.Struct):
    answers: object = None
    record: object = None


def answered(change: wire.Change) -> bytes | None:
    """The id of that record; None where none can be read."""
    if change.kind not in (REFERRAL, STATEMENT) or change.body is UNSET:
        return None
    try:
        sheet = msgspec.json.decode(change.body, type=_Sheet)
        named = sheet.answers if change.kind == REFERRAL else sheet.record
        return bytes.fromhex(named) if isinstance(named, str) else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


async def class_of_answered(tx: Tx, district: int, change: wire.Change) -> str:
    """The class of the record of the same archive that is answered; A for none."""
    named = answered(change)
    row = await one(
        tx,
        "SELECT cls FROM change WHERE district=? AND change=? AND resident=?",
        district, named, change.resident,
    ) if named is not None else None  # fmt: skip
    return "A" if row is None else row[0]
