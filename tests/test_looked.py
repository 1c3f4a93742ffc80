"""谁看过我的档案: what the resident reads of each look, who could look, copies, proofs, reports."""

import json

import pytest

from crypto.audit import leaf_hash, verify_inclusion
from server.actions.archives.opening import Given, open_for
from server.actions.archives.reading import read_archive
from server.actions.keeping.audit_tree import make_checkpoint, number_leaves
from server.actions.residents import could, looked, presence, reading, reports
from server.actions.residents.acting import Acting
from server.actions.residents.looked import PAGE, Whose
from server.errors import NotAllowed, NotYours, RuleSaysNo
from server.rules.access import Ground
from server.rules.consent import Purpose
from server.store.tx import Tx
from tests.console import CHEN, COUNTY_OFFICE, TIAN, desk, hire, offices
from tests.portal import bind, phone, text_of
from tests.test_family import signed, told
from tests.world import HE, QIN, SU, WU, XIE, YANG, ZHOU, World, field

ME = Acting(ZHOU, ZHOU)


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    await bind(world, ZHOU)
    await bind(world, WU)
    return world


async def entry(world: World, ground: str) -> bytes:
    found = await world.rows("SELECT entry FROM access_log WHERE ground=? ORDER BY at", ground)
    return found[-1][0]


async def sign_the_tree(world: World) -> None:
    async def work(tx: Tx) -> None:
        while await number_leaves(tx, 1):
            pass
        await make_checkpoint(tx, world.site, world.clock())

    await world.store.write(work)


async def test_the_log_is_by_day_with_who_where_why_and_in_the_readers_own_words(
    here: World,
) -> None:
    site = here.site
    await read_archive(site, ZHOU, staff=SU, purpose=Purpose.SERVICE)
    here.clock.pass_(days=2)
    given = Given(Purpose.SERVICE, "电话询问随访时间")
    await open_for(site, await signed(here, QIN), ZHOU, given)
    with pytest.raises(NotAllowed):
        await read_archive(site, ZHOU, staff=HE, purpose=Purpose.SERVICE)
    await reading.read(site, ME)
    async with phone(here, ZHOU) as me:
        page = text_of(await me.get("/portal/looked"))
        own = text_of(await me.get("/portal/looked?who=family"))
    assert "2 个人看过 2 次" in page  # a refused try is no reading, and is shown
    assert page.index("11月22日") < page.index("11月20日")
    for said in ("电话询问随访时间", "没让看", "青禾镇卫生院", "您的责任机构，写了原因"):
        assert said in page, said
    assert "周谷雨（本人）" in own
    assert "苏清明" not in own


async def test_an_offline_look_says_when_it_was_read_and_when_it_was_told(here: World) -> None:
    doctor = await field(here, "平板 07")
    await doctor.settle()
    doctor.tablet.note_reading(ZHOU, "service")
    at = here.clock()
    here.clock.pass_(hours=7)
    await doctor.settle()
    found = await looked.looks(here.site, ME, Whose.PEOPLE, None)
    row = found.rows[0]
    assert (row.at, row.logged_at, row.tablet, row.offline) == (
        at, here.clock(), "平板 07", True,
    )  # fmt: skip
    assert found.gaps == ()
    here.clock.pass_(days=3)  # silent: what was read there since is not known
    (gap,) = (await looked.looks(here.site, ME, Whose.PEOPLE, None)).gaps
    assert (gap.label, gap.over) == ("平板 07", False)
    async with phone(here, ZHOU) as me:
        page = text_of(await me.get("/portal/looked"))
        copies = text_of(await me.get("/portal/looked/copies"))
    assert "有一段记录还没传回" in page
    assert "08:00 查看，11月20日 15:00 传回" in page
    assert "1 台平板" in copies
    assert "可能有副本" in copies


async def test_pages_of_the_log_follow_each_other_without_a_gap(here: World) -> None:
    for _ in range(PAGE + 5):
        await read_archive(here.site, ZHOU, staff=SU, purpose=Purpose.SERVICE)
        here.clock.pass_(hours=1)
    first = await looked.looks(here.site, ME, Whose.PEOPLE, None)
    assert len(first.rows) == PAGE
    second = await looked.looks(here.site, ME, Whose.PEOPLE, first.before)
    assert second.before is None
    every = [each.entry for each in (*first.rows, *second.rows)]
    assert len(set(every)) == len(every) == PAGE + 5


async def test_who_could_look_is_what_the_gate_would_answer(here: World) -> None:
    found = await could.could(here.site, ME)
    by_ground = {(each.ground, each.classes): each.names for each in found.groups}
    assert set(by_ground[Ground.PANEL, "A"] + by_ground[Ground.PANEL, "AB"]) == {"苏清明", "谢芒种"}
    assert set(by_ground[Ground.DUTY, "A"]) == {"秦霜降", "田立秋"}
    assert by_ground[Ground.COUNTY_CASE, "A"] == ("陈立冬",)
    assert found.emergency == 1  # He, of the other facility
    may_b = [each for each in found.groups if "B" in each.classes]
    for group in found.groups:  # each of them does get in, with what they would have to say
        assert group.count == len(group.names)
    assert len(may_b) == 1
    who = {"苏清明": SU, "谢芒种": XIE}[may_b[0].names[0]]
    opened = await read_archive(here.site, ZHOU, staff=who, purpose=Purpose.SERVICE)
    assert opened.classes == ("A", "B")


@pytest.mark.parametrize("offline", [False, True])
async def test_a_row_is_proved_to_stand_in_the_tree_without_us(here: World, offline: bool) -> None:
    if offline:
        doctor = await field(here, "平板 07")
        await doctor.settle()
        for who in (ZHOU, WU):
            doctor.tablet.note_reading(who, "service")
        await doctor.settle()
    else:
        await read_archive(here.site, ZHOU, staff=SU, purpose=Purpose.SERVICE)
    one = await here.one("SELECT entry FROM access_log WHERE resident=?", ZHOU)
    path = f"/portal/looked/{one.hex()}/proof"
    async with phone(here, ZHOU) as me:
        assert "还没到签名的时候" in text_of(await me.get(path))
        await sign_the_tree(here)
        assert "在，而且没有改过" in text_of(await me.get(path))
        held = json.loads((await me.get(f"{path}.json")).text)
    raw, signed_tree = bytes.fromhex(held["entry"]), held["checkpoint"]
    assert one in raw
    assert verify_inclusion(
        leaf_hash(raw), index=held["number"], size=signed_tree["size"],
        path=[bytes.fromhex(each) for each in held["path"]],
        root=bytes.fromhex(signed_tree["root"]),
    )  # fmt: skip
    async with phone(here, WU) as other:
        assert (await other.get(path)).status_code == 404


async def test_an_emergency_is_told_and_reported_explained_and_decided(here: World) -> None:
    given = Given(Purpose.EMERGENCY, "昏迷送医")
    await open_for(here.site, await signed(here, HE), ZHOU, given)
    assert await told(here, ZHOU) == ["emergency_opened"]
    one = await entry(here, "emergency")
    path = f"/portal/looked/{one.hex()}/report"
    async with phone(here, ZHOU) as me, desk(here, CHEN) as county:
        empty = await me.post(path, words=" ")
        assert empty.status_code == 422
        await me.post(path, words="那天我在家，没有去过柳湾。")
        again = await me.post(path, words="再说一次")
        assert again.status_code == 303
        report = await here.one("SELECT report FROM access_report")
        assert "没有去过柳湾" in text_of(await me.get(path))
        shown = await county.get(f"/console/report/{report.hex()}")
        assert "没有去过柳湾" in shown.text
        assert "昏迷送医" in shown.text
        said = {"way": "improper", "text": "核实过，那天没有您的急诊记录。"}
        await county.post(f"/console/report/{report.hex()}", said)
        answer = text_of(await me.get(path))
    assert "这次确实不该看" in answer
    assert "那天没有您的急诊记录" in answer
    assert (await told(here, ZHOU))[-1] == "access_report_answered"
    assert await here.rows("SELECT kind FROM task WHERE closed_at IS NULL") == []


async def test_a_facility_explains_its_look_and_can_remove_nothing(here: World) -> None:
    given = Given(Purpose.SERVICE, "电话询问随访时间")
    await open_for(here.site, await signed(here, QIN), ZHOU, given)
    report = await reports.report(here.site, ME, await entry(here, "duty"), "我没有接过电话。")
    path = f"/console/report/{report.hex()}"
    async with desk(here, TIAN) as manager, desk(here, QIN) as clerk:
        assert (await clerk.get(path)).status_code == 403
        assert "居民说不该看" in (await manager.get("/console/queue/reports")).text
        await manager.post(path, text="打错了号码，已向本人道歉。", way="proper")
        second = await manager.post(path, text="换一种说法")
        assert second.status_code == 403
    found = await reports.about(here.site, ME, await entry(here, "duty"))
    assert found is not None
    assert (found.state, found.explained, found.decision) == (
        "open", "打错了号码，已向本人道歉。", "",
    )  # fmt: skip
    kinds = await here.rows("SELECT kind FROM task WHERE closed_at IS NULL")
    assert kinds == [("access_review",)]
    with pytest.raises(NotYours):
        await reports.decide(here.site, await signed(here, TIAN), report, "应该的", proper=True)


async def test_a_row_of_another_archive_is_reported_by_nobody(here: World) -> None:
    await read_archive(here.site, YANG, staff=HE, purpose=Purpose.SERVICE)
    theirs = await entry(here, "panel")
    async with phone(here, ZHOU) as me:
        assert (await me.get(f"/portal/looked/{theirs.hex()}/report")).status_code in (403, 404)
        sent = await me.post(f"/portal/looked/{theirs.hex()}/report", words="不该看")
        assert sent.status_code in (403, 404)
    await reading.read(here.site, ME)
    with pytest.raises(RuleSaysNo, match="own"):
        await reports.report(here.site, ME, await entry(here, "own"), "我自己看的")


async def test_at_the_desk_the_same_report_is_written_for_a_resident_who_is_there(
    here: World,
) -> None:
    await read_archive(here.site, ZHOU, staff=SU, purpose=Purpose.SERVICE)
    one = await entry(here, "panel")
    twin = f"/console/archives/{ZHOU.hex()}/for/looked"
    async with desk(here, QIN) as clerk:
        assert (await clerk.get(twin)).status_code == 303  # nobody said that the resident is there
        await clerk.post(f"/console/archives/{ZHOU.hex()}/for")
        assert "苏清明" in (await clerk.get(twin)).text
        await clerk.post(twin, entry=one.hex(), text="那天没有人来过。")
    found = await reports.about(here.site, ME, one)
    assert found is not None
    assert (found.words, found.at_desk) == ("那天没有人来过。", True)
    assert await here.one("SELECT what FROM assisted") == "report"


async def test_another_reason_is_another_row_and_no_reason_is_ever_replaced(here: World) -> None:
    """Within the half hour too; what is the same stays one row, and a report ends the folding."""
    site, qin = here.site, await signed(here, QIN)
    why = ("电话询问随访时间", "核对地址")
    for reason in (why[0], why[0], why[1], why[0]):
        await open_for(site, qin, ZHOU, Given(Purpose.SERVICE, reason))
        await open_for(site, qin, ZHOU)  # a page turned
        here.clock.pass_(minutes=1)
    await presence.confirm(site, qin, ZHOU, why[1])
    until = await presence.until(site, qin, ZHOU)
    await open_for(site, qin, ZHOU, Given(Purpose.SERVICE, why[0]))
    assert await presence.until(site, qin, ZHOU) == until
    found = await looked.looks(site, ME, Whose.PEOPLE, None)
    said = [each.reason for each in reversed(found.rows)]
    assert said == [why[0], why[1], why[0], why[1], why[0]]
    assert found.sums.looks == found.sums.tabs[Whose.PEOPLE] == len(said)
    newest = found.rows[0].entry
    await reports.report(site, ME, newest, "我没去过")
    await open_for(site, qin, ZHOU)
    after = (await looked.looks(site, ME, Whose.PEOPLE, None)).rows
    assert [each.entry for each in after[1:]] == [each.entry for each in found.rows]
    assert (after[0].reason, after[0].report, after[1].report) == (why[0], "", "open")


async def test_a_county_officer_does_not_decide_about_their_own_look(here: World) -> None:
    other = bytes(15) + b"\x2f"
    await hire(here, other, "万谷雨", role="county", facility=COUNTY_OFFICE)
    chen = await signed(here, CHEN)
    await open_for(here.site, chen, ZHOU, Given(Purpose.REVIEW, "抽查质量"))
    row = await entry(here, "county_case")
    async with phone(here, ZHOU) as me:
        asked = text_of(await me.get(f"/portal/looked/{row.hex()}/report"))
        await me.post(f"/portal/looked/{row.hex()}/report", words="县里不该看")
        waits = text_of(await me.get(f"/portal/looked/{row.hex()}/report"))
    assert "由县里另一位来定" in asked
    assert "的机构要说明" not in asked
    assert "还没有说明" not in waits
    report = await here.one("SELECT report FROM access_report")
    path = f"/console/report/{report.hex()}"
    async with desk(here, CHEN) as county, desk(here, other) as second:
        page = await county.get(path)
        assert "要由县里另一位来定" in page.text
        assert "陈立冬，县里" in page.text
        assert 'name="way"' not in page.text
        with pytest.raises(RuleSaysNo, match="own_look"):
            await reports.decide(here.site, chen, report, "应该的", proper=True)
        refused = await county.post(path, text="应该的", way="proper")
        assert refused.status_code == 422
        assert (await second.post(path, text="没有必要", way="improper")).status_code == 303
    found = await reports.about(here.site, ME, row)
    assert found is not None
    assert (found.state, found.result, found.decided_by) == ("decided", "improper", "万谷雨")
