"""How far the feed of a panel has been compacted (sync/PROTOCOL.md, 8.12)."""

from server.store.migrations.statements import run_file
from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    await run_file(tx, __file__)
