"""The feedback letter of a checkup day on A4 in 16 pt: greeting, what was found, what to do next,
up to three years side by side with the change in words, doctor and telephone, a place to sign.

Only drawing: what stands in a letter is put together by whoever has opened the archive
(server/actions/checkup/letter_content.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from server.pages import plain, times
from server.pages.pdf import INK, QUIET, Cell, Paper
from server.pages.words import Words, words
from server.records.model import Int, Scaled
from server.rules.changes import PRESSURE, Compared, Mark

PT: Final = 16
HEAD_PT: Final = 26
PART_PT: Final = 19
MARGIN: Final = 18
_SIGN_MM: Final = 44  # doctor, telephone and signature stand together
_YEAR_MM, _MARK_MM = 26.0, 46.0
_PAD_MM: Final = 4
_ALWAYS: Final = (*PRESSURE, "fpg", "weight")
_MAN, _WOMAN = "1", "2"
_QUIET: Final = frozenset({Mark.FIRST, Mark.SAME})


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to see to: its name, the values as the resident reads them, what to do."""

    label: str
    values: str
    advice: str
    urgent: bool
    by: date | None


@dataclass(frozen=True, slots=True)
class Letter:
    """What one letter says. `years` and `rows`: the comparison, oldest year first."""

    name: str
    sex: str
    on: date
    place: str
    facility: str
    doctor: str
    phone: str
    years: tuple[int, ...]
    rows: tuple[Compared, ...]
    found: tuple[Found, ...]


@dataclass(slots=True)
class _Turn:
    """Which letter is being drawn: pages are counted for each by itself, and bear its name, so that
    a stack that fell down can be put together again.
    """

    letter: Letter | None = None
    page: int = 0

    def foot(self, _: int) -> str:
        assert self.letter is not None
        self.page += 1
        w = words("checkup_letter")
        return w.foot(name=self.letter.name, facility=self.letter.facility, n=self.page)


def pdf_of(
    letters: Iterable[Letter], made_at: datetime, *, title: str = "", font: str = ""
) -> bytes:
    """All letters in one file, each from a page of its own."""
    w, turn = words("checkup_letter"), _Turn()
    paper = Paper(title or w.title, made_at, font=font, margin=MARGIN, foot=turn.foot)
    for letter in letters:
        turn.letter, turn.page = letter, 0
        paper.page()
        _draw(paper, letter, w)
    return paper.done()


def _draw(paper: Paper, letter: Letter, w: Words) -> None:
    paper.flow(w.title, pt=HEAD_PT, bold=True, align="center", after=5)
    greeting = {_MAN: w.greeting_sir, _WOMAN: w.greeting_madam}.get(letter.sex, w.greeting)
    paper.flow(greeting(name=letter.name), pt=PT, bold=True, after=0)
    said = w.hello + w.went(day=times.long_date(letter.on), place=letter.place)
    said += w.found_some(n=len(letter.found), first=letter.found[0].label) if letter.found else (
        w.found_none
    )  # fmt: skip
    paper.flow(said, pt=PT, after=4)
    _next_steps(paper, letter, w)
    _years(paper, letter, w)
    _foot(paper, letter, w)


def _next_steps(paper: Paper, letter: Letter, w: Words) -> None:
    if not letter.found:
        return
    paper.keep(30)
    paper.flow(w.todo, pt=PART_PT, bold=True, after=1.5)
    for n, each in enumerate(letter.found, start=1):
        paper.keep(24)
        head = w.numbered(n=n, what=each.label)
        if each.urgent:
            head += w.joined + w.urgent
        elif each.by is not None:
            other = each.by.year != letter.on.year
            head += w.by(day=(times.long_date if other else times.long_day)(each.by))
        paper.flow(head, pt=PT, bold=True, after=0)
        if each.values:
            paper.flow(each.values, pt=PT, color=QUIET, after=0, indent=6)
        paper.flow(each.advice, pt=PT, after=2.5, indent=6)


def _years(paper: Paper, letter: Letter, w: Words) -> None:
    """The items that are out, that changed, and that everybody follows; the rest in a sentence."""
    told = [each for each in letter.rows if _is_told(each)]
    if not told:
        return
    paper.keep(50)
    paper.flow(w.years if len(letter.years) > 1 else w.years_one, pt=PART_PT, bold=True, after=1.5)
    wide = paper.column - _YEAR_MM * len(letter.years) - _MARK_MM
    head = [w.item, *(w.year(year=each) for each in letter.years), w.now]
    rows: list[list[str | Cell]] = [list(head)]
    rows += [_row(paper, each, wide, w) for each in told]
    widths = [wide, *(_YEAR_MM for _ in letter.years), _MARK_MM]
    paper.table(rows, widths, pt=PT)
    paper.y += 3
    # What was measured another year and not now is not normal: nobody knows.
    rest = [each for each in letter.rows if each not in told]
    for say, measured in ((w.others, True), (w.not_yet, False)):
        named = [plain.label(x.item.field) for x in rest if (x.mark is not Mark.NONE) is measured]
        if named:
            paper.flow(say(n=len(named), items=w.joined.join(named)), pt=PT, after=3)


def _is_told(each: Compared) -> bool:
    now = each.values[-1] if each.values else None
    if each.item.field.name in _ALWAYS:
        return True
    return now is not None and (each.sides[-1] != 0 or each.mark not in _QUIET)


def _label(paper: Paper, each: Compared, wide: float, w: Words) -> str:
    """The item with its unit, the unit on a line of its own where both are too long for one."""
    field = each.item.field
    unit = field.type.unit if isinstance(field.type, Int | Scaled) else ""
    name = plain.label(field)
    if not unit:
        return name
    together = w.with_unit(label=name, unit=plain.unit(unit))
    fits = paper.measure(together, pt=PT) < wide - _PAD_MM
    return together if fits else w.unit_below(label=name, unit=plain.unit(unit))


def _row(paper: Paper, each: Compared, wide: float, w: Words) -> list[str | Cell]:
    places = each.item.places
    cells: list[str | Cell] = [_label(paper, each, wide, w)]
    for value, side in zip(each.values, each.sides, strict=True):
        text = w.missing if value is None else plain.number(value, places)
        cells.append(Cell(text, bold=side != 0, color=QUIET if value is None else INK))
    out = bool(each.sides) and each.sides[-1] != 0
    judged = each.goal.below is not None or each.goal.least is not None
    mark = w.mark[each.mark.value] if judged or each.mark is not Mark.FIRST else ""
    cells.append(Cell(mark, bold=out))
    return cells


def _foot(paper: Paper, letter: Letter, w: Words) -> None:
    paper.keep(_SIGN_MM)
    paper.y += 3
    paper.flow(w.doctor(doctor=letter.doctor, facility=letter.facility), pt=PT, after=0)
    said = w.phone(phone=letter.phone) if letter.phone else w.no_phone(facility=letter.facility)
    paper.flow(said, pt=PT, after=0)
    paper.flow(w.portal, pt=PT, after=5)
    paper.flow(w.signature, pt=PT, after=0)
