"""One part of a list of old checkups or follow-ups: each a record of its archive, found by the ID
number alone.

They are imports: author "import", unsigned, shown as such, with the system they come from. The same
line read twice is one record, also after a merge, because its id is a keyed hash of the document
and what the line says. Another open record of that kind on that day makes a task for a person
(possible_duplicate); a dose or a restricted record that is there already and says something else
refuses the line. What a line leaves open stays open. A line about a merged archive goes to the one
that stands for it and, where the merge is undone, back with everything else that was written for
the gone one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import msgspec
from msgspec import Raw

from crypto.columns import DataKey
from server.actions.archives.ledger import Archive, Ledger, first_rev
from server.actions.archives.likeness import mark_of
from server.actions.archives.persons import days_of_death
from server.actions.archives.standing import (
    MERGED,
    Membership,
    ResidentRow,
    lock_residents,
    survivors,
)
from server.actions.keeping.site import Site
from server.actions.lists.import_archives import change_row
from server.actions.lists.import_places import Places
from server.actions.lists.import_source import flag_of, keep_source
from server.actions.lists.import_steps import Ending, Outcome, Part, Taken, bad_cells, take_step
from server.actions.lists.import_there import There, differs, looked_into, there_of
from server.actions.lists.imports import Job
from server.actions.lists.sheet_parts import Line
from server.actions.tablets.changerow import CARRIED
from server.actions.tablets.intake import civil_day
from server.records.check import person_faults
from server.records.model import ON, Kind
from server.records.same_service import Same, same_service, told_apart
from server.records.sheet_columns import kind_of
from server.records.sheet_lines import Read, read_record
from server.records.sheet_values import normal
from server.rules.life import Life
from server.store.tx import Row, Tx
from server.store.vault import T_CHANGE
from sync import wire

NO_ARCHIVE: Final = "没有这个证件号码的档案，请先导入居民"
OUT_OF_PLACE: Final = "责任机构不是本机构，这一行请交给县里上传"
SAME_RECORD: Final = "已有同样的记录，没有再写"
ALIKE: Final = "已写入；同一天另有一份同样的表，等人核对是不是重复"
SAME_SERVICE: Final = "已有这一次的记录，没有再写"
SAYS_OTHERWISE: Final = "已有这一次的记录，{what}与这一行不同，没有再写，请核对"
OTHER_NAME: Final = "姓名与这个证件号码的档案不同，没有写入，请核对是谁的"
ELSEWHERE: Final = "同样的记录在另一份档案里，没有再写，请核对这个证件号码是谁的"


@dataclass(slots=True)
class Entry:
    """One line on its way."""

    line: Line
    read: Read
    id_index: bytes | None
    facility: bytes | None  # where the service was given, as the line says
    named: bytes | None = None  # the archive with this document
    resident: bytes | None = None  # which takes the record: `named`, or what stands for it
    ending: Ending | None = None
    change: bytes = b""
    row: Row = ()
    cls: str = "A"
    same: Same = ()


async def take_records(site: Site, job: Job, places: Places, part: Part) -> Taken:
    """Carries one part out. Raises NotOurs; whatever it raises, nothing of the part is done."""
    while True:
        entries = await asyncio.to_thread(_read_part, site, job, places, part.lines)
        keys = await site.store.read(partial(_residents, site=site, job=job, entries=entries))
        now = site.clock()
        await asyncio.to_thread(_seal_all, site, job, entries, keys, now=now, epoch=part.feed_epoch)
        done = await site.store.write(
            partial(_write, site=site, job=job, part=part, entries=entries, now=now)
        )
        if done is not None:
            return done  # else one of these archives was merged or moved meanwhile: look again


async def look_at_records(
    site: Site, job: Job, places: Places, lines: Sequence[Line]
) -> list[tuple[Line, Ending]]:
    """A dry run: how these lines would end."""
    entries = await asyncio.to_thread(_read_part, site, job, places, lines)
    await site.store.read(partial(_residents, site=site, job=job, entries=entries))
    return [(each.line, each.ending or _created(each)) for each in entries]


def _created(entry: Entry) -> Ending:
    return Ending(Outcome.CREATED, "；".join(entry.read.notes), entry.resident)


def _read_part(site: Site, job: Job, places: Places, lines: Sequence[Line]) -> list[Entry]:
    today = civil_day(site.clock())
    kind = kind_of(job.kind)
    entries: list[Entry] = []
    for line in lines:
        read = read_record(
            kind, line.cells, bad_cells(line), job.head.columns, today=today,
            restricted=job.restricted,
        )  # fmt: skip
        facility = places.facilities.get(normal(read.facility)) if read.facility else None
        if read.facility and facility is None:
            read.refusals.append(f"没有叫“{read.facility[:30]}”的机构")
        index = site.index.of_id_number(read.id_no) if read.id_no else None
        entry = Entry(line, read, index, facility)
        if read.refusals:
            entry.ending = Ending(Outcome.REFUSED, "；".join(read.refusals))
        entries.append(entry)
    return entries


async def _residents(tx: Tx, site: Site, job: Job, entries: Sequence[Entry]) -> dict[bytes, bytes]:
    """Finds whose each entry is; {resident: wrapped key} of those that have one."""
    going = [each for each in entries if each.ending is None]
    indexes = sorted({each.id_index for each in going if each.id_index is not None})
    holders: dict[bytes, Row] = {}
    for row in await tx.rows_in(
        "SELECT id_index, resident, status, facility, key FROM resident WHERE district=? AND "
        "id_index {ids} ORDER BY resident",
        indexes,
        site.district,
    ):
        if row[0] not in holders or row[2] != MERGED:
            holders[row[0]] = row
    named = {at: row[1] for at, row in holders.items()}
    gone = {row[1] for row in holders.values() if row[2] == MERGED}
    stand = await _standing(tx, site.district, await survivors(tx, site.district, gone))
    holders |= {at: stand[row[1]] for at, row in holders.items() if row[1] in stand}
    keys: dict[bytes, bytes] = {}
    for each in going:
        found = holders.get(each.id_index or b"")
        if found is None or found[2] == MERGED:
            each.ending = Ending(Outcome.REFUSED, NO_ARCHIVE)
        elif job.facility is not None and found[3] != job.facility:
            each.ending = Ending(Outcome.REFUSED, OUT_OF_PLACE)
        else:
            each.named, each.resident = named[each.id_index or b""], found[1]
            keys[found[1]] = found[4]
    await _names_fit(tx, site, going)
    dead = sorted({row[1] for row in holders.values() if row[2] == Life.DEAD})
    if dead:
        _alive_on(going, kind_of(job.kind), await days_of_death(tx, site.district, dead))
    return keys


def _alive_on(going: Sequence[Entry], kind: Kind, died: Mapping[bytes, date]) -> None:
    """A line about a service after the resident's death is refused with the form's sentence."""
    for each in going:
        day = died.get(each.resident or b"")
        if each.ending is not None or day is None or not each.read.day:
            continue
        on, body = date.fromisoformat(each.read.day), msgspec.json.encode(each.read.basics)
        found = person_faults(kind, body, on=on, today=on, sex=None, birth=None, died=day)
        said = [fault.sentence_zh for fault in found if fault.field == ON]
        if said:
            each.ending = Ending(Outcome.REFUSED, "；".join(said))


async def _names_fit(tx: Tx, site: Site, going: Sequence[Entry]) -> None:
    """A line whose name is not that of the archive with its number is nobody's to write."""
    said = {each.resident for each in going if each.resident is not None and each.read.name}
    if not said:
        return
    marks = dict(
        await tx.rows_in(
            "SELECT resident, mark FROM likeness WHERE district=? AND resident {ids}",
            sorted(said),
            site.district,
        )
    )
    for each in going:
        holder, mark = each.read.holder, marks.get(each.resident or b"")
        if each.ending is not None or holder is None or mark is None or not each.read.name:
            continue
        born = {"birth_date": holder.birth.isoformat(), "sex": holder.sex}
        if mark_of(site, {"name": each.read.name, **born}) != mark:
            each.ending = Ending(Outcome.REFUSED, OTHER_NAME)


async def _standing(tx: Tx, district: int, kept: Mapping[bytes, bytes]) -> dict[bytes, Row]:
    """{gone: the row of `_residents` of the archive that stands for it}."""
    rows = await tx.rows_in(
        "SELECT id_index, resident, status, facility, key FROM resident WHERE district=? AND "
        "resident {ids}",
        sorted(set(kept.values())),
        district,
    ) if kept else ()  # fmt: skip
    found = {row[1]: row for row in rows}
    return {gone: found[who] for gone, who in kept.items()}


def _seal_all(
    site: Site,
    job: Job,
    entries: Sequence[Entry],
    keys: dict[bytes, bytes],
    *,
    now: int,
    epoch: int,
) -> None:
    kind = kind_of(job.kind)
    for each in entries:
        if each.ending is None and each.resident is not None:
            key = site.vault.key(each.resident, keys[each.resident])
            _seal(site, job, kind, each, key, now=now, rev=first_rev(epoch))


def _seal(
    site: Site, job: Job, kind: Kind, entry: Entry, key: DataKey, *, now: int, rev: int
) -> None:
    assert entry.resident is not None
    assert entry.named is not None
    body = msgspec.json.encode(entry.read.basics, order="sorted")
    day = entry.read.day
    entry.cls = "B" if entry.read.is_restricted else "A"
    entry.same = same_service(kind.id, day, entry.read.basics)
    said = kind.id.encode() + b"\x00" + day.encode() + b"\x00" + body
    if told_apart(kind.id):
        said = msgspec.json.encode(entry.same)
    entry.change = _id_of(site.index.of_imported(entry.read.id_no, said), day)
    change = wire.Change(
        id=entry.change, resident=entry.named, kind=kind.id, v=kind.version, on=day, at=now,
        body=Raw(body),
    )  # fmt: skip
    place = site.vault.at(T_CHANGE, entry.change, entry.resident)
    cls = entry.cls
    entry.row = change_row(
        (site.district, entry.resident, entry.change),
        (kind.id if cls == "A" else None, cls, "event"), day, rev=rev, now=now,
        staff=job.staff, facility=entry.facility,
        flags=flag_of(job, CARRIED if entry.named != entry.resident else ""),
        body=key.seal(place, bytes(16) + wire.encode(change)),
    )  # fmt: skip


def _id_of(mark: bytes, day: str) -> bytes:
    """An id in the shape of the others (UUIDv7) that the same line always gets again."""
    midnight_ms = (date.fromisoformat(day) - date(1970, 1, 1)).days * 86_400_000
    raw = bytearray(max(0, midnight_ms).to_bytes(6) + mark[:10])
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return bytes(raw)


async def _write(
    tx: Tx, site: Site, job: Job, part: Part, entries: Sequence[Entry], now: int
) -> Taken | None:
    """Everything of a part; None when one of its archives is not where it was found."""
    epoch = await take_step(tx, site, job, part)
    going = [each for each in entries if each.ending is None]
    wanted = {who for each in going for who in (each.resident, each.named) if who is not None}
    locked = await lock_residents(tx, site.district, wanted, cells_of=())
    if not await _where_they_were(tx, site.district, job, going, locked):
        return None
    rows = {each.resident: locked[each.resident] for each in going if each.resident}
    ledger = Ledger(site.district, site.vault, now, epoch)
    ledger.archives = await _archives(tx, site.district, rows)
    sought = {(job.kind, each.cls, each.read.day) for each in going}
    there = await there_of(tx, site, rows, {each.change for each in going}, sought)
    for each in going:
        each.ending = _place(ledger, each, there, job.kind, first_rev(epoch))
    await keep_source(tx, site, job, now)
    endings = [each.ending for each in entries if each.ending is not None]
    taken = await part.end(tx, site, job, endings)
    detail = b"import" + job.id + part.n.to_bytes(4) + job.staff
    await ledger.flush(tx, "act", detail)
    return taken


async def _where_they_were(
    tx: Tx, district: int, job: Job, going: Sequence[Entry], locked: Mapping[bytes, ResidentRow]
) -> bool:
    """Whether every archive still stands where it was found before the locks."""
    carried = {each.named for each in going if each.named and each.named != each.resident}
    kept = await survivors(tx, district, carried)
    for each in going:
        assert each.resident is not None
        assert each.named is not None
        row = locked[each.resident]
        if row.status == MERGED or job.facility not in (None, row.facility):
            return False
        if each.named in carried and kept.get(each.named) != each.resident:
            return False
    return True


def _place(ledger: Ledger, entry: Entry, there: There, kind: str, rev: int) -> Ending:
    """Writes one record into the ledger, unless it is there already."""
    assert entry.resident is not None
    holder = there.ids.get(entry.change)
    if holder is not None and holder != entry.resident:
        return Ending(Outcome.REFUSED, ELSEWHERE)
    written = there.opened.get((entry.resident, entry.same))
    if written is not None:
        return _known(kind, entry, written)
    if holder is not None:
        return Ending(Outcome.MATCHED, SAME_RECORD, entry.resident)
    day = (entry.resident, kind, entry.read.day)
    same_day = not looked_into(kind, entry.cls) and day in there.days
    there.ids[entry.change] = entry.resident
    there.days.add(day)
    if looked_into(kind, entry.cls):
        there.opened[entry.resident, entry.same] = entry.read.basics
    ledger.changes.append(entry.row)
    ledger.event(entry.resident, entry.change, entry.cls, rev)
    if not same_day:
        return _created(entry)
    facility = ledger.archives[entry.resident].row.facility
    ledger.task("possible_duplicate", entry.change, resident=entry.resident, facility=facility)
    return Ending(Outcome.POSSIBLE, "；".join([ALIKE, *entry.read.notes]), entry.resident)


def _known(kind: str, entry: Entry, written: Mapping[str, object]) -> Ending:
    """The service is there: nothing is written; what the line says otherwise a person looks at."""
    unlike = differs(entry.read.basics, written)
    if not unlike:
        return Ending(Outcome.MATCHED, SAME_SERVICE, entry.resident)
    fields = (kind_of(kind).field(name) for name in unlike)
    what = "、".join(each.label for each in fields if each is not None)
    return Ending(Outcome.REFUSED, SAYS_OTHERWISE.format(what=what))


async def _archives(tx: Tx, district: int, rows: dict[bytes, ResidentRow]) -> dict[bytes, Archive]:
    members: dict[bytes, list[Membership]] = {}
    for resident, panel, ground, until in await tx.rows_in(
        "SELECT resident, panel, ground, until FROM member WHERE district=? AND resident {ids}",
        sorted(rows),
        district,
    ):
        members.setdefault(resident, []).append(Membership(panel, ground, until))
    return {who: Archive(row, members.get(who, [])) for who, row in rows.items()}
