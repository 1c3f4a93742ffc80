"""Messages to residents, for the county: what went out, what waits, what failed and why, what it
cost; the whole outbox paused, a failed one sent again.
"""

from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.notices import overview
from server.actions.notices.overview import Overview
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages.web import see
from server.rules.accounts import StaffRole

AnyRequest = Request[Any, Any, Any]
COUNTY: Final = frozenset({StaffRole.COUNTY})
HERE: Final = "/console/notices"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/notices", roles=COUNTY)
    async def show(request: AnyRequest) -> Response[Any]:
        signed, w, ui = signed_of(request), words("notices"), words("ui")["keys"]
        found = await overview.overview(console.site)
        kept = await overview.kept_words(console.site, signed.staff)
        keys = (Key("P", w.resume if found.paused_at else w.pause), Key("Esc", ui.back))
        return await console.page(
            request, Page("notices.html.j2", "notices", w.title, here="notices", keys=keys),
            found=found, kept=kept, sentence=_sentence(found), yuan=yuan,
            said=w.done.get(request.query_params.get("done", "")), numbers=console.site.rules,
        )  # fmt: skip

    @action("/notices/pause", roles=COUNTY)
    async def pause(request: AnyRequest) -> Response[Any]:
        await overview.pause(console.site, signed_of(request).staff, on=True)
        return see(HERE)

    @action("/notices/resume", roles=COUNTY)
    async def resume(request: AnyRequest) -> Response[Any]:
        await overview.pause(console.site, signed_of(request).staff, on=False)
        return see(f"{HERE}?done=resumed")

    @action("/notices/again", roles=COUNTY)
    async def again(request: AnyRequest) -> Response[Any]:
        await overview.send_all_again(console.site, signed_of(request).staff)
        return see(f"{HERE}?done=again")

    @action("/notices/again/{notice:str}", roles=COUNTY)
    async def again_one(request: AnyRequest, notice: FromPath[str]) -> Response[Any]:
        try:
            await overview.send_again(console.site, id_of(notice), signed_of(request).staff)
        except RuleSaysNo:  # somebody else was quicker: the page says how it stands
            return see(HERE)
        return see(f"{HERE}?done=again")

    return [show, pause, resume, again, again_one]


def yuan(fen: int) -> str:
    """12,345 fen as 123.45."""
    return f"{fen // 100:,}.{fen % 100:02d}"


def _sentence(found: Overview) -> tuple[str, str]:
    """(what is true, the one fact in it that matters)."""
    w = words("notices")
    waiting = sum(each.waiting for each in found.tallies)
    if found.paused_at is not None:
        return w.say_paused, w.fact_waiting(n=f"{waiting:,}")
    if found.keeps:
        return w.say_kept, w.fact_kept
    say = w.say_sent(n=f"{found.sent:,}")
    if found.failed:
        failed = sum(each.failed for each in found.tallies)
        return say, w.fact_failed(n=f"{max(failed, len(found.failed)):,}")
    return say, w.fact_spent(yuan=yuan(found.spent_fen))
