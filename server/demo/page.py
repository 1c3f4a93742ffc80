"""The report as one page that asks for nothing else, from a template and a sheet beside it."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.demo import words
from server.demo.day import IMPOSSIBLE_SBP
from server.demo.evidence import Evidence, Met, TabletLine
from sync.merge import is_present

_HERE: Final = Path(__file__).parent
_TEMPLATE: Final = "report.html.j2"
_STYLE: Final = "report.css"
_SEX: Final = {"1": "男", "2": "女"}
_GROUPS: Final = {
    "done": ("check", "写入档案"),
    "wait": ("clock", "照收"),
    "due": ("warn", "等人来定"),
    "alarm": ("stop", "隔离"),
}
BAR_WIDTH: Final = 720  # units of the bar's view box
_LEAST, _GAP = 8, 2


def render(evidence: Evidence) -> str:
    """The whole page. Every value is escaped; the style sheet is ours."""
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    filters: dict[str, Any] = {"n": words.number, "moment": words.moment}
    environment.filters.update(filters)  # pyright: ignore[reportUnknownMemberType] (jinja2)
    style = Markup((_HERE / _STYLE).read_text("utf-8"))  # noqa: S704 (a file of this package)
    return environment.get_template(_TEMPLATE).render(
        e=evidence, w=words, style=style, fact=words.fact_zh(evidence),
        fates=words.sorted_fates(evidence), groups=_groups(evidence), bar_width=BAR_WIDTH,
        met=[_side_by_side(each, evidence.at) for each in evidence.met],
        age=_age, sex=_SEX, short=_short, full=words.full_moment, impossible=IMPOSSIBLE_SBP,
        good=evidence.all_agree and not evidence.lost,
        clock=next((each for each in evidence.tablets if each.clock_behind_ms), None),
        lost=next((each for each in evidence.tablets if each.label == evidence.story.lost), None),
    )  # fmt: skip


def _groups(evidence: Evidence) -> list[dict[str, Any]]:
    """The one bar: four kinds of end, each as long as its share, none too short to be seen."""
    counts: dict[str, int] = {}
    for fate, word in words.sorted_fates(evidence):
        counts[word.tone] = counts.get(word.tone, 0) + fate.count
    total = max(1, sum(counts.values()))
    least = {tone: max(_LEAST, BAR_WIDTH * count / total) for tone, count in counts.items()}
    scale, at = BAR_WIDTH / sum(least.values()), 0.0
    groups: list[dict[str, Any]] = []
    for tone, width in least.items():
        icon, word = _GROUPS[tone]
        groups.append(
            {
                "tone": tone, "icon": icon, "word": word, "count": counts[tone],
                "x": round(at, 1), "width": round(width * scale - _GAP, 1),
            }
        )  # fmt: skip
        at += width * scale
    return groups


def _side_by_side(met: Met, now: int) -> dict[str, Any]:
    """Columns are tablets, rows are fields; what came together by itself has one line each."""
    labels = sorted({each.tablet for field in met.open for each in field.versions})
    authors = [
        next(v for f in met.open for v in f.versions if v.tablet == label) for label in labels
    ]
    rows = [
        {
            "label": words.cell_label(field.cell),
            "meanwhile": words.cell_value(field.cell, field.meanwhile)
            if field.meanwhile is not None
            else "",
            "versions": [_version(met, row, label) for label in labels],
            "before": words.cell_value(field.cell, field.before.value)
            if field.before
            else "没有填",
            "before_at": field.before.at if field.before else 0,
        }
        for row, field in enumerate(met.open)
    ]
    return {
        "who": met.who, "authors": authors, "rows": rows, "settled": _settled(met),
        "due": words.days_left(met.due, now) if met.due else "", "allergy": _allergy(met),
    }  # fmt: skip


def _allergy(met: Met) -> str:
    """The warning on the cover, when an allergy is one of the two answers."""
    for field in met.open:
        shown = next((each for each in field.versions if each.shown), None)
        is_allergy = field.cell.startswith("drug_allergy/")
        if shown is not None and is_allergy and is_present(shown.value):
            return f"{words.cell_value(field.cell, shown.value)}过敏（先按更稳妥的）"
    return ""


def _version(met: Met, row: int, label: str) -> dict[str, Any] | None:
    field = met.open[row]
    told = next((each for each in field.versions if each.tablet == label), None)
    if told is None:
        return None
    before = field.before.value if field.before else None
    return {
        "text": words.cell_value(field.cell, told.value),
        "change": words.cell_change(field.cell, told.value, before),
        "told": told,
    }


def _settled(met: Met) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field in met.fields:
        if field.settled:
            one = field.versions[-1]
            value = words.cell_value(field.cell, one.value)
            by = f"只有{one.staff}改了：" if len(field.versions) == 1 else "两人写的一样："
            found.append((words.cell_label(field.cell), by + value))
    return found


def _age(evidence: Evidence, birth_year: int) -> int:
    return evidence.story.today.year - birth_year


def _short(line: TabletLine) -> tuple[str, str]:
    """First eight hex digits of the tablet's digest and the server's."""
    return (line.own.root or b"").hex()[:8], line.server_root.hex()[:8]
