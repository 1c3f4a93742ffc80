"""What a target is, and what no error may say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.world import ID_NUMBERS, NAMES, PHONES

PERSONAL: Final = (
    *NAMES.values(), *(each[:17] for each in ID_NUMBERS.values()), *PHONES.values(), "许清和",
    "血压", "只有周家知道的话",
)  # fmt: skip
"""Stands in the samples. In an error or a log it would tell of somebody."""


class Broken(AssertionError):
    """A promise that does not hold."""


class Case(NamedTuple):
    """Changed bytes. `how`: what the judge must know of their making."""

    data: bytes
    how: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target may write. `url`: a copy of the standing world, for one that asked for it."""

    folder: Path
    url: str = ""


@dataclass(slots=True)
class Target:
    """`make` draws a case, from nothing but the chance. `judge` hands cases in and says of each
    what became of it, in the words of the room; it raises Broken, or anything that nobody promised.

    `block`: how many are handed in at a time. `finish` looks at all that was left behind. `memory`:
    bytes that they may take on top of what is there.
    """

    make: Callable[[Random], Case]
    judge: Callable[[Sequence[Case]], Sequence[str]]
    block: int = 1
    finish: Callable[[], None] = lambda: None
    memory: int = 64 << 20


def one_by_one(judge: Callable[[Case], str]) -> Callable[[Sequence[Case]], Sequence[str]]:
    """For a target whose cases have nothing to do with each other."""
    return lambda cases: [judge(each) for each in cases]


def code_of(error: BaseException, code: str) -> str:
    """The code of a typed error, once it and what it was raised from are known to be discreet."""
    told: BaseException | None = error
    while told is not None:
        discreet(str(told), type(told).__name__)
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    if not code:
        raise Broken(f"{type(error).__name__} has no code")
    return code


def discreet(text: str, where: str) -> None:
    """Raises Broken for a text that tells of somebody."""
    for word in PERSONAL:
        if word in text:
            raise Broken(f"{where} says something about a person")
