"""A checkup day on the app's engine, against the real server: found, checked in, numbered, gone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from crypto.card import CardType, seal_card, text_of
from server.actions.checkup import codes, day_rows, hall_pages
from server.actions.checkup.day_rows import lock_day, persons, save_day, touched
from sync.hall import Phase
from tests.console import serving
from tests.copies import Copies
from tests.engine_tablet import Engine, engine, faulty
from tests.halls import a_day, seen
from tests.test_tablet_engine_chain import device_of
from tests.world import NAMES, QIN, SU, TEAM_A2, WANG, WU, YANG, ZHENG, ZHOU, World, id_number

MORE = ("basic", "blood", "urine", "review")


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


async def carry(world: World, day: bytes, *apps: Engine) -> None:
    """These tablets are used on the day, and have heard of it."""
    for app in apps:
        row = (1, day, await device_of(app), 0, None, None)
        await world.store.write(lambda tx, row=row: tx.insert("checkup_tablet", [row], ignore=True))
        await app.call("sync")


async def hall(app: Engine, method: str, day: bytes, *args: Any) -> Any:
    return await app.call(f"hall{method}", day.hex(), *args)


async def arrive(app: Engine, day: bytes, who: bytes, how: str = "4") -> Any:
    return await hall(app, "CheckIn", day, {"who": who.hex()}, how)


async def closed(world: World, day: bytes) -> None:
    async def write(tx: Any) -> None:
        held = await lock_day(tx, world.site, day)
        held.state = type(held.state)("closed")
        held.version_up()
        await save_day(tx, world.site, held)

    await world.store.write(write)


async def phases(world: World, day: bytes) -> dict[bytes, Phase]:
    return {who: each.progress.phase for who, each in (await seen(world, day)).items()}


async def test_a_day_comes_with_its_people_and_they_are_found_with_no_network(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    assert (await app.status())["halls"] == 0
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, app)
    assert (await app.status())["halls"] == 1
    (told,) = await app.call("hallDays")
    assert (told["on"], told["people"], told["arrived"]) == ("2026-11-20", 2, 0)
    assert (told["when"], told["complete"], told["numbers"]) == ("today", True, True)
    await app.do("set", online=False)
    number = id_number(ZHOU)
    for text in (number, f" {number.lower()}\r\n", f"周谷雨,女,汉,{number},威海市环翠区"):
        scan = await hall(app, "Scan", day, text, "type")
        assert (scan["outcome"], scan["how"]) == ("valid", "3"), text
        assert scan["person"]["who"] == ZHOU.hex()
        assert scan["card"]["number"] == number
    archive = await world.one("SELECT archive_no FROM resident WHERE resident=?", WU)
    scan = await hall(app, "Scan", day, archive, "type")
    assert (scan["outcome"], scan["how"], scan["person"]["who"]) == ("valid", "5", WU.hex())
    for text in ("周谷", "zgy", number[-4:]):
        found = await hall(app, "Find", day, text)
        assert ZHOU.hex() in [each["who"] for each in found], text
    view = await app.call("hall", day.hex())
    assert [each["id"] for each in view["stations"]] == list(MORE)
    assert view["counts"]["expected"] == 2


async def test_who_is_not_on_the_list_is_a_walk_in_of_the_panel_or_a_guest(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU,))
    await carry(world, day, app)
    await app.do("set", online=False)
    scan = await hall(app, "Scan", day, id_number(ZHENG), "type")
    assert (scan["outcome"], scan["person"]["status"]) == ("not_on_list", "own")
    scan = await hall(app, "Scan", day, id_number(YANG), "type")
    assert (scan["outcome"], scan["person"]) == ("not_on_list", None), "of another facility"
    assert scan["card"]["birth"] == scan["card"]["number"][6:10] + scan["card"]["birth"][4:]
    done = await arrive(app, day, ZHENG, "3")
    assert (done["ticket"], done["person"]["status"]) == ("B001", "walk_in")
    who = await app.call("freshId")
    guest = {
        "who": who, "number": id_number(YANG), "id_type": "01", "name": "杨白露", "sex": "2",
        "birth_date": scan["card"]["birth"], "agreed": "1",
    }  # fmt: skip
    done = await hall(app, "CheckIn", day, {"guest": guest}, "6")
    assert (done["ticket"], done["person"]["status"], done["person"]["name"]) == (
        "B002", "guest", "杨白露",
    )  # fmt: skip
    again = await hall(app, "Scan", day, id_number(YANG), "type")
    assert (again["outcome"], again["person"]["who"]) == ("already_in", who)
    twice = await hall(
        app, "CheckIn", day, {"guest": {**guest, "who": await app.call("freshId")}}, "6"
    )
    assert twice["doubled"]
    assert twice["person"]["who"] == who
    await app.do("set", online=True)
    await app.call("sync")
    # The server knew that number: the guest is a resident from now on, here too.
    there = await seen(world, day)
    assert {who for who, each in there.items() if each.progress.phase is Phase.REGISTERED} == {
        ZHENG, YANG,
    }  # fmt: skip
    await app.call("sync")
    person = await hall(app, "Person", day, who)
    assert person["who"] == YANG.hex()
    counts = (await app.call("hall", day.hex()))["counts"]
    assert counts["registered"] == 2


async def test_two_tablets_that_check_one_person_in_make_one_check_in_of_two_events(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    one, two = apps
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, one, two)
    for app in apps:
        await app.do("set", online=False)
    first, second = await arrive(one, day, ZHOU), await arrive(two, day, ZHOU)
    assert (first["ticket"], second["ticket"]) == ("B001", "C001")
    numbers = [each["number"] for done in (first, second) for each in done["sheet"]["labels"]]
    assert len(set(numbers)) == len(numbers) == 8
    for app in (two, one, two):
        await app.do("set", online=True)
        await app.call("sync")
    zhou = (await seen(world, day))[ZHOU]
    assert (zhou.progress.phase, zhou.progress.doubled) == (Phase.REGISTERED, 1)
    assert await world.one("SELECT COUNT(*) FROM checkup_step WHERE kind='check_in'") == 2
    for app in apps:
        shown = await app.call("hall", day.hex())
        assert (shown["arrived"], shown["counts"]["doubled"], shown["waiting"]) == (1, 1, 0)
        person = await hall(app, "Person", day, ZHOU.hex())
        assert (person["ticket"], person["doubled"]) == (zhou.progress.ticket, 1)
    again = await arrive(two, day, ZHOU)
    assert again["doubled"]
    assert again["ticket"] == zhou.progress.ticket, "a second check-in gives no second number"


async def test_a_check_in_is_on_the_disk_and_no_number_comes_twice(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, WU, ZHENG), stations=MORE)
    await carry(world, day, app)
    await app.do("set", online=False)
    assert (await arrive(app, day, ZHOU))["ticket"] == "B001"
    await app.restart()
    await app.unlock()
    person = await hall(app, "Person", day, ZHOU.hex())
    assert (person["phase"], person["ticket"], person["waiting"]) == ("registered", "B001", 2)
    # Killed in the very write: either both the change and its number are there, or neither.
    await app.do("set", writes_left=0)
    with faulty("killed"):
        await arrive(app, day, WU)
    await app.restart()
    await app.unlock()
    assert (await hall(app, "Person", day, WU.hex()))["phase"] == "expected"
    assert (await arrive(app, day, WU))["ticket"] == "B002"
    await app.call("lock")
    with faulty("locked"):
        await app.call("hallDays")
    await app.unlock()
    done = await arrive(app, day, ZHENG)
    assert done["ticket"] == "B003"
    labels = {each["number"] for each in done["sheet"]["labels"]}
    fresh = await hall(app, "Sheet", day, ZHENG.hex())
    assert not labels & {each["number"] for each in fresh["sheet"]["labels"]}
    assert fresh["ticket"] == "B003"
    old = await hall(app, "Scan", day, min(labels), "type")
    assert old["person"] is None, "a tube with a void label is nobody's"
    new = await hall(app, "Scan", day, fresh["sheet"]["labels"][0]["number"], "type")
    assert (new["by"], new["person"]["who"]) == ("specimen", ZHENG.hex())
    await app.do("set", online=True)
    await app.call("sync")
    assert (await phases(world, day)) == dict.fromkeys((ZHOU, WU, ZHENG), Phase.REGISTERED)
    tickets = {each.progress.ticket for each in (await seen(world, day)).values()}
    assert tickets == {"B001", "B002", "B003"}


async def test_nothing_of_a_hall_is_readable_on_a_locked_tablet(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, YANG))
    await carry(world, day, app)
    await arrive(app, day, ZHOU)
    await app.call("lock")
    text = await app.do("whole")
    number = id_number(ZHOU)
    for spoken in (NAMES[ZHOU], NAMES[YANG], number, number[-4:] + '"', "青禾镇文化礼堂", "B001"):
        assert spoken not in text, spoken
    with faulty("locked"):
        await hall(app, "Scan", day, number, "type")


async def test_a_day_that_has_ended_is_gone_and_what_was_written_still_arrives(
    world: World, apps: tuple[Engine, Engine]
) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, WU))
    await carry(world, day, app)
    assert await hall(app, "Person", day, WU.hex())
    await arrive(app, day, ZHOU)
    await app.call("sync")
    await app.call("keepDraft", draft_of(day))
    await app.do("set", online=False)
    await arrive(app, day, WU)
    await closed(world, day)
    await app.do("set", online=True, lose=1)
    with faulty("no_connection"):
        await app.call("sync")
    await app.call("sync")
    assert await app.call("hallDays") == []
    with faulty("no_such_day"):
        await hall(app, "Person", day, WU.hex())
    assert (await app.status())["halls"] == 0
    assert [key for key in await app.do("keys", store="hall") if key != "codes"] == []
    assert await app.do("keys", store="own") == []
    assert await app.call("mine") == []
    assert await app.call("drafts") == []
    assert (await phases(world, day))[WU] is Phase.REGISTERED, "a late step is kept"
    await app.call("sync")
    assert await world.one("SELECT COUNT(*) FROM checkup_tablet WHERE purged_at IS NOT NULL") == 1
    # Somebody had a form open when the day ended.
    late = {"who": WU.hex(), "station": "basic", "mark": "1"}
    form = {"kind": "health_check", "v": 1, "values": {"bp_l_sys": 131}}
    await hall(app, "Part", day, {**late, "form": form})
    await app.call("sync")
    assert (await phases(world, day))[WU] is Phase.UNDER_WAY
    assert await app.do("keys", store="own") == []
    with faulty("no_such_day"):
        await app.call("hallPart", SU.hex(), late)


def draft_of(day: bytes) -> dict[str, Any]:
    named = {"key": f"hall.{day.hex()}.{ZHOU.hex()}", "resident": ZHOU.hex(), "kinds": []}
    return {**named, "at": 1, "typed": {}}


async def test_a_wiped_tablet_knows_no_day(world: World, apps: tuple[Engine, Engine]) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, WU))
    await carry(world, day, app)
    await app.do("set", online=False)
    await arrive(app, day, ZHOU)
    for _ in range(10):
        await app.do("set", now=(await app.do("life"))["now"] + 3_600_000)
        with pytest.raises(Exception, match=r"wrong_passphrase|wiped"):
            await app.unlock(passphrase="不是这一句话啊啊")
    assert (await app.status())["stage"] == "wiped"
    assert await app.do("keys", store="hall") == []
    await app.do("set", online=True)
    await app.call("sync")
    assert (await phases(world, day))[ZHOU] is Phase.REGISTERED


async def test_a_long_list_comes_in_parts_and_is_used_meanwhile(
    world: World, apps: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = apps
    monkeypatch.setattr(hall_pages, "ROWS_PER_PAGE", 1)
    day = await a_day(world, (ZHOU, WU, WANG))
    row = (1, day, await device_of(app), 0, None, None)
    await world.store.write(lambda tx: tx.insert("checkup_tablet", [row], ignore=True))
    await app.do("meanwhile", method="hallDays", args=[])
    await app.call("sync")
    (told,) = await app.call("hallDays")
    assert (told["people"], told["complete"]) == (3, True)
    await app.restart()
    await app.unlock()
    assert (await app.call("hallDays"))[0]["people"] == 3
    # Somebody is taken off, somebody comes on: only that travels.

    async def change(tx: Any) -> None:
        held = await lock_day(tx, world.site, day)
        people = await persons(tx, world.site, day, [WU])
        people[WU].status = day_rows.REMOVED
        await touched(tx, world.site, held, people.values())
        await save_day(tx, world.site, held)

    await world.store.write(change)
    await app.call("sync")
    everybody = {each["who"] for each in await hall(app, "List", day)}
    assert everybody == {ZHOU.hex(), WANG.hex()}


async def test_codes_are_judged_with_no_network(world: World, apps: tuple[Engine, Engine]) -> None:
    app, _ = apps
    day = await a_day(world, (ZHOU, WU))
    other = await a_day(world, (WU,), on="2026-11-25", state="ready")
    whos = (ZHOU, WU, ZHENG)
    cards = await world.store.write(lambda tx: codes.issue_cards(tx, world.site, whos, QIN))
    code = await world.store.write(lambda tx: codes.day_code(tx, world.site, day, ZHOU))
    later = await world.store.write(lambda tx: codes.day_code(tx, world.site, other, WU))
    await carry(world, day, app)
    await app.do("set", online=False)

    async def scan(text: str) -> tuple[str, str, str]:
        found = await hall(app, "Scan", day, text, "camera")
        person = found["person"]
        return found["outcome"], found["how"], person["who"] if person else ""

    zhou = ZHOU.hex()
    assert await scan(cards[ZHOU].text) == ("valid", "1", zhou)
    assert await scan(f"]Q3{cards[ZHOU].text.lower()}\r\n") == ("valid", "1", zhou)
    assert await scan(code.text) == ("valid", "2", zhou)
    assert await scan(code.digits) == ("valid", "1", zhou)
    assert await scan(" ".join((code.digits[:4], code.digits[4:8], code.digits[8:]))) == (
        "valid", "1", zhou,
    )  # fmt: skip
    assert await scan(later.text) == ("wrong_day", "2", "")
    assert (await scan(cards[ZHENG].text))[0] == "not_on_list"
    text = cards[ZHOU].text
    forged = text[:-1] + ("A" if text[-1] != "A" else "B")
    assert (await scan(forged))[0] in {"forged", "unreadable"}
    assert (await scan(text[:40]))[0] == "unreadable"
    done = await hall(app, "CheckIn", day, {"who": zhou}, "1", cards[ZHOU].id.hex())
    assert done["ticket"] == "B001"
    assert await scan(text) == ("already_in", "1", zhou)
    assert (await scan("B 001"))[::2] == ("already_in", zhou)
    site, last = world.site, world.clock() // 1000 - 1
    over = seal_card(CardType.CARD, cards[WU].id, last, signer=site.keys.newest_code)
    assert await scan(text_of(over)) == ("expired", "1", "")
    await app.do("set", online=True)
    revoke = "UPDATE checkup_code SET revoked_at=1, reason='lost' WHERE code=?"
    await world.store.write(lambda tx: tx.run(revoke, cards[WU].id))
    await world.store.write(lambda tx: tx.run("UPDATE checkup_day SET version=version+1"))
    await app.call("sync")
    assert await scan(cards[WU].text) == ("revoked", "1", "")
