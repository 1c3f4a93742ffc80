"""Whether the server can work, and the figures that say how it is doing. Numbers only, nothing
about people.
"""

from dataclasses import dataclass

from server.actions.keeping.site import Site
from server.actions.notices.upkeep import Waiting
from server.actions.notices.upkeep import waiting as waiting_notices
from server.store.migrate import pending
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Figures:
    """How the district stands now. Lags in ms."""

    devices: tuple[tuple[str, int], ...]
    tasks: tuple[tuple[str, int], ...]
    overdue: int
    audit_lag_ms: int
    audit_waiting: int
    backup_age_ms: int | None
    pending: int
    notices: Waiting


class _Undo(Exception):
    """Ends a trial write so that it leaves nothing."""


async def faults(site: Site) -> tuple[str, ...]:
    """What keeps the server from working, as short codes; empty when it is ready."""
    found: list[str] = []
    if not await _writable(site):
        found.append("database_not_writable")
    elif await pending(site.store):
        found.append("migrations_pending")
    keys = site.keys
    if not (keys.newest_kem and keys.sign and keys.audit and keys.trust):
        found.append("keys_missing")
    return tuple(found)


async def _writable(site: Site) -> bool:
    async def trial(tx: Tx) -> None:
        await tx.run(
            "INSERT INTO job_run (job, slot, claimed_by, lease_until, finished_at, result) "
            "VALUES ('ready', ?, '', 0, 0, '') ON CONFLICT DO NOTHING",
            site.clock(),
        )
        raise _Undo

    try:
        await site.store.write(trial)
    except _Undo:
        return True
    except Exception:  # noqa: BLE001 (whatever an engine says, the answer is "no")
        return False
    return False


async def figures(site: Site) -> Figures:
    return await site.store.write(lambda tx: _figures(tx, site))


async def _figures(tx: Tx, site: Site) -> Figures:
    now, district = site.clock(), site.district
    devices = await tx.rows(
        "SELECT status, COUNT(*) FROM device WHERE district=? GROUP BY status ORDER BY status",
        district,
    )
    tasks = await tx.rows(
        "SELECT kind, COUNT(*) FROM task WHERE district=? AND closed_at IS NULL "
        "GROUP BY kind ORDER BY kind",
        district,
    )
    overdue = await one(
        tx,
        "SELECT COUNT(*) FROM task WHERE district=? AND closed_at IS NULL AND due_at<?",
        district,
        now,
    )
    waiting = await one(
        tx,
        "SELECT COUNT(*), MIN(at) FROM audit_leaf WHERE district=? AND number IS NULL",
        district,
    )
    backup = await one(tx, "SELECT MAX(verified_at) FROM backup_mark WHERE district=?", district)
    held = await one(tx, "SELECT COALESCE(SUM(pending), 0) FROM device WHERE district=?", district)
    assert overdue
    assert waiting
    assert backup
    assert held
    return Figures(
        devices=tuple((status, count) for status, count in devices),
        tasks=tuple((kind, count) for kind, count in tasks),
        overdue=overdue[0],
        audit_lag_ms=max(0, now - waiting[1]) if waiting[0] else 0,
        audit_waiting=waiting[0],
        backup_age_ms=max(0, now - backup[0]) if backup[0] is not None else None,
        pending=int(held[0]),
        notices=await waiting_notices(tx, site),
    )
