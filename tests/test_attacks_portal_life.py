"""Attacks on what the portal keeps as archives part, people die and act at the same time."""

import asyncio
import contextlib
import random
from functools import partial
from typing import Any

import pytest

from server.access import living
from server.actions.archives import afterwork, life
from server.actions.archives.merging import Wish as Merging
from server.actions.archives.merging import merge
from server.actions.archives.register_edit import hold
from server.actions.archives.unmerging import unmerge
from server.actions.places import handovers, move
from server.actions.plan import proof
from server.actions.queues import corrections as desk
from server.actions.queues.corrections import Answer as FacilityAnswer
from server.actions.residents import binding, corrections, freezes, links
from server.actions.residents import correction_steps as steps
from server.actions.residents.acting import Acting
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.corrections import Saying, Wish, fresh_id
from server.errors import NotYours, Refusal, RuleSaysNo
from server.records.kinds import REGISTER
from server.rules.access import Scope
from server.rules.corrections import DAY_MOST, Lane, Way
from server.rules.life import Life
from sync.merge import claims
from tests.console import CHEN, TIAN, hire, offices
from tests.portal import bind
from tests.test_attacks_portal_data import agree, withdraws
from tests.test_corrections import (
    TODAY,
    WHY,
    acting,
    asks,
    disputes,
    opened,
    ready,
    rules,
    shown_on,
)
from tests.test_corrections import answers as facility_answers
from tests.test_family import helper, link
from tests.test_life import asked as step_to
from tests.test_merging import signed
from tests.test_queues import person
from tests.world import (
    HE,
    PHONES,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_B,
    WU,
    XIE,
    ZHENG,
    ZHOU,
    Field,
    World,
    an_id,
    field,
    id_number,
)

COUNTED = ("figure", "confirmation", "plan_due")


async def joined(world: World, kept: bytes = ZHOU, gone: bytes = WU) -> bytes:
    county = await signed(world, CHEN)
    return await merge(world.site, county, Merging(kept, gone, frozenset()))


async def parted(world: World, merge_id: bytes) -> None:
    await unmerge(world.site, await signed(world, CHEN), merge_id)


async def test_a_telephone_lost_while_archives_were_one_opens_none_of_the_two(
    world: World,
) -> None:
    await offices(world)
    await bind(world, WU)
    merge_id = await joined(world)
    carried = world.site.index.of_phone(PHONES[WU])
    assert await world.store.read(
        partial(binding.archives_on, site=world.site, phone_index=carried)
    ) == [ZHOU]
    await world.store.write(lambda tx: binding.end(tx, world.site, ZHOU, by=QIN, why="lost"))
    await parted(world, merge_id)
    assert (
        await world.store.read(partial(binding.archives_on, site=world.site, phone_index=carried))
        == []
    )


async def test_a_helper_sent_away_while_archives_were_one_does_not_come_back(
    world: World,
) -> None:
    await offices(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    for who in (ZHOU, WU, ZHENG):
        await bind(world, who)
    await link(world, WU, helper(id_number(ZHENG), Scope.ARCHIVE))
    merge_id = await joined(world)
    copy = await world.one(
        "SELECT link FROM family_link WHERE resident=? AND state='standing'", ZHOU
    )
    await world.store.write(lambda tx: links.end(tx, world.site, Acting(ZHOU, ZHOU), copy))
    await parted(world, merge_id)
    assert not await world.rows("SELECT 1 FROM family_link WHERE state='standing'")


async def test_a_link_shut_while_archives_were_one_is_shut_when_they_part(world: World) -> None:
    await offices(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    for who in (ZHOU, WU, ZHENG):
        await bind(world, who)
    await link(world, WU, helper(id_number(ZHENG), Scope.ARCHIVE))
    merge_id = await joined(world)
    copy = await world.one(
        "SELECT link FROM family_link WHERE resident=? AND state='standing'", ZHOU
    )
    su = await person(world, SU)
    name = await freezes.freeze(world.site, su, ZHOU, copy, "本人说不认识此人")
    await parted(world, merge_id)
    (found,) = await world.store.read(partial(links.links_of, site=world.site, resident=WU))
    assert found.frozen_at is not None
    chen = await person(world, CHEN)
    await freezes.decide(world.site, chen, name, lift=True, words="本人认得")
    (found,) = await world.store.read(partial(links.links_of, site=world.site, resident=WU))
    assert found.frozen_at is None


async def test_a_switch_that_was_planned_waits_where_the_resident_has_died(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    await he.settle()
    await move.switch(world.site, move.Ask(ZHOU, TEAM_B, "moved", SU))
    clerk = await signed(world, TIAN)
    said = await life.step(world.site, clerk, ZHOU, step_to(Life.DEAD))
    assert not isinstance(said, life.No), said
    world.clock.pass_(days=30)
    assert await move.begin_due(world.site) == 0
    assert await world.one("SELECT facility FROM resident WHERE resident=?", ZHOU) == QINGHE
    await life.undo(world.site, await signed(world, TIAN), ZHOU)
    assert await move.begin_due(world.site) == 1
    await agree(world, he)
    assert ZHOU in he.tablet.archive.members(TEAM_B)


async def test_what_one_resident_has_put_right_in_a_day_is_bounded(world: World) -> None:
    su, _ = await ready(world)
    for _ in range(DAY_MOST):
        await withdraws(world, await asks(world, genetic="2"))
    with pytest.raises(RuleSaysNo, match="too_many"):
        await asks(world, genetic="2")
    saying = Saying(fresh_id(world.site), an_id("去年的随访"), "sbp", WHY, "那天刚爬完楼")
    gate = own_gate(world.site, acting())
    with pytest.raises(RuleSaysNo, match="too_many"):
        await corrections.state(world.site, acting(), gate, saying)
    world.clock.pass_(days=1, hours=1)
    name = await asks(world, genetic="2")
    await agree(world, su)
    assert disputes(su) == {"genetic"}
    assert await facility_answers(world, QIN, name)


async def test_of_two_who_answer_a_correction_at_once_one_is_told_that_it_is_answered(
    world: World,
) -> None:
    su, xie = await ready(world)
    name = await asks(world, genetic="2")
    done = await asyncio.gather(
        facility_answers(world, QIN, name, genetic=True),
        facility_answers(world, XIE, name, text="没有凭证", genetic=False),
        withdraws(world, name),
        return_exceptions=True,
    )
    assert all(each in (True, False, None) or isinstance(each, Refusal) for each in done), done
    assert sum(each is True or each is None for each in done) == 1
    await agree(world, su, xie)
    assert disputes(su) == set()
    assert not await world.rows("SELECT 1 FROM task WHERE closed_at IS NULL")


async def test_a_claim_goes_with_the_resident_to_the_new_facility_and_is_answered_there(
    world: World,
) -> None:
    su, xie = await ready(world)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    await he.settle()
    name = await asks(world, genetic="2")
    saying = Saying(fresh_id(world.site), an_id("去年的随访"), "sbp", WHY, "那天刚爬完楼")
    await corrections.state(world.site, acting(), own_gate(world.site, acting()), saying)
    late = su.tablet.save_edit(ZHOU, {"genetic": "1", "phone": "13900000001"}, TODAY)
    await move.switch(world.site, move.Ask(ZHOU, TEAM_B, "moved", SU, at_new_desk=True))
    await agree(world, su, xie, he)
    assert su.tablet.fate(late)[0] == "proposal"
    assert ZHOU not in su.tablet.archive.members(su.keys.panels[0])
    assert disputes(he) == {"genetic"}
    with pytest.raises(NotYours):
        await opened(world, QIN, name)
    assert await facility_answers(world, HE, name)
    await agree(world, su, xie, he)
    assert (shown_on(he, "genetic"), disputes(he)) == ("2", set())


async def test_an_archive_that_came_is_seen_once_however_often_it_is_pressed(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    await move.switch(world.site, move.Ask(ZHOU, TEAM_B, "moved", SU, at_new_desk=True))
    name = await world.one("SELECT handover FROM handover")
    he = await person(world, HE)
    world.clock.pass_(days=40)
    done = await asyncio.gather(
        handovers.see(world.site, he, name),
        handovers.count_due(world.site),
        handovers.see(world.site, he, name),
        handovers.count_due(world.site),
        return_exceptions=True,
    )
    assert all(not isinstance(each, Exception) or isinstance(each, NotYours) for each in done)
    leaves = await world.rows("SELECT detail FROM audit_leaf")
    said = [each for each in leaves if bytes(each[0] or b"").startswith(b"handover-")]
    seen = await world.rows("SELECT 1 FROM notice WHERE template='switch_seen'")
    assert (len(said), len(seen)) in ((1, 1), (1, 0)), (said, seen)


async def test_a_statement_is_no_service_in_any_count_and_goes_and_comes_with_its_record(
    world: World,
) -> None:
    su, xie = await ready(world, ZHOU, WU)
    await afterwork.catch_up(world.site)
    before = [await world.rows(f"SELECT * FROM {each}") for each in COUNTED]
    saying = Saying(fresh_id(world.site), an_id("去年的随访"), "sbp", WHY, "那天刚爬完楼")
    gate = own_gate(world.site, acting())
    name = await corrections.state(world.site, acting(), gate, saying)
    await afterwork.catch_up(world.site)
    assert before == [await world.rows(f"SELECT * FROM {each}") for each in COUNTED]
    assert (await proof.check(world.site)).right
    merge_id = await joined(world, WU, ZHOU)
    await agree(world, su, xie)
    assert await facility_answers(world, QIN, name, Way.NOTE, text="下次歇十五分钟再量")
    await parted(world, merge_id)
    await agree(world, su, xie)
    assert len(su.tablet.archive.events(ZHOU)) == 2
    assert len(su.tablet.archive.events(WU)) == 0
    assert (await proof.check(world.site)).right


class Chance:
    """Residents, doctors, desks and the county, each act drawn by chance."""

    ASKED = (
        ("genetic", "2"), ("blood_abo", "2"), ("drug_allergy/3", True), ("name", "周谷宇"),
        ("phone", "13900000001"), ("phone", "13900000002"), ("drug_allergy/3", False),
    )  # fmt: skip
    WRITTEN = (
        ("genetic", "1"), ("genetic", "2"), ("phone", "13900000011"), ("blood_abo", "1"),
        ("drug_allergy/3", True), ("drug_allergy/3", False),
    )  # fmt: skip

    def __init__(self, world: World, seed: int, fields: tuple[Field, ...]) -> None:
        self.world, self.draw, self.fields = world, random.Random(seed), fields
        self.joins: list[bytes] = []
        self.names: list[bytes] = []

    @property
    def who(self) -> bytes:
        return self.draw.choice((ZHOU, WU))

    async def ask(self) -> None:
        who, (cell, value) = acting(self.who), self.draw.choice(self.ASKED)
        wish = Wish(fresh_id(self.world.site), {cell: value}, WHY)
        gate = own_gate(self.world.site, who)
        self.names.append(await corrections.ask(self.world.site, who, gate, wish))

    async def back(self) -> None:
        for name in self.draw.sample(self.names, min(1, len(self.names))):
            await withdraws(self.world, name, self.who)

    async def appeal(self) -> None:
        for name in self.draw.sample(self.names, min(1, len(self.names))):
            who = acting(self.who)
            await steps.appeal(self.world.site, who, own_gate(self.world.site, who), name, "不服")

    async def rule(self) -> None:
        for name in self.draw.sample(self.names, min(1, len(self.names))):
            await rules(self.world, name, overturn=self.draw.random() < 0.5)

    async def reply(self) -> None:
        for name in self.draw.sample(self.names, min(1, len(self.names))):
            case = await opened(self.world, self.draw.choice((QIN, XIE, HE)), name)
            way = Way.ANSWER if case.file.lane is Lane.ASK else Way.CONFIRM
            verdicts = {each.cell: self.draw.random() < 0.5 for each in case.cells}
            said = FacilityAnswer(
                way, verdicts if way is Way.ANSWER else {}, "看过了", "2", case.heads, "处理更正"
            )
            staff = await person(self.world, self.draw.choice((QIN, XIE, HE)))
            await desk.answer(self.world.site, staff, name, said)

    async def edit(self) -> None:
        one, who = self.draw.choice(self.fields), self.who
        cell, value = self.draw.choice(self.WRITTEN)
        if any(who in one.tablet.archive.members(panel) for panel in one.keys.panels):
            one.tablet.save_edit(who, {cell: value}, TODAY)

    async def sync(self) -> None:
        await self.draw.choice(self.fields).settle()

    async def join(self) -> None:
        if self.joins:
            await parted(self.world, self.joins.pop())
        else:
            self.joins.append(await joined(self.world, *self.draw.sample((ZHOU, WU), 2)))

    async def move(self) -> None:
        to = self.draw.choice((TEAM_A, TEAM_B))
        await move.switch(self.world.site, move.Ask(self.who, to, "moved", SU, at_new_desk=True))

    async def undo(self) -> None:
        await move.undo(self.world.site, self.who)

    async def run(self, steps_: int) -> None:
        acts = (
            self.ask, self.ask, self.ask, self.back, self.reply, self.reply, self.reply,
            self.appeal, self.rule, self.edit, self.edit, self.sync, self.sync, self.join,
            self.move, self.undo,
        )  # fmt: skip
        for _ in range(steps_):
            self.world.clock.pass_(minutes=self.draw.randrange(90))
            with contextlib.suppress(Refusal):
                await self.draw.choice(acts)()


async def chance(world: World, seed: int, acts: int = 40) -> None:
    su, xie = await ready(world, ZHOU, WU)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    drawn = Chance(world, seed, (su, xie, he))
    await he.settle()
    await drawn.run(acts)
    await agree(world, su, xie, he)
    await settled(world)
    while drawn.joins:
        await parted(world, drawn.joins.pop())
    await agree(world, su, xie, he)
    await settled(world)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_residents_doctors_and_desks_do_in_any_order_settles(
    world: World, seed: int
) -> None:
    await chance(world, seed)


async def settled(world: World) -> None:
    """A claim stands only where somebody is asked about it."""

    async def look(tx: Any) -> list[tuple[bytes, str]]:
        who = {await living(tx, world.site.district, each) for each in (ZHOU, WU)}
        ledger = await hold(tx, world.site, who)
        return [
            (head.change, cell)
            for each in ledger.archives.values()
            for cell, found in each.cells().items()
            for head in claims(found, REGISTER.policy_of(cell))
        ]  # fmt: skip

    for change, cell in await world.store.write(look):
        open_ = await world.rows(
            "SELECT state FROM correction WHERE correction=? AND state IN "
            "('waiting','asked','appealed')",
            change,
        )
        assert open_, f"nobody is asked about a claim in {cell}"
        assert await world.rows(
            "SELECT 1 FROM task WHERE subject=? AND closed_at IS NULL AND kind "
            "IN ('correction','appeal')",
            change,
        )
