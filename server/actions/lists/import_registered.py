"""One part of a list of who is registered in another system: compared with what is written here.

No archive is changed. Each person becomes a line of the comparison, found by the ID number alone;
after the last part those are added who are registered here and not in the list. A newer list of the
same condition takes the place of the older one, and what was closed there stays closed as long as
the finding is the same.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.actions.lists.import_places import Places
from server.actions.lists.import_steps import Ending, Outcome, Part, Taken, bad_cells, take_step
from server.actions.lists.imports import RUNNING, STOPPED, Job
from server.actions.lists.registered_archives import Known, archives_by, opened
from server.actions.lists.registered_rows import (
    CLOSED,
    DONE,
    HEAD_N,
    HERE_FROM,
    MAKING,
    OPEN,
    Heading,
    Said,
    headings,
    key_of,
    said_of,
    seal_row,
)
from server.actions.lists.sheet_parts import Line
from server.actions.tablets.intake import civil_day
from server.records.sheet_columns import REGISTERED, is_restricted, kind_of
from server.records.sheet_lines import Read
from server.records.sheet_registered import read_registered
from server.records.sheet_values import normal
from server.rules.reconciliation import (
    Finding,
    Found,
    Registration,
    compare,
)
from server.store.trail import audit
from server.store.tx import Row, Tx

AGAIN: Final = "这个证件号码在名单里已经有一行"
SAY: Final = {
    Finding.BOTH: "两边都有",
    Finding.DIFFERS: "两边都有，说法不同",
    Finding.ONLY_THERE: "只在那边有",
    Finding.ONLY_HERE: "只在这里有",
}
NO_ARCHIVE: Final = "这里没有这个证件号码的档案"
SLICE: Final = 500  # archives opened in one reading
_FIELDS: Final = ", ".join(ResidentRow.__struct_fields__)


@dataclass(slots=True)
class Entry:
    """One line on its way."""

    line: Line
    read: Read
    there: Registration
    mark: bytes | None
    facility: bytes | None  # as the line names it
    ending: Ending | None = None
    resident: bytes | None = None
    row: Row = ()


async def take_registered(site: Site, job: Job, places: Places, part: Part) -> Taken:
    """Carries one part out. Raises NotOurs; whatever it raises, nothing of the part is done."""
    entries = await asyncio.to_thread(_read_part, site, job, places, part.lines)
    key = await site.store.read(partial(key_of, site=site))
    known = await site.store.read(partial(_known, site=site, job=job, entries=entries))
    there = await site.store.read(partial(_there, site=site, job=job))
    for entry in entries:
        _place(site, job, key, entry, known, there)
    rest: list[Row] = []
    if part.n + 1 >= part.chunks:
        rest = await _only_here(site, job, key, there)
    return await site.store.write(
        partial(_write, site=site, job=job, part=part, key=key, entries=entries, rest=rest)
    )


async def look_at_registered(
    site: Site, job: Job, places: Places, lines: Sequence[Line]
) -> list[tuple[Line, Ending]]:
    """A dry run: what the comparison of these lines says."""
    entries = await asyncio.to_thread(_read_part, site, job, places, lines)
    key = await site.store.read(partial(key_of, site=site))
    known = await site.store.read(partial(_known, site=site, job=job, entries=entries))
    there = set[bytes]()
    for entry in entries:
        _place(site, job, key, entry, known, there)
    return [(each.line, each.ending) for each in entries if each.ending is not None]


def _read_part(site: Site, job: Job, places: Places, lines: Sequence[Line]) -> list[Entry]:
    today = civil_day(site.clock())
    entries: list[Entry] = []
    for line in lines:
        read, standing = read_registered(line.cells, bad_cells(line), job.head.columns, today=today)
        facility = places.facilities.get(normal(read.facility)) if read.facility else None
        mark = site.index.of_id_number(read.id_no) if read.id_no else None
        there = Registration(standing, facility, read.day)
        ending = None
        if read.refusals:
            ending = Ending(Outcome.REFUSED, "；".join(read.refusals))
        entries.append(Entry(line, read, there, mark, facility, ending))
    return entries


async def _known(tx: Tx, site: Site, job: Job, entries: Sequence[Entry]) -> dict[bytes, Known]:
    marks = sorted({e.mark for e in entries if e.ending is None and e.mark is not None})
    return await archives_by(tx, site, job.facility, marks)


async def _there(tx: Tx, site: Site, job: Job) -> set[bytes]:
    """Documents and archives of the parts before."""
    rows = await tx.rows(
        "SELECT mark, resident FROM reconciliation WHERE district=? AND list=?",
        site.district,
        job.id,
    )
    return {each for row in rows for each in row if each is not None}


def _place(
    site: Site,
    job: Job,
    key: DataKey,
    entry: Entry,
    known: Mapping[bytes, Known],
    there: set[bytes],
) -> None:
    """What becomes of a line; `there` grows by its document and archive."""
    if entry.ending is not None or entry.mark is None:
        return
    ours = known.get(entry.mark)
    who = ours.row.resident if ours is not None else None
    if entry.mark in there or who in there:
        entry.ending = Ending(Outcome.MATCHED, AGAIN)
        return
    there.update(each for each in (entry.mark, who) if each is not None)
    here = ours.here(job.kind) if ours is not None else None
    found = compare(entry.there, here, has_archive=ours is not None)
    facility = job.facility or (ours.row.facility if ours is not None else entry.facility)
    read = entry.read
    said = Said(
        name=read.name, id_no=read.id_no, reg_no=read.reg_no, since_there=read.day,
        standing_there=entry.there.standing, facility_there=read.facility[:60],
        since_here=here.since if here else "", standing_here=here.standing if here else "",
        unlike=tuple(sorted(found.unlike)), step=found.step,
    )  # fmt: skip
    entry.row = _row(site, job, key, entry.line.n, said, found, (facility, entry.mark, who))
    reason = SAY[found.finding] if ours is not None else f"{SAY[found.finding]}；{NO_ARCHIVE}"
    outcome = Outcome.MATCHED if found.finding is Finding.BOTH else Outcome.CREATED
    entry.ending = Ending(outcome, reason, who)


def _row(
    site: Site,
    job: Job,
    key: DataKey,
    n: int,
    said: Said,
    found: Found,
    whose: tuple[bytes | None, bytes | None, bytes | None],
) -> Row:
    """whose: (facility, document, archive)."""
    facility, mark, resident = whose
    return (
        site.district, job.id, n, facility, is_restricted(job.kind), found.finding.value, OPEN,
        mark, resident, site.clock(), None, None, seal_row(site, key, job.id, n, said),
    )  # fmt: skip


# Who is registered here and not in the list.


async def _only_here(site: Site, job: Job, key: DataKey, there: set[bytes]) -> list[Row]:
    who = await site.store.read(partial(_candidates, site=site, job=job))
    made: list[Row] = []
    for at in range(0, len(who), SLICE):
        some = await site.store.read(partial(opened, site=site, ids=who[at : at + SLICE]))
        for each in some:
            here = each.here(job.kind)
            if here is None or each.mark in there or each.row.resident in there:
                continue
            found = compare(None, here, has_archive=True)
            page = each.content.open
            said = Said(
                name=page.text("name"), id_no=page.text("id_no"), since_here=here.since,
                standing_here=here.standing, step=found.step,
            )  # fmt: skip
            whose = (each.row.facility, each.mark, each.row.resident)
            made.append(_row(site, job, key, HERE_FROM + len(made), said, found, whose))
    return made


async def _candidates(tx: Tx, site: Site, job: Job) -> list[bytes]:
    """Archives that may hold such a registration; of class B whatever holds anything of it."""
    mine = "" if job.facility is None else " AND r.facility=?"
    args = () if job.facility is None else (job.facility,)
    if is_restricted(job.kind):
        what = "c.cls='B'"
        kinds: tuple[str, ...] = ()
        marked = "r.rev_restricted>0 OR "
    else:
        kinds = tuple(kind_of(each).id for each in REGISTERED[job.kind])
        what = f"c.kind IN ({', '.join('?' * len(kinds))})"
        marked = ""
    rows = await tx.rows(
        "SELECT r.resident FROM resident r WHERE r.district=? AND r.status<>'merged'"
        f"{mine} AND ({marked}EXISTS (SELECT 1 FROM change c WHERE c.district=r.district AND "
        f"c.resident=r.resident AND c.shape='event' AND {what})) ORDER BY r.resident",
        site.district, *args, *kinds,
    )  # fmt: skip
    return [row[0] for row in rows]


# Writing.


async def _write(
    tx: Tx,
    site: Site,
    job: Job,
    part: Part,
    key: DataKey,
    entries: Sequence[Entry],
    rest: Sequence[Row],
) -> Taken:
    await take_step(tx, site, job, part)
    now, last = site.clock(), part.n + 1 >= part.chunks
    if part.n == 0:
        head = Heading(job.kind, job.head.system, job.head.exported_at, job.head.name)
        sealed = seal_row(site, key, job.id, HEAD_N, head)
        row: Row = (
            site.district, job.id, HEAD_N, job.facility, is_restricted(job.kind), "", MAKING, None,
            None, now, None, None, sealed,
        )  # fmt: skip
        await tx.insert("reconciliation", [row])
    await tx.insert("reconciliation", [each.row for each in entries if each.row])
    await tx.insert("reconciliation", list(rest))
    if last:
        await _replace(tx, site, job, key)
    endings = [each.ending for each in entries if each.ending is not None]
    taken = await part.end(tx, site, job, endings)
    detail = b"reconciliation" + job.id + part.n.to_bytes(4) + job.staff
    await audit(tx, site.district, "act", detail, now)
    return taken


async def _replace(tx: Tx, site: Site, job: Job, key: DataKey) -> None:
    """The comparison is whole: older ones of the same condition and place go, their notes stay.

    One that is still being read in beside this stays as well, and takes its place at its own end.
    """
    going = await tx.rows(
        "SELECT job FROM import_job WHERE district=? AND state IN (?, ?)",
        site.district, RUNNING, STOPPED,
    )  # fmt: skip
    stay = {job.id, *(row[0] for row in going)}
    before = [
        each
        for each, (head, row) in (await headings(tx, site, key)).items()
        if each not in stay and head.what == job.kind and row[0] == job.facility
    ]
    notes: dict[tuple[bytes | None, str], tuple[str, Row]] = {}
    for old in reversed(before):
        for n, mark, resident, finding, at, by, sealed in await tx.rows(
            "SELECT n, mark, resident, finding, closed_at, closed_by, sealed FROM reconciliation "
            "WHERE district=? AND list=? AND state=?",
            site.district, old, CLOSED,
        ):  # fmt: skip
            note = said_of(site, key, old, n, sealed).note
            notes[mark or resident, finding] = (note, (at, by))
        await tx.run("DELETE FROM reconciliation WHERE district=? AND list=?", site.district, old)
    if notes:
        await _carry(tx, site, job, key, notes)
    await tx.run(
        "UPDATE reconciliation SET state=?, made_at=? WHERE district=? AND list=? AND n=?",
        DONE, site.clock(), site.district, job.id, HEAD_N,
    )  # fmt: skip


async def _carry(
    tx: Tx,
    site: Site,
    job: Job,
    key: DataKey,
    notes: Mapping[tuple[bytes | None, str], tuple[str, Row]],
) -> None:
    """Closes what was closed before with the same finding."""
    closed: list[Row] = []
    for n, mark, resident, finding, sealed in await tx.rows(
        "SELECT n, mark, resident, finding, sealed FROM reconciliation WHERE district=? AND list=? "
        "AND n>?",
        site.district, job.id, HEAD_N,
    ):  # fmt: skip
        before = notes.get((mark or resident, finding))
        if before is not None:
            said = msgspec.structs.replace(said_of(site, key, job.id, n, sealed), note=before[0])
            sealed_again = seal_row(site, key, job.id, n, said)
            closed.append((site.district, job.id, n, CLOSED, *before[1], sealed_again))
    columns = ("state", "closed_at", "closed_by", "sealed")
    await tx.update("reconciliation", ("district", "list", "n"), columns, closed)
