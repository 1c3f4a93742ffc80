"""The board of a checkup day is right whatever arrives in which order, and for its own people."""

from random import Random

import pytest

from server.actions.checkup import board as boards
from server.actions.checkup.board import Board, Held, read_board
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import DayState
from tests.busy_hall import DAY, MINUTE, Hall, bring, heard, prepared, walks
from tests.checkup_days import desk as signed_in
from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.world import HE, QIN, START_MS, SU, World


async def full(world: World, people: int = 60, minutes: int = 40) -> Hall:
    hall = await prepared(world, people=people, tablets=20)
    walks(hall, begins=START_MS, slow=("ecg",))
    world.clock.pass_(minutes=minutes)
    return hall


async def board(world: World, held: Held | None = None) -> Board:
    return await world.store.read(
        lambda tx: read_board(tx, world.site, DAY, Held() if held is None else held)
    )


async def test_a_board_says_what_the_tablets_noted(world: World) -> None:
    hall = await full(world)
    steps = hall.until(world.clock())
    await bring(world, steps)
    found = (await boards.board_of(world.site, await signed_in(world), DAY)).figures
    came = {each.who for each in steps if each.kind == "check_in"}
    assert found.arrived == len(came) == sum(n for _, n in found.bars)
    assert found.arrived == (found.registered + found.under_way + found.finished + len(found.gone))
    done = {}
    for each in steps:
        if each.kind == "station_part":
            done.setdefault(each.who, set()).add(each.body["station"])
    left = {each.who for each in steps if each.kind == "check_out"}
    assert {each.who for each in found.gone} == left
    assert found.finished == sum(len(each) == 7 for each in done.values())
    assert sum(each.waiting for each in found.stations) == found.registered + found.under_way


@pytest.mark.parametrize("seed", range(3))
async def test_the_order_of_arrival_changes_no_figure(world: World, seed: int) -> None:
    hall = await full(world)
    steps = hall.until(world.clock())
    dice = Random(seed)
    shuffled = [*steps, *dice.sample(steps, 40)]
    dice.shuffle(shuffled)
    held = Held()
    for start in range(0, len(shuffled), 30):
        await bring(world, shuffled[start : start + 30])
        await board(world, held)
    whole, grown = await board(world), await board(world, held)
    assert whole.figures == grown.figures, "what is read bit by bit is what is read at once"
    assert whole.figures.arrived == len({each.who for each in steps if each.kind == "check_in"})


async def test_a_thousand_arrivals_are_all_on_the_board_and_read_anew(world: World) -> None:
    hall = await prepared(world, people=1_000, tablets=20)
    walks(hall, begins=START_MS, every_s=12)
    world.clock.pass_(hours=8)
    await bring(world, hall.steps[:-40], batch=500)
    held = Held()
    assert (await board(world, held)).figures.arrived == 1_000
    await bring(world, hall.steps[-40:])
    found = await board(world, held)
    assert found.figures.arrived == 1_000
    assert found.figures.finished + len(found.figures.gone) == 1_000


async def test_only_the_days_own_people_see_it(world: World) -> None:
    await offices(world)
    await full(world, people=3)
    for other in (HE, CHEN):
        with pytest.raises(NotYours):
            await boards.board_of(world.site, await signed_in(world, other), DAY)
        with pytest.raises(NotYours):
            await boards.call_back(world.site, await signed_in(world, other), DAY, SU)
    for own in (TIAN, QIN, SU):
        await boards.board_of(world.site, await signed_in(world, own), DAY)


async def test_somebody_who_went_is_called_back_and_not_called_any_more(world: World) -> None:
    hall = await full(world, minutes=90)
    await bring(world, hall.until(world.clock()))
    who = await signed_in(world)
    gone = (await board(world)).figures.gone[0]
    await boards.call_back(world.site, who, DAY, gone.who)
    assert list((await board(world)).calls) == [gone.who]
    await boards.undo_call(world.site, who, DAY, gone.who)
    assert (await board(world)).calls == {}
    await boards.call_back(world.site, who, DAY, gone.who)
    assert list((await board(world)).calls) == [gone.who]
    walks(hall, begins=world.clock(), seed="back", leavers=0)
    back = [each for each in hall.steps if each.who == gone.who and each.at > world.clock()]
    world.clock.pass_(hours=5)
    await bring(world, back)
    assert (await board(world)).calls == {}, "who is back at a station is not called"


async def test_nobody_is_called_back_to_a_day_that_is_over_or_from_another_list(
    world: World,
) -> None:
    hall = await full(world, people=3)
    who = await signed_in(world)
    with pytest.raises(NotYours):
        await boards.call_back(world.site, who, DAY, SU)
    await world.store.write(
        lambda tx: tx.run("UPDATE checkup_day SET state=?", DayState.CLOSED.value)
    )
    with pytest.raises(RuleSaysNo, match="over"):
        await boards.call_back(world.site, who, DAY, hall.people[0])


async def test_the_page_masks_names_and_says_no_value(world: World) -> None:
    await offices(world)
    hall = await full(world, minutes=90)
    await bring(world, hall.until(world.clock()))
    await heard(world, {hall.tablets[4]}, world.clock() - 18 * MINUTE)
    async with desk(world, QIN) as at:
        answer = await at.get(f"/console/checkup/{DAY.hex()}/board")
        text = text_of(answer)
        assert answer.status_code == 200, text
        assert "青禾镇文化礼堂" in answer.text
        assert "离线 18 分钟" in text
        gone = (await board(world)).figures.gone
        names = await world.store.read(
            lambda tx: boards.names_of(tx, world.site, DAY, [each.who for each in gone])
        )
        assert gone
        for name in names.values():
            assert name not in answer.text
            assert f"{name[0]}*{name[-1]}" in answer.text
        pressed = await at.post(f"/console/checkup/{DAY.hex()}/call", call=gone[0].who.hex())
        assert pressed.status_code == 303
        again = text_of(await at.get(f"/console/checkup/{DAY.hex()}/board"))
        assert "请回来继续做" in again
        assert "不叫了" in again
    async with desk(world, HE) as other:
        refused = await other.get(f"/console/checkup/{DAY.hex()}/board")
        assert (refused.status_code, "not_yours" in refused.text) == (403, True)
