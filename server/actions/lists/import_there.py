"""What is written already where a line of records is to go, so that nothing is written twice.

Two questions. Is this very line there (its id is a keyed hash of what it says)? And is there
another record of the same service? Of most open kinds the kind and the day answer that without
opening anything. Where several may stand on one day (doses), and of class B, whose kind no row
says, the records of those days are opened and compared.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import UNSET

from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.records.same_service import Same, same_service, told_apart
from server.records.upcast import newest, upcast
from server.store.tx import Tx
from server.store.vault import T_CHANGE
from sync import wire

Body = Mapping[str, Any]


@dataclass(slots=True)
class There:
    """`ids`: in whose archive each of these ids is, whatever became of it; `days`: (resident, kind,
    day) of the open records in force; `opened`: (resident, service) -> what was written of it.
    """

    ids: dict[bytes, bytes]
    days: set[tuple[bytes, str | None, str]]
    opened: dict[tuple[bytes, Same], Body] = field(default_factory=dict[tuple[bytes, Same], Body])


def looked_into(kind: str, cls: str) -> bool:
    """Whether records must be opened to tell if a service is there."""
    return cls != "A" or told_apart(kind)


async def there_of(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    changes: Collection[bytes],
    sought: Collection[tuple[str, str, str]],
) -> There:
    """`rows`: the archives, locked; `sought`: (kind, class, day) of the lines that go there."""
    ids = await tx.rows_in(
        "SELECT change, resident FROM change WHERE district=? AND change {ids}",
        sorted(changes),
        site.district,
    )
    days = await tx.rows_in(
        "SELECT resident, kind, day FROM change WHERE district=? AND shape='event' AND state IN "
        "('applied','applied_guest') AND resident {ids}",
        sorted(rows),
        site.district,
    )
    found = There({row[0]: row[1] for row in ids}, {(row[0], row[1], row[2]) for row in days})
    for kind in sorted({kind for kind, cls, _ in sought if looked_into(kind, cls)}):
        wanted = [day for each, _, day in sought if each == kind]
        await _open(tx, site, rows, found, kind, min(wanted), max(wanted))
    return found


async def _open(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    found: There,
    kind: str,
    first: str,
    last: str,
) -> None:
    """The records of a kind between two days, of these archives."""
    for change, resident, body in await tx.rows_in(
        "SELECT change, resident, body FROM change WHERE district=? AND shape='event' AND state IN "
        "('applied','applied_guest') AND under='resident' AND (kind=? OR kind IS NULL) AND "
        "day>=? AND day<=? AND resident {ids}",
        sorted(rows),
        site.district, kind, first, last,
    ):  # fmt: skip
        key = site.vault.key(resident, rows[resident].key)
        said = wire.change(key.open(site.vault.at(T_CHANGE, change, resident), body)[16:])
        if said.kind != kind or said.body is UNSET:
            continue
        filled = msgspec.json.decode(said.body, type=dict[str, Any])
        filled = upcast(kind, said.v, filled, to=newest(kind))
        found.opened[resident, same_service(kind, said.on, filled)] = filled


def differs(line: Body, written: Body) -> list[str]:
    """Names of what the line says otherwise than the record that is there; what a line leaves open
    it does not contradict.
    """
    return [name for name, value in line.items() if written.get(name) != value]
