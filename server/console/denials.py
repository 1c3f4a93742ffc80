"""没来过: the list, one denial with its evidence, the facility's word, the county's finding; what
was answered of what was asked.
"""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.confirmations import denials, figures
from server.actions.confirmations.denials import Denial
from server.actions.tablets.positions import Position
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times, values
from server.pages.web import AnyRequest, posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole
from server.rules.confirmations import Channel, Finding, Satisfaction

READERS = denials.MAY_REPLY | {StaffRole.COUNTY}


def handlers(console: Console) -> list[HTTPRouteHandler]:
    site = console.site

    @page("/denials", roles=READERS)
    async def every(request: AnyRequest) -> Response[Any]:
        w, now = words("denials"), site.clock()
        found = await denials.denials(site, signed_of(request))
        rows = [
            {
                "href": f"/console/denial/{each.id.hex()}", "of": each,
                "service": w.services[each.service],
                "when": times.moment_text(each.opened_at, now_ms=now),
                "state": w.states[each.finding or each.state],
            }
            for each in found
        ]  # fmt: skip
        return await console.page(
            request, Page("denials.html.j2", "denials", w.title, here="denials"), rows=rows,
            open=sum(1 for each in found if each.state == "open"),
        )  # fmt: skip

    @page("/denial/{name:str}", roles=READERS)
    async def one(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, name)

    @action("/denial/{name:str}", roles=READERS)
    async def act(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        typed, w, signed = await posted(request), words("denials"), signed_of(request)
        text = "\n".join(typed.get("text", ())).replace("\r\n", "\n")
        way = (typed.get("way") or [""])[0]
        try:
            if way in tuple(Finding):
                await denials.find(site, signed, id_of(name), Finding(way), text)
            else:
                await denials.reply(site, signed, id_of(name), text)
        except RuleSaysNo as no:
            said = w.no.get(no.detail, w.no.otherwise)
            fault = Fault("text", FaultCode.CONTRADICTION, said)
            return await _draw(console, request, name, text=text, faults=(fault,))
        return see(f"/console/denial/{name}")

    @page("/confirmations", roles=figures.READERS)
    async def counted(request: AnyRequest) -> Response[Any]:
        w, today = words("denials"), times.civil(site.clock()).date()
        asked = request.query_params.get("year", "")
        year = int(asked) if asked.isdecimal() and len(asked) == 4 else today.year
        found = await figures.figures(site, signed_of(request), year)
        return await console.page(
            request, Page("confirmation_figures.html.j2", "denials", w.figures_title,
                          here="confirmations"),
            found=found, channels=tuple(Channel), satisfactions=tuple(Satisfaction),
            this_year=today.year,
        )  # fmt: skip

    return [every, one, act, counted]


async def _draw(
    console: Console, request: AnyRequest, name: str, *, text: str = "",
    faults: tuple[Fault, ...] = (),
) -> Response[Any]:  # fmt: skip
    w, now, signed = words("denials"), console.site.clock(), signed_of(request)
    found = await denials.denial(console.site, signed, id_of(name))
    keys = (Key("Esc", words("ui")["keys"].back),)
    return await console.page(
        request, Page("denial.html.j2", "denials", w.one_title, here="denials", keys=keys),
        status=422 if faults else 200, found=found, name=name, faults=faults, text=text,
        card=found.card, allergy_text="",
        person=values.person_line(found.card, times.civil(now).date()),
        day=times.day_text(found.question.day, today=times.civil(now).date()),
        service=w.services[found.question.service], evidence=_evidence(found, now),
        said=_said(found, now), positions=signed.role is StaffRole.COUNTY,
        replied=times.moment_text(found.replied_at, now_ms=now) if found.replied_at else "",
        found_at=times.moment_text(found.found_at, now_ms=now) if found.found_at else "",
        findings=tuple(Finding),
    )  # fmt: skip


def _evidence(found: Denial, now: int) -> list[dict[str, Any]]:
    w = words("denials")
    return [
        {
            "form": values.form_label(each.form) if each.form else w.some_record,
            "who": each.written_by, "recorded": times.moment_text(each.recorded_at, now_ms=now),
            "received": times.moment_text(each.received_at, now_ms=now),
            "where": each.tablet or w.at_desk,
            "signed": w.signed if each.signed else w.not_signed,
            "position": position_text(each.position),
        }
        for each in found.evidence
    ]  # fmt: skip


def position_text(found: Position | None) -> str:
    """To a thousandth of a degree, about 100 m: enough to tell a village from a health station."""
    w = words("denials")
    if found is None:
        return w.no_position
    lat, lon = (f"{abs(each) / 100_000:.3f}" for each in (found.lat, found.lon))
    return w.position_at(
        ns=w.south if found.lat < 0 else w.north, lat=lat,
        ew=w.west if found.lon < 0 else w.east, lon=lon, acc=found.acc,
    )  # fmt: skip


def _said(found: Denial, now: int) -> list[dict[str, Any]]:
    w = words("denials")
    return [
        {
            "answer": w.answers[each.answer], "words": each.words, "marked": each.marked,
            "when": times.moment_text(each.at, now_ms=now), "channel": w.channels[each.channel],
        }
        for each in found.said
    ]  # fmt: skip
