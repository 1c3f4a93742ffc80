"""Cards of checkup days (体检卡): sheets for a day's list, the cards of one person, what to do with
a lost one.
"""

from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.checkup import cards, codes
from server.actions.checkup.cards import Sheets
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.life import opened_or_why, person
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.qr import card_code, grouped
from server.pages.web import HEADERS, posted, see
from server.rules.checkup_days import PREPARES

AnyRequest = Request[Any, Any, Any]
HERE: Final = "checkup"
PATH: Final = "/console/checkup"
REFRESH_S: Final = "3"
TYPED_MOST: Final = 400


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_of_day(console), *_sheet(console), *_of_person(console)]


def _of_day(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/cards", roles=PREPARES)
    async def show(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _draw_day(console, request, day)

    @action("/checkup/{day:str}/cards", roles=PREPARES)
    async def ask(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        everybody = (await posted(request)).get("which") == ["everybody"]
        try:
            sheet = await cards.ask_for_day(
                console.site, signed_of(request), id_of(day), everybody=everybody
            )
        except RuleSaysNo:
            fault = words("checkup_cards").day.nobody
            return await _draw_day(console, request, day, fault=fault, status=409)
        return see(f"{PATH}/sheets/{sheet.hex()}")

    @action("/checkup/{day:str}/cards/found", roles=PREPARES)
    async def found(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed = ((await posted(request)).get("code") or [""])[0][:TYPED_MOST]
        who = await cards.whose(console.site, signed_of(request), id_of(day), typed)
        if who is None:
            fault = words("checkup_cards").day.found_no
            return await _draw_day(console, request, day, fault=fault, status=422)
        return see(f"/console/archive/{who.hex()}/cards")

    return [show, ask, found]


async def _draw_day(
    console: Console, request: AnyRequest, day: str, *, fault: str = "", status: int = 200
) -> Response[Any]:
    signed, w, of = signed_of(request), words("checkup_cards"), id_of(day)
    counted = await cards.counted(console.site, signed, of)
    printed = await cards.listed(console.site, signed, of)
    keys = (Key("P", w["keys"].print), Key("Escape", w["keys"].back))
    return await console.page(
        request, Page("checkup_cards.html.j2", "checkup_cards", w.title, HERE, keys),
        status=status, day=day, counted=counted, missing=counted.people - counted.with_card,
        printed=printed, states=_states(), fault=fault,
    )  # fmt: skip


def _states() -> dict[str, tuple[str, str, str]]:
    """(tone, sign, word) by state."""
    w = words("checkup_cards")
    return {each: (*w.tones[each].split(), w.states[each]) for each in w.states}


def _sheet(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/sheets/{sheet:str}", roles=PREPARES)
    async def show(request: AnyRequest, sheet: FromPath[str]) -> Response[Any]:
        found = await cards.one_of(console.site, signed_of(request), id_of(sheet))
        w = words("checkup_cards")
        keys = (Key("O", w["keys"].open),) if found.state == "ready" and found.mine else ()
        answer = await console.page(
            request, Page("checkup_sheet.html.j2", "checkup_cards", w.sheet.title, HERE, keys),
            found=found, back=_back(found), states=_states(), kib=-(-found.size // 1024),
        )  # fmt: skip
        if found.state == "waiting":
            answer.headers["refresh"] = REFRESH_S  # the page follows by itself, without a script
        return answer

    @page("/checkup/sheets/{sheet:str}/cards.pdf", roles=PREPARES)
    async def pdf(request: AnyRequest, sheet: FromPath[str]) -> Response[bytes]:
        raw = await cards.fetch(console.site, signed_of(request), id_of(sheet))
        kept = {**HEADERS, "content-disposition": 'inline; filename="cards.pdf"'}
        return Response(raw, media_type="application/pdf", headers=kept)

    return [show, pdf]


def _back(found: Sheets) -> str:
    return f"{PATH}/{found.day.hex()}/cards" if found.day is not None else ""


def _of_person(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/cards", roles=PREPARES)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        opened = await opened_or_why(console, request, id_of(resident))
        if not isinstance(opened, Opened):
            return opened
        return await _draw_person(console, request, opened.resident)

    @action("/archive/{resident:str}/cards", roles=PREPARES)
    async def make(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        """Prints the card somebody has, or the first; one that is named is revoked before."""
        signed, typed, who = signed_of(request), await posted(request), id_of(resident)
        old, reason = (typed.get("old") or [""])[0], (typed.get("reason") or [""])[0]
        if old:
            await codes.revoke(console.site, signed, id_of(old), reason)
        sheet = await cards.ask_for_one(console.site, signed, who)
        return see(f"{PATH}/sheets/{sheet.hex()}")

    return [show, make]


async def _draw_person(console: Console, request: AnyRequest, who: bytes) -> Response[Any]:
    signed, w, now = signed_of(request), words("checkup_cards"), console.site.clock()
    today = times.civil(now).date()
    issued = await console.site.store.read(lambda tx: codes.issued_to(tx, console.site, who))
    good = next((x for x in issued if x.revoked_at is None and x.ends_ms > now and x.text), None)
    tab = await person(console, who)
    ours = tab["card"] is not None and tab["card"].facility == signed.facility
    return await console.page(
        request,
        Page("checkup_person_cards.html.j2", "checkup_cards", w.title, "people",
             (Key("M", w["keys"].make), Key("Escape", w.back_person))),
        id=who.hex(), issued=issued, good=good, ours=ours, reasons=codes.REASONS, grouped=grouped,
        drawn=card_code(good.text) if good is not None else None,
        last_days=[times.day_text(times.civil(x.ends_ms - 1).date(), today=today) for x in issued],
        long_last=times.long_date(times.civil(good.ends_ms - 1).date()) if good else "", **tab,
    )  # fmt: skip
