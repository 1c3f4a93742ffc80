"""The yearly figures are kept while people work, and equal a recount whatever happened."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

import pytest

from server.actions.archives.decisions import decide_cells
from server.actions.archives.standing import ResidentRow
from server.actions.archives.touched import take_touched, touch
from server.actions.figures import figures, figures_recount
from server.actions.places import move
from server.rules.switch import Granted
from server.store.tx import Tx
from server.store.vault import NOBODY
from tests.cast_forms import good
from tests.world import (
    DISTRICT,
    HE,
    HOMES,
    QIN,
    QINGHE,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WU,
    ZHOU,
    Field,
    World,
    field,
)

YEAR = 2026
Saved = tuple[bytes, str, str, bytes]


async def remade(world: World) -> None:
    """What the job after work does, for figures alone."""

    async def some(tx: Tx) -> int:
        rows: Mapping[bytes, ResidentRow] = await take_touched(
            tx, DISTRICT, 500, before=world.clock()
        )
        if rows:
            await figures.remake(tx, world.site, rows)
        return len(rows)

    while await world.store.write(some):
        pass


async def counts(world: World, item: str, year: int = YEAR) -> dict[bytes, tuple[int, int]]:
    """People and done of a row, by panel; empty ones left out."""
    rows = await world.rows(
        "SELECT panel, people, done FROM figure WHERE year=? AND item=? AND people<>0", year, item
    )
    return {panel: (people, done) for panel, people, done in rows}


async def lacks(world: World, who: bytes, item: str) -> str:
    return await world.one(
        "SELECT lacks FROM figure_flag WHERE resident=? AND year=? AND item=?", who, YEAR, item
    )


async def status(world: World, who: bytes, to: str) -> None:
    """As a step in an archive's life writes it."""

    async def write(tx: Tx) -> None:
        await tx.run("UPDATE resident SET status=? WHERE resident=?", to, who)
        await touch(tx, DISTRICT, [who], world.clock())

    await world.store.write(write)
    await remade(world)


async def switched(world: World, who: bytes, panel: bytes) -> bool:
    ask = move.Ask(resident=who, panel=panel, ground="moved", by=QIN, at_new_desk=True)
    return isinstance(await move.switch(world.site, ask), Granted)


async def right(world: World) -> bool:
    found = await figures_recount.check(world.site)
    return found.right


@pytest.fixture
async def su(world: World) -> Field:
    made = await field(world, "07")
    await made.settle()
    await remade(world)
    return made


def visit(each: Field, who: bytes, on: str, **changes: Any) -> bytes:
    form = good("htn_followup", next_date="2027-02-18", **changes)
    return each.tablet.save_event(who, "htn_followup", on, form)


async def test_four_visits_face_to_face_and_a_check_make_a_year_of_management(
    world: World, su: Field
) -> None:
    assert await counts(world, "hypertension") == {
        TEAM_A: (3, 0), TEAM_A2: (1, 0), TEAM_B: (1, 0)
    }  # fmt: skip
    assert await lacks(world, ZHOU, "hypertension") == "htn_followup*3 health_check"
    for on in ("2026-02-10", "2026-05-11", "2026-11-20"):
        visit(su, ZHOU, on)
    visit(su, WU, "2026-03-01", mode="3")
    visit(su, WU, "2026-04-01", lost_reason="1", lost_date="2026-04-01")
    check = good("health_check", feedback_date="2026-11-20")
    su.tablet.save_event(ZHOU, "health_check", "2026-11-18", check)
    await su.settle()
    await remade(world)
    assert (await counts(world, "hypertension"))[TEAM_A] == (3, 1)
    assert await lacks(world, WU, "hypertension") == "htn_followup*4 health_check"
    day = await world.one(
        "SELECT done_day FROM figure_flag WHERE resident=? AND item='hypertension'", ZHOU
    )
    assert day == "2026-11-20"
    assert await world.rows("SELECT week, facility, item, n FROM figure_week WHERE n<>0 "
                            "AND item='hypertension'") == [
        ("2026-11-16", QINGHE, "hypertension", 1)
    ]  # fmt: skip
    assert await right(world)


async def test_an_elder_is_done_when_the_results_were_fed_back(world: World, su: Field) -> None:
    body = good("health_check")
    del body["feedback_date"]
    first = su.tablet.save_event(ZHOU, "health_check", "2026-11-19", body)
    await su.settle()
    await remade(world)
    assert await lacks(world, ZHOU, "elder") == "health_check.feedback_date"
    su.tablet.save_event(
        ZHOU, "health_check", "2026-11-19", good("health_check", feedback_date="2026-11-20"),
        amends=first,
    )  # fmt: skip
    await su.settle()
    await remade(world)
    assert (await counts(world, "elder"))[TEAM_A] == (2, 1)
    assert await right(world)


async def test_a_voided_record_no_longer_counts(world: World, su: Field) -> None:
    check = su.tablet.save_event(
        ZHOU, "health_check", "2026-11-19", good("health_check", feedback_date="2026-11-20")
    )
    await su.settle()
    await remade(world)
    assert (await counts(world, "elder"))[TEAM_A] == (2, 1)
    su.tablet.void(ZHOU, "health_check", "2026-11-19", check, "重复录入")
    await su.settle()
    await remade(world)
    assert (await counts(world, "elder"))[TEAM_A] == (2, 0)
    assert await world.rows("SELECT n FROM figure_week WHERE n<>0 AND item='elder'") == []


@pytest.mark.usefixtures("su")
async def test_who_moves_takes_the_figures_along_and_who_dies_leaves_them(world: World) -> None:
    assert (await counts(world, "archive"))[TEAM_B] == (1, 1)
    assert await switched(world, ZHOU, TEAM_B)
    await remade(world)
    assert (await counts(world, "archive")) == {TEAM_A: (2, 2), TEAM_A2: (1, 1), TEAM_B: (2, 2)}
    await move.undo(world.site, ZHOU)
    await remade(world)
    assert (await counts(world, "archive"))[TEAM_A] == (3, 3)
    for gone in ("dead", "moved_out", "merged", "temporary"):
        await status(world, ZHOU, gone)
        assert (await counts(world, "archive"))[TEAM_A] == (2, 2), gone
    await status(world, ZHOU, "absent")
    assert (await counts(world, "archive"))[TEAM_A] == (3, 3)
    assert await right(world)


@pytest.mark.usefixtures("su")
async def test_restricted_facts_decide_nothing(world: World) -> None:
    before = await world.rows("SELECT * FROM figure ORDER BY year, facility, panel, item")
    values = {"special_group_restricted/5": True, "hx_disease_restricted/8": True}
    await decide_cells(world.site, ZHOU, values, staff=QIN)
    await remade(world)
    assert await world.rows("SELECT * FROM figure ORDER BY year, facility, panel, item") == before


async def test_last_years_people_stay_where_they_were_and_late_records_still_count(
    world: World, su: Field
) -> None:
    world.clock.pass_(days=(date(2027, 1, 10) - date(2026, 11, 20)).days)
    assert await figures_recount.keep_year(world.site) == 5
    assert await figures_recount.keep_year(world.site) == 0, "made once"
    assert (await counts(world, "hypertension", 2027))[TEAM_A] == (3, 0)
    assert await switched(world, ZHOU, TEAM_B)
    for on in ("2026-02-10", "2026-05-11", "2026-11-10"):
        visit(su, ZHOU, on)
    su.tablet.save_event(
        ZHOU, "health_check", "2026-11-10", good("health_check", feedback_date="2026-11-20")
    )
    await su.settle()
    await remade(world)
    assert (await counts(world, "hypertension", 2026))[TEAM_A] == (3, 1)
    assert (await counts(world, "hypertension", 2027))[TEAM_B] == (2, 0)
    assert await right(world)


@pytest.mark.usefixtures("su")
async def test_a_rebuild_mends_whatever_was_wrong(world: World) -> None:
    async def spoil(tx: Tx) -> None:
        await tx.run("UPDATE figure SET people=people+7, done=1")
        await tx.run("UPDATE figure_flag SET panel=? WHERE resident=?", NOBODY, WU)

    await world.store.write(spoil)
    found = await figures_recount.check(world.site)
    assert (found.flags_wrong > 0, found.counts_wrong > 0) == (True, True)
    heard: list[tuple[int, int]] = []
    assert await figures_recount.rebuild(world.site, lambda n, of: heard.append((n, of))) == 5
    assert heard[-1] == (5, 5)
    assert await right(world)


@pytest.mark.parametrize("seed", range(6))
async def test_counts_equal_a_recount_after_any_schedule(world: World, seed: int) -> None:
    rng = Random(seed)
    tablets = [
        await field(world, "07", panels=(TEAM_A, TEAM_A2)),
        await field(world, "31", staff=HE, panels=(TEAM_B,)),
    ]
    for each in tablets:
        await each.settle()
    saved: list[tuple[Field, Saved]] = []
    for _ in range(40):
        who, each = rng.choice(list(HOMES)), rng.choice(tablets)
        await one_step(world, rng, who, each, saved)
        if rng.random() < 0.4:
            await remade(world)
    for each in tablets:
        await each.settle()
    await remade(world)
    found = await figures_recount.check(world.site)
    assert found == figures_recount.Found(5, 0, 0)
    kept = await world.rows("SELECT * FROM figure WHERE people<>0 ORDER BY 2, 3, 4, 5")
    await figures_recount.rebuild(world.site)
    assert await world.rows("SELECT * FROM figure ORDER BY 2, 3, 4, 5") == kept


async def one_step(
    world: World, rng: Random, who: bytes, each: Field, saved: list[tuple[Field, Saved]]
) -> None:
    """Something that happens in a district, by chance."""
    on = f"2026-{rng.randint(1, 11):02d}-{rng.randint(1, 19):02d}"
    match rng.randint(0, 8):
        case 0 | 1 | 2:
            made = visit(each, who, on, mode=rng.choice("123"))
            saved.append((each, (who, "htn_followup", on, made)))
        case 3:
            form = good("health_check", feedback_date="2026-11-20")
            made = each.tablet.save_event(who, "health_check", on, form)
            saved.append((each, (who, "health_check", on, made)))
        case 4 if saved:
            by, change = saved.pop(rng.randrange(len(saved)))
            by.tablet.void(*change, "重复录入")
        case 5:
            await switched(world, who, rng.choice((TEAM_A, TEAM_A2, TEAM_B)))
        case 6:
            to = rng.choice(("usual", "usual", "dead", "moved_out", "temporary", "absent"))
            await status(world, who, to)
        case 7:
            cell = rng.choice(("hx_disease/2", "special_group/3", "special_group/7", "id_no"))
            value = rng.choice((True, False)) if "/" in cell else None
            await decide_cells(world.site, who, {cell: value}, staff=QIN)
        case _:
            await each.settle()
            world.clock.pass_(hours=rng.randint(1, 9))
