"""The standing world, made once and copied for each test: both engines copy a database much faster
than migrations and the cast are written.

What is copied is what `new_world` made, key file and all; `new_world` opens the copy as it opens
any database that is already there.
"""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.postgres import Cluster
from tests.world import copy_of, new_world


class Copies:
    """Of one pytest worker: each worker has keys of its own. `folder` lasts as long as the run.

    `kept`: where the one on SQLite outlives it, for a run that only starts one test after another.
    """

    def __init__(self, folder: Path, worker: str, kept: Path | None = None) -> None:
        self._folder, self._original = folder, f"standing_{worker}"
        self._kept = kept or folder

    def sqlite(self, folder: Path) -> str:
        """URL of a copy in this folder, its key file beside it."""
        made = self._kept / "sqlite"
        if not made.exists():
            made.mkdir(parents=True)
            _make(f"sqlite:///{made}/world.sqlite3", made)
        shutil.copy(made / "kek", folder / "kek")
        return f"sqlite:///{copy_of(made / 'world.sqlite3', folder / 'gongwei.sqlite3')}"

    def postgres(self, cluster: Cluster, name: str, folder: Path) -> str:
        """URL of a copy with this name; its key file goes to the folder."""
        made = self._folder / "postgres"
        if not made.exists():
            made.mkdir()
            _make(cluster.create_database(self._original), made)
        shutil.copy(made / "kek", folder / "kek")
        return cluster.create_database(name, template=self._original)


def _make(url: str, folder: Path) -> None:
    """In a thread with a loop of its own, so that a running loop of the caller does not matter."""

    async def make() -> None:
        async with new_world(url, folder):
            pass

    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, make()).result()
