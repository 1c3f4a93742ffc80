"""A soak: the server under mixed use, its memory and open files looked at all the while.

Pushes and pulls of three tablets, pages of portal and console, figures for the operator, timed
work, lines cut in the middle. After the warm-up both curves have to be flat: the slope of a line
through them (least squares) stays under a bound. On SQLite the server holds part of the database
in its own page cache, so there the database's own growth is allowed for. The pages are those of
somebody whom no tablet writes about, so a page is as long at the end as at the beginning; and most
exchanges bring nothing new, since what is made after a visit reads the whole archive of a person.
"""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from resident_portal.door import COOKIE as PORTAL_COOKIE
from server.console.door import COOKIE as CONSOLE_COOKIE
from server.settings import now_ms
from tests.console import TIAN, offices, session_of
from tests.portal import bind, visit_of
from tests.real.doctors import Doctor, at_work, come_to_rest, faults_of
from tests.real.installation import TABLETS, Installation, group_of, prepared, waits_for
from tests.world import WANG, Clock, new_world

PORTAL: Final = (
    "/portal/", "/portal/archive", "/portal/archive/group/followup", "/portal/plan",
    "/portal/inbox", "/portal/looked", "/portal/switch", "/portal/consent", "/portal/account",
)  # fmt: skip
CONSOLE: Final = ("/console/", "/console/due", "/console/devices", "/console/board")
WATCH: Final = ("/health/ready", "/metrics", "/health/live")
WARM: Final = 1 / 3  # so much of the curve is not looked at
MEMORY_MB_PER_HOUR: Final = 24.0  # 8 MB in the 20 minutes looked at: hourly work alone takes 5
FILES_PER_HOUR: Final = 2.0
SAVES_EVERY: Final = 10
LITTLE_MB: Final = 64.0  # of a soak too short for a slope
LITTLE_FILES: Final = 24
MB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    at_s: float
    memory_mb: float
    files: int
    database_mb: float
    visits: int


@dataclass(slots=True)
class Visitor(threading.Thread):
    """Residents and staff who look at pages, and the operator's figures; each on a new line."""

    here: Installation
    cookies: dict[str, str]
    pause_s: float
    visits: int = 0
    odd: list[str] = field(default_factory=list[str])
    enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, name="visitor", daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        for path in itertools.cycle((*PORTAL, *CONSOLE, *WATCH)):
            if self.enough.is_set():
                return
            try:
                with httpx.Client(
                    base_url=self.here.address, timeout=120, trust_env=False, cookies=self.cookies
                ) as client:
                    status = client.get(path).status_code
            except httpx.TransportError as error:
                self.odd.append(f"{path} {type(error).__name__}")
                return
            if status != 200:
                self.odd.append(f"{path} {status}")
            self.visits += 1
            time.sleep(self.pause_s)


async def _signed_in(here: Installation) -> dict[str, str]:
    async with new_world(here.url, here.folder, clock=Clock(now_ms())) as world:
        await bind(world, WANG)
        await offices(world)
        return {
            PORTAL_COOKIE: await visit_of(world, WANG),
            CONSOLE_COOKIE: await session_of(world, TIAN),
        }  # fmt: skip


def sample_of(pid: int, began: float, size: Callable[[], int], visits: int) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    now = time.monotonic() - began
    return Sample(now, int(kilobytes) / 1024, files, size() / MB, visits)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line of least squares, per hour; the first of a pair in seconds."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    if not spread:
        return 0.0
    return 3600 * sum((x - middle_x) * (y - middle_y) for x, y in points) / spread


@dataclass(slots=True)
class Soak:
    """What was seen."""

    samples: list[Sample]
    pushed: int
    cuts: int
    own_cache: bool

    @property
    def settled(self) -> list[Sample]:
        return self.samples[int(len(self.samples) * WARM) :]

    def slopes(self) -> tuple[float, float, float]:
        """MB of memory, open files, MB of database; each an hour."""
        there = self.settled
        return (
            slope([(each.at_s, each.memory_mb) for each in there]),
            slope([(each.at_s, float(each.files)) for each in there]),
            slope([(each.at_s, each.database_mb) for each in there]),
        )

    def faults(self) -> list[str]:
        memory, files, database = self.slopes()
        bound = MEMORY_MB_PER_HOUR + (max(0.0, database) if self.own_cache else 0.0)
        found: list[str] = []
        if memory > bound:
            found.append(f"memory grows by {memory:.1f} MB an hour, more than {bound:.1f}")
        if files > FILES_PER_HOUR:
            found.append(f"open files grow by {files:.1f} an hour")
        return found

    def told(self) -> Iterator[str]:
        for each in self.samples[:: max(1, len(self.samples) // 24)]:
            yield (
                f"{each.at_s / 60:6.1f} min  {each.memory_mb:7.1f} MB  {each.files:4d} files  "
                f"database {each.database_mb:7.1f} MB  {each.visits} pages"
            )
        memory, files, database = self.slopes()
        yield (
            f"slopes after the warm-up, per hour: memory {memory:+.1f} MB, files {files:+.2f}, "
            f"database {database:+.1f} MB; {self.pushed} changes pushed, {self.cuts} lines cut"
        )


@contextmanager
def mixed_use(
    here: Installation, *, pace_s: float, cutting: float = 0.05
) -> Iterator[tuple[list[Doctor], Visitor]]:
    """Tablets, residents and staff at work until the block ends."""
    cookies = asyncio.run(_signed_in(here))
    doctors = [Doctor(here, name, "soak", pace_s, 1, saves_every=SAVES_EVERY) for name in TABLETS]
    visitor = Visitor(here, cookies, pace_s)
    for doctor in doctors:
        doctor.line.cutting = cutting
    with at_work(doctors):
        visitor.start()
        try:
            yield doctors, visitor
        finally:
            visitor.enough.set()


def size_of(url: str, query: Callable[[str], int] | None) -> Callable[[], int]:
    path = Path(url.removeprefix("sqlite:///"))
    return (lambda: path.stat().st_size) if query is None else (lambda: query(url))


def soak(
    url: str, folder: Path, *, minutes: float, pace_s: float, every_s: float,
    query: Callable[[str], int] | None = None, say: Callable[[str], None] = print,
) -> Soak:  # fmt: skip
    """`query`: how many bytes a PostgreSQL database has; None on SQLite."""
    size = size_of(url, query)
    with prepared(url, folder) as here, group_of(here.start(words=())) as server:
        samples: list[Sample] = []
        began = time.monotonic()
        with mixed_use(here, pace_s=pace_s) as (doctors, visitor):
            while time.monotonic() - began < minutes * 60:
                time.sleep(every_s)
                samples.append(sample_of(server.pid, began, size, visitor.visits))
                _asks_again(doctors)
                assert visitor.odd == [], visitor.odd[:5]
                assert faults_of(doctors) == []
            come_to_rest(doctors)
        visitor.join(120)
        seen = Soak(
            samples, sum(len(each.saved) for each in doctors),
            sum(each.line.cuts_up + each.line.cuts_down for each in doctors), query is None,
        )  # fmt: skip
        for line in seen.told():
            say(line)
        server.terminate()
        assert server.wait(120) == 0
        assert here.journal_faults() == ()
        return seen


def _asks_again(doctors: Sequence[Doctor]) -> None:
    random.choice(doctors).again = 1


def short_soak(url: str, folder: Path, *, pages: int) -> None:
    """So many pages for the warm-up, twice as many after it. Raises AssertionError."""

    def size() -> int:
        return 0

    with prepared(url, folder) as here, group_of(here.start(words=())) as server:
        began = time.monotonic()
        with mixed_use(here, pace_s=0.05, cutting=0.3) as (doctors, visitor):
            _pages(visitor, pages, doctors)
            warm = sample_of(server.pid, began, size, visitor.visits)
            _pages(visitor, 3 * pages, doctors)
            used = sample_of(server.pid, began, size, visitor.visits)
            come_to_rest(doctors)
        visitor.join(120)
        assert used.memory_mb - warm.memory_mb < LITTLE_MB, (warm, used)
        waits_for(
            lambda: sample_of(server.pid, began, size, 0).files <= warm.files + LITTLE_FILES,
            f"open files do not go back to {warm.files}", within_s=120,
        )  # fmt: skip
        server.terminate()
        assert server.wait(120) == 0


def _pages(visitor: Visitor, count: int, doctors: Sequence[Doctor]) -> None:
    def seen() -> bool:
        assert visitor.odd == [], visitor.odd[:5]
        assert faults_of(doctors) == []
        return visitor.visits >= count

    waits_for(seen, "pages do not come")
