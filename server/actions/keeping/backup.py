"""Backup and restore, the same on either engine.

A backup counts only when it has been read back whole. Then, and only then, each tablet may drop its
sealed batches up to the head of its chain as it stood in the snapshot (`device.backed_*`).
A restore raises the feed epoch: tablets take a new snapshot and send again what the backup lacks.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from crypto.columns import KekRing
from server.actions.archives.ledger import audit
from server.actions.keeping.backup_file import FORMAT, BackupRefused, Head, Reader, TableSum, Writer
from server.actions.keeping.site import Site, kek_ring
from server.errors import StartRefused
from server.rules.sign_in import FULL_AFTER_MS
from server.settings import Settings
from server.store.dump import Snapshot, is_empty, load_rows, read_table, snapshot
from server.store.ids import new_id
from server.store.migrate import known, migrate, pending
from server.store.store import Store
from server.store.tables import SPECS
from server.store.tx import Row, Tx, locking
from server.store.vault import NOBODY
from sync.limits import DAY_MS

SUFFIX: Final = ".gwk"
REFUSED: Final = ".refused"

Progress = Callable[[str, int], None]
"""(table, rows so far) now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A verified backup."""

    path: Path
    taken_at: int
    verified_at: int
    digest: bytes
    rows: int
    tables: dict[str, TableSum]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    taken_at: int
    district: int
    rows: int
    feed_epoch: int


@dataclass(frozen=True, slots=True)
class _Chain:
    device: bytes
    epoch: int
    seq: int


async def backup(site: Site, folder: Path, *, progress: Progress | None = None) -> Backup:
    """Writes, verifies, then moves the tablets' marks. BackupRefused if it reads back wrong."""
    await asyncio.to_thread(partial(folder.mkdir, mode=0o700, parents=True, exist_ok=True))
    taken_at = site.clock()
    path = folder / _name(site.district, taken_at)
    async with snapshot(site.store) as snap:
        chains = await _chains(snap, site.district)
        digest = await _write(site, snap, path, taken_at, progress)
    try:
        reader = await asyncio.to_thread(partial(_read_back, path, site.vault.ring))
        if reader.digest != digest:
            raise BackupRefused("The backup is refused: it reads back other than it was written.")
    except BackupRefused:
        # Kept to be looked at, under a name that nobody takes for a backup.
        await asyncio.to_thread(path.replace, path.with_suffix(REFUSED))
        raise
    done = Backup(
        path=path, taken_at=taken_at, verified_at=site.clock(), digest=digest,
        rows=sum(table.rows for table in reader.sums.values()), tables=reader.sums,
    )  # fmt: skip
    await site.store.write(partial(_mark, site=site, done=done, chains=chains))
    return done


def _name(district: int, taken_at: int) -> str:
    moment = datetime.fromtimestamp(taken_at / 1000, UTC).strftime("%Y%m%dT%H%M%S")
    return f"gongwei-{district}-{moment}-{taken_at % 1000:03d}{SUFFIX}"


async def _chains(snap: Snapshot, district: int) -> list[_Chain]:
    sql = "SELECT device, chain_epoch, head_seq FROM device WHERE district=? ORDER BY device"
    return [_Chain(*row) async for rows in snap.stream(sql, district) for row in rows]


async def _district_key(snap: Snapshot, district: int) -> bytes:
    async for rows in snap.stream("SELECT key FROM district WHERE district=?", district):
        return rows[0][0]
    raise AssertionError("the district of an open site has its row")


async def _write(
    site: Site, snap: Snapshot, path: Path, taken_at: int, progress: Progress | None
) -> bytes:
    """All tables of the snapshot into one file, durable under its name. Returns its SHA-256."""
    wrapped = await _district_key(snap, site.district)
    head = Head(
        format=FORMAT, migrations=tuple(known()), district=site.district, key=wrapped,
        taken_at=taken_at, columns={name: spec.columns for name, spec in SPECS.items()},
    )  # fmt: skip
    writer = await asyncio.to_thread(Writer, path, head, site.vault.key(NOBODY, wrapped))
    try:
        for name in SPECS:
            count = 0
            async for rows in read_table(snap, name):
                await asyncio.to_thread(writer.rows, name, rows)
                count += len(rows)
                if progress is not None:
                    progress(name, count)
        return await asyncio.to_thread(writer.finish)
    except BaseException:
        writer.abandon()
        raise


def _read_back(path: Path, ring: KekRing) -> Reader:
    """The file once for its seal and once frame by frame, counted and hashed per table."""
    reader = Reader(path, ring)
    try:
        reader.check()
        for _ in reader.tables():
            pass
    finally:
        reader.close()
    return reader


async def _mark(tx: Tx, site: Site, done: Backup, chains: Sequence[_Chain]) -> None:
    """Each tablet's mark goes up to what the file holds of its chain, never down."""
    district = site.district
    rows = await tx.rows(
        "SELECT device, backed_epoch, backed_seq FROM device WHERE district=? "
        "ORDER BY device" + locking(tx),
        district,
    )
    now = {device: (epoch, seq) for device, epoch, seq in rows}
    risen = [
        (district, chain.device, chain.epoch, chain.seq)
        for chain in chains
        if chain.seq and (chain.epoch, chain.seq) > now.get(chain.device, (2**62, 0))
    ]
    await tx.update("device", ("district", "device"), ("backed_epoch", "backed_seq"), risen)
    await tx.insert(
        "backup_mark", [(district, done.taken_at, done.verified_at, done.digest, done.rows)]
    )
    await audit(tx, district, "act", b"backup" + done.digest, done.verified_at)


async def restore(settings: Settings, file: Path, *, progress: Progress | None = None) -> Restored:
    """Into the database of the settings, made and migrated first. Raises as `restore_into`."""
    async with Store(settings.database_url) as store:
        await migrate(store)
        return await restore_into(
            store, file, settings.kek_file, now=settings.clock(), progress=progress
        )


async def restore_into(
    store: Store, file: Path, kek_file: Path, *, now: int, progress: Progress | None = None
) -> Restored:
    """Loads a backup into an empty, migrated database of either engine, whole or not at all.

    Raises StartRefused (BackupRefused) with one sentence: not empty, not whole, made by another
    version, or under keys that are not in the key file.
    """
    if await pending(store):
        raise StartRefused("The database is not migrated: run `python -m server migrate` first.")
    reader = await asyncio.to_thread(Reader, file, kek_ring(kek_file))
    try:
        await asyncio.to_thread(reader.check)
        _fits(reader.head)
        return await store.write(partial(_load, reader=reader, now=now, progress=progress))
    finally:
        reader.close()


def _fits(head: Head) -> None:
    columns: dict[str, Any] = {name: spec.columns for name, spec in SPECS.items()}
    if head.format != FORMAT or list(head.migrations) != known() or head.columns != columns:
        raise BackupRefused(
            "The backup was made by another version: restore it with that version, then migrate."
        )


async def _load(tx: Tx, reader: Reader, now: int, progress: Progress | None) -> Restored:
    if not await is_empty(tx):
        raise BackupRefused("The database is not empty: a backup is restored into a new one only.")
    total = 0
    for table, rows in reader.tables():
        await load_rows(tx, table, rows)
        total += len(rows)
        if progress is not None:
            progress(table, total)
    head = reader.head
    await _raise_epoch(tx, now)
    await _tell_what_is_open(tx, now)
    await _ask_what_ended(tx, now)
    await _doubt_residents(tx, now)
    await _tell_nobody_again(tx, now)
    await spare_series(tx, now)
    epoch = await tx.rows("SELECT feed_epoch FROM district WHERE district=?", head.district)
    await audit(tx, head.district, "act", b"restore" + reader.digest, now)
    return Restored(
        taken_at=head.taken_at, district=head.district, rows=total, feed_epoch=epoch[0][0]
    )


EPOCHS_SINCE_MS: Final = 1_767_225_600_000  # 2026-01-01 UTC
EPOCH_MS: Final = 600_000


async def _raise_epoch(tx: Tx, now: int) -> None:
    """Above every epoch a tablet may have seen. The file cannot know of a restore that came after
    it, so the same file restored twice must not give the same epoch twice: the epoch is also a
    count of ten minutes. It stays below 2^21, so that a revision is exact in a JSON number.
    """
    await tx.run(
        "UPDATE district SET feed_epoch=CASE WHEN feed_epoch<? THEN ? ELSE feed_epoch+1 END",
        max(1, (now - EPOCHS_SINCE_MS) // EPOCH_MS), max(1, (now - EPOCHS_SINCE_MS) // EPOCH_MS),
    )  # fmt: skip


async def _ask_what_ended(tx: Tx, now: int) -> None:
    """What was ended after the backup is alive again in it: for every tablet that may get a page,
    somebody says whether it was lost or revoked since, and which consents were taken back.
    """
    rows = await tx.rows("SELECT district, device, facility FROM device WHERE status='enrolled'")
    tasks: list[Row] = [
        (district, "restored", device, None, facility, now, now + DAY_MS, None, None, "")
        for district, device, facility in rows
    ]
    await tx.insert("task", tasks, ignore=True)


async def _doubt_residents(tx: Tx, now: int) -> None:
    """A telephone that was lost after the backup is bound again in it: nobody stays signed in, and
    for 72 hours no sign-in reaches export, sharing and family rights.
    """
    await tx.run("UPDATE portal_session SET ended='restored' WHERE ended=''")
    await tx.run("UPDATE day_pass SET ended='restored' WHERE ended=''")
    await tx.run(
        "UPDATE bound_phone SET full_at=? WHERE ended_at IS NULL AND full_at<?",
        now + FULL_AFTER_MS, now + FULL_AFTER_MS,
    )  # fmt: skip


SERIES_SPARED: Final = 25  # more tablets than a hall has
SERIES_DAYS: Final = 7  # a day is worked on, also when it has ended


async def spare_series(tx: Tx, now: int) -> None:
    """Tablets may count tickets and specimens in series that were given out after the backup: on
    no checkup day is one of those given to another tablet.
    """
    since = datetime.fromtimestamp(now / 1000, UTC) - timedelta(days=SERIES_DAYS)
    days = await tx.rows(
        "SELECT d.district, d.day, COALESCE((SELECT MAX(s.series) FROM checkup_series s WHERE "
        "s.district=d.district AND s.day=d.day), 0) FROM checkup_day d WHERE d.on_day>=?",
        since.date().isoformat(),
    )  # fmt: skip
    spared: list[Row] = [
        (district, day, NOBODY, newest + SERIES_SPARED, newest + SERIES_SPARED)
        for district, day, newest in days
    ]
    await tx.insert("checkup_series", spared)


async def _tell_nobody_again(tx: Tx, now: int) -> None:
    """What waited to leave at the time of the backup has left since, or is too late: it stays in
    the inbox, and nobody's telephone gets it a second time. So with what was due to be told of a
    checkup day; reminders of days ahead go on.
    """
    await tx.run("UPDATE checkup_told SET told_at=? WHERE told_at IS NULL AND due_at<=?", now, now)
    await tx.run(
        "UPDATE notice SET state='held', why='restored' WHERE state IN ('waiting', 'sending')"
    )


async def _tell_what_is_open(tx: Tx, now: int) -> None:
    """Outcomes after the backup are forgotten here and known to tablets: each is told again of its
    changes that are open (final ones cannot have changed).
    """
    rows = await tx.rows(
        "SELECT district, device, change, state, reason FROM change WHERE device IS NOT NULL "
        "AND state IN ('held', 'quarantined', 'conflict', 'proposal') ORDER BY change"
    )
    await tx.insert(
        "outcome",
        [
            (district, device, new_id(now), None, change, state, reason, now)
            for district, device, change, state, reason in rows
        ],
    )
