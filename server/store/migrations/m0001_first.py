"""The first tables. The statements stand beside this module, a file an engine, and never change."""

from pathlib import Path

from server.store.tx import Tx


async def forwards(tx: Tx) -> None:
    text = Path(__file__).with_suffix(f".{tx.dialect}.sql").read_text("utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for statement in body.split(";"):
        if statement.strip():
            await tx.run(statement)
