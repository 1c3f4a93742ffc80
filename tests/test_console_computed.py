"""What a form works out by itself, at a desk: filled in, shown, and asked about."""

import re
from collections.abc import AsyncIterator

import pytest
from httpx import Response

from server.actions.archives import afterwork
from server.actions.archives.life import step
from server.console.desk_computed import COMPUTE
from server.console.desk_form import DO, typed_from
from server.records.kinds import current
from server.rules.life import Asked, Life, May
from tests.cast_forms import good
from tests.console import Desk, desk, offices, text_of
from tests.desk_page import HTN, everything_typed, fill, hidden, page_of
from tests.test_life import TODAY, signed
from tests.world import QIN, SU, WU, ZHENG, ZHOU, World

SELFCARE = {"eat": "3", "wash": "1", "dress": "0", "toilet": "0", "move": "0"}


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


def typed(kind_id: str, *left_out: str, **changes: str) -> dict[str, list[str]]:
    kind = current(kind_id, on=TODAY)
    found = typed_from(kind.fields, good(kind_id))
    found |= {"service_day": ["2026-11-20"], **{name: [v] for name, v in changes.items()}}
    return {name: texts for name, texts in found.items() if name not in left_out}


async def send(su: Desk, who: bytes, kind_id: str, form: dict[str, list[str]]) -> Response:
    page = await su.get(page_of(who, f"/form/{kind_id}"))
    return await su.post(
        page_of(who, f"/form/{kind_id}"), {**form, "change": hidden(page, "change")}
    )


async def test_a_sum_that_was_left_open_is_filled_in_and_saved(su: Desk) -> None:
    done = await send(su, ZHOU, "elder_selfcare", typed("elder_selfcare", "total", **SELFCARE))
    assert done.status_code == 303, text_of(done)
    page = await su.get(page_of(ZHOU))
    assert "总评分" in text_of(page)


async def test_a_button_only_works_out_and_saves_nothing(su: Desk, world: World) -> None:
    form = typed("elder_selfcare", "total", "doctor", **SELFCARE)
    page = await send(su, ZHOU, "elder_selfcare", {**form, DO: [COMPUTE]})
    assert page.status_code == 200
    assert 'name="total"' in page.text
    assert 'value="4"' in page.text
    assert "轻度依赖" in text_of(page)
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 0


async def test_a_finding_is_seen_before_it_is_saved(su: Desk, world: World) -> None:
    form = typed("elder_tcm", "is_qi", "is_balanced", "score_qi", "score_balanced")
    page = await send(su, ZHOU, "elder_tcm", form)
    assert page.status_code == 422
    assert "气虚质得分" in text_of(page)
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 0
    seen = typed("elder_tcm")
    again = await su.post(
        page_of(ZHOU, "/form/elder_tcm"), {**seen, "change": hidden(page, "change")}
    )
    assert again.status_code == 303, text_of(again)


async def test_what_was_typed_otherwise_is_asked_about(su: Desk) -> None:
    # 周 is 71: 149 is at goal, 150 is not.
    assert (await fill(su, ZHOU, sbp="149", dbp="85", **{"class": "1"})).status_code == 303
    asked = await fill(su, ZHOU, sbp="150", dbp="85", **{"class": "1"})
    assert asked.status_code == 422
    assert "所选分类比测量值、不良反应和并发症显示的要好" in text_of(asked)


async def test_a_height_of_the_checkup_gives_the_index_of_a_visit(su: Desk) -> None:
    check = typed("health_check", feedback_date="2026-11-21", ecg="1")
    done = await send(su, ZHOU, "health_check", check)
    assert done.status_code == 303, text_of(done)
    page = await su.get(page_of(ZHOU, "/form/htn_followup"))
    assert "心率 当天健康体检里是" in text_of(page), "it says where the filled-in value is from"
    assert "体重 当天健康体检里是" in text_of(page)
    form = {**HTN, "bmi": "", "change": hidden(page, "change"), DO: COMPUTE}
    shown = await su.post(page_of(ZHOU, "/form/htn_followup"), form)
    # 1.66 m
    weight = float(str(HTN["weight"]))
    assert f'value="{round(weight / 1.66**2, 1)}"' in shown.text


async def test_nobody_is_visited_before_birth_or_after_death(su: Desk, world: World) -> None:
    early = await fill(su, WU, service_day="1948-11-04", next_date="1948-12-01")
    assert early.status_code == 422
    assert "服务日期不能早于出生日期" in text_of(early)
    qin = await signed(world, QIN)
    died = Asked(Life.DEAD, TODAY.replace(day=19), "死亡医学证明 37100220260117")
    assert isinstance(await step(world.site, qin, ZHENG, died), May)
    late = await fill(su, ZHENG, service_day="2026-11-20")
    assert late.status_code == 422
    assert "服务日期在死亡日期之后" in text_of(late)
    assert (await fill(su, ZHENG, service_day="2026-11-19")).status_code == 303


async def test_a_man_is_told_that_he_is_not_pregnant_with_every_other_fault(su: Desk) -> None:
    form = typed("antenatal_first", "weight", sbp="400")
    page = await send(su, WU, "antenatal_first", form)
    text = text_of(page)
    assert page.status_code == 422
    for said in ("档案中的性别为男", "请填写体重", "收缩压应在 60 到 260"):
        assert said in text


async def test_a_day_of_birth_that_the_number_contradicts_is_not_saved(su: Desk) -> None:
    page = await su.get(page_of(ZHOU, "/form/basic_info"))
    typed_ = {**everything_typed(page), "birth_date": ["1955-03-13"], "sex": ["1"]}
    answer = await su.post(page_of(ZHOU, "/form/basic_info"), typed_)
    assert answer.status_code == 422
    for said in ("出生日期与证件号码不一致", "性别与证件号码不一致"):
        assert said in text_of(answer)


async def test_a_form_begins_with_the_blood_group_of_the_archive(su: Desk) -> None:
    page = await su.get(page_of(ZHENG, "/form/antenatal_first"))
    assert re.search(r'name="blood_abo" value="1"[^>]* checked', page.text)
