"""A decision made at the server: an ordinary change that has seen every head, by a person at a
desk.

So a conflict is resolved, and a proposal accepted, by the same merge that a tablet's edit goes
through; the tablets receive the outcome by the ordinary pages, and whoever proposed it learns
what became of it.
"""

from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from server.actions.archives.ledger import Ledger
from server.actions.archives.register_edit import hold, lay
from server.actions.archives.standing import MERGED, lock_residents
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.settle import open_change, settle_conflicts
from server.errors import NotFound, RuleSaysNo
from server.records.kinds import get
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_PARTS
from sync import wire
from sync.policy import Policy


async def accept_proposal(site: Site, change: bytes, *, staff: bytes) -> bytes:
    """Puts the values that were proposed; the id of the decision. Raises NotFound, RuleSaysNo."""
    return await site.store.write(partial(accept_in, site=site, change=change, staff=staff))


async def accept_in(tx: Tx, site: Site, change: bytes, staff: bytes) -> bytes:
    """`accept_proposal` in the caller's transaction."""
    await check_staff(tx, site.district, staff)
    where = await one(
        tx, "SELECT resident FROM change WHERE district=? AND change=?", site.district, change
    )
    if where is None:
        raise NotFound("change")
    rows = await lock_residents(tx, site.district, {where[0]})
    row = await one(  # under the lock: of two who decide at once, one finds it decided
        tx,
        "SELECT resident, device, state, body, under, parts FROM change WHERE district=? "
        "AND change=?",
        site.district,
        change,
    )
    assert row is not None
    resident, device, state, body, under, parts = row
    if state != "proposal" or resident not in rows:
        raise RuleSaysNo("not_a_proposal")
    wrapped = (
        rows[resident].key if under == "resident" else await district_key_blob(tx, site.district)
    )
    _, raw = open_change(
        site, change=change, resident=resident, under=under, wrapped=wrapped, body=body
    )
    edits = wire.change(raw).set
    if edits is UNSET:
        raise RuleSaysNo("not_an_edit")
    unlike = _parts(site, change, resident, under, wrapped, parts)
    # Only what was proposed: cells of the same change that were applied at once have a history of
    # their own since, and a newer value there is somebody else's.
    values = {cell: edit.value for cell, edit in edits.items() if cell not in unlike}
    kind = get("basic_info", 1)
    if any(kind.policy_of(cell) is Policy.AUTHORITY for cell in values):
        raise RuleSaysNo("not_by_hand")  # a switch does it, by the district's rule
    made = await _decide_cells(tx, site, resident, values, staff, "registrar")
    now = site.clock()
    await tx.run(
        "UPDATE change SET state='superseded', reason='accepted' WHERE district=? AND change=?",
        site.district,
        change,
    )
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result='accepted' WHERE district=? "
        "AND subject=? AND closed_at IS NULL",
        now, staff, site.district, change,
    )  # fmt: skip
    ledger = Ledger(site.district, site.vault, now, 1)
    ledger.outcome(device, change, "superseded", "accepted")
    await ledger.flush(tx, "act", b"accepted" + change)
    return made


def _parts(
    site: Site, change: bytes, resident: bytes, under: str, wrapped: bytes, parts: bytes | None
) -> dict[str, str]:
    """Cells of a change whose state is another than the change's."""
    if parts is None:
        return {}
    owner = resident if under == "resident" else NOBODY
    key = site.vault.key(owner, wrapped)
    plain = key.open(site.vault.at(T_PARTS, change, resident), parts)
    return msgspec.json.decode(plain, type=dict[str, str])


async def check_staff(tx: Tx, district: int, staff: bytes) -> None:
    """Whoever decides works here. Raises NotFound."""
    row = await one(
        tx,
        "SELECT 1 FROM staff WHERE district=? AND staff=? AND active=?",
        district, staff, True,
    )  # fmt: skip
    if row is None:
        raise NotFound("staff")


async def decide_cells(
    site: Site, resident: bytes, values: dict[str, Any], *, staff: bytes, author: str = "staff"
) -> bytes:
    """A decision made at the server: an ordinary change that has seen every head.

    Returns its id.
    """
    return await site.store.write(
        partial(
            _decide_cells, site=site, resident=resident, values=values, staff=staff, author=author
        )
    )


async def _decide_cells(
    tx: Tx, site: Site, resident: bytes, values: dict[str, Any], staff: bytes, author: str
) -> bytes:
    ledger = await hold(tx, site, {resident})
    if ledger.archives[resident].row.status == MERGED:
        raise RuleSaysNo("merged")
    change_id = lay(site, ledger, resident, values, staff=staff, author=author)
    await settle_conflicts(tx, site, ledger, staff)
    await ledger.flush(tx, "act", b"decision" + change_id)
    return change_id
