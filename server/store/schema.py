"""Statements that make the tables of `tables.py` on either engine, and their comparison with what
a database has.
"""

from collections.abc import Iterator
from typing import Final

from server.store.tables import SPECS, TableSpec

# Rows of these hold large sealed values: a plain table with its key as an index writes fewer pages.
_HEAP: Final = frozenset(
    {
        "change", "envelope", "batch", "resident", "audit_leaf", "plan", "facility_record",
        "notice", "attachment", "attachment_part",
        "correction",
    }
)  # fmt: skip
_SQLITE: Final = {
    "smallint": "INTEGER",
    "integer": "INTEGER",
    "bigint": "INTEGER",
    "boolean": "INTEGER",
    "bytea": "BLOB",
    "text": "TEXT",
}


def statements(dialect: str) -> Iterator[str]:
    """CREATE TABLE and CREATE INDEX for every table, in order."""
    for spec in SPECS.values():
        yield _table(spec, dialect)
        for unique, columns in (
            *((True, each) for each in spec.unique),
            *((False, each) for each in spec.indexes),
        ):
            yield _index(spec, columns, unique=unique)


def _table(spec: TableSpec, dialect: str) -> str:
    sqlite = dialect == "sqlite"
    lines = [
        f'"{name}" {_SQLITE[kind] if sqlite else kind.upper()}'
        + ("" if name in spec.nullable else " NOT NULL")
        for name, kind in spec.types.items()
    ]
    key = ", ".join(f'"{name}"' for name in spec.key)
    lines.append(f"PRIMARY KEY ({key})")
    tail = ""
    if sqlite:
        tail = " STRICT" if spec.name in _HEAP else " STRICT, WITHOUT ROWID"
    return f'CREATE TABLE "{spec.name}" ({", ".join(lines)}){tail}'


def _index(spec: TableSpec, columns: tuple[str, ...], *, unique: bool) -> str:
    name = f"{spec.name}_by_{'_'.join(columns[1:] or columns)}"
    listed = ", ".join(f'"{column}"' for column in columns)
    return f'CREATE {"UNIQUE " if unique else ""}INDEX "{name}" ON "{spec.name}" ({listed})'
