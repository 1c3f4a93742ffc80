"""Tablets in hands: what is known of each, how it is opened, what its app says of itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from crypto.envelope import UpHeader
from sync import wire
from sync.tablet import Tablet
from sync.tablet_disk import Wiped
from sync.tablet_reports import SCHEMA
from tests.sim.tablet_faults import MortalDisk
from tests.world import HE, START_MS, SU, TEAM_A, TEAM_A2, TEAM_B, XIE, Clock, Keys

PASSPHRASE = "青山绿水"
YEAR_MS = 365 * 86_400_000
NEWEST = 6  # schema of the newest app; this one reads what it is sent and keeps what it knows
NAMES_PHOTOS = 3  # schema of the first app that knows pictures
CAST = (
    ("07", SU, (TEAM_A,), False),
    ("21", HE, (TEAM_B,), False),
    ("11", XIE, (TEAM_A,), True),
    ("30", XIE, (TEAM_A, TEAM_A2), False),
    ("22", HE, (TEAM_B, TEAM_A2), True),
)
"""Number on the tablet, its user, its panels, whether it may hold class B."""

Lie = Callable[[wire.Batch], wire.Batch]


def place_of(n: int) -> tuple[str, bytes, tuple[bytes, ...], bool]:
    """The n-th tablet of the county: the cast, and then more like them."""
    name, staff, panels, restricted = CAST[n % len(CAST)]
    return (name if n < len(CAST) else f"{name}-{n}"), staff, panels, restricted


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
    restricted: bool
    new_id: Callable[[int], bytes]
    tablet: Tablet = field(init=False)
    state: str = "in_use"  # in_use | wiped | destroyed
    cloned: bool = False
    liar: bool = False  # has said what is not so: what it believes and holds is its own affair
    schema: int = SCHEMA
    cut_off: int = 0  # so many steps more nothing reaches the server
    sent: list[bytes] = field(default_factory=list[bytes])  # envelopes that were on the wire
    late: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    lie: Lie | None = None  # told in the next envelope that is made

    @property
    def usable(self) -> bool:
        return self.state == "in_use"

    @property
    def disk(self) -> MortalDisk:
        assert isinstance(self.tablet.disk, MortalDisk)
        return self.tablet.disk

    def open(self) -> None:
        """As the app begins; a tablet that died while it wiped itself has only what lay sealed."""
        try:
            disk = MortalDisk.open(self.path, PASSPHRASE)
        except Wiped:
            self.state, disk = "wiped", MortalDisk.open(self.path, None)
        self.tablet = Tablet(disk, clock=self.clock, new_id=self.new_id)
        self.tablet.photos.forget_loose()
        outbox = self.tablet.outbox
        seal = outbox._sealed

        def sealed(header: UpHeader, batch: wire.Batch) -> bytes:
            return seal(header, self._says(batch))

        outbox._sealed = sealed

    def reopen(self) -> None:
        """The app was killed; answers on the way to it are gone with the connection."""
        self.tablet.close()
        self.open()
        self.late.clear()

    def _says(self, batch: wire.Batch) -> wire.Batch:
        if self.schema != SCHEMA:
            batch = structs.replace(batch, schema=self.schema, app=f"gongwei-tablet/{self.schema}")
        lie, self.lie = self.lie, None
        return lie(batch) if lie is not None else batch

    def install(self, schema: int) -> None:
        """Another app: one that knows more begins with a snapshot, as its upgrade does."""
        if self.schema < schema:
            with self.tablet.disk.step():
                self.tablet.state.schema = min(self.schema, SCHEMA)
                self.tablet.state.store(self.tablet.disk)
        self.schema = schema
        self.reopen()
