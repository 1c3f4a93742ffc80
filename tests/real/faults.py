"""The faults of one round. Each begins, waits until it has bitten, and ends."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.real.databases import Database, Engine
from tests.real.doctors import Doctor, each_has_one_more_answer, faults_of
from tests.real.drips import Drips
from tests.real.installation import Installation, waits_for
from tests.real.line import PATIENT_S

BITES: Final = 4  # answers or cuts that say a fault was felt
LONGEST_S: Final = 6.0  # of a fault that may not be felt: a log has room to turn round in
IMPATIENT_S: Final = 0.8


@dataclass(slots=True)
class Stage:
    """One server on one database, with its doctors."""

    here: Installation
    database: Database
    doctors: Sequence[Doctor]
    chance: random.Random
    server: subprocess.Popen[bytes]
    drips: int = 150
    felt: Counter[str] = field(default_factory=Counter[str])
    ended_drips: int = 0

    def start(self) -> None:
        self.server = self.here.start(words=())

    def alive(self) -> None:
        """No fault but a signal ends the server."""
        assert self.server.poll() is None, self.here.log.read_text("utf-8")[-3000:]

    def failures(self) -> int:
        return sum(sum(each.failures.values()) for each in self.doctors)

    def until_felt(self, what: Callable[[], int], name: str) -> None:
        """Some of it, or so much time."""
        before, began = what(), time.monotonic()
        while what() < before + BITES and time.monotonic() < began + LONGEST_S:
            assert faults_of(self.doctors) == []
            time.sleep(0.02)
        self.felt[name] += what() > before


def kill(stage: Stage) -> None:
    """SIGKILL in the middle of pushes, now and then once more while it starts."""
    time.sleep(stage.chance.uniform(0.0, 0.4))
    stage.server.kill()
    stage.server.wait()
    if stage.chance.random() < 0.25:
        starting = stage.here.begin(words=())
        time.sleep(stage.chance.uniform(0.2, 2.0))
        starting.kill()
        starting.wait()
    stage.start()
    stage.felt["kill"] += 1


def stop(stage: Stage) -> None:
    """SIGSTOP; tablets give up, come again and meet what they left behind; SIGCONT."""
    for doctor in stage.doctors:
        doctor.line.patience_s = IMPATIENT_S
    os.kill(stage.server.pid, signal.SIGSTOP)
    try:
        stage.until_felt(stage.failures, "stop")
    finally:
        os.kill(stage.server.pid, signal.SIGCONT)
        for doctor in stage.doctors:
            doctor.line.patience_s = PATIENT_S


def full(stage: Stage) -> None:
    """No byte more for the database, or a few pages, or some of its log."""
    leave = stage.chance.choice((0, 0, 4096, 65_536, 1 << 20))
    with stage.database.full(stage.server.pid, leave):
        stage.until_felt(stage.failures, "full")
    stage.alive()


def restart(stage: Stage) -> None:
    """The database ends at once and recovers, the server stays."""
    stage.database.restart()
    stage.alive()
    stage.felt["restart"] += 1


def locked(stage: Stage) -> None:
    """Another process writes for a while, and ends without having committed."""
    with stage.database.locked():
        time.sleep(stage.chance.uniform(0.2, 1.5))
    stage.felt["locked"] += 1


def cut(stage: Stage) -> None:
    """Lines that end in the middle of a request or of an answer."""
    for doctor in stage.doctors:
        doctor.line.cutting = 0.6

    def cuts() -> int:
        return sum(each.line.cuts_up + each.line.cuts_down for each in stage.doctors)

    before = cuts()
    waits_for(lambda: cuts() >= before + 2 * BITES or faults_of(stage.doctors), "no line is cut")
    for doctor in stage.doctors:
        doctor.line.cutting = 0.0
    stage.felt["cut"] += 1


def drip(stage: Stage) -> None:
    """Very many slow connections: everybody else is answered all the same."""
    with Drips(stage.here.port, stage.drips, stage.chance) as drips:
        waits_for(lambda: drips.open + drips.ended >= stage.drips, "drips do not come through")
        for _ in range(3):
            each_has_one_more_answer(stage.doctors)
        stage.felt["drip"] += 1
    stage.ended_drips += drips.ended


ALL: Final[dict[str, Callable[[Stage], None]]] = {
    "kill": kill, "stop": stop, "full": full, "restart": restart, "locked": locked, "cut": cut,
    "drip": drip,
}  # fmt: skip
OF: Final[dict[Engine, tuple[str, ...]]] = {
    "sqlite": ("kill", "stop", "full", "locked", "cut", "drip"),
    "postgres": ("kill", "stop", "full", "restart", "cut", "drip"),
}
