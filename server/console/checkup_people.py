"""The people of a checkup day: the list by group, village and slot, finding somebody on it or to
put on it, one person with slot and stations, drawing from the plan, taking off and putting back.

What is searched for travels in the body of a form; whom a page showed is written down.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.cards import Card
from server.actions.archives.search import Found, Lookup
from server.actions.checkup import booking, invited, people_list
from server.actions.checkup.day_rows import REMOVED, Day, PersonRow
from server.actions.checkup.invited import Which as Drawn
from server.actions.checkup.people_list import Line, Order, View, Which
from server.console.checkup_days import HERE, PATH
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import Words, words
from server.errors import NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.web import posted, see
from server.rules.checkup import groups as every_group
from server.rules.checkup import stations
from server.rules.checkup_days import EDITABLE, PREPARES, DayState, may_be_invited

AnyRequest = Request[Any, Any, Any]
CODE_MAX: Final = 12
PERSON: Final = "/checkup/{day:str}/people/{who:str}"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_list(console), *_person(console), *_draw_from_plan(console)]


def _list(console: Console) -> list[HTTPRouteHandler]:
    lookup = Lookup(console.site)

    @page("/checkup/{day:str}/people", roles=PREPARES)
    async def every(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _people(console, request, id_of(day))

    @action("/checkup/{day:str}/people", roles=PREPARES)
    async def find(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        query = ((await posted(request)).get("q") or [""])[0].strip()
        if not query:
            return see(f"{PATH}/{day}/people")
        return await _found(console, request, id_of(day), query, lookup)

    @action("/checkup/{day:str}/add", roles=PREPARES)
    async def add(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        who = id_of(((await posted(request)).get("who") or [""])[0])
        try:
            fresh = await invited.add(console.site, signed_of(request), id_of(day), who)
        except RuleSaysNo as no:
            return await _people(console, request, id_of(day), fault=said(no))
        done = "added" if fresh else "there"
        return see(f"{PATH}/{day}/people/{who.hex()}?done={done}")

    return [every, find, add]


def _person(console: Console) -> list[HTTPRouteHandler]:
    @page(PERSON, roles=PREPARES)
    async def one(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        return await _one(console, request, id_of(day), id_of(who))

    @action(PERSON + "/slot", roles=PREPARES)
    async def slot(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        typed, signed, site = await posted(request), signed_of(request), console.site
        wanted = (typed.get("slot") or [""])[0]
        act = (typed.get("act") or [""])[0]
        try:
            if act == "unbook":
                await booking.cancel(site, id_of(who), id_of(day), by=signed)
                return see(f"{PATH}/{day}/people/{who}?done=unbooked")
            if not wanted.isdecimal() or len(wanted) > 4:
                fault = words("checkup").person.pick
                return await _one(console, request, id_of(day), id_of(who), fault=fault)
            await booking.change(site, id_of(who), id_of(day), int(wanted), by=signed)
        except RuleSaysNo as no:
            return await _one(console, request, id_of(day), id_of(who), fault=said(no))
        return see(f"{PATH}/{day}/people/{who}?done=booked")

    @action(PERSON + "/stations", roles=PREPARES)
    async def route(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        wanted = set((await posted(request)).get("stations", ()))
        try:
            await invited.set_stations(
                console.site, signed_of(request), id_of(day), id_of(who), wanted
            )
        except RuleSaysNo as no:
            return await _one(console, request, id_of(day), id_of(who), fault=said(no))
        return see(f"{PATH}/{day}/people/{who}?done=route")

    @action(PERSON + "/remove", roles=PREPARES)
    async def remove(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        try:
            had = await invited.remove(console.site, signed_of(request), id_of(day), id_of(who))
        except RuleSaysNo as no:
            return await _people(console, request, id_of(day), fault=said(no))
        return see(f"{PATH}/{day}/people?removed={who}{f'&was={had}' if had is not None else ''}")

    @action(PERSON + "/back", roles=PREPARES)
    async def back(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        was = ((await posted(request)).get("was") or [""])[0]
        slot = int(was) if was.isdecimal() and len(was) < 5 else None
        try:
            kept = await invited.undo_remove(
                console.site, signed_of(request), id_of(day), id_of(who), slot
            )
        except RuleSaysNo as no:
            return await _people(console, request, id_of(day), fault=said(no))
        done = "back" if slot is None else "back_slot" if kept else "back_no_slot"
        return see(f"{PATH}/{day}/people/{who}?done={done}")

    return [one, slot, route, remove, back]


def said(no: RuleSaysNo) -> str:
    """Of one person: a slot that is over is not a day that is over."""
    w = words("checkup").no
    named = {"arrived": "person_arrived", "over": "slot_over"}.get(no.detail, no.detail)
    return w.get(named, w.otherwise)


# The list.


def _which(asked: Mapping[str, Any]) -> Which:
    view, order = str(asked.get("view") or ""), str(asked.get("order") or "")
    number, slot = str(asked.get("page") or ""), str(asked.get("slot") or "")
    return Which(
        view=View(view) if view in set(View) else View.ALL,
        group=str(asked.get("group") or "")[:CODE_MAX],
        village=str(asked.get("village") or "")[:CODE_MAX], slot=slot[:CODE_MAX],
        order=Order(order) if order in set(Order) else Order.VILLAGE,
        page=max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1,
    )  # fmt: skip


async def _people(
    console: Console, request: AnyRequest, day: bytes, *, fault: str = ""
) -> Response[Any]:
    w, asked, signed = words("checkup"), request.query_params, signed_of(request)
    which = _which(asked)
    found = await people_list.people(console.site, signed, day, which)
    kept = {
        "view": which.view.value, "group": which.group, "village": which.village,
        "slot": which.slot, "order": which.order.value,
    }  # fmt: skip

    def to(**changes: str) -> str:
        """The same list with something changed, from its first page."""
        named = {name: each for name, each in (kept | changes).items() if each}
        return f"{PATH}/{day.hex()}/people?{urlencode(named)}"

    removed = await _removed(console, request, day) if not fault else None
    n, free = found.views[View.ALL], found.no_slot
    return await console.page(
        request, _list_page(w), status=422 if fault else 200, found=found, day=found.day,
        id=day.hex(), which=which, to=to, fault=fault, removed=removed, query="",
        editable=found.day.state in EDITABLE, views=list(View), kept=kept,
        people=[_shown(console, each, w) for each in found.lines],
        sentence=w.list.sentence(day=times.long_day(found.day.on), n=f"{n:,}"),
        mark=_mark(which, found.views, free, w), others=None, elsewhere=False, more=0,
        said=_added(asked, w),
    )  # fmt: skip


def _added(asked: Mapping[str, Any], w: Words) -> str:
    """How many the plan or a file has just brought."""
    n, listed = str(asked.get("drawn") or ""), str(asked.get("listed") or "").split("-")
    if len(listed) == 3 and all(each.isdecimal() for each in listed):
        added, booked, there = (f"{int(each):,}" for each in listed)
        return w.done.listed(added=added, booked=booked, there=there)
    if not n.isdecimal():
        return ""
    return w.done.drawn(n=f"{int(n):,}") if int(n) else w.done.drawn_none


def _mark(which: Which, views: Mapping[View, int], free: int, w: Words) -> str:
    if which.view is View.REMOVED:
        return w.list.mark_removed(n=f"{views[View.REMOVED]:,}")
    return w.list.mark_no_slot(n=f"{free:,}") if free else w.list.mark_all_slot


def _list_page(w: Words) -> Page:
    keys = (
        Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open),
        Key("F", w["keys"].search), Key("D", w["keys"].draw), Key("P", w.list.print),
    )  # fmt: skip
    return Page("checkup_people.html.j2", "checkup", w.list.title, HERE, keys)


async def _removed(console: Console, request: AnyRequest, day: bytes) -> dict[str, str] | None:
    """Who was just taken off, for the way back; None when the address names nobody."""
    named = request.query_params.get("removed", "")
    if not named:
        return None
    w, was = words("checkup").list, request.query_params.get("was", "")
    try:
        _, line, slots = await people_list.one(console.site, signed_of(request), day, id_of(named))
    except NotYours:
        return None
    start = next((each.start for each in slots if str(each.slot) == was), "")
    say = w.removed_slot(name=line.name, time=start) if start else w.removed(name=line.name)
    return {"who": named, "was": was, "say": say}


def _shown(console: Console, line: Line, w: Words) -> dict[str, Any]:
    """One line as drawn."""
    row, card, now = line.row, line.card, console.site.clock()
    birth = card.birth if card is not None else ""
    return {
        "who": row.who.hex(), "card": card, "name": line.name, "village": line.village,
        "age": values.age_text(birth, times.civil(now).date()) if birth else "",
        "phone": card.phone_tail if card is not None else "",
        "groups": words("ui").and_sign.join(w.group.get(each) for each in row.groups),
        "start": line.start, "ticket": _ticket(line), "standing": _standing(row, w),
        "waits": row.expected and row.arrived_at is None,
        "source": w.list.source.get(row.source, ""), "expected": row.expected,
        "arrived": row.arrived_at is not None, "removed": row.status == REMOVED,
    }  # fmt: skip


def _ticket(line: Line) -> str:
    """A 036, as it is called out."""
    shown = line.row.slot is not None or line.row.arrived_at is not None
    return f"{line.ticket[:1]} {line.ticket[1:]}" if line.ticket and shown else ""


def _standing(row: PersonRow, w: Words) -> tuple[str, str, str]:
    """(tone, sign, words)."""
    said = w.list.standing
    if row.status == REMOVED:
        return "wait", "stop", said.removed
    for at, tone, sign, text in (
        (row.done_at, "done", "check", said.finished), (row.left_at, "due", "warn", said.left),
        (row.arrived_at, "done", "check", said.waiting if row.arrived_at is None else said.arrived),
    ):  # fmt: skip
        if at is not None:
            return tone, sign, text(when=times.civil(at).strftime("%H:%M"))
    return "wait", "clock", said.waiting


async def _found(
    console: Console, request: AnyRequest, day: bytes, query: str, lookup: Lookup
) -> Response[Any]:
    w, signed = words("checkup"), signed_of(request)
    where, lines = await people_list.find(console.site, signed, day, query)
    editable = where.state in EDITABLE
    others = await lookup.find(signed, query) if editable else Found("words", ())
    here = {each.row.who for each in lines}
    cards = [each for each in others.cards if each.resident not in here]
    shown = [_other(console, each, where) for each in cards if each.facility == signed.facility]
    mark = w.list.mark_found(n=len(lines)) if lines else w.list.mark_found_none
    return await console.page(
        request, _list_page(w), found=None, day=where, id=day.hex(), fault="", removed=None,
        query=query, editable=editable, people=[_shown(console, each, w) for each in lines],
        sentence=w.list.found_sentence, mark=mark, others=shown if editable else None,
        elsewhere=others.elsewhere, more=others.more, said="",
    )  # fmt: skip


def _other(console: Console, card: Card, day: Day) -> dict[str, Any]:
    today = times.civil(console.site.clock()).date()
    return {
        "who": card.resident.hex(), "card": card,
        "age": values.age_text(card.birth, today) if card.birth else "",
        "may": may_be_invited(card.status, card.facility, day.facility),
    }  # fmt: skip


# One person.


async def _one(
    console: Console, request: AnyRequest, day: bytes, who: bytes, *, fault: str = ""
) -> Response[Any]:
    w = words("checkup")
    where, line, slots = await people_list.one(console.site, signed_of(request), day, who)
    row, shown = line.row, _shown(console, line, w)
    mine = next((each for each in slots if each.slot == row.slot), None)
    keys = (Key("Ctrl Enter", w.person.book), Key("B", w.person.back), Key("O", w.person.open))
    return await console.page(
        request, Page("checkup_invited.html.j2", "checkup", w.person.title, HERE, keys),
        status=422 if fault else 200, day=where, id=day.hex(), line=line, row=row, shown=shown,
        slots=slots, mine=mine, fault=fault, mark=_person_mark(line, w),
        done=_person_done(request, line, w), editable=where.state in EDITABLE and row.expected,
        route=[(each, stations()[each].label, each in row.route) for each in where.stations],
        groups=[every_group()[each].label for each in row.groups if each in every_group()],
        on_the_day=where.state is DayState.OPEN and row.status != REMOVED,
    )  # fmt: skip


def _person_mark(line: Line, w: Words) -> str:
    row = line.row
    if row.status == REMOVED:
        return w.person.mark_removed
    if row.arrived_at is not None:
        return w.person.mark_arrived(when=times.civil(row.arrived_at).strftime("%H:%M"))
    if line.start:
        return w.person.mark_slot(time=line.start, ticket=_ticket(line))
    return w.person.mark_no_slot


def _person_done(request: AnyRequest, line: Line, w: Words) -> str:
    done = request.query_params.get("done", "")
    if done not in ("added", "there", "booked", "unbooked", "route", "back", "back_slot",
                    "back_no_slot"):  # fmt: skip
        return ""
    return w.done[done](name=line.name, time=line.start, ticket=_ticket(line))


# From the plan.


def _draw_from_plan(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/draw", roles=PREPARES)
    async def ask(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _drawing(console, request, id_of(day), None)

    @action("/checkup/{day:str}/draw", roles=PREPARES)
    async def draw(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, who = await posted(request), id_of(day)
        which = Drawn(
            frozenset(typed.get("group", ())), frozenset(typed.get("village", ())),
            frozenset(id_of(each) for each in typed.get("panel", ())),
        )  # fmt: skip
        if (typed.get("act") or [""])[0] != "invite" or not which.groups:
            return await _drawing(console, request, who, which)
        try:
            n = await invited.draw(console.site, signed_of(request), who, which)
        except RuleSaysNo as no:
            w = words("checkup").no
            fault = w.get(no.detail, w.otherwise)
            return await _drawing(console, request, who, which, fault=fault)
        return see(f"{PATH}/{day}/people?drawn={n}")

    return [ask, draw]


async def _drawing(
    console: Console, request: AnyRequest, day: bytes, which: Drawn | None, *, fault: str = ""
) -> Response[Any]:
    w, signed = words("checkup"), signed_of(request)
    found = await invited.drawable(console.site, signed, day, which)
    asked = which is not None
    if which is None:
        which = Drawn(frozenset(group for group, _ in found.groups))
    elif not which.groups and not fault:
        fault = w.draw.no_group
    keys = (Key("Ctrl Enter", w.draw.invite), Key("B", w.back_day))
    return await console.page(
        request, Page("checkup_draw.html.j2", "checkup", w.draw.title, HERE, keys),
        status=422 if fault else 200, found=found, which=which, asked=asked and not fault,
        fault=fault, id=day.hex(), labels={e.id: e.label for e in every_group().values()},
        panels={each.hex() for each in which.panels},
        n=found.chosen if asked else found.total,
    )  # fmt: skip
