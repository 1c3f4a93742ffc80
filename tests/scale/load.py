"""Reference tablets that keep working while something is killed, and the proof afterwards that
nothing they were given a receipt for is lost or there twice.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from server.actions.keeping.site import Site, open_site
from server.actions.keeping.verify import verify_journal
from server.settings import now_ms
from server.store.store import Store
from server.store.tx import Tx
from sync.tablet import Tablet
from tests.bench.work import follow_up
from tests.scale.filling import Order
from tests.scale.tablets import reference_tablet
from tests.world import DISTRICT

PATIENCE_S = 0.1  # between two tries of a tablet that was not answered
Post = Callable[[bytes], Awaitable[bytes]]


@dataclass(slots=True)
class Carrier:
    """A tablet whose doctor sees one resident after the other. `unanswered`: exchanges that broke
    off, each tried again with the same bytes.
    """

    tablet: Tablet
    order: Order
    panel: int
    post: Post
    rng: random.Random
    saved: list[bytes] = field(default_factory=list[bytes])
    unanswered: int = 0
    agreed: bool | None = None

    @property
    def receipted(self) -> list[bytes]:
        return [each for each in self.saved if self.tablet.fate(each)[0]]

    async def work(self, done: Callable[[], bool]) -> None:
        size, day = self.order.size, self.order.day
        while not done():
            who = size.resident_id(self.rng.choice(size.people(self.panel)))
            body = follow_up(self.rng, size.doctor_id(self.panel), day)
            self.saved.append(self.tablet.save_event(who, "htn_followup", day.isoformat(), body))
            await self.settle()

    async def settle(self) -> None:
        """Exchanges until every change has its receipt and nothing more waits at the server."""
        more = True
        while more or self.tablet.waiting:
            request = self.tablet.request()
            assert request is not None, "locked"
            try:
                answer = await self.post(request)
            except Exception:  # noqa: BLE001 (a tablet knows only that no answer came)
                self.unanswered += 1
                await asyncio.sleep(PATIENCE_S)
                continue
            told = self.tablet.take(request, answer)
            self.agreed = self.agreed if told.agrees is None else told.agrees
            more = told.more or told.receipts > 0


@asynccontextmanager
async def site_of(order: Order) -> AsyncIterator[Site]:
    """The county by the clock of this machine."""
    async with Store(order.url) as store:
        yield await open_site(store, kek_file=order.folder / "kek", district=DISTRICT, clock=now_ms)


async def carriers(site: Site, order: Order, count: int, post: Post) -> list[Carrier]:
    """So many tablets, each of a panel of its own as far as there are as many, caught up."""
    folder = order.folder / "tablets"
    folder.mkdir(exist_ok=True)
    made: list[Carrier] = []
    for n in range(count):
        panel = n % order.size.panels
        tablet = await reference_tablet(site, order.size, panel, _free(folder, n))
        made.append(Carrier(tablet, order, panel, post, random.Random(f"carrier/{n}")))
        await made[-1].settle()
    return made


def _free(folder: Path, n: int) -> Path:
    return folder / f"{now_ms()}-{n}.tablet"


def receipts(made: Sequence[Carrier]) -> int:
    return sum(len(each.receipted) for each in made)


async def lost_or_doubled(site: Site, changes: Sequence[bytes]) -> list[bytes]:
    """Of these, those of which there is not exactly one."""

    async def read(tx: Tx) -> dict[bytes, int]:
        rows = await tx.rows_in(
            "SELECT change, COUNT(*) FROM change WHERE district=? AND change {ids} GROUP BY change",
            changes,
            DISTRICT,
        )
        return {row[0]: row[1] for row in rows}

    found = await site.store.read(read) if changes else {}
    return [each for each in changes if found.get(each) != 1]


async def proved(site: Site, made: Sequence[Carrier]) -> int:
    """How many changes came through. Raises AssertionError for one that was lost or doubled, a
    digest that differs, or a journal with a fault.
    """
    saved = [change for each in made for change in each.saved]
    assert receipts(made) == len(saved), "a change is without a receipt"
    assert not await lost_or_doubled(site, saved)
    assert all(each.agreed for each in made), "a digest differs"
    report = await verify_journal(site)
    assert not report.faults, report.faults[:3]
    return len(saved)
