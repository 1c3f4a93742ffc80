"""Which record a referral says that it answers. An answer is at least of that record's class: an
open sheet that named a restricted record would tell that there is one.
"""

import msgspec
from msgspec import UNSET

from server.rules.referrals import REFERRAL
from server.store.tx import Tx, one
from sync import wire


class _Sheet(msgspec.Struct):
    answers: object = None


def answered(change: wire.Change) -> bytes | None:
    """The id of that record; None where none can be read."""
    if change.kind != REFERRAL or change.body is UNSET:
        return None
    try:
        named = msgspec.json.decode(change.body, type=_Sheet).answers
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
