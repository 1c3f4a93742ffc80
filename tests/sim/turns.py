"""Open transactions of several server processes, stepped statement by statement in seeded order.

`python -m tests.sim.turns --seeds 200 --first 1 [--engine sqlite|postgres]`. Each seed plays some
scenes: two to four acts of the product at the same time, each on a server process of its own, and
after each of them looks whether what was promised holds. One that fails prints which task did which
statement, and the command that does it again.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

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
        asyncio.run(
            run_seed(
                seed,
                copier,
                folder / f"seed-{seed}",
                tally,
                plays=plays,
                command=command,
                shown=shown,
            )
        )
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.turns", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--plays", type=int, default=PLAYS, help="scenes a seed")
    parser.add_argument("--keep-going", action="store_true", help="list all seeds that fail")
    parser.add_argument("--order", action="store_true", help="print the order of each play")
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
        began, cpu = time.perf_counter(), time.process_time()
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
            if (seed - asked.first + 1) % 100 == 0:
                print(f"{seed - asked.first + 1} of {asked.seeds}: {tally}", flush=True)
        wall, used = time.perf_counter() - began, time.process_time() - cpu
    print(f"{tally}, on {asked.engine}; {failed} seeds do not hold")
    print(f"{wall:.1f} s, {used / max(1, tally.seeds):.2f} s CPU a seed (without the database)")
    print(", ".join(f"{name} {n}" for name, n in sorted(tally.scenes.items())))
    if tally.deadlocks:
        print("Taken back and done again, by seed:", *sorted(tally.deadlocks), sep="\n  ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
