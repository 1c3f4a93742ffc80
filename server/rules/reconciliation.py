"""Who is registered for a condition in another system, and who is here (S003-5(8), S004-3(7)-a).

Pure: one person as the other system's list says it, and as the archive says it, become a finding
and what to do next. Neither side is taken for the truth: a person looks, and nothing here writes
into either system.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol

from server.records.sheet_columns import REGISTERED
from server.records.sheet_registered import Standing
from server.rules.life import Life

CLAUSE: Final = "S003-5(8)"


class Finding(StrEnum):
    """Where a person is registered."""

    BOTH = "both"
    DIFFERS = "differs"
    ONLY_THERE = "only_there"
    ONLY_HERE = "only_here"


class Unlike(StrEnum):
    """What the two systems say differently."""

    STANDING = "standing"
    FACILITY = "facility"


class Step(StrEnum):
    """What a person does next."""

    NOTHING = "nothing"
    WRITE_HERE = "write_here"
    """There is an archive; the registration is missing in it."""

    FIND = "find"
    """No archive has this document: does the person live here?"""

    REGISTER_THERE = "register_there"
    END_HERE = "end_here"
    """The other system has ended it (died, moved, closed), this one has not."""

    ASK = "ask"
    """The two say different things: find out which is right, correct the other."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One side. `facility`: who looks after the person, None where it is not said."""

    standing: Standing
    facility: bytes | None = None
    since: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the comparison of one person says."""

    finding: Finding
    step: Step
    unlike: frozenset[Unlike] = frozenset()


class Written(Protocol):
    """A record as far as this rule looks at it."""

    @property
    def kind(self) -> str: ...
    @property
    def on(self) -> date: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


def compare(there: Registration | None, here: Registration | None, *, has_archive: bool) -> Found:
    """One person of whom at least one side knows. `has_archive`: the document is one of ours."""
    if there is None:
        assert here is not None, "nobody says that this person is registered"
        ended = here.standing is not Standing.ACTIVE
        return Found(Finding.ONLY_HERE, Step.NOTHING if ended else Step.REGISTER_THERE)
    if here is None:
        if there.standing in _ENDED:
            return Found(Finding.ONLY_THERE, Step.NOTHING)
        return Found(Finding.ONLY_THERE, Step.WRITE_HERE if has_archive else Step.FIND)
    unlike = _unlike(there, here)
    if not unlike:
        return Found(Finding.BOTH, Step.NOTHING)
    ended = there.standing in _ENDED and here.standing not in _ENDED
    return Found(Finding.DIFFERS, Step.END_HERE if ended else Step.ASK, unlike)


_ENDED: Final = frozenset({Standing.DEAD, Standing.MOVED, Standing.CLOSED})


def _unlike(there: Registration, here: Registration) -> frozenset[Unlike]:
    found: set[Unlike] = set()
    if there.standing is not here.standing:
        found.add(Unlike.STANDING)
    if there.facility is not None and there.facility != here.facility:
        found.add(Unlike.FACILITY)
    return frozenset(found)


_MARKS: Final[Mapping[str, Mapping[str, str]]] = {
    "registered_smd": {"special_group_restricted": "5", "hx_disease_restricted": "8"},
    "registered_tb": {"special_group_restricted": "6"},
}
"""Elements of the archive's own page that register somebody as well."""

_ENDINGS: Final[Mapping[str, tuple[tuple[str, Mapping[str, Standing]], ...]]] = {
    "registered_smd": (
        (
            "lost_reason",
            {"9": Standing.DEAD, "2": Standing.MOVED}
            | dict.fromkeys(("1", "3", "4", "5", "6"), Standing.LOST),
        ),
    ),
    "registered_tb": (
        (
            "stop_reason",
            {
                "1": Standing.CLOSED, "2": Standing.DEAD, "3": Standing.LOST,
                "4": Standing.CLOSED,
            },
        ),
        (
            "lost_reason",
            {"1": Standing.LOST, "2": Standing.DEAD, "3": Standing.MOVED, "4": Standing.LOST},
        ),
    ),
}  # fmt: skip
"""By which answers of the last record a registration has ended here."""

_BY_LIFE: Final = {Life.DEAD: Standing.DEAD, Life.MOVED_OUT: Standing.MOVED}


def registered_here(
    what: str,
    records: Iterable[Written],
    sets: Mapping[str, frozenset[str]],
    *,
    life: str,
    facility: bytes | None,
) -> Registration | None:
    """How somebody stands here for the condition of a list; None: not registered here.

    `sets`: elements of the archive's own page, restricted ones among them.
    """
    kinds = REGISTERED[what]
    own = sorted((each for each in records if each.kind in kinds), key=lambda each: each.on)
    marked = any(code in sets.get(name, ()) for name, code in _MARKS.get(what, {}).items())
    if not own and not marked:
        return None
    standing = _BY_LIFE.get(Life(life))
    if standing is None:
        standing = _ending(what, own[-1].body) if own else Standing.ACTIVE
    since = own[0].on.isoformat() if own else ""
    return Registration(standing, facility, since)


def _ending(what: str, last: Mapping[str, Any]) -> Standing:
    for name, answers in _ENDINGS.get(what, ()):
        found = answers.get(str(last.get(name, "")))
        if found is not None:
            return found
    return Standing.ACTIVE


def per_mille(registered: int, population: int) -> int | None:
    """Registered people of a thousand, in hundredths (420 is 4.20); None without a population."""
    return registered * 100_000 // population if population else None
