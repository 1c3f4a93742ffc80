"""What is known of the person a record is about: sex, day of birth, day of death.

Read under the residents' locks for a whole batch in three statements. A card tells it without an
archive being opened, when it was made of the very cells that stand there now; else the open cells
are read. Of cells in conflict nothing is known: two days of birth hold nobody's record up.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Final

from msgspec import Struct

from crypto.columns import card_key
from server.actions.archives.cards import open_cells, open_face
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.rules.life import Life
from server.store.tx import Tx
from server.store.vault import NOBODY
from sync.merge import EMPTY, Cell


class Person(Struct, frozen=True):
    """sex: GB/T 2261.1; `died`: from the day on which the archive was closed by death."""

    sex: str | None = None
    birth: date | None = None
    died: date | None = None


UNKNOWN: Final = Person()


async def persons_of(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], district_key: bytes
) -> dict[bytes, Person]:
    """Of each of these locked rows. `district_key`: the district's wrapped key."""
    if not rows:
        return {}
    key = card_key(site.vault.key(NOBODY, district_key))
    found: dict[bytes, Person] = {}
    died = await _died(tx, site.district, rows)
    for who, rev, sealed in await tx.rows_in(
        "SELECT resident, rev, sealed FROM resident_card WHERE district=? AND resident {ids}",
        sorted(rows),
        site.district,
    ):
        if rev == rows[who].rev:
            face = open_face(site, key, who, rev, sealed)
            found[who] = Person(face.sex or None, _day(face.birth), died.get(who))
    stale = sorted(set(rows) - set(found))
    for who, sealed in await tx.rows_in(
        "SELECT resident, sealed_cells FROM resident WHERE district=? AND resident {ids}",
        stale,
        site.district,
    ) if stale else ():  # fmt: skip
        row = rows[who]
        found[who] = person_in(open_cells(site, who, row.rev, row.key, sealed), died.get(who))
    return found


def person_in(cells: Mapping[str, Cell], died: date | None) -> Person:
    """The person whose open cells these are."""
    return Person(_only(cells, "sex"), _day(_only(cells, "birth_date")), died)


def _only(cells: Mapping[str, Cell], name: str) -> str | None:
    """The one value that stands; what a resident claims of it is not relied on."""
    said = [each for each in cells.get(name, EMPTY).heads if each.author != "resident"]
    value = said[0].value if len(said) == 1 else None
    return value if isinstance(value, str) else None


async def _died(tx: Tx, district: int, rows: Mapping[bytes, ResidentRow]) -> dict[bytes, date]:
    gone = sorted(who for who, row in rows.items() if row.status == Life.DEAD)
    return await days_of_death(tx, district, gone) if gone else {}


async def days_of_death(tx: Tx, district: int, residents: list[bytes]) -> dict[bytes, date]:
    """Of archives closed by death the day that the step says; one taken back says nothing."""
    steps = await tx.rows_in(
        "SELECT resident, day FROM life_step WHERE district=? AND after='dead' AND undone_at IS "
        "NULL AND resident {ids} ORDER BY resident, n",
        residents,
        district,
    )
    return {who: known for who, day in steps if (known := _day(day)) is not None}


async def death_of(site: Site, resident: bytes) -> date | None:
    """The day of death of one resident; None of somebody who is alive."""
    found = await site.store.read(
        partial(days_of_death, district=site.district, residents=[resident])
    )
    return found.get(resident)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
