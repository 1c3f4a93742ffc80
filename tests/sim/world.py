"""The cast of one seed: a server that can die, tablets that can be copied, crash or be lost.

Everything is real but the network and the clocks: the tablet's disk file, the envelopes, the
actions, the database.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from crypto.keys import Suite
from server.actions.keeping import backup
from server.actions.keeping.site import Site, open_site
from server.actions.tablets.exchange import exchange
from sync.enrol import Enrolled
from sync.enrol_wire import PanelInfo, open_bundle
from sync.limits import LEASE_MS
from sync.tablet import Tablet
from tests.sim.databases import Databases, MortalStore, ServerDied
from tests.sim.oracle import Oracle
from tests.world import (
    DISTRICT,
    FACILITY_OF,
    HE,
    START_MS,
    SU,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    XIE,
    Clock,
    Keys,
    World,
    copy_of,
    enrol_by_hand,
)

PASSPHRASE = "青山绿水"
YEAR_MS = 365 * 86_400_000
CAST = (
    ("07", SU, (TEAM_A,), False),
    ("21", HE, (TEAM_B,), False),
    ("11", XIE, (TEAM_A,), True),
    ("30", XIE, (TEAM_A, TEAM_A2), False),
    ("22", HE, (TEAM_B, TEAM_A2), True),
)
"""Number on the tablet, its user, its panels, whether it may hold class B."""


@dataclass(slots=True)
class TabletClock:
    """A cheap clock: off by something, fast or slow by something."""

    true: Clock
    off_ms: int = 0
    drift: float = 0.0

    def __call__(self) -> int:
        return self.true.now + self.off_ms + int((self.true.now - START_MS) * self.drift)


@dataclass(slots=True, eq=False)
class Carried:
    """One tablet in somebody's hands."""

    name: str
    staff: bytes
    keys: Keys
    path: Path
    clock: TabletClock
    tablet: Tablet
    restricted: bool
    state: str = "in_use"  # in_use | wiped | destroyed
    cloned: bool = False
    sent: list[bytes] = field(default_factory=list[bytes])  # envelopes that were on the wire
    late: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])

    @property
    def usable(self) -> bool:
        return self.state == "in_use"


@dataclass(slots=True)
class Kept:
    """A verified backup and what was in it."""

    path: Path
    changes: set[bytes]
    keys_version: int


class Sim:
    """One seed under way."""

    def __init__(self, seed: int, databases: Databases, folder: Path, kek_file: Path) -> None:
        self.rng = Random(seed)
        self.databases = databases
        self.folder = folder
        folder.mkdir(parents=True)
        self.kek_file = kek_file
        self.clock = Clock()
        self.oracle = Oracle()
        self.trace: list[str] = []
        self.tablets: list[Carried] = []
        self.kept: list[Kept] = []
        self.restores = 0
        self.consents: list[bytes] = []
        self.merges: list[bytes] = []
        self.united: set[bytes] = set()  # whoever took part in a merge
        self.notes: list[str] = []  # steps that raised a rule's refusal, for the trace
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
            return None
        finally:
            self.store.fuse = None

    async def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        found = await self.store.write(lambda tx: tx.rows(sql, *args))
        return [tuple(row) for row in found]

    async def change_ids(self) -> set[bytes]:
        return {row[0] for row in await self.rows("SELECT change FROM change")}

    async def back_up(self) -> Kept:
        """As the nightly job does it."""
        present = await self.change_ids()
        done = await backup.backup(self.site, self.folder / f"backups-{len(self.kept)}")
        kept = Kept(done.path, present, self.site.keys.version)
        self.kept.append(kept)
        self.oracle.secured = set(present)
        return kept

    async def restore(self, kept: Kept) -> None:
        """Into a new database; the old one is gone."""
        await self.halt()
        await self.databases.drop(self.url)
        url = await self.databases.fresh(self.folder, loaded=False)
        store = await self.databases.opened(url)
        await backup.restore_into(store, kept.path, self.kek_file, now=self.clock())
        await self.databases.left(store)
        await self.boot(url)
        self.restores += 1

    # ---- tablets ----------------------------------------------------------------------------

    async def enrol(self, count: int) -> None:
        world = World(self.site, self.store, self.clock, self.kek_file, self.folder, self.url)
        for name, staff, panels, restricted in CAST[:count]:
            suite = Suite.P256_ES256 if self.rng.random() < 0.1 else Suite.X25519_ED25519
            keys = await enrol_by_hand(
                world, name, staff=staff, panels=panels, suite=suite, restricted=restricted
            )
            self.tablets.append(self._tablet(name, keys, suite, restricted=restricted))

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
        tablet = Tablet.create(
            path, enrolled, PASSPHRASE, clock=clock, new_id=self.new_id, cost_log2=4
        )
        return Carried(name, keys.staff, keys, path, clock, tablet, restricted)

    def reopen(self, held: Carried) -> None:
        """The app was killed; answers on the way to it are gone with the connection."""
        held.tablet.close()
        held.tablet = self._open(held.path, held.clock)
        held.late.clear()

    def clone(self, held: Carried) -> Carried:
        path = copy_of(held.path, self.folder / f"{held.name}c.tablet")
        clock = TabletClock(self.clock, held.clock.off_ms, held.clock.drift)
        copy = Carried(
            f"{held.name}c", held.staff, held.keys, path, clock, self._open(path, clock),
            held.restricted, cloned=True,
        )  # fmt: skip
        held.cloned = True
        self.tablets.append(copy)
        return copy

    def _open(self, path: Path, clock: TabletClock) -> Tablet:
        return Tablet.open(path, PASSPHRASE, clock=clock, new_id=self.new_id)

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
    seed: int, databases: Databases, folder: Path, kek_file: Path
) -> AsyncIterator[Sim]:
    """The cast of this seed, torn down afterwards."""
    sim = Sim(seed, databases, folder, kek_file)
    await sim.boot(await databases.fresh(folder, loaded=True))
    try:
        await sim.enrol(sim.rng.randint(3, 5))
        yield sim
    finally:
        for each in sim.tablets:
            each.tablet.close()
        await sim.halt()
        await databases.drop(sim.url)
        shutil.rmtree(folder, ignore_errors=True)
