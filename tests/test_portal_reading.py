"""Reading through the gate: what is logged, whose archive it is, how much a relative sees."""

import re

import pytest

from server.actions.plan import nightly
from server.actions.residents.acting import Acting
from server.actions.residents.reading import ArchiveShut, read
from tests.long_archive import remember
from tests.portal import bind, phone, text_of
from tests.test_portal_archive import PAGES, followup, link
from tests.world import NAMES, PHONES, WANG, WU, YANG, ZHENG, ZHOU, World, id_number


async def rows_of(world: World, resident: bytes, person: bytes) -> int:
    found = await world.rows(
        "SELECT entry FROM access_log WHERE resident=? AND staff=?", resident, person
    )
    return len(found)


# The log.


async def test_what_is_read_is_counted_by_the_log_row_by_row(world: World) -> None:
    for who in (ZHOU, YANG):
        await bind(world, who)
    await link(world, ZHOU, YANG, "helper", "A")
    fresh = 0
    for person in (ZHOU, YANG):
        for wait in (0, 29, 1, 1, 31, 5, 30, 0):
            world.clock.pass_(minutes=wait)
            fresh += (await read(world.site, Acting(person, ZHOU))).fresh
    assert (await read(world.site, Acting(ZHOU, ZHOU), again="numbers")).fresh
    rows = await rows_of(world, ZHOU, ZHOU) + await rows_of(world, ZHOU, YANG)
    assert rows == fresh + 1
    assert fresh > 2


async def test_turning_every_page_within_half_an_hour_is_one_row_and_asking_for_numbers_another(
    world: World,
) -> None:
    await bind(world, ZHOU)
    record = (await remember(world, ZHOU, [followup("2026-10-20", sbp=156)]))[0].hex()
    async with phone(world, ZHOU) as zhou:
        for each in (*PAGES, f"/portal/archive/record/{record}"):
            assert (await zhou.get(each)).status_code == 200, each
        assert await rows_of(world, ZHOU, ZHOU) == 1
        page = await zhou.get("/portal/archive")
        number, mobile = id_number(ZHOU), PHONES[ZHOU]
        assert number not in page.text
        assert mobile not in page.text
        assert f"证件尾号 {number[-4:]}" in text_of(page)
        assert f"{mobile[:3]} **** {mobile[-4:]}" in text_of(page)
        assert (await zhou.get("/portal/archive/show")).status_code == 405
        shown = await zhou.post("/portal/archive/show")
        assert number in shown.text
        assert mobile in shown.text
        assert await rows_of(world, ZHOU, ZHOU) == 2
        world.clock.pass_(minutes=31)
    async with phone(world, ZHOU) as zhou:
        await zhou.get("/portal/plan")
    assert await rows_of(world, ZHOU, ZHOU) == 3
    assert await world.rows("SELECT 1 FROM access_log WHERE staff=? AND ground<>'own'", ZHOU) == []


async def test_the_archive_of_somebody_dead_is_not_reachable_and_nothing_is_read(
    world: World,
) -> None:
    await bind(world, ZHOU)
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET status='dead' WHERE resident=?", ZHOU)
    )
    with pytest.raises(ArchiveShut):
        await read(world.site, Acting(ZHOU, ZHOU))
    assert await rows_of(world, ZHOU, ZHOU) == 0


async def test_before_the_notice_and_without_a_link_the_gate_is_shut_and_says_so_in_the_log(
    world: World,
) -> None:
    with pytest.raises(ArchiveShut):
        await read(world.site, Acting(WU, WU))
    with pytest.raises(ArchiveShut):
        await read(world.site, Acting(YANG, WU))
    grounds = await world.rows("SELECT ground FROM access_log WHERE resident=? ORDER BY at", WU)
    assert {row[0].partition(":")[0] for row in grounds} == {"refused"}
    assert len(grounds) == 2


# Whose.


async def test_a_record_of_somebody_else_is_answered_like_one_of_nobody(world: World) -> None:
    await bind(world, ZHOU)
    theirs = (await remember(world, WU, [followup("2026-10-20")]))[0].hex()
    async with phone(world, ZHOU) as zhou:
        answers = [
            await zhou.get(f"/portal/archive/record/{each}")
            for each in (theirs, "ab" * 16, "x", "ab" * 15 + "AB")
        ]
    assert {each.status_code for each in answers} == {404}
    assert len({re.sub(r"· \w+", "", text_of(each)) for each in answers}) == 1


async def test_rare_signs_of_names_are_drawn_and_ages_are_of_the_day(world: World) -> None:
    for who in (WU, ZHENG, WANG):
        await bind(world, who)
        async with phone(world, who) as one:
            home, archive = await one.get("/portal/"), await one.get("/portal/archive")
        assert f"<b>{NAMES[who]}</b>" in home.text
        assert NAMES[who] in text_of(archive)


async def test_a_helper_is_told_only_whether_visits_happened_and_what_is_due(
    world: World,
) -> None:
    for who in (ZHOU, YANG):
        await bind(world, who)
    await nightly.keep(world.site)
    record = (await remember(world, ZHOU, [followup("2026-10-20", sbp=156)]))[0].hex()
    await link(world, ZHOU, YANG, "helper")
    async with phone(world, YANG, ZHOU) as yang:
        home, plan = await yang.get("/portal/"), await yang.get("/portal/plan")
        for page in (home, plan):
            assert page.status_code == 200
            assert not re.search("血压|156|高血压|证件号码", text_of(page)), text_of(page)
        assert "随访服务" in text_of(plan)
        assert "10月20日" in text_of(plan)
        assert "正在替周谷雨办事" in home.text
        for each in (*PAGES[1:-1], f"/portal/archive/record/{record}"):
            page = await yang.get(each)
            assert (page.status_code, "156" in text_of(page)) == (403, False), each
            assert "来没来过" in text_of(page)
        shown = await yang.post("/portal/archive/show")
        assert PHONES[ZHOU] not in shown.text
    purposes = await world.rows("SELECT DISTINCT purpose, ground FROM access_log WHERE staff=?",
                                YANG)  # fmt: skip
    assert purposes == [("due_and_done", "helper")]


async def test_a_helper_with_the_archive_reads_it_and_a_frozen_link_reads_nothing(
    world: World,
) -> None:
    for who in (ZHOU, YANG):
        await bind(world, who)
    await remember(world, ZHOU, [followup("2026-10-20", sbp=156, dbp=88)])
    await link(world, ZHOU, YANG, "helper", "A")
    async with phone(world, YANG, ZHOU) as yang:
        trend = await yang.get("/portal/archive/trend/blood_pressure")
        assert "比周谷雨的目标 150/90 高一点" in re.sub(r"\s+", " ", text_of(trend))
    await world.store.write(
        lambda tx: tx.run("UPDATE family_link SET frozen_at=1 WHERE resident=?", ZHOU)
    )
    with pytest.raises(ArchiveShut):
        await read(world.site, Acting(YANG, ZHOU))
