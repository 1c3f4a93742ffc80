"""The readable half of an archive that somebody takes along: one HTML page that needs nothing else.

Everything stands in the words of the forms, the newest first; numbers, units and codes as on the
pages. The same content stands beside it as JSON for programs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.pages.drawing import environment
from server.pages.words import words

HERE: Final = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with rows of (label, answer); `note` beneath the heading, `marks` chips of it."""

    title: str
    rows: Sequence[tuple[str, str]]
    note: str = ""
    marks: Sequence[str] = ()
    pictures: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    sections: Sequence[Section]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """What the page shows. `made`: the moment in words."""

    name: str
    person: str
    place: str
    made: str
    chapters: Sequence[Chapter]


def page_of(whole: Whole, more: Mapping[str, Any] | None = None) -> str:
    """The page, complete."""
    template = environment(HERE).get_template("export.html.j2")
    return template.render(whole=whole, w=words("export"), **(more or {}))
