"""Who did not come to a checkup day: reasons, home visits, the list that leaves the screen.
Reading and acting: server/actions/checkup/absent.py.
"""

from datetime import date, timedelta
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.to_call import LIST_MAX
from server.actions.checkup import absent
from server.actions.checkup.absent import VISIT_DAYS, Called
from server.actions.lists.sheets import write_csv
from server.console.board import csv_answer
from server.console.checkup_after import ages
from server.console.checkup_after_letters import VILLAGE_MOST, code_of
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.web import posted, see
from server.rules.checkup_days import PREPARES, DayState

AnyRequest = Request[Any, Any, Any]
HERE: Final = "checkup"
ALL: Final = "*"
REASON: Final = "r"  # a reason's field is this and the person's id
PEOPLE_MOST: Final = 500


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/absent", roles=PREPARES)
    async def show(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, day)

    @action("/checkup/{day:str}/absent", roles=PREPARES)
    async def act(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _act(console, request, day)

    @action("/checkup/{day:str}/absent/list", roles=PREPARES)
    async def calls(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        village = _village((await posted(request)).get("village"))
        found = await absent.to_visit(
            console.site, signed_of(request), id_of(day), code_of(village)
        )
        return csv_answer(write_csv(_sheet(found)), "absent.csv")

    return [show, act, calls]


def _reason_field(who: bytes) -> str:
    return REASON + who.hex()


def _village(given: list[str] | None) -> str:
    return (given or [ALL])[0][:VILLAGE_MOST] or ALL


async def _act(console: Console, request: AnyRequest, day: str) -> Response[Any]:
    """One form: the reasons that were typed, the people ticked, or one visit taken back."""
    typed, signed, w = await posted(request), signed_of(request), words("checkup_after").absent
    site, of, village = console.site, id_of(day), _village(typed.get("village"))
    reasons = {
        id_of(name.removeprefix(REASON)): texts[0]
        for name, texts in list(typed.items())[:PEOPLE_MOST]
        if name.startswith(REASON) and len(name) == 1 + 32
    }
    if reasons:
        await absent.note(site, signed, of, reasons)
    if typed.get("undo"):
        await absent.unmark(site, signed, of, id_of(typed["undo"][0]))
    if typed.get("do") != ["visit"]:
        return see(_path(day, village))
    ticked = [id_of(each) for each in typed.get("who", ())]
    if not ticked:
        return await _draw(console, request, day, village, fault=w.none_ticked)
    try:
        due = date.fromisoformat((typed.get("due") or [""])[0].strip())
        await absent.visit(site, signed, of, ticked, due)
    except (ValueError, RuleSaysNo):
        return await _draw(console, request, day, village, fault=w.bad_day)
    return see(_path(day, village))


def _path(day: str, village: str) -> str:
    query = "" if village == ALL else f"?village={village}"
    return f"/console/checkup/{day}/absent{query}"


async def _draw(
    console: Console, request: AnyRequest, day: str, village: str = "", *, fault: str = ""
) -> Response[Any]:
    w = words("checkup_after")
    asked = village or str(request.query_params.get("village") or ALL)[:VILLAGE_MOST]
    found = await absent.absent_of(console.site, signed_of(request), id_of(day), code_of(asked))
    here = Page(
        "checkup_absent.html.j2", "checkup_after", w.absent.title, HERE,
        (Key("Ctrl Enter", w["keys"].save), Key("Escape", w["keys"].back)),
    )  # fmt: skip
    today = times.civil(console.site.clock()).date()
    return await console.page(
        request, here, status=422 if fault else 200, found=found, day=day, asked=asked,
        fault=fault, all=ALL, due=today + timedelta(days=VISIT_DAYS), most=LIST_MAX,
        over=found.day.state is DayState.CLOSED, reason_of=_reason_field,
        age_of=ages(today),
    )  # fmt: skip


def _sheet(people: tuple[Called, ...]) -> list[list[str]]:
    """The list for home visits: no illness, the day of the visit, why."""
    w = words("checkup_after")
    a = w.absent
    made = [
        [w.village, a.address, w.name, a.id_tail, w.phone, a.contact, a.contact_phone, a.reason,
         a.visit]
    ]  # fmt: skip
    for each in people:
        one, visit = each.absentee.person, each.absentee.visit
        made.append(
            [
                each.absentee.village, one.address, one.name, one.id_tail, each.phone,
                each.contact, each.contact_phone, each.absentee.reason,
                visit.isoformat() if visit else "",
            ]
        )  # fmt: skip
    return made
