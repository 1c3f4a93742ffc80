"""The page a tablet gets: one closed csn range of each of its panels, then part of a snapshot.

Read after the device's lock. Every put is joined with the present membership: who is not in the
panel now is left out, whatever the feed says; leaves always go. What is answered is written into
`copy` in the same transaction, so the question "who holds my archive" has an answer before the
page leaves the server.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import msgspec
from msgspec import Raw

from server.actions.intake import civil_day
from server.actions.ledger import Ledger
from server.actions.settle import open_change
from server.actions.site import Site
from server.actions.standing import DeviceRow
from server.store.tx import Row, Tx, one, sharing
from server.store.vault import T_CELLS, T_RESTRICTED
from sync import digest, wire
from sync.limits import (
    DIGEST_BUCKETS,
    DIGEST_REPAIRS,
    PAGE_BYTES,
    PAGE_ROWS,
    RECENT_DAYS,
    SNAPSHOT_ROWS,
)

_EVENT: Final = (
    "c.resident, c.change, c.cls, c.rev, c.body, c.under, c.staff, c.recorded_at, c.received_at, "
    "c.state, c.credit_facility, c.flags, r.key"
)
_RESIDENT: Final = (
    "r.resident, r.rev, r.rev_restricted, r.status, r.archive_no, r.key, r.sealed_cells, "
    "CASE WHEN m.ground='assigned' THEN r.sealed_restricted END"
)
# A consent opens class A; restricted facts go to the team that answers for the resident only.
_GIVEN: Final = "(c.cls='A' OR m.ground='assigned')"
_SHOWN: Final = "c.state IN ('applied','applied_guest') AND c.shape='event'"
_A_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LANES: Final = 3  # 0 roster and registers, 1 recent records, 2 history


@dataclass(slots=True)
class _Packer:
    site: Site
    tx: Tx
    device: DeviceRow
    panel: bytes
    now: int
    given: set[bytes] = field(default_factory=set[bytes])  # residents whose content is in the page
    size: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        return ("A", "B") if self.device.restricted else ("A",)

    def resident_rows(self, row: Row) -> list[Raw]:
        """The register cells of one resident, one put an access class."""
        who, rev, rev_restricted, status, number, wrapped, cells, restricted = row
        key, vault = self.site.vault.key(who, wrapped), self.site.vault
        plain = key.open(vault.at(T_CELLS, who, who, rev), cells)
        rows = [self._resident(who, rev, "A", status, number, plain)]
        if restricted and "B" in self.classes:
            plain = key.open(vault.at(T_RESTRICTED, who, who, rev_restricted), restricted)
            rows.append(self._resident(who, rev_restricted, "B", status, number, plain))
        self.given.add(who)
        return rows

    def _resident(
        self, who: bytes, rev: int, cls: str, status: str, number: str, plain: bytes
    ) -> Raw:
        put = wire.ResidentPut(id=who, rev=rev, cls=cls, status=status, cells=Raw(plain), no=number)
        return self._counted(wire.encode(put))

    def event_row(self, row: Row) -> Raw:
        who, change, cls, rev, body, under, staff, at, received, state, credit, flags, wrapped = (
            row[:13]
        )
        _, raw = open_change(
            self.site, change=change, resident=who, under=under, wrapped=wrapped, body=body
        )
        self.given.add(who)
        put = wire.EventPut(
            rev=rev, cls=cls, change=Raw(raw), staff=staff, at=at, recv=received, state=state,
            credit=credit, flags=tuple(flags.split(",")) if flags else (),
        )  # fmt: skip
        return self._counted(wire.encode(put))

    def leave_row(self, who: bytes, csn: int) -> Raw:
        return self._counted(wire.encode(wire.Leave(id=who, csn=csn)))

    def _counted(self, encoded: bytes) -> Raw:
        self.size += len(encoded)
        return Raw(encoded)


async def pack(
    tx: Tx,
    site: Site,
    device: DeviceRow,
    cursor: wire.Cursor,
    claim: wire.DigestClaim | None,
    feed_epoch: int,
    now: int,
) -> wire.Page:
    """One panel's page.

    The caller has checked that the device carries the panel and is enrolled.
    """
    packer = _Packer(site, tx, device, cursor.panel, now)
    head = await one(
        tx,
        f"SELECT csn, root_open, root_restricted FROM panel "
        f"WHERE district=? AND panel=?{sharing(tx)}",
        site.district,
        cursor.panel,
    )
    assert head is not None
    csn = head[0]
    if cursor.epoch != feed_epoch or cursor.csn > csn or not _can_go_on(cursor.snap):
        page = await _first_page(packer, feed_epoch, csn)
    else:
        page = await _tail(packer, cursor, feed_epoch, csn)
        if not page.more and cursor.snap is not None:
            page = await _snapshot(packer, page, cursor.snap)
    if not page.more:
        page = await _digest(packer, page, head, claim)
    await _note(packer, page, feed_epoch)
    return page


def _can_go_on(snap: wire.Snap | None) -> bool:
    """Whether a snapshot under way stands at a place this server could have named; else it begins
    again.
    """
    if snap is None:
        return True
    if snap.lane == 0:
        return len(snap.after) in (0, 16) and _A_DAY.fullmatch(snap.cut) is not None
    day = snap.after[32:].decode("ascii", "replace") or snap.cut
    return (
        len(snap.after) in (0, 42)
        and _A_DAY.fullmatch(day) is not None
        and _A_DAY.fullmatch(snap.cut) is not None
    )


async def _tail(packer: _Packer, cursor: wire.Cursor, feed_epoch: int, csn: int) -> wire.Page:
    """(cursor, end]: the newest mention of each entity, in order."""
    feed = await packer.tx.rows(
        "SELECT csn, op, resident, entity FROM feed WHERE district=? AND panel=? AND csn>? "
        "ORDER BY csn LIMIT ?",
        packer.site.district, packer.panel, cursor.csn, PAGE_ROWS + 1,
    )  # fmt: skip
    feed = feed[:PAGE_ROWS]
    latest = {(op, entity): number for number, op, _, entity in feed}
    wanted = [row for row in feed if latest[row[1], row[3]] == row[0]]
    residents = await _residents(packer, {row[2] for row in wanted if row[1] == "resident"})
    events = await _events(packer, {row[3] for row in wanted if row[1] == "event"})
    rows: list[Raw] = []
    end = feed[-1][0] if feed else csn
    for number, op, who, entity in wanted:
        if op == "leave":
            rows.append(packer.leave_row(who, number))
        elif op == "resident" and who in residents:
            rows += packer.resident_rows(residents[who])
        elif op == "event" and entity in events:
            rows.append(packer.event_row(events[entity]))
        if packer.size > PAGE_BYTES:
            end = number
            break
    more = end < csn
    return wire.Page(
        panel=packer.panel, epoch=feed_epoch, start=cursor.csn, end=end, rows=tuple(rows),
        snap=cursor.snap, more=more,
    )  # fmt: skip


def _member(now: int) -> str:
    return f"m.panel=? AND (m.until IS NULL OR m.until > {now})"


async def _residents(packer: _Packer, ids: set[bytes]) -> dict[bytes, Row]:
    if not ids:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {_RESIDENT} FROM resident r JOIN member m ON m.district=r.district "
        f"AND m.resident=r.resident AND {_member(packer.now)} "
        "WHERE r.district=? AND r.resident {ids}",
        sorted(ids),
        packer.panel,
        packer.site.district,
    )
    return {row[0]: row for row in rows}


async def _events(packer: _Packer, ids: set[bytes]) -> dict[bytes, Row]:
    if not ids:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {_EVENT} FROM change c JOIN member m ON m.district=c.district "
        f"AND m.resident=c.resident AND {_member(packer.now)} "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident "
        f"WHERE c.district=? AND {_SHOWN} AND {_GIVEN} AND c.change {{ids}}",
        sorted(ids),
        packer.panel,
        packer.site.district,
    )
    return {row[1]: row for row in rows if row[2] in packer.classes}


async def _first_page(packer: _Packer, feed_epoch: int, csn: int) -> wire.Page:
    """Opens a snapshot at the present csn with the whole roster: who is not in it has left."""
    left: list[Raw] = []
    roster = await packer.tx.rows(
        f"SELECT m.resident FROM member m WHERE {_member(packer.now)} AND m.district=? "
        "ORDER BY m.resident",
        packer.panel,
        packer.site.district,
    )
    # Who left before this tablet ever heard of it is told to it now, so that the purge is stated.
    for (who,) in await packer.tx.rows(
        "SELECT c.resident FROM copy c WHERE c.district=? AND c.device=? AND c.state='asked' "
        "AND NOT EXISTS (SELECT 1 FROM member m JOIN device_panel p ON p.district=m.district "
        "AND p.panel=m.panel WHERE m.district=c.district AND m.resident=c.resident "
        "AND p.device=c.device) ORDER BY c.resident",
        packer.site.district,
        packer.device.device,
    ):
        left.append(packer.leave_row(who, csn))
    cut = (civil_day(packer.now) - timedelta(days=RECENT_DAYS)).isoformat()
    page = wire.Page(
        panel=packer.panel, epoch=feed_epoch, start=csn, end=csn,
        roster=b"".join(row[0] for row in roster), rows=tuple(left),
    )  # fmt: skip
    return await _snapshot(packer, page, wire.Snap(at=csn, lane=0, after=b"", cut=cut))


async def _snapshot(packer: _Packer, page: wire.Page, snap: wire.Snap) -> wire.Page:
    """The next part of a snapshot, lane by lane, until the page is full."""
    rows: list[Raw] = []
    while snap.lane < LANES and len(rows) < SNAPSHOT_ROWS and packer.size < PAGE_BYTES:
        part, after = await _lane(packer, snap, SNAPSHOT_ROWS - len(rows))
        rows += part
        snap = wire.Snap(
            at=snap.at, lane=snap.lane if after else snap.lane + 1, after=after, cut=snap.cut
        )
    done = snap.lane >= LANES
    return wire.Page(
        panel=page.panel, epoch=page.epoch, start=page.start, end=page.end, rows=page.rows,
        roster=page.roster, snap_rows=tuple(rows), snap=None if done else snap, more=not done,
    )  # fmt: skip


async def _lane(packer: _Packer, snap: wire.Snap, most: int) -> tuple[list[Raw], bytes]:
    """Rows of one lane after `snap.after`; the position to go on from, empty at the lane's end."""
    rows: list[Raw] = []
    if snap.lane == 0:
        found = await packer.tx.rows(
            f"SELECT {_RESIDENT} FROM member m JOIN resident r ON r.district=m.district "
            f"AND r.resident=m.resident WHERE {_member(packer.now)} AND m.district=? "
            "AND m.resident > ? ORDER BY m.resident LIMIT ?",
            packer.panel, packer.site.district, snap.after, most,
        )  # fmt: skip
        for row in found:
            rows += packer.resident_rows(row)
            if packer.size > PAGE_BYTES:
                return rows, row[0]
        return rows, found[-1][0] if len(found) == most else b""
    who, day, change = snap.after[:16], snap.after[32:].decode(), snap.after[16:32]
    side = ">=" if snap.lane == 1 else "<"
    found = await packer.tx.rows(
        f"SELECT {_EVENT}, c.day FROM member m JOIN change c ON c.district=m.district "
        "AND c.resident=m.resident JOIN resident r ON r.district=m.district AND "
        f"r.resident=m.resident WHERE {_member(packer.now)} AND m.district=? AND m.resident>=? AND "
        f"(m.resident>? OR c.day>? OR (c.day=? AND c.change>?)) AND {_SHOWN} AND {_GIVEN} "
        f"AND c.day{side}? "
        "ORDER BY m.resident, c.day, c.change LIMIT ?",
        packer.panel, packer.site.district, who, who, day, day, change, snap.cut, most,
    )  # fmt: skip
    for row in found:
        if row[2] in packer.classes:
            rows.append(packer.event_row(row))
        if packer.size > PAGE_BYTES:
            return rows, row[0] + row[1] + row[13].encode()
    last = found[-1] if len(found) == most else None
    return rows, last[0] + last[1] + last[13].encode() if last is not None else b""


async def _digest(
    packer: _Packer, page: wire.Page, head: Row, claim: wire.DigestClaim | None
) -> wire.Page:
    """Nothing more is waiting: the sum at exactly this csn, and help where the tablet's differs."""
    csn, root_open, root_restricted = head
    if page.end != csn:
        return page
    restricted = "B" in packer.classes
    root = digest.sum_of((root_open, root_restricted)) if restricted else root_open
    if await _has_ended(packer):
        return page  # the sum still counts somebody who is not served any more; soon it will not
    page = msgspec.structs.replace(page, more=False, root=root)
    if claim is None or claim.csn != csn:
        return page
    missed = claim.root != root
    if missed:
        page = await _repair(packer, page, claim)
    await _count_misses(packer, missed=missed, mended=bool(page.mended))
    return page


async def _has_ended(packer: _Packer) -> bool:
    """Whether a consent of this panel is over whose leave has not been written yet."""
    row = await one(
        packer.tx,
        "SELECT 1 FROM member WHERE district=? AND until<=? AND panel=? LIMIT 1",
        packer.site.district, packer.now, packer.panel,
    )  # fmt: skip
    return row is not None


async def _count_misses(packer: _Packer, *, missed: bool, mended: bool) -> None:
    """Three in a row are a person's matter, not a loop; while pages mend buckets it may take one
    more for each bucket.
    """
    district, device = packer.site.district, packer.device
    sql = "UPDATE device SET digest_misses=CASE WHEN ? THEN digest_misses+1 ELSE 0 END "
    await packer.tx.run(sql + "WHERE district=? AND device=?", missed, district, device.device)
    row = await one(
        packer.tx,
        "SELECT digest_misses FROM device WHERE district=? AND device=?",
        district,
        device.device,
    )
    most = DIGEST_REPAIRS + (DIGEST_BUCKETS if mended else 0)
    if row is not None and row[0] >= most:
        ledger = Ledger(district, packer.site.vault, packer.now, 1)
        ledger.task("digest", device.device, resident=None, facility=device.facility)
        await packer.tx.insert("task", ledger.tasks, ignore=True)


async def _repair(packer: _Packer, page: wire.Page, claim: wire.DigestClaim) -> wire.Page:
    """Our bucket sums, and the residents of buckets that differ, whole: as many buckets as fit."""
    sums = await packer.tx.rows(
        "SELECT r.resident, r.sum_open, r.sum_restricted, m.ground FROM member m JOIN resident r "
        "ON r.district=m.district AND r.resident=m.resident "
        f"WHERE {_member(packer.now)} AND m.district=?",
        packer.panel,
        packer.site.district,
    )
    both = "B" in packer.classes
    pairs = [
        (who, digest.sum_of((a, b)) if both and ground == "assigned" else a)
        for who, a, b, ground in sums
    ]
    ours = digest.buckets(pairs)
    theirs = claim.buckets if len(claim.buckets) == len(ours) else ours
    rows: list[Raw] = []
    mended: list[int] = []
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        if mine == other:
            continue
        if packer.size > PAGE_BYTES:
            break
        who = {resident for resident, _ in pairs if digest.bucket(resident) == number}
        for row in (await _residents(packer, who)).values():
            rows += packer.resident_rows(row)
        rows += [packer.event_row(row) for row in await _all_events(packer, who)]
        mended.append(number)
    return msgspec.structs.replace(
        page, buckets=ours, again=tuple(rows), mended=tuple(mended), more=False
    )


async def _all_events(packer: _Packer, who: Iterable[bytes]) -> list[Row]:
    ids = sorted(who)
    if not ids:
        return []
    rows = await packer.tx.rows_in(
        f"SELECT {_EVENT} FROM change c JOIN member m ON m.district=c.district "
        f"AND m.resident=c.resident AND {_member(packer.now)} "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident "
        f"WHERE c.district=? AND {_SHOWN} AND {_GIVEN} AND c.resident {{ids}}",
        ids,
        packer.panel,
        packer.site.district,
    )
    return [row for row in rows if row[2] in packer.classes]


async def _note(packer: _Packer, page: wire.Page, feed_epoch: int) -> None:
    """What was answered: the served mark of the panel and a copy row for each resident given."""
    district, device, now = packer.site.district, packer.device.device, packer.now
    await packer.tx.run(
        "UPDATE device_panel SET served_csn=?, served_epoch=?, served_at=? WHERE district=? "
        "AND device=? AND panel=? AND (served_csn<? OR served_epoch<>?)",
        page.end, feed_epoch, now, district, device, packer.panel, page.end, feed_epoch,
    )  # fmt: skip
    if not packer.given:
        return
    held = await packer.tx.rows_in(
        "SELECT resident FROM copy WHERE district=? AND device=? AND state='possible' "
        "AND resident {ids}",
        sorted(packer.given),
        district,
        device,
    )
    new = sorted(packer.given - {row[0] for row in held})
    rows: list[tuple[Any, ...]] = [(district, who, device, now, "possible", now) for who in new]
    await packer.tx.insert("copy", rows, ignore=True)
    await packer.tx.update(
        "copy", ("district", "resident", "device"), ("state", "changed_at"),
        [(district, who, device, "possible", now) for who in new],
    )  # fmt: skip
