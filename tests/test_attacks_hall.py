"""Attacks on a checkup day: schedules by which a visit could be lost, doubled or never settle."""

import contextlib
from typing import Any

import pytest

from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.checkup import guest_matching
from server.actions.checkup.desk_steps import save_step
from server.actions.tablets import release
from server.errors import RuleSaysNo
from server.store.ids import new_id
from sync.hall import Phase
from tests.console import TIAN
from tests.halls import a_day, in_hall, seen
from tests.test_merging import signed
from tests.world import LIUWAN, QIN, TEAM_A2, WU, ZHENG, ZHOU, World, id_number

NUMBER = "11010519491231002X"


async def test_a_guest_whose_phone_was_mistyped_is_not_lost(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    odd, part = there.guest(guest, NUMBER, phone="123"), there.part(guest, "ecg")
    await there.send(odd, part)
    assert there.said[odd.id][0] == "held"
    await release.release(world.site, odd.id, staff=QIN)
    qin = await signed(world, QIN)
    (found,) = await guest_matching.waiting(world.site, qin, day)
    assert found.said.name == "田小暑"
    assert await world.rows("SELECT 1 FROM task WHERE closed_at IS NULL") == []
    await guest_matching.match(world.site, qin, day, guest, WU)
    person = (await seen(world, day))[WU]
    assert (person.progress.phase, len(person.state.ins)) == (Phase.UNDER_WAY, 1)


async def test_what_a_lost_tablet_noted_of_a_guest_counts_once_it_is_let_in(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    device = there.tablet.keys.device
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET status='lost' WHERE device=?", device)
    )
    guest = new_id(world.clock())
    step, part = there.guest(guest, id_number(WU)), there.part(guest, "ecg")
    await there.send(step, part)
    for each in (part, step):
        await release.release(world.site, each.id, staff=QIN)
    person = (await seen(world, day))[WU]
    assert (person.progress.phase, "ecg" in person.state.st) == (Phase.UNDER_WAY, True)
    states = await world.rows("SELECT DISTINCT state, reason FROM change WHERE shape='step'")
    assert states == [("applied_guest", "")]
    with pytest.raises(RuleSaysNo):
        await release.release(world.site, step.id, staff=QIN)


async def test_a_late_step_of_a_guest_follows_the_archive_that_was_kept(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, id_number(WU)))
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    await there.send(there.part(guest, "ecg"))
    people = await seen(world, day)
    assert set(people) == {ZHOU}
    assert "ecg" in people[ZHOU].state.st
    await unmerge(world.site, tian, merge_id)
    again = await seen(world, day)
    assert "ecg" in again[WU].state.st
    assert again[WU].progress.phase is Phase.UNDER_WAY
    assert ZHOU not in again or again[ZHOU].progress.phase is Phase.EXPECTED


async def test_of_three_archives_each_has_its_own_steps_again_when_it_is_undone(
    world: World,
) -> None:
    day = await a_day(world, (WU,))
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, id_number(WU)), there.part(guest, "basic"))
    tian = await signed(world, TIAN)
    first = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    second = await merge(world.site, tian, Wish(ZHENG, ZHOU, frozenset()))
    await there.send(there.part(guest, "ecg"), there.part(WU, "blood"), there.part(ZHOU, "review"))
    people = await seen(world, day)
    assert {who: set(each.state.st) for who, each in people.items()} == {
        ZHENG: {"basic", "ecg", "blood", "review"}
    }
    await unmerge(world.site, tian, second)
    again = await seen(world, day)
    assert set(again[ZHOU].state.st) == {"basic", "ecg", "blood", "review"}
    assert not again[ZHENG].state.st
    await unmerge(world.site, tian, first)
    last = await seen(world, day)
    assert (set(last[WU].state.st), last[WU].row.status) == ({"basic", "ecg", "blood"}, "invited")
    assert (set(last[ZHOU].state.st), last[ZHOU].row.status) == ({"review"}, "walk_in")


async def test_a_merge_that_is_undone_leaves_the_invitation_and_its_ticket(world: World) -> None:
    day = await a_day(world, (WU,))
    await world.store.write(
        lambda tx: tx.run("UPDATE checkup_person SET ticket='A001', slot=1 WHERE who=?", WU)
    )
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    people = await seen(world, day)
    assert (people[ZHOU].row.status, people[ZHOU].row.ticket) == ("invited", "A001")
    await unmerge(world.site, tian, merge_id)
    rows = await world.rows("SELECT status, slot, ticket FROM checkup_person WHERE who=?", WU)
    assert rows == [("invited", 1, "A001")]
    assert await world.rows(
        "SELECT status, slot, ticket FROM checkup_person WHERE who=?", ZHOU
    ) == [("removed", None, "")]


async def test_of_two_guests_that_are_one_either_may_be_named(world: World) -> None:
    day = await a_day(world)
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二", panels=(TEAM_A2,))
    first, second = new_id(world.clock()), new_id(world.clock())
    await one.send(one.guest(first, NUMBER), one.part(first, "ecg"))
    await two.send(two.guest(second, NUMBER), two.part(second, "blood"))
    await guest_matching.match(world.site, await signed(world, QIN), day, second, WU)
    people = await seen(world, day)
    assert set(people) == {WU}
    assert set(people[WU].state.st) == {"ecg", "blood"}


async def test_a_number_that_a_guest_says_later_is_heard(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    nameless = there.step("check_in", guest, how="6", name="吴吉祥", agreed="1")
    await there.send(nameless, there.part(guest, "ecg"))
    await there.send(there.guest(guest, id_number(WU), name="吴吉祥"))
    people = await seen(world, day)
    assert set(people) == {WU}
    assert "ecg" in people[WU].state.st


async def test_a_step_on_the_page_of_a_merged_archive_is_the_kept_ones(world: World) -> None:
    day = await a_day(world, (WU,))
    await merge(world.site, await signed(world, TIAN), Wish(ZHOU, WU, frozenset()))
    body = {"station": "ecg", "mark": "1"}
    await save_step(world.site, await signed(world, QIN), day, WU, "station_part", body)
    people = await seen(world, day)
    assert set(people) == {ZHOU}
    assert "ecg" in people[ZHOU].state.st


async def test_another_facilitys_day_is_not_noted_on_even_when_let_in(world: World) -> None:
    day = await a_day(world, facility=LIUWAN)
    there = await in_hall(world, day)
    step = there.check_in(ZHENG)
    await there.send(step)
    assert there.said[step.id] == ("held", "no_such_day")
    for again in (release.release, release.decline, release.release):
        await again(world.site, step.id, staff=QIN)
        assert await seen(world, day) == {}
    told = await world.one("SELECT state, reason FROM change WHERE change=?", step.id)
    assert tuple(told) == ("held", "no_such_day")
    assert await world.one("SELECT kind FROM task WHERE closed_at IS NULL") == "held"


async def test_a_guests_step_of_another_facilitys_day_stays_somebodys_task(world: World) -> None:
    day = await a_day(world, facility=LIUWAN)
    there = await in_hall(world, day)
    step = there.guest(new_id(world.clock()), NUMBER)
    await there.send(step)
    for again in (release.release, release.decline, release.release):
        await again(world.site, step.id, staff=QIN)
    told = await world.one("SELECT state, reason FROM change WHERE change=?", step.id)
    assert tuple(told) == ("held", "no_such_day")
    assert await world.one("SELECT kind FROM task WHERE closed_at IS NULL") == "held"


async def test_a_guest_whose_check_in_cannot_be_read_is_named_by_a_person(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    odd = there.step("check_in", guest, how="6", name="田小暑", birth_date="1950-13-01")
    part = there.part(guest, "ecg")
    await there.send(odd, part)
    with pytest.raises(RuleSaysNo):
        await release.release(world.site, odd.id, staff=QIN)
    qin = await signed(world, QIN)
    (found,) = await guest_matching.waiting(world.site, qin, day)
    assert (found.guest, found.said.name, found.stations) == (guest, "", 1)
    await guest_matching.match(world.site, qin, day, guest, WU)
    assert await guest_matching.waiting(world.site, qin, day) == []
    assert "ecg" in (await seen(world, day))[WU].state.st
    assert await world.one("SELECT state FROM change WHERE change=?", part.id) == "applied_guest"


ODD_STEPS = (
    ("check_in", {}),
    ("station_part", {"mark": "1"}),
    ("station_part", {"station": "ecg"}),
    ("station_part", {"station": "ecg", "mark": "9"}),
    ("station_part", {"station": "basic", "mark": "1", "form": "health_check", "v": 1,
                      "values": '{"bp_l_sys":"a lot","bp_l_dia":[],"glucose":{}}'}),
    ("route_sheet", {"labels": [{"tube": "blood"}]}),
    ("critical_acted", {"field": "bp_l_sys", "did": "1"}),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), ODD_STEPS)
async def test_half_a_step_that_is_let_in_stops_no_day(
    world: World, kind: str, body: dict[str, Any]
) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    odd = there.step(kind, ZHOU, **body)
    await there.send(odd)
    assert there.said[odd.id][0] in ("held", "quarantined")
    with contextlib.suppress(RuleSaysNo):
        await release.release(world.site, odd.id, staff=QIN)
    await there.send(there.check_in(ZHOU))
    assert (await seen(world, day))[ZHOU].progress.arrived_at
