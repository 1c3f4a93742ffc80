"""Pictures of a facility's own work: taken with its form, shown to those who read the record."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from server.actions.accounts.sessions import Signed
from server.actions.attachments import taken
from server.actions.attachments.sealed import LOOSE, THERE, find
from server.actions.facility_work.records import read
from server.actions.keeping.site import Site
from server.errors import NotFound
from server.records.model import AccessClass
from server.store.tx import Tx, one
from server.store.vault import NOBODY

FIELD: Final = "photos"
ID: Final = (
    "hash"  # of an item: the id of the picture; older ones digests of what was kept on paper
)


def named_by(body: Mapping[str, Any]) -> list[bytes]:
    """Ids of the pictures that a record names, in its order."""
    return [bytes.fromhex(each[ID]) for each in body.get(FIELD, ())]


async def take_one(site: Site, signed: Signed, raw: bytes) -> bytes:
    """The id of a picture that came with a form. Raises BadPicture."""
    kept = await taken.take_upload(site, NOBODY, raw, by=signed.staff, cls=AccessClass.C)
    return kept.id


async def waiting_of(site: Site, signed: Signed, some: list[bytes]) -> set[bytes]:
    """Those that this person has sent and nothing names yet."""

    async def work(tx: Tx) -> set[bytes]:
        kept = [await find(tx, site, each, NOBODY) for each in some]
        return {
            each.id for each in kept
            if each is not None and (each.state, each.staff) == (LOOSE, signed.staff)
        }  # fmt: skip

    return await site.store.read(work)


async def attach_all(
    tx: Tx, site: Site, record: bytes, body: Mapping[str, Any], staff: bytes
) -> None:
    """In the transaction that keeps the record: what came with its form belongs to it."""
    fresh: list[bytes] = []
    for each in named_by(body):
        kept = await find(tx, site, each, NOBODY)
        if kept is not None and (kept.state, kept.staff) == (LOOSE, staff):
            fresh.append(each)
    await taken.attach(tx, site, NOBODY, record, fresh, by=staff, cls=AccessClass.C)


async def here(site: Site, body: Mapping[str, Any]) -> list[bytes]:
    """Which of the pictures that a record names are kept here, in its order."""
    names = named_by(body)
    found = await site.store.read(lambda tx: taken.states_of(tx, site, NOBODY, names))
    return [each for each in names if found.get(each) in THERE]


async def picture_of(
    site: Site, signed: Signed, record: bytes, picture: bytes
) -> tuple[str, bytes]:
    """(type, content). Raises NotYours for a record of elsewhere, NotFound."""
    found = await read(site, signed, record)
    if picture not in named_by(found.record.body):
        raise NotFound("picture")
    return await site.store.read(
        partial(_content, site=site, facility=found.record.facility, picture=picture)
    )


async def _content(tx: Tx, site: Site, facility: bytes, picture: bytes) -> tuple[str, bytes]:
    """A record may name a picture that came with one it corrects, never another facility's."""
    row = await one(
        tx,
        "SELECT 1 FROM attachment a JOIN facility_record f ON f.district=a.district AND "
        "f.record=a.subject WHERE a.district=? AND a.attachment=? AND f.facility=?",
        site.district, picture, facility,
    )  # fmt: skip
    if row is None:
        raise NotFound("picture")
    return await taken.read(tx, site, NOBODY, picture, classes=("C",))
