"""手机登录 of one archive: telephone, pass, notice and class B, with the resident at the desk."""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.archives.told import staff_names
from server.actions.residents import at_desk
from server.actions.residents.at_desk import Seen, Standing
from server.actions.residents.changing import TooManyCodes
from server.actions.residents.codes import WrongDigits
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.life import opened_or_why, person
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled, Posted, read_form
from server.pages.qr import code_of
from server.pages.web import posted, see
from server.records.model import Code, Codes, Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules import first_notice
from server.rules import sign_in as rule
from server.rules.accounts import FACILITY_ROLES

AnyRequest = Request[Any, Any, Any]
EVER: Final = date(2026, 1, 1)
NUMBER_MOST: Final = 40


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [
        *_reading(console),
        *_binding(console),
        *_ending(console),
        *_passes(console),
        *_consents(console),
    ]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/phone", roles=FACILITY_ROLES)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, id_of(resident))

    return [show]


def _binding(console: Console) -> list[HTTPRouteHandler]:
    w = words("phone")

    @action("/archive/{resident:str}/phone", roles=FACILITY_ROLES)
    async def bind(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, signed, typed = id_of(resident), signed_of(request), await posted(request)
        filled = read_form(bind_kind(), typed, today=_today(console))
        number = rule.phone(filled.text("phone"))
        if isinstance(number, rule.Wrong) and filled.fault("phone") is None:
            filled = filled.but(_fault("phone", w.faults.phone))
        if filled.hard or isinstance(number, rule.Wrong):
            return await _draw(console, request, who, filled=filled, status=422)
        seen, way = _seen(who, filled), filled.values["way"]
        try:
            if way == "none":
                await at_desk.bind_without_code(console.site, signed, seen, number.text)
                return see(f"/console/archive/{resident}/phone?done=bound")
            sent = await at_desk.ask_code(
                console.site, signed, seen, number.text, spoken=way == "voice"
            )
        except RuleSaysNo as no:
            return await _draw(console, request, who, filled=_no(filled, no), status=409)
        if isinstance(sent, TooManyCodes):
            filled = filled.but(_fault("way", w.faults.too_many))
            return await _draw(console, request, who, filled=filled, status=429)
        return await _draw(console, request, who, token=sent.token, tail=number.text[-4:])

    @action("/archive/{resident:str}/phone/code", roles=FACILITY_ROLES)
    async def read_back(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, signed, typed = id_of(resident), signed_of(request), await posted(request)
        token, tail = _one(typed, "token")[:128], _one(typed, "tail")[:4]
        digits = "".join(_one(typed, "code").split())[:12]
        try:
            done = await at_desk.bind_with_code(console.site, signed, who, token, digits)
        except RuleSaysNo as no:
            return await _draw(console, request, who, filled=_no(EMPTY, no), status=409)
        if isinstance(done, bytes):
            return see(f"/console/archive/{resident}/phone?done=bound")
        if isinstance(done, WrongDigits):
            filled = EMPTY.but(_fault("code", w.faults.code(n=done.left)))
            return await _draw(
                console, request, who, filled=filled, token=token, tail=tail, status=422
            )
        filled = EMPTY.but(_fault("way", w.faults.code_over))
        return await _draw(console, request, who, filled=filled, status=422)

    return [bind, read_back]


def _ending(console: Console) -> list[HTTPRouteHandler]:
    @action("/archive/{resident:str}/phone/end", roles=FACILITY_ROLES)
    async def end(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, typed = id_of(resident), await posted(request)
        filled = read_form(end_kind(), typed, today=_today(console))
        if not filled.hard:
            lost = filled.values["why"] == "lost"
            try:
                await at_desk.end_phone(
                    console.site, signed_of(request), _seen(who, filled, "end_"), lost=lost
                )
            except RuleSaysNo as no:
                filled = _no(filled, no, "end_")
            else:
                return see(f"/console/archive/{resident}/phone?done=ended")
        return await _draw(console, request, who, ending=filled, status=422)

    return [end]


def _passes(console: Console) -> list[HTTPRouteHandler]:
    @action("/archive/{resident:str}/phone/pass", roles=FACILITY_ROLES)
    async def make(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, typed, w = id_of(resident), await posted(request), words("phone")
        filled = read_form(seen_kind(), typed, today=_today(console))
        if filled.hard:
            return await _draw(console, request, who, passing=filled, status=422)
        try:
            seen = _seen(who, filled, "pass_")
            token = await at_desk.pass_for(console.site, signed_of(request), seen)
        except RuleSaysNo as no:
            return await _draw(console, request, who, passing=_no(filled, no, "pass_"), status=409)
        url = f"{request.url.scheme}://{request.url.netloc}/portal/pass/{token}"
        shown = Page("phone_pass.html.j2", "phone", w.pass_title, "people",
                     (Key("Esc", w.back),))  # fmt: skip
        return await console.page(
            request, shown, code=code_of(url), id=who.hex(), minutes=rule.PASS_MINUTES,
            until=times.civil(console.site.clock() + rule.PASS_MINUTES * rule.MINUTE_MS),
            **await person(console, who),
        )  # fmt: skip

    return [make]


def _consents(console: Console) -> list[HTTPRouteHandler]:
    @action("/archive/{resident:str}/phone/notice", roles=FACILITY_ROLES)
    async def notice(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, typed, w = id_of(resident), await posted(request), words("phone")
        said, end = _one(typed, "person"), _one(typed, "end") == "1"
        if typed.get("signed") != ["1"]:
            fault = EMPTY.but(_fault("signed", w.faults.not_signed))
            return await _draw(console, request, who, agreeing=fault, status=422)
        try:
            await at_desk.agree_for(
                console.site, signed_of(request), who, id_of(said) if said else who, end=end
            )
        except RuleSaysNo as no:
            return await _draw(console, request, who, agreeing=_no(EMPTY, no), status=409)
        return see(f"/console/archive/{resident}/phone?done={'withdrawn' if end else 'agreed'}")

    @action("/archive/{resident:str}/phone/explained", roles=FACILITY_ROLES)
    async def explained(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, undo = id_of(resident), _one(await posted(request), "undo") == "1"
        try:
            await at_desk.explain_to(console.site, signed_of(request), who, undo=undo)
        except RuleSaysNo as no:
            return await _draw(console, request, who, agreeing=_no(EMPTY, no), status=409)
        done = "unexplained" if undo else "explained"
        return see(f"/console/archive/{resident}/phone?done={done}")

    return [notice, explained]


# The forms.


def _seen_fields(of: str = "") -> tuple[Field, ...]:
    """`of`: in front of the names, so that three forms of a page have names of their own."""
    w = words("phone").fields
    return (
        Field(f"{of}number", w.number, Text(5, NUMBER_MOST), required=True),
        Field(f"{of}present", w.present, Codes({"1": w.present_yes}), required=True),
    )


def bind_kind() -> Kind:
    """The document anew, the telephone, and by which way it is shown to be in hand."""
    w = words("phone")
    fields = (
        *_seen_fields(),
        Field("phone", w.fields.phone, Text(1, 20), required=True),
        Field("way", w.fields.way, Code({each: w.ways[each] for each in w.ways}), required=True),
    )
    return Kind("bind_phone", w.title, 1, EVER, Shape.EVENT, fields)


def seen_kind() -> Kind:
    return Kind("seen", words("phone").title, 1, EVER, Shape.EVENT, _seen_fields("pass_"))


def end_kind() -> Kind:
    w = words("phone")
    why = Field("why", w.fields.why, Code({each: w.whys[each] for each in w.whys}), required=True)
    return Kind("end_phone", w.title, 1, EVER, Shape.EVENT, (*_seen_fields("end_"), why))


def _seen(who: bytes, filled: Filled, of: str = "") -> Seen:
    said = filled.values
    return Seen(who, str(said[f"{of}number"]), said.get(f"{of}present") == ["1"])


def _no(filled: Filled, no: RuleSaysNo, of: str = "") -> Filled:
    w = words("phone")
    field = f"{of}number" if no.detail == "number_differs" else "form"
    return filled.but(_fault(field, w.no.get(no.detail, no.say)))


def _fault(name: str, sentence: str) -> Fault:
    return Fault(name, FaultCode.CONTRADICTION, sentence)


def _one(typed: Posted, name: str) -> str:
    return (typed.get(name) or [""])[0]


def _today(console: Console) -> date:
    return times.civil(console.site.clock()).date()


# The page.


async def _draw(
    console: Console, request: AnyRequest, who: bytes, *, filled: Filled = EMPTY,
    ending: Filled = EMPTY, passing: Filled = EMPTY, agreeing: Filled = EMPTY, token: str = "",
    tail: str = "", status: int = 200,
) -> Response[Any]:  # fmt: skip
    w, signed = words("phone"), signed_of(request)
    opened = await opened_or_why(console, request, who)
    if not isinstance(opened, Opened):
        return opened
    who = opened.resident
    found = await at_desk.standing(console.site, signed, who)
    done = request.query_params.get("done", "")
    if done and done not in w.done:
        raise NotYours
    shown = Page(
        "phone.html.j2", "phone", w.title, "people",
        (Key("Ctrl Enter", w["keys"].do), Key("Esc", w.back)),
    )  # fmt: skip
    every = (*filled.faults, *ending.faults, *passing.faults, *agreeing.faults)
    names = await console.site.store.read(lambda tx: staff_names(tx, console.site, _staff(found)))
    now = next((each for each in found.bindings if each.ended_at is None), None)
    notice = first_notice.shown(place="", facility=signed.facility_name, phone="")
    return await console.page(
        request, shown, status=status, found=found, now_bound=now, names=names, id=who.hex(),
        filled=filled, ending=ending, passing=passing, agreeing=agreeing,
        every=Filled({}, {}, every), bind_kind=bind_kind(), end_kind=end_kind(),
        seen_kind=seen_kind(), token=token, tail=tail, done=w.done.get(done) if done else "",
        notice=notice, version=first_notice.version(), minutes=rule.CODE_MINUTES,
        **await person(console, who),
    )  # fmt: skip


def _staff(found: Standing) -> set[bytes]:
    said = [each.by for each in found.bindings]
    said += [found.agreed.staff] if found.agreed is not None and found.agreed.staff else []
    said += [found.explained.staff] if found.explained is not None else []
    return set(said)
