"""The words that go with a decision, and how the queues find their tasks."""

from server.store.migrations.statements import run_file
from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    await run_file(tx, __file__)
