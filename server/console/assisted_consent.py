"""授权 at the desk: a resident's consents given and taken back with the resident there, by the same
action as in the portal.
"""

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.archives.desk import fresh_id
from server.actions.residents import assisted_consents, consents, presence
from server.actions.residents.acting import Acting
from server.actions.residents.consents import Consents, Recipient, Wish
from server.console.assisted_tiles import present_labels
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import consent_form, times, values
from server.pages.consent_form import To
from server.pages.forms import EMPTY, Filled, Posted
from server.pages.web import AnyRequest, posted, see
from server.records.values import Fault, FaultCode
from server.rules import consent_texts
from server.rules.accounts import FACILITY_ROLES
from server.rules.consent import Manner
from server.rules.family import Act

PATH: Final = "/archives/{resident:str}/for/consent"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page(PATH, roles=FACILITY_ROLES)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        chosen = request.query_params.get("facility", "")
        return await _draw(console, request, resident, chosen, EMPTY)

    @action(PATH, roles=FACILITY_ROLES)
    async def give(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        signed, typed, now = signed_of(request), await posted(request), console.site.clock()
        chosen = _first(typed, "facility")
        found = await _found(console, signed, id_of(resident))
        to = _to(found, chosen)
        filled = consent_form.read(_to_of(to, found), typed, now)
        if not _first(typed, "person"):
            missing = words("assisted_consent").person_missing
            filled = filled.but(Fault("person", FaultCode.MISSING, missing))
        if not filled.hard:
            wish = Wish(
                to.id, consent_form.panel_of(filled), filled.values["purpose"],
                filled.values["classes"], Manner(filled.values["manner"]),
                consent_form.until_of(filled, now), id_of(filled.text("id")),
            )  # fmt: skip
            try:
                person = id_of(_first(typed, "person"))
                await assisted_consents.give(console.site, signed, (id_of(resident), person), wish)
            except RuleSaysNo as no:
                filled = filled.but(consent_form.fault_of(no.detail))
            else:
                return see(f"/console/archives/{resident}/for/consent?done=given")
        return await _draw(console, request, resident, chosen, filled)

    @action(PATH + "/{consent:str}/end", roles=FACILITY_ROLES)
    async def end(
        request: AnyRequest, resident: FromPath[str], consent: FromPath[str]
    ) -> Response[Any]:
        signed, typed = signed_of(request), await posted(request)
        person, who = id_of(_first(typed, "person")), id_of(resident)

        await assisted_consents.take_back(console.site, signed, (who, person), id_of(consent))
        return see(f"/console/archives/{resident}/for/consent?done=ended")

    return [show, give, end]


def _first(typed: Posted, name: str) -> str:
    return (typed.get(name) or [""])[0]


async def _found(console: Console, signed: Signed, who: bytes) -> Consents:
    """Raises NotYours where nobody said that the resident is there."""
    if await presence.until(console.site, signed, who) is None:
        raise NotYours
    return await consents.consents(console.site, Acting(who, who))


def _to(found: Consents, facility: str) -> Recipient:
    one = next((each for each in found.recipients if each.id.hex() == facility), None)
    if one is None:
        raise NotYours
    return one


def _to_of(to: Recipient, found: Consents) -> To:
    return To(to.name, to.teams, to.ours, found.explained)


async def _draw(
    console: Console, request: AnyRequest, resident: str, chosen: str, filled: Filled
) -> Response[Any]:
    w, signed, site = words("assisted_consent"), signed_of(request), console.site
    who = id_of(resident)
    if await presence.until(site, signed, who) is None:
        return see(f"/console/archives/{resident}/for")
    found, now = await _found(console, signed, who), site.clock()
    card = await presence.card(site, signed, who)
    present = await presence.people(site, who, Act.CONSENT)
    to = _to(found, chosen) if chosen else None
    done = request.query_params.get("done", "")
    standing = sum(each.stands(now) for each in found.given)
    return await console.page(
        request,
        Page("assisted_consent.html.j2", "assisted_consent", w.title, "people",
             (Key("Escape", w.back),)),
        status=422 if filled.hard else 200, id=resident, card=card, found=found, to=to,
        person=values.person_line(card, times.civil(now).date()) if card else "", filled=filled,
        kind=consent_form.kind(_to_of(to, found)) if to else None,
        form_id=filled.text("id") or fresh_id(site).hex(), people=present_labels(present),
        plain=w.some if standing else "", marked=w.some_mark(n=standing) if standing else w.none,
        lines=[_line(each, now) for each in found.given], done=w.done.get(done) if done else "",
        text=consent_texts.current(), left=None, due="", allergy_text="",
        sentences=consent_form.sentences(consent_texts.current(), to.name, w.whose) if to else None,
    )  # fmt: skip


def _line(each: consents.Given, now: int) -> dict[str, Any]:
    text = consent_texts.texts().get(each.text_version, consent_texts.current())
    return {
        "given": each, "id": each.id.hex(), "stands": each.stands(now),
        "purpose": text.purpose.get(each.purpose, ""), "classes": text.classes[each.classes],
        "manner": text.manner[each.manner],
        "until": times.moment_text(min(each.revoked_at or each.until, each.until), now_ms=now),
    }  # fmt: skip
