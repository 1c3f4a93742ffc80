"""The signs of the portal: a page carries the few it uses, as symbols inside itself."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

FILE: Final = Path(__file__).parent / "static" / "icons.svg"
_SYMBOL: Final = re.compile(r'<symbol id="([a-z-]+)".*?</symbol>', re.DOTALL)

_SIGN: Final = Markup('<svg class="{}" aria-hidden="true"><use href="#{}"/></svg>')
_SPRITE: Final = '<svg width="0" height="0" class="sprite" aria-hidden="true">{}</svg>'


@cache
def symbols() -> dict[str, str]:
    """Name -> symbol element, as the file has them."""
    return {found[1]: found[0] for found in _SYMBOL.finditer(FILE.read_text("utf-8"))}


class Sprite:
    """The signs that one page has used so far."""

    def __init__(self) -> None:
        self._used: dict[str, None] = {}

    def use(self, name: str, cls: str = "i") -> Markup:
        """A sign where it stands. Raises KeyError for a name the file does not have."""
        if name not in symbols():
            raise KeyError(f"icons.svg has no sign {name!r}")
        self._used[name] = None
        return _SIGN.format(cls, name)

    def all(self) -> Markup:
        """The symbols themselves, once, at the end of the page."""
        return Markup(_SPRITE.format("".join(symbols()[each] for each in self._used)))  # noqa: S704 (our own file)
