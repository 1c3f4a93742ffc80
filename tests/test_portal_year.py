"""What the pages say of the year: what was done, what was missed, what measures a value next."""

from resident_portal.compare import measuring
from server.actions.plan import nightly
from server.pages import values
from tests.cast_forms import good
from tests.long_archive import remember
from tests.portal import bind, phone, text_of
from tests.test_portal_archive import checkup, counter, followup, link
from tests.test_portal_switch import born
from tests.world import SU, WU, ZHOU, World


async def test_what_was_done_today_stands_under_this_year_whatever_it_filled(world: World) -> None:
    await counter(world)
    await bind(world, ZHOU)
    made = await remember(world, ZHOU, [
        followup("2026-11-16"), followup("2026-11-18"), followup("2026-11-20"),
        checkup("2026-11-20"),
    ])  # fmt: skip
    async with phone(world, ZHOU) as zhou:
        done = (await zhou.get("/portal/plan")).text.partition("今年做过的")[2]
        assert all(f"/portal/archive/record/{each.hex()}" in done for each in made)
        await world.store.write(lambda tx: tx.run("DELETE FROM plan WHERE resident=?", ZHOU))
        page = await zhou.get("/portal/plan")
        assert "打电话改时间" not in text_of(page)
        assert "打电话问一问" in text_of(page)
        assert 'class="btn main"' not in page.text


async def test_missed_checks_of_a_child_are_said_first(world: World) -> None:
    await counter(world)
    child = await born(world, "2025-12-20")
    await bind(world, ZHOU)
    await bind(world, child, "13900009999")
    await link(world, child, ZHOU, "parent")
    await nightly.rebuild(world.site)
    async with phone(world, ZHOU, child) as zhou:
        home = text_of(await zhou.get("/portal/"))
        assert "今年错过了 12 项：儿童健康检查、中医药健康管理。预防接种本来" in home
        plan = text_of(await zhou.get("/portal/plan"))
        assert plan.partition("今年错过的")[2].count("没有做") == 12


async def test_a_value_that_rose_names_the_next_service_that_measures_it_or_none(
    world: World,
) -> None:
    await bind(world, WU)
    past = [
        checkup(f"{year}-05-08", fpg=fpg) for year, fpg in ((2024, 480), (2025, 549), (2026, 640))
    ]
    await remember(world, WU, [*past, followup("2026-11-10", next_date="2026-12-30")])
    async with phone(world, WU) as wu:
        years = text_of(await wu.get("/portal/archive/years"))
        run = years.partition("空腹血糖连着两年升高。")[2].partition("。")[0]
        assert "高血压随访" not in run
        trend = text_of(await wu.get("/portal/archive/trend/glucose?years=0"))
        for told in ("4.8", "5.49", "6.4"):
            assert f" {told} " in years, told
            assert f" {told} " in f"{trend} ", told


def test_glucose_is_measured_at_follow_ups_of_diabetes_and_checkups() -> None:
    assert measuring("fpg") == {"dm_followup", "health_check"}
    assert "htn_followup" in measuring("sbp")


def test_a_reference_in_a_form_is_a_name_or_left_out() -> None:
    body = good("htn_followup", doctor=SU.hex())
    named = values.named_rows("htn_followup", 1, body, {SU: "苏雨水"})
    assert "苏雨水" in [text for _, _, text in named]
    told = values.named_rows("htn_followup", 1, body)
    assert len(told) == len(named) - 1
    assert not any("编号" in text for _, _, text in told)
