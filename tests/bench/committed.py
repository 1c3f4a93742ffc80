"""Is it slower than what was committed? Ratios are compared, not seconds.

`committed.json` holds the figures of the last run that was committed. A figure of time or speed is
kept as what it costs over a limit that was measured in the same run: the bare pipeline for push,
else the yardstick of the same part. A size, a share or a count is kept as it is.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("committed.json")

# By how much a figure may be worse than the committed one before it is flagged. What a wall clock
# says swings with what else the machine does, even over a limit of the same run.
SHARE_WALL: Final = 0.50
SHARE_CPU: Final = 0.25
SHARE_MEMORY: Final = 0.15
SHARE_RATIO: Final = 0.15
SHARE_SIZE: Final = 0.02

_TIMES: Final = frozenset({"s", "ms", "min for 478,600", "ms for 2,000"})
_OF_CPU: Final = ("cpu", "plan_one", "validate_", "code_verify", "bomb_")


def cost(value: float, unit: str, limit: float) -> float:
    """What a figure costs: over the limit where it is a time or a speed, else as it is. More is
    worse.
    """
    if unit in _TIMES:
        return value / limit
    if unit.endswith("/s"):
        return 1 / (value * limit) if value else 0.0
    return value


def share(name: str, unit: str) -> float:
    """How much worse it may be before it is flagged."""
    if unit in _TIMES or unit.endswith("/s"):
        return SHARE_CPU if any(each in name for each in _OF_CPU) else SHARE_WALL
    if unit == "MB":
        return SHARE_MEMORY
    return SHARE_RATIO if unit == "ratio" else SHARE_SIZE


def read(file: Path = FILE) -> Mapping[str, float]:
    """Costs by name and engine; empty when nothing has been committed yet."""
    if not file.exists():
        return {}
    return {name: each["cost"] for name, each in json.loads(file.read_text())["figures"].items()}


def write(lines: Path, file: Path = FILE) -> int:
    """The figures of a run that was printed to `lines`; how many there are."""
    found = [json.loads(line) for line in lines.read_text().splitlines() if line.startswith("{")]
    machine = next(each for each in found if each["figure"] == "machine")
    kept = ("value", "unit", "cost", "of")
    figures: dict[str, dict[str, Any]] = {
        f"{each['figure']}/{each['engine']}": {name: each[name] for name in kept if name in each}
        for each in found
        if "cost" in each
    }
    said = {
        "at": machine["at"], "commit": _commit(), "python": machine["python"],
        "cores": machine["value"], "load_of_others": machine["load_of_others"],
    }  # fmt: skip
    rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(figures[name])}" for name in figures)
    file.write_text(f'{{\n  "run": {json.dumps(said)},\n  "figures": {{\n{rows}\n  }}\n}}\n')
    return len(figures)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=FILE.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()
