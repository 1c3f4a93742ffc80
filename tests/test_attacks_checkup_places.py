"""Every page and form of a checkup day, walked by people of another facility and by the offices."""

from typing import Any

import pytest

from server.rules.accounts import StaffRole
from sync import hall
from tests.console import desk
from tests.halls import a_day, in_hall
from tests.test_console_roles import OPEN, PEOPLE, THEIRS, Route, here, routes
from tests.world import HE, LIUWAN, TEAM_B, YANG, World

__all__ = ["here"]
TABLES = (
    "checkup_day", "checkup_slot", "checkup_person", "checkup_step", "checkup_guest",
    "checkup_tablet", "checkup_lab", "checkup_bundle", "checkup_sheet", "checkup_letter",
    "checkup_call", "checkup_absent", "checkup_promise",
)  # fmt: skip
NUMBERS = {"/console/checkup/{day}", "/console/checkup/{day}/report"}
"""What the county opens of every facility: numbers, and who leads."""
NUMBERS |= {f"/console/checkup/{{day}}/report.{kind}" for kind in ("pdf", "csv")}

OWN = "/console/checkup/{day}/list/{upload}/drop"
"""Drops one's own file, whatever day the address names."""


async def content(world: World) -> dict[str, list[Any]]:
    return {each: sorted(map(repr, await world.rows(f"SELECT * FROM {each}"))) for each in TABLES}


async def theirs(world: World) -> bytes:
    """A day of the other facility, on which somebody is who has a critical value."""
    day = await a_day(world, (YANG,), facility=LIUWAN, lead=HE)
    there = await in_hall(world, day, staff=HE, panels=(TEAM_B,))
    grave = {"bp_l_sys": 186, "bp_l_dia": 112}
    await there.send(there.check_in(YANG), there.part(YANG, "basic", values=grave))
    assert await world.one("SELECT alarms FROM checkup_person WHERE day=? AND who=?", day, YANG)
    await there.send(there.step(hall.CHECK_OUT, YANG))
    return day


def address(route: Route, day: bytes, part: bytes) -> str:
    given = {"day": day, "who": YANG, "guest": YANG, "part": part}
    made = route.declared
    for name in route.names:
        made = made.replace(f"{{{name}}}", "0" if name == "n" else given.get(name, YANG).hex())
    return made


@pytest.mark.parametrize("role", StaffRole)
async def test_a_day_of_another_facility_opens_for_nobody_else(
    here: World, role: StaffRole
) -> None:
    day = await theirs(here)
    part = await here.one("SELECT change FROM checkup_step WHERE kind='station_part'")
    before, walked, faults = await content(here), 0, list[Any]()
    async with desk(here, PEOPLE[role]) as person:
        for route in routes(here):
            if route.roles == OPEN or "day" not in route.names or "checkup" not in route.path:
                continue
            walked += 1
            to = address(route, day, part)
            form = {
                name: YANG.hex()
                for name in ("who", "guest", "resident", "call", "undo", "change", "device")
            } | {"q": "杨白露", "to": "cancelled", "which": "everybody", "station": "ecg",
                 "mark": "1", "did": "1", "village": "*", "act": "invite"}  # fmt: skip
            answer = await person.get(to) if route.method == "GET" else await person.post(to, form)
            own = route.declared == OWN
            shown = [each for each in THEIRS if each in answer.text and each != "何小满"]
            county = role is StaffRole.COUNTY and route.declared in NUMBERS
            fits = (county and route.method == "GET") or (answer.status_code == 303 and own)
            if shown or (answer.status_code < 400) is not fits or answer.status_code >= 500:
                faults.append((route.method, route.declared, answer.status_code, shown))
    assert walked > 40
    assert faults == []
    assert await content(here) == before
