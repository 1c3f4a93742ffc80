"""Runs the statements that stand beside a migration, a file an engine."""

from pathlib import Path

from server.store.tx import Tx


async def run_file(tx: Tx, module: str) -> None:
    """`module`: the migration's own __file__; its statements end with .sqlite.sql or .postgres.sql
    and, once released, never change.
    """
    text = Path(module).with_suffix(f".{tx.dialect}.sql").read_text("utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for statement in body.split(";"):
        if statement.strip():
            await tx.run(statement)
