"""A form as a sheet of paper: the lines in the order of the form, answers to choose from with their
codes and the boxes the codes are written in, as the national forms are laid out.

Nothing typed is asked again and nothing is added: what is not answered leaves its box empty, so the
same drawing makes the blank form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from server.access import Opened
from server.actions.archives.folder import Entry, Folder
from server.actions.facility_work.records import FacilityRecord, State
from server.console.archive import shown_of
from server.console.words import words
from server.pages import times, values
from server.pages.qr import Code as Qr
from server.pages.sections import sections_of
from server.records.cells import silenced
from server.records.kinds import REGISTER, get
from server.records.model import (
    AccessClass,
    Code,
    Codes,
    Day,
    Field,
    Int,
    Kind,
    ListOf,
    Month,
    Ref,
    Scaled,
    Subject,
    Text,
)
from sync.merge import is_present
from sync.policy import Policy

ONE_PAGE: Final = 40  # questions
EMPTY_BOXES: Final = 3  # boxes of a blank question with several answers
EMPTY_ROWS: Final = 2  # rows of a blank list
LONG_TEXT: Final = 100  # a text that may be longer is given a line of its own
NOT_ON_PAPER: Final = frozenset({"photos"})  # digests of pictures say nothing to a reader
NUMBER_BOXES: Final = (3, 5)  # paper shows the last 8 digits of the archive number, as 3 and 5


@dataclass(frozen=True, slots=True)
class Line:
    """One question. `options`: (code, label) to choose from, `boxes`: the codes chosen; or `text`
    with its `unit`; or a table of `heads` and `rows`. `wide`: over the whole sheet.
    """

    number: int
    label: str
    options: tuple[tuple[str, str], ...] = ()
    boxes: tuple[str, ...] = ()
    text: str = ""
    unit: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    wide: bool = False

    @property
    def numbered(self) -> bool:
        """Whether an answer is written as its number. Other codes (hepb, 3m1) are ours and mean
        nothing on paper: those answers are ticked.
        """
        return all(code.isdigit() for code, _ in self.options)


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One form on paper. `marks`: what must not be overlooked (voided, corrected, draft, late).

    `record`: number of the electronic record in groups of eight; "" on a blank form.
    """

    kind: str
    title: str
    edition: str
    name: str
    person: str
    boxes: tuple[tuple[str, ...], ...]
    day: str
    facility: str
    by: str
    source: str
    record: str
    marks: tuple[str, ...]
    parts: tuple[Part, ...]
    qr: Qr | None = None

    @property
    def long(self) -> bool:
        """Whether it takes more than one page, so that each says whose it is."""
        return sum(len(each.lines) for each in self.parts) > ONE_PAGE


def of_record(kind: Kind, entry: Entry, found: Folder, qr: Qr) -> Drawn:
    """A record as it was filled in, by whom and where."""
    w, change = words("paper"), entry.record.change
    marks = [w.voided] if entry.voided is not None else []
    marks += [w.amended] if entry.shown_instead else []
    marks += [w.late] if entry.late else []
    day = times.long_date(date.fromisoformat(change.on))
    source = words("archive").sources[entry.source](tablet=entry.tablet)
    number = change.id.hex()
    return _drawn(
        kind, entry.record.form(), found, marks=marks, day=day, facility=entry.performing,
        by=entry.by, source=source, qr=qr,
        record=" ".join(number[n : n + 8] for n in range(0, len(number), 8)),
    )  # fmt: skip


def of_register(found: Folder, qr: Qr, today: date) -> Drawn:
    """The archive's own page as it stands today."""
    w = words("paper")
    disputed = any(
        shown_of(name, cell).conflict
        for name, cell in found.opened.cells.items()
        if REGISTER.field_of(name)
    )
    return _drawn(
        REGISTER, register_form(found.opened), found, marks=[w.disputed] if disputed else [],
        day=times.long_date(today), facility=found.facility, by="", source=w.as_of, qr=qr,
        record=w.archive_no(number=found.archive_no) if found.archive_no else "",
        classes=found.opened.classes,
    )  # fmt: skip


def of_work(record: FacilityRecord, place: str, qr: Qr) -> Drawn:
    """A record of a facility's own work; it is about nobody, so no name stands on it."""
    w = words("paper")
    kind = get(record.kind, record.version)
    marks = {State.VOIDED: w.voided, State.AMENDED: w.amended}
    number = record.id.hex()
    doctor = str(record.body.get("doctor", ""))
    names = {bytes.fromhex(doctor): record.doctor} if doctor else dict[bytes, str]()
    return Drawn(
        kind=kind.id, title=kind.label, edition=_edition(kind), name="", person="", boxes=(),
        day=times.long_date(record.on), facility=place, by=record.doctor, source=w.as_of_record,
        record=" ".join(number[n : n + 8] for n in range(0, len(number), 8)),
        marks=(*_standing(kind), *(each for state, each in marks.items() if state is record.state)),
        parts=parts_of(kind, record.body, names, kind.fields), qr=qr,
    )  # fmt: skip


def blank(kind: Kind, facility: str) -> Drawn:
    """The empty form, for a place where nothing else works."""
    about = kind.subject is Subject.RESIDENT
    return Drawn(
        kind=kind.id, title=kind.label, edition=_edition(kind), name="", person="",
        boxes=_boxes("") if about else (), day="",
        facility=facility, by="", source="", record="", marks=_standing(kind),
        parts=parts_of(kind, {}, {}, _printed(kind, ("A", "B", "C"))),
    )  # fmt: skip


def _drawn(
    kind: Kind, form: Mapping[str, Any], found: Folder, *, marks: Sequence[str], day: str,
    facility: str, by: str, source: str, record: str, qr: Qr,
    classes: Sequence[str] = ("A", "B", "C"),
) -> Drawn:  # fmt: skip
    card = found.card
    ui = words("ui")
    sex = {"1": ui.male, "2": ui.female}.get(card.sex, ui.unknown_sex)
    birth = times.long_date(date.fromisoformat(card.birth)) if card.birth else ""
    return Drawn(
        kind=kind.id, title=kind.label, edition=_edition(kind), name=card.name,
        person=words("values").dot.join(each for each in (sex, birth) if each),
        boxes=_boxes(found.archive_no), day=day, facility=facility, by=by, source=source,
        record=record, marks=(*_standing(kind), *marks),
        parts=parts_of(kind, form, found.names, _printed(kind, classes)), qr=qr,
    )  # fmt: skip


def _standing(kind: Kind) -> tuple[str, ...]:
    return (words("paper").draft,) if kind.draft else ()


def _edition(kind: Kind) -> str:
    return words("paper").edition(version=kind.version, year=kind.valid_from.year)


def _boxes(archive_no: str) -> tuple[tuple[str, ...], ...]:
    """The last eight digits of the archive number, as three and five boxes."""
    first, second = NUMBER_BOXES
    digits = archive_no[-(first + second) :] if archive_no else ""
    told = digits.rjust(first + second) if digits else " " * (first + second)
    cells = tuple(each.strip() for each in told)
    return cells[:first], cells[first:]


def _printed(kind: Kind, classes: Sequence[str]) -> list[Field]:
    """The fields a sheet has: no references to rows, nothing of a class that is not shown."""
    return [
        each for each in kind.fields if each.access.value in classes or each.access is AccessClass.A
    ]


def register_form(opened: Opened) -> dict[str, Any]:
    """The register's values as a form has them: sets as lists."""
    form: dict[str, Any] = {}
    values = {name: shown_of(name, cell).value for name, cell in sorted(opened.cells.items())}
    unsaid = silenced(REGISTER, values)
    for name, shown in values.items():
        each = REGISTER.field_of(name)
        if each is None or not is_present(shown) or name in unsaid:
            continue
        if each.policy is not Policy.SET:
            form[each.name] = shown
            continue
        key = name.partition("/")[2]
        held = cast("list[Any]", form.setdefault(each.name, []))
        if isinstance(each.type, ListOf):
            held.append({each.type.key: key, **(shown if isinstance(shown, dict) else {})})
        else:
            held.append(key)
    return form


# The lines.


def parts_of(
    kind: Kind, form: Mapping[str, Any], names: Mapping[bytes, str], fields: Iterable[Field]
) -> tuple[Part, ...]:
    """The questions under their headings, numbered through."""
    number = 0
    parts: list[Part] = []
    printed = [each for each in fields if each.name not in NOT_ON_PAPER]
    for title, some in sections_of(kind, printed):
        lines: list[Line] = []
        for each in some:
            number += 1
            lines.append(_line(number, each, form.get(each.name), names))
        parts.append(Part(title, tuple(lines)))
    return tuple(parts)


def _line(number: int, each: Field, value: Any, names: Mapping[bytes, str]) -> Line:
    match each.type:
        case Code(codes):
            chosen = (str(value),) if value is not None else ("",)
            return Line(number, each.label, tuple(codes.items()), chosen, wide=_is_wide(codes))
        case Codes(codes):
            told = cast("list[str]", value) if isinstance(value, list) else []
            chosen = tuple(told) or ("",) * min(EMPTY_BOXES, len(codes))
            return Line(number, each.label, tuple(codes.items()), chosen, wide=_is_wide(codes))
        case Int() | Scaled():
            text = values.field_text(each, value).removesuffix(each.type.unit).strip()
            return Line(
                number, each.label, text=text if value is not None else "", unit=each.type.unit
            )
        case ListOf(fields):
            return _table(number, each, fields, value, names)
        case Ref():
            return Line(number, each.label, text=_name(value, names))
        case Text(_, most):
            return Line(number, each.label, text=_text(each, value), wide=most > LONG_TEXT)
        case _:
            return Line(number, each.label, text=_text(each, value))


def _is_wide(codes: Mapping[str, str]) -> bool:
    """Whether the answers to choose from need the whole width."""
    return sum(len(label) + 3 for label in codes.values()) > 24


def _text(each: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(each.type, Day):
        return times.long_date(date.fromisoformat(str(value)))
    if isinstance(each.type, Month):
        return words("paper").month(year=str(value)[:4], month=int(str(value)[5:7]))
    return values.field_text(each, value)


def _name(value: Any, names: Mapping[bytes, str]) -> str:
    """A member of staff by name; other references have no place on paper."""
    try:
        return names.get(bytes.fromhex(str(value or "")), "")
    except ValueError:
        return ""


def _table(
    number: int, each: Field, fields: Sequence[Field], value: Any, names: Mapping[bytes, str]
) -> Line:
    shown = [inner for inner in fields if not isinstance(inner.type, Ref)]
    items = cast("list[dict[str, Any]]", value) if isinstance(value, list) else []
    rows = [tuple(_cell(inner, item.get(inner.name), names) for inner in shown) for item in items]
    rows = rows or [("",) * len(shown)] * EMPTY_ROWS
    heads = tuple(inner.label for inner in shown)
    return Line(number, each.label, heads=heads, rows=tuple(rows), wide=True)


def _cell(each: Field, value: Any, names: Mapping[bytes, str]) -> str:
    line = _line(0, each, value, names)
    if line.options:
        labels = dict(line.options)
        return words("values").comma.join(labels.get(box, box) for box in line.boxes if box)
    return f"{line.text} {line.unit}".strip() if line.text else ""
