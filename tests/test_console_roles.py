"""Every page and every form of the console, walked by every role and by nobody.

The routes are those of the application, so a page that is made tomorrow is walked as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from server.actions.archives import afterwork
from server.console.door import OPEN, ROLES, SIGN_IN
from server.rules.accounts import StaffRole
from tests.console import CHEN, LU, MA, TIAN, app_of, desk, hire, offices
from tests.world import HE, LIUWAN, QIN, QINGHE, SU, TEAM_B, YANG, World

OPEN_PAGES = {
    "/console/static/{mark:str}/{name:str}", "/console/sign-in", "/console/invite/{token:str}",
    "/console/invite/{token:str}/code",
}  # fmt: skip
"""What may be opened without a session: a new one is written here on purpose, or this test fails.
"""
PEOPLE = {
    StaffRole.CITY: LU, StaffRole.COUNTY: CHEN, StaffRole.AUDITOR: MA, StaffRole.MANAGER: TIAN,
    StaffRole.DESK: QIN, StaffRole.DOCTOR: SU,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    path: str  # as it was declared
    address: str  # with an id of nobody in each place
    method: str
    roles: Any
    declared: str  # with {name} in each place
    names: tuple[str, ...]


def routes(world: World) -> Iterator[Route]:
    app = app_of(world).app
    assert isinstance(app, Litestar)
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler) or not route.path.startswith("/console"):
                continue
            address = route.path_format
            for name in route.path_parameters:
                address = address.replace(f"{{{name}}}", "ab" * 16)
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                path = min(handler.paths)
                roles = handler.opt.get(ROLES)
                names = tuple(route.path_parameters)
                yield Route(path, address, method, roles, route.path_format, names)


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    return world


async def test_every_handler_says_who_may_use_it(here: World) -> None:
    every = list(routes(here))
    assert len(every) > 10
    assert [each for each in every if not each.roles] == []
    assert {each.path for each in every if each.roles == OPEN} == OPEN_PAGES
    named = [each for each in every if each.roles != OPEN]
    assert all(set(each.roles) <= set(StaffRole) for each in named)
    assert all(each.method in ("GET", "POST") for each in every)


async def test_nobody_opens_anything_without_a_session(here: World) -> None:
    async with desk(here) as stranger:
        for each in routes(here):
            if each.roles == OPEN:
                continue
            answer = await stranger.client.request(each.method, each.address)
            if each.method == "GET":
                assert answer.status_code == 303, each
                assert answer.headers["location"].startswith(SIGN_IN), each
            else:
                assert answer.status_code == 401, each


@pytest.mark.parametrize("role", StaffRole)
async def test_a_role_opens_what_is_its_own_and_nothing_else(here: World, role: StaffRole) -> None:
    async with desk(here, PEOPLE[role]) as person:
        for each in routes(here):
            if each.roles == OPEN:
                continue
            mine = role in each.roles
            if each.method == "GET":
                answer = await person.get(each.address)
                assert answer.status_code != 401, each
                assert answer.status_code < 500, each
                assert mine or "not_yours" in answer.text, each
            elif not mine:
                answer = await person.post(each.address)
                assert (answer.status_code, "not_yours" in answer.text) == (403, True), each


async def test_no_form_is_taken_without_the_sessions_token(here: World) -> None:
    left = [each for each in routes(here) if each.method == "POST" and each.roles != OPEN]
    for role, staff in PEOPLE.items():
        mine = [each for each in left if role in each.roles]
        left = [each for each in left if role not in each.roles]
        async with desk(here, staff) as person:
            for each in mine:
                for token in ("", "0" * 32):
                    answer = await person.client.post(each.address, data={"csrf": token})
                    assert (answer.status_code, "form_not_ours" in answer.text) == (403, True), each
    assert left == []


FOREIGN = {"resident": YANG, "staff": HE, "facility": LIUWAN, "panel": TEAM_B}
"""Ids of the other facility; a place in an address that is named otherwise gets each of them."""
WORDS = {"kind": ("conflict", "htn_followup"), "key": ("all",), "step": ("absent",)}
THEIRS = ("杨白露", "何小满", "371002195812010062", "19900001004")


def addresses(route: Route, names: tuple[str, ...]) -> Iterator[str]:
    """The route with ids of the other facility in it."""
    for chosen in FOREIGN.values():
        for word in next((WORDS[name] for name in names if name in WORDS), ("",)):
            address = route.declared
            for name in names:
                value = word if name in WORDS else FOREIGN.get(name, chosen).hex()
                address = address.replace(f"{{{name}}}", value)
            yield address


async def content(world: World) -> list[tuple[Any, ...]]:
    """What the other facility has, as it stands."""
    found: list[tuple[Any, ...]] = []
    for sql, who in (
        ("SELECT rev, status, panel, facility, archive_no FROM resident WHERE resident=?", YANG),
        ("SELECT active, role, facility, panel FROM staff WHERE staff=?", HE),
        ("SELECT name, published, closed_on FROM facility WHERE facility=?", LIUWAN),
        ("SELECT name, facility, csn FROM panel WHERE panel=?", TEAM_B),
        ("SELECT panel, ground FROM member WHERE resident=?", YANG),
        ("SELECT staff, ground FROM team_member WHERE panel=?", TEAM_B),
    ):
        found += await world.rows(sql, who)
    return found


@pytest.mark.parametrize("role", [StaffRole.MANAGER, StaffRole.DESK, StaffRole.DOCTOR])
async def test_an_id_of_another_facility_opens_nothing(here: World, role: StaffRole) -> None:
    await afterwork.catch_up(here.site)
    before = await content(here)
    faults: list[Any] = []
    async with desk(here, PEOPLE[role]) as person:
        for route in routes(here):
            if route.roles == OPEN or role not in route.roles or not route.names:
                continue
            for address in dict.fromkeys(addresses(route, route.names)):
                form = {name: each.hex() for name, each in FOREIGN.items()}
                answer = (
                    await person.get(address) if route.method == "GET"
                    else await person.post(address, form)
                )  # fmt: skip
                shown = [each for each in THEIRS if each in answer.text]
                if answer.status_code >= 500 or shown:
                    faults.append((route.method, address, answer.status_code, shown))
    assert faults == []
    assert await content(here) == before
