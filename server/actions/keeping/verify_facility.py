"""The records of facilities' own work under `journal verify`: each opens where it stands, and each
that the audit log knows is there with the bytes that were noted.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec

from crypto.columns import ColumnRefused
from server.actions.facility_work.records import Said, place_of
from server.actions.keeping.site import Site
from server.actions.keeping.verify_report import Code, Tally, every
from server.store.dump import Snapshot
from server.store.vault import NOBODY

HALF: Final = 16


async def verify_facility_records(
    snap: Snapshot, site: Site, tally: Tally, told: Mapping[bytes, bytes]
) -> None:
    """`told`: record -> half a hash of its sealed bytes, as the audit log says."""
    left = dict(told)
    async for (wrapped,) in every(snap, "SELECT key FROM district WHERE district=?", site.district):
        key = site.vault.key(NOBODY, wrapped)
        async for record, facility, sealed in every(
            snap,
            "SELECT record, facility, sealed FROM facility_record WHERE district=? ORDER BY record",
            site.district,
        ):
            noted = left.pop(record, None)
            if noted != sha256(sealed).digest()[:HALF]:
                tally.fault(Code.FACILITY_RECORD, record)
                continue
            try:
                msgspec.json.decode(key.open(place_of(site, record, facility), sealed), type=Said)
            except (ColumnRefused, msgspec.MsgspecError):
                tally.fault(Code.FACILITY_RECORD, record)
    for record in left:
        tally.fault(Code.FACILITY_RECORD_MISSING, record)
