"""What waits for people: open tasks counted and listed for one member of staff's place in the tree.

The county sees every facility's tasks, a facility its own and those of its stations and rooms. A
task without a facility is the county's. Another place's task is answered like one that does not
exist.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.store.trail import audit
from server.store.tx import Row, Tx, one

DAY_MS: Final = 24 * 60 * 60_000
SOON_DAYS: Final = 4
PAGE: Final = 50
DONE_DAYS: Final = 30  # how long what was ended is still listed


class Which(StrEnum):
    """The filters of a queue."""

    ALL = "all"
    MINE = "mine"
    NOBODYS = "nobodys"
    SOON = "soon"
    DONE = "done"
    """Ended in the last 30 days: here the writer of a proposal reads what became of it."""


@dataclass(frozen=True, slots=True)
class Count:
    """Open tasks of one kind: all, past their due moment, due within four days."""

    open: int
    late: int
    soon: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Open tasks of a queue by filter. `soon` counts what is late as well."""

    all: int
    mine: int
    nobodys: int
    soon: int
    late: int


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task as the database has it, with who has it in hand. Instants in ms UTC."""

    kind: str
    subject: bytes
    resident: bytes | None
    facility: bytes | None
    opened_at: int
    due_at: int
    closed_at: int | None
    closed_by: bytes | None
    result: str
    holder: bytes | None


_TASK: Final = (
    "t.kind, t.subject, t.resident, t.facility, t.opened_at, t.due_at, t.closed_at, t.closed_by, "
    "t.result, k.staff"
)
_SAME: Final = "k.district=t.district AND k.kind=t.kind AND k.subject=t.subject"
_JOIN: Final = f"LEFT JOIN task_claim k ON {_SAME}"


def scope(signed: Signed) -> tuple[str, tuple[object, ...]]:
    """The condition that keeps a statement over `task t` inside somebody's place."""
    if signed.oversees:
        return "", ()
    # The county's own tasks have no facility: NULL is in no list.
    within = "SELECT f.facility FROM facility f WHERE f.facility=? OR f.parent=?"
    return f" AND t.facility IN ({within})", (signed.facility, signed.facility)


def _of_kinds(kinds: Collection[str]) -> tuple[str, tuple[object, ...]]:
    """() is every kind."""
    if not kinds:
        return "", ()
    return f" AND t.kind IN ({','.join('?' * len(kinds))})", tuple(sorted(kinds))


async def counts(site: Site, signed: Signed) -> dict[str, Count]:
    """Open tasks by kind."""
    return await site.store.read(partial(_counts, site=site, signed=signed))


async def _counts(tx: Tx, site: Site, signed: Signed) -> dict[str, Count]:
    now = site.clock()
    where, args = scope(signed)
    rows = await tx.rows(
        "SELECT t.kind, COUNT(*), SUM(CASE WHEN t.due_at<? THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN t.due_at>=? AND t.due_at<? THEN 1 ELSE 0 END) FROM task t "
        f"WHERE t.district=? AND t.closed_at IS NULL{where} GROUP BY t.kind",
        now, now, now + SOON_DAYS * DAY_MS, site.district, *args,
    )  # fmt: skip
    return {kind: Count(n, late or 0, soon or 0) for kind, n, late, soon in rows}


async def sums(tx: Tx, site: Site, signed: Signed, kinds: Collection[str]) -> Sums:
    """Open tasks of these kinds by filter."""
    found = await _counts(tx, site, signed)
    wanted = [each for kind, each in found.items() if not kinds or kind in kinds]
    every, late = sum(each.open for each in wanted), sum(each.late for each in wanted)
    where, args = scope(signed)
    of, named = _of_kinds(kinds)
    held = await one(
        tx,
        "SELECT COUNT(*), SUM(CASE WHEN k.staff=? THEN 1 ELSE 0 END) FROM task_claim k JOIN task t "
        "ON t.district=k.district AND t.kind=k.kind AND t.subject=k.subject "
        f"WHERE k.district=? AND t.closed_at IS NULL{where}{of}",
        signed.staff, site.district, *args, *named,
    )  # fmt: skip
    assert held is not None
    soon = sum(each.soon for each in wanted) + late
    return Sums(every, held[1] or 0, every - held[0], soon, late)


async def page_of(
    tx: Tx, site: Site, signed: Signed, kinds: Collection[str], which: Which, page: int
) -> Sequence[TaskRow]:
    """Fifty tasks, by days left; what was ended, the newest first."""
    now = site.clock()
    where, args = scope(signed)
    of, named = _of_kinds(kinds)
    more: dict[Which, tuple[str, tuple[object, ...]]] = {
        Which.MINE: (" AND k.staff=?", (signed.staff,)),
        Which.NOBODYS: (" AND k.staff IS NULL", ()),
        Which.SOON: (" AND t.due_at<?", (now + SOON_DAYS * DAY_MS,)),
    }
    which_sql, which_args = more.get(which, ("", ()))
    if which is Which.DONE:
        state, order = "t.closed_at>?", "t.closed_at DESC, t.kind, t.subject"
        which_args = (*which_args,)
        args = (now - DONE_DAYS * DAY_MS, *args)
    else:
        state, order = "t.closed_at IS NULL", "t.due_at, t.kind, t.subject"
    tables = f"task t {_JOIN} WHERE"
    if which is Which.MINE:  # found from the few claims, not from the many tasks
        tables = f"task_claim k CROSS JOIN task t WHERE {_SAME} AND"
    rows = await tx.rows(
        f"SELECT {_TASK} FROM {tables} t.district=? AND {state}{where}{of}{which_sql} "
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        site.district, *args, *named, *which_args, PAGE, page * PAGE,
    )  # fmt: skip
    return [TaskRow(*row) for row in rows]


async def task_of(tx: Tx, site: Site, signed: Signed, kind: str, subject: bytes) -> TaskRow:
    """One task of somebody's place, open or ended. Raises NotYours."""
    where, args = scope(signed)
    row = await one(
        tx,
        f"SELECT {_TASK} FROM task t {_JOIN} WHERE t.district=? AND t.kind=? AND t.subject=?"
        f"{where}",
        site.district, kind, subject, *args,
    )  # fmt: skip
    if row is None:
        raise NotYours
    return TaskRow(*row)


async def open_task(tx: Tx, site: Site, signed: Signed, kind: str, subject: bytes) -> TaskRow:
    """One task that is still open. Raises NotYours, for one that is ended as well."""
    found = await task_of(tx, site, signed, kind, subject)
    if found.closed_at is not None:
        raise NotYours
    return found


async def claim(site: Site, signed: Signed, kind: str, subject: bytes) -> None:
    """我来办: this person has the task in hand from now on, also when somebody else had it."""

    async def write(tx: Tx) -> None:
        await open_task(tx, site, signed, kind, subject)
        now = site.clock()
        await tx.run(
            "DELETE FROM task_claim WHERE district=? AND kind=? AND subject=?",
            site.district, kind, subject,
        )  # fmt: skip
        row: Row = (site.district, kind, subject, signed.staff, now)
        await tx.insert("task_claim", [row])
        await audit(tx, site.district, "act", b"claim" + subject + signed.staff, now)

    await site.store.write(write)


async def give_back(site: Site, signed: Signed, kind: str, subject: bytes) -> None:
    """Nobody has the task in hand any more; only who has it gives it back."""

    async def write(tx: Tx) -> None:
        await open_task(tx, site, signed, kind, subject)
        await tx.run(
            "DELETE FROM task_claim WHERE district=? AND kind=? AND subject=? AND staff=?",
            site.district, kind, subject, signed.staff,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"give-back" + subject + signed.staff, site.clock())

    await site.store.write(write)


async def close_task(tx: Tx, site: Site, signed: Signed, task: TaskRow, result: str) -> None:
    """Ends one task in the caller's transaction; whoever is second finds it ended."""
    closed = await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? "
        "AND subject=? AND closed_at IS NULL",
        site.clock(), signed.staff, result, site.district, task.kind, task.subject,
    )  # fmt: skip
    if not closed:
        raise NotYours
