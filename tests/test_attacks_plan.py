"""Attacks on the service plan, its lists, and what is compared with other systems."""

import re
from datetime import date
from html import unescape

import msgspec
import pytest
from msgspec import Raw

from server.actions.archives import afterwork, opening
from server.actions.archives import desk as writing
from server.actions.lists import imports
from server.actions.plan import proof
from server.errors import NotYours
from server.records.check import check
from server.records.kinds import everything
from server.records.model import Day, Kind, Shape, Subject
from server.records.upcast import newest
from server.rules.districts import load
from server.rules.plan.believable import believable
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Record
from server.store.ids import new_id
from sync import wire
from tests.cast_forms import ON, good, good_bytes
from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.desk_page import fill, hidden, page_of
from tests.lists import county, signed, upload
from tests.sheet_of import csv_of
from tests.test_import_kinds import line, scope, take
from tests.test_move import moves
from tests.test_reconciliation import compared, there
from tests.world import HE, SU, WU, XIE, YANG, ZHENG, ZHOU, World, field

DAY = str(ON)
ABSURD = ("0001-01-01", "9999-12-31")
FORMS = [
    each for each in everything() if each.subject is Subject.RESIDENT and each.shape is Shape.EVENT
]


async def test_an_absurd_day_in_one_archive_stops_nobodys_plan(world: World) -> None:
    await afterwork.catch_up(world.site)
    tablet = await field(world, "11")
    await tablet.settle()
    body = {**good("postpartum_42"), "delivery_date": "0001-01-01"}
    tablet.tablet.save_event(ZHENG, "postpartum_42", DAY, body)
    tablet.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup"))
    await tablet.settle()
    assert await world.rows("SELECT 1 FROM touched")
    await afterwork.catch_up(world.site)
    assert not await world.rows("SELECT 1 FROM touched")
    assert (await proof.check(world.site)).right


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: f"{kind.id}-{kind.version}")
def test_a_form_with_an_absurd_day_is_checked_and_planned_like_any_other(kind: Kind) -> None:
    known = good(kind.id)
    days = [each.name for each in kind.fields if isinstance(each.type, Day)]
    for body in ({**known, name: day} for name in days for day in ABSURD):
        check(kind, msgspec.json.encode(body), on=ON, today=ON)
        for on in (ON, *map(date.fromisoformat, ABSURD)):
            record = Record(bytes(16), kind.id, on, body)
            for birth in (None, date(1990, 2, 28), date.min):
                facts = Facts(True, birth, "2", None, {}, believable([record]))
                plan_of(facts, ON.year)


async def test_what_cannot_be_read_as_its_form_is_let_in_by_nobody(world: World) -> None:
    await offices(world)
    tablet = await field(world, "11")
    await tablet.settle()
    bad = {"sbp": "x"}, {"next_date": 5}, {"symptoms": {}}, {"sbp": 10**30}
    made = [
        tablet.tablet.save_event(ZHENG, "htn_followup", DAY, {**good("htn_followup"), **each})
        for each in bad
    ]
    high = {**good("htn_followup"), "sbp": 900}
    sound = tablet.tablet.save_event(ZHENG, "htn_followup", DAY, high)
    await tablet.settle()
    async with desk(world, SU) as su:
        for each in made:
            assert tablet.tablet.fate(each)[:2] == ("held", "out_of_range")
            refused = await su.post(f"/console/matter/held/{each.hex()}", way="release")
            assert refused.status_code == 422
            assert "无法按这张表读出" in text_of(refused)
        let_in = await su.post(f"/console/matter/held/{sound.hex()}", way="release")
        assert let_in.status_code == 303
        page = await su.get(f"/console/archive/{ZHENG.hex()}/paper/{sound.hex()}")
        assert page.status_code == 200
    await afterwork.catch_up(world.site)
    states = await world.rows("SELECT DISTINCT state FROM change WHERE reason='out_of_range'")
    assert states == [("held",)]


async def test_every_name_of_a_comparison_that_is_shown_is_written_down(world: World) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    await take(world, CHEN, "vaccination", line("vaccination", ZHOU))
    job = await compared(world, CHEN, there(ZHOU, "死亡"), what="registered_vaccination")
    where = f"/console/reconciliation/{job.id.hex()}"
    shown = "SELECT COUNT(*) FROM search_shown WHERE resident=?"
    async with desk(world, SU) as su:
        assert "周谷雨" in text_of(await su.get(where))
        assert await world.one(shown, ZHOU) == 1
        assert "周谷雨" in text_of(await su.get(f"{where}/2"))
        assert await world.one(shown, ZHOU) == 2


async def test_an_archive_picked_for_a_line_of_a_comparison_is_opened_and_logged(
    world: World,
) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    for staff in (CHEN, TIAN):
        await scope(world, staff)
    await take(world, CHEN, "smd_followup", line("smd_followup", ZHENG))
    place = {"管理机构": "青禾镇卫生院"}
    job = await compared(world, CHEN, there(None, **place), there(ZHENG))
    numbers = dict(await world.rows("SELECT resident, archive_no FROM resident"))
    logged = "SELECT purpose, classes FROM access_log WHERE resident=? AND staff=?"
    async with desk(world, TIAN) as tian:
        where = f"/console/reconciliation/{job.id.hex()}/2/again"
        theirs = await tian.post(where, archive_no=numbers[YANG])
        assert theirs.status_code == 422
        assert (await tian.post(where, archive_no=numbers[ZHENG])).status_code == 303
    assert await world.rows(logged, ZHENG, TIAN) == [("service", "AB")]
    assert not await world.rows(logged, YANG, TIAN)


async def test_where_a_restricted_record_is_first_written_is_said_to_nobody_without_the_scope(
    world: World,
) -> None:
    await county(world)
    world.site.rules = load("taiyuan")  # infectious reports are the only restricted kind elsewhere
    tablet = await field(world, "11", staff=XIE, restricted=True)
    await tablet.settle()
    fate = tablet.tablet.save_event(ZHOU, "infectious_report", DAY, good("infectious_report"))
    await tablet.settle()
    assert tablet.tablet.fate(fate)[:2] == ("held", "written_elsewhere")
    async with desk(world, SU) as su:
        for path in ("/console/", "/console/queue/held", f"/console/matter/held/{fate.hex()}"):
            page = text_of(await su.get(path))
            assert "周谷雨" in page
            assert "国家规定的系统" not in page


async def test_the_way_to_a_referral_names_no_illness_in_its_address(world: World) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    await scope(world, XIE)
    tablet = await field(world, "11", staff=XIE, restricted=True)
    await tablet.settle()
    cough = {**good("health_check"), "symptoms": ["7"], "feedback_date": "2026-11-30"}
    made = tablet.tablet.save_event(ZHOU, "health_check", "2026-11-18", cough)
    await tablet.settle()
    async with desk(world, XIE) as xie:
        page = await xie.get(f"/console/archive/{ZHOU.hex()}")
        ways = {
            unescape(each) for each in re.findall(r'href="([^"]+form/referral\?[^"]+)"', page.text)
        }
        assert tablet.tablet.fate(made)[0] == "applied"
        assert ways
        for way in ways:
            assert re.fullmatch(
                r"[^?]+\?(for|answers)=[0-9a-f]{32}(&direction=\d)?(&step=\d+)?", way
            )
        asked = [each for each in sorted(ways) if f"for={made.hex()}" in each]
        forms = [(await xie.get(each)).text for each in asked]
    assert asked
    assert all('name="reason_restricted" value="2" checked' in each for each in forms)


async def test_an_id_that_is_too_short_comes_into_no_feed(world: World) -> None:
    await offices(world)
    await afterwork.catch_up(world.site)
    tablet = await field(world, "11")
    await tablet.settle()
    async with desk(world, SU) as su:
        path = page_of(ZHOU, "/form/htn_followup")
        sound = hidden(await su.get(path), "change")
        short = f"{sound[:30]}  "  # thirty digits and two spaces
        spaced = await fill(su, ZHOU, change=short)
        assert spaced.status_code == 403
        who = await signed(world, SU)
        found = await opening.open_for(world.site, who, ZHOU)
        assert not isinstance(found, opening.AskWhy)
        change = wire.Change(
            id=bytes(15), resident=ZHOU, kind="htn_followup", v=1, on="2026-11-20",
            at=world.clock(), body=Raw(good_bytes("htn_followup", next_date="2027-01-10")),
        )  # fmt: skip
        with pytest.raises(NotYours):
            await writing.save(world.site, who, found, change)
    await tablet.settle()
    assert not await world.rows("SELECT 1 FROM change WHERE length(change)<16")


async def test_printing_a_village_is_an_attempt_at_nobody_elses_archive(world: World) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    for staff, people in ((TIAN, 0), (SU, 3)):
        async with desk(world, staff) as who:
            batch = "/console/paper/batch?kind=basic_info"
            page = await who.get(batch)
            assert page.status_code == 200
            assert len(re.findall("郑㛃|周谷雨|吴𠮷祥", page.text)) >= people
        logged = await world.rows("SELECT DISTINCT ground FROM access_log WHERE staff=?", staff)
        assert logged == ([("panel",)] if people else [])
    opened = await world.rows("SELECT DISTINCT resident FROM access_log")
    assert sorted(row[0] for row in opened) == sorted([ZHOU, WU, ZHENG])


async def test_the_code_of_a_sheet_tells_somebody_elsewhere_nothing(world: World) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    await take(world, CHEN, "vaccination", line("vaccination", ZHOU))
    made = await world.one("SELECT change FROM change WHERE kind='vaccination'")
    async with desk(world, HE) as he, desk(world, SU) as su:
        theirs = await he.get(f"/console/record/{made.hex()}")
        nobodys = await he.get(f"/console/record/{'ab' * 16}")
        assert (theirs.status_code, "location" in theirs.headers) == (403, False)
        said = [
            text_of(each).partition(" · 编号")[0] for each in (theirs, nobodys)
        ]  # of the request
        assert said[0] == said[1]
        ours = await su.get(f"/console/record/{made.hex()}")
        assert ours.headers["location"].startswith(f"/console/archive/{ZHOU.hex()}")
    tried = "SELECT ground, classes FROM access_log WHERE resident=? AND staff=?"
    assert await world.rows(tried, ZHOU, HE) == [("refused:no_ground", "")]


async def test_a_facility_reads_no_more_of_a_comparison_of_somebody_who_went_elsewhere(
    world: World,
) -> None:
    await county(world)
    for staff in (CHEN, TIAN):
        await scope(world, staff)
    await take(world, CHEN, "smd_followup", line("smd_followup", ZHOU))
    job = await compared(world, CHEN, there(ZHOU, "死亡"), there(WU))
    where = f"/console/reconciliation/{job.id.hex()}"
    async with desk(world, TIAN) as tian:
        assert "周谷雨" in text_of(await tian.get(where))
        assert (await tian.get(f"{where}/2")).status_code == 200
        await moves(world)
        assert "周谷雨" not in text_of(await tian.get(where))
        assert "吴𠮷祥" in text_of(await tian.get(where))
        assert (await tian.get(f"{where}/2")).status_code == 403
        assert (await tian.post(f"{where}/2/again")).status_code == 403


async def test_a_referral_that_names_a_restricted_record_is_as_restricted(world: World) -> None:
    await offices(world)
    await scope(world, XIE)
    tablet = await field(world, "11", staff=XIE, restricted=True)
    await tablet.settle()
    visit = tablet.tablet.save_event(ZHOU, "smd_followup", DAY, good("smd_followup"))
    sheet = {**good("referral"), "reason": "9", "reason_text": "家属要求"}
    sheet.pop("reason_restricted", None)
    bare = tablet.tablet.save_event(ZHOU, "referral", DAY, sheet)
    naming = tablet.tablet.save_event(ZHOU, "referral", DAY, {**sheet, "answers": visit.hex()})
    await tablet.settle()
    async with desk(world, XIE) as xie:
        assert (await xie.get(f"/console/archive/{ZHOU.hex()}")).status_code == 200
    who = await signed(world, XIE)
    found = await opening.open_for(world.site, who, ZHOU)
    assert not isinstance(found, opening.AskWhy)
    body = Raw(msgspec.json.encode({**sheet, "answers": visit.hex()}))
    change = wire.Change(
        id=new_id(world.clock()), resident=ZHOU, kind="referral", v=newest("referral") or 1,
        on=DAY, at=world.clock(), body=body,
    )  # fmt: skip
    await writing.save(world.site, who, found, change)
    classes = dict(await world.rows("SELECT change, cls FROM change WHERE resident=?", ZHOU))
    assert [classes[each] for each in (visit, bare, naming, change.id)] == ["B", "A", "B", "B"]


async def test_saying_where_a_list_comes_from_leaves_a_leaf(world: World) -> None:
    await county(world)
    chen = await signed(world, CHEN)
    job = await upload(world, chen, csv_of(line("vaccination", ZHOU)), "vaccination")
    leaves = "SELECT COUNT(*) FROM audit_leaf"
    before = await world.one(leaves)
    await imports.say_source(world.site, job, system="别的系统", exported_at=1)
    assert await world.one(leaves) == before + 1
    await imports.map_columns(world.site, chen, job.id, job.head.columns)
    assert await world.one(leaves) == before + 2
