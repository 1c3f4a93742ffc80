"""Ids in addresses and forms of the portal."""

import re
from typing import Final

from server.errors import NotYours

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")


def id_of(text: str, size: int = 16) -> bytes:
    """The bytes of an id. Raises NotYours for what is none, as for one of somebody else."""
    found = bytes.fromhex(text) if _HEX.fullmatch(text) else b""
    if len(found) != size:
        raise NotYours
    return found
