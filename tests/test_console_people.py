"""Residents at a desk: found by words or a whole number, opened with a reason, all written down."""

from collections.abc import AsyncIterator

import pytest

from server.actions.archives import afterwork
from tests.console import CHEN, LU, MA, Desk, desk, offices, text_of
from tests.desk_page import found, page_of
from tests.world import (
    NAMES,
    SU,
    TEAM_B,
    WANG,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    field,
    id_number,
)


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


SEARCHES = (
    ("谷雨", ZHOU), ("zgy", ZHOU), ("ZGY 1955", ZHOU), ("𠮷", WU), ("㛃", ZHENG), ("䶮", WANG),
    ("女 0046", ZHENG), ("1002", ZHENG), ("19480000", None), ("白露", None), ("371002", None),
    ("wjx", WU), ("1948-11", None),
)  # fmt: skip


async def test_a_search_finds_who_is_meant_in_the_own_facility_only(su: Desk) -> None:
    for query, who in SEARCHES:
        page = await found(su, query)
        shown = {name for name in NAMES.values() if name in page}
        assert shown == ({NAMES[who]} if who else set()), query


async def test_a_whole_number_opens_at_once_and_elsewhere_nothing_is_said(
    su: Desk, world: World
) -> None:
    answer = await su.post("/console/people", q=id_number(ZHOU))
    assert (answer.status_code, answer.headers["location"]) == (303, page_of(ZHOU))
    answer = await su.post("/console/people", q="37100200100100001")
    assert answer.headers["location"] == page_of(ZHOU)
    theirs = await found(su, id_number(YANG))
    nobodys = await found(su, "110101199003070011")
    assert theirs.replace(id_number(YANG), "") == nobodys.replace("110101199003070011", "")
    rows = await world.rows("SELECT how, shown FROM search ORDER BY search")
    assert rows == [("number", 1), ("archive", 1), ("number", 0), ("number", 0)]


async def test_every_search_is_written_down_with_whom_it_showed_and_no_word_in_clear(
    su: Desk, world: World
) -> None:
    await su.post("/console/people", q="周谷")
    assert await world.rows("SELECT resident FROM search_shown") == [(ZHOU,)]
    for (sealed,) in await world.rows("SELECT sealed FROM search"):
        assert "周".encode() not in bytes(sealed)


async def test_a_search_follows_a_changed_name_a_new_card_and_one_who_left(
    su: Desk, world: World
) -> None:
    assert NAMES[ZHENG] in await found(su, "zj")
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE resident SET facility=(SELECT facility FROM panel WHERE panel=?), panel=? "
            "WHERE resident=?", TEAM_B, TEAM_B, ZHENG,
        )
    )  # fmt: skip
    await world.store.write(
        lambda tx: tx.insert("touched", [(1, ZHENG, world.clock())], ignore=True)
    )
    await afterwork.catch_up(world.site)
    assert NAMES[ZHENG] not in await found(su, "zj")


async def test_the_county_and_strangers_find_nobody_by_words(su: Desk, world: World) -> None:
    assert NAMES[ZHOU] in await found(su, "zgy")
    async with desk(world, CHEN) as chen:
        assert NAMES[ZHOU] not in await found(chen, "zgy")
    for other in (LU, MA):
        async with desk(world, other) as made:
            assert (await made.get("/console/people")).status_code == 403
            assert (await made.get(page_of(ZHOU))).status_code == 403


async def test_an_archive_shows_whose_it_is_and_what_never_scrolls_away(
    su: Desk, world: World
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    edits = {"drug_allergy/2": True, "drug_allergy/1": False}
    tablet.tablet.save_edit(ZHOU, edits, "2026-11-20")
    await tablet.settle()
    page = await su.get(page_of(ZHOU))
    text = text_of(page)
    for said in ("周谷雨", "71岁", "青霉素过敏", "导入，未签名", "血压 138/84", "07", "本人团队"):
        assert said in text
    assert id_number(ZHOU) not in page.text


async def test_who_looked_last_stands_first_whenever_it_was_told(su: Desk, world: World) -> None:
    await su.get(page_of(ZHOU))
    now = world.clock()
    # An opening of a tablet the day before is told after that.
    old = now - 86_400_000
    await world.rows(
        "INSERT INTO access_log (district, resident, entry, at, logged_at, staff, purpose, ground,"
        " classes, mode) SELECT district, resident, ?, ?, ?, staff, purpose, ground, classes, "
        "'offline' FROM access_log WHERE resident=? AND at=? LIMIT 1",
        b"\xff" * 16, old, now, ZHOU, now,
    )  # fmt: skip
    looks = text_of(await su.get(page_of(ZHOU))).partition("最近谁看过")[2]
    assert "11-19" in looks
    assert looks.index("11-20") < looks.index("11-19")


async def test_a_look_of_the_residents_own_side_has_no_name_and_says_whose_it_is(
    su: Desk, world: World
) -> None:
    await su.get(page_of(ZHOU))
    await world.rows("UPDATE access_log SET staff=?, ground='own' WHERE resident=?", ZHOU, ZHOU)
    looks = text_of(await su.get(page_of(ZHOU))).partition("最近谁看过")[2]
    assert "居民本人" in looks


async def test_outside_the_own_panel_the_page_asks_why_and_shows_nothing_before(su: Desk) -> None:
    page = await su.get(page_of(WANG))
    assert page.status_code == 403
    assert "请先说明为什么" in text_of(page)
    assert NAMES[WANG] not in page.text
    wrong = await su.post(page_of(WANG, "/open"), purpose="service", reason="")
    assert wrong.status_code == 422
    done = await su.post(page_of(WANG, "/open"), purpose="service", reason="代班随访")
    assert done.headers["location"] == page_of(WANG)
    assert NAMES[WANG] in (await su.get(page_of(WANG))).text


async def test_another_facilitys_ids_open_nothing_anywhere(su: Desk) -> None:
    paths = ("", "/form/htn_followup", "/form/basic_info", f"/saved/{ZHOU.hex()}")
    for who in (YANG, SU):
        for rest in paths:
            assert (await su.get(page_of(who, rest))).status_code == 403
        for rest in ("/open", "/form/htn_followup", f"/void/{ZHOU.hex()}"):
            sent = await su.post(page_of(who, rest), purpose="service", reason="看看")
            assert sent.status_code in (403, 422)
            assert NAMES[YANG] not in sent.text
    assert (await su.get("/console/archive/zz")).status_code == 403
    assert (await su.get(page_of(ZHOU, "/form/no_such"))).status_code == 403
