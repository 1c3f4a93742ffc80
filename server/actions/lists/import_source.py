"""Where an imported record comes from: the system that gave the list out, and when.

The name of a system may tell a condition (class B), so it is sealed; a change only carries the id
of its list as a flag. The row outlives the content of the list.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from server.actions.keeping.site import Site, district_key_blob
from server.actions.lists.imports import Job
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_SOURCE

FROM: Final = "from:"  # flag of a change: the list it comes from, in hex


@dataclass(frozen=True, slots=True)
class Source:
    """A system, and when it gave the list out (ms UTC, 0 unknown)."""

    system: str
    exported_at: int


def flag_of(job: Job, *others: str) -> str:
    """The flags of a change that comes from this list."""
    said = job.head.system or job.head.exported_at
    flags = (*others, f"{FROM}{job.id.hex()}" if said else "")
    return ",".join(each for each in flags if each)


def list_of(flags: str) -> bytes | None:
    """The list that a change comes from, by its flags."""
    found = next((each for each in flags.split(",") if each.startswith(FROM)), None)
    return bytes.fromhex(found.removeprefix(FROM)) if found else None


async def keep_source(tx: Tx, site: Site, job: Job, now: int) -> None:
    """Writes down where the records of this list come from; a second time changes nothing."""
    head = job.head
    if not (head.system or head.exported_at):
        return
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    plain = msgspec.json.encode([head.system, head.exported_at])
    sealed = key.seal(site.vault.at(T_SOURCE, job.id), plain)
    row: Row = (site.district, job.id, now, sealed)
    await tx.insert("import_source", [row], ignore=True)


async def sources_of(tx: Tx, site: Site, lists: Collection[bytes]) -> Mapping[bytes, Source]:
    """Where the records of these lists come from, by list."""
    if not lists:
        return {}
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    found: dict[bytes, Source] = {}
    for job, sealed in await tx.rows_in(
        "SELECT job, sealed FROM import_source WHERE district=? AND job {ids}",
        sorted(lists),
        site.district,
    ):
        plain = key.open(site.vault.at(T_SOURCE, job), sealed)
        found[job] = Source(*msgspec.json.decode(plain, type=tuple[str, int]))
    return found
