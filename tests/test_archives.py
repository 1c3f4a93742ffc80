"""Archives are opened with a number of their own, and reach the tablets of the team."""

import asyncio
from typing import Any

import pytest

from server.actions.archives.archives import AlreadyThere, NewArchive, allot, open_archive_alone
from server.actions.archives.twins import note, say_apart
from server.actions.keeping.verify import verify_journal
from server.rules.archive_number import areas_to_try, as_on_paper
from tests.cast_forms import LEFT_OUT, good
from tests.world import (
    DISTRICT,
    QIN,
    QINGHE,
    TEAM_A,
    WU,
    ZHOU,
    World,
    check_digit,
    field,
    id_number,
)

NEW_ID = "37100219910405001"


def new_archive(number: str = NEW_ID, **changes: Any) -> NewArchive:
    full = number + check_digit(number) if number else LEFT_OUT
    basics = good(
        "basic_info", name="林𬀩生", id_no=full, id_type="01" if number else "99", sex="1",
        birth_date="1991-04-05", residence_since="1991-04-05", **changes,
    )  # fmt: skip
    return NewArchive(basics, QINGHE, TEAM_A, QIN, "2026-11-20")


async def numbers(world: World, area: str, n: int = 1) -> list[str]:
    return await world.store.write(lambda tx: allot(tx, DISTRICT, area, n))


async def test_an_archive_opened_at_the_desk_reaches_the_tablet_of_the_team(world: World) -> None:
    tablet = await field(world, "青禾 1 号")
    await tablet.settle()
    who = await open_archive_alone(world.site, new_archive())
    await tablet.settle()
    assert tablet.tablet.archive.cells(who)["name"].heads[0].value == "林𬀩生"
    assert len(await world.one("SELECT archive_no FROM resident WHERE resident=?", who)) == 17
    assert (await tablet.go()).agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_one_document_has_one_archive_even_when_two_open_it_at_once(world: World) -> None:
    done = await asyncio.gather(
        *(open_archive_alone(world.site, new_archive()) for _ in range(3)), return_exceptions=True
    )
    made = [each for each in done if isinstance(each, bytes)]
    assert len(made) == 1
    assert [e.resident for e in done if isinstance(e, AlreadyThere)] == [made[0]] * 2
    with pytest.raises(AlreadyThere) as there:
        await open_archive_alone(world.site, new_archive(id_number(ZHOU)[:17]))
    assert there.value.resident == ZHOU


async def test_a_number_is_never_given_twice(world: World) -> None:
    """The cast's own numbers 1 to 5 came from elsewhere."""
    found = await numbers(world, "371002001001", 3)
    assert found == [f"371002001001{n:05d}" for n in (6, 7, 8)]
    many = await asyncio.gather(*(numbers(world, "371002001001", 50) for _ in range(4)))
    every = [*found, *(each for some in many for each in some)]
    assert len(set(every)) == 203


async def test_a_village_the_rule_does_not_know_counts_as_other(world: World) -> None:
    assert await numbers(world, "371002001000") == ["37100200190100001"]
    assert await numbers(world, "371002001") == ["37100200190100002"]
    assert await numbers(world, "371002") == ["37100200090100001"]
    assert as_on_paper("37100200190100002") == "901-00002"


async def test_a_village_that_is_full_goes_on_among_the_others(world: World) -> None:
    full = (DISTRICT, "371002001002", 99_999)
    await world.store.write(lambda tx: tx.insert("archive_serial", [full]))
    assert await numbers(world, "371002001002", 2) == ["37100200100299999", "37100200190100001"]
    assert next(areas_to_try("371002001905")) == "371002001905"


async def test_a_pair_is_asked_about_once_and_not_again_after_two_people_was_said(
    world: World,
) -> None:
    def noted(ground: str) -> Any:
        return world.store.write(lambda tx: note(tx, world.site, WU, ZHOU, ground))

    pair = await noted("same_phone")
    assert pair is not None
    assert await noted("same_name_birth") == pair
    assert await world.one("SELECT facility FROM task WHERE kind='twin'") == QINGHE
    await say_apart(world.site, pair, staff=QIN)
    assert await noted("same_phone") is None
    assert await world.one("SELECT result FROM task WHERE kind='twin'") == "apart"
