"""`journal verify`: is everything that was taken in still there, as it was signed?

One consistent snapshot, read while the server works. Batches and changes stream in order of their
chains; in memory stay one entry a resident (newest audited revision, digest) and one a batch.
A row put back whole to an older state opens and bears the right place: the audit log finds it,
because each current revision is held to the newest one noted there.
"""

from hashlib import sha256
from typing import Final

from crypto.columns import ColumnRefused, DataKey, card_key
from server.actions.archives.cards import face_of, open_face
from server.actions.archives.ledger import EPOCH_BITS, WHOLE
from server.actions.keeping.site import Site
from server.actions.keeping.verify_chain import Sums, verify_chain
from server.actions.keeping.verify_facility import verify_facility_records
from server.actions.keeping.verify_pictures import verify_pictures
from server.actions.keeping.verify_plan import verify_plans
from server.actions.keeping.verify_report import Code, Fault, Progress, Report, Tally, every
from server.actions.keeping.verify_tree import Told, verify_tree
from server.store.dump import Snapshot, snapshot
from server.store.tx import Row
from server.store.vault import NOBODY, T_CELLS, T_RESTRICTED
from sync import digest
from sync.merge import decode_cells

__all__ = ["Code", "Fault", "Progress", "Report", "verify_journal"]

_FIRST: Final = (
    1  # a revision that no batch made: n of its feed epoch (server.actions.archives.ledger)
)


async def verify_journal(site: Site, progress: Progress | None = None) -> Report:
    """Reads all of it. Changes nothing."""
    tally = Tally(progress)
    async with snapshot(site.store) as snap:
        residents = {
            who
            async for (who,) in every(
                snap, "SELECT resident FROM resident WHERE district=?", site.district
            )
        }
        told = await verify_tree(snap, site, tally, residents)
        sums = await verify_chain(snap, site, tally, told)
        await _residents(snap, site, tally, told, sums)
        await _cards(snap, site, tally)
        await verify_plans(snap, site, tally)
        await _panels(snap, site, tally)
        await verify_facility_records(snap, site, tally, told.facility_records)
        await verify_pictures(snap, site, tally, told.pictures)
    for who, _ in told.revisions:
        if who not in residents:
            tally.fault(Code.RESIDENT_MISSING, who)
    return tally.report()


async def _residents(snap: Snapshot, site: Site, tally: Tally, told: Told, sums: Sums) -> None:
    async for row in every(
        snap,
        "SELECT resident, key, rev, sealed_cells, rev_restricted, sealed_restricted, sum_open, "
        "sum_restricted FROM resident WHERE district=? ORDER BY resident",
        site.district,
    ):
        tally.residents += 1
        _resident(site, tally, told, row, sums.get(row[0], [0, 0]))
        if tally.residents % 10_000 == 0:
            tally.say("resident", tally.residents)


def _resident(site: Site, tally: Tally, told: Told, row: Row, records: list[int]) -> None:
    who, wrapped, rev, cells, rev_restricted, restricted, sum_open, sum_restricted = row
    try:
        key = site.vault.key(who, wrapped)
    except ColumnRefused:
        tally.fault(Code.RESIDENT_KEY, who)
        return
    _cells(site, tally, key, (T_CELLS, who, rev, cells))
    _revision(tally, told, who, "A", rev, cells)
    open_sum = records[0] + digest.leaf(who, "A", rev)
    restricted_sum = records[1]
    if restricted is not None:
        _cells(site, tally, key, (T_RESTRICTED, who, rev_restricted, restricted))
        restricted_sum += digest.leaf(who, "B", rev_restricted)
    if restricted is not None or (who, "B") in told.revisions:
        _revision(tally, told, who, "B", rev_restricted, restricted or b"")
    found = digest.add(digest.ZERO, open_sum), digest.add(digest.ZERO, restricted_sum)
    if found != (sum_open, sum_restricted):
        tally.fault(Code.RESIDENT_SUM, who)


def _cells(site: Site, tally: Tally, key: DataKey, sealed: tuple[int, bytes, int, bytes]) -> None:
    table, who, rev, blob = sealed
    try:
        key.open(site.vault.at(table, who, who, rev), blob)
    except ColumnRefused:
        tally.fault(Code.CELLS_SEALED, who, table)


def _revision(tally: Tally, told: Told, who: bytes, cls: str, rev: int, sealed: bytes) -> None:
    noted = told.revisions.get((who, cls))
    if noted is None:
        # As it was loaded: no batch has touched it yet.
        if rev & (1 << EPOCH_BITS) - 1 != _FIRST:
            tally.fault(Code.REVISION_NOT_AUDITED, who, cls)
        return
    newest, half = noted
    if rev < newest:
        tally.fault(Code.REVISION_ROLLED_BACK, who, cls)
    elif rev > newest:
        tally.fault(Code.REVISION_NOT_AUDITED, who, cls)
    elif sha256(sealed).digest()[:16] != half:
        tally.fault(Code.REVISION_BYTES, who, cls)


async def _cards(snap: Snapshot, site: Site, tally: Tally) -> None:
    """Each card opens at its place and, where it is of the present revision, shows the archive."""
    async for (wrapped,) in every(snap, "SELECT key FROM district WHERE district=?", site.district):
        key = card_key(site.vault.key(NOBODY, wrapped))
        async for row in every(
            snap,
            "SELECT c.resident, c.rev, c.sealed, r.rev, r.key, r.sealed_cells FROM resident_card c "
            "LEFT JOIN resident r ON r.district=c.district AND r.resident=c.resident "
            "WHERE c.district=? ORDER BY c.resident",
            site.district,
        ):
            _card(site, tally, key, row)


def _card(site: Site, tally: Tally, key: DataKey, row: Row) -> None:
    who, rev, sealed, current, wrapped, cells = row
    try:
        face = open_face(site, key, who, rev, sealed)
        if current != rev:
            if current is None or rev > current:
                tally.fault(Code.CARD_SEALED, who)
            return
        place = site.vault.at(T_CELLS, who, who, rev)
        shown = face_of(decode_cells(site.vault.key(who, wrapped).open(place, cells)))
    except ColumnRefused:
        tally.fault(Code.CARD_SEALED, who)
        return
    if face != shown:
        tally.fault(Code.CARD_SEALED, who)


async def _panels(snap: Snapshot, site: Site, tally: Tally) -> None:
    """Each panel's digest against the sums of the residents who are in it."""
    totals: dict[bytes, tuple[int, int]] = {}
    async for panel, ground, a, b in every(
        snap,
        "SELECT m.panel, m.ground, r.sum_open, r.sum_restricted FROM member m JOIN resident r ON "
        "r.district=m.district AND r.resident=m.resident WHERE m.district=?",
        site.district,
    ):
        before = totals.get(panel, (0, 0))
        restricted = digest.value(b) if ground in WHOLE else 0
        totals[panel] = before[0] + digest.value(a), before[1] + restricted
    async for panel, root_open, root_restricted in every(
        snap,
        "SELECT panel, root_open, root_restricted FROM panel WHERE district=? ORDER BY panel",
        site.district,
    ):
        wanted = tuple(digest.add(digest.ZERO, each) for each in totals.get(panel, (0, 0)))
        if wanted != (root_open, root_restricted):
            tally.fault(Code.PANEL_ROOT, panel)
