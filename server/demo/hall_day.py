"""The demo's checkup day: elders of the largest team's facility, today, in a hall with no network.

It is prepared as people prepare one, through the actions of the console. Then two tablets note who
comes: lines cut, some people scanned by both, one value that alarms. They come back in the wrong
order, and the counts are right. The elder who uses the portal is booked and has not come yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.archives import afterwork
from server.actions.checkup import booking, days, hall_tablets, invited
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.demo import checkup, residents
from server.demo.bodies import Habitus
from server.demo.carried import Carried, Hands, enrol
from server.demo.desk import Desk
from server.demo.entrances import Team
from server.demo.stage import Stage
from server.errors import RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.checkup import stations
from server.rules.checkup_days import DayState, slots_between
from server.settings import now_ms
from server.store.tx import Tx, one
from sync import hall

PLACE: Final = "文化礼堂"
LEFT_OUT: Final = frozenset({"xray", "child", "disability"})
TABLETS: Final = ("体检 1 号", "体检 2 号")
BOOKED: Final = 12
ARRIVED_MOST: Final = 36
MINUTE_MS: Final = 60_000
LONG_MS: Final = 150 * MINUTE_MS  # ago the first one came
LAST_MS: Final = 15 * MINUTE_MS
CRITICAL: Final = {"bp_l_sys": 192, "bp_l_dia": 112}


@dataclass(frozen=True, slots=True)
class HallDay:
    """What a reader of the terminal is told. `elder`: whose code may be scanned."""

    day: bytes
    place: str
    facility: str
    invited: int
    arrived: int
    doubled: int
    finished: int
    alarms: int


@dataclass(slots=True)
class MorningClock:
    """The hours of a morning within some seconds: what happened then was noted then."""

    behind_ms: int = 0

    def __call__(self) -> int:
        return now_ms() - self.behind_ms


def play(stage: Stage, desk: Desk, team: Team, doctor: str, *, seed: int) -> HallDay:
    """Prepared, noted by two tablets without a line, merged in the wrong order."""
    day, people = desk.do(partial(_prepared, team=team))
    hands = [
        Hands(label=label, staff=team.doctor, name=doctor, panel=team.panel, team=team.name,
              facility=team.facility_name)
        for label in TABLETS
    ]  # fmt: skip
    clock = MorningClock()
    carried = [enrol(stage, desk, each, clock) for each in hands]
    try:
        for each in carried:
            each.offline = True
            each.tablet.state.server_now -= LONG_MS  # it was made ready early in the morning
        _noted(carried, clock, day, people, seed=seed)
        clock.behind_ms = 0
        for each in reversed(carried):
            each.close_day()
            each.offline = False
            each.sync()
    finally:
        for each in carried:
            each.close()
    return desk.do(partial(_told, day=day, facility=team.facility_name))


async def found(site: Site) -> HallDay | None:
    """The day of a demo that is served again."""
    row = await site.store.read(
        lambda tx: one(
            tx, "SELECT d.day, f.name FROM checkup_day d JOIN facility f ON f.district=d.district "
            "AND f.facility=d.facility WHERE d.district=? ORDER BY d.serial LIMIT 1", site.district,
        )
    )  # fmt: skip
    return None if row is None else await _told(site, bytes(row[0]), row[1])


async def _prepared(site: Site, team: Team) -> tuple[bytes, list[PersonOnDay]]:
    signed = _lead(team)
    elder = await residents.elder_of(site)
    today = civil_day(site.clock())
    await afterwork.catch_up(site)
    chosen = tuple(each for each in stations() if each not in LEFT_OUT)
    draft = days.Draft(
        on=today, place=f"{team.facility_name[:12]}{PLACE}", opens="07:30", closes="23:30",
        lead=team.doctor, stations=chosen, slots=slots_between("07:30", "23:30", 60, 60),
    )  # fmt: skip
    day = await days.make(site, signed, draft)
    await invited.draw(site, signed, day, invited.Which(frozenset({"elder"})))
    await invited.add(site, signed, day, elder)
    for state in (DayState.READY, DayState.OPEN):
        try:
            await days.set_state(site, signed, day, state)
        except RuleSaysNo:
            continue  # before its hour; the clock opens it
    tablets = [each.device for each in await hall_tablets.tablets_of(site, signed, day)]
    await hall_tablets.set_tablets(site, signed, day, tablets)
    people = await site.store.read(lambda tx: people_of(tx, site, day))
    ours = await site.store.read(partial(_of_team, site=site, team=team, people=people))
    others = [each for each in ours if each.who != elder]
    await _book(site, signed, day, [elder, *(each.who for each in others[:BOOKED])])
    return day, others


def _lead(team: Team) -> Signed:
    return Signed(
        staff=team.doctor, name="", role=StaffRole.MANAGER, facility=team.facility,
        facility_name=team.facility_name, level="facility", panels=frozenset({team.panel}),
        restricted=False, session=b"", csrf="",
    )  # fmt: skip


async def _of_team(
    tx: Tx, site: Site, team: Team, people: Sequence[PersonOnDay]
) -> list[PersonOnDay]:
    rows = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND panel=?", site.district, team.panel
    )
    ours = {row[0] for row in rows}
    return [each for each in people if each.who in ours]


async def _book(site: Site, signed: Signed, day: bytes, whos: Sequence[bytes]) -> None:
    """In the slots that are still to come, one after the other; late at night in none."""
    for n, who in enumerate(whos):
        open_days = await site.store.read(lambda tx, w=who: booking.open_slots(tx, site, w))
        free = [slot.slot for each in open_days if each.day == day for slot in each.slots]
        if free:
            await booking.book(site, who, day, free[n % len(free)], by=signed)


def _noted(
    carried: Sequence[Carried], clock: MorningClock, day: bytes, people: Sequence[PersonOnDay], *,
    seed: int,
) -> None:  # fmt: skip
    """Who comes, in turn to one tablet or the other, and what their stations write."""
    rng = Random(f"hall/{seed}")
    today, came = civil_day(now_ms()), people[:ARRIVED_MOST]
    for n, person in enumerate(came):
        clock.behind_ms = LONG_MS - n * (LONG_MS - LAST_MS) // max(1, len(came))
        first = carried[n % 2]
        note = partial(_note, day=day, who=person.who, on=today.isoformat())
        note(first, hall.CHECK_IN, how="1", ticket=f"{'BC'[n % 2]}{n // 2 + 1:03d}")
        if n % 9 == 4:  # went to the other door as well
            note(carried[1 - n % 2], hall.CHECK_IN, how="3", ticket=f"{'CB'[n % 2]}{90 + n:03d}")
        body = checkup.with_finding(
            rng, checkup.health_check(rng, Habitus.of(person.who, male=person.sex == "1"))
        )
        if n == 7:
            body |= CRITICAL
        far = len(person.row.route) if n % 3 else rng.randrange(len(person.row.route))
        for station in person.row.route[:far]:
            clock.behind_ms = max(0, clock.behind_ms - rng.randrange(2, 8) * MINUTE_MS)
            _part(partial(note, carried[rng.randrange(2)]), station, body)
        if far < len(person.row.route) and n % 6 == 0:
            note(first, hall.CHECK_OUT, missing="没做完")


def _note(carried: Carried, kind: str, *, day: bytes, who: bytes, on: str, **body: Any) -> None:
    carried.tablet.save_event(who, kind, on, {"day": day.hex(), **body})


def _part(note: Any, station: str, body: dict[str, Any]) -> None:
    """One station: what its form asks for and the body has."""
    form = next((each for each in stations()[station].forms if each.kind == "health_check"), None)
    values = {name: body[name] for name in form.fields if name in body} if form else {}
    more: dict[str, Any] = {}
    if values:
        text = msgspec.json.encode(values).decode()
        more = {"form": "health_check", "v": 1, "values": text}
    note(hall.PART, station=station, mark=hall.DONE, **more)


async def _told(site: Site, day: bytes, facility: str) -> HallDay:
    people = await site.store.read(lambda tx: people_of(tx, site, day))
    seen = [each.progress for each in people]
    phases = hall.Phase
    place = await site.store.read(
        lambda tx: one(tx, "SELECT place FROM checkup_day WHERE day=?", day)
    )
    return HallDay(
        day=day, place=place[0] if place else "", facility=facility,
        invited=sum(each.row.expected for each in people),
        arrived=sum(each.phase is not phases.EXPECTED for each in seen),
        doubled=sum(each.doubled for each in seen),
        finished=sum(each.phase is phases.FINISHED for each in seen),
        alarms=sum(len(each.open) for each in seen),
    )  # fmt: skip
