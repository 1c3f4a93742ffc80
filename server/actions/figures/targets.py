"""Targets: what a facility is to reach in a row of a year (S003-ax2). The county sets them, one
by one or with a list in the annex's shape; every version is kept, none is ever overwritten.

A missing target is missing and not 0. A target that is written as base and rate is rounded up, so
that meeting the count means meeting the rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import audit
from server.actions.keeping.site import Site
from server.actions.lists.sheets import FAULT_SAY, Line, Sheet, read_sheet
from server.actions.lists.sheets_turn import in_turn
from server.errors import NotYours
from server.rules import figures as rule
from server.rules.accounts import StaffRole
from server.store.tx import Row, Tx, locking, one

TYPED: Final = "typed"
"""Source of a target that was typed on the page; otherwise the name of the list."""
FACILITY_HEADS: Final = ("facility", "机构", "单位", "机构名称", "责任单位")
TOTALS: Final = ("合计", "总计", "全区", "全县")
SOURCE_MAX: Final = 60
HEAD_LINES: Final = 5  # within the first lines of a list stand the names of its columns
FAULTS_MAX: Final = 100

Place = tuple[bytes, str]
"""(facility, row of the figures)"""


@dataclass(frozen=True, slots=True)
class Target:
    """The version in force. `number` None: it was taken back. `set_at` in ms UTC."""

    facility: bytes
    item: str
    version: int
    number: int | None
    written: str
    source: str
    set_by: bytes
    set_at: int


@dataclass(frozen=True, slots=True)
class ListFault:
    """What is wrong with a line of a list. code: see words/zh/targets.toml."""

    line: int
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list of targets as read. Nothing may be set while it has faults."""

    typed: Mapping[Place, str]
    faults: tuple[ListFault, ...]
    lines: int
    items: tuple[str, ...]


def may_set(signed: Signed) -> bool:
    """Targets belong to the county (S000-art3: it implements; the facility serves)."""
    return signed.role is StaffRole.COUNTY


async def facilities(tx: Tx, district: int) -> list[tuple[bytes, str]]:
    """(id, name) of every facility that has residents of its own, in order of name."""
    rows = await tx.rows(
        "SELECT facility, name FROM facility WHERE district=? AND level='facility' "
        "ORDER BY code, name, facility",
        district,
    )
    return [(row[0], row[1]) for row in rows]


async def history(tx: Tx, district: int, year: int) -> list[Target]:
    """Every version of a year, the oldest first."""
    rows = await tx.rows(
        "SELECT facility, item, version, number, written, source, set_by, set_at FROM target "
        "WHERE district=? AND year=? ORDER BY version, set_at",
        district, year,
    )  # fmt: skip
    return [Target(*row) for row in rows]


async def in_force(tx: Tx, district: int, year: int) -> dict[Place, Target]:
    """The newest version of each that has not been taken back."""
    newest = {(each.facility, each.item): each for each in await history(tx, district, year)}
    return {place: each for place, each in newest.items() if each.number is not None}


async def put(
    site: Site, signed: Signed, year: int, typed: Mapping[Place, str], source: str = TYPED
) -> int:
    """Sets what differs from what is in force; "" takes a target back. Returns how many.

    Raises NotYours, and ValueError for a text that is no target: ask `unreadable` first.
    """
    if not may_set(signed):
        raise NotYours
    numbers = {place: _number(text) for place, text in typed.items()}
    work = partial(
        _put, site=site, signed=signed, year=year, typed=typed, numbers=numbers, source=source
    )
    return await site.store.write(work)


def _number(text: str) -> int | None:
    if not text.strip():
        return None
    found = rule.target_of(text)
    if found is None:
        raise ValueError("no target")
    return found


def unreadable(typed: Mapping[Place, str]) -> list[Place]:
    """Places whose text is neither empty nor a target."""
    return [place for place, text in typed.items() if text.strip() and rule.target_of(text) is None]


async def _put(
    tx: Tx, site: Site, signed: Signed, year: int, typed: Mapping[Place, str],
    numbers: Mapping[Place, int | None], source: str,
) -> int:  # fmt: skip
    district, now = site.district, site.clock()
    # One at a time writes targets: versions have no gaps.
    await tx.rows(f"SELECT 1 FROM district WHERE district=?{locking(tx)}", district)
    known = {each for each, _ in await facilities(tx, district)}
    newest = {(each.facility, each.item): each for each in await history(tx, district, year)}
    rows: list[Row] = []
    for place in sorted(numbers):
        facility, item = place
        if facility not in known or rule.rules().row(item) is None:
            raise NotYours
        before = newest.get(place)
        written, number = typed[place].strip(), numbers[place]
        if (before.number if before else None) == number:
            continue
        version = before.version + 1 if before else 1
        rows.append(
            (
                district, year, facility, item, version, number, written[:SOURCE_MAX],
                source[:SOURCE_MAX], signed.staff, now,
            )
        )  # fmt: skip
    await tx.insert("target", rows)
    if rows:
        detail = b"targets" + year.to_bytes(4) + signed.staff + len(rows).to_bytes(4)
        await audit(tx, district, "act", detail, now)
    return len(rows)


# Lists in the shape of the annex.


async def read_list(site: Site, signed: Signed, content: bytes) -> ReadList:
    """A list of targets: one line a facility, a column a row of the figures. Raises SheetRefused.

    Columns that are no row are left aside; a line of totals must be the sum of the others.
    """
    if not may_set(signed):
        raise NotYours
    names = await site.store.read(partial(facilities, district=site.district))
    known = {name: each for each, name in names}
    return await in_turn(lambda: read_lines(read_sheet(content), known))


def read_lines(sheet: Sheet, facilities_by_name: Mapping[str, bytes]) -> ReadList:
    """Pure: the lines of a sheet against the facilities there are."""
    columns: dict[int, str] = {}
    name_at = -1
    typed: dict[Place, str] = {}
    faults: list[ListFault] = []
    totals: list[Line] = []
    count = seen = 0
    for line in sheet.lines:
        seen += 1
        if not columns:
            name_at, columns = _heads(line)
            if not columns and seen >= HEAD_LINES:
                break
            continue
        name = line.cell(name_at)
        if name in TOTALS:
            totals.append(line)
            continue
        count += 1
        facility = facilities_by_name.get(name)
        if facility is None:
            faults.append(ListFault(line.n, "facility", name))
            continue
        faults += _line(line, facility, columns, typed)
    if not columns:
        return ReadList({}, (ListFault(1, "heads"),), 0, ())
    for line in totals:
        faults += _total(line, columns, typed)
    return ReadList(typed, tuple(faults[:FAULTS_MAX]), count, tuple(columns.values()))


def _heads(line: Line) -> tuple[int, dict[int, str]]:
    """Where the facility's name stands, and which column is which row; {} when this is no head."""
    wanted = {head: row.id for row in rule.rules().rows for head in row.heads}
    found = {n: wanted[text] for n, text in enumerate(line.cells) if text in wanted}
    place = next((n for n, text in enumerate(line.cells) if text in FACILITY_HEADS), -1)
    return (place, found) if place >= 0 else (-1, {})


def _line(
    line: Line, facility: bytes, columns: Mapping[int, str], typed: dict[Place, str]
) -> Sequence[ListFault]:
    faults: list[ListFault] = []
    wrong = dict(line.faults)
    for n, item in columns.items():
        text = line.cell(n)
        if n in wrong:
            faults.append(ListFault(line.n, "cell", FAULT_SAY[wrong[n]]))
        elif text and rule.target_of(text) is None:
            faults.append(ListFault(line.n, "number", text[:20]))
        elif (facility, item) in typed:
            faults.append(ListFault(line.n, "twice", item))
        elif text:
            typed[facility, item] = text
    return faults


def _total(line: Line, columns: Mapping[int, str], typed: Mapping[Place, str]) -> list[ListFault]:
    """A total that is not the sum says that a line is missing or wrong."""
    faults: list[ListFault] = []
    for n, item in columns.items():
        total = rule.target_of(line.cell(n)) if line.cell(n) else None
        added = sum(rule.target_of(text) or 0 for (_, each), text in typed.items() if each == item)
        if total is not None and total != added:
            row = rule.rules().row(item)
            label = row.label if row else item
            faults.append(ListFault(line.n, "total", f"{label} {total:,} ≠ {added:,}"))
    return faults


async def names_of(tx: Tx, site: Site, signed: Signed) -> str:
    """The name of the place that is shown: the county's, or the own facility's."""
    if not signed.oversees:
        return signed.facility_name
    row = await one(tx, "SELECT name FROM district WHERE district=?", site.district)
    return row[0] if row else ""
