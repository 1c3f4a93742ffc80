"""Words that people read stand in files, one file a page group; code and templates hold none.

A word is asked for by its name (`w.title`); one with places is called (`w.count(n=5)`). What both
doors say alike stands in `words/zh` here; a door has a shelf of its own beside its pages, and a
file of the same name there adds to the one here.
"""

import tomllib
from collections.abc import Callable
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
    """The words of one page group; `w.name`, `w["name"]`, and tables as Words of their own."""

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


def shelf(folder: Path) -> Callable[[str], Words]:
    """The words of a door: `words(name)` reads the file here, then the door's, which adds to it.

    Raises FileNotFoundError where neither has that name.
    """

    @cache
    def words_of(name: str) -> Words:
        paths = [each / LANGUAGE / f"{name}.toml" for each in dict.fromkeys((FOLDER, folder))]
        found = [tomllib.loads(path.read_text("utf-8")) for path in paths if path.is_file()]
        if not found:
            raise FileNotFoundError(f"words/{LANGUAGE}/{name}.toml")
        return Words(name, {key: value for table in found for key, value in table.items()})

    return words_of


words: Final = shelf(FOLDER)
