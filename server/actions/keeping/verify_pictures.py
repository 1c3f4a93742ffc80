"""Pictures under `journal verify`: each that is complete opens, piece by piece, and is the file
that the audit log noted when it was kept.
"""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from crypto.attachment import MAGIC, AttachmentKey, AttachmentRefused, Opening
from crypto.columns import ColumnRefused
from server.actions.attachments.sealed import COLUMNS, THERE, Attachment, open_meta
from server.actions.keeping.site import Site
from server.actions.keeping.verify_report import Code, Tally, every
from server.store.dump import Snapshot
from server.store.vault import NOBODY


async def verify_pictures(
    snap: Snapshot, site: Site, tally: Tally, told: Mapping[bytes, bytes]
) -> None:
    """`told`: id and tablet -> id of the stored file, b"" for one that was taken away."""
    left = {which for which, stored in told.items() if stored}
    columns = ", ".join(f"a.{each}" for each in COLUMNS.split(", "))
    async for row in every(
        snap,
        f"SELECT r.key, d.key, {columns} FROM attachment a JOIN district d ON "
        "d.district=a.district LEFT JOIN resident r ON r.district=a.district AND "
        "r.resident=a.resident WHERE a.district=? ORDER BY a.attachment, a.device",
        site.district,
    ):
        kept = Attachment(*row[2:])
        which = kept.id + kept.device
        left.discard(which)
        wrapped = row[0] if kept.under == "resident" else row[1]
        try:
            if wrapped is None:
                raise ColumnRefused("no key")
            owner = kept.resident if kept.under == "resident" else NOBODY
            meta = open_meta(site, site.vault.key(owner, wrapped), kept)
            if kept.state not in THERE:
                continue
            stored = await _stored(snap, site, kept, AttachmentKey(meta.key))
        except (ColumnRefused, AttachmentRefused, msgspec.MsgspecError, ValueError):
            tally.fault(Code.PICTURE, kept.id)
            continue
        if stored != meta.stored or stored != told.get(which):
            tally.fault(Code.PICTURE, kept.id)
    for which in left:
        tally.fault(Code.PICTURE_MISSING, which[:32])


async def _stored(snap: Snapshot, site: Site, kept: Attachment, key: AttachmentKey) -> bytes:
    """Id of the file as it lies there. Raises AttachmentRefused when it does not open."""
    opening, running = Opening(key), sha256(MAGIC)
    opening.take(MAGIC)
    async for (body,) in every(
        snap,
        "SELECT body FROM attachment_part WHERE district=? AND attachment=? AND device=? "
        "ORDER BY n",
        site.district, kept.id, kept.device,
    ):  # fmt: skip
        running.update(body)
        opening.take(body)
    opening.finish()
    return running.digest()
