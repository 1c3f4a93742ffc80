"""What is owed to the resident, as the pages of the portal say it: the kept plan, one line a visit.

Only the classes that the gate has let through; whoever may see no findings, and every page that
somebody may look at over a shoulder, is given neutral names. Reasons are the plan's own sentences
with days and units as residents read them.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from resident_portal import said
from resident_portal.words import words
from server.actions.keeping.site import Site
from server.actions.plan.explain import Explained, kept_plan
from server.actions.plan.facts import district_numbers
from server.actions.residents.reading import Reading, neutral_label
from server.pages import basis
from server.rules.plan.calls import calls
from server.rules.plan.model import Stage
from server.rules.plan.table import numbers_of

OWED: Final = (Stage.OVERDUE, Stage.OPEN, Stage.LATER)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


async def plan_of(site: Site, reading: Reading) -> tuple[Explained, ...]:
    """The kept plan of an archive that has been opened, as far as it reaches who reads."""
    kept = await kept_plan(site, reading.resident, reading.classes)
    return tuple(each for each in kept if reading.shows_rule(each.rule.id))


def owed(plan: Sequence[Explained]) -> tuple[Explained, ...]:
    """What is still to come, one line a visit, by due day. What was missed is left out."""
    still = [each for each in plan if each.stage in OWED]
    listed = {each.key for each in calls(sorted((x.item for x in still), key=lambda one: one.due))}
    found = [each for each in still if each.item.key in listed]
    return tuple(sorted(found, key=lambda each: (each.item.due, each.item.rule)))


def missed(plan: Sequence[Explained], today: date) -> list[Explained]:
    """What of this year was not done and is not to be made up for."""
    return [
        each for each in plan if each.stage is Stage.MISSED and each.item.due.year == today.year
    ]


async def next_of(site: Site, reading: Reading, kinds: Collection[str]) -> Explained | None:
    """The next visit that one of these forms is written at."""
    plan = owed(await plan_of(site, reading))
    return next((each for each in plan if set(each.item.kinds) & set(kinds) and _open(each)), None)


def _open(each: Explained) -> bool:
    return each.item.cls == "A"


def neutral(each: Explained) -> str:
    """What the service is called where a diagnosis must not stand."""
    if each.rule.neutral:
        return each.rule.neutral
    return neutral_label(each.item.kinds[0]) if each.item.kinds else each.rule.label


def name(each: Explained) -> str:
    """What the service is called in the own archive; restricted ones keep their neutral name."""
    if each.item.cls != "A":
        return neutral(each)
    return words("plan").services.get(each.rule.id, each.rule.label)


def follows(each: Explained, today: date) -> str:
    """12月3日前高血压随访时再量."""
    w = words("trends")
    if each.item.due < today:
        return w.next_late(what=name(each), n=(today - each.item.due).days)
    return w.next(day=said.day(each.item.due, today), what=name(each))


def reason(each: Explained, today: date) -> str:
    """The plan's own sentence in residents' words. Of a restricted item it would name the fact."""
    w = words("plan")
    if each.item.cls != "A":
        return w.restricted_reason
    text = _DAY.sub(lambda found: said.day(found[0], today), each.reason)
    for old in w.says:
        text = text.replace(old, w.says[old])
    return text


def clause(each: Explained, site: Site, today: date) -> str:
    """What it rests on. The paragraph of a restricted item would name the fact."""
    w = words("plan")
    own = basis.documents_of(site.rules.code, today.year)
    found = None if each.item.cls != "A" else basis.cited(each.rule.clause, own)
    return w.clause(document=found[0], clause=found[1]) if found else w.clause_default


@dataclass(frozen=True, slots=True)
class Turn:
    """Which of how many visits of the year: 第 3 次 of 4."""

    number: int
    times: int


def turn(each: Explained, site: Site, year: int) -> Turn | None:
    """None for what is not counted."""
    number = each.item.given.get("number")
    times = numbers_of(each.rule, district_numbers(site, year)).values.get("times")
    if not isinstance(number, int) or times is None or number > times:
        return None
    return Turn(number, times)
