"""The page a tablet gets: one closed csn range of each of its panels, then part of a snapshot.

Read after the device's lock. Every put is joined with the present membership: who is not in the
panel now is left out, whatever the feed says; leaves always go. What is answered is written into
`copy` in the same transaction, so the question "who holds my archive" has an answer before the
page leaves the server.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import Raw

from server.actions.archives.ledger import WHOLE
from server.actions.archives.standing import DeviceRow
from server.actions.keeping.site import Site
from server.actions.plan.remake import OPS, OVER
from server.actions.tablets.intake import civil_day
from server.actions.tablets.packer import (
    JOIN_PLAN,
    MEMBER,
    RECORD,
    RESIDENT,
    SHOWN,
    Packer,
    events_of,
    plans_of,
    residents_of,
)
from server.actions.tablets.repair import compare
from server.store.tx import Row, Tx, one, sharing
from sync import wire
from sync.limits import (
    PAGE_BYTES,
    PAGE_ROWS,
    RECENT_DAYS,
    SNAPSHOT_ROWS,
)

PORTION: Final = 125  # members of a snapshot read at once: what a page leaves over is read again
FEW: Final = 16  # members whose records are read before it is known how many they have
LANES: Final = 3  # 0 roster, registers and due lists, 1 recent records, 2 history
KNOWS_PLANS: Final = 2  # `schema` of a tablet from which on it takes rows of the service plan
KNOWS_PICTURES: Final = 3  # ... from which on it reads changes that name pictures
KNOWS_NAMES: Final = 4  # ... from which on it takes reasons of what is owed, and the directory
KNOWS_SHORT: Final = 6  # ... from which on it reads registers in short; 5 brought checkup days
CLASS_OF: Final = {op: cls for cls, op in OPS.items()}
_A_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


async def pack(
    tx: Tx,
    site: Site,
    device: DeviceRow,
    cursor: wire.Cursor,
    claim: wire.DigestClaim | None,
    feed_epoch: int,
    now: int,
    *,
    schema: int,
) -> wire.Page:
    """One panel's page.

    The caller has checked that the device carries the panel and is enrolled. `schema`: of the
    tablet, which says what rows it knows.
    """
    packer = Packer(
        site, tx, device, cursor.panel, now, plans=schema >= KNOWS_PLANS,
        pictures=schema >= KNOWS_PICTURES, reasons=schema >= KNOWS_NAMES,
        short=schema >= KNOWS_SHORT,
    )  # fmt: skip
    head = await one(
        tx,
        f"SELECT csn, root_open, root_restricted, feed_from FROM panel "
        f"WHERE district=? AND panel=?{sharing(tx)}",
        site.district,
        cursor.panel,
    )
    assert head is not None
    csn, mark = head[0], head[3]
    known = cursor.epoch == feed_epoch and mark <= cursor.csn <= csn
    if not known or not _can_go_on(cursor.snap):
        page = await _first_page(packer, feed_epoch, csn)
    else:
        page = await _tail(packer, cursor, feed_epoch, csn)
        if not page.more and cursor.snap is not None:
            page = await _snapshot(packer, page, cursor.snap)
    if not page.more:
        page = await compare(packer, page, head[:3], claim)
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


async def _tail(packer: Packer, cursor: wire.Cursor, feed_epoch: int, csn: int) -> wire.Page:
    """(cursor, end]: the newest mention of each entity, in order."""
    feed = await packer.tx.rows(
        "SELECT csn, op, resident, entity FROM feed WHERE district=? AND panel=? AND csn>? "
        "ORDER BY csn LIMIT ?",
        packer.site.district, packer.panel, cursor.csn, PAGE_ROWS + 1,
    )  # fmt: skip
    feed = feed[:PAGE_ROWS]
    latest = {(op, entity): number for number, op, _, entity in feed}
    wanted = [row for row in feed if latest[row[1], row[3]] == row[0]]
    residents = await residents_of(packer, {row[2] for row in wanted if row[1] == "resident"})
    events = await events_of(packer, {row[3] for row in wanted if row[1] == "event"})
    plans = await plans_of(packer, {row[2] for row in wanted if row[1] in (*CLASS_OF, OVER)})
    rows: list[Raw] = []
    end = feed[-1][0] if feed else csn
    for number, op, who, entity in wanted:
        if op == "leave":
            rows.append(packer.leave_row(who, number))
        elif op == "resident" and who in residents:
            rows += packer.resident_rows(residents[who])
        elif op == "event" and entity in events:
            rows += packer.event_rows(events[entity])
        elif op in CLASS_OF and who in plans:
            rows += packer.plan_rows(plans[who], CLASS_OF[op])
        elif op == OVER and who in plans:
            rows += packer.over_rows(plans[who], feed_epoch)
        if packer.size > PAGE_BYTES:
            end = number
            break
    more = end < csn
    return wire.Page(
        panel=packer.panel, epoch=feed_epoch, start=cursor.csn, end=end, rows=tuple(rows),
        snap=cursor.snap, more=more,
    )  # fmt: skip


async def _first_page(packer: Packer, feed_epoch: int, csn: int) -> wire.Page:
    """Opens a snapshot at the present csn with the whole roster: who is not in it has left."""
    left: list[Raw] = []
    roster = await packer.tx.rows(
        f"SELECT m.resident FROM member m WHERE {MEMBER} AND m.district=? ORDER BY m.resident",
        packer.panel,
        packer.now,
        packer.site.district,
    )
    # Who left before this tablet ever heard of it is told to it now, so that the purge is stated.
    for (who,) in await packer.tx.rows(
        "SELECT c.resident FROM copy c WHERE c.district=? AND c.device=? "
        "AND c.state IN ('asked', 'unaccounted') "
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


async def _snapshot(packer: Packer, page: wire.Page, snap: wire.Snap) -> wire.Page:
    """The next part of a snapshot, lane by lane, until the page is full."""
    rows: list[Raw] = []
    while snap.lane < LANES and not _is_full(packer, rows):
        lane = _registers if snap.lane == 0 else _records
        after = await lane(packer, snap, rows)
        snap = wire.Snap(
            at=snap.at, lane=snap.lane if after else snap.lane + 1, after=after, cut=snap.cut
        )
    done = snap.lane >= LANES
    return wire.Page(
        panel=page.panel, epoch=page.epoch, start=page.start, end=page.end, rows=page.rows,
        roster=page.roster, snap_rows=tuple(rows), snap=None if done else snap, more=not done,
    )  # fmt: skip


def _is_full(packer: Packer, rows: list[Raw]) -> bool:
    return len(rows) >= SNAPSHOT_ROWS or packer.size > PAGE_BYTES


async def _registers(packer: Packer, snap: wire.Snap, rows: list[Raw]) -> bytes:
    """Adds the registers after `snap.after`. Returns the position to go on from, empty at the
    lane's end.
    """
    found = await packer.tx.rows(
        f"SELECT {RESIDENT} FROM member m JOIN resident r ON r.district=m.district "
        f"AND r.resident=m.resident {JOIN_PLAN} WHERE {MEMBER} AND m.district=? "
        "AND m.resident > ? ORDER BY m.resident LIMIT ?",
        packer.panel, packer.now, packer.site.district, snap.after, PORTION,
    )  # fmt: skip
    for row in found:
        rows += packer.resident_rows(row)
        if _is_full(packer, rows):
            return row[0]
    return found[-1][0] if len(found) == PORTION else b""


async def _records(packer: Packer, snap: wire.Snap, rows: list[Raw]) -> bytes:
    """The same with the records of a lane, in order of resident, day and id.

    Members first, then the records of as many of them as the page has room for, by what the ones
    before took: each statement is a closed range of one key, and a database that has not counted
    its tables yet cannot take it for less work to read and sort all of them.
    """
    who, place = snap.after[:16], (snap.after[32:].decode(), snap.after[16:32])
    while True:
        members = await _members(packer, who)
        ids, before, done, many = list(members), packer.size, 0, FEW
        while done < len(ids):
            some = ids[done : done + many]
            found = await _places(packer, {each: members[each][1] for each in some}, snap)
            found = [row for row in found if row[0] != who or (row[2], row[1]) > place]
            for part in _parts(found):
                for *record, day in await _records_of(packer, part):
                    rows += packer.event_rows((*record, members[record[0]][0]))
                    if _is_full(packer, rows):
                        return record[0] + record[1] + day.encode()
            done += len(some)
            took = (packer.size - before) // done
            many = min(4 * many, 1 + (PAGE_BYTES - packer.size) // max(1, took))
        if len(members) < PORTION:
            return b""
        who = ids[-1] + b"\x00"  # the next id there can be


async def _members(packer: Packer, first: bytes) -> dict[bytes, tuple[bytes, bool]]:
    """The next members from `first` on, in order: their wrapped key, and whether class B goes with
    them too.
    """
    found = await packer.tx.rows(
        f"SELECT m.resident, m.ground FROM member m WHERE {MEMBER} AND m.district=? "
        "AND m.resident >= ? ORDER BY m.resident LIMIT ?",
        packer.panel, packer.now, packer.site.district, first, PORTION,
    )  # fmt: skip
    keys = await packer.tx.rows_in(
        "SELECT resident, key FROM resident WHERE district=? AND resident {ids}",
        [row[0] for row in found],
        packer.site.district,
    )
    wrapped = {row[0]: row[1] for row in keys}
    return {who: (wrapped[who], ground in WHOLE) for who, ground in found}


async def _places(packer: Packer, wholly: dict[bytes, bool], snap: wire.Snap) -> list[Row]:
    """Resident, id, day and size of their records of this lane, in order. `wholly`: with class B.

    One archive may hold more than a server has memory for: what is read is measured first.
    """
    side = ">=" if snap.lane == 1 else "<"
    found = await packer.tx.rows_in(
        "SELECT c.resident, c.change, c.day, c.cls, length(c.body) FROM change c "
        f"WHERE c.district=? AND {SHOWN} AND c.day{side}? AND c.resident {{ids}}",
        wholly,
        packer.site.district,
        snap.cut,
    )
    given = [
        (who, change, day, size) for who, change, day, cls, size in found
        if cls == "A" or (wholly[who] and cls in packer.classes)
    ]  # fmt: skip
    return sorted(given, key=lambda row: (row[0], row[2], row[1]))


def _parts(places: list[Row]) -> Iterator[list[bytes]]:
    """Their ids, as many at once as a page has room for."""
    ids: list[bytes] = []
    size = 0
    for _, change, _, each in places:
        if ids and size + each > PAGE_BYTES:
            yield ids
            ids, size = [], 0
        ids.append(change)
        size += each
    if ids:
        yield ids


async def _records_of(packer: Packer, ids: list[bytes]) -> list[Row]:
    """These records, each with its day, in order of resident, day and id."""
    found = await packer.tx.rows_in(
        f"SELECT {RECORD}, c.day FROM change c WHERE c.district=? AND {SHOWN} AND c.change {{ids}}",
        ids,
        packer.site.district,
    )
    return sorted(found, key=lambda row: (row[0], row[-1], row[1]))


async def _note(packer: Packer, page: wire.Page, feed_epoch: int) -> None:
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
    rows: list[Row] = [(district, who, device, now, "possible", now) for who in new]
    await packer.tx.insert("copy", rows, put=("state", "changed_at"))
