"""Critical values that wait for a doctor: found, opened (a reading, logged), acted on.

An alarm stays open until somebody wrote down what was done (sync/hall.py); nothing else ends it,
not the end of the day either. Lists say where and when, never what was measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from server.actions.accounts.sessions import Signed
from server.actions.checkup.day_person import note_looked, open_person, own_day, shown
from server.actions.checkup.day_rows import Day, day_of
from server.actions.checkup.desk_steps import save_step
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.checkup.states import numbers_now
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.rules.checkup import rules, sentence_of
from server.rules.checkup_days import PREPARES
from server.store.tx import Tx
from sync.hall import ACTED, Acted, Alarm

DONE_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm in a list. `n`: its place among those of the same part, which is how an address
    names it: the field itself would say what was measured. `acted`: None while it is open.
    """

    who: bytes
    name: str
    ticket: str
    alarm: Alarm
    n: int
    acted: Acted | None


@dataclass(frozen=True, slots=True)
class Listed:
    day: Day
    open: tuple[Line, ...]
    done: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class OpenedAlarm:
    """One alarm with its value, as a doctor reads it. `others`: what else is open of the person."""

    day: Day
    person: PersonOnDay
    line: Line
    value: Any
    sentence: str
    bound: int | None
    others: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Alarms of one day that nobody has acted on."""

    day: Day
    n: int


def may_open(signed: Signed, day: Day) -> bool:
    """Whether this person reads critical values: a doctor, or whoever leads the day."""
    return signed.role is StaffRole.DOCTOR or signed.staff == day.lead


async def listed(site: Site, signed: Signed, day: bytes) -> Listed:
    """Whom it showed is written down: being on it says something. Raises NotYours."""

    async def read(tx: Tx) -> Listed:
        held = await own_day(tx, site, signed, day)
        lines = [line for each in await people_of(tx, site, day) for line in _lines(each)]
        open_ = sorted((each for each in lines if not each.acted), key=_when)
        done = sorted((each for each in lines if each.acted), key=_when, reverse=True)
        return Listed(held, tuple(open_), tuple(done[:DONE_SHOWN]))

    found = await site.store.read(read)
    if whos := {each.who for each in (*found.open, *found.done)}:
        await note_looked(site, signed, "alarms", whos)
    return found


def _when(line: Line) -> tuple[int, bytes, str]:
    return line.alarm.at, line.alarm.part, line.alarm.field


def _lines(person: PersonOnDay) -> list[Line]:
    acted = {(each.part, each.field): each for each in person.state.acted}
    of_part: dict[bytes, int] = {}
    made: list[Line] = []
    for each in person.state.alarms:  # in the order of part and field
        n = of_part[each.part] = of_part.get(each.part, -1) + 1
        done = acted.get((each.part, each.field))
        made.append(Line(person.who, person.name, person.progress.ticket, each, n, done))
    return made


async def waiting(site: Site, signed: Signed) -> tuple[Waiting, ...]:
    """Days of this facility with alarms that nobody has acted on: for the console's first page."""
    if signed.role not in PREPARES:
        return ()
    return await site.store.read(partial(_waiting, site=site, signed=signed))


async def _waiting(tx: Tx, site: Site, signed: Signed) -> tuple[Waiting, ...]:
    rows = await tx.rows(
        "SELECT d.day, d.facility, d.on_day, d.place, d.opens_at, d.closes_at, d.lead, d.state, "
        "d.version, d.csn, d.serial, d.stations, d.made_at, d.closed_at, w.n FROM (SELECT day, "
        "SUM(alarms) AS n FROM checkup_person WHERE district=? AND alarms>0 GROUP BY day) w "
        "JOIN checkup_day d ON d.day=w.day WHERE d.district=? AND d.facility=? "
        "ORDER BY d.on_day, d.day",
        site.district, site.district, signed.facility,
    )  # fmt: skip
    return tuple(Waiting(day_of(row[:14]), int(row[14])) for row in rows)


async def open_one(
    site: Site, signed: Signed, day: bytes, who: bytes, part: bytes, n: int, why: str
) -> OpenedAlarm:
    """Opens a critical value: a reading of the archive. Raises NotYours."""
    found = await shown(site, signed, day, who)
    lines = _lines(found.person)
    line = _line(lines, part, n)
    if not may_open(signed, found.day):
        raise NotYours("alarm")
    await open_person(site, signed, day, who, why)
    said, bound = _rule(line.alarm.field, line.alarm.value, numbers_now(site))
    others = tuple(each for each in lines if each is not line and each.acted is None)
    return OpenedAlarm(found.day, found.person, line, line.alarm.value, said, bound, others)


def _line(lines: Sequence[Line], part: bytes, n: int) -> Line:
    found = next((each for each in lines if (each.alarm.part, each.n) == (part, n)), None)
    if found is None:
        raise NotYours("alarm")
    return found


def _rule(field: str, value: Any, district: Mapping[str, int]) -> tuple[str, int | None]:
    """The sentence of an alarm, and the number it was held against, in the field's own unit."""
    said = sentence_of(field, value, district)
    bound = next(
        (each.when[2] for each in rules(district) if each.field == field and each.sentence == said),
        None,
    )
    return said, bound


async def act(
    site: Site, signed: Signed, day: bytes, who: bytes, part: bytes, n: int,
    body: Mapping[str, Any], change: bytes | None = None,
) -> None:  # fmt: skip
    """Writes down what was done. `body`: did, text. Raises NotYours, RuleSaysNo (what the form
    cannot have).
    """
    found = await shown(site, signed, day, who)
    line = _line(_lines(found.person), part, n)
    if not may_open(signed, found.day):
        raise NotYours("alarm")
    said = {
        **body, "part": part.hex(), "field": line.alarm.field, "doctor": signed.staff.hex()
    }  # fmt: skip
    await save_step(site, signed, day, who, ACTED, said, change=change)
