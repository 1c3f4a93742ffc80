"""The fields of a form under the headings that people know from paper."""

from collections.abc import Iterable
from typing import Final

from server.pages.words import words
from server.records.model import Field, Kind

OTHERS: Final = "others"


def headings() -> dict[str, dict[str, str]]:
    """All headings as data, for the tablet's app: kind -> the field that one begins at -> words."""
    every = words("sections")
    return {kind: {name: str(every[kind][name]) for name in every[kind]} for kind in every}


def sections_of(kind: Kind, fields: Iterable[Field]) -> list[tuple[str, list[Field]]]:
    """The fields under the headings of the words file; one heading for a form it does not know."""
    headings = words("sections")
    starts = headings[kind.id if kind.id in headings else OTHERS]
    made: list[tuple[str, list[Field]]] = []
    wanted = {each.name for each in fields}
    title = kind.label
    for each in kind.fields:
        title = starts.get(each.name, title)
        if each.name not in wanted:
            continue
        if not made or made[-1][0] != title:
            made.append((title, []))
        made[-1][1].append(each)
    return made
