"""What a checkup day found, in plain words, with the record and the years beside it. Reading it is
being told (S003-5(6)-b): the day of the feedback is set by whoever the results belong to, or by a
guardian who acts for them; a helper who looks tells nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import plain, said
from resident_portal.checkup import HERE
from resident_portal.checkup_said import Lead
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.ids import id_of
from resident_portal.limited import only_due
from resident_portal.words import words
from server.actions.checkup import letters
from server.actions.checkup.finding_rows import person_of
from server.actions.checkup.letter_content import shown_text
from server.actions.checkup.own_day import OwnDay, day_of
from server.actions.residents.reading import Entry, Reading, read
from server.actions.residents.visits import Visitor
from server.actions.residents.whose import refusal
from server.errors import NotYours
from server.pages import times
from server.pages.web import AnyRequest
from server.rules.changes import CHECKUPS
from server.rules.checkup_findings import Finding, findings
from server.rules.family import Act
from server.rules.plan.model import LOST


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to mind. `tone`: of its chip; `by`: by when, "" for advice."""

    what: str
    shown: str
    then: str
    urgent: bool
    by: str


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/checkup/results/{day:str}")
    async def results(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        visitor = visitor_of(request)
        reading = await read(portal.site, visitor.acting)
        if not reading.whole:
            return only_due(portal, request)
        found = partial(day_of, site=portal.site, resident=visitor.resident, day=id_of(day))
        own = await portal.site.store.read(found)
        if own is None:
            raise NotYours("day")
        checkup, counts = checkup_of(reading, own.on), await is_told(portal, visitor)
        if checkup is not None and await told(portal, visitor, checkup):
            reading = await read(portal.site, visitor.acting)
        return _draw(portal, request, reading, own, counts)

    return [results]


def checkup_of(reading: Reading, on: date) -> Entry | None:
    """The checkup of that day as it stands."""
    return next(
        (
            each
            for each in reading.entries
            if each.kind in CHECKUPS and each.stands and each.on == on.isoformat()
        ),
        None,
    )


async def is_told(portal: Portal, visitor: Visitor) -> bool:
    """Whether the resident is told by this person's reading: the own, or a guardian's who consents
    for them.
    """
    asked = partial(refusal, site=portal.site, acting=visitor.acting, act=Act.CONSENT)
    return visitor.own or await portal.site.store.read(asked) is None


async def told(portal: Portal, visitor: Visitor, checkup: Entry) -> bool:
    """Sets the day of the feedback where reading does; True where the record is another now."""
    if not await is_told(portal, visitor):
        return False
    return await letters.read_by_resident(
        portal.site, visitor.resident, checkup.id, reader=visitor.person
    )


def _draw(
    portal: Portal, request: AnyRequest, reading: Reading, own: OwnDay, counts: bool
) -> Response[Any]:
    w, today = words("checkup").results, times.civil(portal.site.clock()).date()
    checkup = checkup_of(reading, own.on)
    others = [
        each
        for each in reading.entries
        if each.stands and each.on == own.on.isoformat() and each is not checkup
        and each.record.cls == "A" and LOST not in each.form
    ]  # fmt: skip
    found = _found(portal, reading, checkup, own.on, today) if checkup is not None else []
    shown = Page("checkup_results.html.j2", "checkup", w.heading, back=f"{HERE}")
    return portal.page(
        request, shown, head=w.title(day=said.day(own.on, today)), own=own, found=found,
        lead=_lead(found), there=checkup is not None or bool(others),
        record=checkup.id.hex() if checkup else "",
        others=[(plain.form_name(x.kind, x.record.cls), x.id.hex()) for x in others],
        note=w.read_note(facility=own.facility_name) if counts and own.facility_name else "",
        phone=own.facility_phone,
    )  # fmt: skip


def _lead(found: Sequence[Found]) -> Lead:
    w = words("checkup").results
    if not found:
        return Lead(w.lead_good, w.lead_good_mark, w.lead_end)
    return Lead(w.lead_found, w.lead_found_mark(n=len(found)), w.lead_found_end)


def _found(
    portal: Portal, reading: Reading, checkup: Entry, on: date, today: date
) -> list[Found]:  # fmt: skip
    """By the rules of the letter, the gravest first."""
    person = person_of(portal.site, reading.facts(), on)
    return [
        _one(each, checkup, on, today) for each in findings(checkup.kind, checkup.form, on, person)
    ]


def _one(each: Finding, checkup: Entry, on: date, today: date) -> Found:
    w, by = words("checkup").results, ""
    if each.days is not None:
        by = w.now if each.urgent else w.by(day=said.day(on + timedelta(days=each.days), today))
    text = shown_text(checkup.kind, each.shown)
    return Found(each.plain, text, each.resident, each.urgent, by)
