"""Forms on paper: every kind, a whole village and month, the code that leads back, no paper."""

import re
from collections.abc import AsyncIterator
from datetime import date

import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import afterwork, paper
from server.actions.facility_work.writing import Filled, fresh_id, save
from server.console.paper_sheet import NOT_ON_PAPER, Line, blank, parts_of
from server.records.kinds import current, everything
from server.records.model import Code, Codes, Field, Kind, ListOf, Ref, Subject
from tests.cast_forms import ON, good
from tests.console import CHEN, Desk, desk, offices, session_of, text_of
from tests.desk_page import fill
from tests.world import HE, LIUWAN, QINGHE, SU, WU, ZHOU, World, id_number

NAMED = list(dict.fromkeys(each.id for each in everything()))


def newest(kind_id: str) -> Kind:
    return current(kind_id, on=ON)


def asked(kind: Kind) -> list[Field]:
    return [each for each in kind.fields if each.name not in NOT_ON_PAPER]


def lines_of(kind: Kind, form: dict[str, object]) -> list[Line]:
    return [line for part in parts_of(kind, form, {}, kind.fields) for line in part.lines]


@pytest.mark.parametrize("kind_id", NAMED)
def test_every_kind_prints_each_question_in_its_order_with_the_answer_in_its_box(
    kind_id: str,
) -> None:
    kind, form = newest(kind_id), good(kind_id)
    lines = lines_of(kind, form)
    assert [line.label for line in lines] == [each.label for each in asked(kind)]
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    for each, line in zip(asked(kind), lines, strict=True):
        value = form.get(each.name)
        if isinstance(each.type, Code):
            assert line.options == tuple(each.type.codes.items())
            assert line.boxes == ((value,) if value is not None else ("",))
        elif isinstance(each.type, Codes):
            assert [box for box in line.boxes if box] == (value or [])
        elif isinstance(each.type, ListOf):
            assert len(line.rows) == (len(value) if isinstance(value, list) else 2)
        elif value is not None and not isinstance(each.type, Ref):
            assert line.text, each.name


@pytest.mark.parametrize("kind_id", NAMED)
def test_an_empty_form_has_every_question_and_no_answer(kind_id: str) -> None:
    drawn = blank(newest(kind_id), "青禾镇卫生院")
    lines = [line for part in drawn.parts for line in part.lines]
    assert [line.label for line in lines] == [each.label for each in asked(newest(kind_id))]
    assert not any(line.text or any(line.boxes) for line in lines)
    about = newest(kind_id).subject is Subject.RESIDENT
    assert drawn.boxes == ((("",) * 3, ("",) * 5) if about else ())
    assert (drawn.record, drawn.name) == ("", "")


def test_what_the_official_text_was_not_seen_of_says_so_on_paper() -> None:
    assert "未核对官方文本" in blank(newest("copd_followup"), "").marks[0]


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


async def saved(su: Desk, who: bytes) -> str:
    done = await fill(su, who)
    assert done.status_code == 303, text_of(done)
    return done.headers["location"].rpartition("/")[2]


async def test_a_record_prints_with_its_number_and_a_code_that_leads_back_through_the_gate(
    su: Desk, world: World
) -> None:
    change = await saved(su, ZHOU)
    page = await su.get(f"/console/archive/{ZHOU.hex()}/paper/{change}")
    assert page.status_code == 200
    said = text_of(page)
    assert "高血压患者随访服务记录表" in said
    assert " ".join(change[n : n + 8] for n in range(0, 32, 8)) in said
    assert "居民（监护人）签名" in said
    assert "保存 30 年" in said
    assert page.text.count('class="qr"') == 1
    back = await su.get(f"/console/record/{change}")
    assert back.headers["location"] == f"/console/archive/{ZHOU.hex()}?record={change}"
    assert f'id="r-{change}"><details open' in (await su.get(back.headers["location"])).text
    async with desk(world, HE) as elsewhere:
        shut = await elsewhere.get(f"/console/archive/{ZHOU.hex()}/paper/{change}")
        assert shut.status_code in (403, 404)
        assert "高血压" not in text_of(shut)


async def test_the_archives_own_page_prints_without_the_whole_document_number(su: Desk) -> None:
    page = text_of(await su.get(f"/console/archive/{ZHOU.hex()}/paper/basic_info"))
    assert "个人基本信息表" in page
    assert "周谷雨" in page
    assert id_number(ZHOU) not in page
    assert id_number(ZHOU)[-4:] in page


async def test_a_village_and_month_prints_what_stands_and_logs_each_archive(
    su: Desk, world: World
) -> None:
    first, gone = await saved(su, ZHOU), await saved(su, WU)
    await su.post(f"/console/archive/{WU.hex()}/void/{gone}", reason="填错了人")
    address = "/console/paper/batch?kind=htn_followup&village=&month=2026-11"
    page = await su.get(address)
    assert page.status_code == 200
    assert page.text.count('<article class="paper">') == 1
    assert first[:8] in text_of(page)
    looked = "SELECT COUNT(*) FROM access_log WHERE resident=? AND staff=?"
    rows = await world.store.read(lambda tx: tx.rows(looked, WU, SU))
    assert rows[0][0] >= 1, "whoever is in a batch was opened for it"
    empty = text_of(await su.get(address.replace("2026-11", "2026-10")))
    assert "没有要打印的记录" in empty


@pytest.mark.parametrize(
    "query",
    [
        "kind=smd_followup&month=2026-11",
        "kind=nothing&month=2026-11",
        "kind=htn_followup&month=1999-01",
        "kind=htn_followup&month=2026-11&village=x",
        "kind=supervision_patrol&month=2026-11",
        "",
    ],
)
async def test_a_batch_nobody_was_offered_is_not_there(su: Desk, world: World, query: str) -> None:
    await world.store.write(lambda tx: tx.run("UPDATE staff SET role='desk' WHERE staff=?", SU))
    page = await su.get(f"/console/paper/batch?{query}")
    assert page.status_code in (403, 404)


async def test_a_restricted_form_prints_for_who_may_see_it_only(su: Desk, world: World) -> None:
    set_ = "UPDATE staff SET restricted=? WHERE staff=?"
    await world.store.write(lambda tx: tx.run(set_, False, SU))
    await world.store.write(lambda tx: tx.run("UPDATE staff SET role='desk' WHERE staff=?", SU))
    assert "严重精神障碍" not in text_of(await su.get("/console/paper"))
    assert (await su.get("/console/paper/blank/smd_followup")).status_code in (403, 404)
    await world.store.write(lambda tx: tx.run(set_, True, SU))
    assert "严重精神障碍" in text_of(await su.get("/console/paper"))
    page = await su.get("/console/paper/batch?kind=smd_followup&village=&month=2026-11")
    assert page.status_code == 200


async def test_a_facility_without_paper_is_told_so_by_the_county_only(
    su: Desk, world: World
) -> None:
    address = f"/console/organisations/{QINGHE.hex()}/paperless"
    assert (await su.post(address, since="2026-01-01")).status_code in (403, 404)
    async with desk(world, CHEN) as county:
        wrong = await county.post(address, since="2026-02-31")
        assert (wrong.status_code, "2026-01-31" in text_of(wrong)) == (422, True)
        done = await county.post(address, since="2026-01-01")
        assert done.headers["location"] == f"/console/organisations/{QINGHE.hex()}"
        shown = await county.get(address)
        assert 'value="2026-01-01"' in shown.text
        assert "青禾镇卫生院经考核可以无纸化" in text_of(shown)
        nowhere = await county.post(f"/console/organisations/{'0' * 32}/paperless", since="")
        assert nowhere.status_code in (403, 404)
    assert "自 2026年1月1日起无纸化" in text_of(await su.get("/console/paper"))
    assert await paper.paperless_since(world.site, LIUWAN) is None
    async with desk(world, CHEN) as county:
        await county.post(address, since="")
    assert await paper.paperless_since(world.site, QINGHE) is None


async def test_work_of_a_facility_prints_with_its_place_and_nobodys_name(
    su: Desk, world: World
) -> None:
    body = good("supervision_patrol", doctor=SU.hex())
    filled = Filled(fresh_id(world.site), QINGHE, "supervision_patrol", 1, date(2026, 11, 3), body)
    signed = await signed_in(world.site, await session_of(world, SU))
    assert isinstance(signed, Signed)
    assert await save(world.site, signed, filled) == ()
    page = await su.get(f"/console/work/record/{filled.record.hex()}/paper")
    said = text_of(page)
    assert "卫生监督协管巡查登记表" in said
    assert "青禾镇卫生院" in said
    assert filled.record.hex()[:8] in said
    assert "姓名" not in said
    assert "居民（监护人）签名" not in said
    assert re.search(r"填写人\s*苏", said)
    assert not re.search(r"医生签名\s*苏", said), "the hand signs"
    assert "照片校验值" not in said
    async with desk(world, HE) as elsewhere:
        shut = await elsewhere.get(f"/console/work/record/{filled.record.hex()}/paper")
        assert shut.status_code in (403, 404)


async def test_a_code_of_no_record_leads_nowhere(su: Desk) -> None:
    assert (await su.get(f"/console/record/{'ab' * 16}")).status_code in (403, 404)
    assert (await su.get("/console/record/nothing")).status_code in (403, 404)


async def test_a_record_of_another_archive_is_not_printed_under_this_one(su: Desk) -> None:
    change = await saved(su, ZHOU)
    page = await su.get(f"/console/archive/{WU.hex()}/paper/{change}")
    assert page.status_code in (403, 404)
    assert not re.search("高血压患者随访", page.text)
