"""A checkup day of Qinghe, as its staff prepares it: for tests of what comes before the hall."""

from datetime import date, datetime, timedelta

from server.actions.accounts.sessions import Signed
from server.actions.archives import afterwork
from server.actions.checkup import booking, days, invited, tellings
from server.actions.checkup.booking import Booking
from server.actions.checkup.days import Draft
from server.actions.checkup.invited import Which
from server.actions.figures import figures_recount
from server.actions.plan import nightly
from server.actions.residents.acting import Acting
from server.rules.checkup import stations
from server.rules.checkup_days import DayState, slots_between
from server.settings import CIVIL
from tests.console import offices
from tests.lists import signed
from tests.world import QIN, SU, WU, ZHOU, World, field

TODAY = date(2026, 11, 20)
IN_A_WEEK = TODAY + timedelta(days=7)
ELDERS = Which(frozenset({"elder"}))


async def planned(world: World) -> None:
    """Offices, and everybody's plan and figures as the night makes them."""
    await offices(world)
    await (await field(world, "07")).settle()
    await afterwork.catch_up(world.site)
    await figures_recount.keep_year(world.site)
    await nightly.keep(world.site)


def draft(
    *, on: date = IN_A_WEEK, place: str = "青禾镇文化礼堂", capacity: int = 2, lead: bytes = SU
) -> Draft:
    slots = slots_between("08:00", "10:00", 30, capacity)
    offered = tuple(each for each in stations() if each != "xray")
    return Draft(on, place, "08:00", "11:00", lead, offered, slots)


async def owes_nothing(world: World, who: bytes) -> None:
    """As the night leaves somebody whose checkups are done and who counts in no row."""
    for table in ("plan_due", "figure_flag"):
        await world.store.write(
            lambda tx, table=table: tx.run(f"DELETE FROM {table} WHERE resident=?", who)
        )


async def desk(world: World, staff: bytes = QIN) -> Signed:
    return await signed(world, staff)


async def a_day(
    world: World, *, capacity: int = 2, on: date = IN_A_WEEK, ready: bool = True
) -> bytes:
    """With the elders of Qinghe on its list, who owe their yearly checkup."""
    who = await desk(world)
    day = await days.make(world.site, who, draft(capacity=capacity, on=on))
    if not await invited.draw(world.site, who, day, ELDERS):
        for each in (ZHOU, WU):  # expected at another day: the plan does not ask them twice
            await invited.add(world.site, who, day, each)
    if ready:
        await days.set_state(world.site, who, day, DayState.READY)
    return day


async def book(world: World, who: bytes, day: bytes, slot: int = 1) -> Booking:
    """As residents do it in the portal."""
    return await booking.book(world.site, who, day, slot, by=Acting(who, who))


async def tell_now(world: World) -> int:
    """The minutes of grace have passed."""
    world.clock.pass_(minutes=11)
    return await tellings.run(world.site)


async def told(world: World, who: bytes) -> list[str]:
    rows = await world.rows(
        "SELECT template FROM notice WHERE resident=? AND template LIKE 'checkup%' ORDER BY notice",
        who,
    )
    return [row[0] for row in rows]


async def row(world: World, day: bytes, who: bytes) -> tuple[str, int | None, str]:
    """(status, slot, ticket)."""
    found = await world.one(
        "SELECT status, slot, ticket FROM checkup_person WHERE day=? AND who=?", day, who
    )
    return found[0], found[1], found[2]


async def taken(world: World, day: bytes) -> list[int]:
    rows = await world.rows("SELECT taken FROM checkup_slot WHERE day=? ORDER BY slot", day)
    return [each[0] for each in rows]


async def csn_of(world: World, day: bytes) -> int:
    return int(await world.one("SELECT csn FROM checkup_day WHERE day=?", day))


def at(world: World, on: date, clock: str) -> None:
    """Moves the clock to a civil moment."""
    moment = datetime.fromisoformat(f"{on.isoformat()}T{clock}").replace(tzinfo=CIVIL)
    world.clock.now = int(moment.timestamp() * 1000)
