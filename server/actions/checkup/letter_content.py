"""What a feedback letter says of one person: put together from an archive that the gate has opened
(class A alone), by the rules that the portal uses for the same years.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from server.access import Opened
from server.actions.archives.following import facts_seen
from server.actions.checkup.day_rows import Day
from server.actions.checkup.finding_rows import person_of
from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers
from server.pages import plain
from server.pages.checkup_letter import Found, Letter
from server.pages.words import words
from server.records.kinds import get
from server.records.upcast import newest
from server.rules.changes import CHECKUPS, compare
from server.rules.checkup_findings import Finding, Shown, findings
from server.rules.goals import Measure, series
from server.rules.plan.model import Facts, Record

YEARS: Final = 3
WHOLE: Final = "health_check"  # before a form that asks only a part of it
_ARMS: Final = {"bp_l_sys": "l", "bp_r_sys": "r"}
_TEXT: Final = "_text"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs: facility, doctor, telephone."""

    facility: str
    doctor: str
    phone: str


def letter_of(site: Site, opened: Opened, day: Day, sender: Sender, name: str) -> Letter | None:
    """The letter of a day; None where no checkup of that day stands in the archive."""
    facts = facts_seen(opened)
    of_day = [
        each
        for each in facts.records
        if each.kind in CHECKUPS and each.on == day.on and each.cls == "A"
    ]
    if not of_day:
        return None
    checkup = max(of_day, key=lambda each: (each.kind == WHOLE, each.id))
    person = person_of(site, facts, day.on)
    chosen = _years(facts, checkup)
    numbers = district_numbers(site, day.on.year)
    high, low = (line.goal for line in series(Measure.PRESSURE, facts, day.on, numbers).lines)
    rows = compare(
        chosen, sex=facts.sex, birth=facts.birth, pressure_goal=(high, low), numbers=numbers
    )
    found: dict[str, Found] = {}
    for record in (checkup, *(each for each in of_day if each.id != checkup.id)):
        for each in findings(record.kind, record.body, day.on, person):
            found.setdefault(each.id, _found(each, record, day))
    return Letter(
        name, facts.sex, day.on, day.place, sender.facility, sender.doctor, sender.phone,
        tuple(each.on.year for each in chosen), rows, tuple(found.values()),
    )  # fmt: skip


def _years(facts: Facts, checkup: Record) -> tuple[Record, ...]:
    """The newest checkup of each of up to three years, this one for its own, oldest first."""
    newest_of: dict[int, Record] = {}
    for each in facts.records:
        if each.kind in CHECKUPS and each.on <= checkup.on and each.cls == "A":
            newest_of[each.on.year] = each
    newest_of[checkup.on.year] = checkup
    return tuple(newest_of[year] for year in sorted(newest_of)[-YEARS:])


def _found(each: Finding, checkup: Record, day: Day) -> Found:
    by = day.on + timedelta(days=each.days) if each.days is not None else None
    return Found(each.plain, shown_text(checkup.kind, each.shown), each.resident, each.urgent, by)


def shown_text(form: str, shown: tuple[Shown, ...]) -> str:
    """The values of a finding as residents read them: 空腹血糖 7.6 毫摩尔/升（偏高）."""
    w, kind = words("checkup_letter"), get(form, newest(form))
    said, values = list[str](), {each.field: each.value for each in shown}
    for each in shown:
        field = kind.field(each.field)
        arm = _ARMS.get(each.field)
        if arm is not None and f"bp_{arm}_dia" in values:
            said.append(w.arms[arm](sys=each.value, dia=values[f"bp_{arm}_dia"]))
        elif field is None or (each.field.startswith("bp_") and each.field.endswith("_dia")):
            continue
        elif each.field.endswith(_TEXT) and said:
            said[-1] += w.said(text=each.value)
        else:
            text = w.value(label=plain.label(field), value=plain.text(field, each.value))
            said.append(w.judged(text=text, side=w.sides[str(each.side)]) if each.side else text)
    return w.joined.join(said)


def values_of(shown: tuple[tuple[str, Any, int], ...]) -> tuple[Shown, ...]:
    """Values as a row of a finding keeps them."""
    return tuple(Shown(*each) for each in shown)
