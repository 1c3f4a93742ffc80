"""What the follow-ups of a disease ask for next: each visit with the step after it (next_step.py),
and whether the next visit face to face has answered it.

Of several visits of one day the gravest step stands. Only visits that a year can still feel are
asked: those of the year, and the last one before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.records.referral import BACK, ENDED, RECEIVED, SENT
from server.rules.next_step import Level, Step
from server.rules.plan.model import Asked, Item, Record
from server.rules.plan.pregnancies import day_of
from server.rules.plan.quota import face_to_face, shared
from server.rules.plan.readings import OPEN
from server.rules.plan.steps import steps
from server.rules.plan.windows import Window, ordered, owed, settled

DAY: Final = timedelta(days=1)
SHEET: Final = "/sent"
TAKEN: Final = "/received"
"""How the slot of a visit ends that follows a referral written on a sheet of its own."""
_GRAVEST: Final = (Level.EMERGENCY, Level.TWICE, Level.ABNORMAL, Level.NOT_YET, Level.AT_GOAL)


@dataclass(frozen=True, slots=True)
class Visit:
    """A follow-up, what follows from it, and the next one face to face if there was one."""

    record: Record
    step: Step
    next: Record | None

    @property
    def due(self) -> date:
        """By when to come again: what the doctor wrote, unless the rule asks for an earlier day."""
        rule = self.step.due
        written = day_of(self.record, "next_date")
        days = [day for day in (rule, written) if day is not None and day > self.record.on]
        return min(days, default=self.record.on + DAY)

    @property
    def is_agreed(self) -> bool:
        """Whether the day is one the doctor wrote, earlier than the rule's."""
        return self.step.due is not None and self.due < self.step.due

    @property
    def said(self) -> str:
        return "；".join(self.step.reasons)

    @property
    def found(self) -> str:
        """What was found, without the sentences that say a day: the item says its own."""
        due = self.step.due.isoformat() if self.step.due else None
        kept = [each for each in self.step.reasons if due is None or due not in each]
        return "；".join(kept) or self.said


def visits(asked: Asked, kind: str) -> Sequence[Visit]:
    """The visits of a form that the year can feel, oldest first, one a day."""
    return shared(
        asked,
        f"visits {kind}",
        lambda: tuple(min(day, key=_gravity) for day in _days(asked, kind)),
    )


def every(asked: Asked, kind: str) -> Sequence[Visit]:
    """The same with all that follows from them: of a day the gravest of each rule."""
    found: list[Visit] = []
    for day in _days(asked, kind):
        by_rule: dict[str, Visit] = {}
        for each in sorted(day, key=_gravity):
            by_rule.setdefault(each.step.rule, each)
        found += by_rule.values()
    return found


def _days(asked: Asked, kind: str) -> Iterator[list[Visit]]:
    """Of each day all that follows from its visits, in the order of their ids."""
    days: dict[date, list[Record]] = {}
    for each in ordered(asked.facts, kind):
        if each.on <= asked.last:
            days.setdefault(each.on, []).append(each)
    seen, before = face_to_face(asked, kind), None
    following = [*days][1:]
    for n, (on, records) in enumerate(days.items()):
        if on >= asked.first or n == len(following) or following[n] >= asked.first:
            after = next((one for one in seen if one.on > on), None)
            made = [
                Visit(each, step, after) for each in records for step in steps(asked, each, before)
            ]
            if made:
                yield made
        before = records[-1]


def _gravity(visit: Visit) -> int:
    return _GRAVEST.index(visit.step.level)


# Items.


def again(asked: Asked, found: Iterable[Visit]) -> Iterator[Item]:
    """The next visit after each whose step is of the rule that is asked."""
    for each in found:
        if each.step.rule == asked.rule.id:
            window = _kept(asked, each, each.due)
            why = "agreed" if each.is_agreed else "again"
            yield from _item(asked, each, "", window, each.next, why)


def referred(asked: Asked, found: Iterable[Visit]) -> Iterator[Item]:
    """After each visit whose step is of the rule: a referral, then the visit that follows it.

    The visit itself may name the referral. One that nobody made in time is missed, an emergency
    after `wait_days`; the visit after it stays owed for `keep_days`, until it is made, or the
    result of the referral is written down: the sheet has no item of its own then (P61), and the
    slot says that there is one.
    """
    for each in found:
        if each.step.rule != asked.rule.id:
            continue
        on = each.record.on
        sent = _sent(asked, each)
        by = on + timedelta(days=asked.numbers["refer_days"])
        last = max(by, on + timedelta(days=asked.numbers["wait_days"]))
        yield from _item(asked, each, "/refer", Window(on, by, last), sent, "refer")
        begun = sent.on if sent is not None else on
        due = begun + timedelta(days=asked.numbers["days"])
        done = earliest(each.next, _result(asked, each, sent))
        part = "" if sent is None or sent is each.record else _sheet(asked, sent)
        yield from _item(asked, each, part, _kept(asked, each, due), done, "follow")


def _kept(asked: Asked, each: Visit, due: date) -> Window:
    """From the day after a visit until so long after it that nobody asks for the next any more."""
    on = each.record.on
    return Window(on + DAY, due, max(due, on + timedelta(days=asked.numbers["keep_days"])))


def _item(
    asked: Asked, each: Visit, part: str, window: Window, done: Record | None, why: str
) -> Iterator[Item]:
    on = each.record.on.isoformat()
    given = {"on": on, "due": window.due.isoformat(), "said": each.said, "found": each.found}
    slot = f"{on}{part}"
    if done is not None and window.closes is not None and done.on > window.closes:
        done = None
    because = (each.record.id,)
    yield from owed(asked, slot, settled(window, done), done, why, given=given, because=because)


def earliest(*records: Record | None) -> Record | None:
    """The earliest of those that are there, of one day the first by id."""
    there = (each for each in records if each is not None)
    return min(there, key=lambda each: (each.on, each.id), default=None)


def _sent(asked: Asked, each: Visit) -> Record | None:
    """The referral made for a visit: on the visit's own form, or on one of its own, which may name
    the visit.
    """
    if "referral_org" in each.record.body:
        return each.record
    until = each.next.on if each.next is not None else date.max
    made = (
        one
        for one in referrals(asked)
        if one.body.get("direction") == SENT
        and each.record.on <= one.on <= until
        and names(one, each.record)
    )
    return next(made, None)


def _result(asked: Asked, each: Visit, sent: Record | None) -> Record | None:
    """What came of the referral after a visit."""
    answered = (each.record,) if sent is None else (each.record, sent)
    told = (
        one
        for one in referrals(asked)
        if is_result(one, each.record.on) and any(names(one, it) for it in answered)
    )
    return next(told, None)


def _sheet(asked: Asked, sent: Record) -> str:
    """How far a sheet has come."""
    name = sent.id.hex()
    taken = (
        one.body.get("direction") == RECEIVED and one.body.get("answers") == name
        for one in referrals(asked)
    )  # fmt: skip
    return TAKEN if any(taken) else SHEET


def names(referral: Record, record: Record) -> bool:
    """Whether a referral is about a record: it names it, or names none."""
    return referral.body.get("answers", record.id.hex()) == record.id.hex()


def is_result(referral: Record, since: date) -> bool:
    """Whether a referral of a day on or after this one tells what came of it: a date of return, or
    an answer of its own.
    """
    told = referral.body.get("direction") in (BACK, ENDED) or "back_date" in referral.body
    return referral.on >= since and told


def referrals(asked: Asked) -> Sequence[Record]:
    """Those without a restricted reason: they have nothing to do with these diseases."""
    return shared(
        asked,
        "referrals",
        lambda: [
            each for each in ordered(asked.facts, "referral")
            if each.cls == OPEN and "reason_restricted" not in each.body
        ],
    )  # fmt: skip
