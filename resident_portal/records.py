"""One record of the open archive: all answers in residents' words, who wrote it, what became of it.

The id is looked up in what the gate has let through: one of somebody else, or of a class that stays
shut, is answered like one of nobody.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import checkup_results, plain, said
from resident_portal.disputes import marks_of
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.limited import only_due
from resident_portal.words import words
from server.actions.residents.reading import Entry, Reading, read
from server.actions.residents.surroundings import Author, authors, names_of
from server.errors import NotFound
from server.pages import times
from server.pages.sections import sections_of
from server.pages.web import AnyRequest, see
from server.records.model import Ref
from server.rules.changes import CHECKUPS


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[tuple[str, str, str], ...]  # name of the field, label, answer


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/archive/record/{record:str}")
    async def record(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        reading = await read(portal.site, visitor_of(request).acting)
        if not reading.whole:
            return only_due(portal, request)
        found = next((each for each in reading.entries if each.id.hex() == record), None)
        if found is None:
            raise NotFound("record")
        checkup = found.kind in CHECKUPS and found.stands
        if checkup and await checkup_results.told(portal, visitor_of(request), found):
            return await _amended(portal, request, found)
        return await _draw(portal, request, reading, found)

    return [record]


async def _amended(portal: Portal, request: AnyRequest, before: Entry) -> Response[Any]:
    """On to the record that now says when its resident was told of it."""
    reading = await read(portal.site, visitor_of(request).acting)
    after = (x for x in reading.entries if x.record.change.amends == before.id)
    return see(f"/portal/archive/record/{next(after, before).id.hex()}")


async def _draw(
    portal: Portal, request: AnyRequest, reading: Reading, found: Entry
) -> Response[Any]:
    now = portal.site.clock()
    today = times.civil(now).date()
    told = (await authors(portal.site, reading.resident, [found.id])).get(found.id)
    marks = await marks_of(portal, visitor_of(request))
    what = plain.form_name(found.kind, found.record.cls)
    group = plain.group_of(found.kind, found.record.cls)
    shown = Page("record.html.j2", "archive", what, back=f"/portal/archive/group/{group}")
    amends = found.record.change.amends
    before = amends.hex() if amends and any(e.id == amends for e in reading.entries) else ""
    sections = await _sections(portal, found)
    said_of = _statements(reading, found.id, now)
    names = {name for each in sections for name, _, _ in each.rows}
    return portal.page(
        request, shown, what=what, day=said.weekday(found.on, today), entry=found, told=told,
        by=_by(told), arrived=_arrived(told, found, now), position=_position(told),
        sections=sections, instead=found.instead.hex() if found.instead
        else "", before=before, followed=marks.get(f"record/{found.id.hex()}", ""),
        id=found.id.hex(), said_of=said_of,
        statements=[one for field, some in said_of.items() if field not in names for one in some],
    )  # fmt: skip


def _statements(reading: Reading, record: bytes, now: int) -> dict[str, list[tuple[str, str]]]:
    """What was said beside this record, by the field it is about ("" for all): day, words."""
    made: dict[str, list[tuple[str, str]]] = {}
    for each in reversed(reading.statements):
        if each.form.get("record") == record.hex():
            day = said.day_of(each.record.recorded_at, now)
            made.setdefault(each.form.get("field", ""), []).append((day, each.form["text"]))
    return made


def _by(told: Author | None) -> str:
    w = words("archive")
    if told is None or not (told.name or told.facility):
        return ""
    if not told.name:
        return w.by_facility(facility=told.facility)
    if told.facility:
        return w.by_at(name=told.name, facility=told.facility)
    return w.by(name=told.name)


def _arrived(told: Author | None, found: Entry, now: int) -> str:
    """When it reached the archive, by which way, and how long after the service."""
    if told is None:
        return ""
    w = words("archive")
    text = w.arrived(moment=said.moment(told.received_at, now), how=w.how[told.how])
    late = (times.civil(told.received_at).date() - date.fromisoformat(found.on)).days
    if late > 1 and told.how != "import":
        text += words("values").comma + w.arrived_late(n=late)
    return text


def _position(told: Author | None) -> str:
    """Whether a tablet said where it was; "" for what no tablet wrote."""
    if told is None or told.how != "tablet":
        return ""
    w = words("archive")
    return w.positioned if told.positioned else w.not_positioned


async def _sections(portal: Portal, found: Entry) -> list[Section]:
    """The answers under the headings of the form; a doctor by name."""
    kind = plain.kind_of(found.kind)
    if kind is None:
        return []
    fields = [each for each in kind.fields if each.name in found.form]
    refs = {
        bytes.fromhex(found.form[each.name])
        for each in fields
        if isinstance(each.type, Ref) and each.type.to == "staff"
    }
    names = await names_of(portal.site, refs) if refs else {}
    made: list[Section] = []
    for title, some in sections_of(kind, fields):
        rows: list[tuple[str, str, str]] = []
        for each in some:
            value = found.form[each.name]
            if isinstance(each.type, Ref):
                text = names.get(bytes.fromhex(value), "") if each.type.to == "staff" else ""
            else:
                text = plain.text(each, value)
            if text:
                rows.append((each.name, plain.label(each), text))
        if rows:
            # A form without headings is called by its own name, which may be a restricted fact.
            named = "" if title == kind.label else title
            made.append(Section(named, tuple(rows)))
    return made
