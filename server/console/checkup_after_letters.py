"""Feedback letters of a checkup day: one PDF for a village, one for a person, and who has received
theirs. Reading and acting: server/actions/checkup/letter_bundles.py, letters.py.
"""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.opening import AskWhy
from server.actions.checkup import letter_bundles, letters
from server.actions.checkup.letter_bundles import EVERYWHERE, Bundle, Reader
from server.console.checkup_after import ages
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.web import HEADERS, posted, see
from server.rules.checkup_days import PREPARES

AnyRequest = Request[Any, Any, Any]
HERE: Final = "checkup"
REFRESH_S: Final = "3"
VILLAGE_MOST: Final = 12
NO_VILLAGE: Final = "-"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_list(console), *_files(console)]


def _list(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/letters", roles=PREPARES)
    async def show(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, day)

    @action("/checkup/{day:str}/letters", roles=PREPARES)
    async def ask(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        village = ((await posted(request)).get("village") or [EVERYWHERE])[0][:VILLAGE_MOST]
        await letter_bundles.ask(console.site, signed_of(request), id_of(day), code_of(village))
        return see(_path(day, village))

    @action("/checkup/{day:str}/letters/handed", roles=PREPARES)
    async def handed(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, signed, w = await posted(request), signed_of(request), words("checkup_after")
        village = (typed.get("village") or [EVERYWHERE])[0][:VILLAGE_MOST]
        if typed.get("undo"):
            await letters.take_back(console.site, signed, id_of(day), id_of(typed["undo"][0]))
            return see(_path(day, village))
        ticked = [id_of(each) for each in typed.get("who", ())]
        if not ticked:
            return await _draw(console, request, day, village, fault=w.letters.none_ticked)
        try:
            await letters.hand_over(console.site, signed, id_of(day), ticked)
        except RuleSaysNo:
            return await _draw(console, request, day, village, fault=w.letters.too_many)
        return see(_path(day, village))

    return [show, ask, handed]


def code_of(village: str) -> str:
    """The area code that a page sends; of people without a village it sends a dash."""
    return "" if village == NO_VILLAGE else village


def _path(day: str, village: str) -> str:
    query = "" if village == EVERYWHERE else f"?village={village}"
    return f"/console/checkup/{day}/letters{query}"


def _files(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/letters/{bundle:str}/letters.pdf", roles=PREPARES)
    async def pdf(
        request: AnyRequest, day: FromPath[str], bundle: FromPath[str]
    ) -> Response[bytes]:
        id_of(day)
        raw = await letter_bundles.fetch(console.site, signed_of(request), id_of(bundle))
        return pdf_answer(raw, "letters.pdf")

    @page("/checkup/{day:str}/letter/{who:str}/letter.pdf", roles=PREPARES)
    async def one(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        made = await letter_bundles.one_letter(
            console.site, signed_of(request), id_of(day), id_of(who)
        )
        if isinstance(made, AskWhy):
            return see(f"/console/archive/{who}")
        return pdf_answer(made, "letter.pdf")

    return [pdf, one]


def pdf_answer(raw: bytes, name: str) -> Response[bytes]:
    """A PDF to look at and print, named without anybody's name."""
    kept = {**HEADERS, "content-disposition": f'inline; filename="{name}"'}
    return Response(raw, media_type="application/pdf", headers=kept)


async def _draw(
    console: Console, request: AnyRequest, day: str, village: str = "", *, fault: str = ""
) -> Response[Any]:
    w = words("checkup_after")
    asked = village or str(request.query_params.get("village") or EVERYWHERE)[:VILLAGE_MOST]
    found = await letter_bundles.letters_of(
        console.site, signed_of(request), id_of(day), code_of(asked)
    )
    here = Page(
        "checkup_letters.html.j2", "checkup_after", w.letters.title, HERE,
        (Key("P", w["keys"].print), Key("Escape", w["keys"].back)),
    )  # fmt: skip
    today = times.civil(console.site.clock()).date()
    answer = await console.page(
        request, here, status=422 if fault else 200, found=found, day=day, fault=fault,
        asked=asked, state_of=_state, said_of=_said, everywhere=EVERYWHERE,
        shown_village={code: name for code, name, _ in found.villages}.get(code_of(asked), ""),
        age_of=ages(today),
    )  # fmt: skip
    if any(each.state == "waiting" for each in found.bundles) and not fault:
        answer.headers["refresh"] = REFRESH_S  # the page follows by itself, without a script
    return answer


def _state(each: Bundle) -> tuple[str, str, str]:
    """Tone, sign and words of a printing."""
    w = words("checkup_after").letters
    if each.state == "waiting":
        return "wait", "clock", w.progress(done=each.done, total=each.total)
    return ("done", "check", w.ready) if each.state == "ready" else ("alarm", "warn", w.failed)


def _said(each: Reader) -> str:
    """How somebody has the results already."""
    if each.told is None:
        return ""
    w = words("checkup_after").letters
    said = w.hand if each.told.how == letters.HAND else w.portal
    return said(day=times.long_day(date.fromisoformat(each.told.on)))
