"""Lists being read into the district: what a job is, who may see it, its sealed content.

The content of a list is sealed from its first byte under a key of its own; when it is deleted the
key goes as well. Nothing of it is ever written to a readable file. The counts stay.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.actions.lists.registered_rows import forget_unmade
from server.actions.lists.sheet_parts import SheetRefused
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.records.sheet_columns import (
    PEOPLE,
    RECORD_KINDS,
    REGISTERED,
    columns_of,
    is_restricted,
    missing,
)
from server.rules.accounts import StaffRole
from server.rules.elsewhere import needs_source
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_IMPORT
from sync.limits import DAY_MS

KINDS: Final = (PEOPLE, *RECORD_KINDS, *REGISTERED)
OPEN_KINDS: Final = tuple(each for each in KINDS if not is_restricted(each))
SEALED_KIND: Final = "restricted"  # in the clear of a list of class B; which it is stays sealed
SYSTEM_MAX: Final = 60
MIB: Final = 1024 * 1024
CSV_MAX: Final = 200 * MIB
XLSX_MAX: Final = 60 * MIB
RAW_CHUNK: Final = MIB
LINES_CHUNK: Final = 1_000  # lines a transaction
KEEP_DAYS: Final = 30  # of the content, after the end
LISTED: Final = 50

RECEIVING, READING, MAPPING = "receiving", "reading", "mapping"
RUNNING, STOPPED, DONE, FAILED = "running", "stopped", "done", "failed"
AT_WORK: Final = (READING, RUNNING)
ENDED: Final = (DONE, FAILED)


class FileTooLarge(SheetRefused):
    code = "file_too_large"
    status = 413
    say = "文件太大：CSV 最多 200 MB，xlsx 最多 60 MB。请拆成几份再上传。"


class ColumnsMissing(RuleSaysNo):
    """The mapping lacks what every line needs; `labels` says what."""

    say = "还有必需的列没有对上。"

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__("columns_missing")
        self.labels = labels


@dataclass(frozen=True, slots=True)
class Importer:
    """Who reads a list in. `facility`: whose people alone; None: any of the district."""

    staff: bytes
    facility: bytes | None
    restricted: bool


class Head(msgspec.Struct, frozen=True):
    """Sealed content of a job's row. `columns`: {column from 0: what it is}.

    `kind`: of a list of class B, whose row does not say it. `system`, `exported_at` (ms UTC, 0
    unknown): where the list comes from and when it was given out there.
    """

    name: str
    headings: tuple[str, ...] = ()
    columns: dict[int, str] = {}
    kind: str = ""
    system: str = ""
    exported_at: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One list as pages show it."""

    id: bytes
    kind: str
    facility: bytes | None
    staff: bytes
    restricted: bool
    state: str
    told: str
    format: str
    encoding: str
    size: int
    chunks: int
    lines: int
    next_chunk: int
    created: int
    matched: int
    possible: int
    refused: int
    worked_ms: int
    made_at: int
    started_at: int | None
    ended_at: int | None
    deleted_at: int | None
    head: Head

    @property
    def done(self) -> int:
        """Lines that have ended."""
        return self.created + self.matched + self.possible + self.refused

    @property
    def rate(self) -> float:
        """Lines a second of work; 0 before the first chunk."""
        return self.done * 1000 / self.worked_ms if self.worked_ms else 0.0

    @property
    def left_s(self) -> int | None:
        """Seconds of work left at this rate; None before the first chunk."""
        return round((self.lines - self.done) / self.rate) if self.rate else None


FIELDS: Final = (
    "job, kind, facility, staff, restricted, state, told, format, encoding, size, chunks, lines, "
    "next_chunk, created, matched, possible, refused, worked_ms, made_at, started_at, ended_at, "
    "deleted_at, key, sealed_head"
)


def importer_of(signed: Signed) -> Importer:
    """The county reads in for every facility, a manager for the own. Raises NotYours."""
    if signed.role is StaffRole.COUNTY:
        return Importer(signed.staff, None, signed.restricted)
    if signed.role is StaffRole.MANAGER:
        return Importer(signed.staff, signed.facility, signed.restricted)
    raise NotYours


# Sealing.


def seal(site: Site, key: DataKey, job: bytes, place: bytes, plain: bytes) -> bytes:
    """Content of a list, made small first. `place`: which part and number."""
    return key.seal(site.vault.at(T_IMPORT, job + place), zlib.compress(plain, 1))


def unseal(site: Site, key: DataKey, job: bytes, place: bytes, sealed: bytes) -> bytes:
    return zlib.decompress(key.open(site.vault.at(T_IMPORT, job + place), sealed))


def place_of(part: str, n: int) -> bytes:
    """part: raw | lines | results | head."""
    return part.encode() + n.to_bytes(4)


HEAD_PLACE: Final = place_of("head", 0)


def seal_head(site: Site, key: DataKey, job: bytes, head: Head) -> bytes:
    return seal(site, key, job, HEAD_PLACE, msgspec.json.encode(head))


def job_of(site: Site, row: Row) -> Job:
    *plain, wrapped, sealed = row
    head = Head("")
    if sealed:
        key = site.vault.key(row[0], wrapped)
        said = unseal(site, key, row[0], HEAD_PLACE, sealed)
        head = msgspec.json.decode(said, type=Head)
    plain[1] = head.kind or plain[1]
    return Job(*plain, head=head)


# Reading.


async def find(site: Site, signed: Signed, job: bytes) -> Job:
    """A job of this person's place and, of a list that may hold class B, scope. Raises NotYours."""
    whose = importer_of(signed)
    found = await site.store.read(partial(read_job, site=site, job=job))
    if found is None or whose.facility not in (None, found.facility):
        raise NotYours
    if found.restricted and not whose.restricted:
        raise NotYours
    return found


async def read_job(tx: Tx, site: Site, job: bytes) -> Job | None:
    row = await one(
        tx, f"SELECT {FIELDS} FROM import_job WHERE district=? AND job=?", site.district, job
    )
    return None if row is None else job_of(site, row)


async def newest(site: Site, signed: Signed) -> list[Job]:
    """The newest jobs of this person's place."""
    whose = importer_of(signed)

    async def read(tx: Tx) -> list[Job]:
        mine = "" if whose.facility is None else " AND facility=?"
        args = () if whose.facility is None else (whose.facility,)
        rows = await tx.rows(
            f"SELECT {FIELDS} FROM import_job WHERE district=?{mine} AND state<>'receiving' "
            "AND restricted IN (?, ?) ORDER BY made_at DESC, job DESC LIMIT ?",
            site.district, *args, False, whose.restricted, LISTED,
        )  # fmt: skip
        return [job_of(site, row) for row in rows]

    return await site.store.read(read)


# Steps of a person.


async def map_columns(site: Site, signed: Signed, job: bytes, columns: Mapping[int, str]) -> None:
    """Says which column is what, before the start. Raises NotYours, RuleSaysNo."""
    await put_columns(site, await find(site, signed, job), columns)


async def put_columns(site: Site, job: Job, columns: Mapping[int, str]) -> Job:
    """The job with these columns. Raises RuleSaysNo."""
    known = {each.name for each in columns_of(job.kind)}
    names = list(columns.values())
    if (
        any(name not in known for name in names)
        or len(set(names)) != len(names)
        or any(not 0 <= at < len(job.head.headings) for at in columns)
    ):
        raise RuleSaysNo("columns")
    return await _put_head(site, job, msgspec.structs.replace(job.head, columns=dict(columns)))


async def say_source(site: Site, job: Job, *, system: str, exported_at: int) -> Job:
    """Says where a list comes from, before the start. Raises RuleSaysNo."""
    if exported_at > site.clock():
        raise RuleSaysNo("exported_ahead")
    said = " ".join(system.split())[:SYSTEM_MAX]
    head = msgspec.structs.replace(job.head, system=said, exported_at=exported_at)
    return await _put_head(site, job, head)


async def _put_head(site: Site, job: Job, head: Head) -> Job:
    async def write(tx: Tx) -> None:
        row = await locked(tx, site, job.id)
        if row[0] != MAPPING:
            raise RuleSaysNo("not_now")
        sealed = seal_head(site, site.vault.key(job.id, row[1]), job.id, head)
        await tx.run(
            "UPDATE import_job SET sealed_head=? WHERE district=? AND job=?",
            sealed, site.district, job.id,
        )  # fmt: skip
        said = b"import-head" + job.id + sha256(sealed).digest()[:16]
        await audit(tx, site.district, "act", said, site.clock())

    await site.store.write(write)
    return await job_by_id(site, job.id)


async def job_by_id(site: Site, job: bytes) -> Job:
    """For the operator. Raises NotYours."""
    found = await site.store.read(partial(read_job, site=site, job=job))
    if found is None:
        raise NotYours
    return found


async def start(site: Site, signed: Signed, job: bytes) -> None:
    """Begins, or goes on where it was stopped. Raises NotYours, ColumnsMissing, RuleSaysNo."""
    found = await find(site, signed, job)
    lacks = missing(found.kind, found.head.columns)
    if lacks:
        raise ColumnsMissing(lacks)
    await begin(site, job, signed.staff)


def needs_source_of(site: Site, job: Job) -> bool:
    """Whether it must be said where the list comes from."""
    return needs_source(site.rules.code, job.kind, civil_day(site.clock()))


def lacks_source(site: Site, job: Job) -> bool:
    """Whether that is still to be said."""
    return needs_source_of(site, job) and not (job.head.system and job.head.exported_at)


async def begin(site: Site, job: bytes, staff: bytes) -> None:
    """Begins or goes on, asked by whoever may. Raises RuleSaysNo."""
    if lacks_source(site, await job_by_id(site, job)):
        raise RuleSaysNo("source_missing")
    await site.store.write(
        partial(turn, site=site, job=job, before=(MAPPING, STOPPED), after=RUNNING, staff=staff)
    )


async def stop(site: Site, signed: Signed, job: bytes) -> None:
    """No further chunk is begun. Raises NotYours, RuleSaysNo."""
    await find(site, signed, job)
    await site.store.write(
        partial(turn, site=site, job=job, before=(RUNNING,), after=STOPPED, staff=signed.staff)
    )


async def delete(site: Site, signed: Signed, job: bytes) -> None:
    """Destroys the content of a list that is not at work. Raises NotYours, RuleSaysNo."""
    found = await find(site, signed, job)
    if found.state in AT_WORK:
        raise RuleSaysNo("not_now")
    await site.store.write(partial(destroy, site=site, job=job, staff=signed.staff))


async def destroy_alone(site: Site, job: bytes) -> None:
    """`destroy` in a transaction of its own."""
    await site.store.write(partial(destroy, site=site, job=job))


async def note_handed_back(site: Site, signed: Signed, job: bytes) -> None:
    """Somebody takes the list with its results away: written down like a reading."""
    now = site.clock()

    async def write(tx: Tx) -> None:
        await audit(tx, site.district, "act", b"import-handed-back" + job + signed.staff, now)

    await site.store.write(write)


async def turn(
    tx: Tx, site: Site, job: bytes, *, before: tuple[str, ...], after: str, staff: bytes
) -> None:
    """From one state into another, with its audit leaf. Raises RuleSaysNo."""
    row = await locked(tx, site, job)
    if row[0] not in before:
        raise RuleSaysNo("not_now")
    now = site.clock()
    await tx.run(
        "UPDATE import_job SET state=?, told='', started_at=COALESCE(started_at, ?) "
        "WHERE district=? AND job=?",
        after, now if after == RUNNING else None, site.district, job,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"import-" + after.encode() + job + staff, now)


async def locked(tx: Tx, site: Site, job: bytes) -> Row:
    """(state, wrapped key, next chunk, chunks) of a job, its row locked. Raises NotYours."""
    row = await one(
        tx,
        "SELECT state, key, next_chunk, chunks FROM import_job WHERE district=? AND job=?"
        f"{locking(tx)}",
        site.district, job,
    )  # fmt: skip
    if row is None:
        raise NotYours
    return row


async def destroy(tx: Tx, site: Site, job: bytes, staff: bytes = NOBODY) -> None:
    """Content and key; the row with its counts stays."""
    now = site.clock()
    await forget_unmade(tx, site.district, job)
    await tx.run("DELETE FROM import_chunk WHERE district=? AND job=?", site.district, job)
    await tx.run(
        "UPDATE import_job SET key=?, sealed_head=?, deleted_at=?, state=CASE WHEN state IN "
        "('done','failed') THEN state ELSE 'failed' END, told=CASE WHEN state IN ('done',"
        "'failed') THEN told ELSE 'deleted' END, ended_at=COALESCE(ended_at, ?) "
        "WHERE district=? AND job=?",
        b"", b"", now, now, site.district, job,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"import-deleted" + job + staff, now)


async def delete_old(site: Site) -> int:
    """Content kept past its days, and what was never fully received. Returns how many lists."""
    now = site.clock()
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT job FROM import_job WHERE district=? AND deleted_at IS NULL AND "
            "((ended_at<?) OR (state IN ('mapping','stopped') AND made_at<?) OR "
            "(state='receiving' AND made_at<?)) ORDER BY job LIMIT 100",
            site.district, now - KEEP_DAYS * DAY_MS, now - KEEP_DAYS * DAY_MS, now - DAY_MS,
        )
    )  # fmt: skip
    for (job,) in rows:
        await site.store.write(partial(destroy, site=site, job=job))
    return len(rows)
