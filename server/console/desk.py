"""The online desk: a form of the catalogue filled in for one resident, saved as a tablet saves it.

The id of the change is made with the form and travels in it, so a second press or a form sent again
after sign-in saves nothing twice. An edit carries the values and heads its author saw, so it merges
as a tablet's would, and may be in conflict as a tablet's may.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Raw

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives import desk, opening
from server.actions.archives.desk import SavedOtherwise
from server.actions.archives.first_written import WrittenElsewhere, elsewhere_now
from server.actions.archives.folder import card_of, colleagues, facilities
from server.actions.archives.opening import AskWhy, Given
from server.actions.archives.persons import death_of
from server.console import desk_computed, desk_form, desk_referral
from server.console.archive import allergy_text, ask_why, can_write, shown_of
from server.console.desk_computed import Beside
from server.console.desk_edit import (
    Seen,
    Wrong,
    body_seen,
    edits_of,
    faults_of,
    fields_to_edit,
    nothing_changed,
    packed,
    seen_of,
    unpacked,
)  # fmt: skip
from server.console.desk_form import DO, SERVICE_DAY, SURE, Choices, service_day_field
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.people import given_of, why_fields, why_kind
from server.console.words import words
from server.errors import NotYours
from server.pages import times, values
from server.pages.forms import EMPTY, Filled, Posted, read_form, value_of
from server.pages.web import CSRF, posted, see
from server.records.child_slots import slot_of
from server.records.kinds import UnknownKind, current, may_fill_in
from server.records.model import Field, Kind, ListOf, Shape
from server.records.prefill import Written, asked_of_basics, last_values, prefilled
from server.records.upcast import newest
from server.records.values import Fault, FaultCode
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.life import STATES, Life
from sync import wire

AnyRequest = Request[Any, Any, Any]
CHANGE: Final = "change"
AMENDS: Final = "amends"
SEEN: Final = "seen"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form in hand. `seen`: of an edit, what its author saw. `why`: the gate asks first."""

    resident: bytes
    kind: Kind
    fields: tuple[Field, ...]
    filled: Filled
    change: str
    amends: str = ""
    seen: str = ""
    why: bool = False


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/form/{kind:str}", roles=FACILITY_ROLES)
    async def form(
        request: AnyRequest, resident: FromPath[str], kind: FromPath[str]
    ) -> Response[Any]:
        opened = await opening.open_for(console.site, signed_of(request), id_of(resident))
        if isinstance(opened, AskWhy):
            return await ask_why(console, request, opened.resident, EMPTY, status=403)
        asked = {name: str(value) for name, value in request.query_params.items()}
        sheet = _blank(console, signed_of(request), opened, kind, asked)
        system = elsewhere_now(console.site).get(kind, "")
        if system:
            return await _written_elsewhere(console, request, sheet.kind, opened, system)
        return await _draw(console, request, sheet, opened)

    @action("/archive/{resident:str}/form/{kind:str}", roles=FACILITY_ROLES)
    async def save(
        request: AnyRequest, resident: FromPath[str], kind: FromPath[str]
    ) -> Response[Any]:
        typed = {name: v for name, v in (await posted(request)).items() if name != CSRF}
        return await _take(console, request, id_of(resident), kind, typed)

    return [form, save]


# Opening a form.


def kind_of(kind_id: str, today: date) -> Kind:
    """The form in force today. Raises NotYours for one there is not."""
    try:
        return current(kind_id, on=today)
    except UnknownKind:
        raise NotYours(kind_id) from None


def _blank(
    console: Console, signed: Signed, opened: Opened, kind_id: str, asked: Mapping[str, str]
) -> Sheet:
    """`asked`: the page's address: which record is corrected, or which a referral is about."""
    amends = asked.get(AMENDS, "")
    today = times.civil(console.site.clock()).date()
    kind, change = kind_of(kind_id, today), desk.fresh_id(console.site).hex()
    if not can_write(opened) or not may_fill_in(kind, opened.classes):
        raise NotYours("write")
    if kind.shape is Shape.REGISTER:
        fields = fields_to_edit(kind, opened.classes)
        seen = seen_of(kind, fields, opened)
        typed = desk_form.typed_from(fields, body_seen(kind, seen))
        filled = Filled(typed, {})
        return Sheet(opened.resident, kind, tuple(fields), filled, change, seen=packed(seen))
    body = _begins_with(kind, signed, opened, today, amends)
    if kind.id == desk_referral.REFERRAL and not amends:
        body |= desk_referral.begun(console.site, signed, opened, asked)
    day = str(body.pop(SERVICE_DAY, today.isoformat()))
    typed = {SERVICE_DAY: [day], **desk_form.typed_from(kind.fields, body)}
    return Sheet(opened.resident, kind, kind.fields, Filled(typed, {}), change, amends=amends)


def _begins_with(
    kind: Kind, signed: Signed, opened: Opened, today: date, amends: str
) -> dict[str, Any]:
    if amends:
        for each in opened.records:
            if each.change.id.hex() == amends and each.change.kind == kind.id:
                return {**each.form(), SERVICE_DAY: each.change.on}
        raise NotYours("record")
    basics = {own: _text(opened, own) for own in asked_of_basics(kind).values()}
    body = prefilled(kind, written(opened), today, basics)
    if signed.role is StaffRole.DOCTOR and kind.field("doctor") is not None:
        body["doctor"] = signed.staff.hex()
    slot = slot_of(_day(opened, "birth_date"), today)
    return {**body, "age_slot": slot} if slot and kind.field("age_slot") is not None else body


def written(opened: Opened) -> list[Written]:
    """Records in view: without those that were corrected or taken back."""
    gone = {each.change.amends for each in opened.records}
    gone |= {each.change.voids for each in opened.records}
    return [
        Written(
            each.change.kind, newest(each.change.kind), date.fromisoformat(each.change.on),
            each.form(),
        )
        for each in opened.records
        if each.change.id not in gone and each.form()
    ]  # fmt: skip


async def _draw(
    console: Console, request: AnyRequest, sheet: Sheet, opened: Opened | None, *,
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    w, signed, site = words("desk"), signed_of(request), console.site
    today = times.civil(site.clock()).date()
    is_edit = sheet.kind.shape is Shape.REGISTER
    last = last_values(sheet.kind, written(opened)) if opened and not is_edit else {}
    around = await _beside(console, sheet, opened, today) if opened else desk_computed.NOBODY
    body, _ = desk_form.body_of(sheet.fields, sheet.filled.typed)
    records = desk_referral.choices(sheet.kind, opened, today) if opened is not None else {}
    choices = Choices(await colleagues(site, signed), await facilities(site), records=records)
    card = await card_of(site, sheet.resident) if opened is not None else None
    fields, title, unasked = sheet.fields, sheet.kind.label, frozenset[str]()
    if sheet.kind.id == desk_referral.REFERRAL:
        fields = desk_referral.drawn_fields(fields, sheet.filled)
        title = desk_referral.title_of(sheet.filled, opened) or title
        unasked = desk_referral.unasked(fields, sheet.filled)
    drawn = desk_form.drawn(sheet.kind, fields, sheet.filled, last, choices, unasked)
    keys = (Key("Ctrl Enter", w.save), Key("Escape", w.leave))
    shown = Page("desk_form.html.j2", "desk", title, "people", keys)
    return await console.page(
        request, shown, status=status, sheet=sheet, title=title, sections_=drawn,
        filled=sheet.filled,
        card=card, person=values.person_line(card, today) if card else "",
        allergy_text=allergy_text(opened) if opened else "", left=None, due="",
        day=None if is_edit else service_day_field(), wide=desk_form.wide, SURE=SURE,
        mark=desk_form.mark_of(sheet.filled.faults), is_edit=is_edit,
        results=desk_computed.shown(sheet.kind, body, around), COMPUTE=desk_computed.COMPUTE,
        why=why_fields(signed) if sheet.why else (), id=sheet.resident.hex(),
        vw=words("values"),
    )  # fmt: skip


async def _written_elsewhere(
    console: Console, request: AnyRequest, kind: Kind, opened: Opened, system: str
) -> Response[Any]:
    """Says where such a form is first written and how it comes here; nothing can be typed."""
    w = words("desk")
    shown = Page("written_elsewhere.html.j2", "desk", kind.label, "people",
                 (Key("Escape", w.leave),))  # fmt: skip
    return await console.page(
        request, shown, status=409, kind=kind, system=system, id=opened.resident.hex()
    )


# Taking one.


async def _take(
    console: Console, request: AnyRequest, resident: bytes, kind_id: str,
    typed: dict[str, list[str]],
) -> Response[Any]:  # fmt: skip
    signed, site = signed_of(request), console.site
    today = times.civil(site.clock()).date()
    kind = kind_of(kind_id, today)
    opened = await opening.open_for(site, signed, resident, _given(signed, typed, today))
    classes = opened.classes if isinstance(opened, Opened) else ("A",)
    is_edit = kind.shape is Shape.REGISTER
    fields = tuple(fields_to_edit(kind, classes)) if is_edit else kind.fields
    sheet = Sheet(
        resident, kind, fields, Filled(typed), (typed.get(CHANGE) or [""])[0],
        (typed.get(AMENDS) or [""])[0], (typed.get(SEEN) or [""])[0],
    )  # fmt: skip
    if isinstance(opened, AskWhy):
        return await _draw(console, request, replace(sheet, why=True), None, status=403)
    does = (typed.get(DO) or [""])[0]
    around = await _beside(console, sheet, opened, today)
    if does:
        changed = rows_changed(console, fields, typed, does)
        if does == desk_computed.COMPUTE:
            changed, _ = desk_computed.completed(kind, fields, changed, around)
        sheet = replace(sheet, filled=Filled(changed))
        return await _draw(console, request, sheet, opened)
    if not can_write(opened) or not may_fill_in(kind, opened.classes):
        raise NotYours("write")
    id_of(sheet.change)
    filled, change = (
        _edit(console, sheet, opened, today)
        if is_edit
        else _event(console, sheet, opened, today, around)
    )
    if change is None:
        return await _draw(console, request, replace(sheet, filled=filled), opened, status=422)
    try:
        done = await desk.save(site, signed, opened, change)
    except WrittenElsewhere as refusal:
        return await _written_elsewhere(console, request, kind, opened, refusal.system)
    except SavedOtherwise as refusal:
        said = words("desk").saved_otherwise(number=refusal.change.hex()[:8])
        filled = filled.but(Fault("", FaultCode.CONTRADICTION, said))
        return await _draw(console, request, replace(sheet, filled=filled), opened, status=409)
    return see(f"/console/archive/{done.resident.hex()}/saved/{done.change.hex()}")


def _given(signed: Signed, typed: dict[str, list[str]], today: date) -> Given | None:
    """The reason, when the form was asked for one."""
    if "purpose" not in typed:
        return None
    filled = read_form(why_kind(signed, number=False), typed, today=today)
    return None if filled.hard else given_of(filled.values)


def rows_changed(
    console: Console, fields: tuple[Field, ...], typed: dict[str, list[str]], does: str
) -> dict[str, list[str]]:
    verb, _, rest = does.partition(":")
    name, _, number = rest.partition(":")
    each = next((f for f in fields if f.name == name and isinstance(f.type, ListOf)), None)
    kept = {key: texts for key, texts in typed.items() if key != DO}
    if each is None:
        return kept
    if verb == "add":
        return desk_form.with_row(each, kept, desk.fresh_id(console.site).hex())
    few = number.isdecimal() and len(number) < 4  # more digits than there may be rows
    return desk_form.without_row(each, kept, int(number)) if few else kept


async def _beside(console: Console, sheet: Sheet, opened: Opened, today: date) -> Beside:
    """What is known beside a record's form on its day."""
    if sheet.kind.shape is Shape.REGISTER:
        return desk_computed.NOBODY
    died = None
    if _text(opened, "archive_status") == STATES[Life.DEAD].code:
        died = await death_of(console.site, opened.resident)
    return desk_computed.beside(
        console.site, sheet.kind, written(opened), _day_typed(sheet.filled.typed, today)[0],
        birth=_day(opened, "birth_date"), sex=_text(opened, "sex"), died=died,
    )  # fmt: skip


def _day_typed(typed: Posted, today: date) -> tuple[date, tuple[Fault, ...]]:
    day = value_of(service_day_field().type, typed.get(SERVICE_DAY, ()))
    return _service_day(day, today)


def _event(
    console: Console, sheet: Sheet, opened: Opened, today: date, around: Beside
) -> tuple[Filled, wire.Change | None]:
    """The record that was filled in; None while something is wrong, not yet said yes to, or worked
    out and not yet seen.
    """
    on, bad = _day_typed(sheet.filled.typed, today)
    typed, found = desk_computed.completed(sheet.kind, sheet.fields, sheet.filled.typed, around)
    filled = desk_form.checked(
        sheet.kind, sheet.fields, typed, on=on, today=today, sex=_text(opened, "sex"),
        birth=_day(opened, "birth_date"), died=around.died, known=around.known,
        numbers=around.numbers,
    )  # fmt: skip
    # The day is the first field of the page, so what is wrong with it is said first.
    early = tuple(each for each in filled.faults if each.field == SERVICE_DAY)
    rest = tuple(each for each in filled.faults if each.field != SERVICE_DAY)
    filled = replace(filled, faults=(*bad, *early, *rest))
    if found or not desk_form.settled(filled):
        return filled, None
    change = wire.Change(
        id=bytes.fromhex(sheet.change), resident=sheet.resident, kind=sheet.kind.id,
        v=sheet.kind.version, on=on.isoformat(), at=console.site.clock(),
        body=Raw(msgspec.json.encode(filled.values)),
        amends=id_of(sheet.amends) if sheet.amends else None,
    )  # fmt: skip
    return filled, change


def _service_day(day: Any, today: date) -> tuple[date, tuple[Fault, ...]]:
    w = words("desk")
    try:
        on = date.fromisoformat(str(day))
    except ValueError:
        return today, (Fault(SERVICE_DAY, FaultCode.MISSING, w.day_missing),)
    if on > today:
        return today, (Fault(SERVICE_DAY, FaultCode.OUT_OF_RANGE, w.day_ahead),)
    return on, ()


def _text(opened: Opened, cell: str) -> str | None:
    content = opened.cells.get(cell)
    value = shown_of(cell, content).value if content is not None else None
    return value if isinstance(value, str) else None


def _day(opened: Opened, cell: str) -> date | None:
    text = _text(opened, cell)
    return date.fromisoformat(text) if text else None


def _edit(
    console: Console, sheet: Sheet, opened: Opened, today: date
) -> tuple[Filled, wire.Change | None]:
    """The edit of what differs from what its author saw."""
    try:
        seen: dict[str, Seen] = unpacked(sheet.seen)
    except Wrong:
        raise NotYours("seen") from None
    body, typed = desk_form.body_of(sheet.fields, sheet.filled.typed)
    edits = edits_of(sheet.kind, sheet.fields, body, seen)
    whole = {**body_seen(sheet.kind, seen_of(sheet.kind, sheet.kind.fields, opened)), **body}
    faults = faults_of(sheet.kind, whole, edits, today=today)
    filled = Filled(typed, body, tuple(desk_form.at_its_row(each) for each in faults))
    if not edits:
        filled = filled.but(nothing_changed(words("desk").nothing_changed))
    if not desk_form.settled(filled):
        return filled, None
    change = wire.Change(
        id=bytes.fromhex(sheet.change), resident=sheet.resident, kind=sheet.kind.id,
        v=sheet.kind.version, on=today.isoformat(), at=console.site.clock(), set=edits,
    )  # fmt: skip
    return filled, change
