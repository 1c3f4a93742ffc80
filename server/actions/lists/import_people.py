"""One part of a list of residents: read, matched, opened, in one transaction with its place.

A line whose document has an archive is matched and changes nothing: what the archive says was seen
by somebody, a list was not. A line without a document that looks like an archive opens one all the
same and notes the pair, for a person to decide; nothing is merged by machine.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.archives.archives import NumbersUsedUp, allot
from server.actions.archives.ledger import Ledger
from server.actions.archives.likeness import alike, mark_of
from server.actions.archives.twins import note
from server.actions.keeping.site import Site
from server.actions.lists.import_archives import Opening, Ready, make_ready, write_archives
from server.actions.lists.import_places import ELSEWHERE, Place, Places, place_of_line
from server.actions.lists.import_steps import Ending, Outcome, Part, Taken, bad_cells, take_step
from server.actions.lists.imports import Job
from server.actions.lists.sheet_parts import Line
from server.actions.tablets.intake import civil_day
from server.records.sheet_lines import Read, read_person
from server.rules.archive_number import areas_to_try
from server.store.tx import Tx

SAME_FILE: Final = "与第 {n} 行是同一个证件号码"
KNOWN: Final = "已有档案，没有改动"
KNOWN_UNLIKE: Final = "已有档案，没有改动；姓名、性别或出生日期与档案不同，请核对证件"
ALIKE: Final = "与另一份档案同名、同性别、同出生日期，等人核对是不是同一人"
NO_TEAM: Final = "没有归属，等人分到团队"
OPENED: Final = "已建档"
USED_UP: Final = "这个村的档案编号已用完"
TWIN_GROUND: Final = "same_name_birth"
TWINS_MOST: Final = 3  # pairs noted for one line
_NO_AREA: Final = "000"


@dataclass(slots=True)
class Seat:
    """One line on its way."""

    line: Line
    read: Read
    place: Place
    id_index: bytes | None
    mark: bytes | None
    ending: Ending | None = None
    twins: tuple[bytes, ...] = ()
    twin_seats: tuple[int, ...] = ()  # earlier lines of the same part


@dataclass(frozen=True, slots=True)
class Known:
    """What the district has of a part's documents and likenesses."""

    holders: Mapping[bytes, tuple[bytes, bytes | None]]  # by index: resident, its mark
    alike: Mapping[bytes, list[tuple[bytes, bool]]]


async def take_people(site: Site, job: Job, places: Places, part: Part) -> Taken:
    """Carries one part out. Raises NotOurs; whatever it raises, nothing of the part is done."""
    while True:
        seats = await asyncio.to_thread(_read_part, site, job, places, part.lines)
        known = await site.store.read(partial(_known, site=site, seats=seats))
        _decide(seats, known)
        fresh = [seat for seat in seats if seat.ending is None]
        numbers = await site.store.write(partial(_numbers, site=site, seats=fresh))
        for seat in fresh:
            if id(seat) not in numbers:
                seat.ending = Ending(Outcome.REFUSED, USED_UP)
        now, epoch = site.clock(), part.feed_epoch
        ready = await asyncio.to_thread(
            _seal_all, site, job, seats, numbers, now=now, feed_epoch=epoch
        )
        done = await site.store.write(
            partial(
                _write, site=site, job=job, part=part, seats=seats, known=known, ready=ready,
                now=now,
            )
        )  # fmt: skip
        if done is not None:
            return done  # else one of these, or one like them, was opened meanwhile: look again


def look(site: Site, job: Job, places: Places, lines: Sequence[Line]) -> list[Seat]:
    """A dry run: the lines as they would be taken, without asking what the district has."""
    return _read_part(site, job, places, lines)


async def look_up(site: Site, seats: Sequence[Seat]) -> None:
    """A dry run, its second half: each seat gets the ending it would have."""
    known = await site.store.read(partial(_known, site=site, seats=seats))
    _decide(seats, known)
    for seat in seats:
        if seat.ending is None:
            found = bool(seat.twins or seat.twin_seats)
            seat.ending = Ending(
                Outcome.POSSIBLE if found else Outcome.CREATED, _said(seat, alike=found)
            )


def _read_part(site: Site, job: Job, places: Places, lines: Sequence[Line]) -> list[Seat]:
    today = civil_day(site.clock())
    seats: list[Seat] = []
    for line in lines:
        read = read_person(
            line.cells, bad_cells(line), job.head.columns, today=today, restricted=job.restricted
        )
        place = place_of_line(read, places, job.facility)
        number = read.basics.get("id_no", "")
        index = site.index.of_id_number(number) if number else None
        seat = Seat(line, read, place, index, mark_of(site, read.basics))
        reasons = [*read.refusals, *([place.refusal] if place.refusal else [])]
        if reasons:
            seat.ending = Ending(Outcome.REFUSED, "；".join(reasons))
        seats.append(seat)
    return seats


async def _known(tx: Tx, site: Site, seats: Sequence[Seat]) -> Known:
    going = [seat for seat in seats if seat.ending is None]
    indexes = sorted({seat.id_index for seat in going if seat.id_index is not None})
    holders: dict[bytes, tuple[bytes, bytes | None]] = {}
    for index, resident, status, mark in await tx.rows_in(
        "SELECT r.id_index, COALESCE(m.kept, r.resident), r.status, l.mark FROM resident r "
        "LEFT JOIN merged m ON m.district=r.district AND m.gone=r.resident LEFT JOIN likeness l "
        "ON l.district=r.district AND l.resident=COALESCE(m.kept, r.resident) "
        "WHERE r.district=? AND r.id_index {ids}",
        indexes,
        site.district,
    ):
        if index not in holders or status != "merged":  # of two that were merged, the one kept
            holders[index] = (resident, mark)
    marks = {seat.mark for seat in going if seat.mark is not None}
    return Known(holders, await alike(tx, site, marks))


def _decide(seats: Sequence[Seat], known: Known) -> None:
    """Endings of the lines that open no archive, and whom the others look like."""
    by_index: dict[bytes, int] = {}
    by_mark: dict[bytes, list[int]] = {}
    for at, seat in enumerate(seats):
        if seat.ending is not None:
            continue
        index, mark = seat.id_index, seat.mark
        if index is not None and index in known.holders:
            resident, theirs = known.holders[index]
            unlike = mark is not None and theirs is not None and mark != theirs
            seat.ending = Ending(Outcome.MATCHED, KNOWN_UNLIKE if unlike else KNOWN, resident)
            continue
        if index is not None and index in by_index:
            seat.ending = Ending(Outcome.MATCHED, SAME_FILE.format(n=seats[by_index[index]].line.n))
            continue
        if index is not None:
            by_index[index] = at
        if mark is not None:
            # Two people with documents of their own are two people, however alike.
            seat.twins = tuple(
                who for who, has_id in known.alike.get(mark, ()) if index is None or not has_id
            )[:TWINS_MOST]
            seat.twin_seats = tuple(
                n for n in by_mark.get(mark, ()) if index is None or seats[n].id_index is None
            )[:TWINS_MOST]
            by_mark.setdefault(mark, []).append(at)


async def _numbers(tx: Tx, site: Site, seats: Sequence[Seat]) -> dict[int, str]:
    """{id of the seat: archive number}; a number that is not used after all is simply left out."""
    by_area: dict[str, list[Seat]] = {}
    for seat in seats:
        code = str(seat.read.basics.get("address_region") or site.rules.code)
        by_area.setdefault(next(areas_to_try(code)), []).append(seat)
    made: dict[int, str] = {}
    for area in sorted(by_area):
        these = by_area[area]
        try:
            numbers = await allot(tx, site.district, area, len(these))
        except NumbersUsedUp:
            continue
        made.update(zip(map(id, these), numbers, strict=True))
    return made


def _seal_all(
    site: Site,
    job: Job,
    seats: Sequence[Seat],
    numbers: Mapping[int, str],
    *,
    now: int,
    feed_epoch: int,
) -> dict[int, Ready]:
    today = civil_day(now).isoformat()
    made: dict[int, Ready] = {}
    for at, seat in enumerate(seats):
        if seat.ending is not None:
            continue
        opening = Opening(
            seat.read.basics, seat.read.day or today, seat.place.facility, seat.place.panel,
            seat.id_index, seat.mark, numbers[id(seat)],
        )  # fmt: skip
        made[at] = make_ready(site, opening, staff=job.staff, now=now, feed_epoch=feed_epoch)
    return made


async def _write(
    tx: Tx,
    site: Site,
    job: Job,
    part: Part,
    seats: Sequence[Seat],
    known: Known,
    ready: Mapping[int, Ready],
    now: int,
) -> Taken | None:
    """Everything of a part; None when one of its documents has an archive by now, or somebody like
    one of its people has.
    """
    epoch = await take_step(tx, site, job, part)
    again = await _known(tx, site, seats)
    if any(seat.id_index in again.holders for seat in seats if seat.ending is None):
        return None
    if any(set(them) - set(known.alike.get(mark, ())) for mark, them in again.alike.items()):
        return None
    ledger = Ledger(site.district, site.vault, now, epoch)
    await write_archives(tx, ledger, list(ready.values()))
    endings: list[Ending] = []
    for at, seat in enumerate(seats):
        ending = seat.ending
        if ending is None:
            resident = ready[at].resident
            others = (*seat.twins, *(ready[n].resident for n in seat.twin_seats))
            for other in others:
                await note(tx, site, resident, other, TWIN_GROUND)
            outcome = Outcome.POSSIBLE if others else Outcome.CREATED
            said = _said(seat, alike=bool(others))
            ending = Ending(outcome, f"{OPENED}；{said}" if said else "", resident)
        endings.append(ending)
    detail = b"import" + job.id + part.n.to_bytes(4) + job.staff
    taken = await part.end(tx, site, job, endings)
    await ledger.flush(tx, "act", detail)
    return taken


def _said(seat: Seat, *, alike: bool) -> str:
    said = [ALIKE] if alike else []
    if seat.place.panel is None:
        said.append(NO_TEAM)
    return "；".join([*said, *seat.read.notes])


__all__ = ["ELSEWHERE", "Seat", "look", "look_up", "take_people"]
