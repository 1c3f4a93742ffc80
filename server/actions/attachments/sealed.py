"""A picture at rest: its row, the small sealed part that holds its key, and its pieces.

The stored file is GWA1 under a key of its own; that key, sealed under the resident's (or the
district's) data key, stands in the row. So destroying the resident's key shreds the picture, and
moving a row from one seal to another costs some hundred bytes. A row stays with the archive its
change was signed for: whoever reads through a merged archive finds it by its change.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from crypto.attachment import MAGIC, AttachmentKey, Opening, file_id
from crypto.columns import DataKey
from server.actions.keeping.site import Site, district_key_blob
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_ATTACHMENT

WAITING: Final = "waiting"
TAKEN: Final = "taken"
REFUSED: Final = "refused"
MISSING: Final = "missing"
LOOSE: Final = "loose"
THERE: Final = (TAKEN, LOOSE)  # states in which the stored file is here
GONE: Final = b"attachment-gone"
KEPT: Final = b"attachment-kept"
COLUMNS: Final = (
    "attachment, device, resident, subject, cls, under, state, reason, size, arrived, staff, "
    "receipt, sealed"
)


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """The sealed part. `key`: of the file as it is here now, the tablet's while it arrives.

    `stored`: id of the stored file, b"" before there is one; `type`, `size`: of its content.
    """

    key: bytes
    type: str
    size: int = 0
    width: int = 0
    height: int = 0
    stored: bytes = b""


_meta: Final = msgspec.json.Decoder(Meta)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One row. `device` is NOBODY for a picture that came in a form."""

    id: bytes
    device: bytes
    resident: bytes
    subject: bytes | None
    cls: str
    under: str
    state: str
    reason: str
    size: int
    arrived: int
    staff: bytes
    receipt: bytes | None
    sealed: bytes

    def __repr__(self) -> str:
        return f"Attachment({self.id.hex()[:8]}, {self.state})"


async def find(
    tx: Tx, site: Site, attachment: bytes, device: bytes, lock: str = ""
) -> Attachment | None:
    row = await one(
        tx,
        f"SELECT {COLUMNS} FROM attachment WHERE district=? AND attachment=? AND device=?{lock}",
        site.district, attachment, device,
    )  # fmt: skip
    return Attachment(*row) if row is not None else None


async def owner_key(tx: Tx, site: Site, resident: bytes, under: str) -> DataKey | None:
    """The key that seals the small part; None for a resident who is not there (any more)."""
    if under != "resident":
        return site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    row = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, resident
    )
    return site.vault.key(resident, row[0]) if row is not None else None


def place_of(site: Site, attachment: bytes, device: bytes, resident: bytes) -> bytes:
    return site.vault.at(T_ATTACHMENT, attachment + device, resident)


def seal_meta(
    site: Site, key: DataKey, meta: Meta, attachment: bytes, device: bytes, resident: bytes
) -> bytes:
    return key.seal(place_of(site, attachment, device, resident), msgspec.json.encode(meta))


def open_meta(site: Site, key: DataKey, kept: Attachment) -> Meta:
    """Raises ColumnRefused for one that was changed or moved."""
    place = place_of(site, kept.id, kept.device, kept.resident)
    return _meta.decode(key.open(place, kept.sealed))


def stored_file(content: bytes) -> tuple[AttachmentKey, list[bytes], bytes]:
    """(fresh key, chunks, id): content sealed as it is kept, one row a chunk."""
    key = AttachmentKey.fresh()
    chunks = list(key.chunks(content))
    return key, chunks, file_id(MAGIC + b"".join(chunks))


async def write_parts(
    tx: Tx, site: Site, attachment: bytes, device: bytes, parts: Collection[bytes]
) -> None:
    """In place of all that is there of this file."""
    await drop_parts(tx, site, attachment, device)
    rows: list[Row] = [(site.district, attachment, device, n, body) for n, body in enumerate(parts)]
    await tx.insert("attachment_part", rows)


async def drop_parts(tx: Tx, site: Site, attachment: bytes, device: bytes) -> None:
    await tx.run(
        "DELETE FROM attachment_part WHERE district=? AND attachment=? AND device=?",
        site.district, attachment, device,
    )  # fmt: skip


async def parts_of(tx: Tx, site: Site, attachment: bytes, device: bytes) -> Iterator[bytes]:
    rows = await tx.rows(
        "SELECT body FROM attachment_part WHERE district=? AND attachment=? AND device=? "
        "ORDER BY n",
        site.district, attachment, device,
    )  # fmt: skip
    return (row[0] for row in rows)


async def content_of(tx: Tx, site: Site, kept: Attachment) -> tuple[str, bytes] | None:
    """(type, content) of a picture that is here; None when its owner's key is not.

    Raises ColumnRefused or AttachmentRefused for what was changed at rest.
    """
    key = await owner_key(tx, site, kept.resident, kept.under)
    if key is None or kept.state not in THERE:
        return None
    meta = open_meta(site, key, kept)
    opening = Opening(AttachmentKey(meta.key))
    content = opening.take(MAGIC)
    content += b"".join(
        [opening.take(part) for part in await parts_of(tx, site, kept.id, kept.device)]
    )
    return meta.type, content + opening.finish()


async def note_kept(
    tx: Tx, site: Site, attachment: bytes, device: bytes, stored: bytes, now: int
) -> None:
    """The audit log knows which file is here: its sealed bytes, never its content."""
    await audit(tx, site.district, "act", KEPT + attachment + device + stored, now)


async def remove(tx: Tx, site: Site, some: Collection[tuple[bytes, bytes]], now: int) -> None:
    """Rows and pieces of these (id, device), with an audit leaf that says that they are gone."""
    for attachment, device in some:
        await drop_parts(tx, site, attachment, device)
        await tx.run(
            "DELETE FROM attachment WHERE district=? AND attachment=? AND device=?",
            site.district, attachment, device,
        )  # fmt: skip
        await audit(tx, site.district, "act", GONE + attachment + device, now)
