"""From the bytes of a list to its lines: read once, sealed again in parts of a thousand lines.

So everything after works a part at a time and can go on where it was stopped. The reading itself
begins anew when its process dies; it takes seconds for a CSV and some minutes for a large workbook.
"""

import asyncio
import io
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Final, TypeVar, cast

import msgspec

from crypto.columns import DataKey
from server.actions.keeping.site import Site
from server.actions.lists.imports import (
    FAILED,
    LINES_CHUNK,
    MAPPING,
    READING,
    Job,
    locked,
    place_of,
    seal,
    seal_head,
    unseal,
)
from server.actions.lists.sheet_parts import CellFault, Line, SheetEmpty, SheetRefused
from server.actions.lists.sheets import read_sheet
from server.records.sheet_columns import guess
from server.store.trail import audit
from server.store.tx import Row, Tx, one

T = TypeVar("T")
HEADING_WITHIN: Final = 10  # lines: above the headings there may be a title
LEASE_MS: Final = 60_000
READ_LEASE_MS: Final = 600_000  # a large workbook has long stretches without a line
SIGNS_CHUNK: Final = 4_000_000  # of a part, so that its memory is bounded too

StoredLine = tuple[int, tuple[str, ...], tuple[tuple[int, str], ...]]
"""(number, cells, faults) of a line as it is kept."""


class NotOurs(Exception):
    """Another process has the list in hand, or somebody stopped it."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """The store for a thread that reads: each call waits for the loop to have done it."""

    site: Site
    loop: asyncio.AbstractEventLoop

    def read(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        return self._wait(self.site.store.read(action))

    def write(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        return self._wait(self.site.store.write(action))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


class SealedFile(io.RawIOBase):
    """The uploaded bytes as a file that can be sought; one part is open at a time."""

    def __init__(self, bridge: Bridge, job: bytes, key: DataKey, *, size: int, part: int) -> None:
        self._bridge, self._job, self._key = bridge, job, key
        self._size: int = size
        self._part: int = part
        self._at = 0
        self._n: int = -1
        self._open: bytes = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        start = {0: 0, 1: self._at, 2: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        n, start = divmod(self._at, self._part)
        if self._at >= self._size:
            return 0
        if n != self._n:
            self._open, self._n = self._load(n), n
        block = self._open[start : start + len(buffer)]
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)

    def _load(self, n: int) -> bytes:
        site = self._bridge.site
        row = self._bridge.read(
            lambda tx: one(
                tx,
                "SELECT sealed FROM import_chunk WHERE district=? AND job=? AND part='raw' "
                "AND n=?",
                site.district, self._job, n,
            )
        )  # fmt: skip
        if row is None:
            raise NotOurs
        return unseal(site, self._key, self._job, place_of("raw", n), row[0])


async def read_in(site: Site, job: Job, owner: str, *, raw_chunk: int) -> None:
    """Reads the lines of a list that was received, and guesses its columns."""
    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(_read_all, Bridge(site, loop), job, owner, raw_chunk)
    except SheetRefused as refused:
        await site.store.write(partial(_failed, site=site, job=job.id, told=refused.code))


async def _failed(tx: Tx, site: Site, job: bytes, told: str) -> None:
    row = await locked(tx, site, job)
    if row[0] != READING:
        return
    now = site.clock()
    await tx.run("DELETE FROM import_chunk WHERE district=? AND job=?", site.district, job)
    await tx.run(
        "UPDATE import_job SET state=?, told=?, ended_at=?, owner='' WHERE district=? AND job=?",
        FAILED, told, now, site.district, job,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"import-failed" + job, now)


def _read_all(bridge: Bridge, job: Job, owner: str, raw_chunk: int) -> None:
    site = bridge.site
    wrapped = bridge.write(partial(_begin, site=site, job=job.id, owner=owner))
    key = site.vault.key(job.id, wrapped)
    raw = SealedFile(bridge, job.id, key, size=job.size, part=raw_chunk)
    with io.BufferedReader(raw, 1 << 16) as file:
        sheet = read_sheet(cast("BinaryIO", file))
        lines = sheet.lines
        headings, rest = _headings(job.kind, lines)
        chunks = total = 0
        for part in _parts(rest):
            plain = msgspec.msgpack.encode(part)
            sealed = seal(site, key, job.id, place_of("lines", chunks), plain)
            row: Row = (site.district, job.id, "lines", chunks, len(part), 0, sealed, None)
            bridge.write(partial(_keep, site=site, job=job.id, owner=owner, row=row))
            chunks, total = chunks + 1, total + len(part)
    if not total:
        raise SheetEmpty
    head = msgspec.structs.replace(job.head, headings=headings, columns=guess(job.kind, headings))
    found = (sheet.kind, sheet.encoding, chunks, total, seal_head(site, key, job.id, head))
    bridge.write(partial(_ready, site=site, job=job.id, found=found))


def _headings(kind: str, lines: Iterator[Line]) -> tuple[tuple[str, ...], Iterator[Line]]:
    """The line that is most like headings among the first few, and the lines after it."""
    first: list[Line] = []
    for line in lines:
        first.append(line)
        if len(first) == HEADING_WITHIN:
            break
    if not first:
        raise SheetEmpty
    best = max(range(len(first)), key=lambda at: (len(guess(kind, first[at].cells)), -at))

    def rest() -> Iterator[Line]:
        yield from first[best + 1 :]
        yield from lines

    return first[best].cells, rest()


def _parts(lines: Iterator[Line]) -> Iterator[list[StoredLine]]:
    part: list[StoredLine] = []
    signs = 0
    for line in lines:
        part.append((line.n, line.cells, tuple((at, f.value) for at, f in line.faults)))
        signs += sum(map(len, line.cells))
        if len(part) == LINES_CHUNK or signs > SIGNS_CHUNK:
            yield part
            part, signs = [], 0
    if part:
        yield part


def lines_of(plain: bytes) -> list[Line]:
    """The lines of a part as it is kept."""
    stored = msgspec.msgpack.decode(plain, type=list[StoredLine])
    return [Line(n, cells, tuple((at, CellFault(f)) for at, f in bad)) for n, cells, bad in stored]


async def _begin(tx: Tx, site: Site, job: bytes, owner: str) -> bytes:
    """The wrapped key; what a reading that died had written is gone."""
    row = await locked(tx, site, job)
    if row[0] != READING or not await _renew(tx, site, job, owner):
        raise NotOurs
    await tx.run(
        "DELETE FROM import_chunk WHERE district=? AND job=? AND part='lines'", site.district, job
    )
    return row[1]


async def _keep(tx: Tx, site: Site, job: bytes, owner: str, row: Row) -> None:
    if not await _renew(tx, site, job, owner):
        raise NotOurs
    await tx.insert("import_chunk", [row])


async def _renew(tx: Tx, site: Site, job: bytes, owner: str) -> bool:
    """Goes on holding the list, as long as it is being read and nobody else has it."""
    changed = await tx.run(
        "UPDATE import_job SET lease_until=? WHERE district=? AND job=? AND owner=? AND state=?",
        site.clock() + READ_LEASE_MS, site.district, job, owner, READING,
    )  # fmt: skip
    return changed == 1


async def _ready(tx: Tx, site: Site, job: bytes, found: tuple[str, str, int, int, bytes]) -> None:
    row = await locked(tx, site, job)
    if row[0] != READING:
        raise NotOurs
    await tx.run(
        "DELETE FROM import_chunk WHERE district=? AND job=? AND part='raw'", site.district, job
    )
    await tx.run(
        "UPDATE import_job SET state=?, format=?, encoding=?, chunks=?, lines=?, sealed_head=? "
        "WHERE district=? AND job=?",
        MAPPING, *found, site.district, job,
    )  # fmt: skip


async def lines_in(site: Site, job: bytes, n: int) -> tuple[list[Line], DataKey]:
    """The lines of part `n`, with the key of the list. Raises NotOurs when they are deleted."""
    row = await site.store.read(
        lambda tx: one(
            tx,
            "SELECT j.key, c.sealed FROM import_job j JOIN import_chunk c ON "
            "c.district=j.district AND c.job=j.job WHERE j.district=? AND j.job=? AND "
            "c.part='lines' AND c.n=?",
            site.district, job, n,
        )
    )  # fmt: skip
    if row is None:
        raise NotOurs
    key = site.vault.key(job, row[0])
    plain = await asyncio.to_thread(unseal, site, key, job, place_of("lines", n), row[1])
    return lines_of(plain), key
