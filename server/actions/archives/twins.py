"""Two archives that look like one person: noted as a pair, looked at by a person, merged or said to
be two people (S000-art14¶1). A pair that was looked at is not asked about again.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import TASK_DAYS
from server.actions.keeping.site import Site
from server.errors import RuleSaysNo
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS

KIND: Final = "twin"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two archives, the ground on which they were put beside each other, and what came of it."""

    id: bytes
    first: bytes
    second: bytes
    ground: str
    state: str


async def note(tx: Tx, site: Site, one_: bytes, other: bytes, ground: str) -> bytes | None:
    """The id of the pair, with its task; None when somebody has already said that they are two.

    `ground`: a short code (same_phone, same_name_birth, ...), never content. The task is the
    facility's that has both, else the county's.
    """
    district, now = site.district, site.clock()
    first, second = sorted((one_, other))
    if first == second:
        raise RuleSaysNo("one_archive")
    known = await one(
        tx,
        "SELECT twin, state FROM twin WHERE district=? AND first=? AND second=?",
        district, first, second,
    )  # fmt: skip
    if known is not None and known[1] == "apart":
        return None
    if known is not None and known[1] == "open":
        return known[0]
    facilities = {
        row[0]
        for row in await tx.rows_in(
            "SELECT facility FROM resident WHERE district=? AND resident {ids}",
            [first, second],
            district,
        )
    }
    facility = facilities.pop() if len(facilities) == 1 else None
    due = now + TASK_DAYS[KIND] * DAY_MS
    if known is not None:  # merged once, taken back, and noted again
        pair: bytes = known[0]
        await tx.run(
            "UPDATE twin SET state='open', ground=?, noted_at=?, decided_at=NULL, decided_by=NULL "
            "WHERE district=? AND twin=?",
            ground, now, district, pair,
        )  # fmt: skip
        await tx.run("DELETE FROM task WHERE district=? AND kind=? AND subject=?",
                     district, KIND, pair)  # fmt: skip
    else:
        pair = new_id(now)
        row: Row = (district, pair, first, second, ground, "open", now, None, None)
        await tx.insert("twin", [row])
    task: Row = (district, KIND, pair, first, facility, now, due, None, None, "")
    await tx.insert("task", [task])
    await audit(tx, district, "act", b"twin" + pair + first + second, now)
    return pair


async def note_pair(
    site: Site, signed: Signed, one_: bytes, other: bytes, ground: str
) -> bytes | None:
    """`note` by somebody at a desk: the pair's id where both archives are in their place, else None
    (the county has the task).
    """

    async def work(tx: Tx) -> bytes | None:
        pair = await note(tx, site, one_, other, ground)
        rows = await tx.rows_in(
            "SELECT facility FROM resident WHERE district=? AND resident {ids}",
            sorted((one_, other)),
            site.district,
        )
        mine = signed.oversees or {row[0] for row in rows} == {signed.facility}
        return pair if mine else None

    return await site.store.write(work)


async def pair_of(tx: Tx, district: int, twin: bytes) -> Pair | None:
    row = await one(
        tx,
        "SELECT twin, first, second, ground, state FROM twin WHERE district=? AND twin=?",
        district,
        twin,
    )
    return None if row is None else Pair(*row)


async def say_apart(site: Site, twin: bytes, *, staff: bytes) -> None:
    """不是同一个人: the pair is closed and not asked about again. Raises RuleSaysNo."""
    await site.store.write(partial(_decide, site=site, twin=twin, staff=staff, state="apart"))


async def _decide(tx: Tx, site: Site, twin: bytes, staff: bytes, state: str) -> None:
    now = site.clock()
    if not await decided(tx, site.district, twin, staff=staff, state=state, now=now):
        raise RuleSaysNo("not_open")
    await audit(tx, site.district, "act", state.encode() + twin + staff, now)


async def decided(
    tx: Tx, district: int, twin: bytes, *, staff: bytes, state: str, now: int
) -> bool:
    """Closes the pair and its task in the caller's transaction; False when it was not open."""
    changed = await tx.run(
        "UPDATE twin SET state=?, decided_at=?, decided_by=? WHERE district=? AND twin=? "
        "AND state='open'",
        state, now, staff, district, twin,
    )  # fmt: skip
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? "
        "AND subject=? AND closed_at IS NULL",
        now, staff, state, district, KIND, twin,
    )  # fmt: skip
    return bool(changed)
