"""Two archives that become one stand once on a checkup day, and twice again when that is undone."""

from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from sync.hall import Phase
from tests.console import TIAN
from tests.halls import STATIONS, a_day, in_hall, seen
from tests.test_merging import signed
from tests.world import WU, ZHOU, World


async def test_one_person_noted_under_two_archives_is_one_after_the_merge(world: World) -> None:
    day = await a_day(world, (WU,))
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU, "B001"), there.part(ZHOU, "basic"))
    await there.send(there.check_in(WU, "B002"), there.part(WU, "blood"))
    before = await seen(world, day)
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    people = await seen(world, day)
    assert set(people) == {ZHOU}
    assert (people[ZHOU].progress.doubled, people[ZHOU].progress.missing) == (1, ("ecg", "review"))
    late = there.part(WU, "ecg")
    await there.send(late)
    assert (await seen(world, day))[ZHOU].progress.missing == ("review",)
    await unmerge(world.site, tian, merge_id)
    again = await seen(world, day)
    assert set(again) == {ZHOU, WU}
    assert again[ZHOU].state == before[ZHOU].state
    assert again[WU].progress.missing == ("basic", "review")
    assert again[WU].progress.phase is Phase.UNDER_WAY


async def test_an_invitation_of_the_gone_archive_is_the_kept_ones(world: World) -> None:
    day = await a_day(world, (WU,))
    await merge(world.site, await signed(world, TIAN), Wish(ZHOU, WU, frozenset()))
    people = await seen(world, day)
    assert set(people) == {ZHOU}
    assert (people[ZHOU].row.status, people[ZHOU].row.route) == ("invited", STATIONS)
