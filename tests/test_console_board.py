"""The board in the console: what each role sees of the figures, targets by hand and by list, the
people behind a number, and that no page counts.
"""

import re
from dataclasses import replace
from typing import Any

import pytest

from server.actions.accounts.sessions import Signed, csrf_of, signed_in
from server.actions.archives import afterwork
from server.actions.figures import figures_recount, targets
from server.actions.figures.board import board
from server.rules.figures import rules
from tests.cast_forms import good
from tests.console import CHEN, LU, MA, TIAN, desk, offices, session_of, text_of
from tests.world import (
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_B,
    ZHOU,
    World,
    field,
)

YEAR = 2026
QINGHE_HEX, LIUWAN_HEX = QINGHE.hex(), LIUWAN.hex()
AIMS = {
    (QINGHE, "archive"): "10×90%", (QINGHE, "elder"): "2", (QINGHE, "hypertension"): "4",
    (LIUWAN, "archive"): "3", (LIUWAN, "elder"): "1",
}  # fmt: skip


async def signed(world: World, staff: bytes) -> Signed:
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


@pytest.fixture
async def county(world: World) -> World:
    """The cast with targets, an elder who is done, and figures that are made."""
    await offices(world)
    su = await field(world, "07")
    await su.settle()
    form = good("health_check", feedback_date="2026-11-20")
    su.tablet.save_event(ZHOU, "health_check", "2026-11-12", form)
    await su.settle()
    await afterwork.catch_up(world.site)
    await figures_recount.keep_year(world.site)
    await targets.put(world.site, await signed(world, CHEN), YEAR, AIMS)
    return world


async def test_the_county_sees_all_facilities_and_a_facility_its_teams(county: World) -> None:
    async with desk(county, CHEN) as chen:
        page = await chen.get("/console/board")
        said = text_of(page)
        assert page.status_code == 200
        assert "离年底 41 天，全县 还差 13 项" in said
        assert "青禾镇卫生院" in said
        assert "柳湾社区中心" in said
        assert "差 5" in said
        teams = text_of(await chen.get(f"/console/board/teams/{QINGHE_HEX}"))
        assert "青禾一队" in teams
        assert "柳湾" not in teams
    async with desk(county, SU) as su:
        own = await su.get("/console/board")
        assert "我的团队" in text_of(own)
        assert "柳湾" not in own.text
        assert (await su.get(f"/console/board/teams/{LIUWAN_HEX}")).status_code == 403


async def test_a_missing_target_is_said_and_is_not_zero(county: World) -> None:
    found = await board(county.site, await signed(county, CHEN), YEAR)
    cells = {each.id: each.cells for each in found.lines}
    assert cells[LIUWAN]["hypertension"].target is None
    assert cells[QINGHE]["archive"].target == 9
    assert found.total.cells["diabetes"].target is None
    async with desk(county, CHEN) as chen:
        said = text_of(await chen.get("/console/board"))
        assert "没有目标" in said
        assert "2 家机构的目标没有设全" in said
        nothing = text_of(await chen.get("/console/board?year=2025"))
        assert "2025 年没有算过数字" in nothing


async def test_a_team_has_its_share_of_the_target_by_people(county: World) -> None:
    found = await board(county.site, await signed(county, TIAN), YEAR)
    shares = {each.name: each.cells["archive"].target for each in found.lines}
    assert shares == {"青禾一队": 7, "青禾二队": 3}, "9 shared 3 to 1, each rounded up"
    assert found.total.cells["archive"].target == 9


async def test_behind_a_number_are_the_people_for_their_own_facility(county: World) -> None:
    async with desk(county, TIAN) as tian:
        page = await tian.get(f"/console/board/elder/{QINGHE_HEX}?year={YEAR}")
        said = text_of(page)
        assert "青禾镇卫生院还有 1 人 没做完老年人健康管理" in said
        assert "吴𠮷祥" in said
        assert "周谷雨" not in said, "she is done"
        assert "体检" in said
        assert "1990000" not in page.text
        team = text_of(await tian.get(f"/console/board/elder/{QINGHE_HEX}/{TEAM_A.hex()}"))
        assert "吴𠮷祥" in team
        for path in (
            f"elder/{LIUWAN_HEX}", f"elder/{QINGHE_HEX}/{TEAM_B.hex()}",
            f"elder/{LIUWAN_HEX}/{TEAM_B.hex()}", "elder/xyz",
        ):  # fmt: skip
            assert (await tian.get(f"/console/board/{path}")).status_code == 403, path
        assert (await tian.get(f"/console/board/nothing/{QINGHE_HEX}")).status_code == 404
    log = await county.rows("SELECT * FROM access_log")
    assert log == [], "a list of the own facility is no opening"


async def test_those_above_see_numbers_and_the_county_names_with_a_reason(county: World) -> None:
    path = f"/console/board/elder/{QINGHE_HEX}"
    for staff in (LU, MA, CHEN):
        async with desk(county, staff) as above:
            page = await above.get(path)
            assert (page.status_code, "吴𠮷祥" in page.text) == (200, False)
            sent = await above.post(f"{path}/names", reason="核对考核名单")
            assert (sent.status_code == 200) == (staff == CHEN)
            assert (await above.post(f"{path}/calls")).status_code == 403
    async with desk(county, CHEN) as chen:
        unsaid = await chen.post(f"{path}/names", reason=" ")
        assert (unsaid.status_code, "吴𠮷祥" in unsaid.text) == (422, False)
        assert "吴𠮷祥" in (await chen.post(f"{path}/names", reason="核对考核名单")).text
    rows = await county.rows("SELECT staff, purpose, ground, classes FROM access_log")
    assert set(rows) == {(CHEN, "review", "county_case", "A")}
    assert await county.one("SELECT COUNT(*) FROM opening_reason") == len(rows) == 2


async def test_a_list_to_call_from_is_logged_and_holds_no_formula(county: World) -> None:
    async with desk(county, SU) as su:
        page = await su.post(f"/console/board/hypertension/{QINGHE_HEX}/calls")
        assert page.headers["content-type"].startswith("text/csv")
        lines = page.content.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("村,姓名")
        assert len(lines) == 5
        assert "19900001000" in page.text
        assert "随访 3 次、体检" not in lines[0]
    rows = await county.rows("SELECT staff, purpose, ground FROM access_log")
    assert set(rows) == {(SU, "service", "panel"), (SU, "service", "duty")}
    assert len(rows) == 4


async def test_targets_are_kept_by_version_and_set_by_the_county_alone(county: World) -> None:
    name = f"{QINGHE_HEX}-elder"
    async with desk(county, CHEN) as chen:
        wrong = await chen.post("/console/board/targets?year=2026", {name: "约 30"})
        assert (wrong.status_code, "约 30" in wrong.text) == (422, True)
        done = await chen.post("/console/board/targets?year=2026", {name: "10396×64%"})
        assert done.headers["location"].endswith("saved=1")
        page = text_of(await chen.get("/console/board/targets?year=2026"))
        assert "设为 6,654" in page
        assert "I08，比例 64%" in page
        assert "2026 年的比例区县还没有定，列名下面是 2024 年的规定。" in page
        await chen.post("/console/board/targets?year=2026", {name: ""})
    rows = await county.rows(
        "SELECT version, number, written FROM target WHERE item='elder' AND facility=? "
        "ORDER BY version", QINGHE,
    )  # fmt: skip
    assert rows == [(1, 2, "2"), (2, 6654, "10396×64%"), (3, None, "")]
    for staff in (TIAN, QIN, SU, MA, LU):
        async with desk(county, staff) as other:
            assert (await other.get("/console/board/targets")).status_code == 403
            assert (await other.post("/console/board/targets", {name: "1"})).status_code == 403


async def upload(county: World, text: str) -> tuple[int, str]:
    async with desk(county, CHEN) as chen:
        page = await chen.client.post(
            "/console/board/targets/list?year=2026", data={"csrf": csrf_of(chen.token)},
            files={"file": ("annex.csv", text.encode("gbk"), "text/csv")},
        )  # fmt: skip
        return page.status_code, page.text


async def test_the_annex_is_read_into_the_fields_and_kept_only_when_saved(county: World) -> None:
    before = await county.rows("SELECT * FROM target")
    status, text = await upload(
        county,
        "facility,population,ehr_built_90,elderly_std_mgmt_64\n"
        "青禾镇卫生院,56000,50400,6654\n柳湾社区中心,37500,33750,4360\n合计,93500,84150,11014\n",
    )
    assert (status, "2 家机构、4 个目标" in text, 'value="6654"' in text) == (200, True, True)
    assert await county.rows("SELECT * FROM target") == before


async def test_every_fault_of_the_annex_is_said_by_line(county: World) -> None:
    status, text = await upload(
        county,
        "机构,老年人健康管理,高血压管理\n青禾卫生院,1,2\n柳湾社区中心,很多,=1+1\n合计,5,2\n",
    )
    assert status == 422
    for said in ("第 2 行", "青禾卫生院", "第 3 行", "很多", "第 4 行"):
        assert said in text, said
    assert (await upload(county, "a,b\n1,2\n"))[0] == 422


async def test_the_file_of_the_board_holds_every_place_and_row(county: World) -> None:
    async with desk(county, CHEN) as chen:
        page = await chen.get("/console/board.csv")
        lines = page.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 1 + (2 + 1) * len(rules().rows)
        assert "青禾镇卫生院,老年人健康管理,2,1,2,1" in lines
        assert "attachment" in page.headers["content-disposition"]


class Overheard:
    """A database whose statements are written down."""

    def __init__(self, store: Any) -> None:
        self.store, self.said = store, list[str]()

    async def read(self, action: Any) -> Any:
        return await self.store.read(lambda tx: action(Heard(tx, self.said)))


class Heard:
    def __init__(self, tx: Any, said: list[str]) -> None:
        self.tx, self.said, self.dialect = tx, said, tx.dialect

    async def rows(self, sql: str, *args: Any) -> Any:
        self.said.append(sql)
        return await self.tx.rows(sql, *args)


async def test_a_page_of_the_board_reads_kept_counts_and_never_residents(county: World) -> None:
    overheard = Overheard(county.site.store)
    site = replace(county.site, store=overheard)  # pyright: ignore[reportArgumentType]
    for staff in (CHEN, TIAN):
        await board(site, await signed(county, staff), YEAR)
    assert 0 < len(overheard.said) <= 24
    for sql in overheard.said:
        assert re.search(r"figure_flag|\b(resident|change|member|assignment)\b", sql) is None, sql
