"""The words of the console, one file a page group under words/zh; code and templates hold none.

A word is asked for by its name (`w.title`); one with places is called (`w.count(n=5)`).
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("words")
LANGUAGE: Final = "zh"


class Phrase(str):
    """A word or sentence. Called, its places are filled in."""

    __slots__ = ()

    def __call__(self, **places: Any) -> str:
        return self.format(**places)


class Words:
    """The words of one file; `w.name`, `w["name"]`, and tables as Words of their own."""

    def __init__(self, name: str, table: dict[str, Any]) -> None:
        self._name = name
        self._table = {
            key: Words(f"{name}.{key}", value) if isinstance(value, dict) else Phrase(value)  # pyright: ignore[reportUnknownArgumentType]
            for key, value in table.items()
        }

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]

    def __getitem__(self, key: str) -> Any:
        try:
            return self._table[key]
        except KeyError:
            raise KeyError(f"{self._name} has no word {key!r}") from None

    def __contains__(self, key: object) -> bool:
        return key in self._table

    def get(self, key: str, otherwise: str = "") -> str:
        """A word that may be missing: a code of the database, for example."""
        found = self._table.get(key, otherwise)
        return found if isinstance(found, str) else otherwise

    def __iter__(self) -> Any:
        return iter(self._table)


@cache
def words(name: str) -> Words:
    """The words of a page group. Raises FileNotFoundError."""
    path = FOLDER / LANGUAGE / f"{name}.toml"
    return Words(name, tomllib.loads(path.read_text("utf-8")))
