"""The desk's page for a switch of the responsible facility, and the special case before the year
is over.
"""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.desk import fresh_id
from server.actions.places import cases, switching
from server.actions.places.cases import Claim
from server.actions.places.switching import Standing, Team, Wish
from server.console.assisted_tiles import present_labels
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.forms import EMPTY, Filled, Posted, read_form
from server.pages.web import posted, see
from server.records.model import Code, Day, Field, Kind, Ref, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules import switch as rule

AnyRequest = Request[Any, Any, Any]
FIRST: Final = date(2026, 1, 1)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_ordinary(console), *_special(console)]


def _ordinary(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/switch", roles=WORKERS)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        chosen, wish = (request.query_params.get(each, "") for each in ("facility", "wish"))
        return await _draw(console, request, resident, chosen, wish, EMPTY, EMPTY)

    @action("/archive/{resident:str}/switch", roles=WORKERS)
    async def switch(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        typed, w = await posted(request), words("switch")
        chosen, wish = _first(typed, "facility"), _first(typed, "wish")
        found = await _standing(console, request, resident, chosen)
        filled = read_form(ordinary_form(console, found), typed, today=_today(console))
        if not filled.hard:
            asked = Wish(
                id_of(resident), id_of(filled.values["panel"]), filled.values["ground"],
                _day(filled), id_of(wish) if wish else None, w.reason,
                id_of(filled.values["person"]), id_of(filled.text("id")),
            )  # fmt: skip
            try:
                outcome = await switching.switch(console.site, signed_of(request), asked)
            except RuleSaysNo as no:
                said = w.no.get(no.detail, w.no.otherwise)
                filled = filled.but(Fault("person", FaultCode.CONTRADICTION, said))
            else:
                if isinstance(outcome, rule.Granted):
                    return see(f"/console/archive/{resident}/switch?done=switched")
                filled = filled.but(Fault("panel", FaultCode.CONTRADICTION, _no(outcome)))
        return await _draw(console, request, resident, chosen, wish, filled, EMPTY)

    @action("/archive/{resident:str}/switch/undo", roles=WORKERS)
    async def undo(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        of = _first(typed, "of")
        try:
            await switching.undo(
                console.site, signed_of(request), id_of(resident), words("switch").reason,
                of=id_of(of) if of else None, person=id_of(_first(typed, "person")),
            )  # fmt: skip
        except RuleSaysNo:
            return see(f"/console/archive/{resident}/switch?done=undo_over")
        return see(f"/console/archive/{resident}/switch?done=undone")

    return [show, switch, undo]


def _special(console: Console) -> list[HTTPRouteHandler]:
    @action("/archive/{resident:str}/switch/special", roles=WORKERS)
    async def special(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        typed, w = await posted(request), words("switch")
        chosen, wish = _first(typed, "facility"), _first(typed, "wish")
        found = await _standing(console, request, resident, chosen)
        filled = read_form(special_form(console, found), typed, today=_today(console))
        if not filled.hard:
            claim = Claim(
                id_of(resident), id_of(filled.values["panel"]), filled.values["code"],
                filled.values["evidence"], w.reason, person=id_of(filled.values["person"]),
            )  # fmt: skip
            try:
                await cases.ask(console.site, signed_of(request), claim)
            except RuleSaysNo as no:
                said = w.no.get(no.detail, w.no.otherwise)
                filled = filled.but(Fault("code", FaultCode.CONTRADICTION, said))
            else:
                return see(f"/console/archive/{resident}/switch?done=asked")
        return await _draw(console, request, resident, chosen, wish, EMPTY, filled)

    @action("/archive/{resident:str}/switch/special/withdraw", roles=WORKERS)
    async def withdraw(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        typed, w = await posted(request), words("switch")
        try:
            await cases.withdraw(
                console.site, signed_of(request), id_of(resident), w.reason,
                id_of(_first(typed, "case")), id_of(_first(typed, "person")),
            )  # fmt: skip
        except RuleSaysNo as no:
            if no.detail != "case_decided":
                raise
            return see(f"/console/archive/{resident}/switch?done=case_decided")
        return see(f"/console/archive/{resident}/switch?done=case_withdrawn")

    return [special, withdraw]


def _first(typed: Posted, name: str) -> str:
    return (typed.get(name) or [""])[0]


def _today(console: Console) -> date:
    return times.civil(console.site.clock()).date()


def _day(filled: Filled) -> date | None:
    said = filled.values.get("day")
    return date.fromisoformat(said) if said else None


def _no(outcome: rule.Outcome) -> str:
    """Why not, in words, with the day where there is one."""
    w = words("switch").no
    if isinstance(outcome, rule.TooSoon):
        return w.too_soon(day=times.long_date(outcome.next_day))
    return w.get(type(outcome).__name__, w.otherwise)


async def _standing(
    console: Console, request: AnyRequest, resident: str, facility: str
) -> Standing:
    return await switching.standing(
        console.site, signed_of(request), id_of(resident), id_of(facility) if facility else None,
        words("switch").reason,
    )  # fmt: skip


def _team_codes(teams: tuple[Team, ...]) -> Code:
    w = words("switch")
    return Code(
        {
            each.panel.hex(): (w.team_full if each.full else w.team)(
                name=each.name, n=values.count(each.residents)
            )
            for each in teams
        }
        or {"none": w.no_team}
    )


def ordinary_form(console: Console, found: Standing) -> Kind:
    """Which team, on which ground, from which day."""
    w = words("switch").form
    return Kind(
        id="switch", label=words("switch").title, version=1, valid_from=FIRST, shape=Shape.EVENT,
        fields=(
            Field("panel", w.panel, _team_codes(found.teams), required=True),
            Field("ground", w.ground, Code(dict(switching.grounds(console.site))), required=True),
            Field("day", w.day, Day()),
            Field("person", w.person, Ref("person"), required=True),
        ),
    )  # fmt: skip


def special_form(console: Console, found: Standing) -> Kind:
    """Which team, which special case, what was shown as evidence."""
    w = words("switch").form
    return Kind(
        id="special_case", label=words("switch").special, version=1, valid_from=FIRST,
        shape=Shape.EVENT,
        fields=(
            Field("panel", w.panel, _team_codes(found.teams), required=True),
            Field("code", w.code, Code(dict(cases.special_grounds(console.site))), required=True),
            Field("evidence", w.evidence, Text(4, 500), required=True),
            Field("person", w.person, Ref("person"), required=True),
        ),
    )  # fmt: skip


async def _draw(
    console: Console, request: AnyRequest, resident: str, chosen: str, wish: str, filled: Filled,
    special: Filled,
) -> Response[Any]:  # fmt: skip
    found = await _standing(console, request, resident, chosen)
    w, now = words("switch"), console.site.clock()
    done = request.query_params.get("done", "")
    if done and done not in w.done:
        raise NotYours
    plain, marked = _sentence(found)
    return await console.page(
        request,
        Page("switch.html.j2", "switch", w.title, here="people",
             keys=(Key("Ctrl Enter", w.act), Key("Esc", w.back))),
        status=422 if filled.faults or special.faults else 200, found=found, resident=resident,
        card=found.card, person=values.person_line(found.card, _today(console)), plain=plain,
        marked=marked, filled=filled, special=special,
        every=Filled({}, {}, (*filled.faults, *special.faults)),
        kind=ordinary_form(console, found), special_kind=special_form(console, found), wish=wish,
        chosen=chosen, done=w.done.get(done) if done else "", history=history_rows(found),
        people=present_labels(found.present),
        id=filled.text("id") or fresh_id(console.site).hex(),
        left=None, allergy_text="", due="", here_code=signed_of(request).facility.hex(),
        day_hint=w.day_hint(n=console.site.rules.effect_days), now_ms=now,
        undo_day=times.long_date(found.undo_until) if found.undo_until else "",
    )  # fmt: skip


def _sentence(found: Standing) -> tuple[str, str]:
    """您现在就可以换: the day from which it may be."""
    w = words("switch")
    if found.scheduled is not None:
        return w.will(facility=found.scheduled.facility, team=found.scheduled.team), w.from_day(
            day=times.long_day(found.scheduled.from_day)
        )
    now = w.now_at(facility=found.facility or w.nowhere, team=found.team)
    if found.free_from is not None:
        return now, w.free_from(day=times.long_date(found.free_from))
    return now, w.free


def history_rows(found: Standing) -> list[tuple[str, str, str]]:
    """(day, where, why) of each responsible facility, newest first."""
    w = words("switch")
    return [
        (
            each.from_day.isoformat(), w.place(facility=each.facility, team=each.team),
            w.undone if each.undone else w.causes.get(each.cause, each.cause),
        )
        for each in found.history
    ]  # fmt: skip
