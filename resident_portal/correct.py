"""不对: what can be put right, one form for what is one thing, words beside a record.

Form and cells: server/pages/correcting.py. A photo that was taken stays with the form when another
field has a fault. Status pages: correct_status.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import plain, said
from resident_portal.basics import MASKED, masked
from resident_portal.correct_status import (
    back_of,
    came_from,
    line_of,
    matters,
    open_marks,
    reaches,
)
from resident_portal.disputes import MARKS
from resident_portal.door import action, check_csrf, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import PARTS
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.attachments.taken import take_form
from server.actions.residents import correction_steps as steps
from server.actions.residents import corrections
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.corrections import OpenAlready, Saying, Wish
from server.actions.residents.reading import ArchiveShut, Entry, Reading, read
from server.actions.residents.visits import Visitor
from server.errors import NotYours, RuleSaysNo
from server.pages import correcting, times, values
from server.pages.correcting import Topic
from server.pages.forms import EMPTY, Filled
from server.pages.pictures import BODY_MOST, Posted, posted_with_pictures
from server.pages.sections import sections_of
from server.pages.web import CSRF, AnyRequest, posted, see
from server.records.kinds import REGISTER
from server.records.model import AccessClass, Kind, Ref
from server.records.values import Fault, FaultCode
from server.rules.corrections import Lane
from sync.merge import choose

HERE: Final = "/portal/correct"
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Form:
    """A form in hand: where it is sent, its fields, what was typed, photos that are here.

    `already`: the correction of the same value that waits for an answer, "" for none.
    """

    path: str
    id: str
    kind: Kind
    filled: Filled
    photos: tuple[bytes, ...] = ()
    already: str = ""


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    if matters not in PARTS:
        PARTS.append(matters)
        MARKS.append(open_marks)
    return [_list(portal), *_fields(portal), *_records(portal)]


def _list(portal: Portal) -> HTTPRouteHandler:
    @page("/correct")
    async def every(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        reading = await _whole(portal, visitor)
        every_one = await steps.mine(portal.site, reading.resident, reading.classes)
        found = [each for each in every_one if reaches(reading, each)]
        now = portal.site.clock()
        marks = await open_marks(portal, visitor)
        groups: list[tuple[str, list[tuple[str, str, str, str]]]] = []
        for title, some in sections_of(REGISTER, [t.fields[0] for t in correcting.topics()]):
            rows = [
                (each.name, plain.label(each), text, marks.get(f"field/{each.name}", ""))
                for each in some
                if each.access.value in reading.classes
                and (topic := correcting.topic_of(each.name)) is not None
                for text in (_said(topic, reading) or words("correct").nothing_there,)
            ]
            if rows:
                groups.append((title, rows))
        return portal.page(
            request, Page("correct.html.j2", "correct", words("correct").title, back="/portal/"),
            mine=[line_of(each, now) for each in found], groups=groups,
        )  # fmt: skip

    return every


def _fields(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/correct/field/{name:str}")
    async def form(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        visitor = visitor_of(request)
        reading = await _whole(portal, visitor)
        topic = _topic(reading, name)
        if topic.lane is Lane.COMMENT:
            return _statement(portal, request, None)
        if topic.name != name:
            return see(f"{HERE}/field/{topic.name}{came_from(request)}")
        marks = await open_marks(portal, visitor)
        waits = [marks[f"field/{n}"] for n in sorted(_names(topic)) if f"field/{n}" in marks]
        return _edit(portal, request, reading, topic, None, already="".join(waits[:1]))

    @action("/correct/field/{name:str}", most=BODY_MOST, own_csrf=True)
    async def send(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        visitor, sent = visitor_of(request), await _sent(request)
        reading = await _whole(portal, visitor)
        topic = _topic(reading, name)
        if topic.lane is Lane.COMMENT:
            return await _take_statement(portal, request, reading, None, sent)
        kind = correcting.form_of(topic, reading.cells, plain.label)
        site, today = portal.site, times.civil(portal.site.clock()).date()
        new = id_of(_text(sent, "id"))
        filled, wanted = correcting.read(
            topic, reading.cells, kind, sent.texts, today=today, new=new
        )
        photos, bad = await _photos(portal, visitor, reading, sent, new, topic.access)
        path = f"{HERE}/field/{topic.name}{came_from(request)}"
        form = Form(path, new.hex(), kind, filled.but(*bad), photos)
        if form.filled.hard:
            return _edit(portal, request, reading, topic, form)
        wish = Wish(
            new, wanted, filled.values[correcting.WHY], filled.text(correcting.TEXT).strip(),
            photos,
        )  # fmt: skip
        gate = own_gate(site, visitor.acting)
        try:
            await corrections.ask(site, visitor.acting, gate, wish)
        except RuleSaysNo as no:
            return _edit(portal, request, reading, topic, _refused(form, no))
        return see(f"{HERE}/{new.hex()}{came_from(request)}")

    return [form, send]


def _records(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/correct/record/{record:str}")
    async def form(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        reading = await _whole(portal, visitor_of(request))
        return _statement(portal, request, _entry(reading, record))

    @action("/correct/record/{record:str}", most=BODY_MOST, own_csrf=True)
    async def send(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        sent = await _sent(request)
        reading = await _whole(portal, visitor_of(request))
        return await _take_statement(portal, request, reading, _entry(reading, record), sent)

    return [form, send]


# Reading.


async def _whole(portal: Portal, visitor: Visitor) -> Reading:
    """The archive, for whoever may see all of it. Raises ArchiveShut."""
    reading = await read(portal.site, visitor.acting)
    if not reading.whole:
        raise ArchiveShut("helper")
    return reading


def _topic(reading: Reading, name: str) -> Topic:
    found = correcting.topic_of(name)
    if found is None or found.access.value not in reading.classes:
        raise NotYours("field")
    return found


def _entry(reading: Reading, record: str) -> Entry:
    name = id_of(record)
    found = next((each for each in reading.entries if each.id == name and each.stands), None)
    if found is None:
        raise NotYours("record")
    return found


def _said(topic: Topic, reading: Reading) -> str:
    """What stands there, numbers masked."""

    def text(name: str, value: Any) -> str:
        if name in MASKED:
            return masked(name, str(value))
        return plain.spoken(values.cell_text(name, value))

    return correcting.text_of(topic, correcting.archives(topic, reading.cells), text)


def _by(topic: Topic, reading: Reading, now: int) -> str:
    """When what stands there was written, and that the resident wrote it."""
    heads = [
        head
        for name, cell in correcting.archives(topic, reading.cells).items()
        if name.partition("/")[0] in _names(topic)
        and (head := choose(cell, REGISTER.policy_of(name)).head)
    ]
    if not heads:
        return ""
    last, w = max(heads, key=lambda each: each.at), words("correct")
    day = said.day_of(last.at, now)
    return (w.written_own if last.author == "resident" else w.written)(day=day)


def _names(topic: Topic) -> set[str]:
    return {each.name for each in topic.fields}


# Drawing.


def _edit(
    portal: Portal,
    request: AnyRequest,
    reading: Reading,
    topic: Topic,
    form: Form | None,
    *,
    already: str = "",
) -> Response[Any]:
    w, now = words("correct"), portal.site.clock()
    kind = correcting.form_of(topic, reading.cells, plain.label)
    if form is None:
        filled = correcting.blank(topic, reading.cells, kind)
        name = corrections.fresh_id(portal.site).hex()
        path = f"{HERE}/field/{topic.name}{came_from(request)}"
        form = Form(path, name, kind, filled, already=already)
    label = plain.label(topic.fields[0])
    return portal.page(
        request,
        Page("correct_form.html.j2", "correct", w.form_title(what=label), back_of(request, None)),
        status=422 if form.filled.faults else 200, form=form, what=label,
        before=_said(topic, reading) or w.nothing_there, by=_by(topic, reading, now),
        after=_after(portal, topic.lane), why=correcting.WHY, lane=topic.lane.value,
        sunken=(), own=topic.name,
    )  # fmt: skip


def _after(portal: Portal, lane: Lane) -> str:
    """What follows, with the day."""
    now = portal.site.clock()
    due = now + portal.site.rules.correction_due_days * DAY_MS
    return words("correct").after[lane.value](day=said.day_of(due, now))


def _statement_kind(found: Entry | None) -> Kind:
    if found is None:
        remarks = REGISTER.field("remarks")
        assert remarks is not None
        return correcting.statement_form({remarks.name: plain.label(remarks)})
    kind = plain.kind_of(found.kind)
    fields = [
        each for each in (kind.fields if kind else ())
        if each.name in found.form and not isinstance(each.type, Ref)
    ]  # fmt: skip
    return correcting.statement_form({each.name: plain.label(each) for each in fields})


def _path(request: AnyRequest, found: Entry | None) -> str:
    """Where the words are sent: of a record, or of the archive's own page."""
    what = f"record/{found.id.hex()}" if found else "field/remarks"
    return f"{HERE}/{what}{came_from(request)}"


def _statement(
    portal: Portal, request: AnyRequest, found: Entry | None, form: Form | None = None
) -> Response[Any]:
    w, today = words("correct"), times.civil(portal.site.clock()).date()
    if form is None:
        path = _path(request, found)
        name = corrections.fresh_id(portal.site).hex()
        form = Form(path, name, _statement_kind(found), EMPTY)
    what = plain.form_name(found.kind, found.record.cls) if found else plain.form_name("basic_info")
    kind = plain.kind_of(found.kind) if found else None
    lines = [
        (plain.label(each), plain.text(each, found.form[each.name]))
        for each in (kind.fields if kind and found else ())
        if found and each.name in found.form and not isinstance(each.type, Ref)
    ]
    return portal.page(
        request,
        Page("correct_form.html.j2", "correct", w.form_title(what=what),
             back_of(request, found.id if found else None)),
        status=422 if form.filled.faults else 200, form=form, what=what,
        before=said.weekday(found.on, today) if found else "", by="",
        after=_after(portal, Lane.COMMENT), why=correcting.WHY, lane="comment", sunken=lines,
        own="",
    )  # fmt: skip


# Taking.


async def _sent(request: AnyRequest) -> Posted:
    """With pictures, or as plain text when it was kept over a sign-in; the token is checked."""
    if request.content_type[0] == "multipart/form-data":
        sent = await posted_with_pictures(request)
    else:
        sent = Posted(await posted(request))
    check_csrf(request, _text(sent, CSRF))
    return sent


def _text(sent: Posted, name: str) -> str:
    return (sent.texts.get(name) or [""])[0]


async def _take_statement(
    portal: Portal, request: AnyRequest, reading: Reading, found: Entry | None, sent: Posted
) -> Response[Any]:
    visitor, site = visitor_of(request), portal.site
    kind = _statement_kind(found)
    filled = correcting.read_statement(kind, sent.texts, times.civil(site.clock()).date())
    access = AccessClass(found.record.cls) if found else AccessClass.A
    name = id_of(_text(sent, "id"))
    photos, bad = await _photos(portal, visitor, reading, sent, name, access)
    form = Form(_path(request, found), name.hex(), kind, filled.but(*bad), photos)
    if form.filled.hard:
        return _statement(portal, request, found, form)
    field = filled.values.get(correcting.FIELD, "remarks" if found is None else "")
    saying = Saying(
        name, found.id if found else None, field, filled.values[correcting.WHY],
        filled.values[correcting.TEXT], photos,
    )  # fmt: skip
    try:
        await corrections.state(site, visitor.acting, own_gate(site, visitor.acting), saying)
    except RuleSaysNo as no:
        return _statement(portal, request, found, _refused(form, no))
    return see(f"{HERE}/{name.hex()}{came_from(request)}")


async def _photos(
    portal: Portal,
    visitor: Visitor,
    reading: Reading,
    sent: Posted,
    name: bytes,
    access: AccessClass,
) -> tuple[tuple[bytes, ...], Sequence[Fault]]:
    """Those taken with this form before, and the new ones; what was wrong with any."""
    photos, bad = await take_form(
        portal.site, reading.resident, name, correcting.ticked(sent.texts), sent.files,
        by=visitor.person, cls=access,
    )  # fmt: skip
    return photos, correcting.photo_faults(bad)


def _refused(form: Form, no: RuleSaysNo) -> Form:
    """A rule said no: at the top of the form, with what to do."""
    w = words("correct").no
    said_ = w.get(no.detail, w.otherwise)
    faults = (Fault("", FaultCode.CONTRADICTION, said_),)
    already = f"{HERE}/{no.correction.hex()}" if isinstance(no, OpenAlready) else ""
    return replace(form, filled=form.filled.but(*faults), already=already)
