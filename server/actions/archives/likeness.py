"""Who may be the same person: archives found again by name, birth and sex together.

The mark is a keyed hash (crypto/SPEC.md 4.4). It is written with the archive that an import opens
and made again by afterwork whenever a register has changed.
"""

from collections.abc import Collection, Mapping
from typing import Final

from server.actions.archives.ledger import EPOCH_BITS
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.records.kinds import REGISTER
from server.store.tx import Tx
from server.store.vault import T_CELLS
from sync.merge import EMPTY, choose, decode_cells

REVISIONS: Final = 1 << EPOCH_BITS  # a revision is feed epoch * this + n


def mark_of(site: Site, basics: Mapping[str, object]) -> bytes | None:
    """The mark of a filled-in register; None when it does not say all three."""
    said = [basics.get(name) for name in ("name", "birth_date", "sex")]
    if not all(isinstance(each, str) and each for each in said):
        return None
    name, birth, sex = (str(each) for each in said)
    return site.index.of_likeness(name, birth, sex)


async def alike(
    tx: Tx, site: Site, marks: Collection[bytes]
) -> dict[bytes, list[tuple[bytes, bool]]]:
    """By mark the archives that carry it, each with whether it has a document; merged ones are
    left out.
    """
    found: dict[bytes, list[tuple[bytes, bool]]] = {}
    if not marks:
        return found
    for mark, resident, index, status in await tx.rows_in(
        "SELECT l.mark, l.resident, r.id_index, r.status FROM likeness l JOIN resident r ON "
        "r.district=l.district AND r.resident=l.resident WHERE l.district=? AND l.mark {ids}",
        sorted(marks),
        site.district,
    ):
        if status != "merged":
            found.setdefault(mark, []).append((resident, index is not None))
    return found


async def remake(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> None:
    """Makes the marks of these locked archives anew where they have changed."""
    kept = dict(
        await tx.rows_in(
            "SELECT resident, mark FROM likeness WHERE district=? AND resident {ids}",
            sorted(rows),
            site.district,
        )
    )
    first, again = list[tuple[int, bytes, bytes]](), list[tuple[int, bytes, bytes]]()
    for who, row in rows.items():
        if who in kept and row.rev % REVISIONS == 1:
            continue  # made with the archive, which nobody has edited since
        key = site.vault.key(who, row.key)
        cells = decode_cells(key.open(site.vault.at(T_CELLS, who, who, row.rev), row.sealed_cells))
        shown = {
            cell: choose(
                cells.get(cell, EMPTY), REGISTER.policy_of(cell), REGISTER.safer_of(cell)
            ).value
            for cell in ("name", "birth_date", "sex")
        }
        mark = mark_of(site, shown)
        if mark is not None and kept.get(who) != mark:
            (again if who in kept else first).append((site.district, who, mark))
    await tx.insert("likeness", first)
    await tx.update("likeness", ("district", "resident"), ("mark",), again)
