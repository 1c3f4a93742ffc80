"""An instrument in the vault: which archives were opened during a request, and by which code."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from crypto.columns import DataKey
from server.store.vault import NOBODY, T_CELLS, T_CHANGE, T_RESTRICTED, Vault
from tests.world import World

TABLES: Final = frozenset({T_CELLS, T_CHANGE, T_RESTRICTED})
ROOT: Final = Path(__file__).parent.parent / "server"
GATES: Final = frozenset({("access", "open_archive"), ("actions.archives.to_call", "phones_of")})
"""The gate, and its face for lists that leave the screen: the rule is asked and a row is written
for each of the list before a telephone is read.
"""

Code = tuple[str, str]
"""(module under server, function)."""

Stack = tuple[Code, ...]
"""Innermost first."""


class Watched(DataKey):
    """A resident's data key that says when content of the archive is opened under it."""

    __slots__ = ("_note",)

    def __init__(self, key: DataKey, note: Callable[[int, bytes], None]) -> None:
        super().__init__(key.version, key.key_bytes())
        self._note = note

    def open(self, place: bytes, blob: bytes) -> bytes:
        table, resident = int.from_bytes(place[4:6]), place[-24:-8]
        if table in TABLES:
            self._note(table, resident)
        return super().open(place, blob)


class WatchedVault(Vault):
    """The vault of a world, watched. `seen`: every opening since the last `begin`."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault.ring, vault.district)
        self.seen: list[tuple[bytes, Stack]] = []

    def key(self, owner: bytes, wrapped: bytes) -> DataKey:
        found = super().key(owner, wrapped)
        return found if owner == NOBODY else Watched(found, self._note)

    def begin(self) -> None:
        self.seen = []

    def _note(self, _: int, resident: bytes) -> None:
        self.seen.append((resident, stack()))


def stack() -> Stack:
    """The code of ours that is at work, innermost first."""
    found: list[Code] = []
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.append((module, frame.f_code.co_name))
        frame = frame.f_back
    return tuple(found)


def watch(world: World) -> WatchedVault:
    """Puts the instrument into the world's vault."""
    world.site.vault = WatchedVault(world.site.vault)
    return world.site.vault
