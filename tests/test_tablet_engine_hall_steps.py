"""Stations, critical values and leaving on the app's engine; and whatever order things come in.

GONGWEI_SEEDS=100-140 python -m pytest tests/test_tablet_engine_hall_steps.py -k chance
"""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from server.actions.tablets import devices, staff_keys
from sync.hall import Phase
from tests.console import serving
from tests.copies import Copies
from tests.engine_tablet import Engine, Fault, Killed, engine, faulty
from tests.halls import a_day, seen
from tests.test_chain_schedules import restore_to
from tests.test_tablet_engine_chain import Held, chain, device_of
from tests.test_tablet_engine_hall import arrive, carry, hall, phases
from tests.test_tablet_engine_random import seeds
from tests.world import QIN, SU, TEAM_A2, WANG, WU, XIE, ZHENG, ZHOU, World

MORE = ("basic", "blood", "ecg", "review")
HERS = "白云深处有人家呀"
FORM = {"kind": "health_check", "v": 1}


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


@pytest.fixture
async def apps(world: World) -> AsyncIterator[tuple[Engine, Engine]]:
    """Two tablets of one facility, beside a server of their own."""
    async with serving(world) as url, engine(world, url) as one, engine(world, url) as two:
        await one.enrol()
        await two.enrol(panels=(TEAM_A2,))
        yield one, two


def part(who: bytes, station: str, **more: Any) -> dict[str, Any]:
    return {"who": who.hex(), "station": station, "mark": "1", **more}


async def test_a_station_is_ticked_on_any_tablet_and_what_is_missing_is_said_before_leaving(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    one, two = apps
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, one, two)
    await arrive(one, day, ZHOU)
    await one.call("sync")
    await two.call("sync")
    assert [each["who"] for each in await hall(two, "Queue", day, "basic")] == [ZHOU.hex()]
    values = {"bp_l_sys": 132, "bp_l_dia": 84, "height": 1580}
    await hall(two, "Part", day, part(ZHOU, "basic", form={**FORM, "values": values}))
    assert await hall(two, "Queue", day, "basic") == []
    assert [each["who"] for each in await hall(two, "Queue", day, "blood")] == [ZHOU.hex()]
    await hall(two, "Part", day, part(ZHOU, "ecg", mark="2", why="不愿意做"))
    person = await hall(two, "Person", day, ZHOU.hex())
    assert (person["phase"], person["next"]) == ("under_way", "blood")
    assert {each["station"]: each["mark"] for each in person["parts"]} == {"basic": "1", "ecg": "2"}
    left = await hall(two, "Missing", day, ZHOU.hex())
    assert [each["label"] for each in left["stations"]] == ["抽血", "总检"]
    await hall(two, "Leave", day, ZHOU.hex(), "下午回来抽血")
    assert (await hall(two, "Person", day, ZHOU.hex()))["phase"] == "left"
    await two.call("sync")
    await one.call("sync")
    assert (await hall(one, "Person", day, ZHOU.hex()))["phase"] == "left"
    assert (await phases(world, day))[ZHOU] is Phase.LEFT
    await hall(one, "Part", day, part(ZHOU, "blood"))
    await hall(one, "Part", day, part(ZHOU, "review"))
    shown = await hall(one, "Person", day, ZHOU.hex())
    assert (shown["phase"], shown["missing"]) == ("finished", [])


async def test_a_mark_is_taken_back_also_where_the_other_tablets_clock_is_ahead(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    one, two = apps
    day = await a_day(world, (ZHOU,), stations=MORE)
    await carry(world, day, one, two)
    await two.do("set", now=world.clock() + 7_200_000)
    await hall(two, "Part", day, part(ZHOU, "basic"))
    await two.call("sync")
    await one.call("sync")
    assert [each["station"] for each in (await hall(one, "Person", day, ZHOU.hex()))["parts"]] == [
        "basic"
    ]
    await hall(one, "Part", day, part(ZHOU, "basic", mark="3"))
    assert (await hall(one, "Person", day, ZHOU.hex()))["parts"] == []
    await one.call("sync")
    zhou = (await seen(world, day))[ZHOU]
    assert "basic" in zhou.progress.missing


async def test_a_critical_value_alarms_at_the_station_until_somebody_has_acted(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    one, two = apps
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, one, two)
    await one.do("set", online=False)
    await arrive(one, day, ZHOU)
    warned = await hall(one, "Critical", day, "health_check", {"bp_l_sys": 196})
    assert [(each["field"], each["sentence"]) for each in warned] == [
        ("bp_l_sys", "收缩压到了危急值")
    ]
    values = {"bp_l_sys": 196, "bp_l_dia": 92}
    done = await hall(one, "Part", day, part(ZHOU, "basic", form={**FORM, "values": values}))
    (alarm,) = done["alarms"]
    assert (alarm["field"], alarm["value"], alarm["acted"]) == ("bp_l_sys", 196, None)
    ecg = await hall(one, "Part", day, part(ZHOU, "ecg", urgent=["st"]))
    assert [each["sentence"] for each in ecg["alarms"]] == ["ST 段明显抬高或压低"]
    assert len(await hall(one, "Alarms", day)) == 2
    await one.do("set", online=True)
    await one.call("sync")
    await two.call("sync")
    assert (await two.call("hallDays"))[0]["alarms"] == 2
    view = await two.call("hall", day.hex())
    doctor = view["doctors"][0]["id"]
    await hall(two, "Acted", day, ZHOU.hex(), alarm, "1", doctor, "复测 168/90，留观半小时")
    (open_,) = await hall(two, "Alarms", day)
    assert open_["field"] == "urgent:st"
    await two.call("sync")
    await one.call("sync")
    person = await hall(one, "Person", day, ZHOU.hex())
    acted = {each["field"]: each["acted"] for each in person["alarms"]}
    assert acted["urgent:st"] is None
    assert acted["bp_l_sys"]["did"] == "1"
    zhou = (await seen(world, day))[ZHOU]
    assert [each.field for each in zhou.progress.open] == ["urgent:st"]


async def test_what_is_longer_than_one_part_goes_in_several_and_is_whole_at_the_server(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU,), stations=MORE)
    await carry(world, day, app)
    long = {f"text_{n}": "长" * 900 for n in range(9)}
    await hall(app, "Part", day, part(ZHOU, "review", form={**FORM, "values": long}))
    await app.call("sync")
    assert await world.one("SELECT COUNT(*) FROM checkup_step WHERE kind='station_part'") == 3
    assert await app.waiting() == 0
    with faulty("change_too_large"):
        values = {"text": "长" * 5000}
        await hall(app, "Part", day, part(ZHOU, "review", form={**FORM, "values": values}))


async def test_a_colleague_goes_on_with_the_numbers_and_not_with_the_name(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, app)
    offer = await staff_keys.staff_offer(world.site, await device_of(app), staff=XIE)
    told = await app.call("addStaff", offer.qr)
    await devices.confirm(world.site, offer.offer, told["digits"])
    assert await app.call("staffAdded") == "confirmed"
    await app.call("finishStaff", "谢芒种", HERS)
    await app.do("set", online=False)
    first = await arrive(app, day, ZHOU)
    await app.call("lock")
    await app.unlock(XIE, HERS)
    assert (await hall(app, "Person", day, ZHOU.hex()))["ticket"] == "B001"
    second = await arrive(app, day, WU)
    assert second["ticket"] == "B002"
    sheets = [each["sheet"]["labels"][0]["number"] for each in (first, second)]
    assert [number[6:10] for number in sheets] == ["0001", "0002"]
    await app.do("set", online=True)
    await app.call("sync")
    await app.call("lock")
    await app.unlock()
    await app.call("sync")
    by = await world.rows("SELECT who, staff FROM checkup_step WHERE kind='check_in'")
    assert dict(by) == {ZHOU: SU, WU: XIE}


async def test_a_copy_of_a_tablet_takes_people_in_without_a_number_until_it_has_its_own(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, WU, ZHENG), stations=MORE)
    await carry(world, day, app)
    await app.do("keep")  # somebody copies the profile folder
    await arrive(app, day, ZHOU)
    await app.call("sync")
    await app.do("go_back")
    await app.restart()
    await app.unlock()
    await app.visit(WU, "2026-11-19")
    await app.call("sync")
    await app.call("sync")
    assert not (await app.call("hallDays"))[0]["numbers"]
    done = await arrive(app, day, ZHENG)
    assert (done["ticket"], done["sheet"], done["person"]["phase"]) == ("", None, "registered")
    with faulty("no_numbers"):
        await hall(app, "Sheet", day, ZHENG.hex())
    await devices.confirm_epoch(world.site, await device_of(app), staff=QIN)
    await app.call("sync")
    await app.call("sync")
    assert (await app.call("hallDays"))[0]["numbers"]
    sheet = await hall(app, "Sheet", day, ZHENG.hex())
    assert [each["number"][4:6] for each in sheet["sheet"]["labels"]] == ["02"] * 3
    assert (await arrive(app, day, WU))["ticket"] == "C001"


async def test_a_restored_server_is_asked_from_the_beginning_and_nobody_is_forgotten(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, other = apps
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, app, other)
    device = await device_of(app)
    head = await chain(world, device)
    since = world.clock.pass_(hours=1)
    await app.do("set", now=world.clock())
    await arrive(app, day, ZHOU)
    await app.call("sync")
    await other.call("sync")
    await restore_to(world, Held(device), head, since)  # type: ignore[arg-type]
    for sql in (
        "DELETE FROM checkup_step", "UPDATE checkup_day SET csn=1",
        "UPDATE checkup_person SET state=NULL, arrived_at=NULL, csn=1",
    ):  # fmt: skip
        await world.store.write(lambda tx, sql=sql: tx.run(sql))
    assert (await hall(other, "Person", day, ZHOU.hex()))["phase"] == "registered"
    for each in (other, app, other):
        world.clock.pass_(hours=1)
        await each.do("set", now=world.clock())
        await each.call("sync")
        assert (await hall(each, "Person", day, ZHOU.hex()))["phase"] == "registered"
        assert (await each.call("hallDays"))[0]["complete"]
    assert (await phases(world, day))[ZHOU] is Phase.REGISTERED


DEEDS = {
    "arrive": 6, "part": 8, "back": 1, "sheet": 1, "leave": 2, "guest": 1, "sync": 5, "offline": 2,
    "online": 3, "kill": 2, "lock": 1, "lose": 1,
}  # fmt: skip


class Hand:
    """One tablet in the hall, and whatever somebody does with it."""

    def __init__(self, app: Engine, day: bytes, chance: Random, people: tuple[bytes, ...]) -> None:
        self.app, self.day, self.chance, self.people = app, day, chance, people
        self.tickets: list[str] = []
        self.numbers: set[tuple[str, str]] = set()

    async def step(self) -> None:
        what = self.chance.choices(list(DEEDS), list(DEEDS.values()))[0]
        await self.app.do("set", now=self.app.world.clock() + self.chance.randint(0, 90_000))
        try:
            await getattr(self, f"_{what}")()
        except Killed:
            await self._kill()
        except Fault as told:
            if told.code not in {"no_connection", "busy"}:
                raise

    def _who(self) -> bytes:
        return self.chance.choice(self.people)

    async def _printed(self, done: Any) -> None:
        if done["ticket"] and not done["doubled"]:
            self.tickets.append(done["ticket"])
        for each in (done["sheet"] or {}).get("labels", ()):
            self.numbers.add((each["number"], done["person"]["who"]))

    async def _arrive(self) -> None:
        await self._printed(await arrive(self.app, self.day, self._who()))

    async def _guest(self) -> None:
        who = await self.app.call("freshId")
        guest = {
            "who": who, "number": "", "id_type": "", "name": "田小暑", "sex": "2",
            "birth_date": "1950-01-01", "agreed": "1",
        }  # fmt: skip
        await hall(self.app, "CheckIn", self.day, {"guest": guest}, "6")

    async def _part(self) -> None:
        one = part(self._who(), self.chance.choice(MORE))
        if self.chance.random() < 0.5:
            one["form"] = {**FORM, "values": {"bp_l_sys": self.chance.choice((120, 130, 199))}}
        await hall(self.app, "Part", self.day, one)

    async def _back(self) -> None:
        await hall(
            self.app, "Part", self.day, part(self._who(), self.chance.choice(MORE), mark="3")
        )

    async def _sheet(self) -> None:
        await self._printed(
            {**await hall(self.app, "Sheet", self.day, self._who().hex()), "ticket": ""}
        )

    async def _leave(self) -> None:
        await hall(self.app, "Leave", self.day, self._who().hex(), "")

    async def _sync(self) -> None:
        await self.app.call("sync")

    async def _offline(self) -> None:
        await self.app.do("set", online=False)

    async def _online(self) -> None:
        await self.app.do("set", online=True)

    async def _lose(self) -> None:
        await self.app.do("set", lose=1)

    async def _kill(self) -> None:
        self.app.world.clock.pass_(minutes=2)  # killed while it judged a passphrase: that was a try
        await self.app.restart(online=True)
        await self.app.unlock()
        if self.chance.random() < 0.5:
            await self.app.do("set", writes_left=self.chance.randint(0, 3))

    async def _lock(self) -> None:
        await self.app.call("lock")
        await self.app.unlock()

    async def rest(self) -> None:
        self.app.world.clock.pass_(minutes=2)
        await self.app.restart(online=True, lose=0)
        await self.app.unlock()


def told(state: Any) -> dict[str, Any]:
    """What a person's page says, by whoever says it."""
    names = ("phase", "ticket", "missing", "doubled")
    return {name: state[name] for name in names}


@pytest.mark.parametrize("seed", seeds())
async def test_two_tablets_through_a_day_made_by_chance_say_at_rest_what_the_server_says(
    world: World, apps: tuple[Engine, Engine], seed: int
) -> None:
    people = (ZHOU, WU, ZHENG, WANG)
    day = await a_day(world, people, stations=MORE)
    await carry(world, day, *apps)
    chance = Random(seed)
    hands = [Hand(app, day, chance, people) for app in apps]
    for _ in range(60):
        await chance.choice(hands).step()
        world.clock.pass_(minutes=1)
    for hand in hands:
        await hand.rest()
    for _ in range(3):
        for app in apps:
            world.clock.pass_(minutes=30)
            await app.do("set", now=world.clock())
            await app.call("sync")
    wanted = {
        who.hex(): {
            "phase": each.progress.phase.value, "ticket": each.progress.ticket,
            "missing": list(each.progress.missing), "doubled": each.progress.doubled,
        }
        for who, each in (await seen(world, day)).items()
    }  # fmt: skip
    for app in apps:
        assert await app.waiting() == 0
        shown = {each["who"]: told(each) for each in await hall(app, "List", day)}
        assert shown == wanted
    tickets = [ticket for hand in hands for ticket in hand.tickets]
    assert len(set(tickets)) == len(tickets)
    labels = {each for hand in hands for each in hand.numbers}
    assert len({number for number, _ in labels}) == len(labels), "a tube is one person's"
