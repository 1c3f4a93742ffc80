"""更正 at the desk: the resident says what is not right, a member of staff holds the pen. The same
forms and actions as in the portal; the facility answers as ever.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened, Record
from server.actions.archives import opening
from server.actions.archives.opening import AskWhy
from server.actions.attachments.taken import take_form
from server.actions.residents import correction_steps as steps
from server.actions.residents import corrections, presence
from server.actions.residents.acting import Acting, Helper
from server.actions.residents.correction_file import TEXT_MOST, Correction
from server.actions.residents.correction_gate import Gate, desk_gate
from server.actions.residents.corrections import Saying, Wish
from server.actions.residents.reading import entries_of
from server.console.assisted_tiles import present_labels
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import correcting, times, values
from server.pages.correcting import Topic
from server.pages.forms import EMPTY, Filled, Posted
from server.pages.pictures import AT_ONCE, sent_of
from server.pages.pictures import Posted as Sent
from server.pages.web import AnyRequest, posted, see
from server.records.kinds import UnknownKind, get
from server.records.model import AccessClass, Field, Kind, Ref
from server.records.statement import STATEMENT
from server.records.values import Fault, FaultCode
from server.rules import corrections as rule
from server.rules.accounts import FACILITY_ROLES
from server.rules.corrections import Lane
from server.rules.family import Act

PATH: Final = "/archives/{resident:str}/for/correct"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_asking(console), *_following(console)]


def _asking(console: Console) -> list[HTTPRouteHandler]:
    @page(PATH, roles=FACILITY_ROLES)
    async def every(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        opened = await _opened(console, request, resident)
        if opened is None:
            return see(f"/console/archives/{resident}/for")
        return await _draw(console, request, resident, opened)

    @page(PATH + "/{what:str}/{name:str}", roles=FACILITY_ROLES)
    async def form(
        request: AnyRequest, resident: FromPath[str], what: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        opened = await _opened(console, request, resident)
        if opened is None:
            return see(f"/console/archives/{resident}/for")
        asked = _asked(opened, what, name)
        topic, _, kind = asked
        filled = correcting.blank(topic, opened.cells, kind) if topic else EMPTY
        return await _draw(console, request, resident, opened, asked=asked, filled=filled)

    @action(PATH + "/{what:str}/{name:str}", roles=FACILITY_ROLES, pictures=True)
    async def send(
        request: AnyRequest, resident: FromPath[str], what: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        opened, sent = await _opened(console, request, resident), await sent_of(request)
        if opened is None:
            return see(f"/console/archives/{resident}/for")
        asked = _asked(opened, what, name)
        filled, photos = await _take(console, request, opened, asked, sent)
        if filled is None:
            return see(f"/console/archives/{resident}/for/correct?done=1")
        return await _draw(
            console, request, resident, opened, asked=asked, filled=filled, photos=photos
        )

    return [every, form, send]


def _following(console: Console) -> list[HTTPRouteHandler]:
    @action(PATH + "/{what:str}/{name:str}/say", roles=FACILITY_ROLES)
    async def say(
        request: AnyRequest, resident: FromPath[str], what: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Answers, takes back or appeals for the resident who is present."""
        opened, typed = await _opened(console, request, resident), await posted(request)
        if opened is None:
            return see(f"/console/archives/{resident}/for")
        text = "\n".join(typed.get("text", ())).replace("\r\n", "\n").strip()[:TEXT_MOST]
        w = words("assisted_correct")
        filled = Filled(typed)
        if what != "withdraw" and not text:
            filled = filled.but(Fault("text", FaultCode.MISSING, w.text_missing))
        acting = _acting(request, opened, typed)
        if acting is None:
            filled = filled.but(Fault("person", FaultCode.MISSING, w.person_missing))
        elif not filled.hard:
            gate = desk_gate(console.site, signed_of(request), opened, acting)
            try:
                await _step(console, acting, gate, what, id_of(name), text)
            except RuleSaysNo as no:
                said = w.no.get(no.detail, w.no.otherwise)
                filled = filled.but(Fault("text", FaultCode.CONTRADICTION, said))
            else:
                return see(f"/console/archives/{resident}/for/correct?done=1")
        return await _draw(console, request, resident, opened, filled=filled, said=name)

    return [say]


async def _step(
    console: Console, acting: Acting, gate: Gate, what: str, name: bytes, text: str
) -> None:
    site = console.site
    match what:
        case "withdraw":
            reason = words("assisted_correct").withdrawn_reason
            await steps.withdraw(site, acting, gate, name, reason)
        case "reply":
            await steps.reply(site, acting, gate, name, text)
        case "appeal":
            await steps.appeal(site, acting, gate, name, text)
        case _:
            raise NotYours("step")


async def _opened(console: Console, request: AnyRequest, resident: str) -> Opened | None:
    """None where nobody said that the resident is there."""
    signed, who = signed_of(request), id_of(resident)
    if await presence.until(console.site, signed, who) is None:
        return None
    opened = await opening.open_for(console.site, signed, who)
    return None if isinstance(opened, AskWhy) else opened


def _acting(request: AnyRequest, opened: Opened, typed: Posted) -> Acting | None:
    """Who stands there, with this member of staff holding the pen; None where nobody was picked."""
    person = (typed.get("person") or [""])[0]
    if not person:
        return None
    signed = signed_of(request)
    return Acting(id_of(person), opened.resident, Helper(signed.staff, signed.facility))


Asked = tuple[Topic | None, Record | None, Kind]


def _asked(opened: Opened, what: str, name: str) -> Asked:
    """The form that is asked for: of a value, or words beside a record. Raises NotYours."""
    if what == "field":
        topic = correcting.topic_of(name)
        if topic is None or topic.access.value not in opened.classes:
            raise NotYours("field")
        if topic.lane is not Lane.COMMENT:
            return topic, None, correcting.form_of(topic, opened.cells, _label)
        field = topic.fields[0]
        return None, None, correcting.statement_form({field.name: field.label})
    record = next((r for r in opened.records if r.change.id == id_of(name)), None)
    if what != "record" or record is None or not record.form():
        raise NotYours("record")
    form = record.form()
    fields = {
        each.name: each.label for each in _fields(record)
        if each.name in form and not isinstance(each.type, Ref)
    }  # fmt: skip
    return None, record, correcting.statement_form(fields)


def _fields(record: Record) -> tuple[Field, ...]:
    try:
        return get(record.change.kind, record.change.v).fields
    except UnknownKind:
        return ()


def _label(field: Field) -> str:
    return field.label


async def _take(
    console: Console, request: AnyRequest, opened: Opened, asked: Asked, sent: Sent
) -> tuple[Filled | None, tuple[bytes, ...]]:
    """None when it was kept; else the form with its faults. And the pictures that go with it."""
    topic, record, kind = asked
    w, site, typed = words("assisted_correct"), console.site, sent.texts
    today = times.civil(site.clock()).date()
    name = id_of((typed.get("id") or [""])[0])
    wanted: Mapping[str, Any] = {}
    if topic is not None:
        filled, wanted = correcting.read(topic, opened.cells, kind, typed, today=today, new=name)
    else:
        filled = correcting.read_statement(kind, typed, today)
    acting = _acting(request, opened, typed)
    if acting is None:
        filled = filled.but(Fault("person", FaultCode.MISSING, w.person_missing))
    photos, bad = await take_form(
        site, opened.resident, name, correcting.ticked(typed), sent.files,
        by=signed_of(request).staff, cls=_class_of(topic, record),
    )  # fmt: skip
    filled = filled.but(*correcting.photo_faults(bad))
    if filled.hard or acting is None:
        return filled, photos
    gate = desk_gate(site, signed_of(request), opened, acting)
    why, text = filled.values[correcting.WHY], filled.text(correcting.TEXT).strip()
    try:
        if topic is not None:
            await corrections.ask(site, acting, gate, Wish(name, wanted, why, text, photos))
        else:
            field = filled.values.get(correcting.FIELD, "")
            about = record.change.id if record is not None else None
            saying = Saying(name, about, field, why, text, photos)
            await corrections.state(site, acting, gate, saying)
    except RuleSaysNo as no:
        said = w.no.get(no.detail, w.no.otherwise)
        return filled.but(Fault("", FaultCode.CONTRADICTION, said)), photos
    return None, photos


def _class_of(topic: Topic | None, record: Record | None) -> AccessClass:
    if topic is not None:
        return topic.access
    return AccessClass(record.cls) if record is not None else AccessClass.A


# The page.


async def _draw(
    console: Console, request: AnyRequest, resident: str, opened: Opened, *,
    asked: Asked | None = None, filled: Filled = EMPTY, said: str = "",
    photos: tuple[bytes, ...] = (),
) -> Response[Any]:  # fmt: skip
    w, signed, site = words("assisted_correct"), signed_of(request), console.site
    card = await presence.card(site, signed, opened.resident)
    present = await presence.people(site, opened.resident, Act.CORRECT)
    found = await steps.mine(site, opened.resident, opened.classes)
    now = site.clock()
    topic, record, kind = asked or (None, None, None)
    fields = [
        (t.name, t.fields[0].label, correcting.text_of(t, opened.cells))
        for t in correcting.topics()
        if t.access.value in opened.classes
    ]
    records = [
        (each.id.hex(), values.form_label(each.kind), values.plain_day(each.on))
        for each in entries_of(opened.records)
        if each.stands and each.kind != STATEMENT
    ]
    return await console.page(
        request,
        Page("assisted_correct.html.j2", "assisted_correct", w.title, "people",
             (Key("Escape", w.back),)),
        status=422 if filled.hard else 200, id=resident, card=card,
        person=values.person_line(card, times.civil(now).date()) if card else "", filled=filled,
        kind=kind, form_id=filled.text("id") or corrections.fresh_id(site).hex(), said=said,
        people=present_labels(present), fields=fields, records=records,
        before=correcting.text_of(topic, opened.cells) if topic else "",
        what=_what(topic, record), path=request.url.path, left=None, due="", allergy_text="",
        mine=[_line(each, now) for each in found], done="done" in request.query_params,
        short=correcting.TEXT, photos=photos, at_once=AT_ONCE,
    )  # fmt: skip


def _what(topic: Topic | None, record: Record | None) -> str:
    if topic is not None:
        return topic.fields[0].label
    if record is not None:
        return values.form_label(record.change.kind)
    return words("assisted_correct").page


def _line(file: Correction, now: int) -> dict[str, Any]:
    w = words("correction").outcomes
    states = words("assisted_correct").states
    field = correcting.topic_of(file.content.field) if file.lane is not Lane.COMMENT else None
    label = field.fields[0].label if field else values.form_label(file.content.kind or STATEMENT)
    open_ = file.state in rule.OPEN
    applied = file.state is rule.State.WAITING and file.lane is Lane.CHANGE
    choice = words("correcting").declined.get(file.content.choice, "")
    answer = file.content.ruling or file.content.answer
    return {
        "id": file.id.hex(), "label": label, "asked": times.moment_text(file.asked_at, now_ms=now),
        "state": states["changed" if applied else file.state.value] if open_
        else w.get(file.outcome.value, w.none),
        "answer": answer, "choice": "" if file.content.ruling else choice,
        "reply": file.state is rule.State.ASKED, "withdraw": open_,
        "asked_back": file.content.talk[-1].text if file.state is rule.State.ASKED else "",
        "appeal": rule.may_appeal(
            file.state, file.outcome, now_ms=now, due_ms=file.due_at, answered_ms=file.answered_at
        ),
    }  # fmt: skip
