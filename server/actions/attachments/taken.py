"""Pictures that people send in forms, at the portal and at the desk, and reading any picture.

A picture is taken first, made anew and sealed, and belongs to nothing (`loose`) until what it goes
with is kept: `attach`, in that transaction. What nobody attached is forgotten after a day.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from server.actions.attachments.images import JPEG, Fault, Picture, picture_of
from server.actions.attachments.sealed import (
    COLUMNS,
    LOOSE,
    TAKEN,
    THERE,
    Attachment,
    Meta,
    content_of,
    find,
    note_kept,
    owner_key,
    remove,
    seal_meta,
    stored_file,
    write_parts,
)
from server.actions.keeping.site import Site
from server.errors import NotFound, Refusal
from server.records.model import AccessClass
from server.store.tx import Row, Tx, locking
from server.store.vault import NOBODY
from sync.limits import DAY_MS

LOOSE_MS: Final = DAY_MS
LOOSE_MOST: Final = 40  # of one person; the next takes the place of the oldest
FORGOTTEN: Final = "forgotten"  # beside the codes of a Fault: what a form names is not here


class BadPicture(Refusal):
    """`detail` is the Fault; the sentence for people is the page's, by this code."""

    code = "bad_picture"
    status = 422
    say = "这张照片没有收下。请换一张 JPG 或 PNG 格式的照片再试。"
    hint = "The detail names the fault; see server/actions/attachments/images.py."


async def take_upload(
    site: Site, resident: bytes, raw: bytes, *, by: bytes, cls: AccessClass
) -> Attachment:
    """One picture as it came in a form, taken for that resident's archive; NOBODY: for a facility's
    own work. `by`: who sent it. `cls`: the class of what it will be attached to; there is no
    default, since a guess would show it to too many or to nobody.

    Raises BadPicture, NotFound.
    """
    made = await picture_of(raw)
    if isinstance(made, Fault):
        raise BadPicture(made.value)
    return await site.store.write(
        partial(_keep, site=site, resident=resident, made=made, by=by, cls=cls.value)
    )


async def take_form(
    site: Site,
    resident: bytes,
    subject: bytes,
    before: Collection[bytes],
    new: Sequence[bytes],
    *,
    by: bytes,
    cls: AccessClass,
) -> tuple[tuple[bytes, ...], list[str]]:
    """The pictures of a form that may be sent again: ids of those that go with it, and the codes of
    what is wrong, of a Fault or FORGOTTEN.

    `before`: ids that came with it the last time it was sent, `new`: what came now; `subject`: what
    the form is about to make, to which `attach` will bring them. Raises NotFound.
    """
    kept = await site.store.read(
        partial(_waiting, site=site, resident=resident, subject=subject, some=before, by=by)
    )
    bad = [FORGOTTEN] if len(kept) < len(set(before)) else []
    for raw in new:
        try:
            made = await take_upload(site, resident, raw, by=by, cls=cls)
        except BadPicture as no:
            bad.append(no.detail)
        else:
            kept.append(made.id)
    return tuple(kept), bad


async def _waiting(
    tx: Tx, site: Site, resident: bytes, subject: bytes, some: Collection[bytes], by: bytes
) -> list[bytes]:
    """Those of them that `attach` takes for this subject, each once, in their order."""
    found: list[bytes] = []
    for each in dict.fromkeys(some):
        kept = await find(tx, site, each, NOBODY)
        if kept is None or kept.resident != resident:
            continue
        if kept.subject == subject or (kept.state, kept.staff) == (LOOSE, by):
            found.append(each)
    return found


async def _keep(
    tx: Tx, site: Site, resident: bytes, made: Picture, by: bytes, cls: str
) -> Attachment:
    now = site.clock()
    under = "district" if resident == NOBODY else "resident"
    owner = await owner_key(tx, site, resident, under)
    if owner is None:
        raise NotFound("resident")
    await _make_room(tx, site, by, now)
    key, chunks, stored = stored_file(made.jpeg)
    meta = Meta(key.key_bytes(), JPEG, len(made.jpeg), made.width, made.height, stored)
    sealed = seal_meta(site, owner, meta, stored, NOBODY, resident)
    size = sum(len(each) for each in chunks)
    row: Row = (
        site.district, stored, NOBODY, resident, None, cls, under, LOOSE, "", size, size, now, now,
        by, None, sealed,
    )  # fmt: skip
    await tx.insert("attachment", [row])
    await write_parts(tx, site, stored, NOBODY, chunks)
    await note_kept(tx, site, stored, NOBODY, stored, now)
    found = await find(tx, site, stored, NOBODY)
    assert found is not None
    return found


async def _make_room(tx: Tx, site: Site, by: bytes, now: int) -> None:
    """A form sent over and over fills no disk: the oldest that nothing names make room."""
    rows = await tx.rows(
        "SELECT attachment, device FROM attachment WHERE district=? AND state=? AND staff=? "
        "ORDER BY changed_at DESC, attachment",
        site.district, LOOSE, by,
    )  # fmt: skip
    await remove(tx, site, [(row[0], row[1]) for row in rows[LOOSE_MOST - 1 :]], now)


async def attach(
    tx: Tx,
    site: Site,
    resident: bytes,
    subject: bytes,
    pictures: Collection[bytes],
    *,
    by: bytes,
    cls: AccessClass,
) -> None:
    """These pictures belong to that change, correction or record from now on, in its class.

    Only what the same person sent for the same archive, and what is there already: a form may be
    sent twice. Raises NotFound for any other id.
    """
    now = site.clock()
    for each in sorted(set(pictures)):
        kept = await find(tx, site, each, NOBODY, locking(tx))
        if kept is None or kept.resident != resident or kept.state not in THERE:
            raise NotFound("picture")
        if kept.subject == subject:
            continue
        if kept.state != LOOSE or kept.staff != by:
            raise NotFound("picture")
        await tx.run(
            "UPDATE attachment SET state=?, subject=?, cls=?, changed_at=? WHERE district=? AND "
            "attachment=? AND device=?",
            TAKEN, subject, cls.value, now, site.district, each, NOBODY,
        )  # fmt: skip


async def read(
    tx: Tx, site: Site, resident: bytes, attachment: bytes, *, classes: Collection[str]
) -> tuple[str, bytes]:
    """(type, content) for whom the gate let into this archive in these classes.

    Raises NotFound: of another archive, of a class that is not open, not here yet, or nobody's.
    """
    for kept in await _of(tx, site, resident, attachment):
        if kept.cls in classes and kept.state in THERE:
            found = await content_of(tx, site, kept)
            if found is not None:
                return found
    raise NotFound("picture")


async def open_picture(
    site: Site, resident: bytes, attachment: bytes, *, classes: Collection[str]
) -> tuple[str, bytes]:
    """`read` for a door that has opened the archive (and logged it) just before."""
    return await site.store.read(lambda tx: read(tx, site, resident, attachment, classes=classes))


async def progress(site: Site, resident: bytes, pictures: Collection[bytes]) -> dict[bytes, str]:
    """`states_of` for a door."""
    if not pictures:
        return {}
    return await site.store.read(lambda tx: states_of(tx, site, resident, pictures))


async def states_of(
    tx: Tx, site: Site, resident: bytes, pictures: Collection[bytes]
) -> dict[bytes, str]:
    """How far each of these is, for the page of a record: an id without an entry is nobody's."""
    found: dict[bytes, str] = {}
    for each in pictures:
        states = [kept.state for kept in await _of(tx, site, resident, each)]
        if states:
            found[each] = next((one for one in states if one in THERE), states[0])
    return found


async def _of(tx: Tx, site: Site, resident: bytes, attachment: bytes) -> list[Attachment]:
    """Rows of this id in this archive: signed for it, or for one merged into it, or of a change
    that it holds now.
    """
    columns = ", ".join(f"a.{each}" for each in COLUMNS.split(", "))
    rows = await tx.rows(
        f"SELECT {columns} FROM attachment a LEFT JOIN change c ON c.district=a.district AND "
        "c.change=a.subject WHERE a.district=? AND a.attachment=? AND "
        "(CASE WHEN c.change IS NOT NULL THEN c.resident=? AND c.under='resident' ELSE "
        "a.resident=? OR a.resident IN (SELECT gone FROM merged WHERE district=? AND kept=?) END) "
        "ORDER BY a.made_at, a.device",
        site.district, attachment, resident, resident, site.district, resident,
    )  # fmt: skip
    return [Attachment(*row) for row in rows]


async def shred(tx: Tx, site: Site, residents: Collection[bytes]) -> None:
    """Every picture of destroyed archives goes, in the transaction that destroys their keys."""
    for who in sorted(residents):
        rows = await tx.rows(
            "SELECT a.attachment, a.device FROM attachment a LEFT JOIN change c ON "
            "c.district=a.district AND c.change=a.subject WHERE a.district=? AND "
            "(a.resident=? OR c.resident=?)",
            site.district, who, who,
        )  # fmt: skip
        await remove(tx, site, [(row[0], row[1]) for row in rows], site.clock())


async def forget_loose(site: Site) -> int:
    """Pictures that nothing has named for a day go. Returns how many."""
    return await site.store.write(partial(_forget, site=site))


async def _forget(tx: Tx, site: Site) -> int:
    now = site.clock()
    rows = await tx.rows(
        "SELECT attachment, device FROM attachment WHERE district=? AND state=? AND changed_at<? "
        "LIMIT 200",
        site.district, LOOSE, now - LOOSE_MS,
    )  # fmt: skip
    await remove(tx, site, [(row[0], row[1]) for row in rows], now)
    return len(rows)
