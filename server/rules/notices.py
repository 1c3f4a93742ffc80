"""What residents are told, in which words, by which way, when, and at what cost.

Pure. Templates are data (notices.toml); the numbers of a district stand in its own table. A
variable has a kind, and no kind takes free text, so a message holds only what somebody here wrote
once and a test has read. Outcomes have names: `Leaves`, `Stays`; `Goes`, `GoesLater`.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

from server.rules.districts import District

TABLE: Final = Path(__file__).with_suffix(".toml")
CIVIL: Final = ZoneInfo("Asia/Shanghai")
HOUR_MS: Final = 60 * 60_000
NEUTRAL: Final = "neutral"
"""The template that goes out instead of one about a restricted record."""


class Rank(IntEnum):
    """What goes first."""

    CODE = 0
    URGENT = 1
    ANSWER = 2
    ROUTINE = 3


class Channel(StrEnum):
    """How a message leaves. The portal's inbox has all of them in any case."""

    INBOX = "inbox"
    SMS = "sms"
    VOICE = "voice"


class Why(StrEnum):
    """Why a message stays in the inbox."""

    NOT_SENT = "not_sent"  # this template never leaves
    NO_PHONE = "no_phone"
    MUTED = "muted"
    CLOSED = "closed"  # the archive's resident died, or it was merged
    CAP = "cap"
    LIMIT = "limit"  # of this template
    BUDGET = "budget"
    STALE = "stale"
    RESTORED = "restored"


class Variable(StrEnum):
    """Kinds of variables. A facility and a person come in by their id, never as text."""

    CODE = "code"
    COUNT = "count"
    DAY = "day"
    TIME = "time"
    TAIL = "tail"
    FACILITY = "facility"
    STAFF = "staff"
    ACT = "act"


KINDS: Final[Mapping[Variable, tuple[int, re.Pattern[str]]]] = {
    Variable.CODE: (6, re.compile(r"[0-9]{6}")),
    Variable.COUNT: (3, re.compile(r"[0-9]{1,3}")),
    Variable.DAY: (11, re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")),
    Variable.TIME: (5, re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")),
    Variable.TAIL: (4, re.compile(r"[0-9]{4}")),
    Variable.FACILITY: (16, re.compile(r"[^\r\n]+")),
    Variable.STAFF: (8, re.compile(r"[^\r\n]+")),
    Variable.ACT: (8, re.compile(r"[a-z_]{1,24}")),
}
"""Longest when shown, in characters, and the shape of what is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One thing that residents are told; the fields are explained in notices.toml."""

    id: str
    label: str
    rank: Rank
    variables: Mapping[str, Variable]
    clause: str
    sms: str = ""
    voice: str = ""
    inbox: str = ""
    page: str = ""
    must: bool = False
    counts: bool = True
    quiet: bool = True
    hours: int = 72
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole table."""

    templates: Mapping[str, Template]
    acts: Mapping[str, str]
    neutral_name: str
    telling: tuple[str, ...]
    """Words that no template holds and no name in a message."""

    day: str
    day_of_another_year: str
    pause: str
    cut: str
    sms_characters: int
    signature_characters: int
    codes_an_hour: int
    codes_a_day: int


@cache
def rules() -> Rules:
    """The table of this version."""
    raw = tomllib.loads(TABLE.read_text("utf-8"))
    numbers = {name: each["value"] for name, each in raw.items() if "value" in each}
    made = (_template(each) for each in raw["template"])
    return Rules(
        templates={each.id: each for each in made}, acts=raw["acts"],
        neutral_name=raw["neutral"]["name"], telling=tuple(raw["neutral"]["words"]), **raw["said"],
        **numbers,
    )  # fmt: skip


def _template(raw: dict[str, Any]) -> Template:
    kinds = {name: Variable(kind) for name, kind in raw["variables"].items()}
    made: dict[str, Any] = {**raw, "rank": Rank(raw["rank"]), "variables": kinds}
    return Template(**made)


def template(id_: str) -> Template:
    """Raises KeyError: a template that is not in the table is a fault of the caller."""
    return rules().templates[id_]


def checked(of: Template, values: Mapping[str, str]) -> dict[str, str]:
    """The variables as they are kept. Raises ValueError for one that is missing, unknown or not of
    its kind: a fault of the caller, whose text names the template and the variable only.
    """
    if values.keys() != of.variables.keys():
        odd = sorted(values.keys() ^ of.variables.keys())
        raise ValueError(f"{of.id} takes {sorted(of.variables)}; see {odd}")
    for name, kind in of.variables.items():
        shape_wrong = KINDS[kind][1].fullmatch(values[name]) is None
        if shape_wrong or (kind is Variable.ACT and values[name] not in rules().acts):
            raise ValueError(f"{of.id}: {name} is not of kind {kind}")
        if kind is Variable.DAY:
            date.fromisoformat(values[name])
    return dict(values)


def shown(text: str, of: Template, values: Mapping[str, str], made: date) -> str:
    """A text of the template with its variables in. `made`: the year of a day is said only when it
    is another one.
    """
    return text.format(
        **{name: _said(kind, values[name], made) for name, kind in of.variables.items()}
    )


def _said(kind: Variable, value: str, made: date) -> str:
    most = KINDS[kind][0]
    if kind is Variable.DAY:
        day = date.fromisoformat(value)
        said = rules().day if day.year == made.year else rules().day_of_another_year
        return said.format(year=day.year, month=day.month, day=day.day)
    if kind is Variable.ACT:
        return rules().acts[value]
    if kind in (Variable.FACILITY, Variable.STAFF):
        if any(word in value for word in rules().telling):
            return rules().neutral_name if kind is Variable.FACILITY else ""
        return value if len(value) <= most else value[: most - 1] + rules().cut
    return value


def spoken(code: str) -> str:
    """Digits one by one, so that a voice says them slowly."""
    return rules().pause.join(code)


def longest(text: str, of: Template) -> int:
    """Characters of a text with every variable at its longest."""
    parts = list(Formatter().parse(text))
    return sum(len(part[0]) + (KINDS[of.variables[part[1]]][0] if part[1] else 0) for part in parts)


# Whether it leaves at all: asked when it is written down.


@dataclass(frozen=True, slots=True)
class Leaves:
    channel: Channel


@dataclass(frozen=True, slots=True)
class Stays:
    why: Why


@dataclass(frozen=True, slots=True)
class Reach:
    """How somebody can be reached. `choice`: what the resident wants."""

    phone: bool
    choice: Channel = Channel.SMS
    closed: bool = False


def way_out(of: Template, reach: Reach) -> Leaves | Stays:
    """What must be known at once goes by short message although the resident wants none."""
    if not of.sms:
        return Stays(Why.NOT_SENT)
    if reach.closed:
        return Stays(Why.CLOSED)
    if not reach.phone:
        return Stays(Why.NO_PHONE)
    if reach.choice is Channel.INBOX:
        return Leaves(Channel.SMS) if of.must else Stays(Why.MUTED)
    return Leaves(reach.choice)


# Whether it may go now: asked when it is about to.


@dataclass(frozen=True, slots=True)
class Goes:
    cost_fen: int


@dataclass(frozen=True, slots=True)
class GoesLater:
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What this civil month has used so far. `same`: messages of this template to the resident."""

    spent_fen: int
    counted: int
    same: int


def may_go(
    of: Template, numbers: District, used: Used, channel: Channel, now_ms: int
) -> Goes | GoesLater | Stays:
    """One message, now. A code and what somebody must know never stay behind for money."""
    if of.quiet:
        at = after_quiet(now_ms, numbers.quiet_from_hour, numbers.quiet_until_hour)
        if at > now_ms:
            return GoesLater(at)
    if of.counts and used.counted >= numbers.sms_cap_month:
        return Stays(Why.CAP)
    if of.limit and used.same >= getattr(numbers, of.limit):
        return Stays(Why.LIMIT)
    cost = cost_fen(numbers, channel)
    if not of.must and used.spent_fen + cost > numbers.sms_budget_month_fen:
        return Stays(Why.BUDGET)
    return Goes(cost)


def cost_fen(numbers: District, channel: Channel) -> int:
    """Price of one message in fen; every text of the table is one part."""
    return numbers.voice_fen if channel is Channel.VOICE else numbers.sms_fen


def after_quiet(now_ms: int, from_hour: int, until_hour: int) -> int:
    """The first moment, not before now, at which it is not quiet (civil hours, Asia/Shanghai; the
    span may go over midnight). Both hours alike: never quiet.
    """
    now = datetime.fromtimestamp(now_ms / 1000, CIVIL)
    over = from_hour > until_hour
    hour = now.hour
    quiet = (hour >= from_hour or hour < until_hour) if over else from_hour <= hour < until_hour
    if not quiet:
        return now_ms
    end = now.replace(hour=until_hour, minute=0, second=0, microsecond=0)
    if end <= now:
        end += timedelta(days=1)
    return int(end.timestamp() * 1000)


def month_of(at_ms: int) -> str:
    """The civil month, "2026-11": caps and budgets are counted by it."""
    return datetime.fromtimestamp(at_ms / 1000, CIVIL).strftime("%Y-%m")


# After a try.

TRIES_MAX: Final = 12
DOUBTS_MAX: Final = 1
"""A message whose try had no answer may be out; it is sent once more, and then left to a person."""

_STEP_MS: Final = {Rank.CODE: (2_000, 20_000)}
_STEP_OTHERS_MS: Final = (60_000, HOUR_MS)


@dataclass(frozen=True, slots=True)
class TryAgain:
    at_ms: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Dead: a person looks at it."""


def after_failure(
    rank: Rank, *, tries: int, doubts: int, chance: float, now_ms: int, wait_ms: int = 0
) -> TryAgain | GivenUp:
    """The next try, with full jitter. `tries`: so many were made; `doubts`: so many of them without
    an answer; `chance`: 0 <= chance < 1; `wait_ms`: what the gateway asked for at least. A code is
    tried until its minutes are over.
    """
    if (tries >= TRIES_MAX and rank is not Rank.CODE) or doubts > DOUBTS_MAX:
        return GivenUp()
    first, most = _STEP_MS.get(rank, _STEP_OTHERS_MS)
    span = min(most, first * 2 ** min(tries - 1, TRIES_MAX))
    return TryAgain(now_ms + max(wait_ms, int(span * chance)) + 500)
