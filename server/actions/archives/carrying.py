"""Taking changes from one archive to another: the signed bytes stay, the seal and the place move.

A merge carries what the gone archive holds to the one that is kept; undoing it carries back what is
signed for the gone one, whenever it came. A carried change gets a new revision, so a tablet that
has both archives moves its copy as well, and digests settle.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from crypto.columns import DataKey
from server.actions.archives.ledger import Archive, Ledger, next_rev
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets import positions
from server.actions.tablets.changerow import CARRIED
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_CHANGE, T_PARTS
from sync import digest, wire
from sync.reconcile import IN_FEED


@dataclass(frozen=True, slots=True)
class Opened:
    """One change row opened. `change` None: its bytes cannot be read as one."""

    id: bytes
    plain: bytes  # the key of its commitment (16), then the change as signed
    change: wire.Change | None
    parts: bytes | None
    under: str
    cls: str
    shape: str
    state: str
    rev: int
    flags: tuple[str, ...]
    staff: bytes
    author: str
    at: int

    @property
    def shown(self) -> bool:
        return self.shape == "event" and self.state in IN_FEED


async def changes_of(tx: Tx, site: Site, archive: Archive) -> list[Opened]:
    """Every change of an archive, in order of arrival. The archive is locked."""
    who = archive.row.resident
    rows = await tx.rows(
        "SELECT change, body, parts, under, cls, shape, state, rev, flags, staff, author, "
        "recorded_at FROM change WHERE district=? AND resident=? ORDER BY received_at, change",
        site.district,
        who,
    )
    key_of = await keys_of(tx, site, archive)
    return [_opened(site, row, who, key_of(row[3])) for row in rows]


async def keys_of(tx: Tx, site: Site, archive: Archive) -> Callable[[str], DataKey]:
    own = site.vault.key(archive.row.resident, archive.row.key)
    shared = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return lambda under: own if under == "resident" else shared


def _opened(site: Site, row: Row, who: bytes, key: DataKey) -> Opened:
    change, body, parts, under, cls, shape, state, rev, flags, staff, author, at = row
    plain = key.open(site.vault.at(T_CHANGE, change, who), body)
    try:
        said = wire.change(plain[16:])
    except wire.Malformed:
        said = None
    opened = None if parts is None else key.open(site.vault.at(T_PARTS, change, who), parts)
    marks = tuple(flags.split(",")) if flags else ()
    return Opened(
        change, plain, said, opened, under, cls, shape, state, rev, marks, staff, author, at
    )


async def carry(
    tx: Tx, site: Site, ledger: Ledger, some: Collection[Opened], giver: bytes, taker: bytes
) -> None:
    """Moves the changes: rows, seals, digest leaves; the taker's panels receive the records.

    Both archives are held by the ledger; the caller has settled who is in which panel.
    """
    key_of = await keys_of(tx, site, ledger.archives[taker])
    opens = await keys_of(tx, site, ledger.archives[giver])
    await positions.carry(tx, site, {each.id for each in some}, (giver, opens), (taker, key_of))
    rows: list[Row] = []
    for each in some:
        rev = next_rev(each.rev, ledger.feed_epoch)
        rows.append((site.district, each.id, *_sealed(site, each, taker, key_of(each.under), rev)))
        if each.shown:
            _count(ledger.archives[giver], each, -digest.leaf(each.id, each.cls, each.rev))
            ledger.event(taker, each.id, each.cls, rev)
    put = ("resident", "rev", "flags", "parts", "body")
    await tx.update("change", ("district", "change"), put, rows)


def _count(archive: Archive, each: Opened, leaf: int) -> None:
    if each.cls == "A":
        archive.added_open += leaf
    else:
        archive.added_restricted += leaf


def _sealed(site: Site, each: Opened, taker: bytes, key: DataKey, rev: int) -> Row:
    at = site.vault.at
    marks = tuple(flag for flag in each.flags if flag != CARRIED)
    if each.change is not None and each.change.resident != taker:
        marks = (*marks, CARRIED)
    parts = None if each.parts is None else key.seal(at(T_PARTS, each.id, taker), each.parts)
    body = key.seal(at(T_CHANGE, each.id, taker), each.plain)
    return (taker, rev, ",".join(marks), parts, body)
