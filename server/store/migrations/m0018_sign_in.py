"""One-time codes and passes of the portal, and the indexes that its first tables go without."""

from server.store.migrations.statements import run_file
from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    await run_file(tx, __file__)
