"""Open matters that later changes close: conflicts a decision has settled, holds whose base has
arrived, records that waited for a person and were corrected or taken back.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import UNSET

from server.actions.archives.ledger import Archive, Ledger
from server.actions.keeping.site import Site
from server.actions.tablets.intake import rule_of
from server.records.kinds import get
from server.store.tx import Tx
from server.store.vault import NOBODY, T_CHANGE
from sync import wire
from sync.merge import EMPTY, choose
from sync.reconcile import Reason, State

WAITS_FOR_PERSON: Final = (
    Reason.OUT_OF_RANGE.value, Reason.FUTURE_DAY.value, Reason.ELSEWHERE.value,
)  # fmt: skip


def open_change(
    site: Site, *, change: bytes, resident: bytes, under: str, wrapped: bytes, body: bytes
) -> tuple[bytes, bytes]:
    """(key of its commitment, the change as signed).

    `wrapped` is the key of whoever `under` names.
    """
    owner = resident if under == "resident" else NOBODY
    plain = site.vault.key(owner, wrapped).open(site.vault.at(T_CHANGE, change, resident), body)
    return plain[:16], plain[16:]


async def settle_conflicts(tx: Tx, site: Site, ledger: Ledger, by: bytes) -> None:
    """After edits: a conflict whose cells all show one undisputed value is closed, its writers
    are told.
    """
    touched = sorted(who for who, archive in ledger.archives.items() if archive.touched)
    if not touched:
        return
    rows = await tx.rows_in(
        "SELECT t.resident, t.subject, c.body, c.under, c.device FROM task t JOIN change c "
        "ON c.district=t.district AND c.change=t.subject WHERE t.district=? AND t.kind='conflict' "
        "AND t.closed_at IS NULL AND t.resident {ids}",
        touched,
        site.district,
    )
    for resident, change_id, body, under, device in rows:
        archive = ledger.archives[resident]
        _, raw = open_change(
            site, change=change_id, resident=resident, under=under,
            wrapped=archive.row.key, body=body,
        )  # fmt: skip
        change = wire.change(raw)
        if change.set is UNSET or _disputed(archive, change):
            continue
        shown = any(
            head.change == change_id
            for cell in change.set
            for head in archive.cells().get(cell, EMPTY).heads
        )
        state = State.APPLIED if shown else State.SUPERSEDED
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='settled' "
            "WHERE district=? AND kind='conflict' AND subject=?",
            ledger.now, by, site.district, change_id,
        )  # fmt: skip
        await tx.run(
            "UPDATE change SET state=? WHERE district=? AND change=?",
            state.value, site.district, change_id,
        )  # fmt: skip
        ledger.outcome(device, change_id, state.value, "")


def _disputed(archive: Archive, change: wire.Change) -> bool:
    assert change.set is not UNSET
    kind = get(change.kind, change.v)
    cells = archive.cells()
    for cell in change.set:
        rule = rule_of(kind, cell)
        if choose(cells.get(cell, EMPTY), rule.policy, rule.safer).conflict:
            return True
    return False


async def settle_held(
    tx: Tx, ledger: Ledger, applied: Iterable[wire.Change | None], by: bytes
) -> None:
    """After the flush: a record that waits because of what it says, and that one of these applied
    changes amends or voids, waits no longer. It stays held, as evidence, and its writer is told.
    """
    named = {
        name
        for each in applied
        if each is not None
        for name in (each.amends, each.voids)
        if name is not None
    }
    if not named:
        return
    rows = await tx.rows_in(
        f"SELECT change, device FROM change WHERE district=? AND state=? AND reason IN "
        f"({', '.join('?' * len(WAITS_FOR_PERSON))}) AND change {{ids}}",
        sorted(named), ledger.district, State.HELD.value, *WAITS_FOR_PERSON,
    )  # fmt: skip
    told = len(ledger.outcomes)
    for change, device in rows:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='declined' WHERE district=? AND "
            "kind='held' AND subject=? AND closed_at IS NULL",
            ledger.now, by, ledger.district, change,
        )  # fmt: skip
        await tx.run(
            "UPDATE change SET reason='declined' WHERE district=? AND change=?",
            ledger.district, change,
        )  # fmt: skip
        ledger.outcome(device, change, State.HELD.value, "declined")
    await tx.insert("outcome", ledger.outcomes[told:])
