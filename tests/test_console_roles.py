"""Every page and every form of the console, walked by every role and by nobody.

The routes are those of the application, so a page that is made tomorrow is walked as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from server.console.door import OPEN, ROLES, SIGN_IN
from server.rules.accounts import StaffRole
from tests.console import CHEN, LU, MA, TIAN, app_of, desk, hire, offices
from tests.world import QIN, QINGHE, SU, World

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
                yield Route(path, address, method, handler.opt.get(ROLES))


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
    for role, staff in PEOPLE.items():
        async with desk(here, staff) as person:
            for each in routes(here):
                if each.method != "POST" or each.roles == OPEN or role not in each.roles:
                    continue
                for token in ("", "0" * 32):
                    answer = await person.client.post(each.address, data={"csrf": token})
                    assert (answer.status_code, "form_not_ours" in answer.text) == (403, True), each
