"""What stands on the 健康护照, made from one reading: the same sheet in the portal and at the desk.

Every day carries its year, since the sheet is kept.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from server.actions.archives.cards import Card
from server.actions.keeping.site import Site
from server.actions.residents import reading as readings
from server.actions.residents.acting import Acting
from server.actions.residents.reading import Entry, Reading
from server.actions.residents.served import Served
from server.errors import NotAllowed
from server.pages import times, values
from server.pages.passport import Passport, Row
from server.pages.words import words
from server.records.cells import silenced
from server.records.kinds import REGISTER, get
from sync.merge import choose, is_present

ALLERGIES: Final = ("drug_allergy", "drug_allergy_other")
PLAIN: Final = ("blood_abo", "blood_rh")
NEWEST_VACCINES: Final = 4
NOT_KNOWN: Final = ""


async def sheet_of(site: Site, acting: Acting, card: Card, served: Served) -> Passport:
    """Through the gate, class A only; `card`: of the resident. Raises NotAllowed for whoever sees
    no archive.
    """
    found = await readings.read(site, acting)
    if not found.whole:
        raise NotAllowed("passport")
    w, today = words("passport"), times.civil(site.clock()).date()
    rows = [
        Row(w.allergy, _allergies(found), alarm=_has_allergy(found)),
        Row(w.blood, _blood(found)),
        Row(w.diseases, _set(found, "hx_disease")),
        *_newest(found, "pressure"),
        *_newest(found, "glucose"),
        *_vaccines(found),
        Row(w.contact, _contact(found)),
        Row(w.facility, w.pair(a=served.facility, b=served.phone)),
    ]
    foot = (w.made(place=served.place, day=times.long_date(today)), w.no_replacement)
    person = values.person_line(replace(card, address=""), today)
    told = [each for each in rows if each.text.strip()]
    return Passport(w.title, card.name, person, told, foot)


def _dated(entry: Entry) -> str:
    return times.long_date(date.fromisoformat(entry.on))


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


_MEASURES: Final = {
    "pressure": (("htn_followup", "dm_followup", "health_check", "encounter"), ("sbp", "dbp")),
    "glucose": (("dm_followup", "health_check"), ("fpg",)),
}


def _newest(found: Reading, what: str) -> list[Row]:
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
            return [Row(w.measures[what], w.pair(a=joined, b=_dated(entry)))]
    return []


def _vaccines(found: Reading) -> list[Row]:
    w = words("passport")
    given = list(_standing(found, ("vaccination",)))[:NEWEST_VACCINES]
    if not given:
        return []
    kind = get("vaccination", 1)
    named = next(each for each in kind.fields if each.name == "vaccine")
    told = [
        w.pair(a=values.field_text(named, each.form.get("vaccine")), b=_dated(each))
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
