"""The figures: one JSON line for each, with its bar and with what it was when last committed."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.bench import committed
from tests.bench.bars import bar_of, met
from tests.bench.yardstick import yardstick_ms


@dataclass(slots=True)
class Report:
    """Prints each figure at once; remembers what missed its bar and what got worse."""

    engine: str
    timed: bool = True  # False: a quick run, too short for a stopwatch
    before: Mapping[str, float] = field(default_factory=dict[str, float])
    limit: float = 1.0  # what figures of time are divided by, to be compared with other runs
    of: str = "yardstick"
    missed: list[str] = field(default_factory=list[str])
    worse: list[str] = field(default_factory=list[str])

    def measure_yardstick(self) -> None:
        """Before each part: what the machine is worth now."""
        self.limit, self.of = yardstick_ms(), "yardstick"

    @contextmanager
    def over(self, of: str, limit: float) -> Iterator[None]:
        """Figures of time in the block have a limit of their own."""
        before = self.limit, self.of
        self.limit, self.of = limit, of
        yield
        self.limit, self.of = before

    def figure(self, name: str, value: float, unit: str, **beside: Any) -> None:
        """One line. `beside` is context: spread of the repeats, counts, sizes."""
        line: dict[str, Any] = {"figure": name, "engine": self.engine}
        line |= {"value": _short(value), "unit": unit}
        bar = bar_of(name, self.engine, timed=self.timed)
        if bar is not None:
            line |= {"bar": f"at {bar[0]} {bar[1]:g}", "pass": met(bar, value)}
            if not line["pass"]:
                self.missed.append(f"{name} ({self.engine})")
        if self.timed:
            line |= self._compared(name, value, unit)
        for key, each in beside.items():
            line[key] = _short(each) if isinstance(each, float) else each
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def _compared(self, name: str, value: float, unit: str) -> dict[str, Any]:
        """What it costs over its limit, and that over the committed cost: above 1 is worse."""
        costs = committed.cost(value, unit, self.limit)
        said: dict[str, Any] = {"cost": float(f"{costs:.4g}")}
        if costs != value:
            said["of"] = self.of
        before = self.before.get(f"{name}/{self.engine}")
        if before:
            said["to_committed"] = _short(costs / before)
            bar = bar_of(name, self.engine, timed=True)
            counts_up = bar is not None and bar[0] == "least" and costs == value
            ratio = before / costs if counts_up and costs else costs / before
            if ratio > 1 + committed.share(name, unit):
                said["worse"] = True
                self.worse.append(f"{name} ({self.engine}) x {ratio:.2f}")
        return said

    def middle(self, name: str, values: list[float], unit: str, **beside: Any) -> None:
        """The median of several repeats, with the lowest and the highest."""
        self.figure(
            name, median(values), unit, lowest=min(values), highest=max(values),
            repeats=len(values), **beside,
        )  # fmt: skip


def say(text: str) -> None:
    """Progress, for a person, beside the lines."""
    print(text, file=sys.stderr, flush=True)


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else round(value)
