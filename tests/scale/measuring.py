"""Figures of a filled county, over HTTP from the real server process.

CPU is of the server's threads and of PostgreSQL's processes together, a mean over the requests of
a block, since the meter's step is 10 ms. Wall is of each request; on a busy machine it says more
about the neighbours. What is pushed here stays: measure a county some times, then fill it anew.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from resident_portal.door import COOKIE as PORTAL_COOKIE
from server.actions.accounts import sessions
from server.actions.keeping.site import Site, open_site
from server.console.door import COOKIE as CONSOLE_COOKIE
from server.settings import now_ms
from server.store.store import Store
from server.store.tx import Tx
from sync import wire
from tests.bench.exchanges import all_applied, catch_up, post_all
from tests.bench.link import Link
from tests.bench.meter import cpu_s, resident_mb
from tests.bench.tablet import BenchTablet
from tests.bench.work import visit
from tests.console import CHEN, hire, offices, session_of
from tests.portal import bind, visit_of
from tests.scale.asked import MEASURED, measurable
from tests.scale.county import made_id
from tests.scale.filling import Order
from tests.scale.tablets import bench_tablet
from tests.server_process import Installation, served
from tests.world import DISTRICT, World

BACKENDS: Final = (
    "SELECT pid FROM pg_stat_activity WHERE datname=current_database() AND pid<>pg_backend_pid()"
)
PULLED: Final = MEASURED
PUSHED: Final = 200
BLOCK: Final = 5
_SEARCHED: Final = ("王", "李建国", "zjh", "zgy 1955", "1962", "刘 1948", "陈秀", "wlx")


@dataclass(slots=True)
class County:
    """One filled county with its server running: tablets, connections, the meter."""

    order: Order
    site: Site
    server: int  # process id
    port: int
    pairs: list[tuple[BenchTablet, Link]] = field(default_factory=list[tuple[BenchTablet, Link]])
    used: int = 0  # visits made so far: each has an id of its own

    @property
    def held(self) -> int:
        return self.order.size.residents * self.order.size.changes

    async def spent(self) -> dict[int, float]:
        """CPU s so far by process: the server, and PostgreSQL's for this database alone."""
        pids = [self.server]
        if self.site.store.dialect == "postgres":
            pids += [row[0] for row in await self.site.store.read(lambda tx: tx.rows(BACKENDS))]
        return {pid: cpu_s(pid) for pid in pids}

    async def since(self, before: dict[int, float]) -> float:
        """ms of CPU since then."""
        now = await self.spent()
        return 1000 * sum(spent - before.get(pid, 0.0) for pid, spent in now.items())

    async def block(self, work: Callable[[], Awaitable[object]], count: int) -> "Taken":
        """`work` makes so many requests."""
        before, began = await self.spent(), time.perf_counter()
        await work()
        wall = time.perf_counter() - began
        return Taken(await self.since(before) / count, 1000 * wall / count)

    def visits(self, tablet: BenchTablet, count: int) -> list[bytes]:
        """Follow-ups of so many different residents of the tablet."""
        self.used += 1
        rng, now = random.Random(f"scale/{self.used}"), now_ms()
        people = rng.sample(tablet.residents, min(count, len(tablet.residents)))
        return [
            visit(rng, f"scale/{tablet.device.hex()}/{self.used}/{n}", who, tablet.staff,
                  self.order.day, now + n)
            for n, who in enumerate(people)
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """One block: ms a request."""

    cpu_ms: float
    wall_ms: float


@contextmanager
def running(order: Order, *words: str) -> Iterator[tuple[int, int]]:
    """The server on the county: (process id, port). Timed work is left to others: it would make
    the cards and plans of what was just pushed in the middle of the next block.
    """
    with served(Installation(order.folder, order.url), "--no-jobs", *words) as server:
        yield server.process.pid, server.port


@asynccontextmanager
async def county(order: Order, server: int, port: int) -> AsyncIterator[County]:
    """Two tablets of one panel, connected and caught up."""
    async with Store(order.url) as store:
        site = await open_site(
            store, kek_file=order.folder / "kek", district=DISTRICT, clock=now_ms
        )
        made = County(order, site, server, port)
        for number in range(2):
            tablet = await bench_tablet(site, order.size, order.size.panels // 2, number)
            made.pairs.append((tablet, await linked(port)))
        for tablet, link in made.pairs:
            await at_the_head(made, tablet)
            await catch_up(tablet, link)
        yield made
        for _, link in made.pairs:
            link.close()


async def linked(port: int) -> Link:
    link = Link(port)
    await link.open()
    return link


async def at_the_head(made: County, tablet: BenchTablet) -> None:
    """As a tablet that has long had its snapshot: its cursor stands at the panel's head."""

    def head(tx: Tx) -> Any:
        return tx.rows("SELECT csn FROM panel WHERE panel=?", tablet.panel)

    ((csn,),) = await made.site.store.read(head)
    tablet.cursor = wire.Cursor(panel=tablet.panel, epoch=1, csn=csn)


# What tablets do.


async def push(made: County) -> Taken:
    """Batches of 200, one after the other."""
    tablet, link = made.pairs[0]
    sealed = [tablet.seal(made.visits(tablet, PUSHED), now_ms()) for _ in range(BLOCK)]
    answers: list[bytes] = []

    async def work() -> None:
        answers.extend(await post_all(link, sealed))

    taken = await made.block(work, BLOCK)
    all_applied(tablet, answers)
    await catch_up(*made.pairs[1])
    return taken


async def pull(made: County) -> Taken:
    """A colleague pushes 50 records, then the same 50 are pulled several times over."""
    (writer, out), (reader, link) = made.pairs
    all_applied(writer, [await out.post(writer.seal(made.visits(writer, PULLED), now_ms()))])
    asked = [reader.ask(now_ms()) for _ in range(BLOCK)]
    answers: list[bytes] = []

    async def work() -> None:
        answers.extend(await post_all(link, asked))

    taken = await made.block(work, BLOCK)
    for raw in answers:
        pages = reader.take_pages(reader.open(raw))
        assert sum(len(page.rows) for page in pages) == PULLED
    return taken


async def empty(made: County) -> Taken:
    tablet, link = made.pairs[1]
    asked = [tablet.ask(now_ms()) for _ in range(4 * BLOCK)]
    return await made.block(lambda: post_all(link, asked), len(asked))


async def first_lane(made: County, number: int) -> dict[str, float]:
    """A new tablet until it is usable: roster, allergies, due list, conflicts."""
    tablet = await bench_tablet(made.site, made.order.size, made.order.size.panels // 3, number)
    link, pages, walls = await linked(made.port), 0, list[float]()
    before = await made.spent()
    while True:
        asked, began = tablet.ask(now_ms()), time.perf_counter()
        raw = await link.post(asked)
        walls.append(time.perf_counter() - began)
        tablet.take_pages(tablet.open(raw))
        pages += 1
        cursor = tablet.cursor
        if cursor is None or cursor.snap is None or cursor.snap.lane > 0:
            break
    link.close()
    return {
        "pages": pages, "cpu_ms": await made.since(before), "wall_ms": 1000 * sum(walls),
        "first_page_ms": 1000 * walls[0], "kB": link.down / 1000,
    }  # fmt: skip


# What people do.


async def pages(made: County, repeats: int = 20) -> dict[str, dict[str, float]]:
    """Portal and console, as a browser asks for them."""
    size = made.order.size
    clock: Any = now_ms
    kek = made.order.folder / "kek"
    world = World(made.site, made.site.store, clock, kek, made.order.folder, made.order.url)
    await offices(world)
    manager = made_id("manager of the largest", 1)
    await hire(world, manager, "田立秋", role="manager", facility=size.facility_id(0))
    resident = size.resident_id(size.residents * 2 // 3)
    if not await world.rows("SELECT 1 FROM bound_phone WHERE resident=?", resident):
        await bind(world, resident, "19900009999")
    home = {PORTAL_COOKIE: await visit_of(world, resident)}
    county_office = {CONSOLE_COOKIE: await session_of(world, CHEN)}
    desk = {CONSOLE_COOKIE: await session_of(world, manager)}
    asked = {
        "portal home": (home, "/portal/"),
        "portal archive": (home, "/portal/archive"),
        "portal plan": (home, "/portal/plan"),
        "board of the county": (county_office, "/console/board"),
        "board of the largest facility's teams": (desk, "/console/board"),
        "due list of the largest facility": (desk, "/console/due"),
    }
    found: dict[str, dict[str, float]] = {}
    for name, (cookies, path) in asked.items():
        found[name] = await _page(made, cookies, repeats, lambda c, p=path: c.get(p))
    token = sessions.csrf_of(desk[CONSOLE_COOKIE])
    words = iter(_SEARCHED * repeats)

    def search(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        return client.post("/console/people", data={"csrf": token, "q": next(words)})

    found["search, first"] = await _page(made, desk, 1, search, warm=0)
    found["search, later"] = await _page(made, desk, repeats, search)
    return found


async def _page(
    made: County,
    cookies: dict[str, str],
    repeats: int,
    ask: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]],
    warm: int = 2,
) -> dict[str, float]:
    address, walls = f"http://127.0.0.1:{made.port}", list[float]()
    async with httpx.AsyncClient(
        base_url=address, cookies=cookies, timeout=120, trust_env=False
    ) as client:
        for _ in range(warm):
            await ask(client)
        before = await made.spent()
        for _ in range(repeats):
            began = time.perf_counter()
            answer = await ask(client)
            walls.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        spent = await made.since(before) / repeats
    return {
        "cpu_ms": spent, "p50_ms": median(walls), "p95_ms": quantile(walls),
        "kB": len(answer.content) / 1000,
    }  # fmt: skip


def quantile(values: list[float], share: float = 0.95) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# The whole of it.


def measure(folder: Path) -> None:
    """Prints a JSON line a figure."""
    order = measurable(Order.kept_in(folder))
    with running(order) as (server, port):
        asyncio.run(_measure(order, server, port))


async def _measure(order: Order, server: int, port: int) -> None:
    async with county(order, server, port) as made:
        say("held", made, changes=made.held, residents=order.size.residents,
            load=os.getloadavg()[0])  # fmt: skip
        say("memory at the start", made, MB=resident_mb(server))
        for name, work in (("pull of 50", pull), ("push of 200", push), ("empty", empty)):
            _, link = made.pairs[name != "push of 200"]
            taken = [await work(made) for _ in range(6)][1:]
            waits = [1000 * each for each in link.waited_s[-5 * BLOCK :]]
            say(name, made, cpu_ms=median(each.cpu_ms for each in taken), p50_ms=median(waits),
                p95_ms=quantile(waits))  # fmt: skip
        for number in range(3):
            say("first lane of a new tablet", made, **await first_lane(made, 100 + number))
        for name, figures in (await pages(made)).items():
            say(name, made, **figures)
        say("memory at the end", made, MB=resident_mb(server))


def say(name: str, made: County, **figures: float) -> None:
    engine = made.site.store.dialect
    rounded = {key: round(value, 2) for key, value in figures.items()}
    print(json.dumps({"figure": name, "engine": engine, **rounded}), flush=True)
