"""The backup file: what it looks like, how it is written once and read back strictly.

    "GWK1" | frame* | SHA-256 of all before (32) | MAC (32)
    frame = u32be length | zlib(msgpack [kind, content])
    "head"  {format, migrations, district, key, taken_at, columns}     first
    "rows"  [table, [row, ...]]                                        tables in order, rows by key
    "tail"  {table: [rows, SHA-256 over the plain frames of it]}       last

`key` is the district's data key, wrapped under the KEK; the MAC is HMAC-SHA-256 over the SHA-256,
under HKDF of that data key. So a changed or foreign file is refused before a row of it counts, and
who has the file alone can make no other. Rows are sealed already; nothing is sealed twice.
"""

import os
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec
from msgspec import Struct

from crypto.columns import ColumnRefused, DataKey, KekRing, unwrap
from crypto.primitives import hkdf_sha256, hmac_sha256, same
from server.errors import StartRefused
from server.store.vault import NOBODY

FORMAT: Final = 1
MAGIC: Final = b"GWK1"
FRAME_MAX_BYTES: Final = 64 * 1024 * 1024
_LABEL: Final = b"gongwei/backup\x00"
_SEALS: Final = 64
_READ_BYTES: Final = 1024 * 1024


class BackupRefused(StartRefused):
    """The file is not a whole, unchanged backup of this installation."""


class Head(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the rows are and who may check them."""

    format: int
    migrations: tuple[str, ...]
    district: int
    key: bytes  # wrapped data key of the district
    taken_at: int
    columns: dict[str, tuple[str, ...]]  # by table, in order


class TableSum(NamedTuple):
    """How many rows a table has in the file, and a hash of its frames."""

    rows: int
    digest: bytes


class Rows(NamedTuple):
    table: str
    rows: list[list[Any]]


def mac_key(key: DataKey) -> bytes:
    return hkdf_sha256(key.key_bytes(), salt=_LABEL, info=b"mac", length=32)


class Writer:
    """Writes under a temporary name; the name is given when all bytes are on the disk."""

    def __init__(self, path: Path, head: Head, key: DataKey) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._file: BinaryIO = os.fdopen(os.open(self._part, flags, 0o600), "wb")
        self._all = sha256()
        self._key = mac_key(key)
        self._sums: dict[str, tuple[int, Any]] = {name: (0, sha256()) for name in head.columns}
        self._write(MAGIC)
        self._frame("head", head)

    def rows(self, table: str, rows: list[list[Any]]) -> None:
        plain = self._frame("rows", [table, rows])
        count, digest = self._sums[table]
        digest.update(plain)
        self._sums[table] = (count + len(rows), digest)

    def finish(self) -> bytes:
        """Everything durable, then the name. Returns the SHA-256 of the file's content."""
        self._frame("tail", {name: [n, d.digest()] for name, (n, d) in self._sums.items()})
        digest = self._all.digest()
        self._file.write(digest + hmac_sha256(self._key, digest))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return digest

    def abandon(self) -> None:
        """Leaves no half-written file behind."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _frame(self, kind: str, content: Any) -> bytes:
        plain = msgspec.msgpack.encode([kind, content])
        packed = zlib.compress(plain, 1)
        self._write(len(packed).to_bytes(4) + packed)
        return plain

    def _write(self, data: bytes) -> None:
        self._all.update(data)
        self._file.write(data)


class Reader:
    """A backup file. `head` is believed after `check`; rows are hashed again as they are read."""

    def __init__(self, path: Path, ring: KekRing) -> None:
        try:
            self._file = path.open("rb")
        except OSError:
            raise BackupRefused(f"The backup file {path.name} cannot be read.") from None
        self._size = os.fstat(self._file.fileno()).st_size
        self.digest = b""
        self.sums: dict[str, TableSum] = {}
        frames = self._frames()
        try:
            self.head = msgspec.convert(_content(next(frames), "head"), Head)
            key = unwrap(ring, district=self.head.district, owner=NOBODY, blob=self.head.key)
        except BackupRefused:
            self._file.close()
            raise
        except (StopIteration, msgspec.MsgspecError, ColumnRefused):
            self._file.close()
            raise _broken("its head does not open with these keys") from None
        self._key = mac_key(key)

    def close(self) -> None:
        self._file.close()

    def check(self) -> None:
        """The whole file once: hash and MAC. Raises BackupRefused."""
        self._file.seek(0)
        left, hashed = self._size - _SEALS, sha256()
        while left > 0:
            data = self._file.read(min(_READ_BYTES, left))
            if not data:
                raise _broken("it ends too early")
            hashed.update(data)
            left -= len(data)
        digest, seal = hashed.digest(), self._file.read(_SEALS)
        if seal[:32] != digest or not same(seal[32:], hmac_sha256(self._key, digest)):
            raise _broken("its seal does not hold: it was changed, cut, or is of another district")
        self.digest = digest

    def tables(self) -> Iterator[Rows]:
        """All rows; BackupRefused unless the bytes are those that `check` saw, to the last."""
        sums = {name: (0, sha256()) for name in self.head.columns}
        frames, tail = self._frames(), None
        next(frames)
        for plain in frames:
            kind, content = _decoded(plain)
            if kind == "tail":
                tail = content
                continue
            if kind != "rows" or tail is not None or content[0] not in sums:
                raise _broken("its frames are out of order")
            count, digest = sums[content[0]]
            digest.update(plain)
            sums[content[0]] = (count + len(content[1]), digest)
            yield Rows(content[0], content[1])
        found = {name: [count, digest.digest()] for name, (count, digest) in sums.items()}
        if tail != found:
            raise _broken("a table is not whole")
        self.sums = {
            name: TableSum(count, digest.digest()) for name, (count, digest) in sums.items()
        }

    def _frames(self) -> Iterator[bytes]:
        """Plain frames, hashed on the way; at the end the hash must be the one `check` found."""
        self._file.seek(0)
        hashed = sha256()
        left = self._size - _SEALS
        if left < len(MAGIC) or self._file.read(len(MAGIC)) != MAGIC:
            raise _broken("it is no backup file")
        hashed.update(MAGIC)
        left -= len(MAGIC)
        while left > 0:
            size = self._file.read(4)
            length = int.from_bytes(size)
            left -= 4 + length
            if len(size) != 4 or length > FRAME_MAX_BYTES or left < 0:
                raise _broken("it ends in the middle of a frame")
            packed = self._file.read(length)
            hashed.update(size + packed)
            yield _inflated(packed)
        if hashed.digest() != self.digest:
            raise _broken("it changed while it was read")


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, FRAME_MAX_BYTES)
    except zlib.error:
        raise _broken("a frame cannot be unpacked") from None
    if not unpacker.eof or unpacker.unused_data:
        raise _broken("a frame cannot be unpacked")
    return plain


def _decoded(plain: bytes) -> tuple[str, Any]:
    try:
        kind, content = msgspec.msgpack.decode(plain)
    except (msgspec.MsgspecError, ValueError, TypeError):
        raise _broken("a frame cannot be read") from None
    return kind, content


def _content(plain: bytes, kind: str) -> Any:
    found, content = _decoded(plain)
    if found != kind:
        raise _broken(f"it has no {kind}")
    return content


def _broken(why: str) -> BackupRefused:
    return BackupRefused(f"The backup is refused: {why}.")
