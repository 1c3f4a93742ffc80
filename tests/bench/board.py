"""The board of a large county: 60 facilities of 10 teams with 1,000 people each; pages as a browser
asks for them, without the network. Nothing is counted, so the number of people behind the figures
does not matter; the list behind a number (20,000 people) reads one page of an index and opens its
cards.
"""

import gc
import time
from pathlib import Path
from typing import Any

import msgspec

from server.actions.archives import cards
from server.logs import configure
from server.rules.figures import rules
from server.store.ids import new_id
from server.store.vault import T_CARD
from tests.bench.figures import Report
from tests.bench.work import bare_archive
from tests.console import CHEN, TIAN, desk, offices
from tests.world import DISTRICT, QINGHE, TEAM_A, World, new_world

YEAR = 2026
FACILITIES, TEAMS, PEOPLE = 60, 10, 1_000
FLAGS = 20_000
REPEATS = 60


async def run(url: str, folder: Path, report: Report, *, repeats: int = REPEATS) -> None:
    configure("error")  # figures alone stand on standard output
    async with new_world(url, folder) as world:
        await offices(world)
        await world.store.write(lambda tx: _fill(tx, world))
        await world.store.write(_statistics)
        gc.collect()
        gc.freeze()  # as a server does when it starts
        last = FLAGS // 100
        pages = {
            "board_county": (CHEN, "/console/board"),
            "board_teams": (TIAN, "/console/board"),
            "board_list_first": (TIAN, f"/console/board/elder/{QINGHE.hex()}"),
            "board_list_last": (TIAN, f"/console/board/elder/{QINGHE.hex()}?page={last}"),
        }
        repeats = repeats if report.timed else 3
        for name, (who, path) in pages.items():
            async with desk(world, who) as at:
                taken = [await _ask(at, path) for _ in range(repeats + 3)][3:]
            p95 = sorted(taken)[int(len(taken) * 0.95)]
            report.figure(f"{name}_p95_ms", p95, "ms", median=sorted(taken)[len(taken) // 2])
        gc.unfreeze()


async def _ask(at: Any, path: str) -> float:
    began = time.perf_counter()
    answer = await at.get(path)
    assert answer.status_code == 200, answer.text
    return (time.perf_counter() - began) * 1000


async def _fill(tx: Any, world: World) -> None:
    """Counts, targets and weeks of every facility; the list of one."""
    now = world.clock()
    facilities = [QINGHE, *(new_id(now) for _ in range(FACILITIES - 1))]
    tail = (True, "facility", None, "", "", "public", "", None)
    names = [(each, f"第{n}卫生院") for n, each in enumerate(facilities)]
    await tx.insert("facility", [(DISTRICT, f, n, *tail) for f, n in names[1:]])
    counts, aims, weeks = [], [], []
    for facility in facilities:
        teams = [TEAM_A if facility == QINGHE else new_id(now), *(new_id(now) for _ in range(9))]
        for row in rules().rows:
            counts += [
                (DISTRICT, YEAR, facility, team, row.id, PEOPLE, PEOPLE // 2)
                for team in teams[:TEAMS]
            ]
            aims.append((DISTRICT, YEAR, facility, row.id, 1, 9_000, "9000", "typed", CHEN, now))
            weeks += [
                (DISTRICT, YEAR, f"2026-{week}", facility, row.id, 90)
                for week in ("10-19", "10-26", "11-02", "11-09")
            ]
    await tx.insert("figure", counts)
    await tx.insert("target", aims)
    await tx.insert("figure_week", weeks)
    await tx.run(
        "UPDATE figure SET people=?, done=0 WHERE facility=? AND panel=? AND item='elder'",
        FLAGS, QINGHE, TEAM_A,
    )  # fmt: skip
    await _list(tx, world)
    await tx.insert("figure_year", [(DISTRICT, YEAR, "made", b"", FLAGS, FLAGS, now, now)])


async def _statistics(tx: Any) -> None:
    """As after every bulk load."""
    await tx.run("ANALYZE")


async def _list(tx: Any, world: World) -> None:
    """People with cards who lack their check."""
    now, key = world.clock(), await cards.key_of(tx, world.site)
    flags, faces, archives = [], [], []
    for n in range(FLAGS):
        who, village = new_id(now), f"371002001{n % 40:03d}"
        place = (YEAR, "elder", QINGHE, TEAM_A, False, "", "", "health_check", village)
        flags.append((DISTRICT, who, *place))
        face = cards.Face("王某某", "WMM", "1", "1950-01-01", village, "", "0012", "19900001234")
        sealed = key.seal(world.site.vault.at(T_CARD, who, who, 1), msgspec.json.encode(face))
        faces.append((DISTRICT, who, QINGHE, TEAM_A, "usual", 1, now, sealed))
        archives.append(bare_archive(DISTRICT, who, QINGHE, TEAM_A, "usual"))
    await tx.insert("figure_flag", flags)
    await tx.insert("resident", archives)
    await tx.insert("resident_card", faces)
