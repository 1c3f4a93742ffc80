"""A copy of the tree in which a fault can be planted; the one people work in is never touched."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.planted.fault import Fault
from tests.source import MADE, REPOSITORY

# Made by the set-up and kept by nobody's history: shared by all copies.
LINKED = (".venv", "sync/tablet_web/node_modules", "sync/tablet_web/vendor")
LEFT = MADE | {"data", "demo-data", "bench-results"}
NEWER_S = 10  # a changed file has another time than what Python compiled of it


def copy_tree(target: Path) -> Path:
    """Everything that people wrote, as it lies here now, also what is in no commit yet."""
    target.mkdir(parents=True)
    for source in REPOSITORY.iterdir():
        if source.name.startswith(".") or source.name in LEFT:
            continue
        if source.is_dir():
            shutil.copytree(
                source, target / source.name, ignore=shutil.ignore_patterns(*MADE), symlinks=True
            )
        else:
            shutil.copy2(source, target / source.name)
    for name in LINKED:
        if (REPOSITORY / name).exists():
            (target / name).symlink_to((REPOSITORY / name).resolve())
    return target


@contextmanager
def planted(root: Path, fault: Fault) -> Iterator[None]:
    """The fault stands in the copy, and is gone afterwards. Raises DoesNotFit."""
    edited = fault.edited(root)
    before = {name: ((root / name).read_bytes(), (root / name).stat()) for name in edited}
    try:
        for name, text in edited.items():
            (root / name).write_text(text, "utf-8")
            later = before[name][1].st_mtime + NEWER_S
            os.utime(root / name, (later, later))
        yield
    finally:
        for name, (raw, status) in before.items():
            (root / name).write_bytes(raw)
            os.utime(root / name, ns=(status.st_atime_ns, status.st_mtime_ns))
