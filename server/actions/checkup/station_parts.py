"""What the stations of a day wrote of its people, read back from the changes that brought it."""

from collections.abc import Collection

from server.actions.checkup.hall import body_of
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.settle import open_change
from server.records.checkup_parts import NotAPart, values_of
from server.rules.checkup_results import Part
from server.store.tx import Tx
from sync import wire
from sync.hall import PART


async def parts_of(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes]
) -> dict[bytes, tuple[Part, ...]]:
    """The parts of these people that are in force, in the order of their ids. What nobody can read
    as a part says only that its station was there.
    """
    rows = await tx.rows_in(
        "SELECT s.who, c.change, c.resident, c.under, r.key, c.body FROM checkup_step s JOIN "
        "change c ON c.district=s.district AND c.change=s.change LEFT JOIN resident r ON "
        "r.district=c.district AND r.resident=c.resident WHERE s.district=? AND s.day=? AND "
        "s.kind=? AND c.state IN ('applied','applied_guest') AND s.who {ids} ORDER BY c.change",
        sorted(set(whos)), site.district, day, PART,
    )  # fmt: skip
    district_key = await district_key_blob(tx, site.district)
    found: dict[bytes, tuple[Part, ...]] = {}
    for who, change, resident, under, key, body in rows:
        wrapped = key if under == "resident" else district_key
        if wrapped is None:
            continue
        _, raw = open_change(
            site, change=change, resident=resident, under=under, wrapped=wrapped, body=body
        )
        found[who] = (*found.get(who, ()), _part(change, wire.change(raw)))
    return found


def _part(name: bytes, said: wire.Change) -> Part:
    body = body_of(said)
    station, mark = str(body.get("station", "")), str(body.get("mark", ""))
    try:
        values = values_of(body)
    except NotAPart:
        values = {}
    return Part(name, station, mark, str(body.get("form", "")), int(body.get("v") or 1), values)
