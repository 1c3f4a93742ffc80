"""Charts as inline SVG, by the rules of the look: the target as a band with its edge and its words,
hollow circles in target, filled squares with their number out of it, three or four day labels.

Pure: points in, marks out; the macro in chart.svg.j2 only writes them down. Lengths are units of a
view box as wide as the column of a phone, so text is drawn at its true size. Each series has a
panel of its own with its own scale, one below the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

WIDTH: Final = 311.0
RIGHT: Final = 307.0
_TALL: Final = {1: 128.0, 2: 78.0}  # of the values in a panel, by how many panels there are
_CIRCLE: Final = 4.5
_SQUARE: Final = 6.0
_GAP: Final = 12.0
_SIGN: Final = 0.56  # width of a digit by text size; a Chinese sign is as wide as high


@dataclass(frozen=True, slots=True)
class Point:
    """One value on a day. `side`: -1 below, 0 in, 1 above the target; `text`: its number."""

    on: date
    value: int
    side: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One series. `below`, `least`: the target's limits as values, None for none on that side.

    `words`: inside the band. `ticks`: what stands at the limits, by value.
    """

    points: tuple[Point, ...]
    below: int | None
    least: int | None
    words: str
    ticks: dict[int, str]
    step: int  # a round number of values, for the ends of the scale
    places: int


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    y: float
    anchor: str
    text: str
    cls: str = ""
    size: int = 14


@dataclass(frozen=True, slots=True)
class Band:
    x: float
    y: float
    width: float
    height: float
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """`out`: a filled square; else a hollow circle of the series."""

    x: float
    y: float
    out: bool
    series: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything of one chart in the order in which it is drawn."""

    width: float
    height: float
    bands: tuple[Band, ...]
    lines: tuple[tuple[int, str], ...]
    marks: tuple[Mark, ...]
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days and values of one panel as places."""

    left: float
    first: date
    span: int
    low: int
    high: int
    top: float
    tall: float

    def x(self, on: date) -> float:
        inset = self.left + 12
        if not self.span:
            return (inset + RIGHT - 16) / 2
        return inset + (RIGHT - 16 - inset) * (on - self.first).days / self.span

    def y(self, value: float) -> float:
        return self.top + self.tall * (self.high - value) / (self.high - self.low)


def draw(rows: Sequence[Row], days: Sequence[tuple[date, str]], *, size: int) -> Drawing:
    """`days`: what may be written under the chart, in order; the first and the last always are.

    `size`: of the text, 14 or, for elders, 20. At least one row has a point.
    """
    left = _left(rows, size)
    every = [point.on for row in rows for point in row.points]
    first, span = min(every), (max(every) - min(every)).days
    bands: list[Band] = []
    lines: list[tuple[int, str]] = []
    marks: list[Mark] = []
    texts: list[Text] = []
    top = size + 8.0
    for series, row in enumerate(rows, start=1):
        low, high = _ends(row)
        scale = _Scale(left, first, span, low, high, top, _TALL[len(rows)])
        bottom = scale.top + scale.tall
        strip = size + 8.0 if row.words else 4.0
        if row.words:
            bands.append(_band(scale, row, strip))
            texts.append(_words(scale, row, size, strip))
        texts += _ticks(scale, row, size, bottom)
        placed = [(scale.x(each.on), scale.y(each.value)) for each in row.points]
        if len(placed) > 1:
            lines.append((series, " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)))
        marks += [
            Mark(x, y, each.side != 0, series)
            for each, (x, y) in zip(row.points, placed, strict=True)
        ]
        texts += _numbers(
            row.points, placed, size, scale.left, [each for each in texts if each.cls]
        )
        top = bottom + strip + _GAP + (size if _rises(rows, series) else 0)
    base = top - _GAP + size + 2
    scale = _Scale(left, first, span, 0, 1, 0, 1)
    texts += _days(scale, days, base, size)
    return Drawing(WIDTH, base + 6, tuple(bands), tuple(lines), tuple(marks), tuple(texts))


def _rises(rows: Sequence[Row], series: int) -> bool:
    """Whether the panel below needs room for numbers over its highest point."""
    return series < len(rows) and any(each.side for each in rows[series].points)


def _left(rows: Sequence[Row], size: int) -> float:
    longest = max((len(text) for row in rows for text in row.ticks.values()), default=0)
    return round(longest * size * _SIGN) + 10.0


def _ends(row: Row) -> tuple[int, int]:
    """Both ends of the scale: every value and every limit, rounded to a step unless it is a limit
    that nothing lies beyond.
    """
    values = [each.value for each in row.points]
    low, high = min(values), max(values)
    low = row.least if row.least is not None and row.least <= low else low // row.step * row.step
    if row.below is not None and row.below > high:
        high = row.below
    else:
        high = -(-high // row.step) * row.step
    # The band is always in view, however far the values lie from it.
    low = low if row.below is None else min(low, row.below - row.step)
    high = high if row.least is None else max(high, row.least + row.step)
    if high - low < 3 * row.step:
        low = high - 3 * row.step if row.least is None else low
        high = high if row.least is None else low + 3 * row.step
    return low, high


def _band(scale: _Scale, row: Row, strip: float) -> Band:
    """From limit to limit; a side without one reaches to the end of the panel."""
    bottom = scale.top + scale.tall
    top = scale.top if row.below is None else scale.y(row.below)
    foot = bottom + strip if row.least is None else scale.y(row.least)
    edges = tuple(
        place for place, limit in ((top, row.below), (foot, row.least)) if limit is not None
    )
    return Band(scale.left, top, RIGHT - scale.left, foot - top, edges)


def _words(scale: _Scale, row: Row, size: int, strip: float) -> Text:
    """Inside the band, below every point of it: an open band has a strip for them, in one with
    both limits they stand at its upper edge, or where that is crowded at its lower.
    """
    foot = scale.top + scale.tall + strip
    if row.least is None:
        return Text(scale.left + 6, foot - 6, "start", row.words, size=size)
    assert row.below is not None
    return Text(scale.left + 6, scale.y(row.least) - 6, "start", row.words, size=size)


def _ticks(scale: _Scale, row: Row, size: int, bottom: float) -> list[Text]:
    """Limits first; what would lie over another is left out."""
    made: list[Text] = []
    for value, text in row.ticks.items():
        y = scale.y(value) + size * 0.36
        if scale.top - 2 <= scale.y(value) <= bottom + 2 and all(
            abs(y - each.y) >= size for each in made
        ):
            made.append(Text(scale.left - 6, y, "end", text, size=size))
    return made


def _numbers(
    points: Sequence[Point],
    placed: Sequence[tuple[float, float]],
    size: int,
    left: float,
    taken: Sequence[Text],
) -> list[Text]:
    """The numbers of points out of target, the newest first, beyond the point or else before it.
    One that would lie over another or over a point is left to the table, but never the newest's.
    """
    made: list[Text] = []
    for n in reversed(range(len(points))):
        point, (x, y) = points[n], placed[n]
        if not point.side:
            continue
        large = size + 1
        half = len(point.text) * large * _SIGN / 2
        middle = min(max(x, left + half), WIDTH - half)
        beyond, before = y - 10, y + large + 6
        sides = (beyond, before) if point.side > 0 else (before, beyond)
        others = [each for k, each in enumerate(placed) if k != n]
        found = [
            Text(middle, at, "middle", point.text, "out-num", large)
            for at in sides
            if _free(middle, at, half, large, (*taken, *made), others)
        ]
        if not found and n == len(points) - 1:
            found = [Text(middle, sides[0], "middle", point.text, "out-num", large)]
        made += found[:1]
    return made


def _free(
    x: float,
    y: float,
    half: float,
    large: int,
    taken: Sequence[Text],
    others: Sequence[tuple[float, float]],
) -> bool:
    """Whether a number there lies over no other number and no other point."""
    numbers = all(
        abs(each.x - x) >= half + len(each.text) * large * _SIGN / 2 or abs(each.y - y) >= large
        for each in taken
    )
    return numbers and not any(
        abs(a - x) < half + _SQUARE and y - large - _SQUARE < b < y + _SQUARE for a, b in others
    )


def _days(scale: _Scale, days: Sequence[tuple[date, str]], base: float, size: int) -> list[Text]:
    if len(days) == 1:
        return [Text(scale.x(days[0][0]), base, "middle", days[0][1], size=size)]
    (_, first), (_, last) = days[0], days[-1]
    made = [
        Text(scale.left, base, "start", first, size=size),
        Text(RIGHT, base, "end", last, size=size),
    ]
    used = [
        (scale.left, scale.left + _wide(first, size)),
        (RIGHT - _wide(last, size), RIGHT),
    ]
    for on, text in days[1:-1]:
        x, half = scale.x(on), _wide(text, size) / 2
        if all(x + half + 8 <= a or x - half - 8 >= b for a, b in used):
            made.append(Text(x, base, "middle", text, size=size))
            used.append((x - half, x + half))
    return made


def _wide(text: str, size: int) -> float:
    return sum(size * (_SIGN if each.isascii() else 1) for each in text)
