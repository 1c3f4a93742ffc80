"""A new archive at a desk: opened, and where no team was chosen somebody is asked for one."""

from functools import partial

from server.actions.archives.archives import NewArchive, open_new
from server.actions.archives.ledger import TASK_DAYS
from server.actions.keeping.site import Site
from server.store.tx import Row, Tx
from sync.limits import DAY_MS

UNASSIGNED = "unassigned"


async def open_at_desk(site: Site, new: NewArchive) -> bytes:
    """The archive's id. Raises AlreadyThere, NotFound, RuleSaysNo."""
    return await site.store.write(partial(_open, site=site, new=new))


async def _open(tx: Tx, site: Site, new: NewArchive) -> bytes:
    resident, now = await open_new(tx, site, new), site.clock()
    if new.panel is None:
        due = now + TASK_DAYS.get(UNASSIGNED, 7) * DAY_MS
        row: Row = (
            site.district, UNASSIGNED, resident, resident, new.facility, now, due, None, None, "",
        )  # fmt: skip
        await tx.insert("task", [row], ignore=True)
    return resident
