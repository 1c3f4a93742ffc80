"""A disk as it is after a power cut: only what was synced, or that and some of what was not.

Written bytes are safe from the return of a sync that began after them. Until then each write may be
there, missing, or torn at a sector; they may even be there out of order. With `strict` a new file
is there only once its directory was synced; otherwise names change in order, as on a file system
with a journal.
"""

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.real.trace import Event

SECTOR: Final = 512


@dataclass(slots=True)
class File:
    safe: bytearray
    loose: list[tuple[int, Event]] = field(default_factory=list[tuple[int, Event]])
    named: bool = True  # its name is on the disk too
    changed: bool = False  # differs from the copy at the start


@dataclass(slots=True)
class Disk:
    """All files under a folder, from a copy taken before the record began."""

    root: Path
    strict: bool
    files: dict[str, File] = field(default_factory=dict[str, File])
    gone: set[str] = field(default_factory=set[str])
    _number: int = 0

    @classmethod
    def of(cls, root: Path, copy: Path, *, strict: bool) -> "Disk":
        files = {
            str(root / each.relative_to(copy)): File(bytearray(each.read_bytes()))
            for each in copy.rglob("*")
            if each.is_file() and not each.is_symlink()
        }
        return cls(root, strict, files)

    def goes_on(self, event: Event) -> None:
        """One more event; they come in their order, all of them."""
        number, self._number = self._number, self._number + 1
        path = event.path
        if event.kind == "answer":
            return
        if event.kind == "sync":
            self._synced(path, event.begun)
        elif event.kind == "rename":
            if (moved := self.files.pop(path, None)) is not None:
                moved.changed = True
                self.files[event.to] = moved
                self.gone.add(path)
        elif event.kind == "unlink":
            self.files.pop(path, None)
            self.gone.add(path)
        elif event.kind == "create":
            if path not in self.files:
                self.files[path] = File(bytearray(), named=not self.strict, changed=True)
        elif (file := self.files.get(path)) is not None:
            file.changed = True
            file.loose.append((number, event))

    def _synced(self, path: str, begun: int) -> None:
        if (file := self.files.get(path)) is None:
            for name, each in self.files.items():
                if str(Path(name).parent) == path:
                    each.named = True
            return
        for number, each in file.loose:
            if number < begun:
                _apply(file.safe, each, len(each.data))
        file.loose = [each for each in file.loose if each[0] >= begun]

    def write(self, copy: Path, target: Path, chance: random.Random | None) -> None:
        """The disk as it would be found now. None: nothing but what was synced."""
        shutil.copytree(copy, target, symlinks=True)
        for path in self.gone:
            (target / Path(path).relative_to(self.root)).unlink(missing_ok=True)
        for path, file in self.files.items():
            where = target / Path(path).relative_to(self.root)
            kept = file.named or (chance is not None and chance.random() < 0.5)
            if not kept:
                where.unlink(missing_ok=True)
            elif file.changed:
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_bytes(self._found(file, chance))

    def _found(self, file: File, chance: random.Random | None) -> bytes:
        found = bytearray(file.safe)
        if chance is None:
            return bytes(found)
        likely = chance.choice((0.1, 0.5, 0.9))
        for _, event in file.loose:
            if chance.random() < likely:
                length = len(event.data)
                if length and chance.random() < 0.25:
                    length = chance.randrange(0, length, min(SECTOR, length))
                _apply(found, event, length)
        return bytes(found)


def _apply(content: bytearray, event: Event, length: int) -> None:
    if event.kind == "write":
        end = event.offset + length
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[event.offset : end] = event.data[:length]
    elif event.kind == "truncate" and len(content) > event.offset:
        del content[event.offset :]
    elif len(content) < event.offset:
        content.extend(bytes(event.offset - len(content)))
