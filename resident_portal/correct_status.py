"""What became of a correction: one page from the first minute to the last word, days in words.

Every state says who is next and what the resident may do now: answer, take it back, go to the
county.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import plain, said
from resident_portal.basics import MASKED, masked
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import Matter
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.residents import correction_steps as steps
from server.actions.residents.correction_file import TEXT_MOST, Correction
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.correction_steps import Status
from server.actions.residents.reading import ArchiveShut, Reading, read
from server.actions.residents.visits import Visitor
from server.errors import NotFound, NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.correcting import answer_text, topic_of
from server.pages.forms import EMPTY, Filled
from server.pages.web import HEADERS, AnyRequest, posted, see
from server.records.kinds import REGISTER
from server.records.statement import REASONS
from server.records.values import Fault, FaultCode
from server.rules import corrections as rule
from server.rules.corrections import Lane, Outcome, State
from server.rules.reach import Reach, shows_cell

HERE: Final = "/portal/correct"
BACK: Final = {
    "archive": "/portal/archive#basics",
    "restricted": "/portal/archive/group/restricted",
}
RECORD: Final = "record"


@dataclass(frozen=True, slots=True)
class Line:
    """One correction in a list."""

    href: str
    title: str
    quiet: str
    tone: str
    sign: str
    state: str


@dataclass(frozen=True, slots=True)
class Diff:
    """One value: what stood there, what is wanted, what was decided ("" | yes | no)."""

    label: str
    before: str
    wanted: str
    verdict: str


def came_from(request: AnyRequest) -> str:
    """Where the correction was begun, as the end of an address: only what this server knows."""
    asked = request.query_params.get("from", "")
    return f"?from={asked}" if asked in (*BACK, RECORD) else ""


def back_of(request: AnyRequest, record: bytes | None) -> str:
    """The way back: to the page on which it was begun, else to the list."""
    asked = request.query_params.get("from", "")
    if asked == RECORD and record is not None:
        return f"/portal/archive/record/{record.hex()}"
    return BACK.get(asked, HERE)


def title_of(file: Correction) -> str:
    """What it is about, in the resident's words."""
    content = file.content
    if file.lane is not Lane.COMMENT:
        found = topic_of(content.field)
        return plain.label(found.fields[0]) if found is not None else content.field
    if not file.record:
        return plain.form_name(REGISTER.id)
    return plain.form_name(content.kind, file.cls)


def line_of(file: Correction, now: int) -> Line:
    w = words("correct")
    tone, sign = _LOOK.get(file.state, ("", "check"))
    if file.state is State.WAITING and file.lane is Lane.CHANGE:
        tone, sign = "pine", "check"
    if is_late(file, now):
        tone, sign = "due", "warn"
    asked = w.asked_on(day=said.day_of(file.asked_at, now))
    return Line(f"{HERE}/{file.id.hex()}", title_of(file), asked, tone, sign, _short(file, now))


_LOOK: Final = {
    State.WAITING: ("wait", "clock"), State.ASKED: ("due", "voice"),
    State.APPEALED: ("wait", "clock"), State.ANSWERED: ("pine", "check"),
    State.RULED: ("pine", "check"), State.WITHDRAWN: ("", "cross"),
}  # fmt: skip


def is_late(file: Correction, now: int) -> bool:
    return file.state in rule.OPEN and now > file.due_at


def _short(file: Correction, now: int) -> str:
    w = words("correct").short
    if is_late(file, now):
        return w.late
    if file.state in (State.ANSWERED, State.RULED, State.WITHDRAWN):
        return w.outcomes[file.outcome.value or "none"]
    if file.state is State.WAITING and file.lane is Lane.CHANGE:
        return w.changed
    return w[file.state.value](left=said.left(times.civil(file.due_at).date(),
                                              times.civil(now).date()))  # fmt: skip


async def _mine(portal: Portal, visitor: Visitor) -> tuple[Correction, ...]:
    """Empty for whoever may not correct here."""
    acting = visitor.acting
    return await steps.followed(portal.site, acting, own_gate(portal.site, acting))


def reaches(reading: Reading, file: Correction) -> bool:
    """Whether it is about something that this reader is handed: a guardian of somebody of 14 to 17
    reads no words about the rest.
    """
    far, scopes = reading.reach, reading.scopes
    if file.lane is not Lane.COMMENT:
        return all(shows_cell(name, far, scopes) for name in file.content.wanted)
    if file.record is None:
        return shows_cell("remarks", far, scopes)
    if far is Reach.ALL:  # also of a record that has gone back to another archive since
        return True
    return any(each.id == file.record for each in reading.entries)


async def matters(portal: Portal, visitor: Visitor) -> Sequence[Matter]:
    """Open ones, and what was answered in the last days, on the home page."""
    now = portal.site.clock()
    found = [each for each in await _mine(portal, visitor) if each.state in rule.OPEN]
    w = words("correct")
    return [
        Matter(line.href, w.matter(what=line.title), line.quiet, line.tone, line.sign, line.state)
        for line in (line_of(each, now) for each in found)
    ]


async def open_marks(portal: Portal, visitor: Visitor) -> Mapping[str, str]:
    """居民提出异议, where the archive's pages show the value or the record."""
    marks: dict[str, str] = {}
    for each in await _mine(portal, visitor):
        if each.state not in rule.OPEN or each.lane is Lane.CHANGE:
            continue
        href = f"{HERE}/{each.id.hex()}"
        if each.record is not None:
            marks.setdefault(f"record/{each.record.hex()}", href)
        elif each.lane is Lane.COMMENT:
            marks.setdefault("field/remarks", href)
        for name in each.content.wanted:
            marks.setdefault(f"field/{name.partition('/')[0]}", href)
    return marks


# The page.


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_showing(portal), *_doing(portal)]


def _showing(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/correct/{name:str}")
    async def status(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _draw(portal, request, name, EMPTY)

    @page("/correct/{name:str}/photo/{photo:str}")
    async def photo(
        request: AnyRequest, name: FromPath[str], photo: FromPath[str]
    ) -> Response[Any]:
        reading, found = await _status(portal, visitor_of(request), name)
        wanted = id_of(photo, 32)
        if wanted not in found.pictures:
            raise NotFound("picture")
        kind, content = await steps.picture(portal.site, reading.resident, reading.classes, wanted)
        return Response(content, media_type=kind, headers=HEADERS)

    return [status, photo]


def _doing(portal: Portal) -> list[HTTPRouteHandler]:
    @action("/correct/{name:str}/withdraw")
    async def withdraw(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        acting = visitor_of(request).acting
        gate, w = own_gate(portal.site, acting), words("correct")
        try:
            await steps.withdraw(portal.site, acting, gate, id_of(name), w.withdrawn_reason)
        except RuleSaysNo as no:
            return await _draw(portal, request, name, _no(EMPTY, no))
        return see(f"{HERE}/{name}")

    @action("/correct/{name:str}/reply")
    async def reply(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _say(portal, request, name, "reply")

    @action("/correct/{name:str}/appeal")
    async def appeal(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _say(portal, request, name, "appeal")

    return [withdraw, reply, appeal]


async def _say(portal: Portal, request: AnyRequest, name: str, what: str) -> Response[Any]:
    typed, w, acting = await posted(request), words("correct"), visitor_of(request).acting
    text = "\n".join(typed.get(what, ())).replace("\r\n", "\n").strip()
    filled = Filled(typed)
    if not text:
        fault = Fault(what, FaultCode.MISSING, w.missing[what])
        return await _draw(portal, request, name, filled.but(fault))
    if len(text) > TEXT_MOST:
        fault = Fault(what, FaultCode.OUT_OF_RANGE, w.text_long(most=TEXT_MOST))
        return await _draw(portal, request, name, filled.but(fault))
    act = steps.reply if what == "reply" else steps.appeal
    try:
        await act(portal.site, acting, own_gate(portal.site, acting), id_of(name), text)
    except RuleSaysNo as no:
        return await _draw(portal, request, name, _no(filled, no))
    return see(f"{HERE}/{name}")


def _no(filled: Filled, no: RuleSaysNo) -> Filled:
    w = words("correct").no
    return filled.but(Fault("", FaultCode.CONTRADICTION, w.get(no.detail, w.otherwise)))


async def _status(portal: Portal, visitor: Visitor, name: str) -> tuple[Reading, Status]:
    reading = await read(portal.site, visitor.acting)
    if not reading.whole:
        raise ArchiveShut("helper")
    found = await steps.status(portal.site, reading.resident, reading.classes, id_of(name))
    if not reaches(reading, found.file):
        raise NotYours("correction")
    return reading, found


async def _draw(portal: Portal, request: AnyRequest, name: str, filled: Filled) -> Response[Any]:
    _, found = await _status(portal, visitor_of(request), name)
    file, now, w = found.file, portal.site.clock(), words("correct")
    today = times.civil(now).date()
    plain_text, marked = _sentence(found, now)
    appeals = rule.may_appeal(
        file.state, file.outcome, now_ms=now, due_ms=file.due_at, answered_ms=file.answered_at
    )
    return portal.page(
        request,
        Page("correct_status.html.j2", "correct", w.status_title, back_of(request, file.record)),
        status=422 if filled.faults else 200, filled=filled, file=file, name=name,
        what=title_of(file), plain=plain_text, marked=marked, diffs=diffs_of(file),
        record=file.record.hex() if file.record else "",
        field=_field_label(file), on=said.weekday(file.content.on, today)
        if file.content.on else "",
        why=REASONS.get(file.content.why, ""), steps=_steps(found, now),
        talk=_talk(found, now), photos=[each.hex() for each in found.pictures],
        late=is_late(file, now), appeals=appeals, open=rule.may_withdraw(file.state),
        is_change=file.lane is Lane.CHANGE,
        choice=words("correcting").declined.get(file.content.choice, ""),
    )  # fmt: skip


def _field_label(file: Correction) -> str:
    kind = plain.kind_of(file.content.kind)
    field = kind.field(file.content.field) if kind is not None else None
    return plain.label(field) if field is not None else ""


def diffs_of(file: Correction) -> list[Diff]:
    content, made = file.content, list[Diff]()
    verdicts = content.rulings or content.verdicts
    follow = rule.together(content.wanted)
    for name in content.wanted:
        if name in follow:
            continue
        verdict = "" if name not in verdicts else "yes" if verdicts[name] else "no"
        before = answer_text(content.before, name, _text)
        made.append(Diff(_label(name), before, answer_text(content.wanted, name, _text), verdict))
    return made


def _label(name: str) -> str:
    found = REGISTER.field_of(name)
    return plain.label(found) if found is not None else name


def _text(name: str, value: Any) -> str:
    w = words("correct")
    if value is None or value == "":
        return w.nothing_there
    if name in MASKED:
        return masked(name, str(value))
    return plain.spoken(values.cell_text(name, value))


def _sentence(found: Status, now: int) -> tuple[str, str]:
    """The page's sentence: what is plain, what is marked."""
    w, file = words("correct").sentence, found.file
    day = said.day_of(file.due_at, now)
    left = said.left(times.civil(file.due_at).date(), times.civil(now).date())
    who = found.facility or words("correct").facility
    if is_late(file, now):
        key = "late_county" if file.state is State.APPEALED else "late"
        return w[key].plain(who=who), w[key].mark(left=left)
    key = file.state.value
    if file.state in (State.ANSWERED, State.RULED, State.WITHDRAWN):
        return w[key].plain(who=who), w.outcomes[file.outcome.value]
    if file.state is State.WAITING and file.lane is Lane.CHANGE:
        key = "changed"
    return w[key].plain(who=who), w[key].mark(day=day, left=left)


def _steps(found: Status, now: int) -> list[tuple[str, str]]:
    """How it came to this, oldest first."""
    w, file = words("correct").steps, found.file
    made = [(file.asked_at, w.asked_helped(who=found.names.get(file.helper, ""))
             if file.helper else w.asked)]  # fmt: skip
    if file.overdue_at:
        made.append((file.overdue_at, w.overdue))
    if file.answered_at:
        by = found.names.get(file.answered_by, "") if file.answered_by else ""
        over = file.outcome in (Outcome.WITHDRAWN, Outcome.REPLACED)
        made.append((file.answered_at, w[file.outcome.value] if over else w.answered(who=by)))
    if file.appealed_at:
        made.append((file.appealed_at, w.appealed))
    if file.ruled_at:
        made.append((file.ruled_at, w.ruled))
    return [(said.moment(at, now), text) for at, text in sorted(made)]


def _talk(found: Status, now: int) -> list[tuple[str, str]]:
    w = words("correct")
    return [
        (
            w.said_by(
                who=found.names.get(bytes.fromhex(each.staff), "") if each.staff else w.you,
                when=said.moment(each.at, now),
            ),
            each.text,
        )
        for each in found.file.content.talk
    ]
