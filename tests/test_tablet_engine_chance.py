"""The app's engine through days made by chance: saves, lost answers, kills, a bad line, two people,
a second tablet. Whatever happened, every saved visit is at the server once, and nobody is alarmed.
"""

from random import Random
from typing import Any

import pytest

from tests.copies import Copies
from tests.engine_tablet import Engine, Fault, Killed, app
from tests.test_tablet_engine_people import HERS, with_xie
from tests.world import SU, WU, XIE, ZHENG, ZHOU, Field, World, field

__all__ = ["app"]
STEPS = 60


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


class Day:
    """One tablet with two people, and what was saved on it."""

    def __init__(self, world: World, app: Engine, other: Field, seed: int) -> None:
        self.world, self.app, self.other = world, app, other
        self.chance = Random(seed)
        self.saved: list[str] = []
        self.who = SU
        self.edits = 0

    async def step(self) -> None:
        what = self.chance.choice(
            ("save", "save", "save", "edit", "sync", "sync", "lose", "late", "too_large", "kill",
             "kill", "change_user", "lock", "elsewhere", "rescue")
        )  # fmt: skip
        self.world.clock.pass_(minutes=self.chance.randint(1, 20))
        await self.app.do("set", now=self.world.clock())
        try:
            await getattr(self, what)()
        except Killed:
            await self.again()
        except Fault as fault:
            if fault.code not in ("no_connection", "timeout", "too_large"):
                raise

    async def again(self) -> None:
        await self.app.restart(lose=0, late=False, instead=[])
        await self.app.unlock(self.who, HERS) if self.who == XIE else await self.app.unlock()

    async def save(self) -> None:
        who = self.chance.choice((ZHOU, WU, ZHENG))
        sbp = self.chance.randint(100, 180)
        self.saved.append(await self.app.visit(who, "2026-11-19", sbp=sbp))

    async def edit(self) -> None:
        self.edits += 1
        await self.app.edit(ZHENG, work_unit=f"第 {self.edits} 厂")

    async def sync(self) -> None:
        await self.app.call("sync")

    async def lose(self) -> None:
        await self.app.do("set", lose=self.chance.randint(1, 2))
        await self.save()
        await self.app.call("sync")

    async def late(self) -> None:
        await self.app.do("set", lose=2, late=True)
        await self.save()
        await self.app.call("sync")

    async def too_large(self) -> None:
        await self.save()
        await self.app.do("set", instead=[413])
        await self.app.call("sync")

    async def kill(self) -> None:
        await self.app.do("set", writes_left=self.chance.randint(0, 9))
        await self.save()
        await self.edit()
        await self.app.call("sync")
        await self.save()
        await self.app.call("sync")
        await self.again()

    async def change_user(self) -> None:
        self.who = XIE if self.who == SU else SU
        await (self.app.unlock(XIE, HERS) if self.who == XIE else self.app.unlock())

    async def lock(self) -> None:
        await self.app.call("lock")
        try:
            await self.app.call("sync")
        finally:
            await (self.app.unlock(XIE, HERS) if self.who == XIE else self.app.unlock())

    async def elsewhere(self) -> None:
        self.other.tablet.save_edit(WU, {"remarks": str(self.chance.random())}, "2026-11-20")
        await self.other.settle()

    async def rescue(self) -> None:
        await self.app.call("rescueFile")


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_every_visit_arrives_once(
    world: World, app: Engine, seed: int
) -> None:
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    other = await field(world, "07", staff=XIE)
    await other.settle()
    day = Day(world, app, other, seed)
    for _ in range(STEPS):
        await day.step()
    await app.restart(lose=0, late=False, instead=[])
    for who, passphrase in ((SU, None), (XIE, HERS), (SU, None)):
        await (app.unlock(who, passphrase) if passphrase else app.unlock(who))
        await app.call("sync")
    assert await app.waiting() == 0
    assert len(day.saved) > STEPS / 4
    rows = await world.rows("SELECT change, state FROM change WHERE kind='htn_followup'")
    there = {row[0].hex(): row[1] for row in rows}
    assert all(there[each] == "applied" for each in day.saved)
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind IN ('fork', 'digest')") == 0
    assert await world.one("SELECT COUNT(*) FROM change WHERE state='quarantined'") == 0
    shown = [each for who in (ZHOU, WU, ZHENG) for each in (await app.archive(who))["records"]]
    assert {each["change"] for each in shown} >= set(day.saved)
    assert not any(each["own"] for each in shown)
