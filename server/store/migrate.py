"""Brings a database to this version of the code, and refuses one that is newer.

Migrations are numbered modules; what has run is kept in Piccolo's own ledger table (`migration`).
They are run here and not by Piccolo's runner because a migration and its ledger row belong in one
transaction on either engine.
"""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from piccolo.apps.migrations.tables import Migration

from server.errors import StartRefused
from server.store.store import Store
from server.store.tx import Tx

APP: Final = "gongwei"
FOLDER: Final = Path(__file__).parent / "migrations"


def known() -> list[str]:
    """Migrations this code has, in order."""
    return sorted(path.stem for path in FOLDER.glob("m[0-9]*.py"))


async def _has_ledger() -> bool:
    return bool(
        await Migration.table_exists().run()  # pyright: ignore[reportUnknownMemberType]
    )


async def pending(store: Store) -> list[str]:
    """Migrations not yet run. Raises StartRefused when the database is newer than the code."""
    Migration._meta.db = store.engine  # pyright: ignore[reportPrivateUsage]
    if not await _has_ledger():
        return known()
    ran = set(await Migration.get_migrations_which_ran(app_name=APP))
    newer = ran - set(known())
    if newer:
        raise StartRefused(
            f"The database was written by a newer version (migration {max(newer)}): "
            "install that version, or restore a backup made by this one."
        )
    return [each for each in known() if each not in ran]


async def migrate(store: Store) -> list[str]:
    """Runs what is missing, each in one transaction with its ledger row; returns the names that
    ran.
    """
    missing = await pending(store)
    if missing and not await _has_ledger():
        await Migration.create_table(if_not_exists=True).run()
    for name in missing:
        await store.write(partial(_step, name=name))
    return missing


async def _step(tx: Tx, name: str) -> None:
    await import_module(f"server.store.migrations.{name}").forwards(tx)
    await tx.run(
        "INSERT INTO migration (name, app_name, ran_on) VALUES (?, ?, CURRENT_TIMESTAMP)",
        name,
        APP,
    )
