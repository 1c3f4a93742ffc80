"""The county's telephone sample: draw, ring, write down. A number is shown for one call at a time,
through the gate, and that is logged.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.confirmations import samples
from server.actions.confirmations.answers import Saying
from server.actions.confirmations.samples import Draw
from server.console.door import action, page
from server.console.frame import Console, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.web import AnyRequest, posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole
from server.rules.confirmations import Answer, Satisfaction

COUNTY = frozenset({StaffRole.COUNTY})
DAYS_BACK = 30

Posted = dict[str, list[str]]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    site = console.site

    @page("/samples", roles=COUNTY)
    async def every(request: AnyRequest) -> Response[Any]:
        return await _every(console, request, {}, ())

    @action("/samples", roles=COUNTY)
    async def draw(request: AnyRequest) -> Response[Any]:
        typed = await posted(request)
        wish, faults = _wish(typed)
        if wish is not None:
            try:
                made = await samples.draw(site, signed_of(request), wish)
                return see(f"/console/sample/{made.hex()}")
            except RuleSaysNo as no:
                said = words("samples").no[no.detail]
                faults = (Fault(no.detail, FaultCode.CONTRADICTION, said),)
        return await _every(console, request, typed, faults)

    @page("/sample/{name:str}", roles=COUNTY)
    async def one(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _one(console, request, name)

    @action("/sample/{name:str}/{line:str}", roles=COUNTY)
    async def call(request: AnyRequest, name: FromPath[str], line: FromPath[str]) -> Response[Any]:
        typed, w, signed = await posted(request), words("samples"), signed_of(request)
        n = _number(line)
        way = _first(typed, "way")
        if way == "number":
            shown = await samples.number_of(site, signed, id_of(name), n, w.reason)
            return await _one(console, request, name, at=n, number=shown or w.no_number)
        try:
            await samples.record(site, signed, id_of(name), n, _said(typed, way))
        except RuleSaysNo as no:
            return await _one(console, request, name, at=n, fault=w.no.get(no.detail, w.no.result))
        return see(f"/console/sample/{name}#call-{n}")

    return [every, draw, one, call]


def _number(text: str) -> int:
    """The number of a line. Raises NotYours for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise NotYours
    return int(text)


def _first(typed: Posted, name: str) -> str:
    return (typed.get(name) or [""])[0].strip()


def _wish(typed: Posted) -> tuple[Draw | None, tuple[Fault, ...]]:
    """What is to be drawn, or every fault of the form."""
    w, faults = words("samples"), list[Fault]()
    days: list[date | None] = []
    for name in ("from", "until"):
        try:
            days.append(date.fromisoformat(_first(typed, name)))
        except ValueError:
            days.append(None)
            faults.append(Fault(name, FaultCode.MISSING, w.no.day))
    size = _first(typed, "size")
    if not (size.isdecimal() and len(size) < 5):
        faults.append(Fault("size", FaultCode.MISSING, w.no.size))
    first, last = days
    if faults or first is None or last is None:
        return None, tuple(faults)
    place = _first(typed, "facility")
    return Draw(id_of(place) if place else None, first, last, int(size)), ()


def _said(typed: Posted, way: str) -> Saying | str:
    if way in samples.RESULTS:
        return way
    if way not in tuple(Answer):
        raise NotYours("answer")
    graded = _first(typed, "satisfaction")
    grade = Satisfaction(graded) if graded in tuple(Satisfaction) else None
    return Saying(Answer(way), grade, _first(typed, "words"))


async def _every(
    console: Console, request: AnyRequest, typed: Posted, faults: Sequence[Fault]
) -> Response[Any]:
    site, w, signed = console.site, words("samples"), signed_of(request)
    today, now = times.civil(site.clock()).date(), site.clock()
    found = await samples.samples(site, signed)
    usual = {
        "from": (today - timedelta(days=DAYS_BACK)).isoformat(), "until": today.isoformat(),
        "size": "30", "facility": "",
    }  # fmt: skip
    return await console.page(
        request, Page("samples.html.j2", "samples", w.title, here="samples"),
        status=422 if faults else 200, faults=faults,
        drawn=[(each, times.moment_text(each.drawn_at, now_ms=now)) for each in found],
        typed={name: _first(typed, name) or value for name, value in usual.items()},
        places=await samples.facilities(site, signed),
    )  # fmt: skip


async def _one(
    console: Console, request: AnyRequest, name: str, *, at: int = 0, number: str = "",
    fault: str = "",
) -> Response[Any]:  # fmt: skip
    site, w = console.site, words("samples")
    found = await samples.sample(site, signed_of(request), id_of(name))
    today = times.civil(site.clock()).date()
    calls = [
        {
            "call": each, "person": values.person_line(each.card, today),
            "day": times.day_text(each.day, today=today),
            "service": words("denials").services[each.service], "state": w.states[each.state],
        }
        for each in found.calls
    ]  # fmt: skip
    return await console.page(
        request, Page("sample.html.j2", "samples", w.one_title, here="samples"), found=found,
        denial_words=words("denials"), name=name, calls=calls, at=at, number=number, fault=fault,
        drawn=times.moment_text(found.drawn_at, now_ms=site.clock()),
    )  # fmt: skip
