"""Archives that came and that went by residents' switches. What came is taken note of, never
refused; what went is for information: which tablets here still hold a copy, and what they have not
sent.
"""

from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.places import handovers
from server.actions.places.handovers import Line
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, id_of
from server.console.words import words
from server.errors import NotYours
from server.pages import times, values
from server.pages.web import AnyRequest, posted, see
from server.rules.accounts import FACILITY_ROLES

HERE: Final = "transfers"
PATH: Final = "/console/transfers"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/transfers", roles=WORKERS)
    async def came(request: AnyRequest) -> Response[Any]:
        w, signed = words("handovers"), signed_of(request)
        lines = await handovers.came(console.site, signed)
        open_ = [each for each in lines if not each.result]
        plain, marked = _sentence(console, open_)
        keys = (Key("J", w["keys"].down), Key("E", w["keys"].seen)) if open_ else ()
        return await console.page(
            request, Page("handovers.html.j2", "handovers", w.title, HERE, keys),
            lines=[_row(console, each) for each in lines], came=True, plain=plain, marked=marked,
            waiting=len(open_), may_see=signed.role in FACILITY_ROLES,
        )  # fmt: skip

    @page("/transfers/out", roles=WORKERS)
    async def went(request: AnyRequest) -> Response[Any]:
        w = words("handovers")
        lines = await handovers.went(console.site, signed_of(request))
        held = sum(any(h.state != "purged" for h in each.held) for each in lines)
        return await console.page(
            request, Page("handovers.html.j2", "handovers", w.title_out, HERE),
            lines=[_row(console, each) for each in lines], came=False, waiting=0, may_see=False,
            plain=w.out(n=len(lines)) if lines else "",
            marked=(w.out_held(n=held) if held else w.out_clear) if lines else w.out_none,
        )  # fmt: skip

    @action("/transfers/seen", roles=FACILITY_ROLES)
    async def seen(request: AnyRequest) -> Response[Any]:
        """Those that the page named; one that somebody else has seen meanwhile is passed over."""
        typed = await posted(request)
        for each in typed.get("handover", ()):
            try:
                await handovers.see(console.site, signed_of(request), id_of(each))
            except NotYours:
                continue
        return see(PATH)

    @action("/transfers/{handover:str}/seen", roles=FACILITY_ROLES)
    async def seen_one(request: AnyRequest, handover: FromPath[str]) -> Response[Any]:
        await handovers.see(console.site, signed_of(request), id_of(handover))
        return see(PATH)

    return [came, went, seen, seen_one]


def _sentence(console: Console, waiting: list[Line]) -> tuple[str, str]:
    w = words("handovers")
    if not waiting:
        return "", w.none
    left = times.left(waiting[0].due_at, console.site.clock())
    return w.some(n=len(waiting)), w.first(left=left.text)


def _row(console: Console, line: Line) -> dict[str, Any]:
    now = console.site.clock()
    today, w = times.civil(now).date(), words("handovers")
    return {
        "line": line, "id": line.id.hex(), "day": times.day_text(line.day, today=today),
        "person": values.person_line(line.card, today),
        "left": times.left(line.due_at, now) if not line.result else None,
        "state": w.results.get(line.result),
        "held": [
            {
                "label": each.label, "state": w.copies.get(each.state, each.state),
                "gone": each.state == "purged",
                "unsent": w.unsent(n=each.unsent) if each.unsent else "",
                "contact": times.moment_text(each.last_contact, now_ms=now)
                if each.last_contact else "",
            }
            for each in line.held
        ],
    }  # fmt: skip
