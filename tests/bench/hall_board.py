"""The board of a checkup day with 1,000 arrivals by 20 tablets: made anew after a batch, as its one
reader does for all who look, the first time, and as a page; a laboratory's list for all of them.
"""

import time
from pathlib import Path
from random import Random

from server.actions.checkup import lab
from server.actions.checkup.board import Held, read_board
from server.actions.checkup.desk_many import NewStep, save_steps_in
from server.actions.checkup.hall import Noted
from server.actions.lists.sheets import write_csv
from server.logs import configure
from sync.hall import SHEET
from tests.bench.figures import Report
from tests.busy_hall import DAY, Hall, bring, prepared, walks
from tests.console import desk, offices
from tests.lists import signed
from tests.test_checkup_lab_rules import number
from tests.world import QIN, START_MS, World, new_world

PEOPLE, TABLETS = 1_000, 20
STEPS = 20  # of a batch after which the board is made anew
REPEATS = 60


async def run(url: str, folder: Path, report: Report) -> None:
    configure("error")  # figures alone stand on standard output
    people = PEOPLE if report.timed else PEOPLE // 20
    repeats = REPEATS if report.timed else 3
    async with new_world(url, folder) as world:
        await offices(world)
        hall = await prepared(world, people=people, tablets=TABLETS)
        walks(hall, begins=START_MS, every_s=12)
        world.clock.pass_(hours=5)
        later = Random(1).sample(hall.steps, repeats * STEPS)
        held_back = {each.change for each in later}
        await bring(world, [e for e in hall.steps if e.change not in held_back], batch=500)
        await world.store.write(lambda tx: tx.run("ANALYZE"))
        await _refreshed(world, later, repeats, report)
        await _as_a_page(world, repeats, report)
        await _laboratory(world, hall, report)


async def _refreshed(world: World, later: list[Noted], repeats: int, report: Report) -> None:
    held, taken, walls = Held(), list[float](), list[float]()
    for n in range(repeats + 1):
        began, used = time.perf_counter(), time.process_time()
        await world.store.read(lambda tx: read_board(tx, world.site, DAY, held))
        taken.append((time.process_time() - used) * 1000)
        walls.append((time.perf_counter() - began) * 1000)
        await bring(world, later[n * STEPS : (n + 1) * STEPS])
    again = sorted(taken[1:])
    report.figure("hall_board_first_ms", walls[0], "ms", people=len(held.people))
    report.figure(
        "hall_board_refresh_p95_cpu_ms", again[int(len(again) * 0.95)], "ms",
        median=round(again[len(again) // 2], 1), people=len(held.people),
        wall_median=round(sorted(walls[1:])[len(again) // 2], 1),
    )  # fmt: skip


async def _as_a_page(world: World, repeats: int, report: Report) -> None:
    taken: list[float] = []
    async with desk(world, QIN) as at:
        for _ in range(repeats + 3):
            began = time.perf_counter()
            answer = await at.get(f"/console/checkup/{DAY.hex()}/board")
            assert answer.status_code == 200, answer.text
            taken.append((time.perf_counter() - began) * 1000)
    found = sorted(taken[3:])
    median = found[len(found) // 2]
    report.figure("hall_board_page_p95_ms", found[int(len(found) * 0.95)], "ms", median=median)


async def _laboratory(world: World, hall: Hall, report: Report) -> None:
    who = await signed(world, QIN)
    labels = [{"tube": "serum", "number": ""}]
    printed = [
        NewStep(each, SHEET, {"labels": [{**labels[0], "number": number(n)}]})
        for n, each in enumerate(hall.people)
    ]
    await world.store.write(lambda tx: save_steps_in(tx, world.site, who, DAY, printed))
    lines = [(number(n), "5.6", "20") for n in range(len(hall.people))]
    data = write_csv([("条码号", "空腹血糖", "ALT"), *lines])
    began = time.perf_counter()
    made = await lab.upload(world.site, who, DAY, "检验科", data)
    await lab.looked_at(world.site, who, DAY, made)
    looked = time.perf_counter() - began
    done = await lab.take_in(world.site, who, DAY, made)
    assert done.taken == len(hall.people)
    took = time.perf_counter() - began
    report.figure("lab_1000_s", took, "s", looked=round(looked, 2), specimens=done.taken)
