"""Making and changing a checkup day: the form, filled in as the last day was."""

import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.checkup import days, invited
from server.actions.checkup.day_rows import Day
from server.actions.checkup.days import Around, Draft, around_of
from server.console.checkup_days import HERE, PATH, day_name, is_clock
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import Filled, filled_from, read_form
from server.pages.web import posted, see
from server.records.model import Code, Codes, Field, Int, Kind, Shape, Text
from server.records.model import Day as DayType
from server.records.values import Fault, FaultCode
from server.rules.checkup import stations
from server.rules.checkup_days import (
    AHEAD_MOST,
    CAPACITY_MOST,
    PLACE_MOST,
    PREPARES,
    SLOT_MINUTES,
    slots_between,
)

AnyRequest = Request[Any, Any, Any]
EVER: Final = date(2026, 1, 1)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/new", roles=PREPARES)
    async def new(request: AnyRequest) -> Response[Any]:
        around = await around_of(console.site, signed_of(request).facility, None)
        filled = _filled(around.last, around, _today(console))
        return await _draw(console, request, filled, around, None)

    @action("/checkup/new", roles=PREPARES)
    async def make(request: AnyRequest) -> Response[Any]:
        typed, signed = await posted(request), signed_of(request)
        around = await around_of(console.site, signed.facility, None)
        filled, draft = _read(typed, around, _today(console))
        if draft is None:
            return await _draw(console, request, filled, around, None)
        day = await days.make(console.site, signed, draft)
        if around.last is not None and typed.get("again"):
            n = await invited.invite_again(console.site, signed, day, around.last.day)
            return see(f"{PATH}/{day.hex()}?done=made&n={n}")
        return see(f"{PATH}/{day.hex()}?done=made")

    @page("/checkup/{day:str}/edit", roles=PREPARES)
    async def edit(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        found = await _own(console, request, day)
        around = await around_of(console.site, found.facility, found)
        return await _draw(
            console, request, _filled(found, around, _today(console), same=True), around, found
        )

    @action("/checkup/{day:str}/edit", roles=PREPARES)
    async def change(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        typed, found = await posted(request), await _own(console, request, day)
        around = await around_of(console.site, found.facility, found)
        filled, draft = _read(typed, around, min(_today(console), found.on))
        if draft is None:
            return await _draw(console, request, filled, around, found)
        try:
            await days.change(console.site, signed_of(request), found.day, draft)
        except RuleSaysNo as no:
            w = words("checkup").no
            fault = Fault("on", FaultCode.CONTRADICTION, w.get(no.detail, w.otherwise))
            return await _draw(console, request, filled.but(fault), around, found)
        return see(f"{PATH}/{day}?done=changed")

    return [new, make, edit, change]


def _today(console: Console) -> date:
    return times.civil(console.site.clock()).date()


async def _own(console: Console, request: AnyRequest, day: str) -> Day:
    found, _ = await days.one_of(console.site, signed_of(request), id_of(day))
    if not days.may_prepare(signed_of(request), found.day.facility):
        raise NotYours
    return found.day


def form(*, slots: bool) -> Kind:
    """The fields with words of their own; who leads is chosen from the staff beside them."""
    w = words("checkup").form
    minutes = Code({str(each): w.minutes_n(n=each) for each in SLOT_MINUTES})
    fields = [
        Field("on", w.on, DayType(), required=True),
        Field("place", w.place, Text(2, PLACE_MOST), required=True),
        Field("opens", w.opens, Text(5, 5), required=True),
        Field("closes", w.closes, Text(5, 5), required=True),
    ]
    if slots:
        fields += [
            Field("minutes", w.minutes, minutes, required=True),
            Field("capacity", w.capacity, Int(1, CAPACITY_MOST, unit=w.capacity_unit),
                  required=True),
        ]  # fmt: skip
    offered = Codes({each.id: each.label for each in stations().values()})
    fields.append(Field("stations", w.stations, offered, required=True))
    return Kind("checkup_day", words("checkup").title, 1, EVER, Shape.EVENT, tuple(fields))


def _filled(last: Day | None, around: Around, today: date, *, same: bool = False) -> Filled:
    """As the last day was, or the empty form; a new day has no date yet."""
    values: dict[str, Any] = {
        "opens": "08:00", "closes": "11:00", "stations": list(stations()),
        "minutes": str(around.minutes), "capacity": around.capacity,
    }  # fmt: skip
    if last is not None:
        values |= {
            "place": last.place, "opens": last.opens, "closes": last.closes,
            "stations": list(last.stations),
        }  # fmt: skip
    if same and last is not None:
        values["on"] = last.on.isoformat()
    else:
        values["on"] = (today + timedelta(days=7)).isoformat()
    made = filled_from(form(slots=not (same and around.slotted)), values)
    lead = last.lead.hex() if last is not None else ""
    return Filled({**made.typed, "lead": [lead]}, made.values)


def _read(
    typed: Mapping[str, list[str]], around: Around, earliest: date
) -> tuple[Filled, Draft | None]:
    """What was typed with every fault, and the day it means when there is none."""
    w = words("checkup").form
    slots = not around.slotted
    clocks = {name: [_clock(values)] for name, values in typed.items() if name in _CLOCKS}
    filled = read_form(form(slots=slots), {**typed, **clocks}, today=earliest)
    said = {**filled.values}
    faults = [*_of_times(said), *_of_day(said, earliest)]
    lead = next(
        (who for who, _ in around.leads if who.hex() == (typed.get("lead") or [""])[0]), b""
    )
    if not lead:
        faults.append(Fault("lead", FaultCode.MISSING, w.lead_missing))
    made = ()
    if slots and not filled.hard and not faults:
        made = slots_between(
            said["opens"], said["closes"], int(said["minutes"]), int(said["capacity"])
        )
        if not made:
            faults.append(Fault("minutes", FaultCode.CONTRADICTION, w.no.too_short))
    filled = filled.but(*faults)
    if filled.hard:
        return filled, None
    return filled, Draft(
        date.fromisoformat(said["on"]), said["place"], said["opens"], said["closes"], lead,
        tuple(said["stations"]), made,
    )  # fmt: skip


_CLOCKS: Final = ("opens", "closes")


def _clock(values: list[str]) -> str:
    """ "8:00" and full-width signs as people type them, as "08:00"."""
    text = unicodedata.normalize("NFKC", (values or [""])[0]).strip()
    return f"0{text}" if len(text) == 4 and text[1] == ":" else text


def _of_times(said: Mapping[str, Any]) -> list[Fault]:
    w = words("checkup").form.no
    wrong = [name for name in _CLOCKS if name in said and not is_clock(str(said[name]))]
    faults = [Fault(name, FaultCode.WRONG_TYPE, w.clock) for name in wrong]
    if not wrong and all(name in said for name in _CLOCKS) and said["closes"] <= said["opens"]:
        faults.append(Fault("closes", FaultCode.CONTRADICTION, w.before))
    return faults


def _of_day(said: Mapping[str, Any], earliest: date) -> list[Fault]:
    w = words("checkup").form.no
    try:
        on = date.fromisoformat(str(said.get("on", "")))
    except ValueError:
        return []  # said by the form
    latest = earliest + timedelta(days=AHEAD_MOST)
    if on < earliest:
        return [Fault("on", FaultCode.OUT_OF_RANGE, w.past)]
    if on > latest:
        return [Fault("on", FaultCode.OUT_OF_RANGE, w.far(day=times.day_text(latest)))]
    return []


async def _draw(
    console: Console, request: AnyRequest, filled: Filled, around: Around, day: Day | None
) -> Response[Any]:
    w = words("checkup")
    kind = form(slots=day is None or not around.slotted)
    keys = (Key("Ctrl Enter", w["keys"].save), Key("B", w.back if day is None else w.back_day))
    again = ""
    if day is None and around.last is not None and around.expected:
        again = w.form.again_label(day=day_name(around.last, w), n=around.expected)
    title = w.form.title_new if day is None else w.form.title_edit
    return await console.page(
        request, Page("checkup_form.html.j2", "checkup", title, HERE, keys),
        status=422 if filled.hard else 200, filled=filled,
        fields={each.name: each for each in kind.fields}, around=around, day=day, again=again,
        back=PATH if day is None else f"{PATH}/{day.day.hex()}",
        leads=[(who.hex(), name) for who, name in around.leads],
    )  # fmt: skip
