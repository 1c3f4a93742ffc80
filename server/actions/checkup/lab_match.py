"""Whose specimens a laboratory's list speaks of, and what taking it in would change.

A specimen is known by the number on its label. A number of an older route sheet is void, and the
list is told which one took its place: nobody decides here that it must be the same blood. A name
that is not the person's is a fault: the tube may have been mistaken for another.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from server.actions.checkup.day_rows import Day
from server.actions.checkup.hall import body_of
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.checkup.states import critical_of
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import civil_day
from server.actions.tablets.settle import open_change
from server.records.checkup_parts import NotAPart, values_of
from server.records.sheet_values import normal
from server.rules.checkup_lab import SERIAL_DIGITS, Fault, Specimen, fields, is_number, read
from server.store.tx import Tx
from sync import wire
from sync.hall import PART, SHEET, TAKEN_BACK


class Verdict(StrEnum):
    """What becomes of one specimen."""

    NEW = "new"
    CHANGED = "changed"
    """Another value stood there."""

    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One specimen of a list. `before`: values that would be replaced."""

    number: str
    lines: tuple[int, ...]
    verdict: Verdict
    who: bytes | None
    name: str
    ticket: str
    values: Mapping[str, Any]
    before: Mapping[str, Any]
    critical: tuple[str, ...]
    faults: tuple[tuple[int, Fault], ...]
    warnings: tuple[tuple[int, Fault], ...]

    def __repr__(self) -> str:
        return f"Entry({self.verdict})"


@dataclass(frozen=True, slots=True)
class Preview:
    entries: tuple[Entry, ...]
    unread: Mapping[str, int]
    nameless: tuple[int, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict is verdict for each in self.entries)


@dataclass(slots=True)
class _Known:
    """What stands of the day: what its parts wrote by specimen and by person, in order. `shared`:
    numbers in force for two people, who may have two tubes or one.
    """

    people: dict[bytes, PersonOnDay]
    in_force: dict[str, bytes]
    shared: set[str]
    void: dict[str, tuple[bytes, str]]
    by_number: dict[str, list[Mapping[str, Any]]] = field(
        default_factory=dict[str, list[Mapping[str, Any]]]
    )
    by_person: dict[bytes, dict[str, Any]] = field(default_factory=dict[bytes, dict[str, Any]])


async def match(
    tx: Tx, site: Site, day: Day, headings: Sequence[str], columns: Mapping[int, str],
    lines: Sequence[tuple[int, Sequence[str]]],
) -> Preview:  # fmt: skip
    """The list held against the day."""
    found = read(headings, columns, lines, on=day.on, today=civil_day(site.clock()))
    known = await _known(tx, site, day, {each.number for each in found.specimens})
    look = critical_of(site)
    entries: list[Entry] = []
    for each in found.specimens:
        who = known.in_force.get(each.number)
        _judge(each, day, known, who)
        marked = _critical(look, each.values) if who is not None and not each.faults else ()
        entries.append(_entry(each, known, who, marked))
    return Preview(tuple(entries), found.unread, found.nameless)


def _judge(one: Specimen, day: Day, known: _Known, who: bytes | None) -> None:
    """Faults that only the day can tell."""
    first = one.lines[0] if one.lines else 0
    if not is_number(one.number):
        return  # its check digit says that somebody misread it
    if one.number in known.shared:
        one.wrong(first, "two_people")
    elif one.number in known.void:
        one.wrong(first, "void", known.void[one.number][1])
    elif who is None and int(one.number[:SERIAL_DIGITS]) != day.serial:
        one.wrong(first, "other_day")
    elif who is None:
        one.wrong(first, "unknown")
    elif one.name and normal(one.name) != normal(known.people[who].name):
        one.wrong(first, "other_name", one.name[:20])
    if not one.values and not one.faults:
        one.wrong(first, "no_values")


def _critical(look: Any, values: Mapping[str, Any]) -> tuple[str, ...]:
    forms: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        forms.setdefault(fields()[name][1].id, {})[name] = value
    return tuple(name for form, some in forms.items() for name, _ in look(form, some))


def _entry(one: Specimen, known: _Known, who: bytes | None, marked: tuple[str, ...]) -> Entry:
    person = known.people.get(who) if who is not None else None
    held = known.by_person.get(who, {}) if who is not None else {}
    before = {
        name: held[name]
        for name, value in one.values.items()
        if held.get(name) is not None and held[name] != value
    }
    taken = any(
        all(said.get(name) == value for name, value in one.values.items())
        for said in known.by_number.get(one.number, ())
    )
    there = bool(one.values) and all(held.get(n) == value for n, value in one.values.items())
    if one.faults:
        verdict = Verdict.REFUSED
    elif taken or there:
        verdict, before = Verdict.SAME, {}
    else:
        verdict = Verdict.CHANGED if before else Verdict.NEW
    return Entry(
        one.number, tuple(one.lines), verdict, who, person.name if person else "",
        person.progress.ticket if person else "", dict(one.values), before, marked,
        tuple(one.faults), tuple(one.warnings),
    )  # fmt: skip


# What stands of the day.


async def _known(tx: Tx, site: Site, day: Day, wanted: Collection[str]) -> _Known:
    people = {each.who: each for each in await people_of(tx, site, day.day)}
    in_force: dict[str, bytes] = {}
    shared: set[str] = set()
    for who, each in people.items():
        for _, number in each.state.sheet.labels if each.state.sheet is not None else ():
            if in_force.setdefault(number, who) != who:
                shared.add(number)
    in_force = {number: who for number, who in in_force.items() if number not in shared}
    known = _Known(people, in_force, shared, {})
    if set(wanted) - in_force.keys():
        await _void_numbers(tx, site, day, known)
    whos = sorted({in_force[each] for each in wanted if each in in_force})
    if whos:
        await _parts(tx, site, day, known, whos)
    return known


async def _void_numbers(tx: Tx, site: Site, day: Day, known: _Known) -> None:
    """Numbers of sheets that were printed anew, with the one of the same container in force."""
    for who, _, body in await _bodies(tx, site, day.day, SHEET, list(known.people)):
        person = known.people.get(who)
        now = dict(person.state.sheet.labels) if person and person.state.sheet else {}
        for label in body.get("labels", ()):
            number, tube = str(label.get("number", "")), str(label.get("tube", ""))
            if number not in known.in_force:
                known.void[number] = (who, now.get(tube, ""))


async def _parts(tx: Tx, site: Site, day: Day, known: _Known, whos: Sequence[bytes]) -> None:
    stations = {station for station, _, _ in fields().values()}
    for who, station, body in await _bodies(tx, site, day.day, PART, whos):
        if station not in stations or body.get("mark") == TAKEN_BACK:
            continue
        try:
            values = values_of(body)
        except NotAPart:
            continue
        known.by_person.setdefault(who, {}).update(values)
        if body.get("specimen"):
            known.by_number.setdefault(str(body["specimen"]), []).append(values)


async def _bodies(
    tx: Tx, site: Site, day: bytes, kind: str, whos: Sequence[bytes]
) -> list[tuple[bytes, str, Mapping[str, Any]]]:
    """(whose, station, form) of the steps of one kind, in the order of their ids."""
    rows = await tx.rows_in(
        "SELECT s.who, s.station, s.change, c.resident, c.under, c.body, r.key FROM checkup_step "
        "s JOIN change c ON c.district=s.district AND c.change=s.change LEFT JOIN resident r ON "
        "r.district=c.district AND r.resident=c.resident WHERE s.district=? AND s.day=? AND "
        "s.kind=? AND s.who {ids} ORDER BY s.change",
        whos, site.district, day, kind,
    ) if whos else ()  # fmt: skip
    ours = await district_key_blob(tx, site.district)
    found: list[tuple[bytes, str, Mapping[str, Any]]] = []
    for who, station, change, resident, under, body, key in rows:
        _, raw = open_change(
            site, change=change, resident=resident, under=under,
            wrapped=key if under == "resident" else ours, body=body,
        )  # fmt: skip
        found.append((who, station, body_of(wire.change(raw))))
    return found
