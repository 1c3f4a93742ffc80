"""People called back, lists of laboratories, open critical values found by an index."""

from server.store.migrations.statements import run_file
from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    await run_file(tx, __file__)
