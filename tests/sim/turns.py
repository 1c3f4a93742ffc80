"""Open transactions of several server processes, stepped statement by statement in seeded order.

`python -m tests.sim.turns --seeds 200 --first 1 [--engine sqlite|postgres]`. Each seed plays some
scenes: two to four acts of the product at the same time, each on a server process of its own, and
after each of them looks whether what was promised holds. One that fails prints which task did which
statement, and the command that does it again.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.commands import SIGNALS, STOPPED, Progress, count, count_or_none, run
from tests.memory import settle
from tests.postgres import Cluster, start_cluster
from tests.sim.turns_checks import after_play, come_to_rest
from tests.sim.turns_deeds import Answered, another
from tests.sim.turns_order import Lane
from tests.sim.turns_scenes import SCENES
from tests.sim.turns_town import Copier, Town, make_template, town

PLAYS: Final = 5
MOST: Final = 4  # tasks at the same time
STRIKE: Final = 0.12
SETTINGS: Final = {"autovacuum": "off", "max_wal_size": "256MB"}


class Failed(AssertionError):
    """A seed did not hold; the text is the report."""


@dataclass(slots=True)
class Tally:
    """What was played in all seeds."""

    seeds: int = 0
    plays: int = 0
    turns: int = 0
    waited: int = 0
    struck: int = 0
    deadlocks: Counter[str] = field(default_factory=Counter[str])
    scenes: Counter[str] = field(default_factory=Counter[str])

    def __str__(self) -> str:
        return (
            f"{self.seeds} seeds, {self.plays} plays, {self.turns} statements, {self.waited} waits "
            f"for a lock, {self.struck} struck down, {self.deadlocks.total()} deadlocks"
        )


async def run_seed(
    seed: int, copier: Copier, folder: Path, tally: Tally, *, plays: int, command: str,
    shown: Callable[[str], object] | None = None,
) -> None:  # fmt: skip
    """Raises Failed. `shown` is given the order of each play."""
    async with town(seed, copier, folder) as made:
        said: list[str] = []
        try:
            for _ in range(plays):
                await _play(made, tally, said, shown)
            said.append("everything settles")
            await come_to_rest(made)
        except Exception as error:
            where = "".join(traceback.format_exception(error)[-8:])
            order = "\n".join(made.turns.order)
            raise Failed(
                f"seed {seed}: {error}\n\n{'; '.join(said)}\n\n{order}\n\n{where}\n"
                f"To see it again: {command}"
            ) from error
        finally:
            tally.turns += made.turns.turns
            tally.waited += made.turns.waited
            tally.struck += made.turns.struck
            tally.deadlocks.update(f"{seed}: {each}" for each in made.turns.deadlocks)
    tally.seeds += 1


async def _play(
    made: Town, tally: Tally, said: list[str], shown: Callable[[str], object] | None
) -> None:
    for held in made.tablets.values():
        held.busy = False
    made.clock.pass_(ms=made.rng.randrange(120_000))
    scenes, weights = zip(*SCENES, strict=True)
    (scene,) = made.rng.choices(scenes, weights)
    said.append(scene.__name__)
    made.turns.order.clear()
    deeds = await scene(made)
    if not deeds:
        return
    while len(deeds) < MOST and made.rng.random() < 0.4:
        more = another(made)
        deeds += [more] if more is not None else []
    tally.plays += 1
    tally.scenes[scene.__name__] += 1
    lanes = await made.turns.play(deeds, strike=STRIKE)
    if shown is not None:
        shown("\n".join([f"--- {scene.__name__}", *made.turns.order]))
    await after_play(made, lanes)
    _delivered(made, lanes)


def _delivered(made: Town, lanes: list[Lane]) -> None:
    """Each tablet gets one of the answers to what it asked, or none."""
    answers: dict[str, list[Answered]] = {}
    for lane in lanes:
        if isinstance(lane.value, Answered) and lane.value.held is not None:
            answers.setdefault(lane.value.held.name, []).append(lane.value)
    for found in answers.values():
        if made.rng.random() < 0.8:
            one = made.rng.choice(found)
            assert one.held is not None
            one.held.takes(one.answer)


# ---- from the command line ---------------------------------------------------------------------


def make_copier(folder: Path, cluster: Cluster | None, name: str = "turns") -> Copier:
    file = f"sqlite:///{folder}/{name}.sqlite3"
    url = file if cluster is None else cluster.create_database(name)
    return Copier(asyncio.run(make_template(url, folder)), cluster)


def run_seeds(
    seeds: range, copier: Copier, folder: Path, *, engine: str, plays: int = PLAYS,
    tally: Tally | None = None, shown: Callable[[str], object] | None = None,
) -> Tally:  # fmt: skip
    """Raises Failed at the first that does not hold."""
    tally = tally or Tally()
    for seed in seeds:
        command = f"python -m tests.sim.turns --seeds 1 --first {seed} --engine {engine}"
        if plays != PLAYS:
            command += f" --plays {plays}"
        place = folder / f"seed-{seed}"
        asyncio.run(_stoppable(run_seed(
            seed, copier, place, tally, plays=plays, command=command, shown=shown
        )))  # fmt: skip
    return tally


async def _stoppable(seed: Coroutine[Any, Any, None]) -> None:
    """Where run() minds the signals, one ends the seed where it waits, never in the middle of a
    step: threads that stand at a gate would stand there for ever.
    """
    minded = {each: signal.getsignal(each) for each in SIGNALS}
    if any(not callable(each) or each is signal.default_int_handler for each in minded.values()):
        await seed
        return
    came: list[int] = []
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stopped(number: int, _frame: object) -> None:
        if not came:
            loop.call_soon_threadsafe(task.cancel)
        came.append(number)

    for each in SIGNALS:
        signal.signal(each, stopped)
    try:
        await seed
    finally:
        for each, handler in minded.items():
            signal.signal(each, handler)
        if came:
            sys.exit(STOPPED + came[0])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.turns", description=__doc__)
    say = parser.add_argument
    say("--seeds", type=count, default=200, help="how many (%(default)s)")
    say("--first", type=count_or_none, default=1, help="the first of them (%(default)s)")
    say("--engine", choices=("sqlite", "postgres"), default="postgres",
        help="the servers' database (%(default)s)")  # fmt: skip
    say("--plays", type=count, default=PLAYS, help="scenes a seed (%(default)s)")
    say("--keep-going", action="store_true", help="list all seeds that fail")
    say("--order", action="store_true", help="print the order of each play")
    asked = parser.parse_args()
    settle()
    if asked.engine == "sqlite":
        return _run(None, asked)
    with start_cluster(SETTINGS) as cluster:
        return _run(cluster, asked)


def _run(cluster: Cluster | None, asked: argparse.Namespace) -> int:
    tally, failed = Tally(), 0
    with tempfile.TemporaryDirectory(prefix="gongwei-turns-") as name:
        folder = Path(name)
        copier = make_copier(folder, cluster)
        progress, cpu = Progress(), time.process_time()
        for seed in range(asked.first, asked.first + asked.seeds):
            try:
                run_seeds(
                    range(seed, seed + 1), copier, folder, engine=asked.engine,
                    plays=asked.plays, tally=tally, shown=print if asked.order else None,
                )  # fmt: skip
            except Failed as report:
                failed += 1
                print(report if not asked.keep_going else str(report).partition("\n")[0])
                if not asked.keep_going:
                    break
            if progress.due():
                print(f"{seed - asked.first + 1} of {asked.seeds}: {tally}", flush=True)
        wall, used = progress.took_s, time.process_time() - cpu
    left = asked.seeds - tally.seeds - failed
    not_played = f", {left} not played" if left else ""
    print(f"{tally}, on {asked.engine}; {failed} seeds do not hold{not_played}")
    print(f"{wall:.1f} s, {used / max(1, tally.seeds):.2f} s CPU a seed (without the database)")
    print(", ".join(f"{name} {n}" for name, n in sorted(tally.scenes.items())))
    if tally.deadlocks:
        print("Taken back and done again, by seed:", *sorted(tally.deadlocks), sep="\n  ")
    return 1 if failed else 0


if __name__ == "__main__":
    run(main)
