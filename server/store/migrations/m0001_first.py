"""The first tables."""

from server.store.schema import statements
from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    for statement in statements(tx.dialect):
        await tx.run(statement)
