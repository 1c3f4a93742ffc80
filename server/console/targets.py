"""The county sets the yearly targets: by hand, or with a list that is read into the same fields and
looked at before it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler

from server.actions.figures import target_page, targets
from server.actions.figures.target_page import TargetPage
from server.actions.figures.targets import Place, ReadList
from server.actions.lists.sheets import SheetRefused
from server.console.board import year_of
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.words import Words, words
from server.pages import times
from server.pages.web import posted, see
from server.rules.accounts import StaffRole
from server.rules.districts import DistrictYear, table
from server.rules.figures import Row, rules, target_of

AnyRequest = Request[Any, Any, Any]
COUNTY: Final = frozenset({StaffRole.COUNTY})
LIST_BYTES: Final = 1024 * 1024
SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class Box:
    """One field of the page. `fault`: the sentence beside it."""

    name: str
    text: str
    fault: str
    label: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What was typed or read and is not kept yet."""

    typed: Mapping[Place, str]
    wrong: frozenset[Place] = frozenset()
    source: str = targets.TYPED
    said: str = ""
    faults: tuple[str, ...] = ()
    title: str = ""


def handlers(console: Console) -> list[HTTPRouteHandler]:
    draw = partial(_draw, console)

    @page("/board/targets", roles=COUNTY)
    async def show(request: AnyRequest) -> Response[Any]:
        w, done = words("targets"), request.query_params.get("saved", "")
        said = ""
        if done.isdecimal() and len(done) < 6:
            said = w.saved(n=int(done)) if int(done) else w.nothing_new
        return await draw(request, said=said)

    @action("/board/targets", roles=COUNTY)
    async def save(request: AnyRequest) -> Response[Any]:
        form, signed, year = await posted(request), signed_of(request), year_of(console, request)
        known = await target_page.read(console.site, signed, year)
        typed = _typed(form, known)
        source = form.get(SOURCE, [targets.TYPED])[0]
        wrong = targets.unreadable(typed)
        if wrong:
            w = words("targets")
            faults = tuple(w.fault.unreadable(text=typed[each][:20]) for each in wrong)
            tried = Tried(typed, frozenset(wrong), source, faults=faults)
            return await draw(request, tried=tried, status=422)
        n = await targets.put(console.site, signed, year, typed, source)
        return see(f"/console/board/targets?year={year}&saved={n}")

    @action("/board/targets/list", roles=COUNTY, most=LIST_BYTES)
    async def from_list(request: AnyRequest) -> Response[Any]:
        w = words("targets")
        file = (await request.form()).get("file")
        content = await file.read() if isinstance(file, UploadFile) else b""
        if not content or not isinstance(file, UploadFile):
            return await draw(request, tried=Tried({}, faults=(w.no_file,)), status=422)
        try:
            found = await targets.read_list(console.site, signed_of(request), content)
        except SheetRefused as refused:
            return await draw(request, tried=Tried({}, faults=(refused.say,)), status=422)
        if found.faults:
            faults = tuple(_sentence(each.line, each.code, each.text, w) for each in found.faults)
            title = w.read_faults(n=len(faults))
            return await draw(request, tried=Tried({}, faults=faults, title=title), status=422)
        return await draw(request, tried=_from(found, file.filename, w))

    return [show, save, from_list]


def _sentence(line: int, code: str, text: str, w: Words) -> str:
    return w.fault_line(line=line, text=w.fault[code](text=text))


def _from(found: ReadList, name: str, w: Words) -> Tried:
    said = w["read"](lines=found.lines, n=len(found.typed))
    return Tried(found.typed, source=name[: targets.SOURCE_MAX] or targets.TYPED, said=said)


def _typed(form: Mapping[str, Any], known: TargetPage) -> dict[Place, str]:
    """What stands in the fields that the page had; a field that was not sent changes nothing."""
    typed: dict[Place, str] = {}
    for facility, _ in known.facilities:
        for row in rules().rows:
            sent = form.get(box_name(facility, row))
            if sent is not None:
                typed[facility, row.id] = str(sent[0]).strip()
    return typed


def box_name(facility: bytes, row: Row) -> str:
    return f"{facility.hex()}-{row.id}"


async def _draw(
    console: Console, request: AnyRequest, *, tried: Tried | None = None, said: str = "",
    status: int = 200,
) -> Response[str]:  # fmt: skip
    w, year, now = words("targets"), year_of(console, request), console.site.clock()
    known = await target_page.read(console.site, signed_of(request), year)
    tried = tried or Tried({})
    decided = table(console.site.rules.code, year)
    this = times.civil(now).year
    some_missing = sum(
        any((facility, row.id) not in known.in_force for row in rules().rows)
        for facility, _ in known.facilities
    )
    return await console.page(
        request,
        Page("targets.html.j2", "targets", w.title, here="board", keys=(Key("S", w.save),)),
        status=status, year=year, years=(this - 1, this, this + 1), rows=rules().rows,
        lines=[(name, _boxes(known, tried, each, name, w)) for each, name in known.facilities],
        sums=[known.total(row.id) for row in rules().rows], some_missing=some_missing,
        tried=tried, said=said or tried.said, story=_story(known, now, w), source=tried.source,
        heads=w["heads_between"].join(row.label for row in rules().rows),
        bases=rate_words(decided, w), carried=carried_words(decided, w),
        facilities=len(known.facilities),
    )  # fmt: skip


def rate_words(decided: DistrictYear, w: Words) -> dict[str, str]:
    """Under each row its indicator and the district's rate for the year, or that none is set."""
    said: dict[str, str] = {}
    for row in rules().rows:
        found = decided.find(f"targets.{row.indicator}")
        if found is None or not isinstance(found.value, int):
            said[row.id] = w.basis_none(indicator=row.indicator)
        else:
            said[row.id] = w.basis(indicator=row.indicator, rate=found.value)
    return said


def carried_words(decided: DistrictYear, w: Words) -> str:
    """That the rates are those of another year; "" when they are this year's."""
    if decided.carried_from is None:
        return ""
    return w.basis_carried(year=decided.year, stands=decided.carried_from)


def _boxes(known: TargetPage, tried: Tried, facility: bytes, name: str, w: Words) -> list[Box]:
    boxes: list[Box] = []
    for row in rules().rows:
        place = (facility, row.id)
        found = known.in_force.get(place)
        kept = f"{found.number}" if found else ""
        text = tried.typed.get(place, kept)
        fault = w.fault.unreadable(text=text[:20]) if place in tried.wrong else ""
        rounded = target_of(text)
        shown = str(rounded) if rounded is not None and "%" not in text else text
        boxes.append(Box(box_name(facility, row), shown, fault, f"{name} {row.label}"))
    return boxes


def _story(known: TargetPage, now: int, w: Words) -> list[str]:
    """The newest changes, in words."""
    facilities = dict(known.facilities)
    lines: list[str] = []
    for each in known.story:
        row = rules().row(each.item)
        when = times.moment_text(each.set_at, now_ms=now)
        who = known.names.get(each.set_by, "")
        place = f"{facilities.get(each.facility, '')} {row.label if row else each.item}"
        if each.number is None:
            said = w.history_gone(when=when, who=who)
        else:
            said = w.history_line(when=when, who=who, number=f"{each.number:,}")
        source = w.typed if each.source == targets.TYPED else w.history_from(source=each.source)
        lines.append(w.history_of(place=place, said=said, source=source))
    return lines
