"""The form of a consent as both doors draw and read it: whom, why, what, how, until when. Nothing
is chosen beforehand, and every fault is said at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from server.pages.forms import Filled, Posted, read_form
from server.pages.times import civil
from server.pages.words import words
from server.records.model import Code, Day, Field, Kind, Shape
from server.records.values import Fault, FaultCode
from server.rules import consent as rule
from server.rules.consent import Duration, Manner
from server.rules.consent_texts import ConsentText, current
from server.settings import CIVIL

FIRST: Final = date(2026, 1, 1)
WHOLE: Final = "facility"  # code of "the whole facility" among the teams
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class To:
    """Whom a form is about. `ours`: the responsible facility; `explained`: class B was."""

    name: str
    teams: Sequence[tuple[bytes, str]]
    ours: bool
    explained: bool


def kind(to: To) -> Kind:
    """Only what can be chosen stands there: class B where it was explained, research alone for the
    own facility.
    """
    w, text = words("consent_form"), current()
    teams = {WHOLE: w.whole(name=to.name)}
    teams |= {panel.hex(): w.one_team(name=name) for panel, name in to.teams}
    given = [each for each in rule.GIVEN if not to.ours or each is rule.Purpose.RESEARCH]
    classes = text.classes if to.explained else {"A": text.classes["A"]}
    lasts = Code({each.value: w.durations[each] for each in Duration})
    return Kind(
        id="consent", label=w.label, version=1, valid_from=FIRST, shape=Shape.EVENT,
        fields=(
            Field("team", w.team, Code(teams), required=True),
            Field("purpose", w.purpose, Code({each.value: text.purpose[each] for each in given}),
                  required=True),
            Field("classes", w.classes, Code(dict(classes)), required=True),
            Field("manner", w.manner, Code(dict(text.manner)), required=True),
            Field("duration", w.duration, lasts, required=True),
            Field("own", w.own, Day()),
        ),
    )  # fmt: skip


def read(to: To, typed: Posted, now: int) -> Filled:
    """What was posted, with what the rule says against it beside the field it is about."""
    today = civil(now).date()
    filled = read_form(kind(to), typed, today=date(today.year + 20, 1, 1))
    if filled.values.get("duration") == Duration.OWN and not filled.text("own").strip():
        filled = filled.but(_fault("own", words("consent_form").no.own_missing))
    against = [fault_of(no) for no in rule.refusals(_wish(to, filled, now), now)]
    first = {each.field: each for each in reversed(against) if filled.fault(each.field) is None}
    return filled.but(*first.values())


def _wish(to: To, filled: Filled, now: int) -> rule.Wish:
    """What is asked for; in place of what is missing or no choice (which is a fault of its own)
    something that nothing stands against, so that every other fault is found at once.
    """
    told = {name: value for name, value in filled.values.items() if filled.fault(name) is None}
    else_ = rule.Purpose.RESEARCH if to.ours else rule.Purpose.SERVICE
    dated = "duration" in told and (told["duration"] != Duration.OWN or "own" in told)
    return rule.Wish(
        purpose=told.get("purpose", else_.value), classes=told.get("classes", "A"),
        manner=Manner(told.get("manner", Manner.VIEW)), team=told.get("team") != WHOLE,
        until_ms=until_of(filled, now) if dated else now + _DAY_MS,
        responsible=to.ours, explained=to.explained,
    )  # fmt: skip


def until_of(filled: Filled, now: int) -> int:
    """ms UTC when it ends; a day of one's own counts to its last moment."""
    chosen = Duration(filled.values["duration"])
    if chosen is not Duration.OWN:
        return rule.until_ms(chosen, now)
    day = date.fromisoformat(filled.values["own"])
    midnight = datetime(day.year, day.month, day.day, tzinfo=CIVIL)
    return int(midnight.timestamp() * 1000) + _DAY_MS


def panel_of(filled: Filled) -> bytes | None:
    """The team; None for the whole facility."""
    chosen = filled.values["team"]
    return None if chosen == WHOLE else bytes.fromhex(chosen)


_FIELD: Final = {
    rule.No.PURPOSE: "purpose", rule.No.OWN_FACILITY: "purpose", rule.No.CLASSES: "classes",
    rule.No.NOT_EXPLAINED: "classes", rule.No.COPY_FOR_SERVICE: "manner",
    rule.No.COPY_NEEDS_TEAM: "team", rule.No.ENDED: "own", rule.No.TOO_LONG: "own",
}  # fmt: skip


def fault_of(no: str) -> Fault:
    """A refusal as a fault of the form; `no`: a value of rules.consent.No or of rules.family.No."""
    w = words("consent_form").no
    known = next((each for each in rule.No if each == no), None)
    return _fault(_FIELD.get(known, "team") if known else "team", w.get(no, w.otherwise))


def _fault(name: str, sentence_zh: str) -> Fault:
    return Fault(name, FaultCode.CONTRADICTION, sentence_zh)


def sentences(text: ConsentText, recipient: str, whose: str) -> tuple[str, tuple[str, ...]]:
    """What is agreed to, as it is read: the first sentence, and what holds beside it."""
    rest = text.rest.format(recipient=recipient, whose=whose).strip().splitlines()
    return text.lead.format(recipient=recipient, whose=whose), tuple(rest)
