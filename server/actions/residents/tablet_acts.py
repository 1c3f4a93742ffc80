"""What residents asked for by a tablet's hand is carried out: each act in a transaction of its own,
by the action that portal and desk call (tablet_doing.py), once however often it arrives.

A refusal rolls the act back, is told to the tablet by its reason, and leaves a task: the facility
sees to it with the resident, the county where the act judges or leaves the facility. Whoever looks
can have it tried again. A fault of the server is tried again by itself before it becomes one.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from server.access import living
from server.actions.archives.ledger import Ledger
from server.actions.archives.standing import lock_residents
from server.actions.keeping.site import Site
from server.actions.residents.tablet_doing import Asked, do
from server.actions.tablets.acts import TASKS, WAITING
from server.actions.tablets.settle import open_change
from server.errors import NoRoom, NotFound, NotYours, Refusal, RuleSaysNo
from server.logs import log
from server.records import acts
from server.rules import assisted as rule
from server.store.tx import Tx, locking, one
from sync import wire
from sync.reconcile import State

DONE, NOT_DONE = "done", "not_done"
AT_ONCE: Final = 100
TRIES: Final = 5
AGAIN_MS: Final = 10 * 60_000
HELP_LATER: Final = (NoRoom,)  # the server's own trouble is no answer to the resident


async def carry_out(site: Site, names: Sequence[bytes]) -> int:
    """These acts, in this order; how many were done."""
    done = 0
    for name in names:
        done += await _one(site, name)
    return done


async def run(site: Site) -> int:
    """The job: what waits and is due, the oldest first."""
    return await carry_out(site, await _due(site, AT_ONCE))


async def waits(site: Site) -> bool:
    """Whether there is anything for `run`: asked before the job is claimed."""
    return bool(await _due(site, 1))


async def _due(site: Site, most: int) -> list[bytes]:
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT act FROM tablet_act WHERE district=? AND state=? AND next_at<=? "
            "ORDER BY next_at, act LIMIT ?",
            site.district, WAITING, site.clock(), most,
        )
    )  # fmt: skip
    return [row[0] for row in rows]


async def _one(site: Site, name: bytes) -> bool:
    try:
        return await site.store.write(partial(_do, site=site, name=name))
    except HELP_LATER:
        await site.store.write(partial(_put_off, site=site, name=name))
    except Refusal as no:
        await site.store.write(partial(_refuse, site=site, name=name, reason=_code(no)))
    except Exception as error:  # noqa: BLE001 (one act must not stop the others)
        log.fault("job", error, job="tablet_acts")
        await site.store.write(partial(_put_off, site=site, name=name))
    return False


def _code(no: Refusal) -> str:
    match no:
        case RuleSaysNo():
            return rule.reason_of(no.detail)
        case NotYours() | NotFound():
            return no.code
        case _:
            return rule.OTHER


async def _do(tx: Tx, site: Site, name: bytes) -> bool:
    """Whether it was done now: it may have been done while this waited for the lock."""
    asked = await _asked(tx, site, name)
    if asked is None:
        return False
    await do(tx, site, asked)
    await _end(tx, site, name, asked.device, DONE, State.APPLIED, "")
    return True


async def _asked(tx: Tx, site: Site, name: bytes) -> Asked | None:
    """The act as it was signed, under its lock and the archive's; None when it waits no longer."""
    where = await one(
        tx, "SELECT resident FROM tablet_act WHERE district=? AND act=?", site.district, name
    )
    if where is None:
        return None
    who = await living(tx, site.district, where[0])
    await lock_residents(tx, site.district, {who}, cells_of=())
    row = await one(
        tx,
        "SELECT a.device, a.staff, a.signed_at, a.state, d.restricted, s.facility FROM tablet_act "
        "a JOIN device d ON d.district=a.district AND d.device=a.device JOIN staff s ON "
        f"s.district=a.district AND s.staff=a.staff WHERE a.district=? AND a.act=?{locking(tx)}",
        site.district, name,
    )  # fmt: skip
    change = await one(
        tx,
        "SELECT c.resident, c.under, c.body, r.key FROM change c JOIN resident r ON "
        "r.district=c.district AND r.resident=c.resident WHERE c.district=? AND c.change=?",
        site.district, name,
    )  # fmt: skip
    if row is None or row[3] != WAITING or change is None:
        return None
    device, staff, signed_at, _, restricted, facility = row
    _, raw = open_change(
        site, change=name, resident=change[0], under=change[1], wrapped=change[3], body=change[2]
    )
    return Asked(wire.change(raw), who, device, staff, facility, signed_at, bool(restricted))


async def _refuse(tx: Tx, site: Site, name: bytes, reason: str) -> None:
    """Not done, and why: for the tablet, and for whoever sees to it with the resident."""
    row = await one(
        tx, "SELECT device, resident, kind, state FROM tablet_act WHERE district=? AND act=?",
        site.district, name,
    )  # fmt: skip
    if row is None or row[3] != WAITING:
        return
    device, resident, kind, _ = row
    who = await living(tx, site.district, resident)
    rows = await lock_residents(tx, site.district, {who}, cells_of=())
    ledger = Ledger(site.district, site.vault, site.clock(), 1)
    task = TASKS[kind in acts.COUNTYS]
    home = rows[who].facility if who in rows and task == TASKS[0] else None
    await tx.run(  # one row a task: it may have been tried before
        "DELETE FROM task WHERE district=? AND kind=? AND subject=?", site.district, task, name
    )
    ledger.task(task, name, resident=who, facility=home)
    await tx.insert("task", ledger.tasks)
    await _end(tx, site, name, device, NOT_DONE, State.HELD, reason)


async def _end(
    tx: Tx, site: Site, name: bytes, device: bytes, state: str, told: State, reason: str
) -> None:
    """State of the act, state of its change, the outcome for the tablet, one audit leaf."""
    district = site.district
    await tx.run(
        "UPDATE tablet_act SET state=?, reason=? WHERE district=? AND act=?",
        state, reason, district, name,
    )  # fmt: skip
    await tx.run(
        "UPDATE change SET state=?, reason=? WHERE district=? AND change=?",
        told.value, reason, district, name,
    )  # fmt: skip
    ledger = Ledger(district, site.vault, site.clock(), 1)
    ledger.outcome(device, name, told.value, reason)
    await ledger.flush(tx, "act", b"tablet-act" + name + state.encode())


async def _put_off(tx: Tx, site: Site, name: bytes) -> None:
    """Tried again later; after some tries somebody looks."""
    await tx.run(
        "UPDATE tablet_act SET tries=tries+1, next_at=? WHERE district=? AND act=? AND state=?",
        site.clock() + AGAIN_MS, site.district, name, WAITING,
    )  # fmt: skip
    row = await one(
        tx, "SELECT tries FROM tablet_act WHERE district=? AND act=?", site.district, name
    )
    if row is not None and row[0] >= TRIES:
        await _refuse(tx, site, name, rule.BROKEN)
