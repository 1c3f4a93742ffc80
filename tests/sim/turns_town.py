"""The place in which tasks are played: several server processes, tablets, a checkup day; made once
and copied for each seed.
"""

import dataclasses
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from server.actions.keeping.audit_tree import number_leaves
from server.actions.keeping.site import Site
from server.actions.tablets.exchange import exchange
from server.store.ids import new_id
from sync import wire
from sync.tablet import Tablet
from sync.tablet_state import NotTheServer
from sync.tablet_trust import opened
from tests import checkup_days, halls
from tests import world as standing
from tests.hand_tablet import HandTablet
from tests.portal import bind
from tests.postgres import Cluster
from tests.sim.turns_order import Turns
from tests.sim.turns_stores import (
    Outside,
    PostgresRows,
    Rows,
    SqliteRows,
    SteppedPostgres,
    SteppedSqlite,
)
from tests.world import (
    DISTRICT,
    HE,
    NAMES,
    SU,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    XIE,
    Clock,
    Keys,
    World,
    copy_of,
    new_world,
)

PROCESSES: Final = 4
PASSPHRASE: Final = "青山绿水"
CAST: Final = {
    "17": (SU, (TEAM_A,)), "21": (HE, (TEAM_B,)), "30": (XIE, (TEAM_A, TEAM_A2)),
    "22": (HE, (TEAM_B, TEAM_A2)),
}  # fmt: skip
RESIDENTS: Final = tuple(NAMES)


@dataclass(slots=True)
class Template:
    """What each seed begins with."""

    folder: Path
    url: str
    site: Site
    now: int
    halls: list[tuple[Keys, bytes]]  # tablets of the hall and its day
    booking: list[bytes]  # days with few places


async def make_template(url: str, folder: Path) -> Template:
    async with new_world(url, folder) as world:
        await checkup_days.planned(world)
        for who in RESIDENTS:
            await bind(world, who)
        for name, (staff, panels) in CAST.items():
            tablet = await standing.field(world, name, staff=staff, panels=panels)
            await tablet.settle()
            tablet.tablet.close()
        booking = [await checkup_days.a_day(world, capacity=1)]
        booking.append(
            await checkup_days.a_day(world, capacity=1, on=checkup_days.TODAY.replace(day=29))
        )
        hall = await halls.a_day(world, RESIDENTS[:2])
        there = [await halls.in_hall(world, hall, name) for name in ("厅一", "厅二")]
        return Template(
            folder, url, world.site, world.clock(),
            [(each.tablet.keys, hall) for each in there], booking,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Carried:
    """A tablet in somebody's hands. `sent`: the request it waits for an answer to."""

    name: str
    tablet: Tablet
    device: bytes
    panels: tuple[bytes, ...]
    sent: bytes = b""
    busy: bool = False  # has a part in this play already
    over: bool = False  # wiped: nothing is expected of it any more

    def asks(self) -> bytes:
        request = self.tablet.request()
        assert request is not None
        self.sent, self.busy = request, True
        return request

    def begins_afresh(self) -> None:
        """The next exchange asks for a snapshot."""
        for name, each in self.tablet.state.cursors.items():
            self.tablet.state.cursors[name] = wire.Cursor(panel=each.panel, epoch=0, csn=0)

    def pages(self, answer: bytes) -> tuple[wire.Answer, list[wire.Page]]:
        keys = self.tablet._keys
        assert keys is not None
        told, _ = opened(keys, self.tablet.state, self.sent, answer)
        return told, [wire.page(each) for each in told.pages]

    def takes(self, answer: bytes) -> bool:
        """Whether it was taken; a wiped tablet is over."""
        try:
            result = self.tablet.take(self.sent, answer)
        except NotTheServer:
            return False
        self.over = self.over or result.wiped
        return True


@dataclass(slots=True)
class Town:
    """One seed under way."""

    rng: Random
    clock: Clock
    sites: list[Site]
    turns: Turns
    there: Rows
    folder: Path
    tablets: dict[str, Carried]
    halls: list[halls.HallTablet]
    booking: list[bytes]
    template: Template
    notes: dict[str, Any] = field(default_factory=dict[str, Any])
    saved: dict[bytes, str] = field(default_factory=dict[bytes, str])  # change -> tablet

    @property
    def site(self) -> Site:
        return self.sites[0]

    def any_site(self) -> Site:
        """The server process that takes a task."""
        return self.rng.choice(self.sites)

    def some(self, *names: str) -> Carried | None:
        """A tablet that is still in use, of these."""
        named = (self.tablets[each] for each in names or CAST)
        found = [each for each in named if not each.over and not each.busy]
        return self.rng.choice(found) if found else None

    async def settle(self, held: Carried) -> bool:
        """Exchanges until quiet, outside of any play. False: the tablet was told to wipe."""
        result = None
        for _ in range(60):
            if held.over:
                return False
            held.asks()
            result = held.tablet.take(held.sent, (await exchange(self.site, held.sent)).answer)
            held.over = result.wiped
            if not (held.over or result.more or result.receipts):
                return True
        state = held.tablet.state
        raise AssertionError(
            f"tablet {held.name} never settles: own {(state.chain_epoch, state.seq)}, server "
            f"{(state.head_epoch, state.head_seq)}, behind {state.behind}, ask "
            f"{sorted(state.ask.values())}, {result}"
        )

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.there.rows(sql)

    async def number(self) -> None:
        await self.site.store.write(lambda tx: number_leaves(tx, DISTRICT))


class Copier:
    """Where each seed's database comes from."""

    def __init__(self, template: Template, cluster: Cluster | None) -> None:
        self.template, self._cluster, self._made = template, cluster, 0

    def fresh(self, folder: Path) -> str:
        self._made += 1
        folder.mkdir(parents=True)
        if self._cluster is None:
            source = Path(self.template.url.removeprefix("sqlite:///"))
            return f"sqlite:///{copy_of(source, folder / 'server.sqlite3')}"
        original = name_of(self.template.url)
        name = f"{original}_{self._made}"
        url = self._cluster.create_database(name, template=original)
        # Whoever closes a circle is told at once, and it is always the one who came last.
        self._cluster.query(f"ALTER DATABASE \"{name}\" SET deadlock_timeout='1ms'")
        return url

    def drop(self, url: str) -> None:
        if self._cluster is not None:
            self._cluster.drop_database(name_of(url))


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@asynccontextmanager
async def town(seed: int, copier: Copier, folder: Path) -> AsyncIterator[Town]:
    """The template's copy, opened by several server processes (one on SQLite)."""
    template = copier.template
    url = copier.fresh(folder)
    rng, clock = Random(seed), Clock(template.now + 1)
    sqlite = url.startswith("sqlite")
    stores = [SteppedSqlite(url)] if sqlite else [SteppedPostgres(url) for _ in range(PROCESSES)]
    path = Path(url.removeprefix("sqlite:///"))
    there: Rows = SqliteRows(path) if sqlite else await PostgresRows.open(url)
    tablets: dict[str, Carried] = {}
    for each in stores:
        await each.__aenter__()
    try:
        outside = Outside(there)
        await outside.committed()
        turns = Turns(rng, clock, outside)
        for each in stores:
            if isinstance(each, SteppedSqlite):
                each.step(turns)
        sites = [_site(template.site, store, clock) for store in stores]
        world = World(sites[0], stores[0], clock, folder / "kek", folder, url)
        for name in CAST:
            tablets[name] = _carried(template, folder, clock, name)
        there_halls = [
            halls.HallTablet(HandTablet(world, keys), day) for keys, day in template.halls
        ]
        yield Town(
            rng, clock, sites, turns, there, folder, tablets, there_halls, template.booking,
            template,
        )  # fmt: skip
    finally:
        for held in tablets.values():
            held.tablet.close()
        for each in stores:
            await each.__aexit__(None, None, None)
        await there.close()
        copier.drop(url)
        shutil.rmtree(folder, ignore_errors=True)


def _site(site: Site, store: Any, clock: Clock) -> Site:
    """Another process's, of the same installation."""
    return dataclasses.replace(
        site, store=store, clock=clock, signers={}, paces={}, put_off={}, directory=None,
        closing=[],
    )  # fmt: skip


def _carried(template: Template, folder: Path, clock: Clock, name: str) -> Carried:
    path = copy_of(template.folder / f"{name}.tablet", folder / f"{name}.tablet")
    tablet = Tablet.open(path, PASSPHRASE, clock=clock, new_id=partial(new_id))
    return Carried(name, tablet, tablet.state.device, CAST[name][1])
