"""来过 / 没来过: which services are asked about, whose answer counts, what may be done with one.

The resident's own word is evidence of whether records are real (S000-art23, art24, art29). So an
answer that was taken by the people it judges is kept and shown, and left out of the figures; and
nobody but the resident takes a denial back.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("confirmations.toml")


class Answer(StrEnum):
    """What the resident says."""

    CAME = "came"
    NOT = "not"
    UNSURE = "unsure"


class Satisfaction(StrEnum):
    """How it was, if the resident wants to say."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Channel(StrEnum):
    """By which way an answer came; figures carry it."""

    PORTAL = "portal"
    FAMILY = "family"
    TELEPHONE = "telephone"
    """A caller of the county, in a sample drawn at random."""

    DESK = "desk"
    TABLET = "tablet"


class Finding(StrEnum):
    """What the county finds of a denial."""

    HAPPENED = "happened"
    NOT_HAPPENED = "not_happened"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers, in days and times, and service by kind of form."""

    ask_days: int
    answer_days: int
    reply_days: int
    finding_days: int
    tries_most: int
    sample_most: int
    services: Mapping[str, str]


@cache
def table() -> Table:
    raw = tomllib.loads(FILE.read_text("utf-8"))
    by_kind = {kind: service for service, kinds in raw["services"].items() for kind in kinds}
    numbers = {name: each["value"] for name, each in raw.items() if name != "services"}
    return Table(**numbers, services=by_kind)


def service_of(kind: str) -> str:
    """visit | check | given; "" for a form that is no meeting."""
    return table().services.get(kind, "")


def counts(channel: Channel, *, hand: bytes | None, judged: bytes) -> bool:
    """Whether an answer goes into the figures. `hand`: facility of whoever wrote it down, None for
    the resident, the family or the county; `judged`: the facility that says it gave the service.
    """
    if channel in (Channel.DESK, Channel.TABLET):
        return hand is not None and hand != judged
    return True


def judges_itself(channel: Channel, *, hand: bytes | None, judged: bytes) -> bool:
    """The answer was taken by the people it is about: marked, and left out."""
    return not counts(channel, hand=hand, judged=judged)


class Turn(StrEnum):
    """What an answer does to a denial."""

    NOTHING = "nothing"
    DENIES = "denies"
    """A denial begins: the county knows at once, the facility is asked for its word."""

    MISTAKEN = "mistaken"
    """The resident takes the own denial back; both sayings stay in the history."""


def turn(before: Answer | None, now: Answer, *, by_itself: bool) -> Turn:
    """`by_itself`: taken by the people it is about; such an answer never takes a denial back."""
    if now is Answer.NOT:
        return Turn.NOTHING if before is Answer.NOT else Turn.DENIES
    if before is Answer.NOT and not by_itself:
        return Turn.MISTAKEN
    return Turn.NOTHING


def stands(before: Answer | None, now: Answer, *, by_itself: bool) -> bool:
    """Whether the new answer is the one that stands from now on. What was taken by the people it is
    about never replaces what the resident has said without them.
    """
    return not (by_itself and before is not None and now is not before)
