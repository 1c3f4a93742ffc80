"""One record of a facility's own work: its form, its page, correcting it and taking it back.

The id of the record is made with its form and travels in it, so a form sent twice is one record.
Photos come with the form: each is taken as soon as it has come, so a form that is sent back with
its faults has them already, and a correction keeps those that stay ticked.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.desk import SavedOtherwise
from server.actions.attachments.taken import BadPicture
from server.actions.facility_work import pictures, writing
from server.actions.facility_work.calendar import calendar
from server.actions.facility_work.places import Standing, standing, workers
from server.actions.facility_work.records import KINDS, Shown, read
from server.console import desk_form
from server.console.desk_form import SERVICE_DAY, SURE, Choices, service_day_field
from server.console.door import action, page
from server.console.facility_work import HERE, answer
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import Filled, value_of
from server.pages.pictures import AT_ONCE, sent_of
from server.pages.sections import sections_of
from server.pages.web import CSRF, posted, see
from server.records.kinds import UnknownKind, current, get
from server.records.model import Field, Kind, ListOf, Text
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole
from server.rules.facility_work import READS, WRITES
from server.rules.plan.facility import lines, reason_of

AnyRequest = Request[Any, Any, Any]
RECORD: Final = "record"
AMENDS: Final = "amends"
PLACE: Final = "place_of_work"
REASON: Final = "reason"
PHOTOS: Final = "photos"
PHOTO_COUNT: Final = "photo_count"
PHOTOS_SHOWN: Final = "photos_shown"
PHOTO: Final = "photo"  # a tick beside each picture of the form
_PHOTO_ID: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form in hand. `record`, `amends`: ids in hex; `amends` "" for a new record."""

    facility: bytes
    kind: Kind
    filled: Filled
    record: str
    amends: str = ""
    photos: tuple[str, ...] = ()  # ids in hex

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(each for each in self.kind.fields if each.name != PHOTOS)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/work/of/{facility:str}/new/{kind:str}", roles=WRITES)
    async def blank(
        request: AnyRequest, facility: FromPath[str], kind: FromPath[str]
    ) -> Response[Any]:
        who = await standing(console.site, signed_of(request))
        return await _draw(console, request, who, _blank(console, request, who, facility, kind))

    @page("/work/record/{record:str}", roles=READS)
    async def show(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        found = await read(console.site, signed_of(request), id_of(record))
        return await _show(console, request, found, "")

    @page("/work/record/{record:str}/amend", roles=WRITES)
    async def amend(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        found = await read(console.site, signed_of(request), id_of(record))
        if not found.may_change:
            return await _show(console, request, found, "not_ones_own", status=409)
        return await _draw(console, request, found.standing, _amending(console, found))

    @action("/work/of/{facility:str}/new/{kind:str}", roles=WRITES, pictures=True)
    async def save(
        request: AnyRequest, facility: FromPath[str], kind: FromPath[str]
    ) -> Response[Any]:
        sent = await sent_of(request)
        typed = {name: v for name, v in sent.texts.items() if name != CSRF}
        return await _take(
            console, request, id_of(facility), _kind(console, kind), typed, sent.files
        )

    @action("/work/record/{record:str}/void", roles=WRITES)
    async def void(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        why = ((await posted(request)).get(REASON) or [""])[0]
        try:
            await writing.void(console.site, signed_of(request), id_of(record), why)
        except RuleSaysNo as no:
            found = await read(console.site, signed_of(request), id_of(record))
            return await _show(console, request, found, no.detail, status=409)
        return see(f"/console/work/record/{record}")

    return [blank, show, amend, save, void]


def _kind(console: Console, kind_id: str) -> Kind:
    """The form in force today. Raises NotYours for one that is not about a facility."""
    if kind_id not in KINDS:
        raise NotYours("kind")
    try:
        return current(kind_id, on=times.civil(console.site.clock()).date())
    except UnknownKind:
        raise NotYours("kind") from None


# The form.


def _blank(
    console: Console, request: AnyRequest, who: Standing, facility: str, kind_id: str
) -> Sheet:
    kind, at = _kind(console, kind_id), id_of(facility)
    place = who.reading(at)
    if place.closed_on is not None or not who.may_write(at):
        raise NotYours("facility")
    today = times.civil(console.site.clock()).date()
    typed = {SERVICE_DAY: [today.isoformat()], PLACE: [at.hex()]}
    if who.signed.role is StaffRole.DOCTOR:
        typed["doctor"] = [who.signed.staff.hex()]
    if kind.field("organiser") is not None:
        typed["organiser"] = [place.name]
    asked = {each.field for each in lines()} & request.query_params.keys()
    for name in asked:  # a cell of the calendar leads here with its answer
        if kind.field(name) is not None:
            typed[name] = [request.query_params[name]]
    return Sheet(at, kind, Filled(typed), writing.fresh_id(console.site).hex())


def _amending(console: Console, found: Shown) -> Sheet:
    old = found.record
    kind = get(old.kind, old.version)
    typed = desk_form.typed_from(kind.fields, {k: v for k, v in old.body.items() if k != PHOTOS})
    typed |= {SERVICE_DAY: [old.on.isoformat()], PLACE: [old.facility.hex()]}
    fresh = writing.fresh_id(console.site).hex()
    photos = tuple(each.hex() for each in pictures.named_by(old.body))
    return Sheet(old.facility, kind, Filled(typed), fresh, old.id.hex(), photos)


async def _draw(
    console: Console, request: AnyRequest, who: Standing, sheet: Sheet, *, status: int = 200
) -> Response[str]:
    w = words("facility_work")
    choices = Choices(await workers(console.site, sheet.facility), {})
    drawn = desk_form.drawn(sheet.kind, sheet.fields, sheet.filled, {}, choices)
    near = {each.facility: each.name for each in who.writable}
    keys = (Key("Ctrl Enter", w.form.save), Key("Esc", w.form.leave))
    shown = Page("facility_form.html.j2", "facility_work", sheet.kind.label, HERE, keys)
    return await console.page(
        request, shown, status=status, sheet=sheet, sections_=drawn, filled=sheet.filled,
        day=service_day_field(), wide=desk_form.wide, SURE=SURE,
        mark=desk_form.mark_of(sheet.filled.faults), reason=_reason_field(),
        places={} if sheet.amends else near, place=who.organisations[sheet.facility],
        has_photos=sheet.kind.field(PHOTOS) is not None,
        counts_photos=sheet.kind.field(PHOTO_COUNT) is not None, PLACE=PLACE,
        at_once=AT_ONCE,
    )  # fmt: skip


def _reason_field() -> Field:
    return Field(REASON, words("facility_work").form.reason, Text(1, writing.REASON_MOST), True)


async def _take(
    console: Console, request: AnyRequest, facility: bytes, kind: Kind,
    typed: dict[str, list[str]], files: list[bytes],
) -> Response[Any]:  # fmt: skip
    signed, site = signed_of(request), console.site
    record, amends = _text(typed, RECORD), _text(typed, AMENDS)
    at = id_of(_text(typed, PLACE)) if _text(typed, PLACE) else facility
    before: list[dict[str, Any]] = []
    if amends:
        old = (await read(site, signed, id_of(amends))).record
        at, kind = old.facility, get(old.kind, old.version)
        before = old.body.get(PHOTOS, [])
    who = await standing(site, signed)
    who.reading(at)
    photos, bad = await _photos(console, request, typed, files, before)
    sheet = Sheet(at, kind, Filled(typed), record, amends, tuple(e[pictures.ID] for e in photos))
    filled, on = _checked(console, sheet, photos)
    filled = filled.but(*bad)
    if not desk_form.settled(filled):
        return await _draw(console, request, who, replace(sheet, filled=filled), status=422)
    wish = writing.Filled(
        id_of(record), at, kind.id, kind.version, on, filled.values,
        amends=id_of(amends) if amends else None, reason=_text(typed, REASON),
    )  # fmt: skip
    try:
        faults = await writing.save(site, signed, wish)
    except SavedOtherwise as refusal:
        said = words("facility_work").form.saved_otherwise(number=refusal.change.hex()[:8])
        faults = (Fault("", FaultCode.CONTRADICTION, said),)
    except RuleSaysNo as no:
        said = words("facility_work").form.no.get(no.detail, no.say)
        faults = (Fault("", FaultCode.CONTRADICTION, said),)
    if faults:
        again = replace(sheet, filled=filled.but(*faults))
        return await _draw(console, request, who, again, status=409)
    return see(f"/console/work/record/{record}")


async def _photos(
    console: Console, request: AnyRequest, typed: dict[str, list[str]], files: list[bytes],
    before: list[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[Fault]]:  # fmt: skip
    """Those still ticked, of the record that is corrected or sent with this form before, then the
    new ones; and what was wrong with a new one.
    """
    site, signed = console.site, signed_of(request)
    w = words("facility_work").form.no_photo
    ticked = [each for each in typed.get(PHOTO, ()) if _PHOTO_ID.fullmatch(each)]
    if PHOTOS_SHOWN not in typed:  # a form without the ticks takes none away
        ticked = [each[pictures.ID] for each in before]
    waiting = await pictures.waiting_of(site, signed, [bytes.fromhex(each) for each in ticked])
    known = {each[pictures.ID]: each for each in before}
    known |= {each.hex(): {pictures.ID: each.hex()} for each in waiting}
    photos = [known[each] for each in dict.fromkeys(ticked) if each in known]
    bad: list[Fault] = []
    for number, raw in enumerate(files, start=1):
        try:
            name = (await pictures.take_one(site, signed, raw)).hex()
        except BadPicture as no:
            said = w.which(n=number, why=w.get(no.detail, no.say))
            bad.append(Fault(PHOTOS, FaultCode.OUT_OF_RANGE, said))
        else:
            photos.append({pictures.ID: name})
    return photos, bad


def _text(typed: dict[str, list[str]], name: str) -> str:
    return (typed.get(name) or [""])[0]


def _checked(console: Console, sheet: Sheet, photos: list[dict[str, Any]]) -> tuple[Filled, date]:
    """The form with its faults, and its day."""
    today = times.civil(console.site.clock()).date()
    w, typed = words("desk"), sheet.filled.typed
    day = value_of(service_day_field().type, typed.get(SERVICE_DAY, ()))
    bad: list[Fault] = []
    try:
        on = date.fromisoformat(str(day))
    except ValueError:
        on = today
        bad.append(Fault(SERVICE_DAY, FaultCode.MISSING, w.day_missing))
    if on > today:
        on = today
        bad.append(Fault(SERVICE_DAY, FaultCode.OUT_OF_RANGE, w.day_ahead))
    if sheet.amends and not (typed.get(REASON) or [""])[0].strip():
        bad.append(Fault(REASON, FaultCode.MISSING, words("facility_work").form.reason_missing))
    filled = desk_form.checked(
        sheet.kind, sheet.fields, typed, on=on, today=today, sex=None, birth=None
    )
    if photos and sheet.kind.field(PHOTOS) is not None:
        filled.values[PHOTOS] = photos
    return filled.but(*bad), on


# The page.


async def _show(
    console: Console, request: AnyRequest, found: Shown, no: str, *, status: int = 200
) -> Response[str]:
    w, record = words("facility_work"), found.record
    kind = get(record.kind, record.version)
    answers = [
        (title, [(each.label, _answer(found, each)) for each in some if each.name in record.body])
        for title, some in sections_of(kind, kind.fields)
    ]
    keys = [Key("Esc", w.back)]
    if found.may_change:
        keys.insert(0, Key("E", w.record.amend))
    return await console.page(
        request, Page("facility_record.html.j2", "facility_work", kind.label, HERE, keys),
        status=status, found=found, record=record, kind=kind,
        answers=[(title, some) for title, some in answers if some],
        counts=await _counted(console, request, found), no=w.form.no.get(no) if no else "",
        place=found.standing.organisations[record.facility],
        day=times.long_date(record.on), id=record.id.hex(),
        photos=[each.hex() for each in await pictures.here(console.site, record.body)],
    )  # fmt: skip


def _answer(found: Shown, each: Field) -> str:
    if isinstance(each.type, ListOf):
        value: list[Any] = found.record.body[each.name]
        return words("facility_work").record.photos_there(n=len(value))
    return answer(found.record, each)


async def _counted(console: Console, request: AnyRequest, found: Shown) -> list[tuple[str, str]]:
    """(line, reason) of what the record counts for in the calendar of its place, and of the centre
    above it.
    """
    who, record = found.standing, found.record
    label = {each.slot: each.label for each in lines()}
    told: list[tuple[str, str]] = []
    above = [each for each in who.places[record.facility].above if each in who.places]
    for facility in (record.facility, *above):
        shown = await calendar(
            console.site, signed_of(request), facility, record.on.year, with_reports=False
        )
        told += [
            (label[each.line], reason_of(each)) for each in shown.items if record.id in each.done_by
        ]
    return told
