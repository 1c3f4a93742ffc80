"""What the reference tablet keeps on disk: one SQLite file, everything readable sealed under a
master key.

The master key exists only wrapped by the passphrase (scrypt). Ready batches are sealed for the
server, so they lie here as they are: they travel without an unlock and survive wrong tries and a
wipe. Every step that must not be lost is one transaction with synchronous=FULL, so the app may be
killed between any two lines.
"""

import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from crypto.columns import ColumnRefused, DataKey, place
from crypto.primitives import scrypt

COST_LOG2: Final = 15  # scrypt N; about 80 ms on a small tablet
_NOBODY: Final = bytes(16)
_OWED: Final = (
    "CREATE TABLE IF NOT EXISTS owed (resident BLOB, cls TEXT, rev INTEGER NOT NULL, "
    "ep INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (resident, cls)) WITHOUT ROWID"
)
# Pictures as they travel; without the change that names them nobody can read one.
_PHOTO: Final = (
    "CREATE TABLE IF NOT EXISTS photo (id BLOB PRIMARY KEY, change BLOB, size INTEGER NOT NULL, "
    "state TEXT NOT NULL, taken INTEGER NOT NULL, reason TEXT NOT NULL, head BLOB NOT NULL)"
)
_PHOTO_PART: Final = (
    "CREATE TABLE IF NOT EXISTS photo_part (id BLOB, n INTEGER, slip BLOB NOT NULL, "
    "body BLOB NOT NULL, PRIMARY KEY (id, n))"
)
_TABLES: Final = (
    _OWED,
    _PHOTO,
    _PHOTO_PART,
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE mine (digest BLOB PRIMARY KEY) WITHOUT ROWID",  # every envelope sealed here
    "CREATE TABLE session (id BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    # Own changes until their fate is known: state open -> sent -> receipted.
    (
        "CREATE TABLE own (id BLOB PRIMARY KEY, resident BLOB NOT NULL, n INTEGER NOT NULL, "
        "state TEXT NOT NULL, epoch INTEGER, seq INTEGER, was INTEGER, session BLOB NOT NULL, "
        "known BLOB NOT NULL, body BLOB NOT NULL)"
    ),
    (
        "CREATE TABLE batch (epoch INTEGER, seq INTEGER, digest BLOB NOT NULL, "
        "state TEXT NOT NULL, at INTEGER NOT NULL, beside INTEGER NOT NULL, "
        "taken INTEGER NOT NULL, ids BLOB NOT NULL, body BLOB NOT NULL, "
        "PRIMARY KEY (epoch, seq, digest))"
    ),
    (
        "CREATE TABLE receipt (digest BLOB PRIMARY KEY, epoch INTEGER, seq INTEGER, "
        "body BLOB NOT NULL) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE fate (id BLOB PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL) "
        "WITHOUT ROWID"
    ),
    (
        "CREATE TABLE entity (id BLOB, cls TEXT, put TEXT NOT NULL, resident BLOB NOT NULL, "
        "rev INTEGER NOT NULL, ep INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, cls))"
    ),
    "CREATE INDEX entity_by_resident ON entity (resident)",
    "CREATE TABLE member (panel BLOB, resident BLOB, PRIMARY KEY (panel, resident)) WITHOUT ROWID",
    (
        "CREATE TABLE gone (resident BLOB PRIMARY KEY, at INTEGER NOT NULL, panel BLOB NOT NULL) "
        "WITHOUT ROWID"
    ),
    (
        "CREATE TABLE looked (n INTEGER PRIMARY KEY, resident BLOB NOT NULL, at INTEGER NOT NULL, "
        "purpose BLOB NOT NULL)"
    ),
)


class WrongPassphrase(Exception):
    """The passphrase does not open this tablet. Ready batches can still be sent."""


class Wiped(Exception):
    """The readable copies of this tablet are gone; only ready batches are left."""


class Disk:
    """`create` once, `open` after; `step()` is one durable transaction."""

    def __init__(self, connection: sqlite3.Connection, master: DataKey | None) -> None:
        self._db = connection
        self._master = master
        self.undone: Callable[[], None] = lambda: None  # what is in memory is read again

    def __repr__(self) -> str:
        return f"Disk(locked={self._master is None})"

    @classmethod
    def create(cls, path: Path, passphrase: str, *, cost_log2: int = COST_LOG2) -> "Disk":
        if path.exists():
            raise FileExistsError(path)
        db = _connect(path)
        db.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            db.execute(statement)
        master = DataKey(1, os.urandom(32))
        salt = os.urandom(16)
        wrap = DataKey(1, _stretched(passphrase, salt, cost_log2))
        disk = cls(db, master)
        disk.put_raw("salt", bytes([cost_log2]) + salt)
        disk.put_raw("master", wrap.seal(_at(b"master"), master.key_bytes()))
        db.execute("COMMIT")
        path.chmod(0o600)
        return disk

    @classmethod
    def open(cls, path: Path, passphrase: str | None) -> "Disk":
        """Without a passphrase only ready batches can be handled."""
        db = _connect(path)
        disk = cls(db, None)
        if passphrase is None:
            return disk
        wrapped = disk.raw("master")
        if not wrapped:
            raise Wiped
        settings = disk.raw("salt")
        wrap = DataKey(1, _stretched(passphrase, settings[1:], settings[0]))
        try:
            disk._master = DataKey(1, wrap.open(_at(b"master"), wrapped))
        except ColumnRefused:
            db.close()
            raise WrongPassphrase from None
        return disk

    def close(self) -> None:
        self._db.close()

    @property
    def locked(self) -> bool:
        return self._master is None

    @contextmanager
    def step(self) -> Generator[None]:
        """All of it is on disk when this returns, or nothing is, in memory neither."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk has taken it back already
                self._db.execute("ROLLBACK")
            self.undone()
            raise

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, args).fetchall()

    def run(self, sql: str, *args: Any) -> int:
        return self._db.execute(sql, args).rowcount

    def many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._db.executemany(sql, rows)

    def raw(self, name: str) -> bytes:
        found = self.rows("SELECT value FROM meta WHERE name=?", name)
        return found[0][0] if found else b""

    def put_raw(self, name: str, value: bytes) -> None:
        self.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value)

    def seal(self, row: bytes, plain: bytes) -> bytes:
        if self._master is None:
            raise Wiped
        return self._master.seal(_at(row), plain)

    def unseal(self, row: bytes, blob: bytes) -> bytes:
        if self._master is None:
            raise Wiped
        return self._master.open(_at(row), blob)

    def secret(self, name: str) -> bytes:
        return self.unseal(name.encode(), self.raw(name))

    def put_secret(self, name: str, value: bytes) -> None:
        self.put_raw(name, self.seal(name.encode(), value))

    def upgrade(self) -> None:
        """Tables that a tablet of an earlier schema lacks."""
        for statement in (_OWED, _PHOTO, _PHOTO_PART):
            self.run(statement)

    def wipe(self) -> None:
        """Readable copies and every key go; ready batches and receipts stay."""
        with self.step():
            for table in ("own", "entity", "owed", "member", "gone", "looked"):
                self.run(f"DELETE FROM {table}")  # noqa: S608 (names from the line above)
            self.run("DELETE FROM photo_part WHERE id IN "
                     "(SELECT id FROM photo WHERE state='loose')")  # fmt: skip
            self.run("DELETE FROM photo WHERE state='loose'")
            self.run("DELETE FROM meta WHERE name IN ('master', 'salt', 'kem', 'sign')")
        self._master = None
        self._db.execute("VACUUM")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        db.execute(f"PRAGMA {pragma}")
    return db


def _stretched(passphrase: str, salt: bytes, cost_log2: int) -> bytes:
    return scrypt(passphrase.encode(), salt=salt, cost_log2=cost_log2, length=32)


def _at(row: bytes) -> bytes:
    return place(0, 0, row, _NOBODY, 0)
