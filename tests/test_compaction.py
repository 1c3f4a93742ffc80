"""A feed that was compacted tells every tablet what the whole feed would have told it."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.actions.archives import consent
from server.actions.archives.standing import lock_device
from server.actions.places import move
from server.actions.tablets.compaction import compact
from server.actions.tablets.packing import pack
from server.errors import NotFound, RuleSaysNo
from server.rules.switch import CaseState, SpecialCase
from server.store.tx import Tx
from sync import wire
from sync.limits import DAY_MS, LEASE_MS
from sync.tablet import Tablet
from sync.tablet_reports import SCHEMA
from tests.cast_forms import good
from tests.world import (
    HE,
    QIN,
    TEAM_A,
    TEAM_B,
    WU,
    ZHENG,
    ZHOU,
    Field,
    World,
    copy_of,
    field,
    new_id,
)

PEOPLE = (ZHOU, WU, ZHENG)
STAGES = 30


class History:
    """What happens in a county, by chance, and the archive of one tablet as it was after each
    step of it.
    """

    def __init__(self, world: World, seed: int, su: Field, he: Field, witness: Field) -> None:
        self.world, self.rng = world, Random(seed)
        self.su, self.he, self.witness = su, he, witness
        self.consents: list[bytes] = []
        self.saved: list[tuple[Field, bytes, bytes]] = []
        self.views: list[Path] = []

    async def goes_on(self) -> None:
        deeds = (
            self.visit,
            self.visit,
            self.edit,
            self.edit,
            self.void,
            self.moves,
            self.consents_,
        )
        await self.rng.choice(deeds)()
        self.world.clock.pass_(minutes=7)
        for each in (self.su, self.he):
            await each.settle()
        if self.rng.random() < 0.7:  # else it was not there
            await self.witness.settle()
        self.views.append(
            copy_of(
                self.world.folder / "witness.tablet",
                self.world.folder / f"view-{len(self.views)}.tablet",
            )
        )

    async def visit(self) -> None:
        doctor, who = self.rng.choice((self.su, self.he)), self.rng.choice(PEOPLE)
        form = good("htn_followup", next_date="2027-02-18", sbp=self.rng.choice((128, 138)))
        change = doctor.tablet.save_event(who, "htn_followup", "2026-11-20", form)
        self.saved.append((doctor, who, change))

    async def edit(self) -> None:
        doctor, who = self.rng.choice((self.su, self.he)), self.rng.choice(PEOPLE)
        doctor.tablet.save_edit(who, {"blood_abo": self.rng.choice("1234")}, "2026-11-20")

    async def void(self) -> None:
        if self.saved:
            doctor, who, change = self.saved.pop(self.rng.randrange(len(self.saved)))
            doctor.tablet.void(who, "htn_followup", "2026-11-20", change, "录错")

    async def moves(self) -> None:
        ask = move.Ask(
            resident=self.rng.choice(PEOPLE), panel=self.rng.choice((TEAM_A, TEAM_B)),
            ground="moved", by=QIN, at_new_desk=True,
            special_case=SpecialCase("second_move", has_evidence=True, state=CaseState.ALLOWED),
        )  # fmt: skip
        try:
            await move.switch(self.world.site, ask)
        except RuleSaysNo:
            return

    async def consents_(self) -> None:
        try:
            if self.consents and self.rng.random() < 0.5:
                await consent.revoke(self.world.site, self.consents.pop())
                return
            given = await consent.grant(
                self.world.site, self.rng.choice(PEOPLE), panel=TEAM_A, purpose="service",
                classes="A", until=self.world.clock() + 40 * DAY_MS, text_version="1",
            )  # fmt: skip
            self.consents.append(given)
        except (NotFound, RuleSaysNo):
            return


async def now_of(world: World, view: Path, device: bytes, name: str) -> dict[str, Any]:
    """What a tablet that stood at this view holds after it has been told everything."""
    path = copy_of(view, view.with_name(f"{name}-{view.name}"))
    tablet = Tablet.open(path, "青山绿水", clock=world.clock, new_id=new_id)
    cursor, agrees, pages = tablet.state.cursors[TEAM_A.hex()], None, 0

    async def page_of(tx: Tx) -> wire.Page:
        row = await lock_device(tx, world.site.district, device)
        assert row is not None
        return await pack(
            tx, world.site, row, cursor, None, cursor.epoch or 1, world.clock(), schema=SCHEMA
        )

    with tablet.disk.step():
        while True:
            page = await world.store.write(page_of)
            assert page.roster is not None or page.start == cursor.csn
            done = tablet.archive.apply(page)
            agrees = done.agrees
            cursor = wire.Cursor(panel=TEAM_A, epoch=page.epoch, csn=page.end, snap=page.snap)
            pages += 1
            assert pages < 50
            if not page.more:
                break
    held = {
        "agrees": agrees,
        "entities": sorted(map(tuple, tablet.disk.rows("SELECT id, cls, rev FROM entity"))),
        "members": tablet.archive.members(TEAM_A),
        "owed": {who: tablet.archive.owed(who) for who in PEOPLE},
    }
    tablet.close()
    return held


async def rows_of(world: World, panel: bytes = TEAM_A) -> int:
    return await world.one("SELECT COUNT(*) FROM feed WHERE panel=?", panel)


@pytest.mark.parametrize("seed", range(1, 4))
async def test_a_tablet_of_any_day_ends_up_the_same_whether_or_not_the_feed_was_compacted(
    world: World, seed: int
) -> None:
    su = await field(world, "07", restricted=True)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,), restricted=True)
    asleep = await field(world, "09")
    witness = await field(world, "witness", restricted=seed % 2 == 0)
    for each in (su, he, asleep, witness):
        await each.settle()
    history = History(world, seed, su, he, witness)
    for _ in range(STAGES):
        await history.goes_on()
    device = witness.keys.device
    whole = [await now_of(world, view, device, "whole") for view in history.views]
    before = await rows_of(world)

    dropped = await compact(world.site, after=1)
    assert dropped > 0
    # One tablet has not been there since the first day: what it may need stays.
    assert await world.one("SELECT feed_from FROM panel WHERE panel=?", TEAM_A) < before
    assert [await now_of(world, each, device, "swept") for each in history.views] == whole
    assert all(each["agrees"] is not False for each in whole)
    assert await compact(world.site, after=1) == 0
    left = await rows_of(world)

    await world.store.write(
        lambda tx: tx.run(
            "UPDATE device SET last_contact=? WHERE device=?",
            world.clock() - LEASE_MS - 1, asleep.keys.device,
        )
    )  # fmt: skip
    await witness.settle()
    await su.settle()
    await compact(world.site, after=0)
    assert await rows_of(world) < left <= before
    assert [await now_of(world, each, device, "behind") for each in history.views] == whole
    for each in (su, he, asleep, witness):
        await each.settle()
        assert (await each.settle())[-1].agrees is True
