"""The cast of one seed: a server that can die, tablets that can be copied, crash or be lost.

Everything is real but the network and the clocks: the tablet's disk file, the envelopes, the
actions, the database.
"""

import os
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from crypto.keys import Suite
from server.actions.keeping import backup
from server.actions.keeping.site import Site, open_site
from server.actions.tablets.exchange import exchange
from server.errors import NoRoom
from sync.enrol import Enrolled
from sync.enrol_wire import PanelInfo, open_bundle
from sync.limits import LEASE_MS
from sync.tablet import Tablet
from tests.portal import bind
from tests.sim.databases import Databases, MortalStore, ServerDied
from tests.sim.feed import Feeds
from tests.sim.options import Options
from tests.sim.oracle import Oracle
from tests.sim.script import Script
from tests.sim.tablets import (
    NEWEST,
    PASSPHRASE,
    YEAR_MS,
    Carried,
    TabletClock,
    place_of,
)
from tests.world import (
    DISTRICT,
    FACILITY_OF,
    NAMES,
    Clock,
    Keys,
    World,
    copy_of,
    enrol_by_hand,
)


@dataclass(slots=True)
class Kept:
    """A verified backup and what was in it."""

    path: Path
    changes: set[bytes]
    feeds: Feeds  # as known then
    photos: set[bytes]  # taken by then


class Sim:
    """One seed under way."""

    def __init__(
        self, options: Options, rng: Random, databases: Databases, folder: Path, kek_file: Path
    ) -> None:
        self.options = options
        self.rng = rng  # of the step under way
        self.databases = databases
        self.folder = folder
        folder.mkdir(parents=True)
        self.kek_file = kek_file
        self.clock = Clock()
        self.oracle = Oracle()
        self.feeds = Feeds()
        self.trace: list[str] = []
        self.tablets: list[Carried] = []
        self.kept: list[Kept] = []
        self.backups = self.restores = 0
        self.consents: list[bytes] = []
        self.merges: list[bytes] = []
        self.corrections: list[tuple[bytes, bytes]] = []  # resident, correction
        self.day: bytes | None = None  # of a checkup, in some seeds
        self.guests: dict[bytes, dict[str, str]] = {}  # there: their cards
        self.photos: set[bytes] = set()  # ids of what is a picture, whoever named it
        self.made_up: set[bytes] = set()  # ids under which a liar sent other bytes
        self.united: set[bytes] = set()  # whoever took part in a merge
        self.store: MortalStore
        self.site: Site
        self.url = ""

    # ---- server -----------------------------------------------------------------------------

    async def boot(self, url: str) -> None:
        """Opens the database as a new process would."""
        self.url = url
        self.store = await self.databases.opened(url)
        self.site = await open_site(
            self.store, kek_file=self.kek_file, district=DISTRICT, clock=self.clock
        )

    async def halt(self) -> None:
        await self.databases.left(self.store)

    async def reboot(self) -> None:
        await self.halt()
        await self.boot(self.url)

    async def serve(self, raw: bytes) -> bytes | None:
        """The answer, or None when the process died on the way (it is up again after it)."""
        try:
            return (await exchange(self.site, raw)).answer
        except ServerDied:
            await self.reboot()
        except NoRoom:
            self.say("   the server has no room")
        return None

    async def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        found = await self.store.write(lambda tx: tx.rows(sql, *args))
        return [tuple(row) for row in found]

    async def change_ids(self) -> set[bytes]:
        return {row[0] for row in await self.rows("SELECT change FROM change")}

    async def feed_rows(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT panel, csn, op, entity, resident FROM feed")

    async def photos_taken(self) -> set[bytes]:
        return {row[0] for row in await self.rows(
            "SELECT attachment FROM attachment WHERE state='taken'"
        )}  # fmt: skip

    async def back_up(self) -> None:
        """As the nightly job does it. The server may die while it writes; and with the file whole,
        before the tablets' marks have moved or after.
        """
        present, photos = await self.change_ids(), await self.photos_taken()
        self.feeds.note(await self.feed_rows())
        self.backups += 1
        folder = self.folder / f"backups-{self.backups}"
        while_writing, while_marking = (
            self.rng.random() < self.options.server_dies for _ in range(2)
        )
        left = self.rng.randrange(40) if while_writing else -1

        def progress(_table: str, _rows: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise ServerDied

        if while_marking:
            self.store.fuse = (0, self.rng.random() < 0.5)
        try:
            await backup.backup(self.site, folder, progress=progress)
        finally:
            for path in folder.glob("*.gwk"):  # whoever restores takes the newest that is whole
                self.kept.append(Kept(path, present, self.feeds.copy(), photos))
                self.oracle.secured = set(present)

    async def restore(self, kept: Kept) -> None:
        """Into a new database; the old one is gone."""
        await self.halt()
        await self.databases.drop(self.url)
        url = await self.databases.fresh(self.folder, loaded=False)
        dies = self.rng.random() < self.options.server_dies
        if not (dies and await self._died_restoring(url, kept)):
            store = await self.databases.opened(url)
            await backup.restore_into(store, kept.path, self.kek_file, now=self.clock())
            await self.databases.left(store)
        await self.boot(url)
        self.feeds = kept.feeds.copy()
        self.restores += 1

    async def _died_restoring(self, url: str, kept: Kept) -> bool:
        """Whether it had come in whole when it died: else nothing of it is there."""
        store = await self.databases.opened(url)
        store.fuse = (0, self.rng.random() < 0.5)
        committed = store.fuse[1]
        self.say(f"   the server dies in it, {'after' if committed else 'before'} the commit")
        with suppress(ServerDied):
            await backup.restore_into(store, kept.path, self.kek_file, now=self.clock())
        await self.databases.left(store)
        return committed

    # ---- tablets ----------------------------------------------------------------------------

    async def enrol(self, count: int) -> None:
        world = World(self.site, self.store, self.clock, self.kek_file, self.folder, self.url)
        for n in range(count):
            name, staff, panels, restricted = place_of(n)
            suite = Suite.P256_ES256 if self.rng.random() < 0.1 else Suite.X25519_ED25519
            keys = await enrol_by_hand(
                world, name, staff=staff, panels=panels, suite=suite, restricted=restricted
            )
            self.tablets.append(self._tablet(name, keys, suite, restricted=restricted))
        for who in NAMES:
            if self.rng.random() < 0.8:
                await bind(world, who)  # the others never use the portal

    def _tablet(self, name: str, keys: Keys, suite: Suite, *, restricted: bool) -> Carried:
        bundle, trust = self.site.keys.bundles[suite], self.site.keys.trust[suite].public
        enrolled = Enrolled(
            district=DISTRICT, device=keys.device, staff=keys.staff, suite=suite, kem=keys.kem,
            signing=keys.sign, epoch=1, restricted=restricted, trust=trust, bundle=bundle,
            keys=open_bundle(bundle, trust), lease=self.clock() + LEASE_MS, now=self.clock(),
            panels=tuple(
                PanelInfo(id=panel, name="", facility=FACILITY_OF[panel]) for panel in keys.panels
            ),
        )  # fmt: skip
        path = self.folder / f"{name}.tablet"
        off = self.rng.choice((0, 0, 0, -3_600_000, 7_200_000, -YEAR_MS, 3 * YEAR_MS))
        clock = TabletClock(self.clock, off, self.rng.choice((0.0, 0.0, 1e-4, -1e-4, 0.01)))
        Tablet.create(
            path, enrolled, PASSPHRASE, clock=clock, new_id=self.new_id, cost_log2=4
        ).close()
        made = Carried(name, keys.staff, keys, path, clock, restricted, self.new_id)
        if self.rng.random() < self.options.app_changes * 5:
            made.schema = self.rng.randint(1, NEWEST)
        made.open()
        return made

    def reopen(self, held: Carried) -> None:
        """The app was killed. What was being saved then is there, or it is not."""
        held.reopen()
        self.find_saved(held)

    def find_saved(self, held: Carried) -> None:
        """Changes on its disk of which nobody heard that they were saved."""
        disk = held.tablet.disk
        if held.state != "in_use":
            return
        for change, who, sealed in disk.rows("SELECT id, resident, body FROM own ORDER BY n"):
            if change not in self.oracle.saved and change not in self.made_up:
                self.oracle.note(change, held.name, who, disk.unseal(change, sealed))
                self.say(f"{held.name} had saved {change[-4:].hex()}")

    def clone(self, held: Carried) -> Carried:
        path = copy_of(held.path, self.folder / f"{held.name}c.tablet")
        clock = TabletClock(self.clock, held.clock.off_ms, held.clock.drift)
        copy = Carried(
            f"{held.name}c", held.staff, held.keys, path, clock, held.restricted, self.new_id,
            cloned=True, liar=held.liar, schema=held.schema,
        )  # fmt: skip
        copy.open()
        held.cloned = True
        self.tablets.append(copy)
        return copy

    def new_id(self, now_ms: int) -> bytes:
        """A UUIDv7 of the seed."""
        raw = bytearray(max(0, now_ms).to_bytes(6) + self.rng.randbytes(10))
        raw[6] = 0x70 | raw[6] & 0x0F
        raw[8] = 0x80 | raw[8] & 0x3F
        return bytes(raw)

    def usable(self) -> list[Carried]:
        return [each for each in self.tablets if each.usable]

    def say(self, text: str) -> None:
        self.trace.append(f"{len(self.trace):3} {text}")


@asynccontextmanager
async def simulated(
    script: Script, databases: Databases, folder: Path, kek_file: Path
) -> AsyncIterator[Sim]:
    """The cast of this seed, torn down afterwards."""
    sim = Sim(script.options, Random(~script.seed), databases, folder, kek_file)
    with chance_of(sim):
        await sim.boot(await databases.fresh(folder, loaded=True))
        try:
            await sim.enrol(script.options.tablets or sim.rng.randint(3, 5))
            yield sim
        finally:
            for each in sim.tablets:
                each.tablet.close()
            await sim.halt()
            await databases.drop(sim.url)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def chance_of(sim: Sim) -> Iterator[None]:
    """Ids are made from random bytes, and the order of ids decides here and there: so these are
    the seed's. (Keys may still differ from run to run; nothing is decided by them.)
    """

    def urandom(count: int, /) -> bytes:
        return sim.rng.randbytes(count)

    was = os.urandom
    os.urandom = urandom
    random._urandom = urandom  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        os.urandom = was
        random._urandom = was  # pyright: ignore[reportAttributeAccessIssue]
