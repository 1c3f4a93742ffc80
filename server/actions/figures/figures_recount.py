"""Making the figures of a whole year, and proving that the kept counts equal a recount.

A year is made by walking over all residents, some hundred a transaction, and remembering how far
it came: on the first of January, after an upgrade, or when somebody asks for it. Archives that
change meanwhile are judged by the ordinary way; to judge one twice changes nothing.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.actions.archives.ledger import audit
from server.actions.archives.standing import lock_residents
from server.actions.figures.figures import flags_of, judged, remake
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.rules import figures as rule
from server.store.tx import Row, Tx, one

CHUNK: Final = 200  # residents a transaction: a writer behind it waits for a fraction of a second
MAKING, MADE = "making", "made"
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found. `flags`: of residents whose changes have been taken in."""

    residents: int
    flags_wrong: int
    counts_wrong: int

    @property
    def right(self) -> bool:
        return not (self.flags_wrong or self.counts_wrong)


async def keep_year(site: Site) -> int:
    """Job: makes the figures of this year if that has not been done. Returns residents judged."""
    year = civil_day(site.clock()).year
    state = await site.store.read(
        lambda tx: one(
            tx, "SELECT state FROM figure_year WHERE district=? AND year=?", site.district, year
        )
    )
    if state is not None and state[0] == MADE:
        return 0
    return await _walk(site, year)


async def rebuild(site: Site, progress: Progress | None = None) -> int:
    """Judges everybody again and counts the flags anew. Returns the number of residents."""
    year = civil_day(site.clock()).year
    await site.store.write(
        lambda tx: tx.run(
            "DELETE FROM figure_year WHERE district=? AND year=?", site.district, year
        )
    )
    made = await _walk(site, year, progress)
    await site.store.write(partial(_recount, site=site))
    return made


async def _walk(site: Site, year: int, progress: Progress | None = None) -> int:
    """From where the last walk stopped to the end."""
    await site.store.write(partial(_begin, site=site, year=year))
    judged_now = 0
    while True:
        n, reached, total = await site.store.write(partial(_step, site=site, year=year))
        judged_now += n
        if progress is not None:
            progress(reached, total)
        if n < CHUNK:
            await site.store.write(_statistics)
            return judged_now


async def _statistics(tx: Tx) -> None:
    """PostgreSQL plans as for an empty table until it has looked at what is in there."""
    if tx.dialect == "postgres":
        await tx.run("ANALYZE figure_flag, figure, figure_week")


async def _begin(tx: Tx, site: Site, year: int) -> None:
    people = await one(tx, "SELECT COUNT(*) FROM resident WHERE district=?", site.district)
    assert people is not None
    row: Row = (site.district, year, MAKING, b"", 0, people[0], 0, 0)
    await tx.insert("figure_year", [row], ignore=True)


async def _step(tx: Tx, site: Site, year: int) -> tuple[int, int, int]:
    """(residents judged, reached so far, of how many)."""
    district, now = site.district, site.clock()
    state = await one(
        tx,
        "SELECT after, reached, total FROM figure_year WHERE district=? AND year=?",
        district, year,
    )  # fmt: skip
    assert state is not None
    after, reached, total = state
    ids = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND resident>? ORDER BY resident LIMIT ?",
        district, after, CHUNK,
    )  # fmt: skip
    rows = await lock_residents(tx, district, {row[0] for row in ids})
    if rows:
        await remake(tx, site, rows)
    last = ids[-1][0] if ids else after
    state_now, made_at = (MAKING, 0) if len(ids) == CHUNK else (MADE, now)
    await tx.run(
        "UPDATE figure_year SET state=?, after=?, reached=?, made_at=?, remade_at=? "
        "WHERE district=? AND year=?",
        state_now, last, reached + len(ids), made_at, now, district, year,
    )  # fmt: skip
    if state_now == MADE:
        await audit(tx, district, "act", b"figures" + year.to_bytes(4), now)
    return len(ids), reached + len(ids), max(total, reached + len(ids))


async def _recount(tx: Tx, site: Site) -> None:
    """Counts and weeks from the flags as they are. Flags of archives that are gone go too."""
    district = site.district
    if tx.dialect == "postgres":  # nobody moves a flag between the counting and the writing
        await tx.run("LOCK TABLE figure_flag, figure, figure_week IN SHARE ROW EXCLUSIVE MODE")
    await tx.run(
        "DELETE FROM figure_flag WHERE district=? AND NOT EXISTS (SELECT 1 FROM resident r WHERE "
        "r.district=figure_flag.district AND r.resident=figure_flag.resident)",
        district,
    )
    people, weeks = await _sums(tx, district)
    await tx.run("DELETE FROM figure WHERE district=?", district)
    await tx.run("DELETE FROM figure_week WHERE district=?", district)
    await tx.insert("figure", [(district, *place, *people[place]) for place in sorted(people)])
    await tx.insert("figure_week", [(district, *week, weeks[week]) for week in sorted(weeks)])
    await audit(tx, district, "act", b"figures-recounted", site.clock())


Place = tuple[int, bytes, bytes, str]
Week = tuple[int, str, bytes, str]


async def _sums(tx: Tx, district: int) -> tuple[dict[Place, tuple[int, int]], Counter[Week]]:
    rows = await tx.rows(
        "SELECT year, facility, panel, item, COUNT(*), SUM(CASE WHEN done THEN 1 ELSE 0 END) "
        "FROM figure_flag WHERE district=? GROUP BY year, facility, panel, item",
        district,
    )
    days = await tx.rows(
        "SELECT year, done_day, facility, item, COUNT(*) FROM figure_flag WHERE district=? "
        "AND done_day<>'' GROUP BY year, done_day, facility, item",
        district,
    )
    weeks: Counter[Week] = Counter()
    for year, day, facility, item, n in days:
        weeks[year, rule.week_of(date.fromisoformat(day)).isoformat(), facility, item] += n
    return {(y, f, p, i): (n, done) for y, f, p, i, n, done in rows}, weeks


async def check(site: Site, progress: Progress | None = None) -> Found:
    """Recounts without changing anything: every flag against the archive, every count against the
    flags. An archive that waits to be judged again is left out.
    """
    counts_wrong = await site.store.write(partial(_wrong_counts, site=site))
    after, residents, wrong = b"", 0, 0
    while True:
        last, n, here = await site.store.write(partial(_wrong_flags, site=site, after=after))
        residents, wrong = residents + n, wrong + here
        if progress is not None:
            progress(residents, residents)
        if last is None:
            return Found(residents, wrong, counts_wrong)
        after = last


async def _wrong_counts(tx: Tx, site: Site) -> int:
    people, weeks = await _sums(tx, site.district)
    kept = await tx.rows(
        "SELECT year, facility, panel, item, people, done FROM figure WHERE district=? "
        "AND (people<>0 OR done<>0)",
        site.district,
    )
    kept_weeks = await tx.rows(
        "SELECT year, week, facility, item, n FROM figure_week WHERE district=? AND n<>0",
        site.district,
    )
    stored = {(y, f, p, i): (n, done) for y, f, p, i, n, done in kept}
    stored_weeks = {(y, w, f, i): n for y, w, f, i, n in kept_weeks}
    return len(stored.items() ^ people.items()) + len(stored_weeks.items() ^ weeks.items())


async def _wrong_flags(tx: Tx, site: Site, after: bytes) -> tuple[bytes | None, int, int]:
    """(last resident looked at or None at the end, how many, flags that differ)."""
    district = site.district
    ids = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND resident>? ORDER BY resident LIMIT ?",
        district, after, CHUNK,
    )  # fmt: skip
    rows = await lock_residents(tx, district, {row[0] for row in ids})
    waiting = (
        await tx.rows_in(
            "SELECT resident FROM touched WHERE district=? AND resident {ids}",
            sorted(rows),
            district,
        )
        if rows
        else ()
    )
    for row in waiting:
        rows.pop(row[0])
    years = rule.open_years(rule.rules(), civil_day(site.clock()))
    wrong = 0
    if rows:
        old = await flags_of(tx, district, rows, years)
        new = await judged(tx, site, rows, years, old)
        wrong = len(old.items() ^ new.items())
    return (ids[-1][0] if len(ids) == CHUNK else None), len(rows), wrong
