"""How a decided change is written down: its row, and its line in the receipt."""

from typing import Any, Final

from msgspec import UNSET

from crypto.columns import DataKey
from server.actions.archives.standing import GROUNDS
from server.actions.checkup.hall import is_step
from server.actions.tablets import positions
from server.actions.tablets.acts import is_act
from server.actions.tablets.batch import BatchInHand, known_of
from server.actions.tablets.intake import Arrived, civil_day
from server.store.tx import Row
from server.store.vault import NOBODY, T_CHANGE, T_PARTS
from sync import wire
from sync.limits import DAY_MS
from sync.reconcile import IN_FEED, Credit, Decision, State

CARRIED: Final = "merged"  # flag of a change that is signed for another archive


def change_row(
    work: BatchInHand,
    arrived: Arrived,
    decision: Decision,
    resident: bytes,
    at: int,
    rev: int,
    *,
    clamped: bool,
) -> Row:
    vault, intake, change = work.site.vault, work.intake, arrived.change
    under, key = _key_of(work, decision, resident)
    parts = None
    if decision.parts:
        plain = wire.encode({cell: state.value for cell, state in decision.parts.items()})
        parts = key.seal(vault.at(T_PARTS, arrived.id, resident), plain)
    body = key.seal(vault.at(T_CHANGE, arrived.id, resident), arrived.key + arrived.raw)
    credit = _credit(decision, arrived)
    return (
        work.site.district,
        resident,
        arrived.id,
        change.kind if change is not None and arrived.cls == "A" else None,
        arrived.cls,
        _shape(arrived),
        str(decision.state),
        str(decision.reason),
        parts,
        rev,
        change.on if change is not None else civil_day(work.now).isoformat(),
        at,
        work.now,
        work.device.device,
        intake.header.epoch,
        intake.header.seq,
        arrived.index,
        intake.staff,
        "registrar" if work.role == "registrar" else "staff",
        str(credit),
        work.device.facility if credit is Credit.AUTHOR else None,
        ",".join(_flags(change, decision, at, resident, clamped=clamped)),
        *_claim(work, arrived),
        under,
        body,
    )


def _key_of(work: BatchInHand, decision: Decision, resident: bytes) -> tuple[str, DataKey]:
    archive = work.ledger.archives.get(resident)
    if archive is None or decision.state is State.QUARANTINED:
        return "district", work.site.vault.key(NOBODY, work.district_key)
    return "resident", work.site.vault.key(resident, archive.row.key)


def position_row(
    work: BatchInHand, arrived: Arrived, decision: Decision, resident: bytes
) -> Row | None:
    """The row of the position that came beside a change, under the key of the change."""
    batch = work.intake.batch
    fix = positions.of(batch, arrived.index) if batch is not None else None
    if fix is None or not positions.is_sound(fix):
        return None
    under, key = _key_of(work, decision, resident)
    sealed = positions.seal(work.site.vault, key, arrived.id, resident, fix)
    return (work.site.district, arrived.id, under, sealed)


def _shape(arrived: Arrived) -> str:
    if is_act(arrived.kind):
        return "act"
    if is_step(arrived.kind):
        return "step"
    change = arrived.change
    return "edit" if change is not None and change.set is not UNSET else "event"


def _claim(work: BatchInHand, arrived: Arrived) -> tuple[bytes | None, int, int]:
    known = known_of(work, arrived)
    return (known.panel, known.epoch, known.csn) if known is not None else (None, 0, 0)


def _credit(decision: Decision, arrived: Arrived) -> Credit:
    if decision.state not in IN_FEED or arrived.change is None or arrived.change.body is UNSET:
        return Credit.NONE
    return decision.credit


def _flags(
    change: wire.Change | None, decision: Decision, at: int, resident: bytes, *, clamped: bool
) -> list[str]:
    flags: list[str] = []
    if change is not None and change.resident != resident:
        flags.append(CARRIED)  # signed for an archive that was merged into this one
    if clamped:
        flags.append("clock")
    if decision.late:
        flags.append("late")
    if change is not None:
        if change.ground is not None:
            # Of the known grounds only: a free text would stand in the clear beside the row.
            kind = change.ground.kind
            flags.append(f"guest:{kind}" if kind in GROUNDS else "guest")
        if change.on < civil_day(at - DAY_MS).isoformat():
            flags.append("entered_late")
    return flags


def receipt_row(index: int, decision: Decision) -> tuple[Any, ...] | None:
    if decision.state is State.APPLIED and not decision.reason and not decision.parts:
        return None
    row: tuple[Any, ...] = (index, decision.state.value, decision.reason.value)
    if decision.parts:
        return (*row, {cell: state.value for cell, state in decision.parts.items()})
    return row
