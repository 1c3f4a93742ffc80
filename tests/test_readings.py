"""Nothing of an archive is read that is not written down: count(reads) = count(rows of the log).

Every route of the console and the portal is asked by every role with ids of the cast, and an
instrument in the vault (tests/readings.py) says whose content was opened meanwhile. A page that is
made tomorrow is walked as well; one that opens an archive beside the gate fails here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from resident_portal.door import SIGNED, WHO
from server.actions.archives import afterwork
from server.actions.residents.acting import Acting, Helper
from server.actions.residents.links import New, make
from server.console.door import OPEN, ROLES
from server.rules.access import Scope, Tie
from server.rules.accounts import StaffRole
from server.rules.family import Proof, Wish
from tests.console import CHEN, LU, MA, TIAN, app_of, desk, hire, offices, session_of
from tests.portal import bind, phone, visit_of
from tests.queues import Day, busy_day
from tests.readings import GATES, Code, Stack, WatchedVault, watch
from tests.world import (
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    an_id,
)
from tests.world import (
    field as tablet_of,
)

NOT_READINGS: Final[dict[Code, str]] = {
    ("access", "classes_of"): "asks the rule for whoever decides about what an opening, logged "
    "before, has shown; hands nothing out",
    ("actions.archives.cards", "cards_of"): "a card (name, age, village, tail), made from the "
    "archive only while it has none; who was shown a list stands in search_shown",
    ("actions.queues.queue_lines", "lines_of"): "a line of a queue names fields and counts, no "
    "values; the page of the task opens through the gate",
    ("actions.archives.ledger", "read_cells"): "an act lays a value on the register; what was "
    "shown before it was opened through the gate",
}
"""Code that opens content and shows none of it: each with its reason. Afterwork runs in no request.
"""
AHEAD: Final = frozenset({"POST /console/archive/{resident}/cards"})
"""What is written down when it is asked for, and drawn afterwards by timed work."""
PEOPLE: Final = {
    StaffRole.CITY: LU, StaffRole.COUNTY: CHEN, StaffRole.AUDITOR: MA, StaffRole.MANAGER: TIAN,
    StaffRole.DESK: QIN, StaffRole.DOCTOR: SU,
}  # fmt: skip
STEP_MINUTES: Final = 31  # past the half hour in which a page turned is the same opening


@dataclass(slots=True)
class Walk:
    """What was found on the way."""

    world: World
    vault: WatchedVault
    reads: int = 0
    rows: int = 0
    faults: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    async def begin(self) -> int:
        """A moment later; the rows of the log so far."""
        self.world.clock.pass_(minutes=STEP_MINUTES)
        self.vault.begin()
        return (await self.world.rows("SELECT COUNT(*) FROM access_log"))[0][0]

    async def end(self, before: int, what: str) -> None:
        """Whose archive was opened, against whose row was written."""
        gate, beside = set[bytes](), dict[bytes, Stack]()
        for resident, stack in self.vault.seen:
            if GATES & set(stack):
                gate.add(resident)
            elif not NOT_READINGS.keys() & set(stack):
                beside[resident] = stack
        rows = await self.world.rows(
            "SELECT resident, ground FROM access_log ORDER BY logged_at, entry"
        )
        written = {row[0] for row in rows[before:]}
        granted = {row[0] for row in rows[before:] if not row[1].startswith("refused:")}
        if what in AHEAD:
            gate |= written
        self.reads += len(gate | beside.keys())
        self.rows += len(written)
        if gate != written:
            self.faults.append((what, f"opened {len(gate)}, written {len(written)}"))
        for resident, stack in beside.items():
            if resident not in granted:  # after the gate has opened, more of it may be read
                self.faults.append((what, *(".".join(each) for each in stack[:6])))


def routes(world: World, start: str) -> Iterator[tuple[HTTPRouteHandler, str, str]]:
    app = app_of(world).app
    assert isinstance(app, Litestar)
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and route.path.startswith(start):
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield handler, method, route.path_format


def address(declared: str, ids: dict[str, str]) -> str:
    """The route with ids of the own archive in it."""
    made = declared
    if "{subject}" in made:  # a page of a task
        made = made.replace("{kind}", "proposal").replace("{subject}", ids["name"])
    for name, value in ids.items():
        made = made.replace(f"{{{name}}}", value)
    while "{" in made:
        made = made[: made.index("{")] + ZHOU.hex() + made[made.index("}") + 1 :]
    return made


async def ids_of(world: World, day: Day | None = None) -> dict[str, str]:
    """What stands in the places of addresses: things of Zhou and of her facility."""
    conflict, name = (x.hex() for x in ((day.conflict, day.name) if day else (ZHOU, ZHOU)))
    entry = await world.rows("SELECT entry FROM access_log WHERE resident=? LIMIT 1", ZHOU)
    link = await world.rows("SELECT link FROM family_link WHERE resident=? LIMIT 1", WU)
    return {
        "resident": ZHOU.hex(), "staff": SU.hex(), "facility": QINGHE.hex(), "panel": TEAM_A.hex(),
        "kind": "htn_followup", "form": "htn_followup", "record": an_id("去年的随访").hex(),
        "change": conflict, "name": name, "key": "all", "step": "absent",
        "entry": entry[0][0].hex() if entry else ZHOU.hex(),
        "link": link[0][0].hex() if link else ZHOU.hex(), "year": "2026", "group": "basics",
    }  # fmt: skip


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    await afterwork.catch_up(world.site)
    for who in (ZHOU, WU, ZHENG, YANG):
        await bind(world, who)

    async def linked(tx: Any) -> None:
        hand = Helper(QIN, QINGHE)
        for resident, scopes in ((WU, frozenset({Scope.ARCHIVE})), (ZHOU, frozenset[Scope]())):
            wish = Wish(Tie.HELPER, Proof.BOTH_PRESENT, scopes)
            made = await make(tx, world.site, Acting(resident, resident, hand), New(ZHENG, wish))
            assert isinstance(made, bytes)

    await world.store.write(linked)
    return world


@pytest.mark.parametrize("role", StaffRole)
async def test_every_page_of_the_console_writes_down_what_it_reads(
    here: World, role: StaffRole
) -> None:
    day = await busy_day(here)
    await here.rows("DELETE FROM resident_card WHERE resident=? RETURNING 1", ZHENG)
    walk = Walk(here, watch(here))
    async with desk(here, PEOPLE[role]) as person:
        ids = await ids_of(here, day)
        for handler, method, declared in routes(here, "/console"):
            allowed: Any = handler.opt.get(ROLES)
            if allowed == OPEN or role not in allowed:
                continue
            person.token = await session_of(here, PEOPLE[role])
            before = await walk.begin()
            person.token = await session_of(here, PEOPLE[role])
            where = address(declared, ids)
            answer = await (person.get(where) if method == "GET" else person.post(where))
            assert answer.status_code < 500, (where, answer.status_code)
            await walk.end(before, f"{method} {declared}")
    assert walk.faults == []
    assert walk.reads == walk.rows
    if role in (StaffRole.DOCTOR, StaffRole.DESK, StaffRole.MANAGER):
        assert walk.reads > 3


@pytest.mark.parametrize("who", ["own", "family", "helper"])
async def test_every_page_of_the_portal_writes_down_what_it_reads(here: World, who: str) -> None:
    person, resident = {"own": (ZHOU, ZHOU), "family": (ZHENG, WU), "helper": (ZHENG, ZHOU)}[who]
    walk = Walk(here, watch(here))
    async with phone(here) as at:
        ids = await ids_of(here)
        for handler, method, declared in routes(here, "/portal"):
            if handler.opt.get(WHO) != SIGNED:
                continue
            before = await walk.begin()
            at.token = await visit_of(here, person, resident)
            where = address(declared, ids)
            answer = await (at.get(where) if method == "GET" else at.post(where))
            assert answer.status_code < 500, (where, answer.status_code)
            await walk.end(before, f"{method} {declared}")
    assert walk.faults == []
    assert walk.reads == walk.rows
    assert walk.reads > 3


async def test_a_tablet_tells_what_was_read_on_it_row_for_row(here: World) -> None:
    doctor = await tablet_of(here, "平板 07")
    await doctor.settle()
    before = len(await here.rows("SELECT 1 FROM access_log"))
    assert before == 0  # a page to a tablet is a copy, written in `copy`, not a reading
    assert await here.rows("SELECT 1 FROM copy") != []
    for n, who in enumerate((ZHOU, WU, ZHOU, ZHENG, YANG)):  # Yang was never on this tablet
        here.clock.pass_(minutes=n + 1)
        doctor.tablet.note_reading(who, "service")
    await doctor.settle()
    rows = await here.rows("SELECT resident FROM access_log WHERE mode='offline'")
    assert sorted(rows) == sorted([(ZHOU,), (WU,), (ZHOU,), (ZHENG,)])
