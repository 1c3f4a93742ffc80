"""The people behind a number of the board: a list for the facility's own people, numbers for those
above; a list to call from, and the county's look with a reason.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.figures import board_people as lists
from server.actions.figures.board_people import CALLS_MAX, People, Person, Which
from server.actions.lists.sheets import write_csv
from server.console.board import csv_answer, year_of
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import Words, words
from server.errors import NotFound
from server.pages import times
from server.pages.web import posted
from server.rules.access import age_years
from server.rules.accounts import EVERYBODY, FACILITY_ROLES, StaffRole
from server.rules.figures import rules

AnyRequest = Request[Any, Any, Any]
REASON_LEAST: Final = 4
COUNTY: Final = frozenset({StaffRole.COUNTY})
NOBODY: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class Shown:
    """One person as drawn."""

    person: Person
    href: str
    age: str
    phone: str
    lacks: str
    last: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/board/{item:str}/{facility:str}", roles=EVERYBODY)
    async def at_facility(
        request: AnyRequest, item: FromPath[str], facility: FromPath[str]
    ) -> Response[Any]:
        return await _list(console, request, _which(console, request, item, facility, ""))

    @page("/board/{item:str}/{facility:str}/{panel:str}", roles=EVERYBODY)
    async def at_team(
        request: AnyRequest, item: FromPath[str], facility: FromPath[str], panel: FromPath[str]
    ) -> Response[Any]:
        return await _list(console, request, _which(console, request, item, facility, panel))

    @action("/board/{item:str}/{facility:str}/calls", roles=FACILITY_ROLES)
    async def calls(
        request: AnyRequest, item: FromPath[str], facility: FromPath[str]
    ) -> Response[Any]:
        panel = (await posted(request)).get("panel", [""])[0]
        which = _which(console, request, item, facility, panel)
        found = await lists.to_call(console.site, signed_of(request), which)
        return csv_answer(write_csv(_lines(found)), f"{which.item}-{which.year}.csv")

    @action("/board/{item:str}/{facility:str}/names", roles=COUNTY)
    async def names(
        request: AnyRequest, item: FromPath[str], facility: FromPath[str]
    ) -> Response[Any]:
        typed = await posted(request)
        panel, reason = typed.get("panel", [""])[0], typed.get("reason", [""])[0].strip()
        which = _which(console, request, item, facility, panel, typed.get("page", [""])[0])
        if len(reason) < REASON_LEAST:
            return await _list(console, request, which, reason=reason, status=422)
        found = await lists.reviewed(console.site, signed_of(request), which, reason)
        return await _draw(console, request, found, reason=reason)

    return [at_facility, at_team, calls, names]


def _which(
    console: Console, request: AnyRequest, item: str, facility: str, panel: str, number: str = ""
) -> Which:
    if rules().row(item) is None:
        raise NotFound("figure")
    asked = number or request.query_params.get("page", "")
    at = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    return Which(
        year_of(console, request), item, id_of(facility), id_of(panel) if panel else None,
        max(1, at),
    )  # fmt: skip


async def _list(
    console: Console, request: AnyRequest, which: Which, *, reason: str = "", status: int = 200
) -> Response[str]:
    found = await lists.people(console.site, signed_of(request), which)
    return await _draw(console, request, found, reason=reason, status=status)


async def _draw(
    console: Console, request: AnyRequest, found: People, *, reason: str = "", status: int = 200
) -> Response[str]:
    w, which, signed = words("board_people"), found.which, signed_of(request)
    row = rules().row(which.item)
    assert row is not None
    keys = (Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open))
    keys = keys if found.people else ()
    back = "/console/board"
    if signed.oversees and which.panel is not None:
        back = f"/console/board/teams/{which.facility.hex()}"
    today = times.civil(console.site.clock()).date()
    base = f"/console/board/{which.item}/{which.facility.hex()}"
    at = base if which.panel is None else f"{base}/{which.panel.hex()}"
    return await console.page(
        request, Page("board_people.html.j2", "board_people", w.title, here="board", keys=keys),
        status=status, found=found, which=which, row=row, place=_place(found, w),
        people=[_shown(each, today, w) for each in found.people], back=f"{back}?year={which.year}",
        base=base, at=at, may_call=signed.role in FACILITY_ROLES, reason=reason,
        may_ask=signed.role in COUNTY, wrong=status == 422, calls_max=CALLS_MAX,
        teams=[(each, _team(each.panel, each.name, w)) for each in found.teams],
    )  # fmt: skip


def _place(found: People, w: Words) -> str:
    if found.which.panel is None:
        return found.facility_name
    return f"{found.facility_name} {_team(found.which.panel, found.team_name, w)}"


def _team(panel: bytes, name: str, w: Words) -> str:
    return name or (w.no_team if panel == NOBODY else "")


def _shown(each: Person, today: date, w: Words) -> Shown:
    card = each.card
    ui = words("ui")
    age = ui.years_old(n=age_years(date.fromisoformat(card.birth), today)) if card.birth else ""
    phone = w.phone_tail(tail=card.phone_tail) if card.phone_tail else w.no_phone
    last = times.day_text(each.last_day, today=today) if each.last_day else w.never
    return Shown(
        each, f"/console/archive/{card.resident.hex()}", age, phone,
        words("board")["items"].join(lack_text(code, w) for code in each.lacks), last,
    )  # fmt: skip


def lack_text(code: str, w: Words) -> str:
    """htn_followup*2 in words; a kind without a word of its own is a service record."""
    what, _, times_text = code.partition("*")
    said = w.lack.get(what) or w.lack.other
    return w.lack.times(what=said, n=times_text) if times_text else said


def _lines(found: People) -> list[list[str]]:
    w = words("board_people")
    names = {each.panel: each.name for each in found.teams}
    made = [
        [
            w.village, w.name, w.id_tail, w.phone, w.contact, w.contact_phone, w.team, w.lacks,
            w.last,
        ]
    ]  # fmt: skip
    for each in found.people:
        card = each.card
        lacks = words("board")["items"].join(lack_text(code, w) for code in each.lacks)
        team = names.get(card.panel or NOBODY, "")
        made.append(
            [
                each.village, card.name, card.id_tail, each.phone, each.contact,
                each.contact_phone, team, lacks, each.last_day,
            ]
        )  # fmt: skip
    return made
