"""Acts that come with a batch: noted with it, carried out right after it (tablet_acts.py), each in
a transaction of its own. Whoever kept one apart and lets it in has it carried out the same way.
"""

from typing import Final

from crypto.docket import number_of
from server.records import acts
from server.records.kinds import UnknownKind, get
from server.records.model import Kind, Shape
from server.store.tx import Row, Tx
from sync import wire
from sync.reconcile import Decision, Reason

WAITING: Final = "waiting"
TASKS: Final = ("assisted", "assisted_county")
"""Somebody looks at an act that could not be done: the facility, or the county where the act judges
or leaves the facility.
"""


def is_act(kind: Kind | None) -> bool:
    return kind is not None and kind.shape is Shape.ACT


def asks(change: wire.Change) -> bool:
    """Whether a stored change is an act, by the forms of now."""
    try:
        return is_act(get(change.kind, change.v))
    except UnknownKind:
        return False


def row_of(
    district: int, change: wire.Change, *, device: bytes, staff: bytes, at: int, now: int
) -> Row:
    """The row of an act that is to be carried out; `at`: when it was signed, as far as known."""
    docket = number_of(change.id) if change.kind == acts.SWITCH else ""
    return (
        district, change.id, change.resident, device, staff, change.kind, at, now, WAITING, "", 0,
        now, docket,
    )  # fmt: skip


def waits(decision: Decision) -> bool:
    return decision.reason is Reason.ACT


async def ask_again(tx: Tx, row: Row) -> None:
    """Somebody let it in, or wants it tried once more."""
    await tx.insert("tablet_act", [row], ignore=True)
    await tx.run(
        "UPDATE tablet_act SET state=?, reason='', tries=0, next_at=? WHERE district=? AND act=? "
        "AND state<>'done'",
        WAITING, row[7], row[0], row[1],
    )  # fmt: skip
