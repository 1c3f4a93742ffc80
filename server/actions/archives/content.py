"""What stands in an archive, opened once for all that is derived from it: figures and plans.

Register cells as readers are shown them, each class by itself, and the records that are neither
taken back nor corrected, as the newest version of their form shows them. Whoever uses the
restricted part keeps its results sealed; nothing here is shown to anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import msgspec

from crypto.columns import DataKey
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.records.kinds import REGISTER
from server.records.statement import STATEMENT
from server.records.upcast import newest, upcast
from server.settings import CIVIL
from server.store.tx import Row, Tx
from server.store.vault import T_CELLS, T_CHANGE, T_RESTRICTED
from sync import wire
from sync.merge import Cell, choose, decode_cells

_newest: Final = cache(newest)  # asked for each record of each resident at night
RECORDS: Final = (
    "SELECT c.resident, c.change, c.cls, c.body, c.credit_facility, d.performing FROM change c "
    "LEFT JOIN desk_change d ON d.district=c.district AND d.change=c.change WHERE c.district=? "
    "AND c.shape='event' AND c.state IN ('applied', 'applied_guest') AND c.under='resident' "
)


@dataclass(frozen=True, slots=True)
class Page:
    """An archive's own page: plain values, and the elements of sets that are there."""

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def text(self, name: str) -> str:
        """A plain value that is text; "" for another or none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def has(self, name: str) -> bool:
        return name in self.values or name in self.sets


@dataclass(frozen=True, slots=True)
class Written:
    """One record that stands. `performed_by`: the facility that gave the service, if known."""

    id: bytes
    kind: str
    on: date
    body: Mapping[str, Any]
    cls: str
    performed_by: bytes | None


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in one archive. `records`: oldest service day first, then by id."""

    open: Page
    restricted: Page
    records: tuple[Written, ...]


async def contents(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], *, since: date | None = None
) -> dict[bytes, Content]:
    """Of each of these archives, whose rows were read with their sealed cells.

    `since`: records of earlier days that arrived before it as well are left out. One that voids or
    amends another arrived after it, so it is never left out without it.
    """
    records = await _records(tx, site, rows, since)
    made: dict[bytes, Content] = {}
    for who, row in rows.items():
        key = site.vault.key(who, row.key)
        made[who] = Content(
            _page(key, site.vault.at(T_CELLS, who, who, row.rev), row.sealed_cells),
            _page(
                key,
                site.vault.at(T_RESTRICTED, who, who, row.rev_restricted),
                row.sealed_restricted,
            ),
            records.get(who, ()),
        )
    return made


def _page(key: DataKey, place: bytes, sealed: bytes | None) -> Page:
    return page_of(decode_cells(key.open(place, sealed))) if sealed else Page()


def page_of(cells: Mapping[str, Cell]) -> Page:
    """What readers are shown of these cells."""
    values: dict[str, Any] = {}
    sets: dict[str, set[str]] = {}
    for name, cell in cells.items():
        value = _shown(name, cell)
        family, slash, element = name.partition("/")
        if value is None or (slash and value is False):
            continue
        if slash:
            sets.setdefault(family, set()).add(element)
        else:
            values[name] = value
    return Page(values, {name: frozenset(each) for name, each in sets.items()})


def _shown(name: str, cell: Cell) -> Any:
    """Most cells have one value, by staff; else a choice is made."""
    if len(cell.heads) == 1 and cell.heads[0].author != "resident":
        return cell.heads[0].value
    return choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name)).value


async def _records(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], since: date | None
) -> dict[bytes, tuple[Written, ...]]:
    if since is None:
        found = await tx.rows_in(RECORDS + "AND c.resident {ids}", sorted(rows), site.district)
    else:
        since_ms = int(datetime(since.year, since.month, since.day, tzinfo=CIVIL).timestamp())
        found = await tx.rows_in(
            RECORDS + "AND (c.day>=? OR c.received_at>=?) AND c.resident {ids}",
            sorted(rows), site.district, since.isoformat(), since_ms * 1000,
        )  # fmt: skip
    changes: dict[bytes, list[tuple[wire.Change, Row]]] = {}
    for row in found:
        who, change, _, body = row[:4]
        key = site.vault.key(who, rows[who].key)
        raw = key.open(site.vault.at(T_CHANGE, change, who), body)[16:]
        changes.setdefault(who, []).append((wire.change(raw), row))
    return {who: _standing(each) for who, each in changes.items()}


def _standing(found: Sequence[tuple[wire.Change, Row]]) -> tuple[Written, ...]:
    gone = {name for each, _ in found for name in (each.amends, each.voids) if name is not None}
    standing = [
        Written(
            change.id, change.kind, date.fromisoformat(change.on), _form(change), cls,
            performing or credited,
        )
        for change, (_, _, cls, _, credited, performing) in found
        if change.id not in gone
        and change.body is not msgspec.UNSET
        and change.kind != STATEMENT  # words of the resident, no service of anybody
    ]  # fmt: skip
    standing.sort(key=lambda each: (each.on, each.id))
    return tuple(standing)


def _form(change: wire.Change) -> Mapping[str, Any]:
    assert change.body is not msgspec.UNSET
    body = msgspec.json.decode(change.body, type=dict[str, Any])
    to = _newest(change.kind) or change.v
    return body if to == change.v else upcast(change.kind, change.v, body, to=to)
