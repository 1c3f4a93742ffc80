"""What residents are told of a checkup day: asked for in the act's own transaction, told some
minutes later, so that whoever takes an act back within those minutes has told nobody anything.

`run` says what is true when it leaves: whoever has died, moved away or come off the list meanwhile
is told nothing. The words are templates of server/rules/notices.toml; whether a message may leave,
when, and at what cost is the outbox's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.actions.checkup.day_rows import (
    INVITED,
    Day,
    PersonRow,
    SlotRow,
    days_where,
    persons,
    slots_of,
)
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.tablets.intake import civil_day
from server.rules.checkup_days import BOOKABLE, GRACE_MS, DayState, remind_at
from server.rules.life import STATES, Life
from server.settings import CIVIL
from server.store.tx import Row, Tx, locking, one

INVITED_TO: Final = "invited"
REMINDER: Final = "reminder"
SLOTTED: Final = "slotted"
CHANGED: Final = "changed"
MOVED: Final = "moved"
UNBOOKED: Final = "unbooked"
CANCELLED: Final = "cancelled"
BATCH: Final = 40  # notices in one transaction: each opens a resident's key and seals a row
ROUNDS: Final = 50


async def plan(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes], what: str, due_at: int
) -> None:
    """These are to be told this, from that moment on; what they were told of it before is over."""
    await forget(tx, site, day, whos, what)
    rows: list[Row] = [(site.district, day, who, what, due_at, None) for who in sorted(set(whos))]
    await tx.insert("checkup_told", rows)


async def forget(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes] | None = None, what: str = ""
) -> None:
    """Nothing more is to be said of it. `whos` None: to nobody; `what` "": of nothing."""
    only, args = (" AND what=?", [what]) if what else ("", [])
    if whos is None:
        await tx.run(
            f"DELETE FROM checkup_told WHERE district=? AND day=?{only}", site.district, day, *args
        )
    elif whos:
        await tx.rows_in(
            f"DELETE FROM checkup_told WHERE district=? AND day=?{only} AND who {{ids}}",
            sorted(whos), site.district, day, *args,
        )  # fmt: skip


async def was_told(
    tx: Tx, site: Site, day: bytes, what: str, whos: Collection[bytes] | None = None
) -> set[bytes]:
    """Who has been told it."""
    rows = await tx.rows(
        "SELECT who FROM checkup_told WHERE district=? AND day=? AND what=? AND told_at IS NOT "
        "NULL",
        site.district, day, what,
    )  # fmt: skip
    return {row[0] for row in rows} if whos is None else {row[0] for row in rows} & set(whos)


def soon(site: Site) -> int:
    """When a notice of what staff did leaves."""
    return site.clock() + GRACE_MS


def reminder_due(day: Day) -> int:
    return int(remind_at(day.on).replace(tzinfo=CIVIL).timestamp() * 1000)


# What follows from an act, in its transaction.


async def invited_more(tx: Tx, site: Site, day: Day, whos: Collection[bytes]) -> None:
    """These were put on the list; of a day in preparation nobody is told yet."""
    if day.state in BOOKABLE and day.on >= civil_day(site.clock()):
        await plan(tx, site, day.day, whos, INVITED_TO, soon(site))


async def booked(tx: Tx, site: Site, day: Day, who: bytes) -> None:
    """Somebody has a slot: reminded on the day before, when that moment is still ahead."""
    due = reminder_due(day)
    if day.state in BOOKABLE and due > site.clock():
        await plan(tx, site, day.day, {who}, REMINDER, due)
    else:
        await forget(tx, site, day.day, {who}, REMINDER)
    await forget(tx, site, day.day, {who}, UNBOOKED)


async def unbooked(tx: Tx, site: Site, day: Day, who: bytes, *, tell_them: bool) -> None:
    """A slot was given back, or taken by staff (`tell_them`)."""
    for what in (SLOTTED, REMINDER, CHANGED):
        await forget(tx, site, day.day, {who}, what)
    if tell_them and day.state in BOOKABLE:
        await plan(tx, site, day.day, {who}, UNBOOKED, soon(site))


async def taken_off(tx: Tx, site: Site, day: Day, who: bytes, *, had_slot: bool) -> None:
    """Somebody was taken off the list; who had a slot, or was told of the day, is told so."""
    knew = had_slot or bool(await was_told(tx, site, day.day, INVITED_TO, {who}))
    for what in (INVITED_TO, SLOTTED, REMINDER, CHANGED, MOVED):
        await forget(tx, site, day.day, {who}, what)
    if knew and day.state in BOOKABLE:
        await plan(tx, site, day.day, {who}, UNBOOKED, soon(site))


async def put_back(tx: Tx, site: Site, day: Day, who: bytes) -> None:
    """Taken off by mistake: who was not told so yet is told nothing."""
    told = bool(await was_told(tx, site, day.day, UNBOOKED, {who}))
    await forget(tx, site, day.day, {who}, UNBOOKED)
    if told:
        await invited_more(tx, site, day, {who})


async def day_ready(tx: Tx, site: Site, day: Day, *, again: bool) -> None:
    """Everybody on the list is invited. `again`: the day had been called off; whoever was told so
    hears that it takes place, and nobody else hears anything.
    """
    people = await persons(tx, site, day.day)
    expected = {who for who, each in people.items() if each.status == INVITED}
    off = await was_told(tx, site, day.day, CANCELLED)
    knew = await was_told(tx, site, day.day, INVITED_TO)
    await forget(tx, site, day.day, None, CANCELLED)
    if again:
        await plan(tx, site, day.day, off & expected, MOVED, soon(site))
    await plan(tx, site, day.day, expected - knew, INVITED_TO, soon(site))
    if reminder_due(day) > site.clock():
        slotted = {who for who in expected if people[who].slot is not None}
        await plan(tx, site, day.day, slotted, REMINDER, reminder_due(day))


async def day_moved(tx: Tx, site: Site, day: Day) -> None:
    """Another day or place: who has a slot, and who was told of the day, is told at once."""
    people = await persons(tx, site, day.day)
    knew = await was_told(tx, site, day.day, INVITED_TO)
    slotted = {w for w, each in people.items() if each.slot is not None and each.expected}
    await plan(tx, site, day.day, slotted, CHANGED, soon(site))
    others = {w for w, each in people.items() if each.expected and w in knew} - slotted
    await plan(tx, site, day.day, others, MOVED, soon(site))
    if reminder_due(day) > site.clock():
        await plan(tx, site, day.day, slotted, REMINDER, reminder_due(day))
    else:
        await forget(tx, site, day.day, None, REMINDER)


async def day_cancelled(tx: Tx, site: Site, day: Day) -> None:
    """Who has a slot or was told of the day is told that it does not take place."""
    people = await persons(tx, site, day.day)
    knew = await was_told(tx, site, day.day, INVITED_TO)
    for what in (SLOTTED, REMINDER, CHANGED, MOVED, UNBOOKED):
        await forget(tx, site, day.day, None, what)
    await tx.run(
        "DELETE FROM checkup_told WHERE district=? AND day=? AND what=? AND told_at IS NULL",
        site.district, day.day, INVITED_TO,
    )  # fmt: skip
    concerned = {
        who for who, each in people.items() if each.expected and (each.slot or who in knew)
    }
    await plan(tx, site, day.day, concerned, CANCELLED, soon(site))


# Telling.


async def waits(site: Site) -> bool:
    """Whether anything is due to be told."""

    async def read(tx: Tx) -> bool:
        row = await one(
            tx,
            "SELECT 1 FROM checkup_told WHERE district=? AND told_at IS NULL AND due_at<=? LIMIT 1",
            site.district, site.clock(),
        )  # fmt: skip
        return row is not None

    return await site.store.read(read)


async def run(site: Site) -> int:
    """Tells what is due, some people in each transaction; how many were told."""

    async def work(tx: Tx) -> tuple[int, int]:
        rows = await tx.rows(
            "SELECT day, who, what FROM checkup_told WHERE district=? AND told_at IS NULL AND "
            f"due_at<=? ORDER BY due_at, day, who LIMIT {BATCH}{locking(tx)}",
            site.district, site.clock(),
        )  # fmt: skip
        return len(rows), await _tell(tx, site, rows)

    told = 0
    for _ in range(ROUNDS):
        found, said = await site.store.write(work)
        told += said
        if found < BATCH:
            break
    return told


@dataclass(frozen=True, slots=True)
class _Known:
    """What is true of a day when something is said about it."""

    day: Day
    people: dict[bytes, PersonRow]
    slots: dict[int, SlotRow]
    served: dict[bytes, tuple[str, bytes | None]]


async def _tell(tx: Tx, site: Site, rows: Sequence[Row]) -> int:
    told, now = 0, site.clock()
    for day in sorted({row[0] for row in rows}):
        mine = [(who, what) for each, who, what in rows if each == day]
        known = await _known(tx, site, day, {who for who, _ in mine})
        for who, what in mine:
            said = _words(known, who, what, civil_day(now)) if known is not None else None
            if said is None:
                await forget(tx, site, day, {who}, what)
                continue
            template, variables = said
            await tell(tx, site, who, template, about=day, **variables)
            await tx.run(
                "UPDATE checkup_told SET told_at=? WHERE district=? AND day=? AND who=? AND what=?",
                now, site.district, day, who, what,
            )  # fmt: skip
            told += 1
    return told


async def _known(tx: Tx, site: Site, day: bytes, whos: Collection[bytes]) -> _Known | None:
    found = await days_where(tx, site, "day=?", day)
    if not found:
        return None
    rows = await tx.rows_in(
        "SELECT resident, status, facility FROM resident WHERE district=? AND resident {ids}",
        sorted(whos), site.district,
    )  # fmt: skip
    return _Known(
        found[0], await persons(tx, site, day, whos),
        {each.slot: each for each in await slots_of(tx, site, day)},
        {row[0]: (row[1], row[2]) for row in rows},
    )  # fmt: skip


def _words(known: _Known, who: bytes, what: str, today: Any) -> tuple[str, dict[str, Any]] | None:
    """Template and variables; None for what is not true any more."""
    day, row = known.day, known.people.get(who)
    status, facility = known.served.get(who, ("merged", None))
    if row is None or not STATES[Life(status)].served or day.on < today:
        return None
    said: dict[str, Any] = {"facility": day.facility, "day": day.on}
    if what == CANCELLED:
        return ("checkup_cancelled", said) if day.state is DayState.CANCELLED else None
    if day.state not in BOOKABLE or row.arrived_at is not None:
        return None
    slot = known.slots.get(row.slot) if row.slot is not None else None
    if what == UNBOOKED:
        return ("checkup_unbooked", said) if slot is None or row.status != INVITED else None
    if row.status != INVITED or facility != day.facility:
        return None
    timed = said if slot is None else {**said, "time": slot.start}
    match what:
        case "invited":
            return ("checkup_invited", said) if slot is None else ("checkup_invited_at", timed)
        case "slotted":
            return None if slot is None else ("checkup_invited_at", timed)
        case "reminder":
            return None if slot is None else ("checkup_reminder", timed)
        case "changed":
            return None if slot is None else ("checkup_changed", timed)
        case "moved":
            return ("checkup_moved", said) if slot is None else ("checkup_changed", timed)
        case _:
            return None


async def forget_old(site: Site) -> int:
    """Rows of days that are long over."""

    async def work(tx: Tx) -> int:
        keep = site.clock() - site.rules.notice_keep_days * 86_400_000
        return await tx.run(
            "DELETE FROM checkup_told WHERE district=? AND due_at<?", site.district, keep
        )

    return await site.store.write(work)
