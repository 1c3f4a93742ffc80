"""One person of a checkup day at a desk: found by what they carry, where they are, what is missing,
who noted what; signed in, ticked, printed for. Reading: server/actions/checkup/day_person.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.desk import fresh_id
from server.actions.checkup import day_person
from server.actions.checkup.day_person import Hits, Shown
from server.actions.checkup.desk_steps import save_step
from server.actions.checkup.steps import Told
from server.console.checkup_board_words import clock_of, labels_of, short_of, spoken
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import Words, words
from server.errors import NotYours
from server.pages import times
from server.pages.web import posted, see
from server.rules.checkup import stations, tubes
from server.rules.checkup_days import PREPARES
from sync.hall import CHECK_OUT, DONE, NOT_DONE, PART, SHEET, TAKEN_BACK, Phase

AnyRequest = Request[Any, Any, Any]
DESK: Final = bytes(16)
MARKS: Final = frozenset({DONE, NOT_DONE, TAKEN_BACK})


@dataclass(frozen=True, slots=True)
class Row:
    """A station of the route, or one that was done besides."""

    id: str
    label: str
    mark: str
    by: str
    when: str
    forms: tuple[tuple[str, str], ...]
    in_route: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One step in words. `note`: doubled, void."""

    when: str
    what: str
    by: str
    note: str


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_reading(console), *_acting(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @action("/checkup/{day:str}/find", roles=PREPARES)
    async def find(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        """Posted: what was typed may be a number, and an address is written down by others."""
        query = (await posted(request)).get("q", [""])[0]
        found = await day_person.find(console.site, signed_of(request), id_of(day), query)
        if len(found.hits) == 1 and found.hits[0].on_day:
            return see(_path(day, found.hits[0].who))
        return await _hits(console, request, day, found)

    @page("/checkup/{day:str}/person/{who:str}", roles=PREPARES)
    async def person(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        found = await day_person.looked_at(console.site, signed_of(request), id_of(day), id_of(who))
        return await _draw(console, request, found)

    @page("/checkup/{day:str}/person/{who:str}/sheet", roles=PREPARES)
    async def sheet(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        found = await day_person.looked_at(console.site, signed_of(request), id_of(day), id_of(who))
        w = words("checkup_person")
        labels = found.person.state.sheet.labels if found.person.state.sheet else ()
        return await console.page(
            request,
            Page("checkup_route_sheet.html.j2", "checkup_person", w.sheet_title, "checkup",
                 (Key("P", w["keys"].print), Key("Escape", w["keys"].back))),
            shown=found, path=_path(day, found.person.who), day=times.long_day(found.day.on),
            ticket=spoken(found.person.progress.ticket),
            todo=[stations()[each] for each in found.person.progress.missing if each in stations()],
            labels=[
                (tubes()[tube].label if tube in tubes() else tube, n) for tube, n in labels
            ],
        )  # fmt: skip

    return [find, person, sheet]


def _acting(console: Console) -> list[HTTPRouteHandler]:
    @action("/checkup/{day:str}/person/{who:str}/check-in", roles=PREPARES)
    async def check_in(
        request: AnyRequest, day: FromPath[str], who: FromPath[str]
    ) -> Response[Any]:
        change = _change(await posted(request))
        await day_person.check_in(console.site, signed_of(request), id_of(day), id_of(who), change)
        return see(f"/console/checkup/{day}/person/{who}")

    @action("/checkup/{day:str}/person/{who:str}/tick", roles=PREPARES)
    async def tick(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        station, mark = (typed.get(name, [""])[0] for name in ("station", "mark"))
        why = typed.get("why", [""])[0].strip()
        if station not in stations() or mark not in MARKS:
            raise NotYours("station")
        if mark == NOT_DONE and not why:
            signed = signed_of(request)
            found = await day_person.shown(console.site, signed, id_of(day), id_of(who))
            return await _draw(console, request, found, unsaid=station, status=422)
        body = {"station": station, "mark": mark} | ({"why": why[:200]} if why else {})
        await save_step(
            console.site, signed_of(request), id_of(day), id_of(who), PART, body,
            change=_change(typed, f":{station}"),
        )  # fmt: skip
        return see(f"/console/checkup/{day}/person/{who}")

    @action("/checkup/{day:str}/person/{who:str}/leave", roles=PREPARES)
    async def leave(request: AnyRequest, day: FromPath[str], who: FromPath[str]) -> Response[Any]:
        typed, signed = await posted(request), signed_of(request)
        found = await day_person.shown(console.site, signed, id_of(day), id_of(who))
        missing = labels_of(found.person.progress.missing)[:200]
        body = {"missing": missing} if missing else {}
        await save_step(
            console.site, signed, id_of(day), id_of(who), CHECK_OUT, body, change=_change(typed)
        )
        return see(f"/console/checkup/{day}/person/{who}")

    return [check_in, tick, leave]


def _change(typed: Mapping[str, list[str]], _what: str = "") -> bytes:
    """The id that was made with the page: pressed twice it is one step."""
    return id_of(typed.get("change", [""])[0])


def _path(day: str, who: bytes) -> str:
    return f"/console/checkup/{day}/person/{who.hex()}"


async def _hits(console: Console, request: AnyRequest, day: str, found: Hits) -> Response[Any]:
    w = words("checkup_person")
    here = Page(
        "checkup_find.html.j2", "checkup_person", w.find_title, "checkup",
        (Key("Escape", w["keys"].back),),
    )  # fmt: skip
    return await console.page(
        request, here, found=found, day=day, change=fresh_id(console.site).hex(), spoken=spoken,
        outcome=w.outcome.get(found.outcome.value, w.nothing), born=_born,
    )  # fmt: skip


def _born(birth: str) -> str:
    return words("checkup_person").born(year=birth[:4]) if birth else ""


async def _draw(
    console: Console, request: AnyRequest, found: Shown, *, unsaid: str = "", status: int = 200
) -> Response[Any]:
    w = words("checkup_person")
    path = _path(found.day.day.hex(), found.person.who)
    keys = (
        Key("Escape", w["keys"].back), Key("S", w["keys"].check_in), Key("P", w["keys"].print),
    )  # fmt: skip
    made = {each: fresh_id(console.site).hex() for each in ("check_in", "leave")}
    return await console.page(
        request, Page("checkup_person.html.j2", "checkup_person", w.title, "checkup", keys),
        status=status, shown=found, person=found.person, path=path, sentence=_sentence(found, w),
        rows=_rows(found, w), lines=_lines(found, w), made=made, unsaid=unsaid,
        fresh=lambda: fresh_id(console.site).hex(), DONE=DONE, NOT_DONE=NOT_DONE,
        TAKEN_BACK=TAKEN_BACK, tone=w.tone[found.person.progress.phase.value].split(),
        born=_born(found.person.birth), ticket=spoken(found.person.progress.ticket),
        on=times.long_day(found.day.on), day=found.day.day.hex(),
        came=found.person.progress.phase is not Phase.EXPECTED,
        arrived=clock_of(found.person.progress.arrived_at),
    )  # fmt: skip


def _sentence(found: Shown, w: Words) -> tuple[str, str]:
    seen, name = found.person.progress, found.person.name
    if seen.open:
        return "", w.sentence.alarm(name=name, n=len(seen.open))
    said = w.sentence[seen.phase.value](name=name)
    wants = seen.phase in (Phase.REGISTERED, Phase.UNDER_WAY, Phase.LEFT) and seen.missing
    return said, w.sentence.missing(stations=labels_of(seen.missing, 5)) if wants else ""


def _rows(found: Shown, w: Words) -> list[Row]:
    marks = found.person.state.st
    route = found.person.row.route
    last = {each.station: each for each in found.steps if each.kind == PART}
    made: list[Row] = []
    for name in (*route, *(each for each in marks if each not in route)):
        mark = marks.get(name)
        told = last.get(name)
        settled = mark is not None and mark.mark != TAKEN_BACK
        known = stations().get(name)
        forms = tuple((each.kind, each.form.label) for each in known.forms) if known else ()
        made.append(
            Row(
                name, known.label if known else name, mark.mark if mark and settled else "",
                _by(found, told, w) if told and settled else "",
                clock_of(mark.at) if mark and settled else "", forms, name in route,
            )
        )  # fmt: skip
    return made


def _by(found: Shown, told: Told, w: Words) -> str:
    where = w.desk if told.device == DESK else found.tablets.get(told.device, "")
    staff = found.staff.get(told.staff, "")
    return w.stations.by(staff=staff, where=where) if where and staff else staff or where


def _lines(found: Shown, w: Words) -> list[Line]:
    """Every step, the newest first."""
    state = found.person.state
    counted = state.ins[0].id if state.ins else b""
    sheet = state.sheet.id if state.sheet else b""
    made: list[Line] = []
    for each in sorted(found.steps, key=lambda one: (one.at, one.change), reverse=True):
        what = w.steps.get(each.kind, each.kind)
        note = ""
        if each.kind == PART:
            mark = str(each.body.get("mark", ""))
            said = {DONE: w.stations.done, NOT_DONE: w.stations.not_done}.get(mark, w.stations.undo)
            what, note = short_of(each.station), said
            if each.body.get("why"):
                note = f"{said}{w.colon}{each.body['why']}"
        elif each.kind == SHEET and each.change != sheet:
            note = w.steps.void
        elif each.change != counted and each.kind == "check_in":
            note = w.steps.doubled
        made.append(Line(clock_of(each.at), what, _by(found, each, w), note))
    return made
