"""The archive's side of a comparison with another system: who is registered here, as records and
the archive's own page say it. Read for looking only; nothing of it is written back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from server.actions.archives.content import Content, contents
from server.actions.archives.standing import MERGED, ResidentRow, survivors
from server.actions.keeping.site import Site
from server.actions.lists.import_places import read_places
from server.actions.lists.registered_rows import Said
from server.records.sheet_registered import Standing
from server.records.sheet_values import normal
from server.rules.reconciliation import Finding, Registration, compare, registered_here
from server.store.tx import Tx

_FIELDS: Final = ", ".join(ResidentRow.__struct_fields__)


@dataclass(frozen=True, slots=True)
class Known:
    """An archive as the comparison needs it."""

    row: ResidentRow
    content: Content
    mark: bytes | None

    def here(self, what: str) -> Registration | None:
        sets = {**self.content.open.sets, **self.content.restricted.sets}
        return registered_here(
            what, self.content.records, sets, life=self.row.status, facility=self.row.facility
        )


async def archives_by(
    tx: Tx, site: Site, facility: bytes | None, marks: Sequence[bytes]
) -> dict[bytes, Known]:
    """The archives with these documents, by document; a facility's own list finds its own people,
    and of another's it does not even say that there is one.
    """
    if not marks:
        return {}
    found = await tx.rows_in(
        "SELECT id_index, resident, status FROM resident WHERE district=? AND id_index {ids} "
        "ORDER BY resident",
        marks,
        site.district,
    )
    named: dict[bytes, bytes] = {}
    gone: set[bytes] = {row[1] for row in found if row[2] == MERGED}
    kept: dict[bytes, bytes] = await survivors(tx, site.district, gone)
    for mark, resident, status in found:
        who: bytes = resident
        if mark not in named or status != MERGED:
            named[mark] = kept.get(who, who)
    rows = await _rows(tx, site, sorted(set(named.values())))
    theirs = await contents(tx, site, rows)
    return {
        mark: Known(rows[who], theirs[who], mark)
        for mark, who in named.items()
        if who in rows and facility in (None, rows[who].facility)
    }


async def _rows(tx: Tx, site: Site, ids: Sequence[bytes]) -> dict[bytes, ResidentRow]:
    """Rows read for looking only: nothing of them is written back."""
    rows = await tx.rows_in(
        f"SELECT {_FIELDS} FROM resident WHERE district=? AND status<>'merged' "
        "AND resident {ids}",
        ids,
        site.district,
    )
    return {row[0]: ResidentRow(*row) for row in rows}


async def opened(tx: Tx, site: Site, ids: Sequence[bytes]) -> list[Known]:
    rows = await _rows(tx, site, ids)
    marks = dict(
        await tx.rows_in(
            "SELECT resident, id_index FROM resident WHERE district=? AND resident {ids}",
            ids,
            site.district,
        )
    )
    theirs = await contents(tx, site, rows)
    return [Known(row, theirs[who], marks.get(who)) for who, row in rows.items()]


@dataclass(frozen=True, slots=True)
class Again:
    """A line compared anew."""

    finding: Finding
    resident: bytes | None
    facility: bytes | None  # who looks after the archive, None without one
    said: Said


async def compared_again(
    tx: Tx,
    site: Site,
    what: str,
    facility: bytes | None,
    said: Said,
    named: bytes | None,
) -> Again:
    """What the comparison of one person says by now. `facility`: whose list it is, None: all's;
    `named`: the archive that a person found, where no document leads to one.
    """
    mark = site.index.of_id_number(said.id_no) if said.id_no else None
    known = await archives_by(tx, site, facility, [mark] if mark is not None else [])
    ours = known.get(mark or b"")
    if ours is None and named is not None:
        ours = next(iter(await opened(tx, site, [named])), None)
    here = ours.here(what) if ours is not None else None
    there = None
    if said.standing_there:
        places = await read_places(tx, site)
        place = places.facilities.get(normal(said.facility_there))
        there = Registration(Standing(said.standing_there), place, said.since_there)
    who, at = (ours.row.resident, ours.row.facility) if ours is not None else (None, None)
    if there is None and here is None:  # taken out here as well: both agree that there is nothing
        nothing = msgspec.structs.replace(said, standing_here="", step="")
        return Again(Finding.BOTH, who, at, nothing)
    found = compare(there, here, has_archive=ours is not None)
    return Again(
        found.finding,
        who,
        at,
        msgspec.structs.replace(
            said, since_here=here.since if here else "",
            standing_here=here.standing if here else "", unlike=tuple(sorted(found.unlike)),
            step=found.step,
        ),
    )  # fmt: skip
