"""What somebody recognises of a form that they sent."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_SHOWN: Final = 12
_TELLING: Final = 4  # shorter values are codes of answers
_ID: Final = re.compile(r"[0-9a-f]{32}")


def recognised(typed: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The texts that were typed, without codes of answers and ids of the page."""
    every = [text for texts in typed.values() for text in texts if _ID.fullmatch(text) is None]
    return [text for text in every if len(text) >= _TELLING or not text.isascii()][:_SHOWN]
