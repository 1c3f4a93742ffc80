"""Who does which timed work: a row (job, slot) is claimed before the work, for the length of a
lease.

Every process runs the same clockwork; the row decides which of them works, so a slot is worked once
by one of them. A process that dies leaves its row unfinished: when the lease is over another takes
that very slot over.
"""

from dataclasses import dataclass
from typing import Final

from server.actions.keeping.audit_tree import number_leaves
from server.actions.keeping.site import Site
from server.store.tx import Tx, one

CLAIM: Final = (
    "INSERT INTO job_run (job, slot, claimed_by, lease_until, finished_at, result) "
    "VALUES (?, ?, ?, ?, NULL, '') ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Stale:
    """A run whose process has not finished it within its lease."""

    job: str
    slot: int


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the ledger, for operators."""

    job: str
    slot: int
    claimed_by: str
    lease_until: int
    finished_at: int | None
    result: str


async def claim(
    site: Site, job: str, slot: int, *, owner: str, lease_ms: int, from_start: bool = True
) -> bool:
    """Whether this process is to do the work of that slot now.

    `from_start` False: on the first start ever the present slot counts as done, so that a new
    server does not begin the day with the work of the night.
    """

    async def ask(tx: Tx) -> bool:
        now = site.clock()
        if (
            not from_start
            and await one(tx, "SELECT 1 FROM job_run WHERE job=? LIMIT 1", job) is None
        ):
            await tx.run(CLAIM, job, slot, owner, now)
            await _finish(tx, job, slot, owner, now, "first_start")
            return False
        return await tx.run(CLAIM, job, slot, owner, now + lease_ms) == 1

    return await site.store.write(ask)


async def take_over(site: Site, stale: Stale, *, owner: str, lease_ms: int) -> bool:
    """Whether this process now has the run whose lease is over; of several asking only one has."""

    async def ask(tx: Tx) -> bool:
        now = site.clock()
        changed = await tx.run(
            "UPDATE job_run SET claimed_by=?, lease_until=? WHERE job=? AND slot=? "
            "AND finished_at IS NULL AND lease_until<?",
            owner, now + lease_ms, stale.job, stale.slot, now,
        )  # fmt: skip
        return changed == 1

    return await site.store.write(ask)


async def stale_runs(site: Site) -> tuple[Stale, ...]:
    """The newest unfinished run of each job, its lease over; older ones are given up."""

    async def read(tx: Tx) -> tuple[Stale, ...]:
        now = site.clock()
        rows = await tx.rows(
            "SELECT job, MAX(slot) FROM job_run WHERE finished_at IS NULL AND lease_until<? "
            "GROUP BY job ORDER BY job",
            now,
        )
        for job, slot in rows:
            await tx.run(
                "UPDATE job_run SET finished_at=?, result='given_up' WHERE job=? AND slot<? "
                "AND finished_at IS NULL AND lease_until<?",
                now, job, slot, now,
            )  # fmt: skip
        return tuple(Stale(job, slot) for job, slot in rows)

    return await site.store.write(read)


async def finish(site: Site, job: str, slot: int, *, owner: str, result: str) -> bool:
    """Closes the run. False when another process has taken it over meanwhile."""
    now = site.clock()
    return await site.store.write(lambda tx: _finish(tx, job, slot, owner, now, result))


async def _finish(tx: Tx, job: str, slot: int, owner: str, now: int, result: str) -> bool:
    changed = await tx.run(
        "UPDATE job_run SET finished_at=?, result=? WHERE job=? AND slot=? AND claimed_by=? "
        "AND finished_at IS NULL",
        now, result[:200], job, slot, owner,
    )  # fmt: skip
    return changed == 1


async def number_in_slot(site: Site, job: str, slot: int, *, owner: str) -> int:
    """Claim, numbering and end in one transaction: it runs each second, and costs nothing when
    idle.
    """

    async def work(tx: Tx) -> int:
        waiting = await one(
            tx,
            "SELECT 1 FROM audit_leaf WHERE district=? AND number IS NULL LIMIT 1",
            site.district,
        )
        now = site.clock()
        if waiting is None or await tx.run(CLAIM, job, slot, owner, now) != 1:
            return 0
        numbered = await number_leaves(tx, site.district)
        await _finish(tx, job, slot, owner, now, f"numbered {numbered}")
        return numbered

    return await site.store.write(work)


async def forget_runs(site: Site, keep_ms: dict[str, int]) -> int:
    """Finished runs older than each job's keeping time; the newest of each job always stays."""

    async def work(tx: Tx) -> int:
        now, gone = site.clock(), 0
        for job, keep in keep_ms.items():
            gone += await tx.run(
                "DELETE FROM job_run WHERE job=? AND finished_at<? AND slot<"
                "(SELECT MAX(slot) FROM job_run WHERE job=?)",
                job, now - keep, job,
            )  # fmt: skip
        return gone

    return await site.store.write(work)


async def newest_runs(site: Site) -> tuple[Run, ...]:
    """The last run of each job."""
    rows = await site.store.write(
        lambda tx: tx.rows(
            "SELECT job, slot, claimed_by, lease_until, finished_at, result FROM job_run r "
            "WHERE slot=(SELECT MAX(slot) FROM job_run s WHERE s.job=r.job) ORDER BY job"
        )
    )
    return tuple(Run(*row) for row in rows)
