"""Rounds of faults in seeded order, while tablets push all the while."""

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.real.checks import all_there
from tests.real.databases import Database, Engine, Sqlite, own_database
from tests.real.doctors import (
    Doctor,
    at_work,
    come_to_rest,
    each_has_one_more_answer,
    faults_of,
)
from tests.real.faults import ALL, OF, Stage
from tests.real.installation import DONE_WITHIN_S, TABLETS, prepared

VERIFIED_EVERY: Final = 40  # rounds, after which the whole journal is read


class Unclean(AssertionError):
    """A round after which something did not hold; says how to see it again."""


@dataclass(slots=True)
class Told:
    """What the rounds came to."""

    rounds: int = 0
    changes: int = 0
    repeats: int = 0
    felt: dict[str, int] = field(default_factory=dict[str, int])
    failures: dict[str, int] = field(default_factory=dict[str, int])
    took_s: list[float] = field(default_factory=list[float])
    ended_drips: int = 0

    def __str__(self) -> str:
        took = sorted(self.took_s)
        at = (took[len(took) // 2], took[int(len(took) * 0.99)], took[-1]) if took else (0.0,) * 3
        return (
            f"{self.rounds} rounds hold: {self.changes} changes, {self.repeats} receipts came back "
            f"the same; felt: {_counted(self.felt)}; tablets met: {_counted(self.failures)}; "
            f"{self.ended_drips} slow connections ended by the server; an exchange took "
            f"{at[0] * 1000:.0f} ms, p99 {at[1] * 1000:.0f} ms, at most {at[2] * 1000:.0f} ms"
        )


def _counted(seen: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count} x" for name, count in sorted(seen.items())) or "nothing"


def order_of(engine: Engine, faults: Sequence[str], rounds: int, seed: int) -> list[str]:
    """Each fault about as often, in seeded order."""
    known = [name for name in OF[engine] if not faults or name in faults]
    chance = random.Random(f"order/{seed}")
    order: list[str] = []
    while len(order) < rounds:
        order += chance.sample(known, len(known))
    return order[:rounds]


def run_rounds(
    engine: Engine, *, rounds: int, seed: int, faults: Sequence[str] = (), drips: int = 150,
    say: Callable[[str], None] | None = None,
) -> Told:  # fmt: skip
    """Raises Unclean."""
    with own_database(engine) as database, tempfile.TemporaryDirectory() as name:
        order = order_of(engine, faults, rounds, seed)
        if not _fillable(database):
            order = [each for each in order if each != "full"]
        return _run(database, Path(name), order, seed, drips, say or (lambda _: None))


def _fillable(database: Database) -> bool:
    """Where nothing may be mounted a file of SQLite's can still be kept from growing."""
    return isinstance(database, Sqlite) or getattr(database, "disk").mounted  # noqa: B009


def _run(
    database: Database, folder: Path, order: Sequence[str], seed: int, drips: int,
    say: Callable[[str], None],
) -> Told:  # fmt: skip
    with prepared(database.url, folder) as here:
        doctors = [Doctor(here, name, f"real/{seed}") for name in TABLETS]
        chance = random.Random(f"real/{seed}")
        stage = Stage(here, database, doctors, chance, here.start(words=()), drips)
        told = Told()
        try:
            with at_work(doctors):
                each_has_one_more_answer(doctors)
                for number, fault in enumerate(order, start=1):
                    _round(stage, told, number, fault, say)
                come_to_rest(doctors)
            _at_rest(stage, told)
        except AssertionError as error:
            command = (
                f"python -m tests.real --engine {database.engine} --rounds {len(order)} "
                f"--seed {seed}"
            )
            raise Unclean(f"round {told.rounds + 1}: {error}\nagain: {command}") from error
        return told


def _round(stage: Stage, told: Told, number: int, fault: str, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    ALL[fault](stage)
    for doctor in stage.doctors:
        doctor.again += 1
    each_has_one_more_answer(stage.doctors)
    stage.alive()
    promised = [each for doctor in stage.doctors for each in doctor.acknowledged.copy()]
    count = all_there(stage.here.url, promised)
    if number % VERIFIED_EVERY == 0:
        assert stage.here.journal_faults() == ()
    assert faults_of(stage.doctors) == []
    told.rounds = number
    say(f"{number:4d} {fault:8s} {time.monotonic() - began:5.1f} s, {count} changes")


def _at_rest(stage: Stage, told: Told) -> None:
    """Everything was sent, everything is there once, and the server ends as it should."""
    doctors = stage.doctors
    stage.server.terminate()
    assert stage.server.wait(DONE_WITHIN_S) == 0
    assert all(doctor.acknowledged == set(doctor.saved) for doctor in doctors)
    saved = [each for doctor in doctors for each in doctor.saved]
    told.changes = all_there(stage.here.url, saved)
    assert told.changes == len(saved)
    assert stage.here.journal_faults() == ()
    for doctor in doctors:
        told.repeats += doctor.repeats
        told.took_s += doctor.took_s
        for kind, count in doctor.failures.items():
            told.failures[kind] = told.failures.get(kind, 0) + count
    told.felt, told.ended_drips = dict(stage.felt), stage.ended_drips
