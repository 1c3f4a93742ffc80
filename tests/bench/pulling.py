"""Pull: every tablet its own panel from nothing; then the small exchanges of an ordinary day."""

import asyncio
import random
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from server.settings import now_ms
from sync import wire
from sync.short_cells import read_cells
from tests.bench.exchanges import Ground, Wrong, all_applied, catch_up, post_all
from tests.bench.figures import Report
from tests.bench.link import Link
from tests.bench.meter import Reading, resident_mb
from tests.bench.tablet import BenchTablet
from tests.bench.work import Size, visit

_EVENT: Final = b'{"put":"event"'
_RESIDENT: Final = b'{"put":"resident"'
_REPEATS: Final = 5


@dataclass(slots=True)
class Pulled:
    """What one tablet has received."""

    tablet: BenchTablet
    link: Link
    residents: int = 0
    records: int = 0
    more: bool = True

    async def page(self) -> None:
        answer = self.tablet.open(await self.link.post(self.tablet.ask(now_ms())))
        pages = self.tablet.take_pages(answer)
        for row in (row for page in pages for row in (*page.rows, *page.snap_rows)):
            raw = bytes(row)
            if raw.startswith(_EVENT):
                self.records += 1
            elif raw.startswith(_RESIDENT):
                self.residents += 1
                _remember(self.tablet, raw)
        self.more = any(page.more for page in pages)

    async def roster(self) -> None:
        """All residents with their registers, up to the page that begins with records."""
        while self.more:
            await self.page()
            cursor = self.tablet.cursor
            if cursor is not None and cursor.snap is not None and cursor.snap.lane > 0:
                return

    async def rest(self) -> None:
        while self.more:
            await self.page()


def _remember(tablet: BenchTablet, raw: bytes) -> None:
    """Which heads the tablet has seen: an edit names them."""
    row = wire.row(raw)
    assert isinstance(row, wire.ResidentPut)
    seen = tablet.seen.setdefault(row.id, {})
    for cell, content in read_cells(bytes(row.cells)).items():
        seen[cell] = [head.change for head in content.heads]


async def cold(ground: Ground, size: Size, report: Report) -> None:
    """First the roster, then the records. Raises Wrong when some are missing."""
    pulled = [Pulled(tablet, link) for tablet, link in ground.pairs]
    bytes_0 = sum(link.down for link in ground.links)
    roster = await ground.measured(lambda: _together(each.roster() for each in pulled))
    early, bytes_1 = sum(each.records for each in pulled), sum(x.down for x in ground.links)
    rest = await ground.measured(lambda: _together(each.rest() for each in pulled))
    bytes_2 = sum(link.down for link in ground.links)
    people, records = (sum(x.residents for x in pulled), sum(x.records for x in pulled))
    # Two tablets carry the same panel: each gets its colleague's half too.
    if (people, records) != (2 * size.residents * size.tablets, 2 * size.records * size.tablets):
        raise Wrong(f"the cold pull brought {people} residents and {records} records")
    seen = records - early
    report.figure("cold_pull_rec_per_s", seen / rest.wall_s, "records/s", records=seen)
    report.figure("cold_pull_cpu_s_per_1000", _cpu_s(rest) * 1000 / seen, "s")
    report.figure("cold_pull_bytes_per_record", (bytes_2 - bytes_1) / seen, "bytes")
    report.figure(
        "cold_roster_residents_per_s", people / roster.wall_s, "residents/s", residents=people,
        bytes_per_resident=(bytes_1 - bytes_0) / people,
        cpu_s_per_1000=_cpu_s(roster) * 1000 / people,
    )  # fmt: skip
    report.figure("memory_after_cold_pull", resident_mb(ground.server.pid), "MB")


async def _together(parts: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*parts)


def _cpu_s(reading: Reading) -> float:
    return reading.cpu_s + reading.database_s


async def small(ground: Ground, size: Size, report: Report) -> None:
    """Batches of 200 from one tablet to its colleague, lone records, empty exchanges."""
    for tablet, link in ground.pairs[:2]:
        await catch_up(tablet, link)
    _, down = await _to_colleague(ground, size.batch)
    report.figure("bytes_down_per_record", down, "bytes", batch=size.batch)
    up, down = await _to_colleague(ground, 1)
    report.figure("bytes_up_lone_record", up, "bytes")
    report.figure("bytes_down_lone_record", down, "bytes")
    await _empty(ground, size, report)


async def _to_colleague(ground: Ground, count: int) -> tuple[float, float]:
    """Bytes a record up and down, HTTP headers included, in batches of `count`."""
    (writer, writer_link), (reader, reader_link) = ground.pairs[:2]
    rng = random.Random(f"small/{count}")
    ups: list[float] = []
    downs: list[float] = []
    for turn in range(_REPEATS):
        changes = _more_visits(ground, writer, rng, f"small/{count}/{turn}", count)
        up, down = writer_link.up, reader_link.down
        all_applied(writer, [await writer_link.post(writer.seal(changes, now_ms()))])
        pages = await catch_up(reader, reader_link)
        if sum(len(page.rows) for page in pages) != count:
            raise Wrong("the colleague did not get every record")
        ups.append((writer_link.up - up) / count)
        downs.append((reader_link.down - down) / count)
    return median(ups), median(downs)


def _more_visits(
    ground: Ground, tablet: BenchTablet, rng: random.Random, name: str, count: int
) -> list[bytes]:
    at_ms, today = now_ms(), ground.stage.today
    places = rng.sample(range(len(tablet.residents)), count)
    return [
        visit(rng, f"{name}/{n}", tablet.residents[place], tablet.staff, today, at_ms + n)
        for n, place in enumerate(places)
    ]


async def _empty(ground: Ground, size: Size, report: Report) -> None:
    """Up to date and nothing to say; the signed contact is still written and synced."""
    tablet, link = ground.pairs[0]
    await catch_up(tablet, link)
    spent: list[Reading] = []
    count = 8 * size.rounds
    for _ in range(_REPEATS):
        asked = [tablet.ask(now_ms()) for _ in range(count)]

        async def ask_all(asked: list[bytes] = asked) -> None:
            await post_all(link, asked)

        spent.append(await ground.measured(ask_all))
    report.middle(
        "empty_exchange_cpu_ms", [1000 * _cpu_s(each) / count for each in spent], "ms",
        of_it_database_processes=1000 * median(each.database_s for each in spent) / count,
    )  # fmt: skip
    waits = link.waited_s[-_REPEATS * count :]
    report.figure("empty_exchange_wall_ms", 1000 * median(waits), "ms")
