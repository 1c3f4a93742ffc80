"""给新生儿建档 from the mother's archive, and 补证件号 in an archive that has no document yet."""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.archives import newborns, twins
from server.actions.archives.archives import AlreadyThere
from server.actions.archives.newborns import Born, Document
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.life import EVER, opened_or_why, person
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled, read_form
from server.pages.web import posted, see
from server.records.basic_info_codes import ID_TYPES
from server.records.model import Code, Day, Field, Int, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules.accounts import FACILITY_ROLES
from server.rules.identity import Part
from server.rules.newborn import BOY, GIRL, MOST_AT_ONCE, NoNewborn, name_of

AnyRequest = Request[Any, Any, Any]
_FIELD_OF: Final[dict[str, str]] = {
    NoNewborn.NOT_BORN_YET: "day", NoNewborn.NOT_NEWBORN: "day", Part.NUMBER: "id_no",
    Part.HOLDER: "id_type", Part.BIRTH: "id_no", Part.SEX: "id_no",
}  # fmt: skip
_NUMBERED: Final = ("01", "02", "04", "05", "06", "07")


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_newborn(console), *_document(console)]


def _newborn(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/newborn", roles=FACILITY_ROLES)
    async def ask(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw_newborn(console, request, id_of(resident), EMPTY)

    @action("/archive/{resident:str}/newborn", roles=FACILITY_ROLES)
    async def open_one(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        mother, typed = id_of(resident), await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(newborn_kind(), typed, today=today)
        if filled.hard:
            return await _draw_newborn(console, request, mother, filled, status=422)
        said = filled.values
        born = Born(
            str(said["sex"]), date.fromisoformat(said["day"]), int(said.get("birth_order", 0)),
            str(said.get("certificate", "")),
        )  # fmt: skip
        try:
            made = await newborns.open_newborn(console.site, signed_of(request), mother, born)
        except AlreadyThere as there:
            return await _draw_newborn(
                console, request, mother, filled, there=there.resident, status=409
            )
        if isinstance(made, NoNewborn):
            filled = filled.but(_no(made))
            return await _draw_newborn(console, request, mother, filled, status=422)
        return see(f"/console/archive/{made.hex()}")

    return [ask, open_one]


def _document(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/identity", roles=FACILITY_ROLES)
    async def ask(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw_document(console, request, id_of(resident), EMPTY)

    @action("/archive/{resident:str}/identity", roles=FACILITY_ROLES)
    async def add(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, signed, typed = id_of(resident), signed_of(request), await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(document_kind(), typed, today=today)
        if filled.hard:
            return await _draw_document(console, request, who, filled, status=422)
        said = filled.values
        document = Document(str(said["id_type"]), str(said["id_no"]), str(said.get("name", "")))
        try:
            parts = await newborns.add_document(console.site, signed, who, document)
        except AlreadyThere as there:
            pair = await twins.note_pair(console.site, signed, who, there.resident, "same_document")
            return await _draw_document(
                console, request, who, filled.but(_no("archive_exists", "id_no")), pair=pair,
                status=409,
            )  # fmt: skip
        except RuleSaysNo as no:
            filled = filled.but(_no(no.detail, "id_no"))
            return await _draw_document(console, request, who, filled, status=409)
        if parts:
            filled = filled.but(*(_no(part) for part in parts))
            return await _draw_document(console, request, who, filled, status=422)
        return see(f"/console/archive/{resident}")

    return [ask, add]


def newborn_kind() -> Kind:
    w, ui = words("newborn").fields, words("ui")
    fields = (
        Field("sex", w.sex, Code({BOY: ui.male, GIRL: ui.female}), required=True),
        Field("day", w.day, Day(past=True), required=True),
        Field("birth_order", w.birth_order, Int(1, MOST_AT_ONCE)),
        Field("certificate", w.certificate, Text(4, 18)),
    )
    return Kind("newborn", words("newborn").title, 1, EVER, Shape.EVENT, fields)


def document_kind() -> Kind:
    w = words("newborn").fields
    types = {code: label for code, label in ID_TYPES.items() if code in _NUMBERED}
    fields = (
        Field("id_type", w.id_type, Code(types), required=True),
        Field("id_no", w.id_no, Text(4, 18), required=True),
        Field("name", w.name, Text(2, 30)),
    )
    return Kind("document", words("newborn").document_title, 1, EVER, Shape.EVENT, fields)


def _no(answer: str, field: str = "") -> Fault:
    said = words("newborn").no.get(answer, RuleSaysNo.say)
    return Fault(field or _FIELD_OF.get(answer, "form"), FaultCode.CONTRADICTION, said)


async def _draw_newborn(
    console: Console,
    request: AnyRequest,
    mother: bytes,
    filled: Filled,
    *,
    there: bytes | None = None,
    status: int = 200,
) -> Response[Any]:
    w, signed = words("newborn"), signed_of(request)
    opened = await opened_or_why(console, request, mother)
    if not isinstance(opened, Opened):
        return opened
    children = await newborns.children(console.site, signed, opened.resident)
    tab = await person(console, opened.resident)
    name = tab["card"].name if tab["card"] else ""
    keys = (Key("Ctrl Enter", w["keys"].save), Key("Esc", w["keys"].back))
    return await console.page(
        request, Page("newborn.html.j2", "newborn", w.title, "people", keys), status=status,
        filled=filled, kind=newborn_kind(), children=children, there=there,
        id=opened.resident.hex(), example=name_of(name, GIRL, 0), name=name, **tab,
    )  # fmt: skip


async def _draw_document(
    console: Console,
    request: AnyRequest,
    who: bytes,
    filled: Filled,
    *,
    pair: bytes | None = None,
    status: int = 200,
) -> Response[Any]:
    w = words("newborn")
    opened = await opened_or_why(console, request, who)
    if not isinstance(opened, Opened):
        return opened
    tab = await person(console, opened.resident)
    heads = opened.cells["id_no"].heads if "id_no" in opened.cells else ()
    kinds = opened.cells["id_type"].heads if "id_type" in opened.cells else ()
    has = bool(heads and heads[-1].value) and not (kinds and kinds[-1].value == "07")
    mother = await newborns.mother_of(console.site, opened.resident)
    keys = (Key("Ctrl Enter", w["keys"].add), Key("Esc", w["keys"].back))
    return await console.page(
        request, Page("document.html.j2", "newborn", w.document_title, "people", keys),
        status=status, filled=filled, kind=document_kind(), has=has and not filled.faults,
        pair=pair, id=opened.resident.hex(), mother=mother,
        name=tab["card"].name if tab["card"] else "", **tab,
    )  # fmt: skip
