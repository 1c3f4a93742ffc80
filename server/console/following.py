"""What follows from a record, and how far the referrals of an archive have come, as pages draw it.

The words of a step are the table's own sentences (server/rules/next_steps); what a page adds is the
heading, the tone, and the way to the referral's form.
"""

from dataclasses import dataclass
from datetime import date

from server.access import Opened
from server.actions.archives.following import Followed, following, loops_seen
from server.actions.keeping.site import Site
from server.console.basis import cited, own_documents
from server.console.words import words
from server.pages import times, values
from server.records.referral import BACK, ENDED, RECEIVED, V2
from server.rules.next_step import Refer, Step
from server.rules.referrals import Loop, State

REFERRAL = V2.id


@dataclass(frozen=True, slots=True)
class Way:
    """A link to a form: what it says and where it leads."""

    label: str
    href: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """One step as drawn. `sign`: of the chip. `due`: the day of the next service in words."""

    tone: str
    sign: str
    title: str
    reasons: tuple[str, ...]
    due: str
    source: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One loop as drawn. `since`: what happened when; `why`: sentences of what asked for it."""

    tone: str
    sign: str
    state: str
    place: str
    since: tuple[str, ...]
    why: tuple[str, ...]
    due: str
    overdue: bool
    ways: tuple[Way, ...]


def advice_on(site: Site, opened: Opened, change: bytes, *, may_write: bool) -> tuple[Advice, ...]:
    """What follows from a record that was just saved, one answer a track."""
    found = following(site, opened, change)
    if found is None:
        return ()
    own, writing = own_documents(site), opened if may_write else None
    return tuple(_advice(each, found, writing, own) for each in found.steps)


def _advice(step: Step, found: Followed, writing: Opened | None, own: frozenset[str]) -> Advice:
    w = words("following")
    tone, sign = w.tones[step.level.value].split()
    title = w.titles[f"{step.level.value}_{step.refer.value}"]
    due = w.by(day=times.long_day(step.due)) if step.due else ""
    return Advice(
        tone, sign, title, step.reasons, due, source_of(step, own), _ways(step, found, writing)
    )


def source_of(step: Step, own: frozenset[str]) -> str:
    """The text a step rests on, and the clause of the district's own document if there is one."""
    w, found = words("following"), cited(step.clause, own)
    if found is None:
        return w.clause_default(basis=step.basis)
    document, clause = found
    return w.clause(basis=step.basis, document=document, clause=clause)


def _ways(step: Step, found: Followed, writing: Opened | None) -> tuple[Way, ...]:
    """To the referral, while none was made for this step, for somebody who may write it."""
    w = words("following")
    if step.refer is Refer.NO or writing is None or step.cls not in writing.classes:
        return ()
    waits = any(
        loop.state is State.NEEDED and any(_same(need.step, step) for need in loop.needs)
        for loop in found.loops
    )
    if not waits:
        return ()
    label = w.refer_now if step.refer is Refer.NOW else w.refer
    nth = found.steps.index(step)
    return (Way(label, form_href(writing.resident, found.record.id, nth), main=True),)


def _same(one: Step, other: Step) -> bool:
    return one.row == other.row and one.kind == other.kind


def form_href(resident: bytes, record: bytes, nth: int) -> str:
    """The referral's form, prefilled from the record that asks for it: ids, and which of the steps
    that follow from it. The name of a step would say an illness in an address.
    """
    return f"/console/archive/{resident.hex()}/form/{REFERRAL}?for={record.hex()}&step={nth}"


def answer_href(resident: bytes, loop: Loop, direction: str, nth: int) -> str:
    """The form that answers a referral, or a record that asked for one."""
    step = "" if loop.sent is not None else f"&step={nth}"
    return (
        f"/console/archive/{resident.hex()}/form/{REFERRAL}?answers={loop.begun_with.id.hex()}"
        f"&direction={direction}{step}"
    )


def _nth(site: Site, opened: Opened, loop: Loop) -> int:
    """Which of the steps that follow from its record asks for a loop; 0 where a sheet was made."""
    if loop.sent is not None:
        return 0
    found = following(site, opened, loop.needs[0].record.id)
    steps = found.steps if found is not None else ()
    return next((n for n, each in enumerate(steps) if _same(each, loop.needs[0].step)), 0)


# Loops.


def loops_shown(site: Site, opened: Opened, today: date, *, may_write: bool) -> tuple[Shown, ...]:
    """The referrals of an archive that wait, the most urgent first, then those that ended."""
    found = loops_seen(site, opened)
    waiting = sorted((each for each in found if each.is_open(today)), key=lambda each: each.due)
    over = sorted((each for each in found if not each.is_open(today)), key=lambda each: each.since)
    return tuple(
        _shown(site, each, opened if may_write else None, today)
        for each in (*waiting, *reversed(over))
    )


def _shown(site: Site, loop: Loop, writing: Opened | None, today: date) -> Shown:
    w = words("following")
    late = loop.is_overdue(today)
    tone, sign = ("alarm", "warn") if late else w.state_tones[loop.state.value].split()
    asked = [
        w.asked_for(day=_day(need.record.on, today), form=_form(need.record.kind))
        for need in loop.needs
    ]
    due = ""
    if loop.is_open(today):
        due = w.due(day=_by(loop.due, today), what=w.what[loop.state.value])
    return Shown(
        tone, sign, w.states[loop.state.value], _place(loop), (*asked, *_since(loop, today)),
        tuple(text for need in loop.needs for text in need.step.reasons[:2]),
        due, late, _answers(site, loop, writing, today),
    )  # fmt: skip


def _by(due: date, today: date) -> str:
    w = words("following")
    return w.today if due == today else w.by(day=times.long_day(due))


def _since(loop: Loop, today: date) -> list[str]:
    """What happened when, after somebody asked."""
    w = words("following")
    told: list[str] = []
    if loop.sent is not None or loop.on_form:
        told.append(w.sent_on(day=_day(loop.begun_with.on, today)))
        told += [w.on_form] if loop.on_form else []
    day = _day(loop.since, today)
    if loop.state is State.RECEIVED:
        told.append(w.received_on(day=day))
    elif loop.state is State.BACK:
        told.append(w.back_on(day=day))
    elif loop.state is State.ENDED:
        told.append(w.ended_on(day=day, why=_why_ended(loop)))
    return told


def _why_ended(loop: Loop) -> str:
    field = V2.field("ended")
    if field is None or loop.answer is None or "ended" not in loop.answer.body:
        return ""
    body = loop.answer.body
    return str(body.get("ended_text") or values.field_text(field, body["ended"]))


def _place(loop: Loop) -> str:
    w, body = words("following"), loop.begun_with.body
    place = body.get("to_org") or body.get("referral_org")
    if place:
        return w.to(place=place)
    return "" if loop.state is State.NEEDED else w.to_unknown


def _answers(site: Site, loop: Loop, writing: Opened | None, today: date) -> tuple[Way, ...]:
    """What can be written down next."""
    if not loop.is_open(today) or writing is None:
        return ()
    w, nth = words("following"), _nth(site, writing, loop)

    def way(label: str, direction: str, *, main: bool = False) -> Way:
        return Way(label, answer_href(writing.resident, loop, direction, nth), main)

    if loop.state is State.NEEDED:
        (need,) = loop.needs
        href = form_href(writing.resident, need.record.id, nth)
        return (Way(w.refer, href, main=True), way(w.not_refer, ENDED))
    answers = [way(w.received, RECEIVED)] if loop.state is State.SENT else []
    return (*answers, way(w.back, BACK, main=True), way(w.ended, ENDED))


def _day(day: date, today: date) -> str:
    return times.day_text(day, today=today)


def _form(kind: str) -> str:
    return values.form_label(kind)
