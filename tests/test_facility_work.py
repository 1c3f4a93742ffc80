"""A facility's own work at rest: saved once, own places only, corrected and taken back, read by the
county, sealed, carried by the backup; the calendar made from it.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives.desk import SavedOtherwise
from server.actions.facility_work.calendar import Calendar, calendar, overview
from server.actions.facility_work.records import State, read
from server.actions.facility_work.summary import education_year
from server.actions.facility_work.writing import Filled, fresh_id, save, void
from server.actions.keeping import backup
from server.actions.keeping.site import open_site
from server.actions.keeping.verify import verify_journal
from server.errors import NotYours, RuleSaysNo
from server.rules.plan.facility import FacilityItem, reason_of
from server.settings import Settings
from server.store.store import Store
from tests.cast_forms import good
from tests.console import CHEN, LU, MA, TIAN, hire, offices, session_of
from tests.test_restricted_kinds import everything_told
from tests.world import DISTRICT, HE, LIUWAN, QIN, QINGHE, SU, XIE, ZHOU, World, an_id, field

ROOM, OTHER_ROOM = an_id("上村卫生室"), an_id("下村卫生室")
BAI = an_id("白清和")  # doctor of the village room
DAY = date(2026, 11, 3)


@pytest.fixture
async def here(world: World) -> World:
    """The county's people, and a village room under each centre."""
    await offices(world)
    tail = ("", "", "public", "", None)
    rows = [
        (DISTRICT, ROOM, "上村卫生室", False, "room", QINGHE, *tail),
        (DISTRICT, OTHER_ROOM, "下村卫生室", False, "room", LIUWAN, *tail),
    ]
    await world.store.write(lambda tx: tx.insert("facility", rows))
    await hire(world, BAI, "白清和", role="doctor", facility=ROOM)
    return world


async def as_(world: World, staff: bytes) -> Signed:
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


def filled(
    world: World, kind: str = "health_education", *, facility: bytes = QINGHE, **more: Any
) -> Filled:
    body = good(kind, doctor=SU.hex(), **more)
    return Filled(fresh_id(world.site), facility, kind, 1, DAY, body)


async def year(world: World, staff: bytes = SU, facility: bytes = QINGHE) -> Calendar:
    return await calendar(world.site, await as_(world, staff), facility, 2026)


def item(found: Calendar, slot: str) -> FacilityItem:
    return next(each for each in found.items if each.slot == slot)


# Writing.


async def test_a_talk_is_written_down_and_counts_in_its_month(here: World) -> None:
    before = item(await year(here), "talk/11")
    talk = filled(here)
    assert await save(here.site, await as_(here, SU), talk) == ()
    after = item(await year(here), "talk/11")
    assert (before.got, after.got, after.done_by) == (0, 1, (talk.record,))
    assert reason_of(after) == "11 月至少办 1 次，记了 1 次"


async def test_a_form_sent_twice_is_one_record(here: World) -> None:
    talk, su = filled(here), await as_(here, SU)
    assert await save(here.site, su, talk) == ()
    here.clock.pass_(minutes=3)
    assert await save(here.site, su, talk) == ()
    assert len((await year(here)).records) == 1
    assert await here.one("SELECT COUNT(*) FROM facility_record") == 1
    with pytest.raises(SavedOtherwise):
        await save(here.site, su, replace(talk, body={**talk.body, "topic": "别的"}))


async def test_the_id_of_somebody_elses_record_is_not_taken(here: World) -> None:
    talk = filled(here)
    await save(here.site, await as_(here, SU), talk)
    with pytest.raises(NotYours):
        await save(here.site, await as_(here, XIE), talk)


async def test_a_form_with_faults_is_not_kept_and_all_of_them_are_named(here: World) -> None:
    su = await as_(here, SU)
    body = {name: v for name, v in good("health_education").items() if name != "speaker"}
    wrong = replace(filled(here), body=body | {"hearers": -1})
    faults = await save(here.site, su, wrong)
    assert {each.field for each in faults} == {"speaker", "hearers"}
    late = replace(filled(here), on=date(2026, 11, 21))
    assert [each.field for each in await save(here.site, su, late)] == ["service_day"]
    assert await here.one("SELECT COUNT(*) FROM facility_record") == 0


async def test_nothing_is_dated_before_a_place_opened_or_after_it_closed(here: World) -> None:
    su = await as_(here, SU)
    for column, day in (("opened_on", "2026-11-04"), ("closed_on", "2026-11-03")):
        await here.store.write(
            lambda tx, c=column, d=day: tx.run(
                f"UPDATE facility SET {c}=? WHERE facility=?", d, QINGHE
            )
        )
        (fault,) = await save(here.site, su, filled(here))
        assert (fault.field, day in fault.sentence_zh) == ("service_day", True)
        await here.store.write(
            lambda tx: tx.run(
                "UPDATE facility SET opened_on='', closed_on=NULL WHERE facility=?", QINGHE
            )
        )
    assert await save(here.site, su, filled(here)) == ()


async def test_a_form_about_a_resident_is_not_work_of_a_facility(here: World) -> None:
    with pytest.raises(NotYours):
        await save(here.site, await as_(here, SU), filled(here, "htn_followup"))


# Whose it is.


async def test_another_facility_neither_writes_nor_reads_it(here: World) -> None:
    talk, he = filled(here), await as_(here, HE)
    await save(here.site, await as_(here, SU), talk)
    with pytest.raises(NotYours):
        await save(here.site, he, replace(filled(here), record=fresh_id(here.site)))
    with pytest.raises(NotYours):
        await read(here.site, he, talk.record)
    with pytest.raises(NotYours):
        await year(here, HE)
    with pytest.raises(NotYours):
        await void(here.site, he, talk.record, "不是我们的")
    assert [each.organisation.facility for each in await overview(here.site, he, 2026)] == [
        LIUWAN, OTHER_ROOM,
    ]  # fmt: skip


async def test_a_village_room_writes_for_itself_and_its_centre_for_it(here: World) -> None:
    bai, su = await as_(here, BAI), await as_(here, SU)
    own = filled(here, facility=ROOM)
    assert await save(here.site, bai, own) == ()
    assert await save(here.site, su, filled(here, facility=ROOM)) == ()
    for place in (QINGHE, OTHER_ROOM):
        with pytest.raises(NotYours):
            await save(here.site, bai, filled(here, facility=place))
    with pytest.raises(NotYours):
        await save(here.site, su, filled(here, facility=OTHER_ROOM))
    assert (await read(here.site, su, own.record)).record.by == "白清和"
    assert len((await year(here, BAI, ROOM)).records) == 2
    assert [each.facility for each in (await year(here)).under] == [ROOM, ROOM]


async def test_a_rooms_patrol_counts_for_its_centre(here: World) -> None:
    patrol = filled(here, "supervision_patrol", facility=ROOM, item="2")
    assert await save(here.site, await as_(here, BAI), patrol) == ()
    assert item(await year(here), "water/01").done_by == (patrol.record,)
    assert item(await year(here), "talk/11").got == 0


async def test_county_and_auditor_read_and_do_not_write(here: World) -> None:
    talk = filled(here)
    await save(here.site, await as_(here, SU), talk)
    for staff in (CHEN, MA):
        signed = await as_(here, staff)
        shown = await read(here.site, signed, talk.record)
        assert (shown.record.body["topic"], shown.may_change) == ("高血压的预防", False)
        assert len(await overview(here.site, signed, 2026)) == 4
        with pytest.raises(NotYours):
            await save(here.site, signed, filled(here))
        with pytest.raises(RuleSaysNo, match="not_ones_own"):
            await void(here.site, signed, talk.record, "考核")
    city = await as_(here, LU)
    assert await overview(here.site, city, 2026) == []
    with pytest.raises(NotYours):
        await read(here.site, city, talk.record)


# Corrected and taken back.


async def test_a_correction_stands_instead_and_both_stay(here: World) -> None:
    su, talk = await as_(here, SU), filled(here)
    await save(here.site, su, talk)
    right = replace(filled(here, hearers=64), amends=talk.record, reason="人数数错了")
    assert await save(here.site, su, right) == ()
    assert [each.id for each in (await year(here)).records] == [right.record]
    before = await read(here.site, su, talk.record)
    assert before.record.state is State.AMENDED
    assert before.instead is not None
    assert (before.instead.id, before.instead.reason) == (right.record, "人数数错了")
    after = await read(here.site, su, right.record)
    assert after.before is not None
    assert after.before.body["hearers"] == 46
    with pytest.raises(RuleSaysNo, match="changed_meanwhile"):
        await save(here.site, su, replace(filled(here), amends=talk.record, reason="又错了"))
    assert await save(here.site, su, right) == (), "sent twice"


async def test_what_is_taken_back_counts_no_more_and_says_why(here: World) -> None:
    su, talk = await as_(here, SU), filled(here)
    await save(here.site, su, talk)
    for reason in ("", "  ", "长" * 201):
        with pytest.raises(RuleSaysNo, match="reason_missing"):
            await void(here.site, su, talk.record, reason)
    await void(here.site, su, talk.record, "重复录入")
    await void(here.site, su, talk.record, "重复录入")
    found = await year(here)
    assert (found.records, item(found, "talk/11").got) == ((), 0)
    shown = await read(here.site, su, talk.record)
    assert (shown.record.state, shown.may_change) == (State.VOIDED, False)
    assert shown.taken_back is not None
    assert shown.taken_back.reason == "重复录入"
    assert await here.one("SELECT COUNT(*) FROM facility_record") == 2
    with pytest.raises(NotYours):
        await read(here.site, su, shown.taken_back.id)


async def test_a_colleague_does_not_change_it_and_the_manager_does(here: World) -> None:
    talk = filled(here)
    await save(here.site, await as_(here, SU), talk)
    with pytest.raises(RuleSaysNo, match="not_ones_own"):
        await void(here.site, await as_(here, QIN), talk.record, "看错了")
    await void(here.site, await as_(here, TIAN), talk.record, "没有签到表")
    assert (await year(here)).records == ()


# At rest.


async def test_each_act_is_one_leaf_and_the_journal_verifies(here: World) -> None:
    su, talk = await as_(here, SU), filled(here)
    count = "SELECT COUNT(*) FROM audit_leaf"
    before = await here.one(count)
    await save(here.site, su, talk)
    await save(here.site, su, talk)
    assert await here.one(count) == before + 1
    await void(here.site, su, talk.record, "重复录入")
    assert await here.one(count) == before + 2
    assert (await verify_journal(here.site)).holds


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        ("UPDATE facility_record SET facility=?", "facility_record"),
        ("DELETE FROM facility_record WHERE facility<>?", "facility_record_missing"),
    ],
)
async def test_a_record_that_was_moved_or_taken_out_is_found(
    here: World, bend: str, code: str
) -> None:
    talk = filled(here)
    await save(here.site, await as_(here, SU), talk)
    await here.store.write(lambda tx: tx.run(bend, LIUWAN))
    report = await verify_journal(here.site)
    assert [(each.code, each.where) for each in report.faults] == [(code, talk.record.hex())]


async def test_nothing_of_the_form_stands_in_the_clear(here: World) -> None:
    talk = filled(here, topic="芦花荡防汛消毒", place="芦花荡文化大院")
    await save(here.site, await as_(here, SU), talk)
    await void(here.site, await as_(here, SU), talk.record, "芦花荡改期")
    told = await everything_told(here)
    assert "芦花荡".encode() not in told


async def test_it_is_in_no_archive_and_on_no_tablet(here: World) -> None:
    su = await field(here, "07", restricted=True)
    await su.settle()
    feeds = await here.rows("SELECT COUNT(*) FROM feed")
    await save(here.site, await as_(here, SU), filled(here))
    await su.settle()
    assert await here.rows("SELECT COUNT(*) FROM feed") == feeds
    kinds = await here.rows("SELECT DISTINCT kind FROM change")
    assert ("health_education",) not in kinds


async def test_a_backup_carries_it(here: World) -> None:
    talk = filled(here)
    await save(here.site, await as_(here, SU), talk)
    done = await backup.backup(here.site, here.folder / "backup")
    url = f"sqlite:///{here.folder / 'again.sqlite3'}"
    settings = Settings(database_url=url, kek_file=here.kek_file, clock=here.clock)
    await backup.restore(settings, done.path)
    async with Store(url) as store:
        site = await open_site(store, kek_file=here.kek_file, district=DISTRICT, clock=here.clock)
        again = World(site, store, here.clock, here.kek_file, here.folder, url)
        shown = await read(site, await as_(again, SU), talk.record)
        assert shown.record.body == talk.body


# Reports and the year.


async def test_cards_count_by_their_times_and_name_nobody(here: World) -> None:
    su = await field(here, "07", restricted=True)
    await su.settle()
    times = {"diagnosed_on": "2026-11-18", "diagnosed_time": "09:00"}
    one = good("infectious_report", disease="0200", **times) | {
        "receipt_date": "2026-11-18", "receipt_time": "10:59",
    }  # fmt: skip
    late = good("infectious_report", disease="0200", **times) | {
        "receipt_date": "2026-11-18", "receipt_time": "11:01",
    }  # fmt: skip
    fates = [
        su.tablet.save_event(ZHOU, "infectious_report", "2026-11-18", body)
        for body in (one, late, one)
    ]
    await su.settle()
    (card,) = [each for each in (await year(here)).items if each.rule == "P55"]
    assert (card.needed, card.got, card.given["late"]) == (3, 2, 1)
    su.tablet.void(ZHOU, "infectious_report", "2026-11-18", fates[2], "重复录入")
    su.tablet.save_event(ZHOU, "infectious_report", "2026-11-18", one, amends=fates[1])
    await su.settle()
    (card,) = [each for each in (await year(here)).items if each.rule == "P55"]
    assert (card.needed, card.got, card.given["late"]) == (2, 2, 0)
    assert "霍乱" not in str(card)
    assert [each.rule for each in (await year(here, HE, LIUWAN)).items].count("P55") == 0


async def test_the_year_is_summed_up_by_kind_of_activity(here: World) -> None:
    su = await as_(here, SU)
    for activity, hearers in (("5", 46), ("5", 20), ("4", 9)):
        await save(here.site, su, filled(here, activity=activity, hearers=hearers))
    await save(here.site, su, filled(here, activity="1", copies=300, material_kinds=4))
    told = {each.activity: each for each in education_year(await year(here))}
    talks, asked, printed, single = told["5"], told["4"], told["1"], told["6"]
    assert (talks.times, talks.hearers, talks.counted, talks.needed) == (2, 66, 1, 12)
    assert (asked.times, asked.counted, asked.needed) == (1, 1, 9)
    assert (printed.copies, printed.counted, printed.needed) == (300, 4, 12)
    assert (single.times, single.counted, single.needed) == (0, None, None)
