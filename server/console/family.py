"""家人关系 of one archive: shut a link at once, make and end links with the resident at the desk;
and the county's look at what was shut.
"""

from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.residents import family_desk, freezes, presence
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.life import opened_or_why, person
from server.console.words import words
from server.errors import NotFound, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled, read_form
from server.pages.web import AnyRequest, posted, see
from server.records.model import Code, Codes, Day, Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules import sign_in
from server.rules.access import Scope, Tie
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.family import Proof

EVER: Final = date(2026, 1, 1)
_PROOFS: Final = (Proof.BOTH_PRESENT, Proof.DOCUMENT, Proof.BIRTH_RECORD)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_desk(console), *_county(console)]


def new_kind() -> Kind:
    """The fields of a link that is made at the desk."""
    w = words("family")
    f = w.fields
    return Kind(
        "family_link", w.new, 1, EVER, Shape.EVENT,
        (
            Field("tie", f.tie, Code({each.value: w.ties[each.value] for each in Tie}), True),
            Field(
                "proof", f.proof, Code({each.value: w.proofs[each.value] for each in _PROOFS}),
                True,
            ),
            Field("seen", f.seen, Text(2, 200), required=True),
            Field("number", f.number, Text(1, 40), required=True),
            Field("name", f.name, Text(1, 40)),
            Field("phone", f.phone, Text(1, 20)),
            Field("scopes", f.scopes, Codes({x.value: w.scopes[x.value] for x in Scope})),
            Field("until", f.until, Day()),
        ),
    )  # fmt: skip


def _desk(console: Console) -> list[HTTPRouteHandler]:
    w = words("family")

    @page("/archive/{resident:str}/family", roles=FACILITY_ROLES)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident, EMPTY)

    @action("/archive/{resident:str}/family", roles=FACILITY_ROLES)
    async def make(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        today = times.civil(console.site.clock()).date()
        filled = read_form(new_kind(), await posted(request), today=today)
        number, phone = sign_in.document(filled.text("number")), filled.text("phone").strip()
        told = sign_in.phone(phone) if phone else sign_in.Number("")
        if isinstance(number, sign_in.Wrong) and filled.fault("number") is None:
            filled = filled.but(_fault("number", w.number_wrong))
        if isinstance(told, sign_in.Wrong):
            filled = filled.but(_fault("phone", w.phone_wrong))
        if filled.hard or isinstance(number, sign_in.Wrong) or isinstance(told, sign_in.Wrong):
            return await _draw(console, request, resident, filled)
        values = filled.values
        new = family_desk.AtDesk(
            tie=Tie(values["tie"]), proof=Proof(values["proof"]), number=number.text,
            seen=values["seen"], scopes=frozenset(Scope(x) for x in values.get("scopes", ())),
            until=date.fromisoformat(values["until"]) if "until" in values else None,
            name=values.get("name", ""), phone=told.text,
        )  # fmt: skip
        try:
            await family_desk.make(console.site, signed_of(request), id_of(resident), new)
        except RuleSaysNo as no:
            where = {"nobody": "name", "end": "until", "scope": "scopes", "proof": "proof"}
            said = _fault(where.get(no.detail, "tie"), w.no.get(no.detail, w.no.otherwise))
            return await _draw(console, request, resident, filled.but(said))
        return see(f"/console/archive/{resident}/family")

    @action("/archive/{resident:str}/family/{link:str}", roles=FACILITY_ROLES)
    async def change(
        request: AnyRequest, resident: FromPath[str], link: FromPath[str]
    ) -> Response[Any]:
        typed = await posted(request)
        way, text = (typed.get("way") or [""])[0], (typed.get("text") or [""])[0]
        who, which, signed = id_of(resident), id_of(link), signed_of(request)
        try:
            if way == "freeze":
                await freezes.freeze(console.site, signed, who, which, text)
            elif way == "renew":
                await family_desk.renew(console.site, signed, who, which, text)
            elif way == "end":
                await family_desk.end(console.site, signed, who, which)
        except NotFound:
            pass  # ended meanwhile: the page shows how it stands
        except RuleSaysNo as no:
            said = _fault("text", w.no.get(no.detail, w.no.otherwise))
            return await _draw(console, request, resident, Filled(typed, {}, (said,)))
        return see(f"/console/archive/{resident}/family")

    return [show, make, change]


async def _draw(
    console: Console, request: AnyRequest, resident: str, filled: Filled
) -> Response[Any]:
    """The page, once the gate is open."""
    w, who, signed = words("family"), id_of(resident), signed_of(request)
    opened = await opened_or_why(console, request, who)
    if not isinstance(opened, Opened):
        return opened
    found = await family_desk.links_at(console.site, opened.resident)
    until = await presence.until(console.site, signed, opened.resident)
    keys = (Key("Esc", w.back),)
    return await console.page(
        request, Page("family.html.j2", "family", w.title, here="people", keys=keys),
        status=422 if filled.hard else 200, links=found, filled=filled, kind=new_kind(),
        id=opened.resident.hex(), until=f"{times.civil(until):%H:%M}" if until else "",
        **await person(console, opened.resident),
    )  # fmt: skip


def _county(console: Console) -> list[HTTPRouteHandler]:
    w = words("family")

    async def draw(request: AnyRequest, name: str, filled: Filled) -> Response[Any]:
        found = await freezes.freeze_of(console.site, signed_of(request), id_of(name))
        now = console.site.clock()
        open_ = found.state == "open"
        keys = (Key("A", w.lift), Key("D", w.end)) if open_ else ()
        return await console.page(
            request, Page("family_freeze.html.j2", "family", w.freeze_title, "freezes", keys),
            status=422 if filled.faults else 200, found=found, freeze=name, open=open_,
            filled=filled, left=times.left(found.due_at, now),
            at=times.moment_text(found.at, now_ms=now),
            decided=times.moment_text(found.decided_at, now_ms=now) if found.decided_at else "",
        )  # fmt: skip

    @page("/family-freeze/{freeze:str}", roles={StaffRole.COUNTY})
    async def show(request: AnyRequest, freeze: FromPath[str]) -> Response[Any]:
        return await draw(request, freeze, EMPTY)

    @action("/family-freeze/{freeze:str}", roles={StaffRole.COUNTY})
    async def decide(request: AnyRequest, freeze: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        lift, text = (typed.get("way") or [""])[0] == "lift", (typed.get("text") or [""])[0]
        try:
            await freezes.decide(
                console.site, signed_of(request), id_of(freeze), lift=lift, words=text
            )
        except RuleSaysNo as no:
            said = _fault("text", w.no.get(no.detail, w.no.otherwise))
            return await draw(request, freeze, Filled(typed, {}, (said,)))
        return see(f"/console/family-freeze/{freeze}")

    return [show, decide]


def _fault(name: str, sentence: str) -> Fault:
    return Fault(name, FaultCode.CONTRADICTION, sentence)
