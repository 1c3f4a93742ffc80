"""A facility's own work: the calendar of the year, the list of records, the yearly summary; for the
county the list of all facilities.
"""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.facility_work import calendar
from server.actions.facility_work.calendar import Calendar
from server.actions.facility_work.places import standing
from server.actions.facility_work.records import KINDS, YEAR_MOST, FacilityRecord
from server.actions.facility_work.summary import education_year
from server.actions.lists.sheets import write_csv
from server.console.board import csv_answer, year_of
from server.console.door import page
from server.console.facility_calendar import BAR, elsewhere, rows, tally
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import Words, words
from server.pages import times
from server.pages.values import field_text, form_label
from server.pages.web import see
from server.records.kinds import get
from server.records.model import Field, ListOf, Ref
from server.rules.facility_work import OVERSEES, READS, centre_of
from server.rules.plan.facility import MONTHS, reason_of

AnyRequest = Request[Any, Any, Any]
HERE: Final = "work"
LISTED: Final = 200  # records on the page; the file holds all of them
EDUCATION, PATROL = "health_education", "supervision_patrol"
_WHAT: Final = {EDUCATION: ("activity", "topic"), PATROL: ("item", "found")}
_WHERE: Final = {EDUCATION: "place", PATROL: "site"}


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/work", roles=READS)
    async def begin(request: AnyRequest) -> Response[Any]:
        signed = signed_of(request)
        if signed.role in OVERSEES:
            return await _overview(console, request)
        own = (await standing(console.site, signed)).own.facility
        return see(f"/console/work/of/{own.hex()}")

    @page("/work/of/{facility:str}", roles=READS)
    async def one(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await _calendar(console, request, facility)
        return await _draw(console, request, found)

    @page("/work/of/{facility:str}/summary.csv", roles=READS)
    async def summary(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await _calendar(console, request, facility)
        return csv_answer(write_csv(_summary_lines(found)), f"education-{found.year}.csv")

    @page("/work/of/{facility:str}/records.csv", roles=READS)
    async def records(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await _calendar(console, request, facility)
        return csv_answer(write_csv(_record_lines(found)), f"work-{found.year}.csv")

    return [begin, one, summary, records]


async def _calendar(console: Console, request: AnyRequest, facility: str) -> Calendar:
    year = year_of(console, request)
    return await calendar.calendar(console.site, signed_of(request), id_of(facility), year)


async def _draw(console: Console, request: AnyRequest, found: Calendar) -> Response[str]:
    w, today = words("facility_work"), _today(console)
    who, place = found.standing, found.organisation
    writes = place.closed_on is None and who.may_write(place.facility)
    first, last = _months(request)
    wanted = request.query_params.get("kind", "")
    listed = [
        each
        for each in (*found.records, *found.under)
        if first <= each.on.month <= last and (wanted not in KINDS or each.kind == wanted)
    ]
    listed.sort(key=lambda each: (each.on, each.id), reverse=True)
    keys = [Key("J", words("ui").keys.down), Key("Enter", words("ui").keys.open)]
    if writes:
        keys += [Key("N", w.education), Key("P", w.patrol)]
    left = elsewhere(found)
    return await console.page(
        request, Page("facility_work.html.j2", "facility_work", w.title, HERE, keys),
        found=found, place=place, rows=rows(found, today, may_write=writes), bar=BAR,
        said=_sentence(found, today, w), this_month=_this_month(found.year, today),
        writes=writes, wanted=wanted if wanted in KINDS else "",
        kinds=[(each, form_label(each)) for each in KINDS], places=_places(found),
        others=who.signed.role in OVERSEES,
        years=_years(found.year, today), months=range(1, MONTHS + 1), first=first, last=last,
        shown=[_line(found, each) for each in listed[:LISTED]], count=len(listed),
        most=LISTED, year_most=YEAR_MOST, summary=education_year(found),
        left=left, left_why=reason_of(left) if left else "",
    )  # fmt: skip


def _today(console: Console) -> date:
    return times.civil(console.site.clock()).date()


def _this_month(year: int, today: date) -> int:
    return today.month if today.year == year else 0


def _months(request: AnyRequest) -> tuple[int, int]:
    """First and last month of the list; the whole year where the address says nothing sensible."""
    asked = [request.query_params.get(name, "") for name in ("first", "last")]
    if not all(each.isdecimal() and len(each) <= 2 for each in asked):
        return 1, MONTHS
    first, last = (int(each) for each in asked)
    return (first, last) if 1 <= first <= last <= MONTHS else (1, MONTHS)


def _years(shown: int, today: date) -> list[int]:
    return sorted({shown, *range(today.year - 2, today.year + 1)})


def _places(found: Calendar) -> list[tuple[str, str]]:
    """(id, name) of the places near: the centre and the stations and village rooms under it."""
    who = found.standing
    centre = centre_of(who.places[found.organisation.facility])
    return [
        (each.facility.hex(), each.name)
        for each in who.readable
        if centre_of(who.places[each.facility]) == centre
    ]


def _sentence(found: Calendar, today: date, w: Words) -> list[tuple[str, bool]]:
    """Pieces of the sentence on top; the one under the marker is True."""
    if found.year > today.year:
        return [(w.sentence.later(year=found.year), False)]
    counted = tally(found.items, today)
    said = [
        each
        for n, each in (
            (counted.open, w.sentence.open(month=today.month, n=counted.open)),
            (counted.missed, w.sentence.missed(n=counted.missed)),
            (counted.slow, w.sentence.slow(n=counted.slow)),
        )
        if n
    ]
    fine = w.sentence.fine if found.year == today.year else w.sentence.past_fine(year=found.year)
    return [(each, not n) for n, each in enumerate(said or [fine])]


def _line(found: Calendar, each: FacilityRecord) -> dict[str, str]:
    """A record in the list."""
    kind = get(each.kind, each.version)
    what = [
        field_text(named, each.body[name])
        for name in _WHAT.get(each.kind, ())
        if (named := kind.field(name)) is not None and name in each.body
    ]
    return {
        "id": each.id.hex(), "day": times.day_text(each.on), "kind": kind.neutral_label,
        "what": words("values").dot.join(what),
        "where": str(each.body.get(_WHERE.get(each.kind, ""), "")),
        "place": found.standing.organisations[each.facility].name, "by": each.by,
    }  # fmt: skip


def answer(record: FacilityRecord, each: Field) -> str:
    """What a record answers to a question that it answers."""
    if isinstance(each.type, Ref) and each.name == "doctor" and record.doctor:
        return record.doctor
    return field_text(each, record.body[each.name])


# The county's list.


async def _overview(console: Console, request: AnyRequest) -> Response[str]:
    w, today, year = words("facility_work"), _today(console), year_of(console, request)
    signed: Signed = signed_of(request)
    found = await calendar.overview(console.site, signed, year)
    lines = [(each, tally(each.items, today)) for each in found]
    keys = (Key("J", words("ui").keys.down), Key("Enter", words("ui").keys.open))
    return await console.page(
        request, Page("facility_overview.html.j2", "facility_work", w.title, HERE, keys),
        lines=lines, year=year, years=_years(year, today),
        behind=sum(1 for _, counted in lines if counted.missed),
        slow=sum(1 for _, counted in lines if counted.slow),
    )  # fmt: skip


# Files.


def _summary_lines(found: Calendar) -> list[list[str]]:
    """Health education by kind of activity: what the yearly summary is written from
    (S004-3(2)).
    """
    h = words("facility_work").summary.heads
    made = [[h.activity, h.times, h.copies, h.hearers, h.photos, h.counted, h.needed]]
    for each in education_year(found):
        asked = "" if each.needed is None else str(each.needed)
        counted = "" if each.counted is None else str(each.counted)
        numbers = (each.times, each.copies, each.hearers, each.photos)
        made.append([each.label, *map(str, numbers), counted, asked])
    return made


def _record_lines(found: Calendar) -> list[list[str]]:
    """Every record with every answer; a column a field, both forms one after the other."""
    h = words("facility_work").csv_heads
    every = [*found.records, *found.under]
    made: list[list[str]] = []
    for kind_id in KINDS:
        mine = sorted((e for e in every if e.kind == kind_id), key=lambda e: (e.on, e.id))
        if not mine:
            continue
        fields = [
            each
            for each in get(kind_id, mine[-1].version).fields
            if not isinstance(each.type, ListOf)
        ]
        made.append([h.day, h.place, h.kind, *(each.label for each in fields), h.by, h.number])
        for each in mine:
            body = each.body
            made.append([
                each.on.isoformat(), found.standing.organisations[each.facility].name,
                get(kind_id, each.version).neutral_label,
                *(answer(each, f) if f.name in body else "" for f in fields),
                each.by, each.id.hex(),
            ])  # fmt: skip
    return made
