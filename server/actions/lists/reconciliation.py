"""What comparisons with another system found: counts for the county, lines for who works at them.

A line belongs to one facility and is read there; lines for which no facility was found belong to
who read the list in. Of class B only staff with that scope see lines. Each reading is written down
like a search; the county's counts name nobody.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.accounts.sessions import Signed
from server.actions.archives.search import note_shown
from server.actions.archives.told import facility_names
from server.actions.keeping.site import Site
from server.actions.lists.registered_archives import compared_again
from server.actions.lists.registered_match import by_number
from server.actions.lists.registered_rows import (
    CLOSED,
    DONE,
    HEAD_N,
    OPEN,
    Heading,
    Said,
    heading_of,
    headings,
    key_of,
    said_of,
    seal_row,
)
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.life import STATES
from server.rules.reconciliation import Finding, per_mille
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

LINES: Final = 50  # on one page
NOTE_MAX: Final = 500
Sums = Mapping[Finding, int]
_FIRST: Final = "CASE finding WHEN 'both' THEN 2 WHEN 'differs' THEN 1 ELSE 0 END"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison as somebody may see it. `sums`: of the lines that are theirs; `open`: lines
    not closed with something to do; `lines`: whether the lines may be looked at.
    """

    id: bytes
    heading: Heading
    restricted: bool
    made_at: int
    sums: Sums
    open: int
    lines: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One facility's counts. `there`, `here`: registered in either system; `per_mille`: registered
    there of a thousand, in hundredths, None without residents.
    """

    name: str
    sums: Sums
    open: int
    there: int
    here: int
    population: int
    per_mille: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One person. `n`: number of the line, past HERE_FROM for who is not in the list."""

    n: int
    finding: Finding
    state: str
    said: Said
    resident: bytes | None
    closed_at: int | None
    by: bytes | None


@dataclass(frozen=True, slots=True)
class Lines:
    comparison: Comparison
    lines: Sequence[Line]
    page: int
    more: int


async def comparisons(site: Site, signed: Signed) -> list[Comparison]:
    """Newest first, with the own counts."""

    async def read(tx: Tx) -> list[Comparison]:
        key = await key_of(tx, site)
        found = [
            (each, head, row)
            for each, (head, row) in (await headings(tx, site, key)).items()
            if row[2] == DONE and _may_know(signed, row)
        ]
        return [await _comparison(tx, site, signed, *each) for each in found]

    return await site.store.read(read)


def _may_know(signed: Signed, row: Row) -> bool:
    """row: (facility, restricted, ...) of the comparison."""
    facility, restricted = row[0], bool(row[1])
    if signed.role is StaffRole.COUNTY:
        return facility is None
    return facility in (None, signed.facility) and (signed.restricted or not restricted)


async def _comparison(
    tx: Tx, site: Site, signed: Signed, job: bytes, head: Heading, row: Row
) -> Comparison:
    whose, args = _theirs(signed)
    rows = await tx.rows(
        "SELECT finding, state, COUNT(*) FROM reconciliation WHERE district=? AND list=? AND n>? "
        f"AND {whose} GROUP BY finding, state",
        site.district, job, HEAD_N, *args,
    )  # fmt: skip
    sums, still = _sums(rows)
    restricted = bool(row[1])
    lines = signed.restricted or not restricted
    return Comparison(job, head, restricted, row[3], sums, still, lines)


def _theirs(signed: Signed) -> tuple[str, tuple[bytes, ...]]:
    """Whose lines somebody works at: the own facility's, as long as it answers for the archive; the
    county's are nobody's.
    """
    if signed.role is StaffRole.COUNTY:
        return "facility IS NULL", ()
    assert signed.facility is not None
    return (
        "facility=? AND (resident IS NULL OR EXISTS (SELECT 1 FROM resident r WHERE "
        "r.district=reconciliation.district AND r.resident=reconciliation.resident AND "
        "r.facility=reconciliation.facility))"
    ), (signed.facility,)


def _sums(rows: Sequence[Row]) -> tuple[Sums, int]:
    """(lines by finding, open ones that are not simply in both) of (finding, state, n)."""
    sums: Counter[Finding] = Counter()
    still = 0
    for finding, state, n in rows:
        sums[Finding(finding)] += n
        still += n if state == OPEN and finding != Finding.BOTH else 0
    return {each: sums[each] for each in Finding}, still


async def places(site: Site, signed: Signed, job: bytes) -> list[Place]:
    """The county's counts of one comparison, a facility a row; nobody is named. Raises NotYours."""
    if signed.role is not StaffRole.COUNTY:
        raise NotYours

    async def read(tx: Tx) -> list[Place]:
        await _head(tx, site, signed, job)
        names = await facility_names(tx, site)
        counted = [life.value for life, follows in STATES.items() if follows.counts]
        population = dict(
            await tx.rows(
                "SELECT facility, COUNT(*) FROM resident WHERE district=? AND status IN "
                f"({', '.join('?' * len(counted))}) GROUP BY facility",
                site.district, *counted,
            )
        )  # fmt: skip
        by: dict[bytes | None, list[Row]] = {each: [] for each in population}
        for facility, *rest in await tx.rows(
            "SELECT facility, finding, state, COUNT(*) FROM reconciliation WHERE district=? AND "
            "list=? AND n>? GROUP BY facility, finding, state",
            site.district, job, HEAD_N,
        ):  # fmt: skip
            by.setdefault(facility, []).append(tuple(rest))
        made = [
            _place(names.get(each or b"", ""), rows, population.get(each, 0))
            for each, rows in by.items()
        ]
        return sorted(made, key=lambda each: (not each.name, each.name))

    return await site.store.read(read)


def _place(name: str, rows: Sequence[Row], population: int) -> Place:
    sums, still = _sums(rows)
    both = sums[Finding.BOTH] + sums[Finding.DIFFERS]
    there, here = both + sums[Finding.ONLY_THERE], both + sums[Finding.ONLY_HERE]
    return Place(name, sums, still, there, here, population, per_mille(there, population))


def total(found: Sequence[Place]) -> Place:
    """All of a county in one row."""
    sums = {each: sum(place.sums[each] for place in found) for each in Finding}
    there, here, people = (
        sum(getattr(place, name) for place in found) for name in ("there", "here", "population")
    )
    still = sum(place.open for place in found)
    return Place("", sums, still, there, here, people, per_mille(there, people))


async def _head(
    tx: Tx, site: Site, signed: Signed, job: bytes, *, named: bool = False
) -> tuple[DataKey, Heading, Row]:
    """A comparison this person may know of; `named`: whose people they may see. Raises NotYours."""
    row = await one(
        tx,
        "SELECT facility, restricted, state, made_at, sealed FROM reconciliation WHERE district=? "
        "AND list=? AND n=?",
        site.district, job, HEAD_N,
    )  # fmt: skip
    if row is None or row[2] != DONE or not _may_know(signed, row):
        raise NotYours
    if named and row[1] and not signed.restricted:
        raise NotYours
    key = await key_of(tx, site)
    return key, heading_of(site, key, job, row[4]), row


async def lines_of(
    site: Site, signed: Signed, job: bytes, *, finding: Finding | None, state: str, page: int
) -> Lines:
    """Lines that are this person's to work at; what is in one system only comes first. Raises
    NotYours.
    """

    async def read(tx: Tx) -> Lines:
        key, head, row = await _head(tx, site, signed, job, named=True)
        whose, args = _theirs(signed)
        where = f"district=? AND list=? AND n>? AND {whose} AND state=?"
        which = (site.district, job, HEAD_N, *args, state)
        if finding is not None:
            where, which = f"{where} AND finding=?", (*which, finding.value)
        rows = await tx.rows(
            "SELECT n, finding, state, sealed, resident, closed_at, closed_by FROM reconciliation "
            f"WHERE {where} ORDER BY {_FIRST}, n LIMIT ? OFFSET ?",
            *which, LINES + 1, page * LINES,
        )  # fmt: skip
        lines = [_line(site, key, job, each) for each in rows[:LINES]]
        found = await _comparison(tx, site, signed, job, head, row)
        return Lines(found, lines, page, len(rows) - len(lines))

    found = await site.store.read(read)
    await _note(site, signed, job, found.lines)
    return found


def _line(site: Site, key: DataKey, job: bytes, row: Row) -> Line:
    n, finding, state, sealed, resident, closed_at, by = row
    said = said_of(site, key, job, n, sealed)
    return Line(n, Finding(finding), state, said, resident, closed_at, by)


async def _note(site: Site, signed: Signed, job: bytes, lines: Sequence[Line]) -> None:
    """Reading names is written down like a search, with the archives they lead to."""
    if not lines:
        return
    shown = {each.resident for each in lines if each.resident is not None}
    await site.store.write(
        lambda tx: note_shown(tx, site, signed, "reconciliation", job.hex(), shown)
    )


async def line_of(site: Site, signed: Signed, job: bytes, n: int) -> tuple[Comparison, Line]:
    """One line. Raises NotYours."""

    async def read(tx: Tx) -> tuple[Comparison, Line]:
        key, head, row = await _head(tx, site, signed, job, named=True)
        found = _line(site, key, job, await _own(tx, site, signed, job, n))
        return await _comparison(tx, site, signed, job, head, row), found

    found = await site.store.read(read)
    await _note(site, signed, job, [found[1]])
    return found


async def _own(
    tx: Tx, site: Site, signed: Signed, job: bytes, n: int, *, lock: bool = False
) -> Row:
    whose, args = _theirs(signed)
    row = await one(
        tx,
        "SELECT n, finding, state, sealed, resident, closed_at, closed_by FROM reconciliation "
        f"WHERE district=? AND list=? AND n=? AND n>? AND {whose}{locking(tx) if lock else ''}",
        site.district, job, n, HEAD_N, *args,
    )  # fmt: skip
    if row is None:
        raise NotYours
    return row


async def close(site: Site, signed: Signed, job: bytes, n: int, *, note: str) -> None:
    """A person has dealt with a line and says how. Raises NotYours, RuleSaysNo."""
    said = " ".join(note.split())[:NOTE_MAX]
    if not said:
        raise RuleSaysNo("note")
    await site.store.write(
        partial(_turn, site=site, signed=signed, job=job, n=n, state=CLOSED, note=said)
    )


async def reopen(site: Site, signed: Signed, job: bytes, n: int) -> None:
    """Takes a closed line up again; its note stays. Raises NotYours, RuleSaysNo."""
    await site.store.write(
        partial(_turn, site=site, signed=signed, job=job, n=n, state=OPEN, note=None)
    )


async def _turn(
    tx: Tx, site: Site, signed: Signed, job: bytes, n: int, state: str, note: str | None
) -> None:
    key, _, _ = await _head(tx, site, signed, job, named=True)
    line = _line(site, key, job, await _own(tx, site, signed, job, n, lock=True))
    if line.state == state:
        raise RuleSaysNo("not_now")
    said = line.said if note is None else msgspec.structs.replace(line.said, note=note)
    now = site.clock()
    closed = (now, signed.staff) if state == CLOSED else (None, None)
    await tx.run(
        "UPDATE reconciliation SET state=?, closed_at=?, closed_by=?, sealed=? WHERE district=? "
        "AND list=? AND n=?",
        state, *closed, seal_row(site, key, job, n, said), site.district, job, n,
    )  # fmt: skip
    detail = b"reconciliation-" + state.encode() + job + n.to_bytes(4) + signed.staff
    await audit(tx, site.district, "act", detail, now)


async def look_again(
    site: Site, signed: Signed, job: bytes, n: int, *, archive_no: str = ""
) -> Finding:
    """Compares one line anew: an archive was opened, corrected, a registration written; or with
    the archive that a person has found by its number. Raises NotYours, RuleSaysNo.
    """
    return await site.store.write(
        partial(_again, site=site, signed=signed, job=job, n=n, archive_no=archive_no.strip())
    )


async def _again(
    tx: Tx, site: Site, signed: Signed, job: bytes, n: int, archive_no: str
) -> Finding:
    key, head, row = await _head(tx, site, signed, job, named=True)
    line = _line(site, key, job, await _own(tx, site, signed, job, n, lock=True))
    named = line.resident
    if archive_no:
        named = await by_number(tx, site, signed, archive_no, restricted=bool(row[1]))
    again = await compared_again(tx, site, head.what, row[0], line.said, named)
    await tx.run(
        "UPDATE reconciliation SET finding=?, resident=?, facility=COALESCE(?, facility), "
        "sealed=? WHERE district=? AND list=? AND n=?",
        again.finding.value, again.resident, again.facility,
        seal_row(site, key, job, n, again.said), site.district, job, n,
    )  # fmt: skip
    detail = b"reconciliation-again" + job + n.to_bytes(4) + signed.staff
    await audit(tx, site.district, "act", detail, site.clock())
    return again.finding


async def destroy(site: Site, signed: Signed, job: bytes) -> None:
    """The comparison goes with all its lines, by who may read such lists in. Raises NotYours."""
    if signed.role not in (StaffRole.COUNTY, StaffRole.MANAGER):
        raise NotYours

    async def write(tx: Tx) -> None:
        _, _, row = await _head(tx, site, signed, job, named=True)
        if signed.role is StaffRole.MANAGER and row[0] != signed.facility:
            raise NotYours
        await tx.run("DELETE FROM reconciliation WHERE district=? AND list=?", site.district, job)
        detail = b"reconciliation-deleted" + job + signed.staff
        await audit(tx, site.district, "act", detail, site.clock())

    await site.store.write(write)
