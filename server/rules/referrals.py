"""The loop of a referral: a service asked for one, it was sent, received, its result came back, or
it ended without a result (P61, S003-6(4)-a).

Pure. Records say what happened, never what is late: a loop carries the day by which the next thing
is due, and late is a matter of the day on which somebody looks. A referral answers the record that
asked for it, a receipt, a return or an end answers the referral; where a record names nothing (a
sheet of paper entered later) it answers the latest that could have been meant. Restricted referrals
answer restricted needs of the same reason only, so an open loop never tells of a closed one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from server.records.referral import BACK, ENDED, RECEIVED
from server.rules.next_step import Level, Refer, Step
from server.rules.plan.model import LOST, Record

REFERRAL: Final = "referral"
RESTRICTED: Final = "reason_restricted"
TB_SUSPECT: Final = "2"
Steps = Callable[[Record, Record | None], Sequence[Step]]
"""What follows from a record, given the one of its kind before it."""


class State(StrEnum):
    """How far a loop has come."""

    NEEDED = "needed"
    """A service asked for a referral and none was made."""

    SENT = "sent"
    RECEIVED = "received"
    BACK = "back"
    """The result is known here."""

    ENDED = "ended"
    """Closed without a result, with a reason."""

    SUPERSEDED = "superseded"
    """Nobody was sent, and a later service of the kind asked for nothing or asked anew."""


OPEN: Final = frozenset({State.NEEDED, State.SENT, State.RECEIVED})


@dataclass(frozen=True, slots=True)
class Days:
    """The numbers of P61, in days: to send, to know the result, the same for suspected
    tuberculosis; how long it is waited for a referral, and for the result of one.
    """

    send: int
    result: int
    suspect: int
    wait_send: int
    wait_result: int


@dataclass(frozen=True, slots=True)
class Need:
    """A record that asks for a referral, and the step that says so."""

    record: Record
    step: Step

    @property
    def restricted(self) -> str:
        """The restricted reason, "" for an open one."""
        name, code = self.step.refer_as or ("", "")
        return code if name == RESTRICTED else ""


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop. `needs`: what asked for it, none for a referral made of itself. `sent`: the
    referral, None while none was made or where the service's own form says where to. `on_form`: the
    form says so. `since`: the day of the state; `due`: by when the next thing; `lapses`: after this
    day nobody waits any more. `answer`: the record that gave the state.
    """

    needs: tuple[Need, ...]
    sent: Record | None
    on_form: bool
    state: State
    since: date
    due: date
    lapses: date
    answer: Record | None
    cls: str

    @property
    def begun_with(self) -> Record:
        """The referral, or what asked for it."""
        return self.sent or self.needs[0].record

    def is_open(self, on: date) -> bool:
        return self.state in OPEN and on <= self.lapses

    def is_overdue(self, on: date) -> bool:
        return self.is_open(on) and on > self.due


def is_answer(each: Record, sent: Record) -> bool:
    """Whether a record tells the result of a referral, or that there will be none."""
    if each.kind != REFERRAL or each.body.get("direction") not in (BACK, ENDED):
        return False
    named = each.body.get("answers")
    if named is not None:
        return named == sent.id.hex()
    return each.on >= sent.on and _reason(each) == _reason(sent)


def loops_of(records: Iterable[Record], steps: Steps, days: Days, since: date) -> tuple[Loop, ...]:
    """The loops of one resident that can still be felt from `since` on, oldest first."""
    given = sorted(
        (each for each in records if LOST not in each.body), key=lambda each: (each.on, each.id)
    )
    papers = [each for each in given if each.kind == REFERRAL]
    needs, after = _needs(given, steps, since - timedelta(days=days.wait_result))
    sheets = _Sheets(papers, {need.record.id.hex() for need in needs})
    taken: dict[bytes, list[Need]] = {each.id: [] for each in sheets.sent}
    alone: list[Loop] = []
    for need in needs:
        sent = sheets.for_need(need, after.get(need.record.id))
        if sent is not None:
            taken[sent.id].append(need)
        else:
            alone.append(_without_sheet(need, after.get(need.record.id), sheets, days))
    made = [*alone, *(_of_sheet(each, taken[each.id], sheets, days) for each in sheets.sent)]
    felt = [each for each in made if each.lapses >= since or each.since >= since]
    return tuple(sorted(felt, key=lambda each: (each.begun_with.on, each.begun_with.id)))


def _needs(
    given: Sequence[Record], steps: Steps, since: date
) -> tuple[list[Need], Mapping[bytes, Record]]:
    """What asks for a referral, and of each record the next of its kind."""
    last: dict[str, Record] = {}
    after: dict[bytes, Record] = {}
    found: list[Need] = []
    for each in given:
        before = last.get(each.kind)
        last[each.kind] = each
        if before is not None:
            after[before.id] = each
        if each.kind == REFERRAL or each.on < since:
            continue
        found += [Need(each, step) for step in steps(each, before) if step.refer is not Refer.NO]
    return found, after


# Who answers whom.


class _Sheets:
    """The records of referrals by what they do."""

    def __init__(self, papers: Sequence[Record], asking: Collection[str]) -> None:
        """`asking`: the records that ask for a referral, by id in hex."""
        told = {BACK: list[Record](), RECEIVED: list[Record](), ENDED: list[Record]()}
        self.sent: list[Record] = []
        for each in papers:
            told.get(str(each.body.get("direction")), self.sent).append(each)
        known = {each.id.hex() for each in self.sent}
        self._answers: dict[tuple[str, str], Record] = {}
        for way, some in told.items():
            for each in some:
                name = str(each.body.get("answers", ""))
                if name in asking:
                    name += _reason(each)
                elif name not in known:
                    name = self._latest(way, each)
                self._answers.setdefault((way, name), each)

    def _latest(self, way: str, answer: Record) -> str:
        """The newest referral before it that has no such answer yet."""
        could = (
            each.id.hex()
            for each in reversed(self.sent)
            if each.on <= answer.on
            and _reason(each) == _reason(answer)
            and (way, each.id.hex()) not in self._answers
        )
        return next(could, "")

    def answer(self, way: str, to: Record, reason: str = "") -> Record | None:
        """What answers a referral; with the restricted reason, or none, a record that asked for
        one: it may have asked for two.
        """
        return self._answers.get((way, to.id.hex() + reason))

    def for_need(self, need: Need, next_one: Record | None) -> Record | None:
        """The referral that was made for it: by name, or by its day."""
        name = need.record.id.hex()
        fits = [each for each in self.sent if _reason(each) == need.restricted]
        for each in fits:
            if each.body.get("answers") == name:
                return each
        for each in fits:
            before_next = next_one is None or each.on < next_one.on or each.on == need.record.on
            if "answers" not in each.body and each.on >= need.record.on and before_next:
                return each
        return None


def _reason(each: Record) -> str:
    return str(each.body.get(RESTRICTED, ""))


# What became of it.


def _without_sheet(need: Need, after: Record | None, sheets: _Sheets, days: Days) -> Loop:
    """No referral was written: the service's own form may name the place."""
    record, on = need.record, need.record.on
    on_form = "referral_org" in record.body
    span = timedelta(days=days.suspect if need.restricted == TB_SUSPECT else days.result)
    told = _told(record, sheets, need.restricted)
    if told is not None:
        state, since, answer = told
    elif "referral_result" in record.body:
        state, since, answer = State.BACK, on, record
    elif after is not None:
        # The next visit asks how it went: so the result is followed without a sheet.
        state, since, answer = State.BACK if on_form else State.SUPERSEDED, after.on, after
    else:
        state, since, answer = State.SENT if on_form else State.NEEDED, on, None
    due = _send_by(need, days)
    if on_form or state is State.RECEIVED:
        due = on + span
    lapses = on + timedelta(days=days.wait_result if on_form else days.wait_send)
    return Loop((need,), None, on_form, state, since, due, lapses, answer, need.step.cls)


def _send_by(need: Need, days: Days) -> date:
    """An emergency the same day; what was found abnormal with its result, which is due then."""
    on, step = need.record.on, need.step
    if step.refer is Refer.NOW:
        return on
    found = step.due if step.level is Level.ABNORMAL else None
    return found or on + timedelta(days=days.send)


def _of_sheet(sent: Record, needs: Sequence[Need], sheets: _Sheets, days: Days) -> Loop:
    """A referral that was written, and what answered it."""
    reason = _reason(sent)
    span = days.suspect if reason == TB_SUSPECT else days.result
    due = _day(sent, "follow_due") or sent.on + timedelta(days=span)
    state, since, answer = _told(sent, sheets) or (State.SENT, sent.on, None)
    own = _day(sent, "back_date")
    if own is not None and state is not State.BACK:
        state, since, answer = State.BACK, own, sent
    lapses = sent.on + timedelta(days=days.wait_result)
    cls = "B" if reason or sent.cls == "B" else "A"
    return Loop(tuple(needs), sent, False, state, since, due, lapses, answer, cls)


def _told(begun: Record, sheets: _Sheets, reason: str = "") -> tuple[State, date, Record] | None:
    """How far the answers to a record have brought the loop, since when, and by which of them."""
    if (back := sheets.answer(BACK, begun, reason)) is not None:
        return State.BACK, _day(back, "back_date") or back.on, back
    if (ended := sheets.answer(ENDED, begun, reason)) is not None:
        return State.ENDED, ended.on, ended
    if (received := sheets.answer(RECEIVED, begun, reason)) is not None:
        return State.RECEIVED, _day(received, "received_on") or received.on, received
    return None


def _day(record: Record, name: str) -> date | None:
    try:
        return date.fromisoformat(str(record.body.get(name, "")))
    except ValueError:
        return None
