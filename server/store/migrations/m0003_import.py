"""Lists being read into the district, their content, saved mappings, likeness of archives."""

from server.store.migrations.statements import run_file
from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    await run_file(tx, __file__)
