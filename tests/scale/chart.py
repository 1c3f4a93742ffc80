"""The growth curves as one SVG: CPU of an exchange and memory over the changes held, one small
chart each, in the colours of the look. Values stand at the points, so nobody has to read a scale.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.commands import Refused

INK, PAPER, LINE, GREY = "#16221e", "#ffffff", "#d2ddd7", "#64766e"
COLOURS: Final = {"sqlite": "#844700", "postgres": "#0d4d44"}
NAMES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
TITLES: Final = {
    "pull of 50": ("Pull of 50 changes", "cpu_ms", "ms CPU"),
    "push of 200": ("Push of a batch of 200", "cpu_ms", "ms CPU"),
    "empty": ("Empty exchange", "cpu_ms", "ms CPU"),
    "memory": ("Memory of the server process", "MB", "MB"),
}
WIDE, HIGH = 440, 250  # of one chart
LEFT, RIGHT, TOP, LOW = 24, 24, 56, 34
Figures = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Scale:
    least: int
    most: int
    top: float

    def x(self, held: int) -> float:
        span = math.log10(self.most) - math.log10(self.least) or 1
        share = (math.log10(held) - math.log10(self.least)) / span
        return LEFT + 16 + share * (WIDE - LEFT - RIGHT - 32)

    def y(self, value: float) -> float:
        return HIGH - LOW - value / self.top * (HIGH - TOP - LOW)


def chart(figures: Figures) -> str:
    """`figures`: lines of `growth`, decoded. Raises Refused when some are missing."""
    missing = set(TITLES) - {str(each["figure"]) for each in figures}
    if missing:
        raise Refused(f"lines of `growth` are wanted: none of {', '.join(sorted(missing))}")
    wide, high = 2 * WIDE, 2 * HIGH + 40
    size = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" fill="{INK}">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *_legend({str(each["engine"]) for each in figures}),
    ]
    for place, name in enumerate(TITLES):
        ours = [each for each in figures if each["figure"] == name]
        at = f"translate({place % 2 * WIDE} {40 + place // 2 * HIGH})"
        parts += [f'<g transform="{at}">', *_one(name, ours), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _legend(engines: set[str]) -> Iterable[str]:
    for place, engine in enumerate(sorted(engines)):
        x = LEFT + place * 120
        yield f'<rect x="{x}" y="16" width="18" height="4" fill="{COLOURS[engine]}"/>'
        yield _text(x + 26, 23, NAMES[engine], 13)
    yield _text(2 * WIDE - RIGHT, 23, "across: changes held", 13, anchor="end", fill=GREY)


def _one(name: str, figures: Figures) -> Iterable[str]:
    title, key, unit = TITLES[name]
    held = sorted({int(each["held"]) for each in figures})
    scale = _Scale(held[0], held[-1], 1.25 * max(float(each[key]) for each in figures))
    base = HIGH - LOW
    yield _text(LEFT, 26, f"{title}, {unit}", 15)
    yield f'<path d="M{LEFT} {base}H{WIDE - RIGHT}" stroke="{GREY}" fill="none"/>'
    for each in held:
        yield _text(scale.x(each), base + 18, _short(each), 12, anchor="middle", fill=GREY)
    lines = {
        engine: [(int(each["held"]), float(each[key])) for each in figures
                 if each["engine"] == engine]
        for engine in COLOURS
    }  # fmt: skip
    for engine, points in lines.items():
        other = {at: value for name, some in lines.items() if name != engine for at, value in some}
        yield from _line(scale, sorted(points), COLOURS[engine], other)


def _line(
    scale: _Scale, points: list[tuple[int, float]], colour: str, other: dict[int, float]
) -> Iterable[str]:
    path = " ".join(f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
    for at, value in points:
        x, y = scale.x(at), scale.y(value)
        below = at in other and other[at] > value
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
        number = f"{value:.1f}" if value < 100 else f"{value:.0f}"
        yield _text(x, y + 18 if below else y - 9, number, 12, anchor="middle", fill=colour)


def _text(
    x: float, y: float, words: str, size: int, *, anchor: str = "start", fill: str = INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{fill}">{words}</text>'
    )


def _short(count: int) -> str:
    return f"{count // 1_000_000} M" if count >= 1_000_000 else f"{count // 1_000} k"
