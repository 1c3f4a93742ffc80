"""Mappings of headings to columns, kept under a name by a facility or by the county."""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.actions.lists.imports import KINDS, importer_of
from server.errors import RuleSaysNo
from server.store.ids import new_id
from server.store.tx import Row, Tx


async def save_mapping(
    site: Site, signed: Signed, *, kind: str, name: str, columns: Mapping[str, str]
) -> None:
    """Keeps {heading: column} under a name; one of that name is replaced."""
    whose = importer_of(signed)
    said = name.strip()[:40]
    if not said or kind not in KINDS:
        raise RuleSaysNo("name")

    async def write(tx: Tx) -> None:
        for each, facility, old in await tx.rows(
            "SELECT mapping, facility, name FROM import_mapping WHERE district=? AND kind=?",
            site.district, kind,
        ):  # fmt: skip
            if old == said and facility == whose.facility:
                await tx.run(
                    "DELETE FROM import_mapping WHERE district=? AND mapping=?", site.district, each
                )
        now = site.clock()
        text = msgspec.json.encode(dict(columns)).decode()
        row: Row = (site.district, new_id(now), whose.facility, kind, said, text, whose.staff, now)
        await tx.insert("import_mapping", [row])

    await site.store.write(write)


async def mappings(site: Site, kind: str, facility: bytes | None) -> dict[str, dict[str, str]]:
    """{name: {heading: column}}: the county's, and over them the facility's own."""
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT facility, name, columns FROM import_mapping WHERE district=? AND kind=? "
            "ORDER BY name",
            site.district, kind,
        )
    )  # fmt: skip
    found: dict[str, Any] = {}
    for whose in (None, facility):
        for owner, name, text in rows:
            if owner == whose:
                found[name] = msgspec.json.decode(text, type=dict[str, str])
    return found
