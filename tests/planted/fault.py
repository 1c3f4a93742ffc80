"""What a planted fault is: what it would do to people, the edit, and who must notice.

An edit names the exact text it takes the place of, which stands in its file exactly once; so a
fault that no longer fits the code says so by itself (tests/test_planted.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["pytest", "pure", "sim", "node"]


class DoesNotFit(Exception):
    """The old text of an edit does not stand in its file exactly once."""


@dataclass(frozen=True, slots=True)
class Edit:
    """In this file, this text becomes that one."""

    file: str
    old: str
    new: str

    def of(self, text: str) -> str:
        """The edited text. Raises DoesNotFit."""
        found = text.count(self.old)
        if found != 1 or self.old == self.new:
            raise DoesNotFit(f"{self.file} has {found} times instead of once: {self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Catcher:
    """The part of the suite that must fail: tests of pytest ("pure" ones need no database and none
    of the fixtures), seeds of the simulator, or tests of node by name.
    """

    kind: Kind
    what: tuple[str, ...]

    def shown(self) -> str:
        match self.kind:
            case "sim":
                return f"python -m {' '.join(self.what)}"
            case "node":
                return f"node --test tests/{self.what[0]}: {self.what[1]}"
            case _:
                return " ".join(self.what)


@dataclass(frozen=True, slots=True)
class Fault:
    """`harm`: one sentence, what it would do to people if nobody noticed."""

    name: str
    harm: str
    edits: tuple[Edit, ...]
    catcher: Catcher

    def edited(self, root: Path) -> dict[str, str]:
        """Each file that changes, as it reads with the fault in it. Raises DoesNotFit."""
        texts: dict[str, str] = {}
        for edit in self.edits:
            text = texts.get(edit.file) or (root / edit.file).read_text("utf-8")
            texts[edit.file] = edit.of(text)
        return texts


def test(*names: str) -> Catcher:
    """Tests that use the fixtures of tests/conftest.py: a world, a database, a server."""
    return Catcher("pytest", tuple(f"tests/{name}" for name in names))


def pure(*names: str) -> Catcher:
    return Catcher("pure", tuple(f"tests/{name}" for name in names))


def node(file: str, name: str) -> Catcher:
    return Catcher("node", (file, name))


def sim(first: int, seeds: int = 1) -> Catcher:
    """Whole field days."""
    return _seeds("tests.sim", first, seeds, "sqlite")


def turns(first: int, seeds: int = 1, engine: str = "postgres") -> Catcher:
    """Open transactions of several processes, statement by statement."""
    return _seeds("tests.sim.turns", first, seeds, engine)


def _seeds(module: str, first: int, seeds: int, engine: str) -> Catcher:
    args = ("--first", str(first), "--seeds", str(seeds), "--engine", engine)
    return Catcher("sim", (module, *args))
