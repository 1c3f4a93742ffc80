"""What other page groups put on the home page: each is a function in PARTS.

`async def part(portal, visitor) -> Sequence[Matter | Section]`; an empty one shows nothing. A
function reads only what the visitor may see: `visitor.own` is False for somebody of the family.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from resident_portal.frame import Portal
from server.actions.residents.visits import Visitor


class Place(StrEnum):
    """Where on the page: below the next service, or below the open matters."""

    QUESTION = "question"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Matter:
    """A row of 正在办的事. `tone` and `sign`: of the chip (ui.html.j2), `state` its words."""

    href: str
    title: str
    quiet: str = ""
    tone: str = ""
    sign: str = "clock"
    state: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of its own: a template that is included with `part_data` and `pw`, its words."""

    place: Place
    template: str
    words: str
    data: Any


HomePart = Callable[[Portal, Visitor], Awaitable[Sequence[Matter | Section]]]

PARTS: Final[list[HomePart]] = []
