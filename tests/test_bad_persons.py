"""What is all right in itself and cannot be about this person: held, never refused, and let go by a
person.
"""

from datetime import date
from typing import Any

import pytest

from server.actions.archives import afterwork
from server.actions.archives.life import step
from server.actions.archives.persons import UNKNOWN, person_in
from server.rules.life import Asked, Life, May
from sync import wire
from sync.merge import Cell, Head
from tests.cast_forms import good
from tests.console import desk, text_of
from tests.forge import forger
from tests.test_life import signed
from tests.test_queues import end
from tests.world import QIN, QINGHE, SU, WU, ZHENG, ZHOU, World

HELD = ("held", "out_of_range")
BOOKED: dict[str, Any] = {
    "lmp": "2026-08-25", "edd": "2027-06-01", "gest_week": 12, "gest_day": 3,
    "next_date": "2026-12-20",
}  # fmt: skip


@pytest.fixture(params=["cards", "no cards"])
async def known(request: pytest.FixtureRequest, world: World) -> World:
    """Persons are told by their cards, and by their archives while a card is still to be made."""
    if request.param == "cards":
        await afterwork.catch_up(world.site)
    return world


async def held_tasks(world: World) -> list[tuple[bytes, bytes]]:
    return [
        (row[0], row[1])
        for row in await world.rows(
            "SELECT resident, facility FROM task WHERE kind='held' AND closed_at IS NULL "
            "ORDER BY resident"
        )
    ]


async def test_a_visit_lies_between_birth_and_death(known: World) -> None:
    liar = await forger(known)
    # 吴 was born on 5 November 1948.
    reply = await liar.send(
        liar.visit(WU, "1948-11-04", next_date="1948-12-01"),
        liar.visit(WU, "1948-11-05", next_date="1948-12-01"),
        liar.visit(ZHENG),
    )
    assert [reply.state(n) for n in range(3)] == [HELD, ("applied", ""), ("applied", "")]
    assert await held_tasks(known) == [(WU, QINGHE)]


async def test_nobody_is_visited_after_death_and_an_earlier_visit_still_counts(
    known: World,
) -> None:
    qin = await signed(known, QIN)
    died = Asked(Life.DEAD, date(2026, 11, 19), "死亡医学证明 37100220260117")
    assert isinstance(await step(known.site, qin, ZHOU, died), May)
    liar = await forger(known)
    lost = {"lost_reason": "2", "lost_date": "2026-11-19", "doctor": good("htn_followup")["doctor"]}
    reply = await liar.send(
        liar.visit(ZHOU, "2026-11-20"),
        liar.visit(ZHOU, "2026-11-19"),
        liar.event(ZHOU, wire.encode(lost), day="2026-11-20"),
    )
    assert [reply.state(n) for n in range(3)] == [HELD, ("applied", ""), ("applied", "")]


async def test_a_man_is_not_pregnant_and_a_woman_may_be(known: World) -> None:
    liar = await forger(known)
    body = wire.encode(good("antenatal_first", **BOOKED))
    reply = await liar.send(
        liar.event(WU, body, kind="antenatal_first"),
        liar.event(ZHENG, body, kind="antenatal_first"),
    )
    assert [reply.state(n) for n in range(2)] == [HELD, ("applied", "")]


async def test_a_systolic_pressure_below_the_diastolic_is_held_as_before(known: World) -> None:
    liar = await forger(known)
    reply = await liar.send(liar.visit(ZHOU, sbp=80, dbp=90))
    assert reply.state() == HELD


async def test_a_day_of_birth_that_the_number_contradicts_is_held(known: World) -> None:
    liar = await forger(known)
    reply = await liar.send(
        liar.edit(ZHOU, {"birth_date": "1955-03-13"}),
        liar.edit(ZHOU, {"sex": "1"}),
        liar.edit(ZHOU, {"residence_since": "1955-03-11"}),
        liar.edit(ZHOU, {"work_unit": "青禾果园"}),
    )
    states = [reply.state(n) for n in range(4)]
    assert states == [HELD, HELD, HELD, ("applied", "")]


async def test_a_person_reads_why_it_is_held_and_lets_it_in(known: World) -> None:
    liar = await forger(known)
    await signed(known, QIN)
    body = wire.encode(good("antenatal_first", **BOOKED))
    await liar.send(
        liar.event(WU, body, kind="antenatal_first"),
        liar.visit(ZHOU, "1955-03-11", next_date="1955-04-01"),
        liar.edit(ZHENG, {"birth_date": "1970-07-20"}),
    )
    said = {}
    for resident, (subject,) in {
        row[0]: row[1:] for row in await known.rows("SELECT resident, subject FROM task")
    }.items():
        async with desk(known, SU) as su:
            page = await su.get(f"/console/matter/held/{subject.hex()}")
            said[resident] = text_of(page)
        await end(known, SU, "held", subject, "decline", "记错了人")
    assert "档案中的性别为男" in said[WU]
    assert "服务日期不能早于出生日期" in said[ZHOU]
    assert "出生日期与证件号码不一致" in said[ZHENG]
    assert await held_tasks(known) == []


def test_of_two_days_of_birth_none_is_known() -> None:
    def said(*days: str) -> Cell:
        heads = tuple(
            Head(change=bytes([n]) * 16, author="staff", staff=SU, at=n, value=day)
            for n, day in enumerate(days)
        )
        return Cell(heads=heads)

    assert person_in({"birth_date": said("1948-11-05")}, None).birth == date(1948, 11, 5)
    assert person_in({"birth_date": said("1948-11-05", "1948-11-01")}, None).birth is None
    assert person_in({}, None) == UNKNOWN
