"""Two apps, the reference tablet and one server through days made by chance: lost answers, kills,
full disks, wrong clocks, wipes, new enrolments, moves, renewed keys. At rest every saved change is
at the server once and has its fate, every opening is logged once, sums agree, and no tablet holds
anybody who is not in its panels.

    GONGWEI_SEEDS=100-140 python -m pytest tests/test_tablet_engine_random.py
"""

import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.actions.keeping.keyring import renew_kem
from server.actions.keeping.site import district_key_blob
from server.actions.tablets import devices, staff_keys
from server.actions.tablets.rescue import take_in
from server.store.tx import Tx
from server.store.vault import NOBODY
from tests.cast_forms import good
from tests.console import serving
from tests.copies import Copies
from tests.engine_tablet import PASSPHRASE, Engine, Fault, Killed, engine
from tests.test_move import moves
from tests.test_organisations import CHEN_SIGNED
from tests.world import SU, TEAM_A, TEAM_A2, WANG, WU, XIE, ZHENG, ZHOU, Field, World, field

STEPS = 40
HERS = "白云深处有人家呀"
DAY = 86_400_000
#: What a tablet may say in the middle of all this; anything else is a fault of the app.
SAID = {
    "no_connection", "timeout", "too_large", "storage_full", "lease_over", "busy", "wait",
    "not_an_envelope", "no_such_resident", "no_such_record", "broken", "wiped", "locked",
    "wrong_passphrase",
}  # fmt: skip
#: What may be kept apart: somebody who had moved on, and a key that was ended.
APART = {"not_in_panel", "device_not_trusted"}


def seeds() -> list[int]:
    first, _, last = os.environ.get("GONGWEI_SEEDS", "0-2").partition("-")
    return list(range(int(first), int(last or first) + 1))


@pytest.fixture
def database_url(tmp_path: Path, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


class Carried:
    """One tablet with the app, in the hands of one or two people."""

    def __init__(
        self, world: World, app: Engine, chance: Random, panels: tuple[bytes, ...]
    ) -> None:
        self.world, self.app, self.chance, self.panels = world, app, chance, panels
        self.people = {SU: PASSPHRASE}
        self.who, self.skew, self.wiped = SU, 0, False
        self.saved: list[str] = []
        self.opened: list[tuple[bytes, bytes]] = []
        self.file, self.deeds = b"", DEEDS
        self.since = 0  # as many were saved before it was enrolled last

    async def began(self) -> None:
        await self.app.enrol(panels=self.panels)
        await self.app.call("sync")

    async def now(self, **changed: Any) -> None:
        await self.app.do("set", now=self.world.clock() + self.skew, **changed)

    async def step(self) -> str:
        what = self.chance.choices(list(self.deeds), list(self.deeds.values()))[0]
        self.world.clock.pass_(minutes=self.chance.randint(1, 30))
        await self.now()
        try:
            await getattr(self, what)()
        except Killed:
            await self.again()
        except Fault as fault:
            if fault.code not in SAID:
                raise
        return what

    async def again(self) -> None:
        """The app is opened again, by somebody who knows the passphrase and waits if need be."""
        self.world.clock.pass_(hours=1)
        await self.now()
        await self.app.restart(lose=0, late=False, instead=[], online=True)
        await self.now(writes_left=10**9)
        await self.app.do("full", **{"is": False})
        await self.enter(self.who)

    async def enter(self, who: bytes) -> None:
        stage = (await self.app.status())["stage"]
        if stage in ("wiped", "new"):
            await self.anew()
        else:
            await self.app.unlock(who, self.people[who])
            self.who = who

    def somebody(self) -> bytes:
        here = (ZHOU, WU, ZHENG, WANG) if TEAM_A2 in self.panels else (ZHOU, WU, ZHENG)
        return self.chance.choice(here)

    async def save(self) -> None:
        who, sbp = self.somebody(), self.chance.randint(100, 180)
        self.saved.append(await self.app.visit(who, "2026-11-19", sbp=sbp))

    async def both(self) -> None:
        """A combined visit: all of it or nothing."""
        who = self.somebody().hex()
        forms = (("htn_followup", "2027-02-18"), ("dm_followup", "2027-02-18"))
        records = [
            {"resident": who, "kind": kind, "v": 1, "on": "2026-11-19",
             "body": good(kind, next_date=day)}
            for kind, day in forms
        ]  # fmt: skip
        self.saved += await self.app.call("saveAll", records)

    async def edit(self) -> None:
        value: Any
        cell, value = self.chance.choice(
            (("work_unit", f"第 {self.chance.randint(1, 99)} 厂"), ("blood_abo", "1"),
             ("blood_abo", "2"), ("drug_allergy__2", True), ("remarks", str(self.chance.random())))
        )  # fmt: skip
        self.saved.append(await self.app.edit(self.somebody(), **{cell: value}))

    async def take_back(self) -> None:
        who = self.somebody()
        records = (await self.app.archive(who))["records"]
        here = [each for each in records if not each["voided"] and each["kind"] == "htn_followup"]
        if here:
            record = self.chance.choice(here)["change"]
            self.saved.append(await self.app.call("void", who.hex(), record, "写错人了"))

    async def somebody_new(self) -> None:
        new = await self.app.call("freshId")
        cells = {"name": "周立夏", "sex": "2", "birth_date": "1961-05-06", "remarks": "新来"}
        person = {"resident": new, "panel": TEAM_A.hex(), "on": "2026-11-19", "seen": "1",
                  "signed": "3", "cells": cells}  # fmt: skip
        self.saved.append(await self.app.call("newResident", person))
        self.saved.append(await self.app.visit(bytes.fromhex(new), "2026-11-19"))

    async def open(self) -> None:
        who = self.somebody()
        await self.app.call("open", who.hex(), "service")
        self.opened.append((who, self.who))

    async def sync(self) -> None:
        await self.app.call("sync")

    async def lose(self) -> None:
        await self.save()
        await self.now(lose=self.chance.randint(1, 2), late=self.chance.random() < 0.5)
        await self.sync()

    async def too_large(self) -> None:
        await self.now(instead=self.chance.choice(([413], [503], [413, 413])))
        await self.sync()

    async def meanwhile(self) -> None:
        """Saved, locked or handed on while an answer is on the way."""
        what = self.chance.choice(("lock", "unlock", "rescueFile"))
        args = [self.who.hex(), self.people[self.who]] if what == "unlock" else []
        await self.app.do("meanwhile", method=what, args=args)
        await self.save()
        try:
            await self.sync()
        finally:
            await self.enter(self.who)

    async def kill(self) -> None:
        await self.now(writes_left=self.chance.randint(0, 14))
        for _ in range(3):
            await self.save()
            await self.edit()
            await self.sync()
        await self.again()

    async def full(self) -> None:
        await self.app.do("full", **{"is": True})
        try:
            for _ in range(2):
                with suppress(Fault):
                    await self.save()
            await self.sync()
        finally:
            await self.app.do("full", **{"is": False})

    async def other_person(self) -> None:
        if XIE not in self.people:
            device = bytes.fromhex((await self.app.status())["device"])
            offer = await staff_keys.staff_offer(self.world.site, device, staff=XIE)
            told = await self.app.call("addStaff", offer.qr)
            await devices.confirm(self.world.site, offer.offer, told["digits"])
            assert await self.app.call("staffAdded") == "confirmed"
            await self.app.call("finishStaff", "谢芒种", HERS)
            self.people[XIE] = HERS
        await self.enter(XIE if self.who == SU else SU)

    async def lock(self) -> None:
        await self.app.call("lock")
        try:
            await self.sync()
        finally:
            await self.enter(self.who)

    async def clock(self) -> None:
        self.skew = self.chance.choice((0, 0, -4000 * DAY, 2 * DAY, -3 * DAY))

    async def rescue(self) -> None:
        self.file = (await self.app.call("rescueFile"))["bytes"]

    async def brought(self) -> None:
        """The file is taken in by hand, or read into this very tablet."""
        if len(self.file) > 4 and self.chance.random() < 0.5:
            await take_in(self.world.site, CHEN_SIGNED, [("a.gwr1", self.file)])
        elif len(self.file) > 4:
            await self.app.call("readRescue", self.file)

    async def wipe(self) -> None:
        await self.app.call("lock")
        for _ in range(11):
            self.world.clock.pass_(hours=1)
            await self.now()
            with suppress(Fault):
                await self.app.unlock(self.who, "不是这一句话啊啊")
        self.wiped = True
        self.opened.clear()  # what was read went with the key, said or not
        await self.anew()

    async def anew(self) -> None:
        """Enrolled once more: after a wipe, or because the district asks for it."""
        self.people, self.who, self.skew = {SU: PASSPHRASE}, SU, 0
        if any(who == XIE for _, who in self.opened):
            self.opened = [each for each in self.opened if each[1] == SU]
        await self.app.enrol(panels=self.panels)
        self.since = len(self.saved)


DEEDS = {
    "save": 8, "both": 2, "edit": 6, "take_back": 2, "somebody_new": 1, "open": 4, "sync": 8,
    "lose": 4, "too_large": 3, "meanwhile": 3, "kill": 6, "full": 2, "other_person": 4, "lock": 2,
    "clock": 2, "rescue": 2, "brought": 2, "wipe": 1, "anew": 1,
}  # fmt: skip


async def renewed_key(world: World, *, lost: bool) -> None:
    """A new key to seal for; the old one may be lost, and with it what only a wiped tablet has."""

    async def write(tx: Tx) -> None:
        vault = world.site.vault
        key = vault.key(NOBODY, await district_key_blob(tx, world.site.district))
        await renew_kem(tx, vault, key, world.clock())
        newest = "(SELECT MAX(epoch) FROM server_key WHERE purpose='kem')"
        if lost:
            await tx.run(f"DELETE FROM server_key WHERE purpose='kem' AND epoch<{newest}")

    await world.store.write(write)
    await world.site.reload_keys()


async def backed_up(world: World) -> None:
    sql = "UPDATE device SET backed_epoch=chain_epoch, backed_seq=head_seq"
    await world.store.write(lambda tx: tx.run(sql))


async def elsewhere(world: World, other: Field, chance: Random, *, lost: bool) -> None:
    """The reference tablet, and what people at desks do."""
    what = chance.choice(("edit", "edit", "visit", "go", "move", "key", "backup"))
    if what == "edit":
        other.tablet.save_edit(WU, {"blood_abo": chance.choice("123")}, "2026-11-20")
    elif what == "visit":
        form = good("htn_followup", next_date="2027-02-18")
        other.tablet.save_event(ZHENG, "htn_followup", "2026-11-18", form)
    elif what == "move" and not await world.one("SELECT COUNT(*) FROM switch"):
        await moves(world)
    elif what == "key" and chance.random() < 0.3:
        await renewed_key(world, lost=lost)
    elif what == "backup":
        await backed_up(world)
    await other.settle()


async def at_rest(tablet: Carried) -> None:
    tablet.skew = 0
    await tablet.again()
    needs = (await tablet.app.status())["sync"]["needs"]
    if XIE.hex() in needs and XIE not in tablet.people:
        await tablet.other_person()  # who worked here before it was enrolled anew comes back
    for who in [*tablet.people, tablet.who]:
        tablet.world.clock.pass_(minutes=1)
        await tablet.now()
        if who in tablet.people:
            await tablet.enter(who)
        for _ in range(3):
            await tablet.app.call("sync")


async def holds(tablet: Carried) -> None:
    world, app = tablet.world, tablet.app
    sync = (await app.status())["sync"]
    assert (sync["waiting"], sync["needs"], sync["ready_batches"]) == (0, [], 0)
    assert not sync["audit_alarm"]
    state = dict(await app.do("rows", store="meta"))["state"]
    assert (state["misses"], any(state["ask"].values())) == (0, False)
    rows = await world.rows("SELECT change, state, reason FROM change")
    there = {row[0].hex(): row[1:] for row in rows}
    assert len(there) == len(rows)
    lost = [each for each in tablet.saved if each not in there]
    assert not lost, f"{len(lost)} of {len(tablet.saved)} saved changes are not at the server"
    mine = {each["change"]: each["state"] for each in await app.call("mine")}
    if not tablet.wiped:
        assert set(mine) >= set(tablet.saved)
    # What becomes of a change later is told to the enrolment that brought it.
    now = {each: mine[each] for each in tablet.saved[tablet.since :]}
    assert {each: there[each][0] for each in now} == now
    people = ",".join(f"x'{each.hex()}'" for each in tablet.panels)
    members = await world.rows(f"SELECT resident FROM member WHERE panel IN ({people})")
    assert set(await app.do("keys", store="person")) == {row[0].hex() for row in members}
    assert await app.do("keys", store="gone") == []
    told = Counter(await world.rows("SELECT resident, staff FROM access_log WHERE device NOT NULL"))
    assert all(told[each] >= 1 for each in tablet.opened)


@pytest.fixture
async def apps(world: World) -> AsyncIterator[tuple[Engine, Engine]]:
    async with serving(world) as url, engine(world, url) as one, engine(world, url) as two:
        yield one, two


@pytest.mark.parametrize("seed", seeds())
async def test_whatever_chance_does_everything_comes_to_rest(
    world: World, apps: tuple[Engine, Engine], seed: int
) -> None:
    chance = Random(seed)
    lost = chance.random() < 0.5
    tablets = [
        Carried(world, apps[0], chance, (TEAM_A, TEAM_A2)),
        Carried(world, apps[1], chance, (TEAM_A,)),
    ]
    for each in tablets:
        each.deeds = {**DEEDS, "wipe": 0 if lost else DEEDS["wipe"]}
    other = await field(world, "07", staff=XIE)
    await other.settle()
    for each in tablets:
        await each.began()
    done: list[str] = []
    for _ in range(STEPS):
        if chance.random() < 0.2:
            await elsewhere(world, other, chance, lost=lost)
        done.append(await chance.choice(tablets).step())
    print(f"seed {seed}:", " ".join(done))
    for each in [*tablets, *tablets]:
        await at_rest(each)
    for each in tablets:
        await holds(each)
    await other.settle()
    assert (await other.settle())[-1].agrees is True
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind IN ('fork', 'digest')") == 0
    apart = await world.rows("SELECT DISTINCT reason FROM change WHERE state='quarantined'")
    assert {row[0] for row in apart} <= APART
