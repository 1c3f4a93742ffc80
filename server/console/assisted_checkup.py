"""At the desk: a time at a checkup day, for a resident who is there. The same action as in the
portal, with a member of staff holding the pen; the resident is told, and may take it back.
"""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card
from server.actions.checkup import booking
from server.actions.checkup.booking import OpenDay
from server.actions.keeping.site import Site
from server.actions.residents import presence
from server.actions.residents.acting import Acting
from server.console.assisted_tiles import present_labels
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.web import AnyRequest, posted, see
from server.rules.accounts import FACILITY_ROLES
from server.rules.checkup import stations
from server.rules.checkup_days import NoBooking
from server.rules.family import Act

PATH = "/archives/{resident:str}/for/checkup"

Typed = dict[str, list[str]]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page(PATH, roles=FACILITY_ROLES)
    async def days(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident)

    @action(PATH + "/{day:str}/{what:str}", roles=FACILITY_ROLES)
    async def act(
        request: AnyRequest, resident: FromPath[str], day: FromPath[str], what: FromPath[str]
    ) -> Response[Any]:
        typed, w = await posted(request), words("assisted_checkup")
        if what not in ("book", "cancel"):
            raise NotYours
        try:
            await _act(console.site, signed_of(request), id_of(resident), id_of(day), what, typed)
        except RuleSaysNo as no:
            fault = w.no.get(no.detail, w.no.otherwise)
            return await _draw(console, request, resident, fault=fault)
        return see(f"/console/archives/{resident}/for/checkup?done={what}")

    return [days, act]


async def _act(
    site: Site, signed: Signed, who: bytes, day: bytes, what: str, typed: Typed
) -> None:  # fmt: skip
    """Raises RuleSaysNo with a value of NoBooking, NotYours for a day that is not shown here."""
    people = await presence.people(site, who, Act.BOOK)
    person = id_of((typed.get("person") or [who.hex()])[0])
    if person not in {each.person for each in people}:
        raise RuleSaysNo("person")

    async def read(tx: Any) -> tuple[Acting, tuple[OpenDay, ...]]:
        acting = await presence.acting_in(tx, site, signed, who, person)
        return acting, await booking.open_slots(tx, site, who)

    acting, open_ = await site.store.read(read)
    if day not in {each.day for each in open_}:
        raise NotYours("day")
    if what == "cancel":
        await booking.cancel(site, who, day, by=acting)
        return
    chosen = (typed.get("slot") or [""])[0]
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 6):
        raise RuleSaysNo(NoBooking.NO_SUCH_SLOT)
    await booking.change(site, who, day, int(chosen), by=acting)


async def _draw(
    console: Console, request: AnyRequest, resident: str, *, fault: str = ""
) -> Response[Any]:
    site, w, signed, who = (
        console.site, words("assisted_checkup"), signed_of(request), id_of(resident),
    )  # fmt: skip
    card: Card | None = await presence.card(site, signed, who)
    if card is None:
        return see(f"/console/archives/{resident}/for")
    people = await presence.people(site, who, Act.BOOK)
    open_ = await site.store.read(lambda tx: booking.open_slots(tx, site, who))
    today = times.civil(site.clock()).date()
    done = request.query_params.get("done", "")
    return await console.page(
        request,
        Page("assisted_checkup.html.j2", "assisted_checkup", w.title, "people",
             (Key("Escape", w.back),)),
        status=422 if fault else 200, id=resident, card=card, fault=fault,
        person=values.person_line(card, today), left=None, due="", allergy_text="",
        done=w.done.get(done), people=present_labels(people),
        days=[_day(each, today) for each in open_ if not each.arrived],
    )  # fmt: skip


def _day(each: OpenDay, today: Any) -> dict[str, Any]:
    """One day as the page draws it."""
    own = each.booked
    free = {slot.slot: (f"{slot.start}–{slot.end}", slot.left) for slot in each.slots}
    if own is not None:
        free.setdefault(own.slot, (f"{own.start}–{own.end}", 0))
    return {
        "id": each.day.hex(), "day": times.day_text(each.on.isoformat(), today=today),
        "hours": f"{each.opens}–{each.closes}", "place": each.place, "own": own,
        "stations": [
            stations()[name].label for name in each.route if name in stations()
        ],
        "slots": sorted((text, slot, left) for slot, (text, left) in free.items()),
    }  # fmt: skip
