"""The way back for a tablet that was suspended for too many strangers in a day."""

from server.actions.keeping.site import Site
from server.actions.tablets.devices import Guard, anybody, guarded
from server.errors import RuleSaysNo
from server.store.trail import audit
from server.store.tx import Tx


async def reinstate(site: Site, device: bytes, *, staff: bytes, allowed: Guard = anybody) -> None:
    """A suspended tablet goes on working, says a person who has found out why it was suspended.

    Strangers are counted anew; what they left in quarantine stays to be decided. Raises NotFound,
    RuleSaysNo for a tablet that is not suspended.
    """

    async def write(tx: Tx) -> None:
        now = site.clock()
        row = await guarded(tx, site.district, device, allowed)
        if row.status != "suspended":
            raise RuleSaysNo("not_suspended")
        await tx.run(
            "UPDATE device SET status='enrolled', strangers=0 WHERE district=? AND device=?",
            site.district, device,
        )  # fmt: skip
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='reinstated' WHERE district=? "
            "AND kind='suspended' AND subject=? AND closed_at IS NULL",
            now, staff, site.district, device,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"device-reinstated" + device + staff, now)

    await site.store.write(write)
