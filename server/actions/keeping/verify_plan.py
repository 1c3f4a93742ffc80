"""Service plans under `journal verify`: each opens where it stands, and so does each row of a list
that is sealed. Whether they say what the archive says is the question of `plan check`.
"""

import msgspec

from crypto.columns import ColumnRefused
from server.actions.keeping.site import Site
from server.actions.keeping.verify_report import Code, Tally, every
from server.actions.plan.kept import decode_items, open_due, open_items
from server.store.dump import Snapshot

PLANS = (
    "SELECT p.resident, r.key, p.rev, p.rev_restricted, p.sealed_open, p.sealed_restricted "
    "FROM plan p LEFT JOIN resident r ON r.district=p.district AND r.resident=p.resident "
    "WHERE p.district=? ORDER BY p.resident"
)
ROWS = (
    "SELECT d.resident, r.key, d.key, p.rev_restricted, d.sealed FROM plan_due d "
    "LEFT JOIN resident r ON r.district=d.district AND r.resident=d.resident "
    "LEFT JOIN plan p ON p.district=d.district AND p.resident=d.resident "
    "WHERE d.district=? AND d.sealed IS NOT NULL ORDER BY d.resident, d.key"
)


async def verify_plans(snap: Snapshot, site: Site, tally: Tally) -> None:
    """A fault names the resident; one whose archive is gone is a fault as well."""
    async for who, wrapped, rev, rev_restricted, first, second in every(snap, PLANS, site.district):
        try:
            if wrapped is None:
                raise ColumnRefused
            key = site.vault.key(who, wrapped)
            for cls, number, blob in (("A", rev, first), ("B", rev_restricted, second)):
                if blob is not None:
                    decode_items(open_items(site, key, who, cls, number, blob), cls)
        except (ColumnRefused, msgspec.MsgspecError):
            tally.fault(Code.PLAN_SEALED, who)
    async for who, wrapped, name, rev_restricted, blob in every(snap, ROWS, site.district):
        try:
            if wrapped is None or rev_restricted is None:
                raise ColumnRefused
            open_due(site, site.vault.key(who, wrapped), who, name, rev_restricted, blob)
        except (ColumnRefused, msgspec.MsgspecError):
            tally.fault(Code.PLAN_SEALED, who)
