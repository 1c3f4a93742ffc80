"""Plans are kept while people work: whatever happens, and in whatever order, each equals the one
made from nothing, and lists and tablets show what it says.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final

import pytest

from server.actions.accounts.sessions import Signed
from server.actions.archives import afterwork, consent, life
from server.actions.archives.decisions import decide_cells
from server.actions.archives.life import step
from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.places import move
from server.actions.plan import nightly, proof
from server.actions.tablets.intake import civil_day
from server.errors import Refusal
from server.rules.life import Asked, Life
from sync.limits import DAY_MS
from tests.cast_forms import good
from tests.console import TIAN
from tests.test_merging import signed
from tests.world import (
    HE,
    HOMES,
    NAMES,
    QIN,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WU,
    ZHENG,
    ZHOU,
    Field,
    World,
)
from tests.world import field as tablet_of

Saved = tuple[bytes, str, str, bytes]
SEEDS: Final = (1, 2, 3, 4)
STEPS: Final = 60
KINDS: Final = (
    "htn_followup", "htn_followup", "dm_followup", "health_check", "smd_supplement",
    "smd_followup", "tb_first", "tb_followup", "copd_record", "copd_followup", "elder_selfcare",
    "elder_tcm", "child_check", "child_tcm", "newborn_visit", "antenatal_first", "antenatal_next",
    "postpartum_visit", "postpartum_42", "vaccination", "fd_contract", "disabled_check",
    "infectious_report", "referral",
)  # fmt: skip
CELLS: Final = (
    "hx_disease/2", "hx_disease/3", "special_group/3", "special_group/7", "hx_disease_restricted/8",
    "hx_disease_restricted/9", "disability/2",
)  # fmt: skip
BIRTHS: Final = ("2026-03-31", "2024-02-29", "1991-11-25", "1961-12-31", "1955-03-12")


@dataclass
class Played:
    """A district in which things happen by chance."""

    world: World
    rng: Random
    tablets: list[Field]
    manager: Signed
    saved: list[tuple[Field, Saved]] = field(default_factory=list[tuple[Field, Saved]])
    merges: list[bytes] = field(default_factory=list[bytes])
    consents: list[bytes] = field(default_factory=list[bytes])

    @property
    def today(self) -> date:
        return civil_day(self.world.clock())

    def who(self) -> bytes:
        return self.rng.choice(list(HOMES))

    async def record(self) -> None:
        kind = self.rng.choice(KINDS)
        body = good(kind)
        year = self.rng.choice((self.today.year, self.today.year, self.today.year - 1))
        on = f"{year}-{self.rng.randint(1, 11):02d}-{self.rng.randint(1, 19):02d}"
        by, who = self.rng.choice(self.tablets), self.who()
        if "sbp" in body and self.rng.random() < 0.5:
            body["sbp"] = self.rng.choice((128, 152, 186))
        if self.saved and self.rng.random() < 0.2:
            _, (who, kind, _, amended) = self.rng.choice(self.saved)
            made = by.tablet.save_event(who, kind, on, good(kind), amends=amended)
        else:
            made = by.tablet.save_event(who, kind, on, body)
        self.saved.append((by, (who, kind, on, made)))

    async def void(self) -> None:
        if self.saved:
            by, change = self.saved.pop(self.rng.randrange(len(self.saved)))
            by.tablet.void(*change, "重复录入")

    async def cell(self) -> None:
        values = {self.rng.choice(CELLS): self.rng.choice((True, True, False))}
        if self.rng.random() < 0.3:
            values = {"birth_date": self.rng.choice(BIRTHS)}
        if self.rng.random() < 0.2:
            values = {"address_region": self.rng.choice(("371002001001", "371002002003"))}
        await decide_cells(self.world.site, self.who(), values, staff=QIN)

    async def switch(self) -> None:
        panel = self.rng.choice((TEAM_A, TEAM_A2, TEAM_B))
        ask = move.Ask(resident=self.who(), panel=panel, ground="moved", by=QIN, at_new_desk=True)
        await move.switch(self.world.site, ask)

    async def switch_back(self) -> None:
        await move.undo(self.world.site, self.who())

    async def merge(self) -> None:
        kept, gone = self.rng.sample([ZHOU, WU, ZHENG], 2)
        made = await merge(self.world.site, self.manager, Wish(kept, gone, frozenset()))
        self.merges.append(made)

    async def unmerge(self) -> None:
        if self.merges:
            await unmerge(self.world.site, self.manager, self.merges.pop())

    async def die(self) -> None:
        after = self.rng.choice((Life.DEAD, Life.MOVED_OUT))
        asked = Asked(after, self.today, "死亡医学证明 37100220260117")
        await step(self.world.site, self.manager, self.who(), asked)

    async def live_again(self) -> None:
        await life.undo(self.world.site, self.manager, self.who())

    async def consent(self) -> None:
        until = self.world.clock() + self.rng.randint(1, 20) * DAY_MS
        made = await consent.grant(
            self.world.site, self.who(), panel=TEAM_B, purpose="service", classes="A",
            until=until, text_version="1",
        )  # fmt: skip
        self.consents.append(made)

    async def revoke(self) -> None:
        if self.consents:
            await consent.revoke(self.world.site, self.consents.pop())

    async def time(self) -> None:
        """Some days pass; rarely a new year begins."""
        for each in self.tablets:
            await each.settle()
        self.world.clock.pass_(days=self.rng.choice((0.2, 1, 3, 5)))
        await consent.end_due(self.world.site)
        await nightly.keep(self.world.site)

    async def some(self) -> None:
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self.record, self.record, self.record, self.record, self.void, self.cell, self.cell,
            self.switch, self.switch_back, self.merge, self.unmerge, self.die, self.live_again,
            self.consent, self.revoke, self.time,
        )  # fmt: skip
        with suppress(Refusal):  # chance asks for what the rules do not allow: nothing happens
            await self.rng.choice(steps)()

    async def quiet(self) -> None:
        await consent.end_due(self.world.site)
        for each in self.tablets:
            await each.settle()
        await afterwork.catch_up(self.world.site)
        await nightly.keep(self.world.site)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_kept_plan_equals_the_plan_from_nothing_whatever_happened(
    world: World, seed: int
) -> None:
    rng = Random(seed)
    tablets = [
        await tablet_of(world, "07", panels=(TEAM_A, TEAM_A2), restricted=True),
        await tablet_of(world, "31", staff=HE, panels=(TEAM_B,)),
    ]
    played = Played(world, rng, tablets, await signed(world, TIAN))
    await played.quiet()
    for n in range(STEPS):
        await played.some()
        if n % 9 == 8:
            await played.quiet()
            found = await proof.check(world.site)
            assert (found.plans_wrong, found.due_wrong) == (0, 0), f"after step {n}"
    await played.quiet()
    world.clock.now += 45 * DAY_MS  # a new year begins
    await played.quiet()
    assert await proof.check(world.site) == proof.Found(len(HOMES), 0, 0)
    await played.quiet()
    for each in tablets:
        await each.settle()
        assert (await each.go()).agrees in (True, None)
    await same_on_tablets(world, tablets)


async def same_on_tablets(world: World, tablets: list[Field]) -> None:
    """Each tablet holds what the lists show of its residents, in its classes, and nothing else."""
    for each in tablets:
        panels = each.keys.panels
        members = await world.rows("SELECT panel, resident, ground, until FROM member")
        mine = {
            who: ground
            for panel, who, ground, until in members
            if panel in panels and (until is None or until > world.clock())
        }
        assigned = {who for panel, who, ground, _ in members if panel in panels
                    and ground == "assigned"}  # fmt: skip
        for who in NAMES:
            held = {(o.cls, o.opens.isoformat(), o.due.isoformat())
                    for o in each.tablet.archive.owed(who)}  # fmt: skip
            rows = await world.rows("SELECT cls, opens, due FROM plan_due WHERE resident=?", who)
            scoped = each.keys.device == tablets[0].keys.device and who in assigned
            wanted = {row for row in rows if who in mine and (row[0] == "A" or scoped)}
            assert held == wanted
