"""What happens in a seed, written down before it happens: steps, each with chance of its own.

A step draws only from its own number, so taking one away leaves the others as they are. That is
what lets shrink.py look for the few steps that matter, and a file replay them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.sim.options import OF_STEP, OF_STORMY_STEP, Options

Work = tuple[tuple[str, int], ...]

WORK: Work = (
    ("exchange", 40), ("save_event", 12), ("save_edit", 20), ("edit_blindly", 2), ("amend", 4),
    ("seal", 5), ("look", 1), ("late_answer", 6), ("pass_time", 6), ("decide", 3),
    ("resident_says", 3), ("let_in", 2), ("chores", 3), ("life_step", 3), ("life_step_back", 2),
    ("unite", 2), ("part", 2), ("confirm_epochs", 1), ("corrects", 3), ("goes_on_with_it", 2),
    ("agrees", 2), ("chooses", 2), ("special_case", 1), ("writes_at_a_desk", 4),
)  # fmt: skip
"""Work and its weight."""

IN_HALL: Work = (("hall_step", 24),)
"""Besides, in a seed with a checkup day."""

WITH_PHOTOS: Work = (("photograph", 8), ("send_photos", 14))
"""Besides, in a seed in which photos are taken."""

_KNOWN = {*(name for name, _ in (*WORK, *IN_HALL, *WITH_PHOTOS)), *OF_STEP, *OF_STORMY_STEP}


@dataclass(frozen=True, slots=True)
class Step:
    deed: str
    chance: int


@dataclass(frozen=True, slots=True)
class Script:
    """`cast`: chance of who is there; `rest`: chance while everything settles."""

    seed: int
    options: Options
    steps: tuple[Step, ...]

    def to_file(self, path: Path, *, engine: str) -> None:
        told = {
            "seed": self.seed, "engine": engine, "options": asdict(self.options),
            "steps": [[each.deed, each.chance] for each in self.steps],
        }  # fmt: skip
        path.write_text(json.dumps(told, indent=1) + "\n")


def from_file(path: Path) -> tuple[Script, str]:
    """The script and the engine it was on. Raises ValueError for a file that is none."""
    told: Any = json.loads(path.read_text())
    try:
        seed, engine, chosen = told["seed"], told["engine"], Options(**told["options"])
        steps = tuple(Step(deed, chance) for deed, chance in told["steps"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no script: {error}") from error
    numbers = (seed, *(each.chance for each in steps))
    if not all(isinstance(each, int) for each in numbers) or engine not in ("sqlite", "postgres"):
        raise ValueError("no script")
    if unknown := {each.deed for each in steps} - _KNOWN:
        raise ValueError(f"no such steps: {unknown}")
    return Script(seed, chosen, steps), engine


def script(seed: int, options: Options) -> Script:
    """All that a seed will do."""
    rng = Random(seed)
    stormy = rng.random() < options.stormy
    work = WORK
    if Random(f"hall {seed}").random() < options.halls:
        work += IN_HALL
    if Random(f"photos {seed}").random() < options.photos:
        work += WITH_PHOTOS
    return Script(
        seed, options, tuple(_step(rng, options, work, stormy=stormy) for _ in range(options.steps))
    )


def _step(rng: Random, options: Options, work: Work, *, stormy: bool) -> Step:
    chance, drawn = rng.getrandbits(48), rng.random()
    for name in (*OF_STEP, *(OF_STORMY_STEP if stormy else ())):
        drawn -= getattr(options, name)
        if drawn < 0:
            return Step(name, chance)
    (deed,) = rng.choices([name for name, _ in work], [weight for _, weight in work])
    return Step(deed, chance)
