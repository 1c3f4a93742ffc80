"""At the desk: what follows from a record that was saved, the referral's form it leads to, and how
far the referrals of an archive have come.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec import Raw

from server.actions.archives import afterwork, opening
from server.actions.archives import desk as writing
from server.records.upcast import newest
from server.store.ids import new_id
from sync import wire
from tests.cast_forms import good_bytes
from tests.console import Desk, desk, offices, text_of
from tests.desk_page import everything_typed, page_of
from tests.test_desk_actions import signed
from tests.world import HE, SU, ZHOU, World

TODAY = "2026-11-20"
CLINIC = {"to_org": "区人民医院", "to_dept": "心内科", "to_doctor": "周医生", "from_doctor": "苏木"}
SECOND: dict[str, Any] = {"class": "2"}
STORY = {"history": "高血压 8 年", "treatment": "氨氯地平 5mg"}


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


LATER: dict[str, dict[str, Any]] = {
    "htn_followup": {"next_date": "2027-01-10"},
    "dm_followup": {"next_date": "2027-01-10"},
    "health_check": {"feedback_date": "2026-11-30"},
    "referral": {},
}
"""Days of the good forms that lie after the services of these tests."""


async def saved(world: World, kind: str, on: str, **values: Any) -> bytes:
    """A record of Zhou, written by Su at a desk; its id."""
    who = await signed(world, SU)
    found = await opening.open_for(world.site, who, ZHOU)
    assert not isinstance(found, opening.AskWhy)
    change = wire.Change(
        id=new_id(world.clock()), resident=ZHOU, kind=kind, v=newest(kind), on=on,
        at=world.clock(),
        body=Raw(good_bytes(kind, **{**LATER[kind], **values})),
    )  # fmt: skip
    done = await writing.save(world.site, who, found, change)
    assert done.state == "applied", done
    return done.change


async def receipt(su: Desk, change: bytes) -> httpx.Response:
    return await su.get(page_of(ZHOU, f"/saved/{change.hex()}"))


def leads_to(page: httpx.Response, label: str) -> str:
    """The address behind a button."""
    found = re.search(rf'href="([^"]+)"[^>]*>{label}', page.text)
    assert found, text_of(page)
    return found[1].replace("&amp;", "&")


async def test_at_goal_the_page_says_so_with_the_day_and_the_source(su: Desk, world: World) -> None:
    page = text_of(await receipt(su, await saved(world, "htn_followup", TODAY)))
    assert "没有问题，按计划来" in page
    assert "血压 138/84 mmHg，达到目标" in page
    assert "2月18日" in page
    assert "国家基本公共卫生服务规范（第三版）高血压患者健康管理" in page
    assert "开转诊单" not in page


async def test_not_at_goal_for_the_first_time_is_two_weeks(su: Desk, world: World) -> None:
    change = await saved(world, "dm_followup", TODAY, fpg=89, **SECOND)
    page = text_of(await receipt(su, change))
    assert "还没有达标，要提前再来" in page
    assert "空腹血糖 8.9 mmol/L，未达目标（低于 7.0）" in page
    assert "12月4日" in page


async def test_twice_in_a_row_leads_to_a_referral_that_is_filled_in(su: Desk, world: World) -> None:
    await saved(world, "htn_followup", "2026-11-06", sbp=166, dbp=98, **SECOND)
    change = await saved(world, "htn_followup", TODAY, sbp=165, dbp=98, **SECOND)
    page = await receipt(su, change)
    assert "连续两次没有达标，要转诊" in text_of(page)
    assert "环翠区 2024 年 53 号文 5(7)" in text_of(page)
    form = await su.get(leads_to(page, "开转诊单"))
    assert form.status_code == 200
    typed = everything_typed(form)
    assert typed["direction"] == ["1"]
    assert typed["answers"] == [change.hex()]
    assert typed["from_org"] == ["青禾镇卫生院"]
    assert typed["reason"] == ["1"]
    assert "这次血压 165/98 mmHg" in typed["impression"][0]


async def test_the_loop_goes_from_needed_to_sent_to_back_on_the_archive_page(
    su: Desk, world: World
) -> None:
    change = await saved(world, "htn_followup", TODAY, sbp=190, **SECOND)
    archive = await su.get(page_of(ZHOU))
    assert "该转，还没有转" in text_of(archive)
    form = await su.get(leads_to(archive, "开转诊单"))
    typed = {**everything_typed(form), **CLINIC, **STORY, "service_day": TODAY}
    sent = await su.post(page_of(ZHOU, "/form/referral"), typed)
    assert sent.status_code == 303, text_of(sent)
    archive = await su.get(page_of(ZHOU))
    assert "已转出，等接诊" in text_of(archive)
    assert "转往区人民医院" in text_of(archive)
    page = await receipt(su, change)
    assert "危急：处理后马上转诊" in text_of(page)
    assert "马上开转诊单" not in text_of(page)
    form = await su.get(leads_to(archive, "记回转结果"))
    typed = {
        **everything_typed(form), "service_day": TODAY, "back_dx": "高血压 3 级",
        "back_treatment": "调整为联合用药", "rehab_advice": "低盐，两周后复测",
    }  # fmt: skip
    back = await su.post(page_of(ZHOU, "/form/referral"), typed)
    assert back.status_code == 303, text_of(back)
    assert "已有结果" in text_of(await su.get(page_of(ZHOU)))


async def test_of_two_readings_of_a_day_the_box_and_the_plan_cite_the_graver(
    su: Desk, world: World
) -> None:
    grave = await saved(world, "htn_followup", TODAY, sbp=190, **SECOND)
    await saved(world, "htn_followup", TODAY, sbp=152, dbp=92, **SECOND)
    page = await su.get(page_of(ZHOU))
    assert text_of(page).count("该转，还没有转") == 1
    assert "刚写的记录十来秒后算进来" in text_of(page)
    assert f"for={grave.hex()}" in leads_to(page, "开转诊单")
    await afterwork.catch_up(world.site)
    page = await su.get(page_of(ZHOU))
    assert "刚写的记录十来秒后算进来" not in text_of(page)
    _, _, plan = page.text.partition('id="plan"')
    assert "190/" in plan
    assert "152/92" not in plan.partition('class="plan-rest"')[0]


async def test_twice_on_one_day_is_not_twice_in_a_row(su: Desk, world: World) -> None:
    await saved(world, "htn_followup", TODAY, sbp=166, dbp=98, **SECOND)
    change = await saved(world, "htn_followup", TODAY, sbp=165, dbp=98, **SECOND)
    assert "连续两次" not in text_of(await receipt(su, change))
    assert "该转，还没有转" not in text_of(await su.get(page_of(ZHOU)))


async def test_a_referral_that_is_not_made_is_ended_with_a_reason(su: Desk, world: World) -> None:
    await saved(world, "htn_followup", TODAY, sbp=190, **SECOND)
    form = await su.get(leads_to(await su.get(page_of(ZHOU)), "不转诊，写明原因"))
    typed = {**everything_typed(form), "service_day": TODAY}
    missing = await su.post(page_of(ZHOU, "/form/referral"), typed)
    assert "请选择没有结果的原因" in text_of(missing)
    ended = await su.post(page_of(ZHOU, "/form/referral"), {**typed, "ended": "2"})
    assert ended.status_code == 303, text_of(ended)
    page = text_of(await su.get(page_of(ZHOU)))
    assert "已结束，没有结果" in page
    assert "居民不愿转诊" in page


async def test_a_sheet_asks_for_its_own_half_and_for_all_while_none_is_chosen(
    su: Desk, world: World
) -> None:
    sent = await saved(world, "referral", TODAY, follow_due="2026-12-04")
    back = text_of(await su.get(page_of(ZHOU, f"/form/referral?answers={sent.hex()}&direction=2")))
    assert "回转诊断" in back
    assert "病史摘要" not in back
    assert "病史摘要" in text_of(await su.get(page_of(ZHOU, "/form/referral")))


async def test_a_restricted_suspicion_is_shown_to_who_may_see_it_and_to_nobody_else(
    su: Desk, world: World
) -> None:
    set_ = "UPDATE staff SET restricted=? WHERE staff=?"
    await world.store.write(lambda tx: tx.run(set_, True, SU))
    change = await saved(world, "health_check", TODAY, symptoms=["7"])
    page = await receipt(su, change)
    assert "推介转诊查痰和胸片" in text_of(page)
    form = await su.get(leads_to(page, "开转诊单"))
    assert form.status_code == 200
    await world.store.write(lambda tx: tx.run(set_, False, SU))
    page = await receipt(su, change)
    assert "体检有异常" in text_of(page)
    for said in ("查痰", "结核"):
        assert said not in text_of(page)
        assert said not in text_of(await su.get(page_of(ZHOU)))


async def test_an_address_that_names_nothing_in_view_begins_an_empty_form(su: Desk) -> None:
    for rest in (
        f"?for={'00' * 16}",
        "?for=x",
        f"?answers={'00' * 16}&direction=2",
        "?direction=4",
    ):
        form = await su.get(page_of(ZHOU, f"/form/referral{rest}"))
        assert form.status_code == 200
        assert "direction" not in everything_typed(form)


async def test_somebody_elsewhere_is_told_nothing(su: Desk, world: World) -> None:
    assert su.token
    change = await saved(world, "htn_followup", TODAY, sbp=190)
    async with desk(world, HE) as he:
        assert (await receipt(he, change)).status_code in (403, 404)
