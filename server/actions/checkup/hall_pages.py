"""What tablets are told of checkup days (sync/PROTOCOL.md, 8.11), packed with every answer.

A day comes to the tablets that are used on it, from the moment it is ready until it is closed; then
they are told to forget it, and the first exchange that names it no more shows that they have.
Rows are read under the tablet's lock in the order of csn: whoever writes a row holds the day's lock
until it commits, so a row that commits later has a higher csn.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Raw

from crypto.keys import Suite
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.standing import DeviceRow, survivors
from server.actions.checkup import code_list
from server.actions.checkup.codes import codes_of, prepare
from server.actions.checkup.day_reading import leads
from server.actions.checkup.day_rows import GUEST, HALL, REMOVED, Day, names_in, read_day
from server.actions.checkup.guests import Guest, guests_of
from server.actions.checkup.states import numbers_now, states_in
from server.actions.checkup.taking import MOVED
from server.actions.keeping.site import Site
from server.pages.values import name_masked
from server.records.kinds import REGISTER
from server.rules import checkup
from server.rules.checkup_days import DayState
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_CELLS
from sync import wire
from sync.hall_wire import (
    ARCHIVE_LABEL,
    NUMBER_LABEL,
    CriticalRule,
    HallCursor,
    HallInfo,
    HallPage,
    HallRow,
    Station,
    StationForm,
    Tube,
    mark_of,
)
from sync.merge import EMPTY, choose, decode_cells

KNOWS_HALLS: Final = 5
"""From this schema on a tablet is told of checkup days."""

DAYS_PER_DEVICE: Final = 4
ROWS_PER_PAGE: Final = 400
CARRIED: Final = frozenset({DayState.READY, DayState.OPEN})


async def pack_halls(
    tx: Tx, site: Site, device: DeviceRow, cursors: Sequence[HallCursor], epoch: int
) -> list[HallPage]:
    """A page a day, for a tablet whose row is locked."""
    rows = await tx.rows(
        "SELECT day, ended_at FROM checkup_tablet WHERE district=? AND device=? AND purged_at IS "
        "NULL ORDER BY day",
        site.district, device.device,
    )  # fmt: skip
    held = {each.day: each for each in cursors}
    found = {row[0]: await read_day(tx, site, row[0]) for row in rows}
    carried = [each for each in found.values() if each is not None and each.state in CARRIED]
    # The next days first: a day is not kept from its hall by others that were planned earlier.
    carried.sort(key=lambda each: (each.on, each.day))
    pages = [
        await _page(tx, site, device, day, held.get(day.day, HallCursor(day=day.day)), epoch)
        for day in sorted(carried[:DAYS_PER_DEVICE], key=lambda each: each.day)  # order of locks
    ]
    later = {each.day for each in carried}
    for day_id, ended in rows:
        if day_id in later:
            continue
        if day_id in held:
            pages.append(await _end(tx, site, device, day_id, ended, epoch))
        elif ended is not None:
            await _note(tx, site, device, day_id, "purged_at", site.clock())
    known = {row[0] for row in rows}
    gone = sorted(held.keys() - known)  # taken from this tablet since
    return pages + [HallPage(day=each, epoch=epoch, csn=0, version=0, ended=True) for each in gone]


async def _end(
    tx: Tx, site: Site, device: DeviceRow, day: bytes, ended: int | None, epoch: int
) -> HallPage:
    if ended is None:
        await _note(tx, site, device, day, "ended_at", site.clock())
    return HallPage(day=day, epoch=epoch, csn=0, version=0, ended=True)


async def _note(tx: Tx, site: Site, device: DeviceRow, day: bytes, column: str, value: int) -> None:
    await tx.run(
        f"UPDATE checkup_tablet SET {column}=? WHERE district=? AND day=? AND device=?",
        value, site.district, day, device.device,
    )  # fmt: skip


async def _page(
    tx: Tx, site: Site, device: DeviceRow, day: Day, at: HallCursor, epoch: int
) -> HallPage:
    since = at.csn if at.epoch == epoch else 0
    rows = await tx.rows(
        "SELECT who, csn, status, groups, route, slot, ticket, state, source FROM checkup_person "
        "WHERE district=? AND day=? AND csn>? ORDER BY csn LIMIT ?",
        site.district, day.day, since, ROWS_PER_PAGE,
    )  # fmt: skip
    told = await _rows(tx, site, day, rows) if rows else ()
    end = rows[-1][1] if rows else max(since, day.csn)
    info = None
    if at.epoch != epoch or at.version != day.version:
        info = await info_of(tx, site, device, day)
    if end > since:
        await _note(tx, site, device, day.day, "sent_csn", end)
    return HallPage(
        day=day.day, epoch=epoch, csn=end, version=day.version, info=info, rows=told,
        more=len(rows) == ROWS_PER_PAGE,
    )  # fmt: skip


async def _rows(tx: Tx, site: Site, day: Day, rows: Sequence[Row]) -> tuple[Raw, ...]:
    whos = [row[0] for row in rows]
    key = await _key(tx, site, day)
    cards = await cards_of(tx, site, whos)
    others = {row[0] for row in rows if row[8] == HALL and _is_anothers(cards.get(row[0]), day)}
    faces = await _faces(tx, site, day, key, {who: cards.pop(who) for who in others})
    marks = await _marks(tx, site, key, [who for who in whos if who not in others])
    nameless = {row[0] for row in rows if row[2] in (GUEST, MOVED)}
    said = {each.guest: each for each in await guests_of(tx, site, day.day, nameless)}
    kept = await survivors(
        tx, site.district, {each.person for each in said.values() if each.person}
    )
    known = [row[0] for row in rows if row[2] not in (REMOVED, MOVED, GUEST)]
    await prepare(tx, site, day.day, known)
    codes = await codes_of(tx, site.district, set(whos) - others, day.day)
    states = await states_in(tx, site)
    slots = await _slots(tx, site, day)
    found: list[Raw] = []
    for who, _, status, groups, route, slot, ticket, state, _ in rows:
        if status in (REMOVED, MOVED):
            guest = said.get(who)
            now = (guest.person if guest is not None else None) or b""
            row = HallRow(who=who, status=REMOVED, now=kept.get(now, now))
        else:
            row = HallRow(
                who=who, status=status,
                **(faces.get(who) or _face(cards.get(who), said.get(who), key)),
                **marks.get(who, {}), groups=names_in(groups), route=names_in(route),
                slot=slots.get(slot, ""), ticket=ticket, codes=tuple(codes.get(who, ())),
                state=Raw(states.plain(day.day, who, state) if state else b"{}"),
            )  # fmt: skip
        found.append(Raw(wire.encode(row)))
    return tuple(found)


def _is_anothers(card: Card | None, day: Day) -> bool:
    return card is not None and card.facility != day.facility


async def _faces(
    tx: Tx, site: Site, day: Day, key: bytes, cards: Mapping[bytes, Card]
) -> dict[bytes, dict[str, Any]]:
    """Residents of other facilities who came: as they said themselves. A tablet that notes guests
    with numbers it makes up is told nothing of whose they are; nobody would see it ask.
    """
    if not cards:
        return {}
    said = {each.person: each for each in await guests_of(tx, site, day.day) if each.person}
    return {
        who: _face(None, said[who], key) if who in said else {"name": name_masked(card.name)}
        for who, card in cards.items()
    }


def _face(card: Card | None, guest: Guest | None, key: bytes) -> dict[str, Any]:
    if card is not None:
        return {"name": card.name, "sex": card.sex, "birth": card.birth, "tail": card.id_tail}
    if guest is None:
        return {}
    said = guest.said
    mark = mark_of(key, NUMBER_LABEL, plain_number(said.number)) if said.number else b""
    return {"name": said.name, "sex": said.sex, "birth": said.birth_date,
            "tail": said.number[-4:], "id": mark}  # fmt: skip


def plain_number(number: str) -> str:
    """An ID number as its mark is made of it."""
    return number.strip().upper()


async def _key(tx: Tx, site: Site, day: Day) -> bytes:
    row = await one(
        tx, "SELECT key FROM checkup_day WHERE district=? AND day=?", site.district, day.day
    )
    assert row is not None
    return row[0]


async def _slots(tx: Tx, site: Site, day: Day) -> Mapping[int | None, str]:
    rows = await tx.rows(
        "SELECT slot, start_at FROM checkup_slot WHERE district=? AND day=?",
        site.district, day.day,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


async def info_of(tx: Tx, site: Site, device: DeviceRow, day: Day) -> HallInfo:
    """The day as this tablet is told of it."""
    facility = await one(
        tx, "SELECT name FROM facility WHERE district=? AND facility=?", site.district, day.facility
    )
    doctors = await leads(tx, site, day.facility)
    lead = next((each for each in doctors if each[0] == day.lead), (day.lead, ""))
    stations = [each for each in checkup.stations().values() if each.id in day.stations]
    return HallInfo(
        day=day.day, facility=day.facility, name=facility[0] if facility else "",
        on=day.on.isoformat(), place=day.place, opens=day.opens, closes=day.closes, lead=lead,
        doctors=doctors, series=await series_of(tx, site, device, day.day), serial=day.serial,
        key=await _key(tx, site, day), stations=tuple(map(_station, stations)),
        tubes=tuple(
            Tube(id=each.id, label=each.label, digit=each.digit)
            for each in checkup.tubes().values()
        ),
        critical=tuple(
            CriticalRule(name=each.name, form=each.form, field=each.field,
                         when=Raw(json.dumps(each.when).encode()), sentence=each.sentence)
            for each in checkup.rules(numbers_now(site))
        ),
        groups=tuple(
            (each.id, each.label, checkup.route_of((each.id,), day.stations))
            for each in checkup.groups().values()
        ),
        codes=await code_list.signed(tx, site, Suite(device.suite)),
    )  # fmt: skip


def _station(each: checkup.Station) -> Station:
    return Station(
        id=each.id, label=each.label, short=each.short,
        forms=tuple(
            StationForm(kind=form.kind, v=form.form.version, fields=form.fields)
            for form in each.forms
        ),
        tubes=each.tubes, minutes=each.minutes, note=each.note, urgent=each.urgent,
    )  # fmt: skip


async def series_of(tx: Tx, site: Site, device: DeviceRow, day: bytes) -> int:
    """In which series this tablet counts on that day: a new one for each epoch of its chain."""
    place = (site.district, day, device.device, device.chain_epoch)
    sql = "SELECT series FROM checkup_series WHERE district=? AND day=? AND device=? AND epoch=?"
    row = await one(tx, sql, *place)
    if row is not None:
        return row[0]
    await tx.rows(
        f"SELECT 1 FROM checkup_day WHERE district=? AND day=?{locking(tx)}", site.district, day
    )
    newest = await one(
        tx, "SELECT COALESCE(MAX(series), 0) FROM checkup_series WHERE district=? AND day=?",
        site.district, day,
    )  # fmt: skip
    assert newest is not None
    await tx.insert("checkup_series", [(*place, newest[0] + 1)])
    return newest[0] + 1


async def _marks(
    tx: Tx, site: Site, key: bytes, whos: Sequence[bytes]
) -> dict[bytes, dict[str, Any]]:
    """Marks of the ID number and the archive number of residents. Of an archive's open cells only
    the one with the number is looked at.
    """
    rows = await tx.rows_in(
        "SELECT resident, key, rev, sealed_cells, archive_no FROM resident WHERE district=? AND "
        "resident {ids}",
        whos, site.district,
    )  # fmt: skip
    found: dict[bytes, dict[str, Any]] = {}
    for who, wrapped, rev, sealed, archive in rows:
        number = _number(site, who, wrapped, rev, sealed)
        marks: dict[str, Any] = {}
        if number:
            marks["id"] = mark_of(key, NUMBER_LABEL, plain_number(number))
        if archive:
            marks["no"] = mark_of(key, ARCHIVE_LABEL, archive)
        found[who] = marks
    return found


def _number(site: Site, who: bytes, wrapped: bytes, rev: int, sealed: bytes) -> str:
    place = site.vault.at(T_CELLS, who, who, rev)
    cell = decode_cells(site.vault.key(who, wrapped).open(place, sealed)).get("id_no", EMPTY)
    value = choose(cell, REGISTER.policy_of("id_no"), REGISTER.safer_of("id_no")).value
    return value if isinstance(value, str) else ""
