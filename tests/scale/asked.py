"""What is asked of a county, held against what is there: said in a sentence before any work."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Final

import asyncpg

from server.store.store import BadDatabaseUrl, Store
from server.store.tx import Tx
from tests.commands import Refused
from tests.scale.filling import Order

PEOPLE_OF_A_MODEL: Final = 10_000  # ID numbers that can be made after one
MEASURED: Final = 50  # residents of one panel whose changes are pulled


def reached(url: str) -> int:
    """How many panels the database has, 0 when it is new. Raises Refused."""

    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if file is not None and not file.exists():  # looking would make it
        if not file.absolute().parent.is_dir():
            raise Refused(f"{url}: there is no folder for such a file")
        return 0

    async def count(tx: Tx) -> int:
        return (await tx.rows("SELECT COUNT(*) FROM panel"))[0][0]

    async def read() -> int:
        async with Store(url) as store:
            try:
                return await store.read(count)
            except (asyncpg.UndefinedTableError, sqlite3.OperationalError):
                return 0

    try:
        return asyncio.run(read())
    except BadDatabaseUrl:
        raise Refused(f"{url}: sqlite:///FILE or postgresql://... is wanted") from None
    except (OSError, ValueError, sqlite3.Error, asyncpg.PostgresError) as error:
        raise Refused(f"{url} cannot be reached: {error}") from None


def to_fill(order: Order) -> bool:
    """Whether anything is left to do; the folder is there then. Raises Refused."""
    most = order.models * PEOPLE_OF_A_MODEL
    if order.size.residents > most:
        raise Refused(f"more residents than ID numbers: at most {most:,}")
    there = reached(order.url)
    before = Order.begun_in(order.folder)
    if before is not None:
        _is_the_same(before, order, there)
        if _filled(before) and there == order.size.panels:
            return False
    elif there:
        raise Refused(f"{order.url} has {there} panels already, and {order.folder} not its keys")
    try:
        order.folder.mkdir(exist_ok=True, parents=True)
    except OSError as error:
        raise Refused(f"{order.folder} cannot be made: {error}") from None
    return True


def measurable(order: Order) -> Order:
    """The same, after its database has answered. Raises Refused."""
    there = reached(order.url)
    if there < order.size.panels:
        raise Refused(f"{order.url} has {there} of {order.size.panels} panels: `fill` goes on")
    people = len(order.size.people(order.size.panels // 2))
    if people < MEASURED:
        raise Refused(f"a panel of {people} residents is too small: {MEASURED} are wanted")
    return order


def _filled(order: Order) -> bool:
    try:
        Order.kept_in(order.folder)
    except Refused:
        return False
    return True


def _is_the_same(before: Order, order: Order, there: int) -> None:
    """What goes on is the county that was begun."""
    if before.url != order.url:
        raise Refused(
            f"{order.folder} has the keys of another database, {before.url}: name another folder"
        )
    if not there:  # its database was taken away: begun anew
        return
    state = "filled already" if _filled(before) else "begun"
    for name, was, wanted in (
        ("residents", before.size.residents, order.size.residents),
        ("changes of each resident", before.size.changes, order.size.changes),
        ("residents a panel", before.size.panel, order.size.panel),
        ("seed", before.size.seed, order.size.seed),
        ("day", before.day, order.day),
    ):
        if was != wanted and not (name == "day" and _filled(before)):
            raise Refused(
                f"{order.url} is {state} with {before.size.residents:,} residents, and its size "
                f"differs: {name} {was}, not {wanted}"
            )
