"""Do tablet and server hold the same? The sum at one csn, and help bucket by bucket where not."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw

from server.actions.archives.ledger import WHOLE, Ledger
from server.actions.tablets.packer import EVENT, GIVEN, MEMBER, SHOWN, Packer, residents_of
from server.store.tx import Row, one
from sync import digest, wire
from sync.limits import (
    DIGEST_BUCKETS,
    DIGEST_REPAIRS,
    PAGE_BYTES,
)


async def compare(
    packer: Packer, page: wire.Page, head: Row, claim: wire.DigestClaim | None
) -> wire.Page:
    """Nothing more is waiting: the sum at exactly this csn, and help where the tablet's differs."""
    csn, root_open, root_restricted = head
    if page.end != csn:
        return page
    restricted = "B" in packer.classes
    root = digest.sum_of((root_open, root_restricted)) if restricted else root_open
    if await _has_ended(packer):
        return page  # the sum still counts somebody who is not served any more; soon it will not
    if restricted and await _carried_twice(packer):
        return page
    if not packer.pictures and await _names_pictures(packer):
        return page  # the sum counts records that this tablet cannot read
    page = msgspec.structs.replace(page, more=False, root=root)
    if claim is None or claim.csn != csn:
        return page
    missed = claim.root != root
    if missed:
        page = await _repair(packer, page, claim)
    await _count_misses(packer, missed=missed, mended=bool(page.mended))
    return page


async def _has_ended(packer: Packer) -> bool:
    """Whether a consent of this panel is over whose leave has not been written yet.

    That most members have no end is said to the database, else it takes a third of them for ended.
    """
    row = await one(
        packer.tx,
        "SELECT 1 FROM member WHERE district=? AND until IS NOT NULL AND until<=? AND panel=? "
        "LIMIT 1",
        packer.site.district, packer.now, packer.panel,
    )  # fmt: skip
    return row is not None


async def _names_pictures(packer: Packer) -> bool:
    """Whether somebody of this panel has a record that names pictures."""
    row = await one(
        packer.tx,
        "SELECT 1 FROM attachment a JOIN change c ON c.district=a.district AND c.change=a.subject "
        "JOIN member m ON m.district=c.district AND m.resident=c.resident "
        "WHERE a.district=? AND m.panel=? LIMIT 1",
        packer.site.district, packer.panel,
    )  # fmt: skip
    return row is not None


async def _carried_twice(packer: Packer) -> bool:
    """Whether somebody is in this panel by consent (class A) and wholly in another panel of this
    tablet (class B too): it keeps one copy of them, which only the other panel's sum describes. A
    repair here would take class B away from there.
    """
    row = await one(
        packer.tx,
        "SELECT 1 FROM device_panel p JOIN member o ON o.district=p.district AND o.panel=p.panel "
        "JOIN member m ON m.district=o.district AND m.resident=o.resident "
        "WHERE p.district=? AND p.device=? AND p.panel<>? AND o.ground IN ('assigned','consent_b') "
        "AND m.panel=? AND m.ground='consent' LIMIT 1",
        packer.site.district, packer.device.device, packer.panel, packer.panel,
    )  # fmt: skip
    return row is not None


async def _count_misses(packer: Packer, *, missed: bool, mended: bool) -> None:
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


async def _repair(packer: Packer, page: wire.Page, claim: wire.DigestClaim) -> wire.Page:
    """Our bucket sums, and the residents of buckets that differ, whole: as many buckets as fit."""
    sums = await packer.tx.rows(
        "SELECT r.resident, r.sum_open, r.sum_restricted, m.ground FROM member m JOIN resident r "
        "ON r.district=m.district AND r.resident=m.resident "
        f"WHERE {MEMBER} AND m.district=?",
        packer.panel,
        packer.now,
        packer.site.district,
    )
    both = "B" in packer.classes
    pairs = [
        (who, digest.sum_of((a, b)) if both and ground in WHOLE else a)
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
        for row in (await residents_of(packer, who)).values():
            rows += packer.resident_rows(row)
        for row in await _all_events(packer, who):
            rows += packer.event_rows(row)
        mended.append(number)
    return msgspec.structs.replace(
        page, buckets=ours, again=tuple(rows), mended=tuple(mended), more=False
    )


async def _all_events(packer: Packer, who: Iterable[bytes]) -> Sequence[Row]:
    ids = sorted(who)
    if not ids:
        return []
    return await packer.tx.rows_in(
        f"SELECT {EVENT} FROM change c JOIN member m ON m.district=c.district "
        f"AND m.resident=c.resident AND {MEMBER} "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident "
        f"WHERE c.district=? AND {SHOWN} AND {GIVEN} AND c.resident {{ids}}",
        ids,
        packer.panel,
        packer.now,
        packer.site.district,
    )
