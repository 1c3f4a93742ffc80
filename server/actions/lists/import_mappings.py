"""Mappings of headings to columns, kept under a name by a facility or by the county.

A mapping says nothing of anybody. Those of lists of class B are sealed all the same, so that
nothing in the clear tells who reads which restricted lists in.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site, district_key_blob
from server.actions.lists.imports import KINDS, SEALED_KIND, importer_of
from server.errors import RuleSaysNo
from server.records.sheet_columns import is_restricted
from server.store.ids import new_id
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_IMPORT

NAME_MAX: Final = 40


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A mapping as it is sealed."""

    kind: str
    name: str
    columns: dict[str, str]


async def save_mapping(
    site: Site, signed: Signed, *, kind: str, name: str, columns: Mapping[str, str]
) -> None:
    """Keeps {heading: column} under a name; one of that name is replaced."""
    whose = importer_of(signed)
    said = name.strip()[:NAME_MAX]
    if not said or kind not in KINDS:
        raise RuleSaysNo("name")

    async def write(tx: Tx) -> None:
        key = await _key(tx, site)
        for each, facility, kept in await _rows(tx, site, key, kind):
            if kept.name == said and facility == whose.facility:
                await tx.run(
                    "DELETE FROM import_mapping WHERE district=? AND mapping=?", site.district, each
                )
        now = site.clock()
        mapping = new_id(now)
        shown = (kind, said, msgspec.json.encode(dict(columns)).decode())
        if is_restricted(kind):
            plain = msgspec.json.encode(Kept(kind, said, dict(columns)))
            sealed = key.seal(site.vault.at(T_IMPORT, mapping), plain)
            shown = (SEALED_KIND, "", sealed.hex())
        row: Row = (site.district, mapping, whose.facility, *shown, whose.staff, now)
        await tx.insert("import_mapping", [row])

    await site.store.write(write)


async def mappings(site: Site, kind: str, facility: bytes | None) -> dict[str, dict[str, str]]:
    """{name: {heading: column}}: the county's, and over them the facility's own."""

    async def read(tx: Tx) -> list[tuple[bytes, bytes | None, Kept]]:
        return await _rows(tx, site, await _key(tx, site), kind)

    rows = await site.store.read(read)
    found: dict[str, dict[str, str]] = {}
    for whose in (None, facility):
        for _, owner, kept in rows:
            if owner == whose:
                found[kept.name] = kept.columns
    return found


async def _key(tx: Tx, site: Site) -> DataKey:
    return site.vault.key(NOBODY, await district_key_blob(tx, site.district))


async def _rows(
    tx: Tx, site: Site, key: DataKey, kind: str
) -> list[tuple[bytes, bytes | None, Kept]]:
    """(mapping, whose, content) of that kind, by name."""
    found: list[tuple[bytes, bytes | None, Kept]] = []
    for mapping, facility, name, text in await tx.rows(
        "SELECT mapping, facility, name, columns FROM import_mapping WHERE district=? AND kind=?",
        site.district, SEALED_KIND if is_restricted(kind) else kind,
    ):  # fmt: skip
        if is_restricted(kind):
            plain = key.open(site.vault.at(T_IMPORT, mapping), bytes.fromhex(text))
            kept = msgspec.json.decode(plain, type=Kept)
        else:
            kept = Kept(kind, name, msgspec.json.decode(text, type=dict[str, str]))
        if kept.kind == kind:
            found.append((mapping, facility, kept))
    return sorted(found, key=lambda each: each[2].name)
