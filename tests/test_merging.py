"""Two archives of one person become one and, where that was wrong, two again; nothing is lost."""

import asyncio
import random
from functools import partial
from typing import Any

import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import consent
from server.actions.archives.life import step
from server.actions.archives.merging import Wish, merge
from server.actions.archives.reading import read_archive, who_looked
from server.actions.archives.twin_view import behold
from server.actions.archives.twins import note
from server.actions.archives.unmerging import unmerge
from server.actions.keeping.verify import verify_journal
from server.errors import NotYours, RuleSaysNo
from server.rules.consent import Purpose
from server.rules.life import Life, No
from sync.wire import change as read_change
from sync.wire import encode
from tests.cast_forms import good
from tests.console import CHEN, TIAN, offices, session_of
from tests.test_life import asked
from tests.world import (
    DISTRICT,
    HE,
    SU,
    TEAM_A,
    TEAM_B,
    WU,
    XIE,
    YANG,
    ZHENG,
    ZHOU,
    Field,
    World,
    field,
)  # fmt: skip

TODAY = "2026-11-20"


async def signed(world: World, staff: bytes) -> Signed:
    await offices(world)
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


def visit(tablet: Field, who: bytes, day: str = TODAY, **changes: Any) -> bytes:
    body = encode(good("htn_followup", next_date="2027-02-14", **changes))
    return tablet.tablet.save_event(who, "htn_followup", day, body)


def held(tablet: Field, who: bytes) -> set[bytes]:
    """Ids of the records the tablet shows of an archive."""
    return {read_change(each.change).id for each in tablet.tablet.archive.events(who)}


def value(tablet: Field, who: bytes, cell: str) -> Any:
    return tablet.tablet.archive.cells(who)[cell].heads[-1].value


async def state_of(world: World, change: bytes) -> tuple[Any, ...]:
    return await world.one("SELECT resident, state FROM change WHERE change=?", change)


async def sound(world: World, *tablets: Field) -> None:
    """Every tablet agrees with the server's sums and the journal verifies."""
    for each in tablets:
        await each.settle()
        assert (await each.go()).agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_a_late_visit_and_edit_for_the_gone_archive_reach_the_kept_one_and_go_back_by_undo(
    world: World,
) -> None:
    first, second = await field(world, "青禾 1 号"), await field(world, "青禾 2 号", staff=XIE)
    for each in (first, second):
        await each.settle()
    early = visit(first, WU, "2026-11-18")
    await first.settle()
    late = visit(second, WU)
    edit = second.tablet.save_edit(WU, {"phone": "19900009999"}, TODAY)
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    await sound(world, first)
    assert early in held(first, ZHOU)
    assert WU not in first.tablet.archive.members(TEAM_A)

    await second.settle()
    assert (await state_of(world, late)) == (ZHOU, "applied")
    assert (await state_of(world, edit)) == (ZHOU, "conflict")
    await sound(world, first, second)
    for each in (first, second):
        assert {early, late} <= held(each, ZHOU)
    assert await world.rows("SELECT kind FROM task WHERE kind='quarantine'") == []

    assert await unmerge(world.site, tian, merge_id) == (ZHOU, WU)
    assert (await state_of(world, late))[0] == WU
    await sound(world, first, second)
    for each in (first, second):
        assert held(each, WU) == {early, late}
        assert len(held(each, ZHOU)) == 1
        assert value(each, WU, "phone") == "19900009999"
        assert value(each, ZHOU, "phone") != "19900009999"
        assert value(each, WU, "archive_status") == "0"
        assert len(each.tablet.archive.cells(ZHOU)["phone"].heads) == 1
    with pytest.raises(RuleSaysNo):
        await unmerge(world.site, tian, merge_id)


async def test_the_gone_archives_former_team_is_no_stranger(world: World) -> None:
    liuwan = await field(world, "柳湾 1 号", staff=HE, panels=(TEAM_B,))
    qinghe = await field(world, "青禾 1 号")
    for each in (liuwan, qinghe):
        await each.settle()
    late = visit(liuwan, YANG, "2026-11-19")
    edit = liuwan.tablet.save_edit(YANG, {"phone": "19900007777"}, TODAY)
    chen = await signed(world, CHEN)
    tian = await signed(world, TIAN)
    with pytest.raises(NotYours):
        await merge(world.site, tian, Wish(ZHOU, YANG, frozenset()))
    merge_id = await merge(world.site, chen, Wish(ZHOU, YANG, frozenset({"phone"})))
    await liuwan.settle()
    assert await state_of(world, late) == (ZHOU, "applied")
    assert await state_of(world, edit) == (ZHOU, "proposal")
    await sound(world, liuwan, qinghe)
    assert YANG not in liuwan.tablet.archive.members(TEAM_B)
    assert late in held(qinghe, ZHOU)
    await unmerge(world.site, chen, merge_id)
    await sound(world, liuwan, qinghe)
    assert held(liuwan, YANG) == {late}
    assert late not in held(qinghe, ZHOU)
    assert await state_of(world, edit) == (YANG, "proposal")
    assert await world.one("SELECT until_day FROM assignment WHERE resident=?", YANG) is None


async def test_reading_the_gone_archive_opens_the_kept_one_and_the_log_shows_both(
    world: World,
) -> None:
    tian = await signed(world, TIAN)
    await read_archive(world.site, WU, staff=SU, purpose=Purpose.SERVICE)
    until = world.clock() + 10**9
    await consent.grant(
        world.site, WU, panel=TEAM_B, purpose="service", classes="A", until=until,
        text_version="1",
    )  # fmt: skip
    world.clock.pass_(minutes=20)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    opened = await read_archive(world.site, WU, staff=SU, purpose=Purpose.SERVICE)
    assert opened.resident == ZHOU
    assert len(await who_looked(world.site, ZHOU)) == 2
    member = "SELECT ground FROM member WHERE panel=? AND resident=?"
    assert await world.rows(member, TEAM_B, ZHOU) == [("consent",)]
    assert await world.rows(member, TEAM_B, WU) == []
    liuwan = await field(world, "柳湾 1 号", staff=HE, panels=(TEAM_B,))
    await sound(world, liuwan)
    await unmerge(world.site, tian, merge_id)
    assert await world.rows(member, TEAM_B, ZHOU) == []
    assert await world.rows(member, TEAM_B, WU) == [("consent",)]
    assert len(await who_looked(world.site, ZHOU)) == 1
    await sound(world, liuwan)


async def test_a_merged_archive_takes_no_step_and_no_second_merge(world: World) -> None:
    tian = await signed(world, TIAN)
    await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    assert await step(world.site, await signed(world, CHEN), WU, asked(Life.DEAD)) is (
        No.NO_SUCH_STEP
    )
    for kept, gone in ((ZHENG, WU), (WU, ZHENG)):
        with pytest.raises((RuleSaysNo, NotYours)):
            await merge(world.site, tian, Wish(kept, gone, frozenset()))


async def test_what_was_chosen_is_shown_and_sets_are_joined(world: World) -> None:
    tablet = await field(world, "青禾 1 号")
    await tablet.settle()
    tablet.tablet.save_edit(WU, {"drug_allergy/2": True, "work_unit": "青禾粮站"}, TODAY)
    await tablet.settle()
    tian = await signed(world, TIAN)
    await merge(world.site, tian, Wish(ZHOU, WU, frozenset({"phone"})))
    await sound(world, tablet)
    assert value(tablet, ZHOU, "drug_allergy/2") is True
    assert value(tablet, ZHOU, "work_unit") == "青禾粮站"
    assert value(tablet, ZHOU, "phone") == "19900001001"
    assert value(tablet, ZHOU, "name") == "周谷雨"
    with pytest.raises(RuleSaysNo, match="identity_differs"):
        await merge(world.site, tian, Wish(ZHENG, ZHOU, frozenset({"id_no"})))


async def test_pairs_that_lead_to_the_same_archive_are_closed_with_it(world: World) -> None:
    tian = await signed(world, TIAN)
    pairs: list[bytes | None] = []
    for one, other in ((ZHOU, WU), (WU, ZHENG), (ZHOU, ZHENG)):
        noted = partial(note, site=world.site, one_=one, other=other, ground="same_phone")
        pairs.append(await world.store.write(noted))
    await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    states = "SELECT state FROM twin ORDER BY noted_at, twin"
    assert [row[0] for row in await world.rows(states)] == ["merged", "open", "open"]
    assert pairs[1] is not None
    shown = await behold(world.site, tian, pairs[1], "核对")
    assert {each.resident for each in shown.sides} == {ZHOU, ZHENG}
    await merge(world.site, tian, Wish(ZHENG, ZHOU, frozenset()))
    assert [row[0] for row in await world.rows(states)] == ["merged"] * 3
    shown = await behold(world.site, tian, pairs[1], "核对")
    assert [each.resident for each in shown.sides] == [ZHENG]
    assert await world.rows("SELECT subject FROM task WHERE closed_at IS NULL") == []


async def test_a_chain_of_merges_is_undone_link_by_link(world: World) -> None:
    tablet, other = await field(world, "青禾 1 号"), await field(world, "青禾 2 号", staff=XIE)
    for each in (tablet, other):
        await each.settle()
    tian = await signed(world, TIAN)
    late = visit(other, WU)
    one = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    two = await merge(world.site, tian, Wish(ZHENG, ZHOU, frozenset()))
    await other.settle()
    assert (await state_of(world, late)) == (ZHENG, "applied")
    with pytest.raises((RuleSaysNo, NotYours)):
        await unmerge(world.site, tian, one)
    await sound(world, tablet, other)
    await unmerge(world.site, tian, two)
    assert (await state_of(world, late))[0] == ZHOU
    await sound(world, tablet, other)
    await unmerge(world.site, tian, one)
    assert (await state_of(world, late))[0] == WU
    await sound(world, tablet, other)


@pytest.mark.parametrize("seed", [3, 7])
async def test_in_any_order_of_visits_merges_and_undoing_nothing_is_lost(
    world: World, seed: int
) -> None:
    rng = random.Random(seed)
    tablets = [
        await field(world, "青禾 1 号"),
        await field(world, "青禾 2 号", staff=XIE),
        await field(world, "柳湾 1 号", staff=HE, panels=(TEAM_B,)),
    ]
    for each in tablets:
        await each.settle()
    chen = await signed(world, CHEN)
    saved: list[bytes] = []
    standing: list[bytes] = []
    for number in range(14):
        world.clock.pass_(minutes=1)
        tablet = tablets[number % 3]
        mine = [who for panel in tablet.keys.panels for who in tablet.tablet.archive.members(panel)]
        match rng.choice(("visit", "visit", "edit", "go", "merge", "undo")):
            case "visit" if mine:
                saved.append(visit(tablet, rng.choice(sorted(mine)), "2026-11-19"))
            case "edit" if mine:
                cells = {"phone": f"1990000{rng.randrange(1000, 9999)}"}
                saved.append(tablet.tablet.save_edit(rng.choice(sorted(mine)), cells, TODAY))
            case "go":
                await tablet.settle()
            case "merge":
                living = await world.rows("SELECT resident FROM resident WHERE status<>'merged'")
                kept, gone = rng.sample(sorted(row[0] for row in living), 2)
                if len(living) > 2:
                    wish = Wish(kept, gone, frozenset({"phone"}))
                    standing.append(await merge(world.site, chen, wish))
            case "undo" if standing:
                await unmerge(world.site, chen, standing.pop())
            case _:
                pass
    await sound(world, *tablets)
    while standing:
        await unmerge(world.site, chen, standing.pop())
        await sound(world, *tablets)
    known = {row[0] for row in await world.rows("SELECT change FROM change")}
    assert set(saved) <= known
    lost = "SELECT change FROM change WHERE state='quarantined' OR flags LIKE '%merged%'"
    assert await world.rows(lost) == []
    assert await world.rows("SELECT gone FROM merged WHERE district=?", DISTRICT) == []


async def test_uploads_merges_and_undoing_at_the_same_moment_lose_nothing(world: World) -> None:
    """Several tablets send while the archives they write to are merged and parted."""
    tablets = [
        await field(world, "青禾 1 号"),
        await field(world, "青禾 2 号", staff=XIE),
        await field(world, "柳湾 1 号", staff=HE, panels=(TEAM_B,)),
    ]
    for each in tablets:
        await each.settle()
    chen = await signed(world, CHEN)
    saved: list[bytes] = []

    async def sending(tablet: Field) -> None:
        for number in range(6):
            own = [who for p in tablet.keys.panels for who in tablet.tablet.archive.members(p)]
            for who in sorted(own):
                saved.append(visit(tablet, who, f"2026-11-{10 + number}"))
                saved.append(tablet.tablet.save_edit(who, {"work_unit": f"第{number}次"}, TODAY))
            await tablet.settle()

    async def merging(kept: bytes, gone: bytes) -> None:
        for _ in range(3):
            made = await merge(world.site, chen, Wish(kept, gone, frozenset()))
            await asyncio.sleep(0.01)
            await unmerge(world.site, chen, made)

    await asyncio.gather(
        *(sending(each) for each in tablets), merging(YANG, WU), merging(ZHOU, ZHENG)
    )
    await sound(world, *tablets)
    states = dict(await world.rows("SELECT change, state FROM change"))
    assert set(saved) <= states.keys()
    assert "quarantined" not in {states[each] for each in saved}
