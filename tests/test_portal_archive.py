"""Home and own archive in the portal: what is read, what is shown, to whom, and what is logged."""

import gzip
import re
from datetime import date
from typing import Any

import pytest

from resident_portal import plain
from resident_portal.frame import asset
from server.actions.tablets.intake import civil_day
from server.pages.correcting import topic_of
from server.records.kinds import REGISTER
from server.store.ids import new_id
from tests.cast_forms import LEFT_OUT, good
from tests.long_archive import Past, remember, ten_years
from tests.portal import Phone, bind, phone, text_of
from tests.world import (
    DISTRICT,
    HE,
    QINGHE,
    SU,
    TEAM_A2,
    TEAM_B,
    WU,
    YANG,
    ZHOU,
    World,
    field,
)

PAGES = (
    "/portal/", "/portal/archive", "/portal/archive/group/followup",
    "/portal/archive/trend/blood_pressure", "/portal/archive/trend/glucose",
    "/portal/archive/trend/weight", "/portal/archive/years", "/portal/plan",
)  # fmt: skip


async def link(world: World, resident: bytes, person: bytes, tie: str, scopes: str = "") -> None:
    """A family link that stands for a year."""
    name = new_id(world.clock())
    row = (
        DISTRICT, resident, name, person, tie, scopes, "2026-01-01", "2027-12-31", "standing",
        None, world.clock(), SU, None, b"",
    )  # fmt: skip
    await world.store.write(lambda tx: tx.insert("family_link", [row]))


async def counter(world: World) -> None:
    row = (DISTRICT, QINGHE, "0000-0000101", "", "")
    await world.store.write(lambda tx: tx.insert("counter", [row]))


def checkup(on: str, **changes: Any) -> Past:
    feedback = changes.pop("feedback_date", on)
    return Past("health_check", date.fromisoformat(on),
                good("health_check", feedback_date=feedback, **changes))  # fmt: skip


def followup(on: str, **changes: Any) -> Past:
    day = date.fromisoformat(on)
    changes.setdefault("next_date", day.replace(year=day.year + 1).isoformat())
    return Past("htn_followup", day, good("htn_followup", **changes))


# Home.


async def test_home_says_what_comes_next_and_without_one_that_nothing_does(world: World) -> None:
    await counter(world)
    await bind(world, ZHOU)
    await remember(world, ZHOU, [followup("2026-10-20", sbp=156, next_date="2026-11-30")])
    async with phone(world, ZHOU) as zhou:
        home = await zhou.get("/portal/")
        assert 'href="tel:0000-0000101"' in home.text
        assert "高血压" not in text_of(home), "a page that is seen over shoulders"
        assert "随访服务" in text_of(home)
        assert re.search("过了 \\d+ 天|还有 \\d+ 天|今天", text_of(home))
        assert {"看档案", "改错", "换机构", "谁看过", "带走档案"} <= set(text_of(home).split())
    await bind(world, YANG)
    await world.store.write(lambda tx: tx.run("DELETE FROM plan WHERE resident=?", YANG))
    async with phone(world, YANG) as yang:
        home = await yang.get("/portal/")
        assert "今年没有等着您的服务" in text_of(home)
        assert "有新的安排会出现在这里" in text_of(home)


async def test_home_without_a_facility_leads_to_choosing_one(world: World) -> None:
    await bind(world, ZHOU)
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET facility=NULL, panel=NULL WHERE resident=?", ZHOU)
    )
    async with phone(world, ZHOU) as zhou:
        home = await zhou.get("/portal/")
    assert "现在没有卫生院负责这份档案" in text_of(home)
    assert "去选一家" in text_of(home)


# The archive.


async def test_ten_years_are_grouped_and_paged_and_every_value_can_be_objected_to(
    world: World,
) -> None:
    await bind(world, ZHOU)
    made = await remember(world, ZHOU, ten_years(civil_day(world.clock())))
    async with phone(world, ZHOU) as zhou:
        archive = await zhou.get("/portal/archive")
        said = text_of(archive)
        assert f"有 {len(made) + 1} 份记录" in said, "with the one of the standing world"
        for group in ("体检", "随访", "老年人", "中医药"):
            assert group in said
        basics = archive.text.partition('id="basics"')[2]
        not_theirs = sum(
            f"<dt>{plain.label(each)}</dt>" in basics
            for each in REGISTER.fields
            if topic_of(each.name) is None
        )
        links = basics.count("/portal/correct/field/")
        assert basics.count("<dt>") - not_theirs == links > 20
        seen: set[str] = set()
        pages = 0
        following = "/portal/archive/group/followup"
        while following:
            page = await zhou.get(following)
            found = set(re.findall(r"/portal/archive/record/([0-9a-f]{32})", page.text))
            assert not found & seen
            seen |= found
            pages += 1
            older = re.search(r'href="(\?page=\d+)">早一些', page.text)
            following = f"/portal/archive/group/followup{older[1]}" if older else ""
        assert pages == -(-len(seen) // 20) > 3
        for odd in ("?page=0", "?page=999", "?page=x", "?page=²", "?page=-1"):
            assert (await zhou.get(f"/portal/archive/group/followup{odd}")).status_code == 200
        for nobody in ("restricted", "nothing", "checkup/x"):
            assert (await zhou.get(f"/portal/archive/group/{nobody}")).status_code == 404
        await light(zhou, made[-1].hex())


async def light(zhou: Phone, record: str) -> None:
    """Each page with its style sheet stays under 15 kB on the wire and asks for two files."""
    sheet = (await zhou.get(asset("portal.css"))).headers["content-length"]
    for each in (
        *PAGES,
        f"/portal/archive/record/{record}",
        "/portal/archive/trend/weight?years=0",
    ):
        page = await zhou.get(each)
        wire = len(gzip.compress(page.content, 6)) + int(sheet)
        assert wire <= 15_000, (each, wire)
        asked = re.findall(r'(?:src|href)="(/portal/static/[^"]+)"', page.text)
        assert len(set(asked)) == 2, "style sheet and icon"
        assert "<script" not in page.text
        assert " style=" not in page.text


async def test_a_record_is_in_the_residents_words_with_its_author_and_what_became_of_it(
    world: World,
) -> None:
    await bind(world, ZHOU)
    su = await field(world, "23")
    await su.settle()
    day = "2026-11-18"
    kept = {"next_date": "2027-02-10"}
    first = su.tablet.save_event(ZHOU, "htn_followup", day, good("htn_followup", sbp=146, **kept))
    await su.settle()
    second = su.tablet.save_event(
        ZHOU, "htn_followup", day, good("htn_followup", sbp=136, **kept), amends=first
    )
    gone = su.tablet.save_event(ZHOU, "encounter", day, good("encounter"))
    await su.settle()
    su.tablet.void(ZHOU, "encounter", day, gone, "写错了人")
    await su.settle()
    async with phone(world, ZHOU) as zhou:
        old = await zhou.get(f"/portal/archive/record/{first.hex()}")
        new = await zhou.get(f"/portal/archive/record/{second.hex()}")
        void = await zhou.get(f"/portal/archive/record/{gone.hex()}")
        years = await zhou.get("/portal/archive/trend/blood_pressure")
    said = text_of(new)
    assert "高压 136 毫米汞柱" in said
    assert "收缩压" not in said
    assert "11月18日 周三 ，苏清明在青禾镇卫生院写的" in said.replace("</span>", "")
    assert "用平板记的" in said
    assert f"/portal/correct/record/{second.hex()}" in new.text
    assert f"/portal/archive/record/{first.hex()}" in new.text
    assert f"/portal/archive/record/{second.hex()}" in old.text
    assert "后来更正过" in text_of(old)
    assert f"/portal/correct/record/{first.hex()}" not in old.text
    assert "写错了人" in text_of(void)
    assert "146" not in text_of(years), "what was corrected is in no trend"


# Trends and years.


async def test_a_trend_says_the_newest_against_the_target_then_draws_and_lists_the_same(
    world: World,
) -> None:
    await bind(world, ZHOU)
    await remember(world, ZHOU, [
        followup("2026-01-12", sbp=148, dbp=84), followup("2026-03-12", sbp=152, dbp=86),
        followup("2026-06-01", sbp=142, dbp=82), followup("2026-11-18", sbp=156, dbp=88,
                                                          next_date="2026-12-02"),
    ])  # fmt: skip
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get("/portal/archive/trend/blood_pressure")
        said = re.sub(r"\s+", " ", text_of(page))
        assert "156/88" in said
        assert "高压偏高" in said
        assert "比您的目标 150/90 高一点" in said
        assert "前高血压" in said, "what follows, from the plan"
        chart = page.text.partition("<figure>")[2].partition("</svg>")[0]
        assert "血压，近一年 5 次" in chart
        assert "高压最低 138、最高 156 毫米汞柱，目标低于 150，有 2 次超出。" in chart
        assert "低压最低 82、最高 88 毫米汞柱，目标低于 90，都在目标内。" in chart
        assert chart.count("<circle") == 8
        assert chart.count('class="out"') == 2
        assert chart.count('class="out-num"') == 2
        assert chart.count('class="band"') == 2
        table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
        numbers = [int(each) for each in re.findall(r">(\d{2,3})<", table)]
        assert numbers == [156, 88, 138, 84, 142, 82, 152, 86, 148, 84]
        assert table.count("超出") == 2
        assert (await zhou.get("/portal/archive/trend/height")).status_code == 404
        assert (await zhou.get("/portal/archive/trend/weight?years=x")).status_code == 200
        assert 'font-size="20"' not in page.text
        await zhou.get("/portal/size/elder")
        large = await zhou.get("/portal/archive/trend/blood_pressure")
        assert 'font-size="14"' not in large.text
        assert 'font-size="20"' in large.text
        empty = await zhou.get("/portal/archive/trend/glucose")
        assert "还没有空腹血糖的记录" in text_of(empty)


@pytest.mark.parametrize("years", [0, 1, 2, 3, 5])
async def test_checkups_of_so_many_years_stand_side_by_side(world: World, years: int) -> None:
    await bind(world, WU)
    past = [
        checkup(f"{2027 - years + n}-05-08", fpg=560 + 45 * n, hb=1400, tc=540 - 60 * n,
                tg=LEFT_OUT if n == years - 1 else 150)
        for n in range(years)
    ]  # fmt: skip
    if years == 3:
        past.append(checkup("2026-09-02", fpg=690, hb=1400, tc=400))
    if past:
        await remember(world, WU, past)
    async with phone(world, WU) as wu:
        page = await wu.get("/portal/archive/years")
        said = text_of(page)
        heads = re.findall(r'<th scope="col">(\d{4})</th>', page.text.partition("</thead>")[0])
        assert heads == [str(each) for each in range(2027 - min(years, 3), 2027)]
        if years == 0:
            assert "还没有体检记录" in said
        elif years == 1:
            assert "再做一次，就能比一比" in said
        else:
            assert "和 2025 年比" in said
        assert ("空腹血糖连着两年升高" in said) == (years >= 3)
        assert ("2026 年有 2 次体检，这里是 9月2日的一次。" in said) == (years == 3)
        assert ("选别的年份" in said) == (years == 5)
        if years > 1:
            assert "没有查" in said or years == 3
        if years == 5:
            await others(wu)


async def others(wu: Phone) -> None:
    """Other years may be chosen; of more than three the newest; nonsense is no year."""
    for query, wanted in (
        ("?y=2022&y=2026", ["2022", "2026"]), ("?y=2022&y=2023&y=2024&y=2025",
        ["2023", "2024", "2025"]), ("?y=x&y=1999", ["2024", "2025", "2026"]),
    ):  # fmt: skip
        page = await wu.get(f"/portal/archive/years{query}")
        heads = re.findall(r'<th scope="col">(\d{4})</th>', page.text.partition("</thead>")[0])
        assert heads == wanted


# The plan.


async def test_the_plan_says_what_when_and_why_in_plain_words(world: World) -> None:
    await counter(world)
    await bind(world, ZHOU)
    made = await remember(world, ZHOU, [
        followup("2026-03-12", sbp=140), followup("2026-11-10", sbp=156, dbp=88,
                                                  next_date="2026-11-24", **{"class": "2"}),
    ])  # fmt: skip
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get("/portal/plan")
    said = text_of(page)
    assert "打电话改时间" in said
    assert "现在该做的" in said
    assert "高血压复查" in said
    assert re.search("11月10日 随访：.*没有到目标", said)
    assert not re.search(r"\d{4}-\d\d-\d\d|mmHg|收缩压|未达目标|S003", said)
    assert "依据：" in said
    done = page.text.partition("今年做过的")[2]
    assert f"/portal/archive/record/{made[0].hex()}" in done


async def test_a_facility_elsewhere_writes_and_the_author_is_told_with_its_name(
    world: World,
) -> None:
    await bind(world, YANG)
    made = await remember(world, YANG, [followup("2026-10-20")], staff=HE, panel=TEAM_B)
    async with phone(world, YANG) as yang:
        page = await yang.get(f"/portal/archive/record/{made[0].hex()}")
    assert "何小满在柳湾社区中心写的" in text_of(page)
    assert TEAM_A2.hex() not in page.text
