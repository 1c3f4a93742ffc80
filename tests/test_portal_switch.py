"""Choosing a facility in the portal: from the page to both tablets, pressed twice, taken back,
raced, for a child, as a special case, and without any say of the facility that is left.
"""

import asyncio
import re
from datetime import date
from typing import Any

import pytest

from server.actions.places import cases, handovers, move
from server.actions.places.district import Loader, NewResident
from server.actions.residents import facility_choice
from server.actions.residents.acting import Acting
from server.actions.residents.facility_choice import Wish
from server.errors import NotYours, RuleSaysNo
from server.rules import switch as rule
from server.store.ids import new_id
from tests.cast_forms import good
from tests.console import CHEN, TIAN, desk, offices
from tests.console import text_of as desk_text
from tests.portal import Phone, bind, phone, text_of
from tests.test_queues import person
from tests.world import (
    DISTRICT,
    HE,
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WU,
    ZHOU,
    World,
    an_id,
    check_digit,
    field,
)

TO = f"/portal/switch/to/{LIUWAN.hex()}"


async def form_of(here: Phone, **more: str) -> dict[str, str]:
    """The form of Liuwan, filled in."""
    page = await here.get(TO)
    found = re.search(r'name="id" value="([0-9a-f]{32})"', page.text)
    assert found is not None
    filled = {"panel": TEAM_B.hex(), "ground": "moved", "day": "2026-11-27", "id": found[1]}
    return {**filled, **more}


async def switched(here: Phone, **more: str) -> str:
    """The address of the receipt."""
    done = await here.post(TO, data=await form_of(here, **more))
    assert done.status_code == 303, text_of(done)
    return done.headers["location"]


async def link(world: World, person_: bytes, resident: bytes, tie: str, scopes: str = "") -> None:
    row = (
        DISTRICT, resident, new_id(world.clock()), person_, tie, scopes, "2026-01-01", "2027-12-31",
        "standing", None, world.clock(), SU, None, b"",
    )  # fmt: skip
    await world.store.write(lambda tx: tx.insert("family_link", [row]))


async def born(world: World, day: str) -> bytes:
    """Somebody of Qinghe who was born on that day."""
    who, base = an_id(f"born {day}"), f"371002{day.replace('-', '')}001"
    number = base + check_digit(base)
    loader = Loader(world.site)
    await loader.begin()
    told = good("basic_info", name="倪小寒", id_no=number, birth_date=day, sex="1")
    loader.resident(
        NewResident(
            id=who, panel=TEAM_A, facility=QINGHE, created_ms=world.clock() - 10**9,
            archive_no="37100200100100099", id_no=number, since_day="2024-03-11", basics=told,
        )
    )  # fmt: skip
    await loader.flush()
    return who


def choosing(**more: Any) -> Wish:
    filled = {"panel": TEAM_B, "ground": "moved", "day": None, "id": new_id(1)}
    return Wish(**{**filled, **more})


async def test_a_switch_goes_from_the_portal_to_both_tablets(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    su = await field(world, "07")
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    for each in (su, he):
        await each.settle()
    async with phone(world, ZHOU) as zhou:
        assert "您 现在就可以换" in text_of(await zhou.get("/portal/switch"))
        checked = await zhou.post(f"{TO}/check", data=await form_of(zhou))
        assert "1 台平板上的档案副本会清除" in text_of(checked)
        receipt = await switched(zhou)
        assert "11月27日起由柳湾社区中心负责" in text_of(await zhou.get(receipt))
        assert "还有 7 天" in text_of(await zhou.get("/portal/"))
        world.clock.pass_(days=7)
        # Written on the old tablet before it hears of it: the visit is credited, not lost.
        late = su.tablet.save_event(
            ZHOU, "htn_followup", "2026-11-26", good("htn_followup", next_date="2027-02-18")
        )
        assert await move.begin_due(world.site) == 1
        await he.settle()
        assert ZHOU in he.tablet.archive.members(TEAM_B)
        await su.settle()
        assert su.tablet.fate(late)[0] == "applied"
        assert ZHOU not in su.tablet.archive.members(TEAM_A)
        await su.settle()
        copies = dict(await world.rows("SELECT device, state FROM copy WHERE resident=?", ZHOU))
        assert (copies[su.keys.device], copies[he.keys.device]) == ("purged", "possible")
        async with desk(world, HE) as console:
            came = await console.get("/console/transfers")
            assert "周谷雨" in came.text
            name = await world.one("SELECT handover FROM handover")
            assert (await console.post(f"/console/transfers/{name.hex()}/seen")).status_code == 303
    async with phone(world, ZHOU) as zhou:
        shown = text_of(await zhou.get(receipt))
        assert "要求 1 台平板删除，已确认 1 台" in shown
        assert "柳湾社区中心已经看到" in shown
    told = [row[0] for row in await world.rows("SELECT template FROM notice ORDER BY made_at")]
    assert told == ["switch_received", "switch_effective", "switch_seen"]


async def test_pressed_twice_it_is_one_switch_and_undone_twice_one_undoing(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        form = await form_of(zhou, day="2026-11-20")
        first = await zhou.post(TO, data=form)
        again = await zhou.post(TO, data={**form})
        assert again.headers["location"] == first.headers["location"]
        receipt = first.headers["location"]
        assert await world.rows("SELECT status FROM switch") == [("done",)]
        for _ in range(2):
            assert (await zhou.post(f"{receipt}/undo")).status_code == 303
        assert await world.rows("SELECT status FROM switch") == [("undone",)]
        assert await world.one("SELECT panel FROM resident WHERE resident=?", ZHOU) == TEAM_A
        assert "还由原来的机构负责" in text_of(await zhou.get(receipt))
        assert "您 现在就可以换" in text_of(await zhou.get("/portal/switch"))
        # A receipt of an older switch takes nothing newer back.
        newer = await switched(zhou)
        assert (await zhou.post(f"{receipt}/undo")).status_code == 303
        assert await world.one("SELECT COUNT(*) FROM switch WHERE status='scheduled'") == 1
        await zhou.post(f"{newer}/undo")
        assert await world.one("SELECT COUNT(*) FROM switch WHERE status='scheduled'") == 0


async def test_undo_ends_with_its_days_and_the_year_runs(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        receipt = await switched(zhou, day="2026-11-20")
        world.clock.pass_(days=world.site.rules.undo_days + 1)
    async with phone(world, ZHOU) as zhou:
        assert "撤回这次换机构" not in text_of(await zhou.get(receipt))
        late = await zhou.post(f"{receipt}/undo")
        assert (late.status_code, "已经过了可以撤回的天数" in text_of(late)) == (409, True)
        page = await zhou.get("/portal/switch")
        assert "从 2027年11月20日 周六起可以换" in text_of(page)
        assert 'class="clock"' in page.text


async def test_29_february_ends_its_year_on_28_february(world: World) -> None:
    await bind(world, ZHOU)
    world.clock.pass_(days=(date(2028, 2, 29) - date(2026, 11, 20)).days)
    acting = Acting(ZHOU, ZHOU)
    outcome = await facility_choice.choose(world.site, acting, choosing(day=date(2028, 2, 29)))
    assert isinstance(outcome, rule.Granted)
    found = await facility_choice.choice(world.site, acting)
    assert found.standing.free_from == date(2029, 2, 28)


async def test_of_two_at_the_same_moment_one_begins_and_the_other_waits_a_year(
    world: World,
) -> None:
    acting, today = Acting(ZHOU, ZHOU), date(2026, 11, 20)
    wishes = [choosing(day=today, id=new_id(n)) for n in (1, 2)]
    outcomes = await asyncio.gather(
        *(facility_choice.choose(world.site, acting, each) for each in wishes)
    )
    kinds = sorted(type(each).__name__ for each in outcomes)
    assert kinds == ["Granted", "SameFacility"]
    assert await world.one("SELECT COUNT(*) FROM assignment WHERE resident=?", ZHOU) == 2
    assert await world.one("SELECT COUNT(*) FROM member WHERE resident=?", ZHOU) == 1


async def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    world: World,
) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        bad = await zhou.post(f"{TO}/check", data=await form_of(zhou, ground="", day="2026-11-01"))
        assert bad.status_code == 422
        assert "还差" in text_of(bad)
        assert 'value="2026-11-01"' in bad.text
        past = await zhou.post(f"{TO}/check", data=await form_of(zhou, day="2026-11-01"))
        assert "这天已经过了" in text_of(past)
        far = await zhou.post(TO, data=await form_of(zhou, day="2030-01-01"))
        assert (far.status_code, "太远了" in text_of(far)) == (422, True)
        unknown = await zhou.post(TO, data=await form_of(zhou, panel=TEAM_A2.hex()))
        assert unknown.status_code == 422
        for path in (f"/portal/switch/to/{QINGHE.hex()}", f"/portal/switch/to/{'ab' * 16}"):
            assert (await zhou.get(path)).status_code == 404
        other = await facility_choice.choose(world.site, Acting(WU, WU), choosing())
        assert isinstance(other, rule.Granted)
        theirs = await world.one("SELECT switch FROM switch WHERE resident=?", WU)
        assert (await zhou.get(f"/portal/switch/receipt/{theirs.hex()}")).status_code == 404
        undo = await zhou.post(f"/portal/switch/receipt/{theirs.hex()}/undo")
        assert undo.status_code == 404
    assert await world.rows("SELECT status FROM switch WHERE resident=?", WU) == [("scheduled",)]
    assert await world.rows("SELECT 1 FROM switch WHERE resident=?", ZHOU) == []


@pytest.mark.parametrize(
    ("birth", "tie", "may"),
    [
        ("2015-03-01", "parent", True), ("2010-03-01", "parent", False),
        ("1955-03-12", "appointed", True), ("1955-03-12", "helper", False),
    ],
)  # fmt: skip
async def test_who_may_choose_for_somebody(world: World, birth: str, tie: str, may: bool) -> None:
    who = await born(world, birth)
    await link(world, WU, who, tie, "AD" if tie == "helper" else "")
    acting = Acting(WU, who)
    if may:
        outcome = await facility_choice.choose(world.site, acting, choosing())
        assert isinstance(outcome, rule.Granted)
        row = await world.one("SELECT person, hand FROM switch")
        assert row == (WU, WU)
        return
    with pytest.raises(RuleSaysNo):
        await facility_choice.choose(world.site, acting, choosing())
    assert await world.rows("SELECT 1 FROM switch") == []


async def test_a_merged_archive_is_not_switched(world: World) -> None:
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET status='merged' WHERE resident=?", ZHOU)
    )
    with pytest.raises(RuleSaysNo, match="merged"):
        await facility_choice.choose(world.site, Acting(ZHOU, ZHOU), choosing())


async def test_a_special_case_goes_to_the_county_and_its_words_come_back(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    await facility_choice.choose(world.site, Acting(ZHOU, ZHOU), choosing(day=date(2026, 11, 20)))
    world.clock.pass_(days=30)
    back = f"/portal/switch/to/{QINGHE.hex()}"
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get(f"{back}/special")
        found = re.search(r'name="id" value="([0-9a-f]{32})"', page.text)
        assert found is not None
        form = {"panel": TEAM_A.hex(), "code": "illness", "id": found[1]}
        assert (await zhou.post(f"{back}/special", data=form)).status_code == 422
        form["evidence"] = "出院小结，2026 年 12 月"
        for _ in range(2):
            sent = await zhou.post(f"{back}/special", data=form)
            assert sent.status_code == 303
        case = sent.headers["location"]
        assert "县里最迟 12月30日答复" in text_of(await zhou.get(case))
        assert "特殊情形" in text_of(await zhou.get("/portal/"))
        county = await person(world, CHEN)
        await cases.decide(
            world.site, county, bytes.fromhex(found[1]), allow=False, text="小结是去年的。"
        )
        shown = text_of(await zhou.get(case))
        assert "小结是去年的。" in shown
        assert "县里没有同意" in shown
        assert b"\xe5\x87\xba\xe9\x99\xa2" not in bytes(
            await world.one("SELECT sealed FROM special_case")
        )
    async with phone(world, WU) as wu:
        await bind(world, WU)
        assert (await wu.get(case)).status_code == 404


async def test_no_role_of_the_facility_that_is_left_can_stop_delay_or_undo_it(
    world: World,
) -> None:
    """Every form of the console is sent by every role of Qinghe, in each state of the switch, about
    this resident, this switch and its handover, with nobody said to be at the desk.
    """
    await offices(world)
    acting = Acting(ZHOU, ZHOU)
    wish = choosing(day=date(2026, 11, 27))
    await facility_choice.choose(world.site, acting, wish)
    for state in ("scheduled", "done"):
        if state == "done":
            world.clock.pass_(days=7)
            await move.begin_due(world.site)
        handed = await world.rows("SELECT handover FROM handover")
        for staff in (SU, QIN, TIAN):
            async with desk(world, staff) as one:
                name = ZHOU.hex()
                for path in (
                    f"/console/archive/{name}/switch", f"/console/archive/{name}/switch/undo",
                    f"/console/archive/{name}/switch/special",
                    f"/console/archives/{name}/for/consent",
                    *(f"/console/transfers/{row[0].hex()}/seen" for row in handed),
                    *(f"/console/task/handover/{row[0].hex()}/claim" for row in handed),
                ):  # fmt: skip
                    await one.post(path, of=wish.id.hex(), panel=TEAM_A.hex(), ground="moved")
        assert await world.rows("SELECT status, from_day FROM switch") == [(state, "2026-11-27")]
    assert await world.one("SELECT result FROM handover") == ""
    assert await world.one("SELECT facility FROM resident WHERE resident=?", ZHOU) == LIUWAN
    qin = await person(world, QIN)
    with pytest.raises(NotYours):
        await handovers.see(world.site, qin, await world.one("SELECT handover FROM handover"))
    async with desk(world, QIN) as one:
        out = await one.get("/console/transfers/out")
        assert "周谷雨" in out.text
        assert "<button" not in out.text.partition("<main")[2].partition("</main>")[0]


async def test_a_handover_counts_as_seen_after_the_districts_days(world: World) -> None:
    await offices(world)
    await facility_choice.choose(world.site, Acting(ZHOU, ZHOU), choosing(day=date(2026, 11, 20)))
    async with desk(world, HE) as he:
        assert "1 份档案转进来" in desk_text(await he.get("/console/transfers"))
        assert "转进来的档案" in desk_text(await he.get("/console/"))
    world.clock.pass_(days=world.site.rules.handover_days)
    assert await handovers.count_due(world.site) == 1
    assert await world.one("SELECT result FROM handover") == "counted"
    assert await world.one("SELECT closed_at IS NULL FROM task WHERE kind='handover'") in (0, False)


async def test_the_desk_switches_by_the_same_act_and_the_resident_can_take_it_back(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    path = f"/console/archive/{ZHOU.hex()}/switch"
    async with desk(world, QIN) as qin:
        page = await qin.get(f"{path}?facility={LIUWAN.hex()}")
        found = re.search(r'name="id" value="([0-9a-f]{32})"', page.text)
        assert found is not None
        form = {
            "facility": LIUWAN.hex(), "panel": TEAM_B.hex(), "ground": "moved", "wish": "",
            "day": "2026-11-27", "id": found[1],
        }  # fmt: skip
        assert (await qin.post(path, data=form)).status_code == 422
        form["person"] = WU.hex()
        assert (await qin.post(path, data=form)).status_code == 422
        form["person"] = ZHOU.hex()
        for _ in range(2):
            assert (await qin.post(path, data=form)).status_code == 303
    assert await world.rows("SELECT status, person, hand FROM switch") == [("scheduled", ZHOU, QIN)]
    assert await world.one("SELECT COUNT(*) FROM assisted WHERE what='switch'") == 1
    async with phone(world, ZHOU) as zhou:
        assert "秦霜降" in text_of(await zhou.get("/portal/helped"))
        await zhou.post(f"/portal/switch/receipt/{found[1]}/undo")
        assert "撤回了" in text_of(await zhou.get("/portal/helped"))
    assert await world.one("SELECT status FROM switch") == "withdrawn"


async def test_the_counter_of_a_facility_is_told_where_residents_look(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    for facility, staff, status in ((QINGHE, TIAN, 303), (LIUWAN, CHEN, 303), (LIUWAN, TIAN, 403)):
        async with desk(world, staff) as one:
            path = f"/console/organisations/{facility.hex()}/counter"
            sent = await one.post(path, phone="0631-0000101", hours="周一到周五", address="府前街")
            assert sent.status_code == status
            if status == 303:
                shown = await one.get(f"/console/organisations/{facility.hex()}")
                assert "0631-0000101" in shown.text
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get("/portal/switch")
        assert "tel:0631-0000101" in page.text
        assert "府前街" in text_of(page)
