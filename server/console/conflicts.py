"""A conflict side by side: choose with one key, or fill in another value, and decide.

The form carries the heads that were shown. If another arrived meanwhile nothing is decided: the
page is shown again with what is new, and the choices stay.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives import conflicts
from server.actions.archives.conflicts import Choice, Conflict, Disputed, Step
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, allergy_names, id_of
from server.console.words import words
from server.pages import times, values
from server.pages.forms import Filled, Posted, value_of
from server.pages.web import posted, see
from server.records.check import edit_faults
from server.records.kinds import REGISTER
from server.records.model import Code, Codes, Day, Field, ListOf
from server.records.values import Fault, FaultCode
from server.rules.accounts import FACILITY_ROLES, StaffRole

AnyRequest = Request[Any, Any, Any]
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose. `key`: 1, 2, ... printed and pressed."""

    key: str
    head: str
    text: str
    changed: str
    safer: bool


@dataclass(frozen=True, slots=True)
class Choosing:
    """One disputed cell as drawn. `options` by column; `other`: the field for another value."""

    name: str
    label: str
    options: tuple[tuple[Option, ...], ...]
    before: str
    before_said: str
    picked: str
    typed: str
    other: Field | None
    how: str  # of the other value: code | day | text
    seen: str
    shown: str
    nobody_safer: bool  # the value shown meanwhile is none of those said
    fault: Fault | None


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/conflict/{change:str}", roles=WORKERS)
    async def conflict(request: AnyRequest, change: FromPath[str]) -> Response[Any]:
        found = await _opened(console, request, change)
        return await _draw(console, request, found, {}, (), moved=False)

    @action("/conflict/{change:str}", roles=FACILITY_ROLES)
    async def decide(request: AnyRequest, change: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        found = await _opened(console, request, change)
        today = times.civil(console.site.clock()).date()
        picked, faults = _picked(found, typed, today)
        if found.line.task.closed_at is not None or faults:
            status = 422 if faults else 409
            return await _draw(console, request, found, typed, faults, moved=False, status=status)
        choice = Choice(picked, _seen(typed), _note(typed), words("conflict").reason)
        made = await conflicts.decide(console.site, signed_of(request), id_of(change), choice)
        if made is not None:
            return see(f"/console/conflict/{change}")
        found = await _opened(console, request, change)
        return await _draw(console, request, found, typed, (), moved=True, status=409)

    return [conflict, decide]


async def _opened(console: Console, request: AnyRequest, change: str) -> Conflict:
    reason = words("conflict").reason
    return await conflicts.open_conflict(console.site, signed_of(request), id_of(change), reason)


def _note(typed: Posted) -> str:
    return "\n".join(typed.get("note", ())).replace("\r\n", "\n").strip()


def _seen(typed: Posted) -> dict[str, frozenset[bytes]]:
    """The heads the page had shown, by cell."""
    seen: dict[str, frozenset[bytes]] = {}
    for name, posted_values in typed.items():
        if name.startswith("seen:") and posted_values:
            ids = [each for each in posted_values[0].split(",") if len(each) == 32]
            seen[name[5:]] = frozenset(id_of(each) for each in ids)
    return seen


def _picked(
    found: Conflict, typed: Posted, today: date
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The chosen value of each cell, and every fault at once."""
    w = words("conflict")
    picked: dict[str, Any] = {}
    faults: list[Fault] = []
    for each in found.disputed:
        label = values.cell_label(each.cell)
        choice = (typed.get(f"pick:{each.cell}") or [""])[0]
        said = next((s for s in each.sayings if s.change.hex() == choice), None)
        if said is not None:
            picked[each.cell] = said.value
        elif choice == OTHER and (kind := REGISTER.field_of(each.cell)) is not None:
            value = value_of(kind.type, typed.get(f"other:{each.cell}", ()))
            wrong = [f for f in edit_faults(REGISTER, each.cell, value, today=today) if not f.warn]
            if value is None:
                faults.append(Fault(each.cell, FaultCode.MISSING, w.other_missing(what=label)))
            elif wrong:
                faults.append(Fault(each.cell, wrong[0].code, wrong[0].sentence_zh))
            else:
                picked[each.cell] = value
        else:
            faults.append(Fault(each.cell, FaultCode.MISSING, w.choose(what=label)))
    if len(_note(typed)) > conflicts.decision_notes.MOST:
        faults.append(
            Fault("note", FaultCode.OUT_OF_RANGE, w.note_long(most=conflicts.decision_notes.MOST))
        )
    return picked, tuple(faults)


async def _draw(
    console: Console,
    request: AnyRequest,
    found: Conflict,
    typed: Posted,
    faults: tuple[Fault, ...],
    *,
    moved: bool,
    status: int = 200,
) -> Response[Any]:
    w, signed, now = words("conflict"), signed_of(request), console.site.clock()
    today = times.civil(now).date()
    rows = [_choosing(each, found, typed, faults) for each in found.disputed]
    closed = found.line.task.closed_at is not None
    can = not closed and bool(rows) and signed.role is not StaffRole.COUNTY
    card = found.line.card
    name = card.name if card else ""
    return await console.page(
        request,
        Page("conflict.html.j2", "conflict", w.title(name=name), here="conflict",
             keys=_keys(alone=len(rows) == 1) if can else (Key("Esc", words("ui")["keys"].back),)),
        status=status, found=found, rows=rows, closed=closed, can=can, moved=moved,
        filled=Filled(typed, {}, faults), note=_note(typed), card=card,
        person=values.person_line(card, today) if card else "",
        allergies=allergy_names(found.allergies), left=times.left(found.line.task.due_at, now),
        due=times.long_day(times.civil(found.line.task.due_at).date()),
        writers=[_writer(each) for each in found.writers], steps=[_step(s) for s in found.steps],
        settled=[_settled(each) for each in found.settled],
        decided=[(values.cell_label(c), values.cell_text(c, v)) for c, v in found.decided.items()],
        before=_before(found), qw=words("queue"), who=_who(found),
        open_allergy=any(each.cell.startswith("drug_allergy/") for each in found.disputed),
    )  # fmt: skip


def _keys(*, alone: bool) -> tuple[Key, ...]:
    """`alone`: one item is disputed, so one key can end it."""
    w, ui = words("conflict")["keys"], words("ui")["keys"]
    return (
        *((Key("Shift 1", w.left_at_once),) if alone else ()),
        Key("1", w.left), Key("2", w.right), Key("3", w.other), Key("Tab", w.next),
        Key("Ctrl Enter", w.decide), Key("Esc", ui.back),
    )  # fmt: skip


def _who(found: Conflict) -> str:
    """两台平板, or how many places said something else."""
    w, n = words("conflict"), len(found.writers)
    tablets = {each.tablet for each in found.writers if each.tablet}
    return w.two_tablets if n == 2 == len(tablets) else w.more_tablets(n=n)


def _before(found: Conflict) -> str:
    """The day of the newest value that both had found."""
    days = [each.before_at for each in found.disputed if each.before_at]
    return times.long_date(times.civil(max(days)).date()) if days else ""


def _writer(each: conflicts.Writer) -> tuple[str, str]:
    w = words("conflict")
    name = w.resident if each.author == "resident" else each.name or w.import_
    place = w.tablet(label=each.tablet) if each.tablet else w.desk
    if words("queue").tablet in each.tablet:
        place = each.tablet
    line = (w.writer_offline if each.offline else w.writer)(
        place=place, when=values.moment(each.at)
    )
    return name, line


def _choosing(
    each: Disputed, found: Conflict, typed: Posted, faults: tuple[Fault, ...]
) -> Choosing:
    w = words("conflict")
    columns: list[tuple[Option, ...]] = []
    number = 0
    for index in range(len(found.writers)):
        said: list[Option] = []
        for saying in each.sayings:
            if saying.writer != index:
                continue
            number += 1
            key = str(number if number < 3 else number + 1)  # 3 fills in another value
            said.append(
                Option(
                    key, saying.change.hex(), values.cell_text(each.cell, saying.value),
                    values.changed(each.cell, each.before, saying.value, known=each.known),
                    saying.safer,
                )
            )  # fmt: skip
        columns.append(tuple(said))
    kind = REGISTER.field_of(each.cell)
    other = None if kind is None or isinstance(kind.type, Codes | ListOf) else kind
    when = times.long_date(times.civil(each.before_at).date()) if each.before_at else ""
    by = each.before_by or w.import_
    return Choosing(
        name=each.cell, label=values.cell_label(each.cell), options=tuple(columns),
        before=values.cell_text(each.cell, each.before) if each.known else w.not_known,
        before_said=w.before_said(when=when, who=by) if when else "",
        picked=(typed.get(f"pick:{each.cell}") or [""])[0],
        typed=(typed.get(f"other:{each.cell}") or [""])[0], other=other, how=_how(other),
        seen=",".join(head.hex() for head in each.heads),
        shown=values.cell_text(each.cell, each.shown),
        nobody_safer=not any(saying.safer for saying in each.sayings),
        fault=next((f for f in faults if f.field == each.cell), None),
    )  # fmt: skip


def _how(other: Field | None) -> str:
    if other is None:
        return ""
    return (
        "code" if isinstance(other.type, Code) else "day" if isinstance(other.type, Day) else "text"
    )


def _step(step: Step) -> tuple[str, str]:
    w = words("conflict")
    labels = list(dict.fromkeys(values.cell_label(cell) for cell in step.cells))
    fields = words("queue").and_.join(labels[:3])
    if len(labels) > 3:
        fields = words("queue").and_more(fields=fields, n=len(labels))
    tablet = step.tablet if words("queue").tablet in step.tablet else w.tablet(label=step.tablet)
    who = step.who or w.import_
    code = "wrote_offline" if step.what == "wrote" and step.offline else step.what
    when = times.civil(step.at)
    year = "%y-%m-%d" if step.what == "before" else "%m-%d %H:%M"
    return when.strftime(year), w.steps[code](who=who, tablet=tablet, fields=fields)


def _settled(each: conflicts.Settled) -> tuple[str, str]:
    w = words("conflict")
    text = values.masked(each.cell, values.cell_text(each.cell, each.value))
    when = values.plain_day(times.civil(each.at).date().isoformat())
    said = w.settled[each.how](value=text, who=each.who or w.import_, when=when)
    return values.cell_label(each.cell), said
