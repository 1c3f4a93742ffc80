"""Disputes in registers that were put back as they were: each is somebody's matter again.

A merge's choices settle disputes, and an edit that came for the gone archive while it was merged
may dispute nothing in the kept register and yet something in its own. Once the merge is taken back
what was closed is open again, and what never was a matter becomes one.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from server.actions.archives.carrying import Opened, keys_of
from server.actions.archives.ledger import Archive, Ledger, open_again
from server.actions.keeping.site import Site
from server.actions.queues.queue_lines import disputed_cells
from server.store.tx import Tx, one
from server.store.vault import T_PARTS
from sync import wire
from sync.merge import Cell
from sync.reconcile import State


async def ask_again(tx: Tx, site: Site, ledger: Ledger, known: Sequence[Opened]) -> None:
    """For every dispute in the held archives that no open matter is about. `known`: their changes
    in order of arrival, as they were before any was carried.
    """
    for archive in ledger.archives.values():
        disputed = disputed_cells(archive.cells())
        asked = await _asked(tx, ledger, archive, disputed, known)
        await _in_conflict(tx, site, ledger, archive, disputed, [x for x in known if x.id in asked])


async def _asked(
    tx: Tx, ledger: Ledger, archive: Archive, disputed: Mapping[str, Cell], known: Sequence[Opened]
) -> set[bytes]:
    """The changes that are asked about anew, with their tasks."""
    heads = {name: {head.change for head in cell.heads} for name, cell in disputed.items()}
    if not heads:
        return set()
    tasks = await tx.rows_in(
        "SELECT kind, subject, closed_at FROM task WHERE district=? AND kind IN ('conflict', "
        "'correction', 'appeal') AND subject {ids}",
        sorted({each for some in heads.values() for each in some}),
        ledger.district,
    )
    conflicts = {subject: closed_at for kind, subject, closed_at in tasks if kind == "conflict"}
    closed = {subject for subject, closed_at in conflicts.items() if closed_at is not None}
    owned = conflicts.keys() - closed
    claims = {subject for kind, subject, at in tasks if kind != "conflict" and at is None}
    among_staff = disputed_cells({name: _of_staff(cell) for name, cell in disputed.items()})
    again, new = set[bytes](), set[bytes]()
    for name in sorted(heads):
        # The answer to a claim waits for what staff dispute among themselves.
        if heads[name] & (owned | again | new | (set() if name in among_staff else claims)):
            continue
        if heads[name] & closed:
            again |= heads[name] & closed
            continue
        # As on arrival it is the later one that disputes, and rather one of staff than a claim.
        late = [each for each in known if each.id in heads[name]]
        late.sort(key=lambda each: each.author != "resident")
        new.update(each.id for each in late[-1:])
    for subject in sorted(again):
        await open_again(tx, ledger.district, "conflict", subject)
    who, facility = archive.row.resident, archive.row.facility
    for subject in sorted(new):
        ledger.task("conflict", subject, resident=who, facility=facility)
    return again | new


def _of_staff(cell: Cell) -> Cell:
    return Cell(heads=tuple(head for head in cell.heads if head.author != "resident"))


async def _in_conflict(
    tx: Tx, site: Site, ledger: Ledger, archive: Archive, disputed: Mapping[str, Cell],
    some: Sequence[Opened],
) -> None:  # fmt: skip
    """The changes say that they are in conflict, in these cells only; their writers are told."""
    who = archive.row.resident
    key_of = await keys_of(tx, site, archive)
    for each in some:
        said = each.change
        if said is None or said.set is UNSET:
            continue
        parts = msgspec.json.decode(each.parts, type=dict[str, str]) if each.parts else {}
        for name in said.set:
            heads = disputed[name].heads if name in disputed else ()
            if any(head.change == each.id for head in heads):
                parts[name] = State.CONFLICT.value
            else:
                parts.setdefault(name, each.state)
        unlike = {name: part for name, part in parts.items() if part != State.CONFLICT.value}
        place = site.vault.at(T_PARTS, each.id, who)
        sealed = key_of(each.under).seal(place, wire.encode(unlike)) if unlike else None
        await tx.run(
            "UPDATE change SET state=?, parts=? WHERE district=? AND change=? AND resident=?",
            State.CONFLICT.value, sealed, ledger.district, each.id, who,
        )  # fmt: skip
        row = await one(
            tx, "SELECT device FROM change WHERE district=? AND change=?", ledger.district, each.id
        )
        ledger.outcome(row[0] if row else None, each.id, State.CONFLICT.value, "")
