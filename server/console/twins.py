"""Two archives side by side: which one stays, which value is right, or two people after all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives import twin_view, twins
from server.actions.archives.merging import MAY_MERGE, Wish, merge
from server.actions.archives.merging_values import Beside
from server.actions.archives.twin_view import Beheld, Side
from server.actions.archives.unmerging import unmerge
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import values
from server.pages.forms import EMPTY, Filled, Posted
from server.pages.web import posted, see
from server.records.kinds import REGISTER
from server.records.values import Fault, FaultCode
from sync.merge import canonical

AnyRequest = Request[Any, Any, Any]
KEEP: Final = "keep"
_SIDES: Final = ("1", "2")


@dataclass(frozen=True, slots=True)
class Line:
    """One field as drawn: `sides` to choose from, or `said` in one sentence."""

    name: str
    label: str
    sides: tuple[str, str] | None
    said: str
    picked: str
    fault: Fault | None


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/twin/{twin:str}", roles=MAY_MERGE)
    async def show(request: AnyRequest, twin: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, await _behold(console, request, twin), EMPTY)

    @action("/twin/{twin:str}", roles=MAY_MERGE)
    async def decide(request: AnyRequest, twin: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        found = await _behold(console, request, twin)
        faults = _faults(found, typed)
        filled = Filled(typed, {}, faults)
        if found.merge is not None or found.pair.state != "open" or faults:
            status = 422 if faults else 409
            return await _draw(console, request, found, filled, status=status)
        try:
            await merge(console.site, signed_of(request), _wish(found, typed))
        except RuleSaysNo as no:
            return await _draw(console, request, found, filled.but(_no(no)), status=409)
        return see(f"/console/twin/{twin}")

    @action("/twin/{twin:str}/apart", roles=MAY_MERGE)
    async def apart(request: AnyRequest, twin: FromPath[str]) -> Response[Any]:
        found = await _behold(console, request, twin)
        try:
            await twins.say_apart(console.site, found.pair.id, staff=signed_of(request).staff)
        except RuleSaysNo as no:
            return await _draw(console, request, found, EMPTY.but(_no(no)), status=409)
        return see(f"/console/twin/{twin}")

    @action("/twin/{twin:str}/undo", roles=MAY_MERGE)
    async def undo(request: AnyRequest, twin: FromPath[str]) -> Response[Any]:
        found = await _behold(console, request, twin)
        try:
            if found.merge is None:
                raise RuleSaysNo("nothing_to_undo")
            await unmerge(console.site, signed_of(request), found.merge.id)
        except RuleSaysNo as no:
            return await _draw(console, request, found, EMPTY.but(_no(no)), status=409)
        return see(f"/console/twin/{twin}")

    return [show, decide, apart, undo]


async def _behold(console: Console, request: AnyRequest, twin: str) -> Beheld:
    reason = words("twin").reason
    return await twin_view.behold(console.site, signed_of(request), id_of(twin), reason)


def _no(no: RuleSaysNo) -> Fault:
    return Fault("form", FaultCode.CONTRADICTION, words("twin").no.get(no.detail, no.say))


def _picked(typed: Posted, name: str) -> str:
    found = (typed.get(f"pick:{name}") or [""])[0]
    return found if found in _SIDES else ""


def _faults(found: Beheld, typed: Posted) -> tuple[Fault, ...]:
    """Everything that is still to choose, at once."""
    w = words("twin")
    asked = [(KEEP, w.keep)]
    asked += [(row.field, values.cell_label(row.field)) for row in found.rows if row.open]
    return tuple(
        Fault(name, FaultCode.MISSING, w.choose(what=label))
        for name, label in asked
        if not _picked(typed, name)
    )


def _wish(found: Beheld, typed: Posted) -> Wish:
    """The fields whose chosen side is not the side that stays."""
    stays = _picked(typed, KEEP)
    kept, gone = found.sides if stays == "1" else tuple(reversed(found.sides))
    take = {row.field for row in found.rows if row.open and _picked(typed, row.field) != stays}
    return Wish(kept.resident, gone.resident, frozenset(take))


async def _draw(
    console: Console, request: AnyRequest, found: Beheld, filled: Filled, *, status: int = 200
) -> Response[Any]:
    w = words("twin")
    k = w["keys"]
    deciding = len(found.sides) == 2 and found.pair.state == "open"
    keys = (Key("Esc", k.back),)
    if found.merge is not None:
        keys = (Key("Enter", k.open), Key("u", k.undo), *keys)
    if deciding:
        keys = (
            Key("1", k.left), Key("2", k.right), Key("Tab", k.next), Key("Ctrl Enter", k.merge),
            Key("n", k.apart), *keys,
        )  # fmt: skip
    rows = [_line(row, filled) for row in found.rows]
    number = next(iter(found.sides)).archive_no
    return await console.page(
        request, Page("twin.html.j2", "twin", w.title, "duplicate", keys), status=status,
        found=found, deciding=deciding, filled=filled, number=number,
        open=[each for each in rows if each.sides], settled=[e for e in rows if not e.sides],
        tops=[_top(side) for side in found.sides], keep=_picked(filled.typed, KEEP),
        keep_fault=filled.fault(KEEP), life=words("life"),
        ground=w.grounds.get(found.pair.ground, w.grounds.other),
    )  # fmt: skip


def _top(side: Side) -> tuple[str, Sequence[str]]:
    """Name and the lines under it, at the head of a column."""
    w, ui = words("twin"), words("ui")
    tail = ui.id_tail(tail=side.card.id_tail) if side.card and side.card.id_tail else ""
    records = w.records(n=side.records, day=side.newest) if side.records else w.no_records
    place = words("values").dot.join(each for each in (side.facility, side.team) if each)
    state = words("life").states[side.status]
    lines = (tail, w.archive_no(number=side.archive_no), place, records, state)
    return side.card.name if side.card else "", tuple(each for each in lines if each)


def _line(row: Beside, filled: Filled) -> Line:
    w, label = words("twin"), values.cell_label(row.field)
    if row.joined:
        names = dict.fromkeys([*row.kept, *row.gone])
        both = {**row.gone, **row.kept}
        text = w.and_.join(values.cell_text(f"{row.field}/{name}", both[name]) for name in names)
        said = w.same(text=text) if set(row.kept) == set(row.gone) else w.both(text=text)
        return Line(row.field, label, None, said, "", None)
    texts = tuple(_text(row.field, value) for value in (row.kept, row.gone))
    if row.open:
        picked = _picked(filled.typed, row.field)
        return Line(row.field, label, (texts[0], texts[1]), "", picked, filled.fault(row.field))
    if row.kept is None or row.gone is None:
        said = w.only_right(text=texts[1]) if row.kept is None else w.only_left(text=texts[0])
    else:
        assert canonical(row.kept) == canonical(row.gone)
        said = w.same(text=texts[0])
    return Line(row.field, label, None, said, "", None)


def _text(field: str, value: Any) -> str:
    """A value as read; of telephones the whole number, of documents the tail."""
    kind = REGISTER.field(field)
    if value is None or kind is None:
        return words("twin").none
    return str(value) if field.endswith("phone") else values.field_text(kind, value)
