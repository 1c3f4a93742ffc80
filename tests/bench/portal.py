"""The portal of a large district: the pages of somebody with ten years of records, as a browser
asks for them, without the network. `python -m tests.bench.portal 478600` does it at the size of the
whole county; loading it takes some minutes. Everybody else is there as rows of their usual number
and size that nobody can open; a page reads one archive, so what grows is the indexes.

The bar is on the CPU of reading and drawing (the machine may have other work); the wall stands
beside it. The clock goes on by two minutes a page, so every sixteenth writes a row of the access
log and each writes when the session was last seen.
"""

import argparse
import asyncio
import os
import random
import re
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from server.actions.checkup import booking, days, invited
from server.actions.residents import exporting
from server.actions.residents.acting import Acting
from server.actions.tablets.intake import civil_day
from server.logs import configure
from server.rules.checkup_days import DayState
from server.store.tx import Row, Tx
from tests import commands
from tests.bench.figures import Report, say
from tests.bench.work import FULL, SEED, Size
from tests.checkup_days import draft
from tests.commands import count
from tests.lists import signed
from tests.long_archive import remember, ten_years
from tests.portal import Phone, bind, phone
from tests.world import DISTRICT, QIN, QINGHE, START_MS, SU, TEAM_A, ZHOU, World, new_world

CHUNK: Final = 10_000
EVENTS: Final = 3  # records of everybody else, and openings of their archive
REPEATS: Final = 60
MINUTES: Final = 2
AHEAD_DAYS: Final = 60
NAMED: Final = re.compile(r"/portal/checkup/card/([0-9a-f]{32})/picture")
PICTURE: Final = "card_picture"
PAGES: Final = {
    "home": "/portal/",
    "archive": "/portal/archive",
    "group": "/portal/archive/group/followup",
    "trend": "/portal/archive/trend/blood_pressure?years=0",
    "years": "/portal/archive/years",
    "plan": "/portal/plan",
    "confirmations": "/portal/confirmations",
    "inbox": "/portal/inbox",
    "correct": "/portal/correct",
    "switch": "/portal/switch",
    "consent": "/portal/consent",
    "looked": "/portal/looked",
    "could": "/portal/looked/could",
    "copies": "/portal/looked/copies",
    "family": "/portal/family",
    "helped": "/portal/helped",
    "account": "/portal/account",
    "export": "/portal/export",
    "passport": "/portal/passport",
    "checkup": "/portal/checkup",
    "card": "/portal/checkup/card",
}


async def run(url: str, folder: Path, size: Size, report: Report) -> None:
    """`folder` exists and is empty."""
    configure("error")  # figures alone stand on standard output
    async with new_world(url, folder) as world:
        await bind(world, ZHOU)
        past = list(ten_years(civil_day(world.clock())))
        made = await remember(world, ZHOU, past)
        rng = random.Random(SEED)
        for start in range(0, size.district, CHUNK):
            count = min(CHUNK, size.district - start)
            await world.store.write(partial(_others, rng=rng, start=start, count=count))
        await world.store.write(lambda tx: tx.run("ANALYZE"))
        say(f"{size.district} residents, {len(made)} records of one")
        await _packing(world, report, len(made))
        repeats = REPEATS if report.timed else 3
        pages = {**PAGES, **await _booked(world)}
        pages["record"] = f"/portal/archive/record/{made[-3].hex()}"
        sizes: dict[str, int] = {}
        for name, path in pages.items():
            async with phone(world, ZHOU) as zhou:
                taken = [await _ask(world, zhou, path) for _ in range(repeats + 3)][3:]
            wall, cpu, size_ = (sorted(each) for each in zip(*taken, strict=True))
            sizes[name] = round(size_[-1])
            at = int(len(taken) * 0.95)
            report.figure(
                f"portal_{name}_p95_cpu_ms", cpu[at], "ms", wall_p95=wall[at],
                wall_median=wall[len(wall) // 2], people=size.district, bytes=sizes[name],
            )  # fmt: skip
        drawn = {name: count for name, count in sizes.items() if name != PICTURE}
        largest = max(drawn, key=lambda name: drawn[name])
        report.figure(
            "portal_page_most_kb", drawn[largest] / 1000, "kB", page=largest,
            middle=sorted(drawn.values())[len(drawn) // 2] / 1000,
        )  # fmt: skip


async def _booked(world: World) -> dict[str, str]:
    """A time at a checkup day far enough ahead for all pages; those that are about it."""
    clerk = await signed(world, QIN)
    on = civil_day(world.clock()) + timedelta(days=AHEAD_DAYS)
    day = await days.make(world.site, clerk, draft(on=on))
    await invited.add(world.site, clerk, day, ZHOU)
    await days.set_state(world.site, clerk, day, DayState.READY)
    await booking.book(world.site, ZHOU, day, 1, by=Acting(ZHOU, ZHOU))
    async with phone(world, ZHOU) as zhou:
        name = NAMED.findall((await zhou.get("/portal/checkup/card")).text)[0]
    picture = f"/portal/checkup/card/{name}/picture.png"
    return {"checkup_day": f"/portal/checkup/day/{day.hex()}", PICTURE: picture}


async def _packing(world: World, report: Report, records: int) -> None:
    """From asking for an archive to take along until it can be fetched, but for the two seconds of
    the job; the bar is a minute for ten years.
    """
    acting, began = Acting(ZHOU, ZHOU), time.perf_counter()
    name = await exporting.ask(world.site, acting)
    await exporting.run(world.site)
    raw = await exporting.fetch(world.site, acting, name)
    took = time.perf_counter() - began
    report.figure("portal_export_s", took, "s", records=records, kilobytes=len(raw) // 1024)


async def _ask(world: World, zhou: Phone, path: str) -> tuple[float, float, float]:
    """ms of wall and of CPU in this process, in which server and client are one, and the bytes of
    the page on the wire; style and script are fetched once and not counted.
    """
    world.clock.pass_(minutes=MINUTES)
    began, spent = time.perf_counter(), time.process_time()
    answer = await zhou.get(path)
    cpu, wall = time.process_time() - spent, time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return wall * 1000, cpu * 1000, answer.num_bytes_downloaded


def _id(rng: random.Random, n: int) -> bytes:
    """Ordered by time, as ids are."""
    return (START_MS - 10**10 + n).to_bytes(6) + rng.randbytes(10)


async def _others(tx: Tx, *, rng: random.Random, start: int, count: int) -> None:
    """Residents, cards, records, openings and plans in the sizes they usually have."""
    zero, day = bytes(32), "2026-03-10"
    people: list[Row] = []
    cards: list[Row] = []
    changes: list[Row] = []
    looks: list[Row] = []
    plans: list[Row] = []
    for n in range(start, start + count):
        who = _id(rng, n)
        people.append(
            (
                DISTRICT, who, TEAM_A, QINGHE, "usual", f"9{n:016}", rng.randbytes(16),
                rng.randbytes(16), bytes(60), 1, 1, zero, zero, rng.randbytes(900), None,
            )
        )  # fmt: skip
        cards.append((DISTRICT, who, QINGHE, TEAM_A, "usual", 1, START_MS, rng.randbytes(140)))
        plans.append(
            (DISTRICT, who, 2026, "2027-01-01", START_MS, 1, 1, QINGHE, TEAM_A, "",
             rng.randbytes(300), None)
        )  # fmt: skip
        for _ in range(EVENTS):
            changes.append(
                (
                    DISTRICT, who, _id(rng, n), "htn_followup", "A", "event", "applied", "",
                    None, 1, day, START_MS, START_MS, None, 0, 0, 0, SU, "import", "", QINGHE, "",
                    None, 0, 0, "resident", rng.randbytes(400),
                )
            )  # fmt: skip
            looks.append(
                (
                    DISTRICT, who, _id(rng, n), START_MS, START_MS, SU, QINGHE, None,
                    "service", "panel", "A", "online",
                )
            )  # fmt: skip
    for table, rows in (
        ("resident", people), ("resident_card", cards), ("change", changes),
        ("access_log", looks), ("plan", plans),
    ):  # fmt: skip
        await tx.insert(table, rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.portal", description=__doc__,
        epilog="DATABASE_URL names an empty PostgreSQL database; otherwise SQLite.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("residents", type=count, help="how many the district has")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gongwei-portal-") as scratch:
        where = os.environ.get("DATABASE_URL") or f"sqlite:///{scratch}/portal.sqlite3"
        engine = "postgres" if where.startswith("postgres") else "sqlite"
        asyncio.run(
            run(where, Path(scratch), replace(FULL, district=asked.residents), Report(engine))
        )
    return 0


if __name__ == "__main__":
    commands.run(main)
