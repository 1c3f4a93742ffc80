"""Charts of the portal, by the rules of the look: what is drawn where, for any values."""

import random
import re
from datetime import date, timedelta

import pytest

from resident_portal import plain
from resident_portal.charts import RIGHT, WIDTH, Drawing, Point, Row, Text, draw
from resident_portal.frame import environment
from resident_portal.words import words
from server.records.kinds import everything
from server.records.model import AccessClass, Int, ListOf, Scaled, Shape, Subject
from server.rules.plan.table import rules

FIRST = date(2026, 1, 5)


def some_rows(rng: random.Random, count: int, panels: int) -> tuple[list[Row], list[date]]:
    days = sorted(FIRST + timedelta(days=rng.randrange(3000)) for _ in range(count))
    rows: list[Row] = []
    for n in range(panels):
        below = rng.choice((None, 90, 150, 700)) if panels == 1 else (150, 90)[n]
        least = rng.choice((None, below - 40)) if below and panels == 1 else None
        middle = below or 600
        values = [max(20, middle + rng.randrange(-60, 30)) for _ in days]

        def side(value: int, below: int | None = below, least: int | None = least) -> int:
            if below is not None and value >= below:
                return 1
            return -1 if least is not None and value < least else 0

        points = tuple(
            Point(on, value, side(value), str(value))
            for on, value in zip(days, values, strict=True)
        )
        limits = {each: str(each) for each in (below, least) if each is not None}
        words_ = "目标：低于 150" if limits else ""
        rows.append(Row(points, below, least, words_, limits, 10, 0))
    return rows, days


def box(text: Text) -> tuple[float, float, float, float]:
    wide = sum(text.size * (0.56 if each.isascii() else 1) for each in text.text)
    left = {"start": text.x, "middle": text.x - wide / 2, "end": text.x - wide}[text.anchor]
    return left, text.y - text.size * 0.75, left + wide, text.y


def over(one: Text, other: Text) -> bool:
    a, b = box(one), box(other)
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize(("value", "below", "least"), [(199, 150, None), (21, 150, 90)])
def test_a_lone_value_far_off_still_has_the_target_in_view(
    value: int, below: int, least: int | None
) -> None:
    side = 1 if value >= below else -1
    row = Row(
        (Point(FIRST, value, side, str(value)),), below, least, "目标", {below: str(below)}, 10, 0
    )
    band = draw([row], [(FIRST, "1月5日")], size=14).bands[0]
    assert band.height > 0


@pytest.mark.parametrize("size", [14, 20])
@pytest.mark.parametrize("panels", [1, 2])
def test_circles_lie_in_the_band_squares_outside_and_no_number_over_another(
    size: int, panels: int
) -> None:
    rng = random.Random(f"charts {size} {panels}")
    for count in (1, 2, 3, 8, 8, 8, 25, 60) * 6:
        rows, days = some_rows(rng, count, panels)
        named = [(each, "25年12月") for each in (days[0], days[len(days) // 2], days[-1])]
        named = [(days[0], "12月3日")] if days[0] == days[-1] else named
        made = draw(rows, named, size=size)
        at = 0
        for n, row in enumerate(rows):
            marks = made.marks[at : at + len(row.points)]
            at += len(row.points)
            limited = row.below is not None or row.least is not None
            band = made.bands[n] if limited else None
            for point, mark in zip(row.points, marks, strict=True):
                assert mark.out == (point.side != 0)
                assert mark.series == n + 1
                assert 0 <= mark.x <= WIDTH
                assert 0 < mark.y < made.height
                if band is None:
                    continue
                inside = band.y - 0.01 <= mark.y <= band.y + band.height + 0.01
                assert inside or mark.out
                if point.side > 0:
                    assert mark.y <= band.y + 0.01, "above its upper edge"
            if band is not None:
                assert len(band.edges) == (row.below is not None) + (row.least is not None)
        drawn(made, size)


def drawn(made: Drawing, size: int) -> None:
    numbers = [each for each in made.texts if each.cls == "out-num"]
    for n, each in enumerate(numbers):
        assert not any(over(each, other) for other in numbers[n + 1 :])
        left, _, right, _ = box(each)
        assert left >= -0.01
        assert right <= WIDTH + 0.01
        others = [mark for mark in made.marks if abs(mark.x - each.x) > 1]
        newest = made.marks[-1].x if made.marks else 0
        for mark in others if abs(each.x - newest) > 40 else ():
            a = box(each)
            hit = a[0] < mark.x < a[2] and a[1] < mark.y < a[3]
            assert not hit, "a number over a point of another day"
    days = [each for each in made.texts if each.y > made.height - size and not each.cls]
    assert 1 <= len(days) <= 4
    for each in made.texts:
        assert each.size >= size


def test_the_newest_value_out_of_target_always_has_its_number() -> None:
    rng = random.Random("newest")
    for _ in range(50):
        rows, days = some_rows(rng, 30, 1)
        if rows[0].points[-1].side == 0 or days[-1] == days[-2]:
            continue
        made = draw(rows, [(days[0], "1月"), (days[-1], "12月3日")], size=14)
        newest = [each for each in made.texts if each.cls == "out-num"][:1]
        assert newest
        assert newest[0].text == rows[0].points[-1].text


def test_the_markup_says_the_finding_and_carries_no_style() -> None:
    rows, days = some_rows(random.Random("markup"), 8, 2)
    made = draw(rows, [(days[0], "1月"), (days[-1], "12月3日")], size=14)
    macro = environment().get_template("chart.svg.j2").module
    text = str(macro.chart(made, "血压<8>", "高压 & 低压"))  # type: ignore[attr-defined]
    assert "<title" in text
    assert "血压&lt;8&gt;" in text
    assert "高压 &amp; 低压" in text
    assert " style=" not in text
    assert text.count("<circle") + text.count('class="out"') == 16
    assert text.count("<polyline") == 2
    assert f'viewBox="0 0 {WIDTH:g} ' in text
    assert all(float(each) <= RIGHT + 0.1 for each in re.findall(r"H([\d.]+)", text))


# What things are called.


def test_every_form_group_unit_and_service_has_its_word() -> None:
    w = words("plain")
    acts_aside = (each for each in everything() if each.shape not in (Shape.ACT, Shape.STEP))
    ours = [each for each in acts_aside if each.subject is Subject.RESIDENT]
    for kind in ours:
        if kind.access is AccessClass.A and not kind.by_resident:
            assert kind.id in w.forms, kind.id
        group = plain.group_of(kind.id, kind.access)
        assert group in plain.GROUPS
        assert (group == plain.RESTRICTED) == (kind.access is AccessClass.B)
    latin = {
        unit for kind in ours for unit in units(kind.fields)
        if re.search("[A-Za-zμ]", unit) and unit not in w.units
    }  # fmt: skip
    assert latin == set()
    named = words("plan").services
    for rule in rules().values():
        if rule.subject == "resident" and rule.cls == "A" and rule.id != "P11":
            assert rule.id in named, rule.label


def units(fields: tuple[object, ...]) -> set[str]:
    found: set[str] = set()
    for each in fields:
        kind = each.type  # type: ignore[attr-defined]
        if isinstance(kind, Int | Scaled):
            found.add(kind.unit)
        elif isinstance(kind, ListOf):
            found |= units(kind.fields)
    return found
