"""授权: who may look now, giving, taking back. Nothing is chosen beforehand, not agreeing blocks
nothing, and taking back is one press that works at once.
"""

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import said
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.archives.desk import fresh_id
from server.actions.residents import consents
from server.actions.residents.consents import Consents, Given, Recipient, Wish
from server.actions.residents.visits import Visitor
from server.errors import NotYours, RuleSaysNo
from server.pages import consent_form, times
from server.pages.consent_form import To
from server.pages.forms import EMPTY, Filled
from server.pages.web import AnyRequest, posted, see
from server.rules import consent_texts
from server.rules.consent import Manner

HOME: Final = "/portal/consent"
SEARCH_FROM: Final = 8


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_reading(portal), *_giving(portal), *_ending(portal)]


def _reading(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/consent")
    async def every(request: AnyRequest) -> Response[Any]:
        found, now, w = await _found(portal, request), portal.site.clock(), words("consent")
        lines = [line_of(portal, each) for each in found.given]
        standing = [each for each in lines if each["stands"]]
        names = len({each["given"].facility for each in standing})
        return portal.page(
            request, Page("consent.html.j2", "consent", w.title, back="/portal/"), found=found,
            standing=standing, over=[each for each in lines if not each["stands"]], now=now,
            plain=w.some if names else "", marked=w.some_mark(n=names) if names else w.nobody,
            you=_you(visitor_of(request)),
        )  # fmt: skip

    @page("/consent/new")
    async def whom(request: AnyRequest) -> Response[Any]:
        found, w = await _found(portal, request), words("consent")
        asked = request.query_params.get("q", "").strip()[:40]
        return portal.page(
            request, Page("consent_whom.html.j2", "consent", w.whom, back=HOME), found=found,
            asked=asked, searchable=len(found.recipients) >= SEARCH_FROM,
            places=[each for each in found.recipients if asked in each.name],
        )  # fmt: skip

    @page("/consent/{name:str}")
    async def one(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        found, w = await _found(portal, request), words("consent")
        given = next((each for each in found.given if each.id == id_of(name)), None)
        if given is None:
            raise NotYours
        text = consent_texts.texts().get(given.text_version, consent_texts.current())
        you = _you(visitor_of(request))
        return portal.page(
            request, Page("consent_one.html.j2", "consent", w.title, back=HOME), found=found,
            line=line_of(portal, given), text=text,
            sentences=consent_form.sentences(text, _recipient(given), you),
        )  # fmt: skip

    return [every, whom, one]


def _giving(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/consent/to/{facility:str}")
    async def form(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await _found(portal, request)
        return _form(portal, request, found, _to(found, facility), EMPTY)

    @action("/consent/to/{facility:str}/check")
    async def check(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found, typed = await _found(portal, request), await posted(request)
        recipient = _to(found, facility)
        filled = consent_form.read(to_of(recipient, found), typed, portal.site.clock())
        if filled.hard or "change" in typed:
            return _form(portal, request, found, recipient, filled)
        return _check(portal, request, recipient, found, filled)

    @action("/consent/to/{facility:str}")
    async def give(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        visitor, typed, now = visitor_of(request), await posted(request), portal.site.clock()
        found = await _found(portal, request)
        recipient = _to(found, facility)
        filled = consent_form.read(to_of(recipient, found), typed, now)
        if filled.hard or "change" in typed:
            return _form(portal, request, found, recipient, filled)
        try:
            made = await consents.give(
                portal.site, visitor.acting, wish_of(recipient, filled, now), full=visitor.full
            )
        except RuleSaysNo as no:
            filled = filled.but(consent_form.fault_of(no.detail))
            return _form(portal, request, found, recipient, filled)
        return see(f"{HOME}/{made.hex()}")

    return [form, check, give]


def _ending(portal: Portal) -> list[HTTPRouteHandler]:
    @action("/consent/{name:str}/end")
    async def end(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        await consents.take_back(portal.site, visitor_of(request).acting, id_of(name))
        return see(f"{HOME}/{name}")

    return [end]


async def _found(portal: Portal, request: AnyRequest) -> Consents:
    visitor = visitor_of(request)
    return await consents.consents(portal.site, visitor.acting, full=visitor.full)


def _you(visitor: Visitor) -> str:
    """Whose archive it is, inside the words that are agreed to."""
    w = words("consent")
    return w.mine if visitor.own else w.of_other(name=visitor.card.name)


def _to(found: Consents, facility: str) -> Recipient:
    """Raises NotYours for a facility that cannot be named."""
    who = id_of(facility)
    one = next((each for each in found.recipients if each.id == who), None)
    if one is None:
        raise NotYours
    return one


def to_of(recipient: Recipient, found: Consents) -> To:
    return To(recipient.name, recipient.teams, recipient.ours, found.explained)


def wish_of(recipient: Recipient, filled: Filled, now: int) -> Wish:
    """The form as the action takes it."""
    return Wish(
        recipient.id, consent_form.panel_of(filled), filled.values["purpose"],
        filled.values["classes"], Manner(filled.values["manner"]),
        consent_form.until_of(filled, now), id_of(filled.text("id")),
    )  # fmt: skip


def _recipient(given: Given) -> str:
    w = words("consent")
    return w.place(facility=given.facility, team=given.team) if given.team else given.facility


def line_of(portal: Portal, given: Given) -> dict[str, Any]:
    """One consent as pages say it."""
    now, w = portal.site.clock(), words("consent")
    today = times.civil(now).date()
    text = consent_texts.texts().get(given.text_version, consent_texts.current())
    last = times.civil(given.until - 1).date()
    short = given.until - given.granted_at <= 86_400_000
    return {
        "given": given, "id": given.id.hex(), "stands": given.stands(now),
        "who": _recipient(given), "purpose": text.purpose.get(given.purpose, ""),
        "classes": text.classes[given.classes], "manner": text.manner[given.manner],
        "until": said.moment(given.until, now) if short else said.weekday(last, today),
        "left": "" if short else said.left(last, today),
        "since": said.day_of(given.granted_at, now),
        "ended": said.moment(min(given.revoked_at or given.until, given.until), now),
        "revoked": given.revoked_at is not None,
        "tablets": w.tablets(n=given.asked, gone=given.purged) if given.asked else "",
    }  # fmt: skip


def _form(
    portal: Portal, request: AnyRequest, found: Consents, recipient: Recipient, filled: Filled
) -> Response[Any]:
    w = words("consent")
    return portal.page(
        request, Page("consent_form.html.j2", "consent", w.form_title, back=f"{HOME}/new"),
        status=422 if filled.hard else 200, found=found, to=recipient, filled=filled,
        kind=consent_form.kind(to_of(recipient, found)),
        id=filled.text("id") or fresh_id(portal.site).hex(),
    )  # fmt: skip


def _check(
    portal: Portal, request: AnyRequest, recipient: Recipient, found: Consents, filled: Filled
) -> Response[Any]:
    w, now, text = words("consent"), portal.site.clock(), consent_texts.current()
    kind = consent_form.kind(to_of(recipient, found))
    codes: dict[str, dict[str, str]] = {
        each.name: dict(getattr(each.type, "codes", {})) for each in kind.fields
    }
    team = dict(recipient.teams).get(consent_form.panel_of(filled) or b"", "")
    who = w.place(facility=recipient.name, team=team) if team else recipient.name
    until = consent_form.until_of(filled, now)
    return portal.page(
        request, Page("consent_check.html.j2", "consent", w.check), to=recipient, filled=filled,
        kind=kind, text=text, who=who, id=id_of(filled.text("id")).hex(),
        sentences=consent_form.sentences(text, who, _you(visitor_of(request))),
        chosen={name: codes[name].get(filled.text(name), "") for name in codes},
        until=said.moment(until, now) if filled.text("duration") == "once"
        else said.dated(times.civil(until - 1).date()),
    )  # fmt: skip
