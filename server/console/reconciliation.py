"""Comparisons with other systems: what there are, the county's counts, lines to work at.

The overview names conditions and no people; the pages with people name no condition of class B.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.lists import reconciliation
from server.actions.lists.reconciliation import Comparison, Line, Place
from server.actions.lists.registered_rows import CLOSED, HERE_FROM, OPEN
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.web import posted, see
from server.rules.accounts import StaffRole
from server.rules.districts import table
from server.rules.reconciliation import Finding, Step, Unlike

AnyRequest = Request[Any, Any, Any]
HERE: Final = "/console/reconciliation"
SHARES: Final = frozenset({"registered_smd"})  # of which the share of a thousand is a figure
TARGET: Final = "targets.I26"  # of a hundred thousand: hundredths of a thousandth
READERS_IN: Final = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})


@dataclass(frozen=True, slots=True)
class Shown:
    """A comparison on the overview; `places` for the county."""

    found: Comparison
    label: str
    places: tuple[Place, ...]
    total: Place | None


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_reading(console), *_writing(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @page("/reconciliation", roles=WORKERS)
    async def overview(request: AnyRequest) -> Response[Any]:
        w, signed, site = words("reconciliation"), signed_of(request), console.site
        shown = [
            await _shown(console, request, each)
            for each in await reconciliation.comparisons(site, signed)
        ]
        upload = signed.role in READERS_IN
        keys = (Key("u", w.upload),) if upload else ()
        return await console.page(
            request, _page("reconciliation", keys), shown=shown, upload=upload,
            county=signed.role is StaffRole.COUNTY, findings=Finding, thousandths=thousandths,
            open=sum(each.total.open if each.total else each.found.open for each in shown),
            shares=SHARES, target=_target(console),
        )  # fmt: skip

    @page("/reconciliation/{name:str}", roles=WORKERS)
    async def lines(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        query = request.query_params
        finding, state = query.get("finding", ""), query.get("state", OPEN)
        number = query.get("page", "0")
        found = await reconciliation.lines_of(
            console.site, signed_of(request), id_of(name),
            finding=Finding(finding) if finding in set(Finding) else None,
            state=state if state in (OPEN, CLOSED) else OPEN,
            page=int(number) if number.isdecimal() and len(number) < 6 else 0,
        )  # fmt: skip
        keys = (Key("Escape", words("reconciliation").back_all),)
        shown = _page("reconciliation_list", keys)
        return await console.page(
            request, shown, found=found, name=name, label=neutral(found.comparison), state=state,
            finding=finding, findings=Finding, tail=tail, unlike=unlike_text, HERE_FROM=HERE_FROM,
        )  # fmt: skip

    @page("/reconciliation/{name:str}/{line:str}", roles=WORKERS)
    async def line(request: AnyRequest, name: FromPath[str], line: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, name, line)

    return [overview, lines, line]


def _target(console: Console) -> str:
    """The share that the district aims at, of a thousand; "" where it has set none."""
    year = times.civil(console.site.clock()).year
    found = table(console.site.rules.code, year).find(TARGET)
    return thousandths(found.value) if found and isinstance(found.value, int) else ""


def _page(template: str, keys: Sequence[Key]) -> Page:
    title = words("reconciliation").title
    return Page(f"{template}.html.j2", "reconciliation", title, "reconciliation", keys)


async def _shown(console: Console, request: AnyRequest, found: Comparison) -> Shown:
    w, signed = words("reconciliation"), signed_of(request)
    label = w.what.get(found.heading.what, found.heading.what)
    if signed.role is not StaffRole.COUNTY:
        return Shown(found, label, (), None)
    places = await reconciliation.places(console.site, signed, found.id)
    return Shown(found, label, tuple(places), reconciliation.total(places))


async def _draw(
    console: Console, request: AnyRequest, name: str, line: str, *, fault: str = "",
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    w = words("reconciliation")
    comparison, found = await reconciliation.line_of(
        console.site, signed_of(request), id_of(name), number_of(line)
    )
    keys = (Key("Escape", w.back), Key("a", w.again))
    return await console.page(
        request, _page("reconciliation_line", keys), status=status,
        comparison=comparison, line=found, name=name, label=neutral(comparison),
        fault=fault, unlike=unlike_text(found), said=rows_of(found), closed=found.state == CLOSED,
        step=w.steps[found.said.step or Step.NOTHING],
        can_find=found.said.step == Step.FIND, again=request.query_params.get("again", ""),
    )  # fmt: skip


def rows_of(line: Line) -> list[tuple[str, str, str]]:
    """Label, what the other system says, what is written here."""
    w, said = words("reconciliation"), line.said
    there = w.states.get(said.standing_there, w.not_here)
    here = w.states.get(said.standing_here, w.not_here)
    rows = [
        (w.since, said.since_there, said.since_here),
        (w.facility, said.facility_there, ""),
        (w.reg_no, said.reg_no, ""),
    ]
    return [(w.state, there, here), *(each for each in rows if each[1] or each[2])]


def unlike_text(line: Line) -> str:
    """What the two systems say differently."""
    w = words("reconciliation")
    return w.joint.join(w.unlikes[each] for each in Unlike if each.value in line.said.unlike)


def neutral(found: Comparison) -> str:
    """What a page with people on it calls the comparison: never a condition of class B."""
    w = words("reconciliation")
    return w.neutral if found.restricted else w.what.get(found.heading.what)


def tail(number: str) -> str:
    """The end of a document's number, as lists show it."""
    return number[-4:]


def thousandths(value: int | None) -> str:
    """4.20 of 420; "" for none."""
    return "" if value is None else f"{value // 100}.{value % 100:02d}"


def number_of(text: str) -> int:
    """The number of a line. Raises NotYours for what is none."""
    if not text.isdecimal() or len(text) > 8:
        raise NotYours
    return int(text)


def _writing(console: Console) -> list[HTTPRouteHandler]:
    @action("/reconciliation/{name:str}/{line:str}/close", roles=WORKERS)
    async def close(request: AnyRequest, name: FromPath[str], line: FromPath[str]) -> Response[Any]:
        note = ((await posted(request)).get("note") or [""])[0]
        try:
            await reconciliation.close(
                console.site, signed_of(request), id_of(name), number_of(line), note=note
            )
        except RuleSaysNo as refused:
            fault = words("reconciliation").why.get(refused.detail, refused.say)
            return await _draw(console, request, name, line, fault=fault, status=422)
        return see(f"{HERE}/{name}")

    @action("/reconciliation/{name:str}/{line:str}/reopen", roles=WORKERS)
    async def again_open(
        request: AnyRequest, name: FromPath[str], line: FromPath[str]
    ) -> Response[Any]:
        await reconciliation.reopen(console.site, signed_of(request), id_of(name), number_of(line))
        return see(f"{HERE}/{name}/{line}")

    @action("/reconciliation/{name:str}/{line:str}/again", roles=WORKERS)
    async def look(request: AnyRequest, name: FromPath[str], line: FromPath[str]) -> Response[Any]:
        number = ((await posted(request)).get("archive_no") or [""])[0]
        try:
            await reconciliation.look_again(
                console.site, signed_of(request), id_of(name), number_of(line), archive_no=number
            )
        except RuleSaysNo as refused:
            fault = words("reconciliation").why.get(refused.detail, refused.say)
            return await _draw(console, request, name, line, fault=fault, status=422)
        if signed_of(request).role is StaffRole.COUNTY:  # it may be a facility's line by now
            return see(f"{HERE}/{name}")
        return see(f"{HERE}/{name}/{line}?again=1")

    @action("/reconciliation/{name:str}/delete", roles=READERS_IN)
    async def delete(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        await reconciliation.destroy(console.site, signed_of(request), id_of(name))
        return see(HERE)

    return [close, again_open, look, delete]
