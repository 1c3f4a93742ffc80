"""What draws the pages of both doors: one kind of template environment, one sheet of roles, and
addresses of files that change with their content.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.pages import forms

TOKENS: Final = Path(__file__).parent / "static" / "tokens.css"
"""Colours, spaces and type by role, and what every page shares of them."""

MARK: Final = 12  # signs of a file's digest in its address


@cache
def environment(templates: Path) -> Environment:
    """Everything is escaped, and a name that nobody gave is a fault instead of nothing."""
    made = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    parts: Any = made
    parts.globals["input_of"] = forms.input_of
    return made


def address(prefix: str, name: str, content: bytes) -> str:
    """Where a file is found: another place for another content, so that it may be kept."""
    return f"{prefix}/static/{sha256(content).hexdigest()[:MARK]}/{name}"
