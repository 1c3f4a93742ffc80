"""A tablet's disk that the app can die at, and one that has no room left."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sync.tablet_disk import Disk

ROOMY = 1 << 30  # pages


class AppDied(Exception):
    """The app ended at this line."""


class MortalDisk(Disk):
    """Ends the app in a chosen step, before or after its commit."""

    fuse: tuple[int, bool] | None = None
    """How many steps from now, and whether the commit still happens."""

    @contextmanager
    def step(self) -> Generator[None]:
        left, committed = self.fuse or (1, False)
        if self.fuse is not None:
            self.fuse = (left - 1, committed) if left else None
        with super().step():
            yield
            if not left and not committed:
                raise AppDied
        if not left:
            raise AppDied


@contextmanager
def no_room(disk: Disk, spare: int) -> Generator[None]:
    """The file may grow by so many pages and no further."""
    ((pages,),) = disk.rows("PRAGMA page_count")
    disk.rows(f"PRAGMA max_page_count={pages + spare}")
    try:
        yield
    finally:
        disk.rows(f"PRAGMA max_page_count={ROOMY}")


def is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
