"""Rows into either engine as fast as it takes them, and the indexes round it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from piccolo.engine.postgres import PostgresEngine

from server.store.schema import statements
from server.store.store import Store
from server.store.tables import SPECS
from server.store.tx import PostgresTx, Row, Tx
from tests.world import DISTRICT

BULK: Final = (
    "resident", "member", "assignment", "change", "feed", "likeness", "resident_card",
    "figure_flag", "plan", "plan_due", "copy",
)  # fmt: skip
_INDEX: Final = re.compile(r'CREATE (?:UNIQUE )?INDEX "(\w+)" ON "(\w+)"')
_EMPTY: Final[dict[str, Any]] = {"bytea": b"", "text": "", "boolean": False}  # else 0


def row_of(table: str, **values: Any) -> Row:
    """A row of the district with what is not named empty, zero or null."""
    spec = SPECS[table]
    unknown = set(values) - set(spec.columns)
    assert not unknown, unknown
    empty = {
        name: None if name in spec.nullable else _EMPTY.get(spec.types[name], 0)
        for name in spec.columns
    }
    made = {**empty, "district": DISTRICT, **values}
    return tuple(made[name] for name in spec.columns)


def _indexes(dialect: str) -> Iterator[tuple[str, str]]:
    """(name, statement) of each index of the large tables."""
    for statement in statements(dialect):
        found = _INDEX.match(statement)
        if found and found[2] in BULK:
            yield found[1], statement


async def without_indexes(tx: Tx) -> None:
    """Before the rows come. On SQLite the keys stay: rows arrive in their order."""
    for name, _ in _indexes(tx.dialect):
        await tx.run(f'DROP INDEX IF EXISTS "{name}"')
    if tx.dialect == "postgres":
        for table in BULK:
            await tx.run(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{table}_pkey"')


def index_statements(dialect: str) -> list[str]:
    """One after the other after the rows have come; those that are there already do no harm."""
    keys: list[str] = []
    if dialect == "postgres":
        for table in BULK:
            columns = ", ".join(f'"{name}"' for name in SPECS[table].key)
            keys += [
                f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{table}_pkey"',
                f'ALTER TABLE "{table}" ADD PRIMARY KEY ({columns})',
            ]
    made = [each.replace("INDEX ", "INDEX IF NOT EXISTS ", 1) for _, each in _indexes(dialect)]
    return [*keys, *made]


async def put(store: Store, rows: Mapping[str, Sequence[Row]]) -> None:
    """All in one transaction; PostgreSQL copies the large tables."""
    if not isinstance(store.engine, PostgresEngine):

        async def insert(tx: Tx) -> None:
            for table, some in rows.items():
                await tx.insert(table, some)

        await store.write(insert)
        return
    pool: Any = store.engine.pool
    async with pool.acquire() as connection, connection.transaction():
        for table, some in rows.items():
            if table in BULK:
                await connection.copy_records_to_table(
                    table, records=some, columns=SPECS[table].columns
                )
            else:
                await PostgresTx(connection).insert(table, some)
