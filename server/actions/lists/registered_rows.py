"""The rows of a comparison with another system: what is sealed in them, and how it is opened.

All of a district's are sealed under its key, at a place of their own: name, numbers and condition
of somebody who may have no archive here.
"""

from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.keeping.site import Site, district_key_blob
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_RECONCILE

HEAD_N: Final = 0  # the row that stands for the comparison itself
HERE_FROM: Final = 1_000_000  # numbers of those whom the list does not name
MAKING, DONE, OPEN, CLOSED = "making", "done", "open", "closed"


class Heading(msgspec.Struct, frozen=True, array_like=True):
    """What a comparison is of. `what`: the kind of its list."""

    what: str
    system: str
    exported_at: int
    name: str


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One person in both systems, as far as each says. standing: "" where not registered."""

    name: str
    id_no: str
    reg_no: str = ""
    since_there: str = ""
    standing_there: str = ""
    facility_there: str = ""
    since_here: str = ""
    standing_here: str = ""
    unlike: tuple[str, ...] = ()
    step: str = ""
    note: str = ""

    def __repr__(self) -> str:
        return "Said()"


async def key_of(tx: Tx, site: Site) -> DataKey:
    """The key of the district."""
    return site.vault.key(NOBODY, await district_key_blob(tx, site.district))


def _place(site: Site, job: bytes, n: int) -> bytes:
    return site.vault.at(T_RECONCILE, job + n.to_bytes(4))


def seal_row(site: Site, key: DataKey, job: bytes, n: int, content: Heading | Said) -> bytes:
    return key.seal(_place(site, job, n), msgspec.json.encode(content))


def heading_of(site: Site, key: DataKey, job: bytes, sealed: bytes) -> Heading:
    return msgspec.json.decode(key.open(_place(site, job, HEAD_N), sealed), type=Heading)


def said_of(site: Site, key: DataKey, job: bytes, n: int, sealed: bytes) -> Said:
    return msgspec.json.decode(key.open(_place(site, job, n), sealed), type=Said)


async def headings(tx: Tx, site: Site, key: DataKey) -> dict[bytes, tuple[Heading, Row]]:
    """Every comparison: what it is of, and (facility, restricted, state, made_at) of its row."""
    return {
        job: (heading_of(site, key, job, sealed), (facility, restricted, state, made_at))
        for job, facility, restricted, state, made_at, sealed in await tx.rows(
            "SELECT list, facility, restricted, state, made_at, sealed FROM reconciliation WHERE "
            "district=? AND n=? ORDER BY made_at DESC, list DESC",
            site.district, HEAD_N,
        )
    }  # fmt: skip


async def forget_unmade(tx: Tx, district: int, job: bytes) -> None:
    """Of a comparison that was not made to its end nothing stays: it would be shown to nobody."""
    head = await tx.rows(
        "SELECT 1 FROM reconciliation WHERE district=? AND list=? AND n=? AND state=?",
        district, job, HEAD_N, MAKING,
    )  # fmt: skip
    if head:
        await tx.run("DELETE FROM reconciliation WHERE district=? AND list=?", district, job)


async def pass_on(tx: Tx, district: int, facility: bytes) -> None:
    """A facility closes: its lines of the county's comparisons go with the residents, or back to
    the county where nobody answers for them.
    """
    await tx.run(
        "UPDATE reconciliation SET facility=(SELECT r.facility FROM resident r WHERE "
        "r.district=reconciliation.district AND r.resident=reconciliation.resident) "
        "WHERE district=? AND facility=? AND n>? AND list IN (SELECT h.list FROM reconciliation h "
        "WHERE h.district=? AND h.n=? AND h.facility IS NULL)",
        district, facility, HEAD_N, district, HEAD_N,
    )  # fmt: skip
