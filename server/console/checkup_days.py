"""Checkup days: the list, one day with its numbers and slots, its states. Forms: checkup_form.py;
people: checkup_people.py.
"""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.checkup import days, hall_tablets, spreading
from server.actions.checkup.day_reading import Listed
from server.actions.checkup.day_rows import Day
from server.console.checkup_tiles import tiles_of
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import Words, words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.web import posted, see
from server.rules.checkup import stations
from server.rules.checkup_days import (
    CAPACITY_MOST,
    EDITABLE,
    GRACE_MS,
    PREPARES,
    READS,
    DayState,
    Slot,
)

AnyRequest = Request[Any, Any, Any]
HERE: Final = "checkup"
PATH: Final = "/console/checkup"
MOMENT_DIGITS: Final = 15
SAID: Final = frozenset(
    {"made", "changed", "ready", "draft", "open", "closed", "cancelled", "undone", "slots",
     "tablets", "spread", "unspread"}
)  # fmt: skip


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_reading(console), *_writing(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup", roles=READS)
    async def every(request: AnyRequest) -> Response[Any]:
        signed, w = signed_of(request), words("checkup")
        found = await days.listed(console.site, signed)
        prepares = signed.role in PREPARES
        keys = [Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open)]
        if prepares:
            keys.append(Key("N", w["keys"].new))
        shown = Page("checkup_days.html.j2", "checkup", w.title, HERE, keys)
        return await console.page(
            request, shown, found=found, sentence=_sentence(found, signed, w, _today(console)),
            prepares=prepares, county=signed.oversees, states=_states(w),
        )  # fmt: skip

    @page("/checkup/{day:str}", roles=READS)
    async def one(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await draw_day(console, request, id_of(day))

    return [every, one]


def _writing(console: Console) -> list[HTTPRouteHandler]:
    @action("/checkup/{day:str}/state", roles=PREPARES)
    async def state(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, who = await posted(request), id_of(day)
        wanted = (typed.get("to") or [""])[0]
        try:
            if wanted == "undo":
                await days.undo_cancelled(console.site, signed_of(request), who)
                return see(f"{PATH}/{day}?done=undone")
            after = DayState(wanted) if wanted in set(DayState) else DayState.DRAFT
            await days.set_state(console.site, signed_of(request), who, after)
        except RuleSaysNo as no:
            return await draw_day(console, request, who, fault=said_no(no))
        return see(f"{PATH}/{day}?done={after.value}")

    @action("/checkup/{day:str}/slots", roles=PREPARES)
    async def slots(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, who, w = await posted(request), id_of(day), words("checkup")
        read = _slots_typed(typed)
        if read is None:
            return await draw_day(console, request, who, fault=w.no.slot_form, typed=typed)
        try:
            await days.set_slots(console.site, signed_of(request), who, *read)
        except RuleSaysNo as no:
            return await draw_day(console, request, who, fault=said_no(no), typed=typed)
        return see(f"{PATH}/{day}?done=slots")

    @action("/checkup/{day:str}/tablets", roles=PREPARES)
    async def tablets(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, who = await posted(request), id_of(day)
        wanted = {id_of(each) for each in typed.get("device", ())}
        try:
            await hall_tablets.set_tablets(console.site, signed_of(request), who, wanted)
        except RuleSaysNo as no:
            return await draw_day(console, request, who, fault=said_no(no))
        return see(f"{PATH}/{day}?done=tablets")

    @action("/checkup/{day:str}/spread", roles=PREPARES)
    async def spread(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, signed, who = await posted(request), signed_of(request), id_of(day)
        at = (typed.get("at") or [""])[0]
        try:
            if at.isdecimal() and len(at) < MOMENT_DIGITS:
                n = await spreading.unspread(console.site, signed, who, int(at))
                return see(f"{PATH}/{day}?done=unspread&n={n}")
            n, moment = await spreading.spread(console.site, signed, who)
        except RuleSaysNo as no:
            return await draw_day(console, request, who, fault=said_no(no))
        return see(f"{PATH}/{day}?done=spread&n={n}&at={moment}")

    return [state, slots, tablets, spread]


def said_no(no: RuleSaysNo) -> str:
    """The sentence of a step that was not done."""
    w = words("checkup").no
    return w.get(no.detail, w.otherwise)


def day_name(day: Day, w: Words) -> str:
    return w.day_name(day=times.long_day(day.on), place=day.place)


def _today(console: Console) -> date:
    return times.civil(console.site.clock()).date()


def _states(w: Words) -> dict[str, tuple[str, str, str]]:
    """(tone, sign, word) by state."""
    return {
        each.value: (*w.state_tone[each.value].split(), w.state[each.value]) for each in DayState
    }


def _sentence(found: tuple[Listed, ...], signed: Signed, w: Words, today: date) -> tuple[str, str]:
    """The sentence on top and its marked end."""
    ahead = [
        each for each in found
        if each.day.on >= today and each.day.state in EDITABLE
    ]  # fmt: skip
    if not ahead:
        if signed.oversees:
            return w.sentence_none_county, ""
        return w.sentence_none, w.sentence_none_mark
    first = ahead[0]
    if first.day.on == today:
        mark = w.sentence_today_mark(n=first.counts.expected, arrived=first.counts.arrived)
        return w.sentence_today, mark
    mark = w.sentence_next_mark(n=first.counts.expected, booked=first.counts.booked)
    return w.sentence_next(day=times.long_day(first.day.on)), mark


Typed = dict[str, list[str]]


def _slots_typed(typed: Typed) -> tuple[dict[int, int], tuple[Slot, ...]] | None:
    """Places by slot and a further slot, as they were typed; None for what cannot be read."""
    capacities: dict[int, int] = {}
    for name, values in typed.items():
        if not name.startswith("c"):
            continue
        number = name.removeprefix("c")
        if not number.isdecimal():
            continue
        text = values[0].strip()
        if not text.isdecimal() or int(text) > CAPACITY_MOST:
            return None
        capacities[int(number)] = int(text)
    start, end, room = ((typed.get(n) or [""])[0].strip() for n in ("start", "end", "room"))
    if not start and not end and not room:
        return capacities, ()
    times_fit = is_clock(start) and is_clock(end) and start < end
    if not times_fit or not room.isdecimal() or not 0 < int(room) <= CAPACITY_MOST:
        return None
    return capacities, (Slot(start, end, int(room)),)


def is_clock(text: str) -> bool:
    hours, colon, minutes = text.partition(":")
    return (
        bool(colon) and len(text) == 5 and hours.isdecimal() and minutes.isdecimal()
        and int(hours) < 24 and int(minutes) < 60
    )  # fmt: skip


async def draw_day(
    console: Console, request: AnyRequest, who: bytes, *, fault: str = "",
    typed: Typed | None = None,
) -> Response[Any]:  # fmt: skip
    """One day. For the county without what only its own people do and see."""
    signed, w = signed_of(request), words("checkup")
    found, slots = await days.one_of(console.site, signed, who)
    day, prepares = found.day, days.may_prepare(signed, found.day.facility)
    tablets = await hall_tablets.tablets_of(console.site, signed, who)
    tiles = tiles_of(day.state, who.hex()) if prepares else []
    keys = [Key(tile.k, w.tiles[tile.key]) for tile, _ in tiles if tile.k]
    if prepares and day.state in EDITABLE:
        keys.append(Key("E", w["keys"].edit))
    done = request.query_params.get("done", "")
    soon = times.civil(console.site.clock() + GRACE_MS).strftime("%H:%M")
    again, at = (request.query_params.get(name, "") for name in ("n", "at"))
    said = w.done[done](when=soon, n=again) if done in SAID else ""
    if done == "made" and again.isdecimal():
        said = w.done.made_again(n=again)
    route = [stations()[each].label for each in day.stations]
    return await console.page(
        request, Page("checkup_day.html.j2", "checkup", w.title, HERE, keys),
        status=422 if fault else 200, found=found, day=day, counts=found.counts, slots=slots,
        tablets=tablets, used=sum(each.used for each in tablets), prepares=prepares,
        editable=prepares and day.state in EDITABLE, tiles=tiles, fault=fault, said=said,
        typed=typed or {}, route=route, id=who.hex(), states=_states(w), mark=_mark(found, w),
        undo_spread=at if done == "spread" and again not in ("", "0") else "",
        no_slot=max(0, found.counts.invited - found.counts.booked),
        free=max(0, found.counts.places - found.counts.booked),
        short=max(0, found.counts.expected - found.counts.places),
        undo_until=soon if done == "cancelled" else "", today_is=day.on == _today(console),
        absent=max(0, found.counts.expected - found.counts.arrived),
    )  # fmt: skip


def _mark(found: Listed, w: Words) -> str:
    counts, state = found.counts, found.day.state
    if state is DayState.CANCELLED:
        return w.day.mark_cancelled
    if state is DayState.CLOSED:
        absent = max(0, counts.expected - counts.arrived)
        return w.day.mark_closed(arrived=f"{counts.arrived:,}", absent=f"{absent:,}")
    if state is DayState.OPEN:
        return w.day.mark_open(arrived=f"{counts.arrived:,}", finished=f"{counts.finished:,}")
    if not counts.expected:
        return w.day.mark_draft_empty
    return w.day.mark_invited(n=f"{counts.expected:,}", booked=f"{counts.booked:,}")
