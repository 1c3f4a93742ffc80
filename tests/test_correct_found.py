"""What a new user found about corrections, and how it is instead."""

import re

from server.rules.corrections import Outcome
from tests.console import CHEN, desk
from tests.console import text_of as desk_text
from tests.portal import phone, text_of
from tests.test_correct_pages import RECORD, filled, send
from tests.test_corrections import TODAY, answers, asks, file_of, ready, rules, shown_on
from tests.world import QIN, SU, ZHOU, World


async def test_a_claim_against_none_is_one_choice_and_no_page_says_both(world: World) -> None:
    su, _ = await ready(world)
    su.tablet.save_edit(ZHOU, {"drug_allergy/1": True, "drug_allergy/2": False}, TODAY)
    await su.settle()
    async with phone(world, ZHOU) as zhou:
        path = "/portal/correct/field/drug_allergy"
        typed = filled(await zhou.get(path))
        assert typed["drug_allergy"] == ["1"]
        done = await send(zhou, path, typed, drug_allergy=["1", "3", "4"], why="1")
        claim = bytes.fromhex(done.headers["location"].rpartition("/")[2])
        form = text_of(await zhou.get(path))
        assert "档案里写的 无" in form
        assert "您自己改的" not in form
        assert "这一项您已经提过，还在等答复" in form
        seen = [done.headers["location"], "/portal/archive", "/portal/passport", "/portal/correct"]
        for page in [text_of(await zhou.get(each)) for each in seen]:
            assert "没有无" not in page
            assert "无，磺胺" not in page
        assert "过敏史，原来 无 您要改成 磺胺" in text_of(await zhou.get(seen[0]))
    async with desk(world, SU) as doctor:
        page = await doctor.get(f"/console/archive/{ZHOU.hex()}")
        assert page.status_code == 200
        assert "没有无" not in desk_text(page)
        assert "无 苏清明" in desk_text(page), "who had said 无 stands beside the claim"
    async with desk(world, QIN) as qin:
        shown = desk_text(await qin.get(f"/console/correction/{claim.hex()}"))
        assert "没有无" not in shown
        assert "药物过敏史 无 磺胺" in shown
    await answers(world, QIN, claim, text="链霉素没有查到", drug_allergy__3=True)
    file = await file_of(world, claim)
    assert file.outcome is Outcome.PARTLY
    assert file.content.verdicts == {
        "drug_allergy/1": True, "drug_allergy/3": True, "drug_allergy/4": False,
    }  # fmt: skip
    await su.settle()
    assert [shown_on(su, f"drug_allergy/{n}") for n in (1, 3, 4)] == [False, True, False]


async def test_the_reason_of_a_no_is_read_and_the_county_has_the_last_word(world: World) -> None:
    await ready(world)
    async with phone(world, ZHOU) as zhou:
        path = "/portal/correct/field/phone"
        typed = filled(await zhou.get(path))
        applied = await send(zhou, path, typed, phone="13900000009", why="3")
        assert applied.status_code == 303
        for each in ("/portal/", "/portal/correct"):
            assert "已改好，等核对" in text_of(await zhou.get(each))
        claim = await asks(world, blood_abo="2")
        await answers(world, QIN, claim, text="请带化验单来", blood_abo=False)
        status = f"/portal/correct/{claim.hex()}"
        assert "和您当面核对过，原来的对 请带化验单来" in text_of(await zhou.get(status))
        assert (await zhou.post(f"{status}/appeal", appeal="有外院的证明")).status_code == 303
    assert await rules(world, claim, overturn=True)
    for staff, kind in ((QIN, "correction"), (CHEN, "appeal")):
        async with desk(world, staff) as one:
            page = desk_text(await one.get(f"/console/{kind}/{claim.hex()}"))
            assert "县里：照居民说的改" in page
            assert "不采纳" not in page
    results = await world.rows("SELECT kind, result FROM task WHERE subject=? ORDER BY kind", claim)
    assert results == [("appeal", "overturned"), ("correction", "overturned")]


async def test_a_correction_at_a_desk_is_told_once(world: World) -> None:
    await ready(world)
    base = f"/console/archives/{ZHOU.hex()}/for"
    async with desk(world, QIN) as qin:
        assert (await qin.post(base)).status_code == 303
        path = f"{base}/correct/field/genetic"
        (name,) = re.findall(r'name="id" value="(\w+)"', (await qin.get(path)).text)
        form = {"id": name, "why": "2", "genetic": "2", "person": ZHOU.hex(), "text": "说的"}
        assert (await qin.post(path, data=form)).status_code == 303
    told = await world.rows("SELECT template FROM notice WHERE resident=?", ZHOU)
    assert told == [("assisted_act",)]


async def test_words_about_one_value_stand_beside_it_for_resident_and_doctor(world: World) -> None:
    await ready(world)
    path = f"/portal/correct/record/{RECORD}"
    async with phone(world, ZHOU) as zhou:
        typed = filled(await zhou.get(path))
        one = await send(zhou, path, typed, field="sbp", why="2", text="那天刚爬完楼")
        assert one.status_code == 303
        typed = filled(await zhou.get(path))
        assert (await send(zhou, path, typed, why="2", text="那天没来过")).status_code == 303
        read = text_of(await zhou.get(f"/portal/archive/record/{RECORD}"))
        assert re.search(r"高压 138 毫米汞柱 您说高压，\S+ 那天刚爬完楼 低压", read), read
        assert "您写在旁边的话" in read
    async with desk(world, SU) as doctor:
        page = desk_text(await doctor.get(f"/console/archive/{ZHOU.hex()}"))
        assert "居民有话" in page
        assert re.search(r"收缩压 138 \S+ 居民说收缩压，\S+ 那天刚爬完楼 舒张压", page), page
        assert re.search(r"居民的话，\S+ 那天没来过", page), page


async def test_faults_say_what_to_do_and_the_way_back_leads_to_where_it_began(world: World) -> None:
    await ready(world)
    async with phone(world, ZHOU) as zhou:
        assert 'correct/field/phone?from=archive"' in (await zhou.get("/portal/archive")).text
        path = "/portal/correct/field/phone?from=archive"
        page = await zhou.get(path)
        assert page.text.count('href="/portal/archive#basics"') == 2
        assert "可以不填" not in text_of(page).partition("为什么要改")[0]
        bad = await send(zhou, path, filled(page), phone="1390000000")
        assert "选一个要改的原因" in text_of(bad)
        assert "手机号是 11 位数字，现在是 10 位" in text_of(bad)
        assert bad.text.count('href="/portal/archive#basics"') == 2
        done = await send(zhou, path, filled(bad), phone="13900000009", why="3")
        status = await zhou.get(done.headers["location"])
        assert 'class="back" href="/portal/archive#basics"' in status.text
        record = f"/portal/correct/record/{RECORD}?from=record"
        assert (
            record.split("/portal")[1] in (await zhou.get(f"/portal/archive/record/{RECORD}")).text
        )
        assert (await zhou.get(record)).text.count(f'href="/portal/archive/record/{RECORD}"') == 2
        away = await zhou.get("/portal/correct/field/phone?from=https://evil.example/")
        assert "evil" not in away.text
        assert 'class="back" href="/portal/correct"' in away.text
