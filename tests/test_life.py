"""What becomes of an archive: steps by the rule, in register and row alike, taken back in one."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import life
from server.actions.archives.life import history, note_try, step
from server.actions.keeping.verify import verify_journal
from server.errors import NotYours
from server.rules import districts, figures
from server.rules.accounts import StaffRole
from server.rules.life import STATES, STEPS, Asked, Life, May, No, allowed, decide, usual_from
from tests.console import offices, session_of
from tests.world import DISTRICT, HE, QIN, QINGHE, SU, ZHOU, World, field

TODAY = date(2026, 11, 20)


async def signed(world: World, staff: bytes) -> Signed:
    await offices(world)
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


def asked(after: Life, evidence: str = "死亡医学证明 37100220260117") -> Asked:
    return Asked(after, date(2026, 11, 19), evidence)


async def status_of(world: World, who: bytes = ZHOU) -> str:
    return await world.one("SELECT status FROM resident WHERE resident=?", who)


async def test_a_death_reaches_the_register_and_closes_sign_in_and_is_taken_back_in_one_step(
    world: World,
) -> None:
    tablet = await field(world, "青禾 1 号")
    await tablet.settle()
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET phone_index=? WHERE resident=?", b"p" * 32, ZHOU)
    )
    due = (DISTRICT, "due_htn", ZHOU, ZHOU, QINGHE, 1, 2, None, None, "")
    await world.store.write(lambda tx: tx.insert("task", [due]))
    qin = await signed(world, QIN)
    assert isinstance(await step(world.site, qin, ZHOU, asked(Life.DEAD)), May)
    assert await world.one("SELECT status, phone_index FROM resident WHERE resident=?", ZHOU) == (
        "dead", None,
    )  # fmt: skip
    assert await world.one("SELECT result FROM task WHERE kind='due_htn'") == "dead"
    await tablet.settle()
    assert tablet.tablet.archive.cells(ZHOU)["archive_status"].heads[0].value == "2"
    told = await history(world.site, qin, ZHOU)
    assert (told.state, told.steps[0].evidence) == (Life.DEAD, "死亡医学证明 37100220260117")
    assert b"37100220260117" not in bytes(await world.one("SELECT sealed FROM life_step"))

    world.clock.pass_(minutes=2)
    assert await life.undo(world.site, qin, ZHOU) is Life.USUAL
    assert await world.one("SELECT status, phone_index FROM resident WHERE resident=?", ZHOU) == (
        "usual", b"p" * 32,
    )  # fmt: skip
    assert await world.one("SELECT closed_at FROM task WHERE kind='due_htn'") is None
    await tablet.settle()
    assert tablet.tablet.archive.cells(ZHOU)["archive_status"].heads[0].value == "0"
    assert (await tablet.go()).agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_absent_needs_three_tries_on_three_days(world: World) -> None:
    qin = await signed(world, QIN)
    for day, said in ((17, No.TOO_FEW_TRIES), (17, No.TOO_FEW_TRIES), (18, No.TOO_FEW_TRIES)):
        await note_try(world.site, qin, ZHOU, day=date(2026, 11, day), how="电话无人接听")
        assert await step(world.site, qin, ZHOU, asked(Life.ABSENT)) is said
    await note_try(world.site, qin, ZHOU, day=date(2026, 11, 19), how="上门无人")
    assert isinstance(await step(world.site, qin, ZHOU, asked(Life.ABSENT)), May)
    assert await status_of(world) == "absent"
    assert (await history(world.site, qin, ZHOU)).tries == []


async def test_a_tablets_entry_moves_the_archive_like_a_step(world: World) -> None:
    tablet = await field(world, "青禾 1 号")
    await tablet.settle()
    tablet.tablet.save_edit(ZHOU, {"archive_status": "1"}, "2026-11-20")
    await tablet.settle()
    assert await status_of(world) == "moved_out"
    qin = await signed(world, QIN)
    told = await history(world.site, qin, ZHOU)
    assert [(each.after, each.staff) for each in told.steps] == [(Life.MOVED_OUT, SU)]
    assert told.may_undo
    await life.undo(world.site, qin, ZHOU)
    assert await status_of(world) == "usual"


async def test_another_facilitys_archive_answers_like_none(world: World) -> None:
    he = await signed(world, HE)
    for who in (ZHOU, QIN):
        with pytest.raises(NotYours):
            await step(world.site, he, who, asked(Life.DEAD))
        with pytest.raises(NotYours):
            await history(world.site, he, who)
        with pytest.raises(NotYours):
            await life.undo(world.site, he, who)
    assert await status_of(world) == "usual"


@pytest.mark.parametrize(
    ("now", "after", "changes", "said"),
    [
        (Life.USUAL, Life.DEAD, {"evidence": " "}, No.EVIDENCE_MISSING),
        (Life.USUAL, Life.DEAD, {"day": date(2026, 11, 21)}, No.DAY_IN_FUTURE),
        (Life.USUAL, Life.DEAD, {"day": date(1900, 1, 1)}, No.BEFORE_BIRTH),
        (Life.DEAD, Life.USUAL, {}, No.NO_SUCH_STEP),
        (Life.MERGED, Life.USUAL, {}, No.NO_SUCH_STEP),
        (Life.USUAL, Life.MERGED, {}, No.NO_SUCH_STEP),
        (Life.TEMPORARY, Life.USUAL, {"since": date(2026, 6, 1)}, No.NOT_LONG_ENOUGH),
        (Life.TEMPORARY, Life.USUAL, {}, No.NOT_LONG_ENOUGH),
    ],
)
def test_a_step_the_table_does_not_allow_says_why(
    now: Life, after: Life, changes: dict[str, Any], said: No
) -> None:
    wanted = Asked(**{"after": after, "day": date(2026, 11, 19), "evidence": "有", **changes})
    rules = districts.load("huancui")
    answer = decide(
        rules, now, wanted, StaffRole.DESK, today=TODAY, birth=date(1955, 3, 12)
    )  # fmt: skip
    assert answer is said


def test_how_many_tries_make_an_absence_is_the_districts_number() -> None:
    rules = districts.load("huancui")
    assert (rules.absent_tries, rules.clauses["absent_tries"]) == (3, "default")
    tried = Asked(Life.ABSENT, TODAY, "", tried_on=(date(2026, 11, 1), date(2026, 11, 8)))
    for most, said in ((2, May), (3, No)):
        answer = decide(
            replace(rules, absent_tries=most), Life.USUAL, tried, StaffRole.DOCTOR, today=TODAY,
            birth=None,
        )  # fmt: skip
        assert isinstance(answer, said)


def test_half_a_year_is_counted_in_months_of_the_calendar() -> None:
    rules = districts.load("huancui")
    assert usual_from(rules, date(2025, 8, 31)) == date(2026, 2, 28)
    assert usual_from(rules, date(2026, 5, 20)) == date(2026, 11, 20)
    since = Asked(Life.USUAL, TODAY, "", since=date(2026, 5, 20))
    found = decide(rules, Life.TEMPORARY, since, StaffRole.DOCTOR, today=TODAY, birth=None)
    assert isinstance(found, May)


def test_only_facility_people_take_steps_and_nobody_merges_by_a_step() -> None:
    assert allowed(Life.USUAL, StaffRole.COUNTY) == ()
    assert {each.after for each in allowed(Life.USUAL, StaffRole.DESK)} == {
        Life.ABSENT, Life.MOVED_OUT, Life.DEAD,
    }  # fmt: skip
    assert all(Life.MERGED not in pair for pair in STEPS)


def test_the_states_that_count_are_those_of_the_yearly_figures() -> None:
    assert {each for each, follows in STATES.items() if follows.counts} == figures.rules().statuses
