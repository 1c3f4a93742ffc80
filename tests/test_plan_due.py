"""Due lists: who is on them, in which order, who may see them, what is written down about that, and
what tablets and switches make of them.
"""

from datetime import date
from typing import Any

import msgspec
import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import afterwork, consent
from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.keeping import backup, kek
from server.actions.keeping.site import open_site
from server.actions.keeping.verify import verify_journal
from server.actions.places import move
from server.actions.plan import due, nightly, proof
from server.actions.plan.due import Order, View, Which
from server.actions.plan.remake import made_of
from server.errors import NotYours
from server.rules.plan.model import Facts
from server.rules.switch import Granted
from server.store.ids import new_id
from server.store.migrate import migrate
from server.store.store import Store
from server.store.vault import T_CHANGE
from sync import wire
from sync.limits import DAY_MS
from sync.tablet import Tablet
from sync.wire import change as read_change
from sync.wire import encode
from tests.cast_forms import good
from tests.console import CHEN, TIAN, desk, offices, session_of
from tests.hand_tablet import HandTablet
from tests.world import (
    DISTRICT,
    HE,
    HOMES,
    LIUWAN,
    QIN,
    SU,
    TEAM_A,
    TEAM_B,
    WU,
    YANG,
    ZHOU,
    Field,
    World,
    enrol_by_hand,
    field,
    id_number,
)


async def signed(world: World, staff: bytes) -> Signed:
    await offices(world)
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


async def lists_made(world: World) -> Field:
    """A tablet of the first team; Zhou is a patient who was seen in August. Plans are made."""
    made = await field(world, "07")
    await made.settle()
    made.tablet.save_edit(ZHOU, {"hx_disease/2": True}, "2026-11-20")
    await made.settle()
    await afterwork.catch_up(world.site)
    await nightly.keep(world.site)
    await made.settle()
    return made


async def rows(world: World, who: bytes) -> list[tuple[Any, ...]]:
    return await world.rows(
        "SELECT rule, due, closes FROM plan_due WHERE resident=? ORDER BY due, key", who
    )


async def listed(world: World, staff: bytes, which: Which) -> due.Due:
    return await due.due_list(world.site, await signed(world, staff), which)


async def test_the_list_of_a_team_holds_each_thing_once_by_village_and_by_day(world: World) -> None:
    await lists_made(world)
    today = date(2026, 11, 20)
    seen: dict[tuple[bytes, str, date], View] = {}
    for view in View:
        found = await listed(world, SU, Which(panel=TEAM_A, view=view))
        assert len(found.lines) == found.total == found.counts[view]
        for line in found.lines:
            assert line.closes is None or line.closes >= today
            key = line.card.resident, line.rule, line.due
            assert key not in seen
            seen[key] = view
            late, week = line.due < today, today < line.due <= date(2026, 11, 26)
            assert (view is View.OVERDUE) == late
            assert (view is View.TODAY) == (line.due == today)
            assert (view is View.WEEK) == week
        by_day = await listed(world, SU, Which(panel=TEAM_A, view=view, order=Order.DAY))
        assert [each.due for each in by_day.lines] == sorted(each.due for each in found.lines)
    assert any(who == ZHOU and rule == "P05" for who, rule, _ in seen)


async def test_inside_a_village_who_is_due_first_stands_first_then_by_name(world: World) -> None:
    await lists_made(world)
    seen = False
    for view in View:
        found = await listed(world, SU, Which(panel=TEAM_A, view=view))
        people: dict[bytes, list[due.Line]] = {}
        for line in found.lines:
            people.setdefault(line.card.resident, []).append(line)
        together = [each for lines in people.values() for each in lines]
        assert together == list(found.lines), "what one person is owed stands together"
        for village in {each.village for each in found.lines}:
            there = [each for each in people.values() if each[0].village == village]
            order = [(min(line.due for line in each), each[0].card.name) for each in there]
            assert order == sorted(order)
            seen = seen or len(order) > 1
    assert seen


async def test_filters_leave_one_service_and_one_village(world: World) -> None:
    await lists_made(world)
    whole = await listed(world, SU, Which(panel=TEAM_A, view=View.OPEN))
    assert len(whole.rules) > 1
    name, n = whole.rules[0]
    one = await listed(world, SU, Which(panel=TEAM_A, view=View.OPEN, rule=name))
    assert {each.rule for each in one.lines} == {name}
    assert one.total == n
    assert one.counts == whole.counts
    code, _, m = whole.villages[0]
    here = await listed(world, SU, Which(panel=TEAM_A, view=View.OPEN, village=code))
    assert here.total == len(here.lines) == m
    nowhere = await listed(world, SU, Which(panel=TEAM_A, view=View.OPEN, village="371002999999"))
    assert nowhere.lines == ()


async def test_a_list_is_of_the_own_facility_and_written_down_with_whom_it_showed(
    world: World,
) -> None:
    await lists_made(world)
    with pytest.raises(NotYours):
        await listed(world, SU, Which(panel=TEAM_B))
    with pytest.raises(NotYours):
        await listed(world, CHEN, Which())
    found = await listed(world, TIAN, Which())
    assert found.lines
    (search,) = await world.rows("SELECT search, staff, shown FROM search WHERE how='due'")
    shown = {
        row[0]
        for row in await world.rows("SELECT resident FROM search_shown WHERE search=?", search[0])
    }
    assert shown == {each.card.resident for each in found.lines}
    assert (search[1], search[2]) == (TIAN, len(shown))
    assert YANG not in shown
    assert (await verify_journal(world.site)).faults == ()


async def test_a_list_to_call_from_opens_each_archive_and_names_no_illness(world: World) -> None:
    """The outreach list that streets and villages help with (S001-art21)."""
    await lists_made(world)
    await offices(world)
    async with desk(world, SU) as at:
        page = await at.get("/console/due?view=overdue")
        assert "高血压" in page.text
        answer = await at.post("/console/due/calls", panel="all", view="overdue")
    text = answer.content.decode("utf-8-sig")
    assert "周谷雨" in text
    assert "19900001000" in text
    assert "高血压" not in text
    assert "随访服务" in text
    assert id_number(ZHOU) not in text
    logged = await world.rows("SELECT resident, staff, classes FROM access_log")
    assert (ZHOU, SU, "A") in logged
    assert len(logged) == len({row[0] for row in logged}) == text.count("\n") - 1
    assert (await verify_journal(world.site)).faults == ()


async def test_what_was_done_leaves_the_list_at_the_next_remake(world: World) -> None:
    su = await lists_made(world)
    before = await rows(world, ZHOU)
    form = good("htn_followup", next_date="2027-02-18")
    su.tablet.save_event(ZHOU, "htn_followup", "2026-11-20", form)
    await su.settle()
    await afterwork.catch_up(world.site)
    after = await rows(world, ZHOU)
    assert after != before
    lines = [[row for row in some if row[0] == "P05"] for some in (before, after)]
    assert [len(each) for each in lines] == [1, 1], "one line a visit, and the next is another"
    assert lines[0] != lines[1]
    await su.settle()
    assert {(o.rule, o.due.isoformat()) for o in su.tablet.archive.owed(ZHOU)} == {
        (rule, day) for rule, day, _ in after
    }


async def test_a_switch_moves_the_rows_at_once_and_the_new_tablet_gets_them(world: World) -> None:
    su = await lists_made(world)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    await he.settle()
    assert he.tablet.archive.owed(ZHOU) == []
    owed = su.tablet.archive.owed(ZHOU)
    assert owed
    ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    assert isinstance(await move.switch(world.site, ask), Granted)
    for table in ("plan", "plan_due"):
        found = await world.rows(f"SELECT facility, panel FROM {table} WHERE resident=?", ZHOU)
        assert set(found) == {(LIUWAN, TEAM_B)}
    for each in (su, he):
        await each.settle()
    assert he.tablet.archive.owed(ZHOU) == owed
    assert su.tablet.archive.owed(ZHOU) == []
    assert su.tablet.disk.rows("SELECT 1 FROM owed WHERE resident=?", ZHOU) == []


async def test_a_consent_brings_class_a_and_its_end_takes_it_away(world: World) -> None:
    su = await lists_made(world)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,), restricted=True)
    made = await consent.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + 30 * DAY_MS, text_version="1",
    )  # fmt: skip
    await he.settle()
    assert he.tablet.archive.owed(ZHOU) == su.tablet.archive.owed(ZHOU)
    await consent.revoke(world.site, made)
    await he.settle()
    assert he.tablet.archive.owed(ZHOU) == []


async def test_nothing_is_told_when_nothing_changed(world: World) -> None:
    su = await lists_made(world)
    feed = "SELECT COUNT(*) FROM feed WHERE op LIKE 'plan%'"
    kept = "SELECT resident, rev, sealed_open FROM plan ORDER BY resident"
    before = await world.one(feed), await world.rows(kept)
    su.tablet.save_edit(ZHOU, {"phone": "19900007777"}, "2026-11-20")
    await su.settle()
    await afterwork.catch_up(world.site)
    await nightly.rebuild(world.site)
    after = await world.one(feed), await world.rows(kept)
    assert after == before


async def test_a_new_year_makes_everybody_once_and_goes_on_where_it_stopped(world: World) -> None:
    await lists_made(world)
    assert not await nightly.waits(world.site)
    world.clock.pass_(days=45)
    assert await nightly.waits(world.site)
    half = sorted(row[0] for row in await world.rows("SELECT resident FROM resident"))[2]
    mark = await world.one("SELECT edition FROM plan_year")
    began = (DISTRICT, 2027, mark, "making", half, 3, 5, 0)
    await world.store.write(lambda tx: tx.insert("plan_year", [began]))
    assert await nightly.keep(world.site) == 2
    assert await world.one("SELECT state, reached FROM plan_year WHERE year=2027") == ("made", 5)
    # The three that were skipped have slept past their day: the next look wakes them.
    assert await nightly.keep(world.site) == 3
    assert not await nightly.waits(world.site)
    assert {row[0] for row in await world.rows("SELECT year FROM plan")} == {2027}
    assert (await proof.check(world.site)).right


async def test_other_rules_make_everybody_anew(world: World) -> None:
    await lists_made(world)
    await world.store.write(
        lambda tx: tx.run("UPDATE plan_year SET edition='of last month' WHERE year=2026")
    )
    assert await nightly.waits(world.site)
    assert await nightly.keep(world.site) == 5
    assert not await nightly.waits(world.site)


async def test_a_merged_archive_has_no_plan_and_gets_it_back(world: World) -> None:
    await lists_made(world)
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(WU, ZHOU, frozenset()))
    for table in ("plan", "plan_due"):
        assert await world.rows(f"SELECT 1 FROM {table} WHERE resident=?", ZHOU) == []
    await afterwork.catch_up(world.site)
    assert any(row[0] == "P05" for row in await rows(world, WU))
    assert (await proof.check(world.site)).right
    await unmerge(world.site, tian, merge_id)
    await afterwork.catch_up(world.site)
    assert any(row[0] == "P05" for row in await rows(world, ZHOU))
    assert (await proof.check(world.site)).right


async def test_rows_that_were_altered_are_found_and_made_afresh(world: World) -> None:
    await lists_made(world)
    await world.store.write(
        lambda tx: tx.run("UPDATE plan_due SET due='2026-01-01' WHERE resident=?", ZHOU)
    )
    assert (await proof.check(world.site)).due_wrong > 0
    await nightly.rebuild(world.site)
    assert (await proof.check(world.site)).right
    await world.store.write(
        lambda tx: tx.run("UPDATE plan SET sealed_open=? WHERE resident=?", b"no seal", ZHOU)
    )
    await nightly.rebuild(world.site)
    assert (await proof.check(world.site)).right


async def test_an_older_tablet_is_sent_no_row_it_does_not_know(world: World) -> None:
    su = await lists_made(world)
    old = HandTablet(world, await enrol_by_hand(world, "1", staff=SU, panels=(TEAM_A,)))
    for _ in range(4):
        answer = await old.send()
        for page in map(wire.page, answer.pages):
            for row in (*page.rows, *page.snap_rows):
                assert not isinstance(wire.row(row), wire.PlanPut)
    assert su.tablet.state.schema >= 2
    assert su.tablet.disk.rows("SELECT COUNT(*) FROM owed")[0][0] > 0


async def test_a_tablet_that_was_upgraded_asks_for_what_it_lacks(world: World) -> None:
    su = await lists_made(world)
    owed = su.tablet.archive.owed(ZHOU)
    with su.tablet.disk.step():
        su.tablet.disk.run("DROP TABLE owed")
        su.tablet.state.schema = 1
        su.tablet.state.store(su.tablet.disk)
    su.tablet.close()
    path = world.folder / "07.tablet"
    again = Tablet.open(path, "青山绿水", clock=world.clock, new_id=new_id)
    su = Field(world, again, su.keys)
    assert su.tablet.archive.owed(ZHOU) == []
    await su.settle()
    assert su.tablet.archive.owed(ZHOU) == owed
    assert (await su.go()).agrees is True


async def test_a_plan_put_in_another_row_does_not_open_and_verify_says_whose(world: World) -> None:
    await lists_made(world)
    assert (await verify_journal(world.site)).holds
    stolen = await world.one("SELECT sealed_open FROM plan WHERE resident=?", YANG)
    await world.store.write(
        lambda tx: tx.run("UPDATE plan SET sealed_open=? WHERE resident=?", stolen, ZHOU)
    )
    report = await verify_journal(world.site)
    assert [(each.code, each.where) for each in report.faults] == [("plan_sealed", ZHOU.hex())]


async def test_plans_open_after_the_key_was_rotated_and_come_back_from_a_backup(
    world: World,
) -> None:
    await lists_made(world)
    await kek.rotate(world.site, world.kek_file)
    await kek.retire(world.site, world.kek_file, 1)
    assert (await proof.check(world.site)).right
    made = await backup.backup(world.site, world.folder / "backup")
    assert made.tables["plan"].rows == len(HOMES)
    assert made.tables["plan_due"].rows > 0
    async with Store(f"sqlite:///{world.folder}/restored.sqlite3") as store:
        await migrate(store)
        await backup.restore_into(store, made.path, world.kek_file, now=world.clock())
        site = await open_site(store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock)
        assert (await proof.check(site)).right


async def test_one_archive_a_rule_stumbles_over_blocks_no_other(world: World) -> None:
    """A record whose body no form would take, as an old import may have left it."""
    su = await lists_made(world)
    body = encode(good("htn_followup", next_date="2027-02-18"))
    broken = su.tablet.save_event(WU, "htn_followup", "2026-11-20", body)
    su.tablet.save_event(ZHOU, "htn_followup", "2026-11-20", body)
    await su.settle()
    await broken_body(world, WU, broken)
    before = await rows(world, ZHOU)
    assert await afterwork.catch_up(world.site) == 2
    assert await rows(world, ZHOU) != before
    found = await proof.check(world.site)
    assert found.plans_wrong <= 1
    world.clock.pass_(days=45)
    assert await nightly.keep(world.site) == 5
    assert await nightly.keep(world.site) <= 1  # it ends, and tries again tomorrow


async def broken_body(world: World, who: bytes, change: bytes) -> None:
    """Replaces the readings of a kept record by texts, sealed as the record is."""
    wrapped, sealed = await world.one(
        "SELECT r.key, c.body FROM change c JOIN resident r ON r.resident=c.resident "
        "WHERE c.change=?",
        change,
    )
    key, place = world.site.vault.key(who, wrapped), world.site.vault.at(T_CHANGE, change, who)
    plain = key.open(place, sealed)
    raw = read_change(plain[16:])
    body = encode(good("htn_followup", sbp="many", dbp="few", next_date="some day"))
    again = encode(msgspec.structs.replace(raw, body=msgspec.Raw(body)))
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE change SET body=? WHERE change=?", key.seal(place, plain[:16] + again), change
        )
    )


def test_what_a_rule_cannot_read_gives_no_plan_and_no_exception() -> None:
    anything: Any = "neither a day nor nothing"
    assert made_of(Facts(due=True, birth=anything), 2026, {}) is None
