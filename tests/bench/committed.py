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

from tests.commands import Refused

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


def whole(file: Path = FILE) -> dict[str, Any]:
    """`run`: of which machine and when; `figures` by name and engine. Of a figure that a later run
    in part brought, `at` says when.
    """
    return json.loads(file.read_text()) if file.exists() else {"run": {}, "figures": {}}


def write(lines: Path, file: Path = FILE) -> tuple[list[str], list[str]]:
    """The figures of a run that was printed to `lines`, and those that it does not have and that
    stay as they were. Raises Refused, and writes nothing, for what is no run or a quick one.
    """
    found = _lines(lines)
    machine = next(each for each in found if each["figure"] == "machine")
    kept = ("value", "unit", "cost", "of")
    figures: dict[str, dict[str, Any]] = {
        f"{each['figure']}/{each['engine']}": {name: each[name] for name in kept if name in each}
        for each in found
        if "cost" in each
    }
    before = whole(file)
    missing = {name: each for name, each in before["figures"].items() if name not in figures}
    said = {
        "at": machine["at"], "commit": _commit(), "python": machine["python"],
        "cores": machine["value"], "load_of_others": machine["load_of_others"],
    }  # fmt: skip
    if len(missing) > len(figures):  # a part of a run: the larger one stays the run
        figures = {name: each | {"at": said["at"]} for name, each in figures.items()}
        said = before["run"]
    else:
        missing = {
            name: {"at": before["run"].get("at", "")} | each for name, each in missing.items()
        }
    all_ = {**{name: missing.get(name) or figures[name] for name in before["figures"]}, **figures}
    rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(all_[name])}" for name in all_)
    file.write_text(f'{{\n  "run": {json.dumps(said)},\n  "figures": {{\n{rows}\n  }}\n}}\n')
    return list(figures), list(missing)


def _lines(file: Path) -> list[dict[str, Any]]:
    """The figures in a run's lines."""
    try:
        lines = [each for each in file.read_text("utf-8").splitlines() if each.startswith("{")]
        found = [each for line in lines if "figure" in (each := json.loads(line))]
    except (OSError, ValueError) as error:
        raise Refused(f"{file} is no run of the bench: {error}") from None
    machines = [each for each in found if each["figure"] == "machine"]
    if not machines:
        raise Refused(f"{file} is no run of the bench: no line says which machine it was")
    if any(each.get("quick") for each in machines):
        raise Refused(f"{file} is a quick run, too short for a stopwatch: nothing was written")
    if not any("cost" in each for each in found):
        raise Refused(f"{file} has no figure that could be compared: nothing was written")
    return found


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=FILE.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()
