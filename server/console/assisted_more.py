"""At the desk, for a resident who is there: 来过 / 没来过, an archive to take along, by which way
to be told. The same actions as in the portal, with a member of staff holding the pen.
"""

from functools import partial
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card
from server.actions.confirmations import answers
from server.actions.confirmations.answers import Saying
from server.actions.keeping.site import Site
from server.actions.notices import inbox, telling
from server.actions.residents import exporting, presence
from server.actions.residents.acting import Acting, Helper
from server.console.assisted_tiles import present_labels
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.web import HEADERS, AnyRequest, posted, see
from server.rules.accounts import FACILITY_ROLES
from server.rules.confirmations import Answer, Channel, Satisfaction
from server.rules.family import Act
from server.rules.notices import Channel as Way

PATH: Final = "/archives/{resident:str}/for"
ACTS: Final = {"confirmations": Act.ANSWER, "export": Act.TAKE, "channel": Act.CONSENT}

Typed = dict[str, list[str]]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    site = console.site

    @page(PATH + "/confirmations", roles=FACILITY_ROLES)
    async def questions(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident, "confirmations")

    @page(PATH + "/export", roles=FACILITY_ROLES)
    async def packings(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident, "export")

    @page(PATH + "/channel", roles=FACILITY_ROLES)
    async def channel(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident, "channel")

    @action(PATH + "/more/{what:str}", roles=FACILITY_ROLES)
    async def act(
        request: AnyRequest, resident: FromPath[str], what: FromPath[str]
    ) -> Response[Any]:
        typed, w = await posted(request), words("assisted_more")
        if what not in ACTS:
            raise NotYours
        try:
            await _act(site, signed_of(request), id_of(resident), what, typed)
        except RuleSaysNo as no:
            fault = w.no.get(no.detail, w.no.otherwise)
            return await _draw(console, request, resident, what, fault=fault)
        return see(f"/console/archives/{resident}/for/{what}?done=1")

    @page(PATH + "/export/{name:str}", roles=FACILITY_ROLES)
    async def fetch(
        request: AnyRequest, resident: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        signed, who = signed_of(request), id_of(resident)
        person = id_of(request.query_params.get("person", resident))
        acting = await site.store.read(
            partial(presence.acting_in, site=site, signed=signed, resident=who, person=person)
        )
        raw = await exporting.fetch(site, acting, id_of(name))
        headers = {**HEADERS, "content-disposition": 'attachment; filename="archive.zip"'}
        return Response(raw, media_type="application/zip", headers=headers)

    return [questions, packings, channel, act, fetch]


def _first(typed: Typed, name: str) -> str:
    return (typed.get(name) or [""])[0].strip()


async def _act(site: Site, signed: Signed, resident: bytes, what: str, typed: Typed) -> None:
    """Raises RuleSaysNo, NotYours."""
    people = await presence.people(site, resident, ACTS[what])
    person = id_of(_first(typed, "person") or resident.hex())
    if person not in {each.person for each in people}:
        raise RuleSaysNo("person")
    acting = await site.store.read(
        partial(presence.acting_in, site=site, signed=signed, resident=resident, person=person)
    )
    if what == "export":
        await exporting.ask(site, acting)
    elif what == "channel":
        chosen = _first(typed, "channel")
        if chosen not in tuple(Way):
            raise RuleSaysNo("channel")
        await inbox.choose(site, acting, Way(chosen))
    else:
        said, grade = _first(typed, "answer"), _first(typed, "satisfaction")
        if said not in tuple(Answer):
            raise RuleSaysNo("answer")
        graded = Satisfaction(grade) if grade in tuple(Satisfaction) else None
        saying = Saying(Answer(said), graded, _first(typed, "words"))
        await answers.answer(site, acting, id_of(_first(typed, "question")), saying, Channel.DESK)


async def _draw(
    console: Console, request: AnyRequest, resident: str, what: str, *, fault: str = ""
) -> Response[Any]:
    site, w, signed, who = console.site, words("assisted_more"), signed_of(request), id_of(resident)
    card: Card | None = await presence.card(site, signed, who)
    if card is None:
        return see(f"/console/archives/{resident}/for")
    people = await presence.people(site, who, ACTS[what])
    today = times.civil(site.clock()).date()
    shown = await _shown(site, signed, who, what, [each.person for each in people])
    return await console.page(
        request,
        Page("assisted_more.html.j2", "assisted_more", w.titles[what], "people",
             (Key("Escape", w.back),)),
        status=422 if fault else 200, id=resident, what=what, card=card, fault=fault,
        person=values.person_line(card, today), left=None, due="", allergy_text="",
        done=w.done[what] if "done" in request.query_params else "", shown=shown,
        people=present_labels(people), denial_words=words("denials"),
    )  # fmt: skip


async def _shown(
    site: Site, signed: Signed, who: bytes, what: str, people: list[bytes]
) -> dict[str, Any]:
    today, now = times.civil(site.clock()).date(), site.clock()
    if what == "channel":
        way = await site.store.read(partial(telling.channel_of, site=site, resident=who))
        return {"way": way.value, "ways": [each.value for each in Way]}
    if what == "export":
        found = [
            (person, each)
            for person in people
            for each in await exporting.packings(
                site, Acting(person, who, Helper(signed.staff, signed.facility))
            )
        ]
        return {
            "packings": [
                {
                    "state": words("assisted_more").states[each.state],
                    "when": times.moment_text(each.asked_at, now_ms=now),
                    "href": f"/console/archives/{who.hex()}/for/export/{each.id.hex()}"
                    f"?person={person.hex()}"
                    if each.state == "ready"
                    else "",
                }
                for person, each in found
            ]
        }
    asked = await site.store.read(partial(answers.questions, site=site, resident=who))
    return {
        "questions": [
            {
                "of": each, "day": times.day_text(each.day, today=today),
                "service": words("denials").services[each.service],
                "ours": each.facility == signed.facility,
            }
            for each in asked
        ]
    }  # fmt: skip
