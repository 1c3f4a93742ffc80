"""Guests whom no document names: a person of the facility says who they were."""

import pytest

from server.actions.checkup import guest_matching
from server.errors import NotYours, RuleSaysNo
from server.store.ids import new_id
from tests.console import desk, text_of
from tests.halls import a_day, in_hall, seen
from tests.lists import signed
from tests.world import HE, QIN, WU, ZHENG, World, id_number

NUMBER = "11010519491231002X"


async def test_the_facility_says_who_a_guest_was(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    step, part = there.guest(guest, NUMBER), there.part(guest, "ecg")
    await there.send(step, part)
    qin = await signed(world, QIN)
    (found,) = await guest_matching.waiting(world.site, qin, day)
    assert (found.guest, found.said.name) == (guest, "田小暑")
    await guest_matching.match(world.site, qin, day, guest, WU)
    await guest_matching.match(world.site, qin, day, guest, WU)
    await there.send()
    assert [there.said[each.id] for each in (step, part)] == [("applied_guest", "")] * 2
    people = await seen(world, day)
    assert set(people) == {WU}
    assert "ecg" not in people[WU].progress.missing
    assert await guest_matching.waiting(world.site, qin, day) == []
    with pytest.raises(RuleSaysNo):
        await guest_matching.match(world.site, qin, day, guest, ZHENG)


async def test_what_arrives_later_of_a_guest_is_the_residents_at_once(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, NUMBER))
    await guest_matching.match(world.site, await signed(world, QIN), day, guest, WU)
    late = there.part(guest, "blood")
    await there.send(late)
    await there.send()
    assert there.said[late.id] == ("applied_guest", "")
    assert "blood" not in (await seen(world, day))[WU].progress.missing


async def test_two_guests_with_one_document_are_matched_together(world: World) -> None:
    day = await a_day(world)
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二")
    here, there = new_id(world.clock()), new_id(world.clock())
    await one.send(one.guest(here, NUMBER))
    await two.send(two.guest(there, NUMBER), two.part(there, "ecg"))
    await guest_matching.match(world.site, await signed(world, QIN), day, here, WU)
    people = await seen(world, day)
    assert set(people) == {WU}
    assert people[WU].progress.doubled == 1
    assert "ecg" not in people[WU].progress.missing


async def test_another_facility_names_nobodys_guest(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, NUMBER))
    with pytest.raises(NotYours):
        await guest_matching.match(world.site, await signed(world, HE), day, guest, WU)
    with pytest.raises(NotYours):
        await guest_matching.waiting(world.site, await signed(world, HE), day)


async def test_an_archive_opened_later_is_found_by_itself(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, NUMBER))
    assert await guest_matching.waits(world.site)
    assert await guest_matching.run(world.site) == 0
    blind = world.site.index.of_id_number(NUMBER)
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET id_index=? WHERE resident=?", blind, WU)
    )
    assert await guest_matching.run(world.site) == 1
    assert set(await seen(world, day)) == {WU}
    assert not await guest_matching.waits(world.site)


async def test_at_the_desk_a_guest_is_found_by_number_looked_at_and_named(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, NUMBER), there.part(guest, "ecg"))
    path = f"/console/checkup/{day.hex()}/guests"
    async with desk(world, QIN) as at:
        page = text_of(await at.get(path))
        assert "1 人还没对上档案" in page
        assert "田小暑" in page
        wrong = await at.post(f"{path}/{guest.hex()}/find", number="11010519491231002X")
        assert (wrong.status_code, "没有这个号码" in text_of(wrong)) == (422, True)
        found = await at.post(f"{path}/{guest.hex()}/find", number=id_number(WU))
        assert "吴𠮷祥" in text_of(found)
        assert id_number(WU) not in found.text.replace(f'value="{id_number(WU)}"', "")
        done = await at.post(f"{path}/{guest.hex()}/match", resident=WU.hex())
        assert done.status_code == 303
        assert "都对上了" in text_of(await at.get(f"{path}?done=1"))
    assert set(await seen(world, day)) == {WU}
    assert await world.one("SELECT COUNT(*) FROM search_shown WHERE resident=?", WU) == 1


async def test_a_number_with_another_persons_name_waits_for_a_person(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    step = there.guest(guest, id_number(WU), "田小暑")
    await there.send(step, there.part(guest, "ecg"))
    assert there.said[step.id] == ("held", "guest")
    assert await guest_matching.run(world.site) == 0
    qin = await signed(world, QIN)
    assert [each.guest for each in await guest_matching.waiting(world.site, qin, day)] == [guest]
    assert WU not in await seen(world, day)
    await guest_matching.match(world.site, qin, day, guest, WU)
    assert set(await seen(world, day)) == {WU}
