"""Hypertension, type 2 diabetes, COPD: the follow-ups and the check of a calendar year, what each
visit asks for next, and measuring those who may be ill or at risk (P03 to P20, P52).

One visit is one line of a list: after a visit at goal, the next place of the year takes the day
that was appointed (P07, P16), and only when the year's places are filled does that day stand alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Final

from server.rules.next_step import Level
from server.rules.plan import risks
from server.rules.plan.model import Asked, Group, Item, Maker, Numbers, Record
from server.rules.plan.pregnancies import BEFORE_BIRTH
from server.rules.plan.quota import (
    Place,
    all_filled,
    face_to_face,
    first_of_year,
    known_since,
    one_a_day,
    places,
    shared,
    yearly,
)
from server.rules.plan.readings import OPEN, Pressure, pressures
from server.rules.plan.steps import is_emergency
from server.rules.plan.table import numbers_of, rules
from server.rules.plan.visits import Visit, again, is_result, referrals, referred, visits
from server.rules.plan.windows import DAY, Window, owed, settled

CHECK: Final = "health_check"
_PRESSURE_ALONE: Final = "dm_crisis_pressure"
"""The row of the table of next steps by which a diabetic is referred for the pressure alone."""
FOLLOWED: Final[Mapping[Group, tuple[str, str]]] = {
    Group.HYPERTENSION: ("P05", "htn_followup"),
    Group.DIABETES: ("P13", "dm_followup"),
    Group.COPD: ("P52", "copd_followup"),
}
"""Of each disease the rule and the form of its follow-ups."""


# Raised, or at risk.


def _raised(asked: Asked) -> Iterator[Item]:
    """P03: a first reading of 140/90 or more in somebody who is no patient."""
    if Group.HYPERTENSION in asked.groups:
        return
    numbers, read = asked.numbers, pressures(asked)
    again_from = asked.groups[Group.ADULT_35].since
    for n, first in enumerate(read):
        if first.on < again_from or not _is_first(asked, first):
            continue
        closes = first.on + timedelta(days=numbers["again_days"])
        done, days = _confirmed(asked, [each for each in read[n:] if each.on <= closes], closes)
        due = first.on + timedelta(days=numbers["days"])
        given: dict[str, str | int] = {
            "on": first.on.isoformat(), "sbp": first.sbp, "dbp": first.dbp,
            "due": due.isoformat(), "measured": days, "readings": numbers["readings"],
        }  # fmt: skip
        window, because = settled(Window(first.on, due, closes), done), (first.record.id,)
        yield from owed(
            asked, first.on.isoformat(), window, done, "repeat", given=given, because=because
        )
        again_from = closes + DAY


def _is_first(asked: Asked, read: Pressure) -> bool:
    """Whether a raised reading is to be repeated: not one of an expecting mother, and not one for
    which somebody is sent at once.
    """
    if not _is_raised(asked, read) or read.record.kind in BEFORE_BIRTH:
        return False
    return not is_emergency(asked, read.record)


def _is_raised(asked: Asked, read: Pressure) -> bool:
    return read.sbp >= asked.numbers["sbp"] or read.dbp >= asked.numbers["dbp"]


def _confirmed(asked: Asked, read: Sequence[Pressure], closes: date) -> tuple[Record | None, int]:
    """What settles it until it closes: the reading of the last day that is asked for, or a
    referral's result; and on how many different days there was a reading.
    """
    days: dict[date, Record] = {}
    for each in read:
        days.setdefault(each.on, each.record)
    needed = asked.numbers["readings"]
    measured = list(days.values())[needed - 1] if len(days) >= needed else None
    until = (one for one in referrals(asked) if one.on <= closes)
    told = next((one for one in until if is_result(one, read[0].on)), None)
    there = [each for each in (measured, told) if each is not None]
    return min(there, key=lambda each: (each.on, each.id), default=None), min(len(days), needed)


def _pressure_of_risk(asked: Asked) -> Iterator[Item]:
    """P04: somebody at high risk, every half year."""
    numbers, newest = asked.numbers.values, _newest(asked)
    found = risks.said(risks.hypertension(asked.facts, asked.year, numbers, newest))
    spell = asked.groups[Group.HYPERTENSION_RISK]
    measured = one_a_day(each.record for each in pressures(asked))
    for place in _spread(asked, asked.numbers, measured, known_since(asked)):
        why = "again" if place.last else "measure"
        yield from _placed(asked, place, why, {"risks": found, **_last(place)}, spell.because)


def _glucose_of_risk(asked: Asked) -> Iterator[Item]:
    """P12: somebody at high risk, once a year."""
    found = risks.diabetes(asked.facts, asked.year, asked.numbers.values, _newest(asked))
    taken = (e for e in asked.facts.records if e.cls == OPEN and "fpg" in e.body)
    window = yearly(asked, known_since(asked))
    given = {"risks": risks.said(found), "due": window.due.isoformat()}
    because = asked.groups[Group.DIABETES_RISK].because
    done = first_of_year(asked, taken)
    yield from owed(asked, str(asked.year), window, done, "yearly", given=given, because=because)


def _newest(asked: Asked) -> risks.Newest:
    return shared(asked, "newest", lambda: risks.newest_of(asked.facts, asked.year))


# The year of a patient.


def _followups(asked: Asked) -> Iterator[Item]:
    """P05, P13, P52: so many face to face a calendar year."""
    group = asked.rule.group
    assert group is not None
    visit = _appointment(asked, FOLLOWED[group][1])
    for place in _year(asked, group):
        if visit is not None and _is_appointed(place, visit):
            given = {**_last(place), "said": visit.said}
            why = "agreed" if visit.is_agreed else "appointed"
            yield from _placed(asked, place, why, given, (visit.record.id,))
            continue
        because = (place.last.id,) if place.last else ()
        given = {**_last(place), "gap": str(asked.numbers["gap_days"])}
        yield from _placed(asked, place, _why(asked, place), given, because)


def _is_appointed(place: Place, visit: Visit) -> bool:
    return place.done is None and place.last == visit.record and place.window.due == visit.due


def _why(asked: Asked, place: Place) -> str:
    if place.last is None:
        return "first"
    gap = timedelta(days=asked.numbers["gap_days"])
    return "late" if place.done is None and place.last.on + gap < place.window.opens else "next"


def _last(place: Place) -> dict[str, str]:
    return {"last": place.last.on.isoformat()} if place.last else {}


def _year(asked: Asked, group: Group) -> tuple[Place, ...]:
    """The places of a disease's year, the same for every rule that asks."""
    rule, kind = FOLLOWED[group]

    def find() -> tuple[Place, ...]:
        visit = _appointment(asked, kind)
        numbers = numbers_of(rules()[rule], asked.district)
        since, appointed = known_since(asked, group), visit and visit.due
        met = face_to_face(asked, kind)
        return tuple(_spread(asked, numbers, met, since, appointed))

    return shared(asked, f"year {kind}", find)


def _spread(
    asked: Asked,
    numbers: Numbers,
    services: Sequence[Record],
    since: date,
    appointed: date | None = None,
) -> Iterator[Place]:
    return places(
        asked, services, since, times=numbers["times"], gap_days=numbers["gap_days"],
        first_days=numbers["first_days"], appointed=appointed,
    )  # fmt: skip


def _appointment(asked: Asked, kind: str) -> Visit | None:
    """The last visit, when it was at goal and nobody has come since: it says when to come again."""
    found = visits(asked, kind)
    last = found[-1] if found else None
    at_goal = last is not None and last.step.level is Level.AT_GOAL and last.next is None
    return last if at_goal else None


def _placed(
    asked: Asked, place: Place, why: str, given: Mapping[str, str], because: tuple[bytes, ...] = ()
) -> Iterator[Item]:
    slot = f"{asked.year}-{place.number}"
    told = {"number": place.nth, "due": place.window.due.isoformat(), **given}
    yield from owed(asked, slot, place.window, place.done, why, given=told, because=because)


def _checked(asked: Asked) -> Iterator[Item]:
    """P06: the check of the year. An elder's or a disabled resident's other check is another form,
    and the figures count this one.
    """
    window = yearly(asked, known_since(asked))
    done = first_of_year(asked, filter(all_filled, asked.facts.of(CHECK)))
    given = {"due": window.due.isoformat()}
    yield from owed(asked, str(asked.year), window, done, "yearly", given=given)


def _checked_feet(asked: Asked) -> Iterator[Item]:
    """P15: the same with the pulse of the feet."""
    window = yearly(asked, known_since(asked))
    made = [each for each in asked.facts.of(CHECK) if all_filled(each)]
    done = first_of_year(asked, (each for each in made if "dorsalis" in each.body))
    without = None if done else first_of_year(asked, made)
    given = {"due": window.due.isoformat()}
    slot = str(asked.year)
    if without is None:
        yield from owed(asked, slot, window, done, "yearly", given=given)
    else:
        given["on"] = without.on.isoformat()
        because = (without.id,)
        yield from owed(asked, slot, window, None, "dorsalis", given=given, because=because)


def _free_glucose(asked: Asked) -> Iterator[Item]:
    """P14: fasting glucose with the follow-ups."""
    taken = [each for each in face_to_face(asked, "dm_followup") if "fpg" in each.body]
    for place in _spread(asked, asked.numbers, taken, known_since(asked)):
        yield from _placed(asked, place, "next" if place.last else "first", _last(place))


# After a visit.


def _at_goal(asked: Asked) -> Iterator[Item]:
    """P07, P16: after a visit at goal; while the year has an open place, that one takes the day."""
    assert asked.rule.group is not None
    kind = FOLLOWED[asked.rule.group][1]
    if all(place.done is not None for place in _year(asked, asked.rule.group)):
        yield from again(asked, (each for each in visits(asked, kind) if each.next is None))


def _soon(asked: Asked) -> Iterator[Item]:
    """P08, P17: not at goal for the first time."""
    assert asked.rule.group is not None
    yield from again(asked, visits(asked, FOLLOWED[asked.rule.group][1]))


def _referral(asked: Asked) -> Iterator[Item]:
    """P09, P10, P18, P19: refer, and follow. What a check finds is followed by P25 and P61."""
    assert asked.rule.group is not None
    found = visits(asked, FOLLOWED[asked.rule.group][1])
    said = _said_by_pressure(asked) if asked.rule.group is Group.DIABETES else frozenset[date]()
    yield from referred(
        asked, (e for e in found if not (e.step.row == _PRESSURE_ALONE and e.record.on in said))
    )


def _said_by_pressure(asked: Asked) -> frozenset[date]:
    """The days on which P10 refers: the same pressure at a diabetic's visit is referred by it."""
    if Group.HYPERTENSION not in asked.groups:
        return frozenset()
    found = visits(asked, FOLLOWED[Group.HYPERTENSION][1])
    return frozenset(each.record.on for each in found if each.step.level is Level.EMERGENCY)


def _goal(asked: Asked) -> Iterator[Item]:
    """P11: the goal is no service; every visit is judged by it (server/rules/next_steps)."""
    del asked
    yield from ()


def _combined(asked: Asked) -> Iterator[Item]:
    """P20: the same place of two or three diseases, by the earliest of their days. Places that
    were filled on different days are not combined any more.
    """
    together = {group: _year(asked, group) for group in FOLLOWED if group in asked.groups}
    if len(together) < 2:
        return
    names = "、".join(rules()[FOLLOWED[group][0]].label.removesuffix("随访") for group in together)
    why = "paid_once" if asked.numbers["paid_once"] else "together"
    by_number: dict[int, list[Place]] = {}
    for place in chain(*together.values()):
        by_number.setdefault(place.number, []).append(place)
    for number, same in sorted(by_number.items()):
        if len(same) < len(together):
            continue
        done = [place.done for place in same if place.done is not None]
        if done and (len(done) < len(same) or len({each.on for each in done}) > 1):
            continue
        window = Window(
            max(place.window.opens for place in same),
            min(place.window.due for place in same),
            asked.last,
        )
        window = Window(min(window.opens, window.due), window.due, window.closes)
        place = Place(number, same[0].nth, window, done[0] if done else None)
        because = tuple(dict.fromkeys(p.last.id for p in same if p.last is not None))
        yield from _placed(asked, place, why, {"diseases": names}, because)


def _lungs(asked: Asked) -> Iterator[Item]:
    """P52: follow-ups and checks by the district's numbers, and what a follow-up asks for."""
    yield from _followups(asked)
    found = visits(asked, "copd_followup")
    yield from again(asked, (each for each in found if each.step.level is not Level.AT_GOAL))
    if asked.numbers["checks"]:
        window = yearly(asked, known_since(asked))
        done = first_of_year(asked, filter(all_filled, asked.facts.of(CHECK)))
        given, slot = {"due": window.due.isoformat()}, f"{asked.year}-check"
        yield from owed(asked, slot, window, done, "check", given=given)


MAKERS: Final[Mapping[str, Maker]] = {
    "P03": lambda asked: tuple(_raised(asked)),
    "P04": lambda asked: tuple(_pressure_of_risk(asked)),
    "P05": lambda asked: tuple(_followups(asked)),
    "P06": lambda asked: tuple(_checked(asked)),
    "P07": lambda asked: tuple(_at_goal(asked)),
    "P08": lambda asked: tuple(_soon(asked)),
    "P09": lambda asked: tuple(_referral(asked)),
    "P10": lambda asked: tuple(_referral(asked)),
    "P11": lambda asked: tuple(_goal(asked)),
    "P12": lambda asked: tuple(_glucose_of_risk(asked)),
    "P13": lambda asked: tuple(_followups(asked)),
    "P14": lambda asked: tuple(_free_glucose(asked)),
    "P15": lambda asked: tuple(_checked_feet(asked)),
    "P16": lambda asked: tuple(_at_goal(asked)),
    "P17": lambda asked: tuple(_soon(asked)),
    "P18": lambda asked: tuple(_referral(asked)),
    "P19": lambda asked: tuple(_referral(asked)),
    "P20": lambda asked: tuple(_combined(asked)),
    "P52": lambda asked: tuple(_lungs(asked)),
}
