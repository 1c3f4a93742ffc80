"""档案变动: the steps an archive may take, what each needs and what follows, and what was taken.

Whoever opens the page has passed the gate; whether a step may be taken says server/rules/life.py.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives import kin_requests, life, opening
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.kin_requests import Applicant
from server.actions.archives.life import History
from server.actions.archives.opening import AskWhy
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times, values
from server.pages.forms import EMPTY, Filled, read_form
from server.pages.web import posted, see
from server.records.model import Code, Day, Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.life import (
    MAY_UNDO,
    STATES,
    Asked,
    Life,
    No,
    Step,
    allowed,
    usual_from,
)
from server.rules.newborn import GIRL, OLDEST_MOTHER, YOUNGEST_MOTHER

AnyRequest = Request[Any, Any, Any]
EVER: Final = date(2000, 1, 1)
_SAID_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """One step as drawn: its code, what it is called, needs and consequences in words."""

    code: str
    label: str
    needs: str
    follows: str
    clause: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_reading(console), *_steps(console), *_kin(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/life", roles=WORKERS)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, id_of(resident), EMPTY)

    @page("/kin-request/{request_id:str}", roles=WORKERS)
    async def kin_task(request: AnyRequest, request_id: FromPath[str]) -> Response[Any]:
        who = await kin_requests.about(console.site, signed_of(request), id_of(request_id))
        return see(f"/console/archive/{who.hex()}/life#kin")

    return [show, kin_task]


def _steps(console: Console) -> list[HTTPRouteHandler]:
    @action("/archive/{resident:str}/life", roles=FACILITY_ROLES)
    async def take(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, signed, typed = id_of(resident), signed_of(request), await posted(request)
        told = await life.history(console.site, signed, who)
        today = times.civil(console.site.clock()).date()
        filled = read_form(step_kind(told, signed), typed, today=today)
        if not filled.hard:
            asked = Asked(
                Life(filled.values["after"]), date.fromisoformat(filled.values["day"]),
                str(filled.values.get("evidence", "")),
            )  # fmt: skip
            answer = await life.step(console.site, signed, who, asked)
            if not isinstance(answer, No):
                return see(f"/console/archive/{resident}/life")
            filled = filled.but(await _fault(console, signed, who, answer))
        return await _draw(console, request, who, filled, status=422)

    @action("/archive/{resident:str}/try", roles=FACILITY_ROLES)
    async def note_try(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, typed = id_of(resident), await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(try_kind(), typed, today=today)
        if filled.hard:
            return await _draw(console, request, who, EMPTY, tried=filled, status=422)
        day = date.fromisoformat(filled.values["tried_on"])
        how = str(filled.values["how"])
        await life.note_try(console.site, signed_of(request), who, day=day, how=how)
        return see(f"/console/archive/{resident}/life")

    @action("/archive/{resident:str}/undo-step", roles=MAY_UNDO)
    async def undo(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who = id_of(resident)
        try:
            await life.undo(console.site, signed_of(request), who)
        except RuleSaysNo as no:
            return await _draw(console, request, who, _told(no), status=409)
        return see(f"/console/archive/{resident}/life")

    return [take, note_try, undo]


def _kin(console: Console) -> list[HTTPRouteHandler]:
    asking = frozenset({StaffRole.DESK, StaffRole.MANAGER})

    @action("/archive/{resident:str}/kin-request", roles=asking)
    async def ask(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        who, typed = id_of(resident), await posted(request)
        today = times.civil(console.site.clock()).date()
        filled = read_form(kin_kind(), typed, today=today)
        if filled.hard:
            return await _draw(console, request, who, EMPTY, kin=filled, status=422)
        applicant = Applicant(*(str(filled.values[each.name]) for each in kin_kind().fields))
        try:
            await kin_requests.ask(console.site, signed_of(request), who, applicant)
        except RuleSaysNo as no:
            return await _draw(console, request, who, _told(no), status=409)
        return see(f"/console/archive/{resident}/life#kin")

    @action("/kin-request/{request_id:str}", roles={StaffRole.MANAGER})
    async def decide(request: AnyRequest, request_id: FromPath[str]) -> Response[Any]:
        give = (await posted(request)).get("answer") == ["give"]
        signed, asked = signed_of(request), id_of(request_id)
        try:
            who = await kin_requests.decide(console.site, signed, asked, give=give)
        except RuleSaysNo as no:
            who = await kin_requests.about(console.site, signed, asked)
            return await _draw(console, request, who, _told(no), status=409)
        return see(f"/console/archive/{who.hex()}/life#kin")

    return [ask, decide]


# The forms.


def step_kind(told: History, signed: Signed) -> Kind:
    w = words("life")
    choices = {each.after.value: w.steps[each.after] for each in allowed(told.state, signed.role)}
    fields = (
        Field("after", w.fields.after, Code(choices or {"": ""}), required=True),
        Field("day", w.fields.day, Day(), required=True),
        Field("evidence", w.fields.evidence, Text(1, _SAID_MOST)),
    )
    return Kind("life_step", w.title, 1, EVER, Shape.EVENT, fields)


def try_kind() -> Kind:
    w = words("life")
    fields = (
        Field("tried_on", w.try_day, Day(past=True), required=True),
        Field("how", w.try_how, Text(2, _SAID_MOST), required=True),
    )
    return Kind("life_try", w.tries, 1, EVER, Shape.EVENT, fields)


def kin_kind() -> Kind:
    w = words("life")
    fields = tuple(
        Field(name, w.fields[name], Text(1, 60), required=True)
        for name in ("name", "relation", "document", "purpose")
    )
    return Kind("kin_request", w.kin, 1, EVER, Shape.EVENT, fields)


def _told(no: RuleSaysNo) -> Filled:
    said = words("life").no.get(no.detail, no.say)
    return EMPTY.but(Fault("form", FaultCode.CONTRADICTION, said))


async def _fault(console: Console, signed: Signed, who: bytes, answer: No) -> Fault:
    """The rule's answer beside the field it is about."""
    w = words("life").no
    field = {
        No.EVIDENCE_MISSING: "evidence", No.DAY_IN_FUTURE: "day", No.BEFORE_BIRTH: "day",
    }.get(answer, "after")  # fmt: skip
    said = w[answer]
    if answer is No.NOT_LONG_ENOUGH:
        since = await life.living_since(console.site, signed, who)
        first = usual_from(console.site.rules, since) if since else None
        said = said(day=times.long_date(first)) if first else w.not_long_enough_unknown
    return Fault(field, FaultCode.CONTRADICTION, said)


# The page.


async def opened_or_why(
    console: Console, request: AnyRequest, who: bytes
) -> Opened | Response[Any]:
    """The archive through the gate; where it stays shut, the page that asks why."""
    opened = await opening.open_for(console.site, signed_of(request), who)
    return see(f"/console/archive/{who.hex()}") if isinstance(opened, AskWhy) else opened


async def person(console: Console, who: bytes) -> dict[str, Any]:
    """What the folder's tab shows of somebody."""
    cards = await console.site.store.read(lambda tx: cards_of(tx, console.site, {who}))
    today = times.civil(console.site.clock()).date()
    card = cards.get(who)
    line = values.person_line(card, today) if card else ""
    return {"card": card, "person": line, "allergy_text": "", "left": None, "due": ""}


async def _draw(
    console: Console,
    request: AnyRequest,
    who: bytes,
    filled: Filled,
    *,
    tried: Filled = EMPTY,
    kin: Filled = EMPTY,
    status: int = 200,
) -> Response[Any]:
    w, signed = words("life"), signed_of(request)
    opened = await opened_or_why(console, request, who)
    if not isinstance(opened, Opened):
        return opened
    who = opened.resident
    told = await life.history(console.site, signed, who)
    choices = [_choice(each) for each in allowed(told.state, signed.role)]
    keys = [Key("Ctrl Enter", w["keys"].do)] if choices else []
    keys += [Key("u", w["keys"].undo)] if told.may_undo else []
    shown = Page("life.html.j2", "life", w.title, "people", (*keys, Key("Esc", w["keys"].back)))
    requests = await kin_requests.requests_of(console.site, signed, who)
    days = {each.day for each in told.tries}
    tab = await person(console, who)
    today = times.civil(console.site.clock()).date()
    every = Filled({}, {}, (*filled.faults, *tried.faults, *kin.faults))
    return await console.page(
        request, shown, status=status, told=told, choices=choices, filled=filled, tried=tried,
        kin=kin, every=every, id=who.hex(), step_kind=step_kind(told, signed),
        try_kind=try_kind(), kin_kind=kin_kind(), requests=requests, days=len(days),
        most=console.site.rules.absent_tries, may_write=signed.role in FACILITY_ROLES,
        may_ask=signed.role in kin_requests.MAY_ASK and told.state is Life.DEAD,
        decides=signed.role is StaffRole.MANAGER, may_bear=_may_bear(tab["card"], today), **tab,
    )  # fmt: skip


def _may_bear(card: Card | None, today: date) -> bool:
    if card is None or card.sex != GIRL or not card.birth:
        return False
    return YOUNGEST_MOTHER <= today.year - int(card.birth[:4]) <= OLDEST_MOTHER


def _choice(step: Step) -> Choice:
    w = words("life")
    after = STATES[step.after]
    follows = [w.follows.counts if after.counts else w.follows.counts_not]
    follows += [w.follows.still_served] if after.served else []
    follows += [] if after.due else [w.follows.due_not]
    follows += [] if after.sign_in else [w.follows.sign_in_not]
    clause = w.clause_default if step.clause == "default" else w.clause(clause=step.clause)
    return Choice(
        step.after.value, w.steps[step.after], w.comma.join(w.needs[n] for n in sorted(step.needs)),
        w.comma.join(follows), clause,
    )  # fmt: skip
