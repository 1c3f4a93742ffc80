"""What can be done for a resident at a desk (代办): each a tile that leads to its page, and who has
to stand there. A page group adds its twin with one line in TILES.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.actions.residents.whose import Present
from server.console.words import words


@dataclass(frozen=True, slots=True)
class Tile:
    """`key`: its words in words/zh/assisted.toml [tiles] and [say]; `path`: with {id} for the
    resident's.
    """

    key: str
    path: str


TILES: Final[list[Tile]] = [
    Tile("correct", "/console/archives/{id}/for/correct"),
    Tile("switch", "/console/archive/{id}/switch"),
    Tile("consent", "/console/archives/{id}/for/consent"),
    Tile("looked", "/console/archives/{id}/for/looked"),
    Tile("family", "/console/archive/{id}/family"),
    Tile("confirmations", "/console/archives/{id}/for/confirmations"),
    Tile("checkup", "/console/archives/{id}/for/checkup"),
    Tile("export", "/console/archives/{id}/for/export"),
    Tile("passport", "/console/archives/{id}/for/passport"),
    Tile("channel", "/console/archives/{id}/for/channel"),
    Tile("phone", "/console/archive/{id}/phone"),
]


def present_labels(people: Sequence[Present]) -> dict[str, str]:
    """Who may stand at the desk for this archive, by id, as the page names them. Not in a `Kind`:
    those are kept, and these are names.
    """
    w = words("assisted")
    return {each.person.hex(): w.ties[each.tie or "self"](name=each.name) for each in people}
