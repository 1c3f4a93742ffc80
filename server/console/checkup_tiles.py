"""What can be done on one checkup day, each a tile that leads to its page. A page group adds its
own with a line in TILES.
"""

from dataclasses import dataclass
from typing import Final

from server.rules.checkup_days import DayState

_AHEAD: Final = frozenset({DayState.DRAFT, DayState.READY, DayState.OPEN})
_KNOWN: Final = frozenset({DayState.READY, DayState.OPEN, DayState.CLOSED})
_AFTER: Final = frozenset({DayState.OPEN, DayState.CLOSED})
_EVER: Final = frozenset(DayState)


@dataclass(frozen=True, slots=True)
class Tile:
    """`key`: its words in words/zh/checkup.toml [tiles]; `path`: with {id} for the day's; `states`:
    when it is of use; `k`: the key that opens it, "" for none.
    """

    key: str
    path: str
    states: frozenset[DayState]
    k: str = ""


TILES: Final[list[Tile]] = [
    Tile("people", "/console/checkup/{id}/people", _EVER, "L"),
    Tile("draw", "/console/checkup/{id}/draw", _AHEAD, "D"),
    Tile("list", "/console/checkup/{id}/list", _AHEAD, "U"),
    Tile("cards", "/console/checkup/{id}/cards", _AHEAD, "C"),
    Tile("board", "/console/checkup/{id}/board", _KNOWN, "B"),
    Tile("alarms", "/console/checkup/{id}/alarms", _AFTER, "A"),
    Tile("lab", "/console/checkup/{id}/lab", _AFTER, "H"),
    Tile("guests", "/console/checkup/{id}/guests", _AFTER, "G"),
    Tile("report", "/console/checkup/{id}/report", _AFTER, "T"),
    Tile("letters", "/console/checkup/{id}/letters", _AFTER, "F"),
    Tile("findings", "/console/checkup/findings", _AFTER, "Y"),
    Tile("absent", "/console/checkup/{id}/absent", _AFTER, "W"),
]


def tiles_of(state: DayState, day: str) -> list[tuple[Tile, str]]:
    """Those of a day in this state, with their addresses."""
    return [(each, each.path.format(id=day)) for each in TILES if state in each.states]
