"""Children of 0 to 6 years: the newborn's visit, the checks by age, what belongs into them, Chinese
medicine, and what becomes of a finding (P26 to P35; national specification, third edition).

Ages are counted as the forms count them (server/records/child_slots.py), so a check that the form
accepts without a question fills the item of its age. A check outside its days fills none: the age
is missed, the next one is owed. When a child left hospital no form of the child says, so the days
after discharge are counted from birth and an ordinary stay (design).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from server.records.child_slots import SLOTS
from server.records.child_tcm import MONTHS
from server.rules.plan.groups import birthday
from server.rules.plan.model import Asked, Item, Maker, Record
from server.rules.plan.quota import shared
from server.rules.plan.steps import is_emergency
from server.rules.plan.visits import referrals
from server.rules.plan.windows import (
    DAY,
    Window,
    first_in,
    months_on,
    ordered,
    owed,
    until,
)

FULL_MONTH: Final = "1m"
_BY_MONTH: Final = tuple(slot for slot in SLOTS if slot.endswith("m") and slot != FULL_MONTH)
_BY_YEAR: Final = tuple(slot for slot in SLOTS if slot.endswith("y"))
_REFERRED: Final = "2"


def slot_days(slot: str, birth: date, *, days: int) -> Window:
    """The days of an age: `days` more after n months, or the whole year of life."""
    number = int(slot[:-1])
    if slot.endswith("y"):
        return until(birthday(birth, number), birthday(birth, number + 1) - DAY)
    opens = months_on(birth, number)
    return until(opens, opens + timedelta(days=days))


def _full_month_days(asked: Asked, birth: date) -> Window:
    numbers = asked.numbers
    opens, due, closes = (
        birth + timedelta(days=numbers[name]) for name in ("from_day", "to_day", "accept_day")
    )
    return Window(opens, due, closes)


def _newborn_days(asked: Asked, birth: date) -> Window:
    numbers = asked.numbers
    left = birth + timedelta(days=numbers["stay_days"])
    due = left + timedelta(days=numbers["days"])
    return Window(birth, due, max(due, birth + timedelta(days=numbers["accept_day"])))


# Visits to a newborn.


def _visit(asked: Asked) -> Iterator[Item]:
    birth = asked.facts.birth
    if birth is None:
        return
    window = _newborn_days(asked, birth)
    done = first_in(window, asked.facts.of("newborn_visit"))
    yield from owed(asked, "visit", window, done, "visit", given={"days": asked.numbers["days"]})


def _risks(asked: Asked, visit: Record) -> list[str]:
    """What makes a newborn one of high risk, as words of the rule."""
    body, numbers = visit.body, asked.numbers
    weight, weeks = body.get("birth_weight"), body.get("gest_week")
    found = (
        ("light", isinstance(weight, int) and weight < numbers["weight"]),
        ("preterm", isinstance(weeks, int) and weeks < numbers["weeks"]),
        ("multiple", "5" in body.get("birth_mode", ())),
        ("defect", body.get("malformation") == "2"),
    )
    return [asked.rule.reasons[name] for name, there in found if there]


def _more_visits(asked: Asked) -> Iterator[Item]:
    birth, numbers = asked.facts.birth, asked.numbers
    visits = ordered(asked.facts, "newborn_visit")
    if birth is None or not visits:
        return
    risky = next((each for each in visits if _risks(asked, each)), None)
    if risky is None:
        return
    given = {"risks": "、".join(_risks(asked, risky)), "days": numbers["days"]}
    last, more = visits[0], visits[1:]
    for number in range(1, numbers["times"] + 1):
        due = last.on + timedelta(days=numbers["days"])
        closes = max(due, birth + timedelta(days=numbers["accept_day"]))
        done = next((each for each in more if each.on <= closes), None)
        window = Window(last.on, due, closes)
        yield from owed(
            asked, f"more-{number}", window, done, "more", given=given, because=(risky.id,)
        )
        if done is None:
            return
        last, more = done, more[more.index(done) + 1 :]


# Checks by age.


def _checks(asked: Asked) -> list[Record]:
    return shared(asked, "child checks", lambda: ordered(asked.facts, "child_check"))


def _checks_of(asked: Asked, slot: str) -> Iterator[Record]:
    return (each for each in _checks(asked) if each.body.get("age_slot") == slot)


def _full_month(asked: Asked) -> Iterator[Item]:
    birth = asked.facts.birth
    if birth is None:
        return
    window = _full_month_days(asked, birth)
    done = first_in(window, _checks_of(asked, FULL_MONTH))
    yield from owed(asked, FULL_MONTH, window, done, "full_month")


def _of_slots(asked: Asked, slots: Sequence[str], why: str, *, days: int) -> Iterator[Item]:
    birth = asked.facts.birth
    if birth is None:
        return
    for slot in slots:
        window = slot_days(slot, birth, days=days)
        if window.touches(asked):
            done = first_in(window, _checks_of(asked, slot))
            yield from owed(asked, slot, window, done, why, given={"age": SLOTS[slot]})


def _by_month(asked: Asked) -> Iterator[Item]:
    return _of_slots(asked, _BY_MONTH, "check", days=asked.numbers["days"])


def _by_year(asked: Asked) -> Iterator[Item]:
    return _of_slots(asked, _BY_YEAR, "check", days=0)


# What belongs into a check, whichever check of those days it is.


def _part(
    asked: Asked, slot: str, window: Window, fields: Sequence[str], age: str
) -> Iterator[Item]:
    if not window.touches(asked):
        return
    having = (each for each in _checks(asked) if all(name in each.body for name in fields))
    done = first_in(window, having)
    yield from owed(asked, slot, window, done, asked.rule.id.lower(), given={"age": age})


def _haemoglobin(asked: Asked) -> Iterator[Item]:
    """Once between 6 and 8 months, then at 18 and 30 months and at 4, 5 and 6 years."""
    birth = asked.facts.birth
    if birth is None:
        return
    days = asked.numbers["days"]
    first, last = (slot_days(each, birth, days=days) for each in ("6m", "8m"))
    window = Window(first.opens, last.due, last.closes)
    yield from _part(asked, "8m", window, ("hb",), asked.rule.reasons["six_to_eight"])
    for slot in ("18m", "30m", *_BY_YEAR):
        yield from _part(asked, slot, slot_days(slot, birth, days=days), ("hb",), SLOTS[slot])


def _hearing(asked: Asked) -> Iterator[Item]:
    birth = asked.facts.birth
    if birth is None:
        return
    for slot in ("6m", "12m", "24m", "36m"):
        window = slot_days(slot, birth, days=asked.numbers["days"])
        yield from _part(asked, slot, window, ("hearing",), SLOTS[slot])


def _eyes(asked: Asked) -> Iterator[Item]:
    """13 times: 2 as a newborn, 4 in the first year, 4 until three, 3 from four on, with sight."""
    birth = asked.facts.birth
    if birth is None:
        return
    numbers = asked.numbers
    newborn = until(birth, birth + timedelta(days=numbers["newborn_days"]))
    visits = (each for each in asked.facts.of("newborn_visit") if "eye" in each.body)
    age = asked.rule.reasons["newborn"]
    yield from owed(asked, "0m", newborn, first_in(newborn, visits), "p33", given={"age": age})
    for slot in SLOTS:
        if slot == FULL_MONTH:
            window = _full_month_days(asked, birth)
        else:
            window = slot_days(slot, birth, days=numbers["days"])
        sight = ("vision_l", "vision_r") if slot in _BY_YEAR else ()
        yield from _part(asked, slot, window, ("eye_care", *sight), SLOTS[slot])


# Chinese medicine.


def _chinese_medicine(asked: Asked) -> Iterator[Item]:
    birth = asked.facts.birth
    if birth is None:
        return
    for month in MONTHS:
        opens = months_on(birth, int(month))
        closes = months_on(birth, int(month) + asked.numbers["months"]) - DAY
        window = until(opens, closes)
        if not window.touches(asked):
            continue
        fitting = (each for each in asked.facts.of("child_tcm") if each.body.get("month") == month)
        done = first_in(window, fitting)
        yield from owed(asked, f"{month}m", window, done, "tcm", given={"month": int(month)})


# What becomes of a finding.


def _abnormal(asked: Asked) -> Iterator[Item]:
    """A visit or check that advised referral waits until a referral or its result is on record; the
    result of a referral that was written is P61's to wait for. Nobody waits for ever.
    """
    numbers = asked.numbers
    for check in ordered(asked.facts, "child_check", "newborn_visit"):
        if check.body.get("referral") != _REFERRED:
            continue
        if "referral_org" not in check.body and is_emergency(asked, check):
            continue  # P61 asks for it, due the same day
        due, closes = (check.on + timedelta(days=numbers[name]) for name in ("days", "wait_days"))
        window = Window(check.on, due, max(due, closes))
        if not window.touches(asked):
            continue
        done = first_in(window, referrals(asked))
        yield from owed(
            asked, check.id.hex(), window, done, "sent" if done else "result",
            given={"days": numbers["days"]}, because=(check.id,),
        )  # fmt: skip


MAKERS: Final[Mapping[str, Maker]] = {
    "P26": lambda asked: tuple(_visit(asked)),
    "P27": lambda asked: tuple(_more_visits(asked)),
    "P28": lambda asked: tuple(_full_month(asked)),
    "P29": lambda asked: tuple(_by_month(asked)),
    "P30": lambda asked: tuple(_by_year(asked)),
    "P31": lambda asked: tuple(_haemoglobin(asked)),
    "P32": lambda asked: tuple(_hearing(asked)),
    "P33": lambda asked: tuple(_eyes(asked)),
    "P34": lambda asked: tuple(_chinese_medicine(asked)),
    "P35": lambda asked: tuple(_abnormal(asked)),
}
