"""Everybody's plan when a year begins, and what else is to be made again without a change of the
archive.

A year is made by walking over all residents once, some hundred a transaction, and remembering how
far it came: on the first of January, after an upgrade, when the rules or the district's numbers
have changed. On other nights only those whose day `until` has come are made again. Archives that
change meanwhile are made by the ordinary way; to make a plan twice changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.actions.archives.ledger import audit
from server.actions.archives.standing import lock_residents
from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers
from server.actions.plan.remake import drop, remake
from server.actions.tablets.intake import civil_day
from server.rules.plan.edition import edition
from server.store.tx import Row, Tx, one

CHUNK: Final = 200  # residents a transaction: a writer behind it waits for a fraction of a second
MAKING, MADE = "making", "made"
Progress = Callable[[int, int], object]
"""(residents reached, of how many)"""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far everybody's plans of a year have been made."""

    year: int
    edition: str
    state: str
    reached: int
    total: int
    made_at: int


async def keep(site: Site) -> int:
    """Job: makes what is due to be made. Returns how many residents were looked at."""
    walk = await state_of(site)
    if walk.state != MADE or walk.edition != _edition(site, walk.year):
        return await _walk(site, walk.year)
    return await _woken(site)


async def waits(site: Site) -> bool:
    """Whether there is anything for `keep` to do: asked before the job is claimed."""
    walk = await state_of(site)
    if walk.state != MADE or walk.edition != _edition(site, walk.year):
        return True
    return bool(await site.store.read(partial(_sleepers, site=site, most=1)))


async def rebuild(site: Site, progress: Progress | None = None) -> int:
    """Makes everybody's plan of this year afresh, from the first resident on; what was altered is
    replaced. Returns how many.
    """
    year = civil_day(site.clock()).year

    async def forget(tx: Tx) -> None:
        """In one transaction: the job may be walking over the same year."""
        await tx.run("DELETE FROM plan_year WHERE district=? AND year=?", site.district, year)
        await _begin(tx, site, year)

    await site.store.write(forget)
    return await _walk(site, year, progress, afresh=True)


async def state_of(site: Site) -> Walk:
    """Of the present year; one that nobody has begun has no state."""
    year = civil_day(site.clock()).year
    found = await site.store.read(
        lambda tx: one(
            tx,
            "SELECT edition, state, reached, total, made_at FROM plan_year WHERE district=? "
            "AND year=?",
            site.district,
            year,
        )
    )
    return Walk(year, "", "", 0, 0, 0) if found is None else Walk(year, *found)


def _edition(site: Site, year: int) -> str:
    return edition(district_numbers(site, year))


async def _walk(
    site: Site, year: int, progress: Progress | None = None, *, afresh: bool = False
) -> int:
    """From where the last walk by these rules stopped to the end."""
    await site.store.write(partial(_begin, site=site, year=year))
    looked = 0
    while True:
        n, reached, total = await site.store.write(
            partial(_step, site=site, year=year, afresh=afresh)
        )
        looked += n
        if progress is not None:
            progress(reached, total)
        if n < CHUNK:
            await site.store.write(_statistics)
            return looked


async def _begin(tx: Tx, site: Site, year: int) -> None:
    mark = _edition(site, year)
    await tx.run(
        "DELETE FROM plan_year WHERE district=? AND year=? AND edition<>?",
        site.district, year, mark,
    )  # fmt: skip
    people = await one(tx, "SELECT COUNT(*) FROM resident WHERE district=?", site.district)
    assert people is not None
    row: Row = (site.district, year, mark, MAKING, b"", 0, people[0], 0)
    await tx.insert("plan_year", [row], ignore=True)


async def _step(tx: Tx, site: Site, year: int, *, afresh: bool) -> tuple[int, int, int]:
    """(residents looked at, reached so far, of how many)."""
    district, now = site.district, site.clock()
    state = await one(
        tx,
        "SELECT after, reached, total FROM plan_year WHERE district=? AND year=?",
        district, year,
    )  # fmt: skip
    assert state is not None
    after, reached, total = state
    ids = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND resident>? ORDER BY resident LIMIT ?",
        district, after, CHUNK,
    )  # fmt: skip
    rows = await lock_residents(tx, district, {row[0] for row in ids})
    last = ids[-1][0] if ids else after
    state_now, made_at = (MAKING, 0) if len(ids) == CHUNK else (MADE, now)
    await tx.run(
        "UPDATE plan_year SET state=?, after=?, reached=?, made_at=? WHERE district=? AND year=?",
        state_now, last, reached + len(ids), made_at, district, year,
    )  # fmt: skip
    if state_now == MADE:
        await audit(tx, district, "act", b"plans" + year.to_bytes(4), now)
    await remake(tx, site, rows, afresh=afresh)  # last: it locks panels
    return len(ids), reached + len(ids), max(total, reached + len(ids))


async def _statistics(tx: Tx) -> None:
    """PostgreSQL plans as for an empty table until it has looked at what is in there."""
    if tx.dialect == "postgres":
        await tx.run("ANALYZE plan, plan_due")


async def _woken(site: Site) -> int:
    looked = 0
    while woken := await site.store.write(partial(_wake, site=site)):
        looked += woken
    return looked


async def _wake(tx: Tx, site: Site) -> int:
    ids = await _sleepers(tx, site, CHUNK)
    rows = await lock_residents(tx, site.district, set(ids))
    await drop(tx, site.district, set(ids) - rows.keys())
    await remake(tx, site, rows)
    return len(ids)


async def _sleepers(tx: Tx, site: Site, most: int) -> list[bytes]:
    """Whose day has come; and whose plan is of a later year, made by a clock that ran ahead."""
    today = civil_day(site.clock())
    sql = "SELECT resident FROM plan WHERE district=? AND until{} ORDER BY until, resident LIMIT ?"
    over = date(today.year + 1, 1, 1)
    for these, day in (("<=?", today), (">?", over)):
        rows = await tx.rows(sql.format(these), site.district, day.isoformat(), most)
        if rows:
            return [row[0] for row in rows]
    return []
