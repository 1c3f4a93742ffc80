"""The service plan: one resident's made again, everybody's at night, and the due list of a panel.

The people are the demo district's: every age and illness of annex 2, with their past records. All
of them are made from nothing, then once more with nothing changed, then for a new year, when every
row is written; the slowest is what a district of 478,600 would take, in one process.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Raw

from server.actions.archives.content import contents
from server.actions.archives.standing import DeviceRow, lock_residents
from server.actions.plan import nightly
from server.actions.plan.facts import district_numbers, facts_of
from server.actions.tablets.packing import pack
from server.demo.load import load
from server.rules.plan.engine import plan_of
from server.settings import CIVIL
from server.store.tx import Tx
from sync import wire
from sync.tablet_reports import SCHEMA
from tests.bench.figures import Report, say
from tests.bench.work import Size, id_of
from tests.world import DISTRICT, Clock, World, new_world

DISTRICT_PEOPLE: Final = 478_600
TODAY: Final = datetime(2026, 6, 30, 8, 0, tzinfo=CIVIL)
PANEL_PEOPLE: Final = 2_000
SAMPLE: Final = 200  # residents read and made at once, as the job takes them
REPEATS: Final = 5
_PLAN: Final = b'{"put":"plan"'


@dataclass(slots=True)
class _Lane:
    """What the first lane of a snapshot took."""

    pages: int = 0
    first_ms: float = 0.0
    all_ms: float = 0.0
    roster: int = 0
    due: int = 0
    registers: int = 0


async def run(url: str, folder: Path, size: Size, report: Report) -> None:
    now = int(TODAY.timestamp() * 1000)
    async with new_world(url, folder, clock=Clock(now), empty=True) as world:
        await load(world.site, scale=size.planned, seed=1, progress=lambda _: None)
        await world.store.write(lambda tx: tx.run("ANALYZE"))
        await _one(world, report)
        await _everybody(world, report)
        await _panel(world, report)


async def _one(world: World, report: Report) -> None:
    """One resident's plan from facts alone, and with the archive read, opened and decoded: of
    people as they come, and of those with the most records.
    """
    for name, order in (("", "resident"), ("_most_records", "COUNT(*) DESC, resident")):
        await world.store.write(partial(_sample, world=world, report=report, name=name, by=order))


async def _sample(tx: Tx, world: World, report: Report, name: str, by: str) -> None:
    ids = await tx.rows(
        "SELECT resident FROM change WHERE district=? AND shape='event' GROUP BY resident "
        f"ORDER BY {by} LIMIT ?",
        DISTRICT, SAMPLE,
    )  # fmt: skip
    rows = await lock_residents(tx, DISTRICT, {row[0] for row in ids})
    numbers = district_numbers(world.site, TODAY.year)
    pure: list[float] = []
    whole: list[float] = []
    for _ in range(REPEATS if report.timed else 1):
        began = time.process_time()
        known = await contents(tx, world.site, rows)
        facts = await facts_of(tx, world.site, rows, known)
        read = time.process_time()
        for each in facts.values():
            plan_of(each, TODAY.year, district=numbers)
        done = time.process_time()
        pure.append((done - read) * 1000 / len(rows))
        whole.append((done - began) * 1000 / len(rows))
    records = sum(len(each.records) for each in known.values()) / len(rows)
    report.middle(f"plan_one_pure{name}_ms", pure, "ms", residents=len(rows), records=records)
    report.middle(f"plan_one{name}_ms", whole, "ms", residents=len(rows), records=records)


async def _everybody(world: World, report: Report) -> None:
    for name, days in (("first", 0), ("same", 0), ("new_year", 200)):
        world.clock.pass_(days=days)
        wall, cpu = time.perf_counter(), time.process_time()
        people = await nightly.rebuild(world.site, _told(name))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        minutes = DISTRICT_PEOPLE / people * wall / 60
        report.figure(
            f"plan_nightly_{name}_min", minutes, "min for 478,600", people=people,
            per_s=people / wall, cpu_min=DISTRICT_PEOPLE / people * cpu / 60,
        )  # fmt: skip


def _told(name: str) -> nightly.Progress:
    def progress(reached: int, total: int) -> None:
        if reached % 2_000 == 0:
            say(f"  {name}: {reached} of {total}")

    return progress


async def _panel(world: World, report: Report) -> None:
    """A new tablet takes a panel of 2,000: roster and due list before anything else."""
    panel = id_of("the panel", world.clock())

    async def gather(tx: Tx) -> None:
        people = await tx.rows(
            "SELECT resident FROM resident ORDER BY resident LIMIT ?", PANEL_PEOPLE
        )
        await tx.insert(
            "panel", [(DISTRICT, panel, id_of("facility", 1), "", 0, bytes(16), bytes(16), 0, 0)]
        )
        rows = [(DISTRICT, panel, who, "assigned", 0, None) for (who,) in people]
        await tx.insert("member", rows)

    await world.store.write(gather)
    lane = _Lane()
    cursor = wire.Cursor(panel=panel, epoch=0, csn=0)
    while cursor.snap is None or cursor.snap.lane == 0:
        began = time.perf_counter()
        page = await world.store.write(lambda tx, at=cursor: _page(tx, world, at))
        taken = (time.perf_counter() - began) * 1000
        lane.pages, lane.all_ms = lane.pages + 1, lane.all_ms + taken
        lane.first_ms = lane.first_ms or taken
        _weigh(page, lane)
        cursor = wire.Cursor(panel=panel, epoch=page.epoch, csn=page.end, snap=page.snap)
        if page.snap is None:
            break
    people = min(PANEL_PEOPLE, lane.roster // 16)
    report.figure(
        "roster_and_due_kb_2000", (lane.roster * 4 / 3 + lane.due) / 1000 * PANEL_PEOPLE / people,
        "kB", people=people, due_bytes=lane.due, register_bytes=lane.registers,
    )  # fmt: skip
    report.figure("lane_0_first_page_ms", lane.first_ms, "ms", pages=lane.pages)
    report.figure("lane_0_ms", lane.all_ms * PANEL_PEOPLE / people, "ms for 2,000")


async def _page(tx: Tx, world: World, cursor: wire.Cursor) -> wire.Page:
    device = DeviceRow(
        id_of("device", 1), id_of("facility", 1), "enrolled", 1, b"", True, 1, 1, 0, bytes(32), 0,
        0, 0, 0, 0, 0, 0, 0, "", 0,
    )  # fmt: skip
    return await pack(tx, world.site, device, cursor, None, 1, world.clock(), schema=SCHEMA)


def _weigh(page: wire.Page, lane: _Lane) -> None:
    lane.roster += len(page.roster or b"")
    rows: tuple[Raw, ...] = page.snap_rows
    for raw in rows:
        data = bytes(raw)
        if data.startswith(_PLAN):
            lane.due += len(data)
        elif data.startswith(b'{"put":"resident"'):
            lane.registers += len(data)
