"""健康护照: one sheet to print (A5) and the same as a picture to keep."""

import asyncio
from dataclasses import replace
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import said
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.words import words
from server.actions.residents import reading as readings
from server.actions.residents.reading import Entry, Reading
from server.actions.residents.visits import Visitor
from server.errors import NotAllowed
from server.pages import times, values
from server.pages.passport import Passport, Row, png_of
from server.pages.web import HEADERS, AnyRequest
from server.records.cells import silenced
from server.records.kinds import REGISTER, get
from sync.merge import choose, is_present

ALLERGIES = ("drug_allergy", "drug_allergy_other")
PLAIN = ("blood_abo", "blood_rh")
NEWEST_VACCINES = 4
NOT_KNOWN = ""


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/passport")
    async def show(request: AnyRequest) -> Response[Any]:
        sheet = await _sheet(portal, visitor_of(request))
        return portal.page(
            request,
            Page("passport.html.j2", "passport", words("passport").title, back="/portal/export"),
            sheet=sheet,
        )

    @page("/passport.png")
    async def picture(request: AnyRequest) -> Response[Any]:
        sheet = await _sheet(portal, visitor_of(request))
        raw = await asyncio.to_thread(png_of, sheet, font=portal.settings.font)
        return Response(raw, media_type="image/png", headers=HEADERS)

    return [show, picture]


async def _sheet(portal: Portal, visitor: Visitor) -> Passport:
    """Through the gate, class A only. Raises NotAllowed for whoever sees no archive."""
    found = await readings.read(portal.site, visitor.acting)
    if not found.whole:
        raise NotAllowed("passport")
    w, now = words("passport"), portal.site.clock()
    today = times.civil(now).date()
    rows = [
        Row(w.allergy, _allergies(found), alarm=_has_allergy(found)),
        Row(w.blood, _blood(found)),
        Row(w.diseases, _set(found, "hx_disease")),
        *_newest(found, "pressure", today),
        *_newest(found, "glucose", today),
        *_vaccines(found, today),
        Row(w.contact, _contact(found)),
        Row(w.facility, w.pair(a=visitor.facility_name, b=visitor.facility_phone)),
    ]
    foot = (w.made(place=visitor.place, day=said.dated(today)), w.no_replacement)
    return Passport(
        w.title, visitor.card.name,
        values.person_line(replace(visitor.card, address=""), today),
        [each for each in rows if each.text.strip()], foot,
    )  # fmt: skip


def _set(found: Reading, name: str) -> str:
    """The elements of a set that are there, in words."""
    there = {
        cell: choose(kept, REGISTER.policy_of(cell), REGISTER.safer_of(cell)).value
        for cell, kept in found.cells.items()
        if cell.partition("/")[0] == name
    }
    unsaid = silenced(REGISTER, there)
    told = [
        values.cell_text(cell, value)
        for cell, value in there.items()
        if is_present(value) and cell not in unsaid
    ]
    return words("values").comma.join(told)


def _has_allergy(found: Reading) -> bool:
    return bool(found.page.sets.get("drug_allergy", frozenset()) - {"1"})


def _allergies(found: Reading) -> str:
    w, comma = words("passport"), words("values").comma
    told = [_set(found, ALLERGIES[0]), found.page.text(ALLERGIES[1])]
    return comma.join(each for each in told if each) or w.not_known


def _blood(found: Reading) -> str:
    told = [
        values.cell_text(name, found.page.values[name])
        for name in PLAIN
        if name in found.page.values
    ]
    return words("values").comma.join(told) or words("passport").not_known


_MEASURES = {
    "pressure": (("htn_followup", "dm_followup", "health_check", "encounter"), ("sbp", "dbp")),
    "glucose": (("dm_followup", "health_check"), ("fpg",)),
}


def _newest(found: Reading, what: str, today: Any) -> list[Row]:
    """The newest measurement of its kind, with its day."""
    kinds, names = _MEASURES[what]
    w = words("passport")
    for entry in _standing(found, kinds):
        if all(name in entry.form for name in names):
            kind = get(entry.kind, 1)
            told = [
                values.field_text(each, entry.form[each.name])
                for name in names
                for each in kind.fields
                if each.name == name
            ]
            text = w.slash.join(each.split(" ")[0] for each in told[:-1]) if told[1:] else ""
            joined = w.slash.join(filter(None, (text, told[-1])))
            return [Row(w.measures[what], w.pair(a=joined, b=said.day(entry.on, today)))]
    return []


def _vaccines(found: Reading, today: Any) -> list[Row]:
    w = words("passport")
    given = list(_standing(found, ("vaccination",)))[:NEWEST_VACCINES]
    if not given:
        return []
    kind = get("vaccination", 1)
    named = next(each for each in kind.fields if each.name == "vaccine")
    told = [
        w.pair(a=values.field_text(named, each.form.get("vaccine")), b=said.day(each.on, today))
        for each in given
    ]
    return [Row(w.vaccines, words("values").semicolon.join(told))]


def _standing(found: Reading, kinds: tuple[str, ...]) -> list[Entry]:
    return [
        each
        for each in found.entries
        if each.kind in kinds and each.stands and each.record.cls == "A"
    ]


def _contact(found: Reading) -> str:
    name, phone = found.page.text("contact_name"), found.page.text("contact_phone")
    return words("passport").pair(a=name, b=phone) if name or phone else NOT_KNOWN
