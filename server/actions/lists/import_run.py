"""The lists at work: whoever of the server's processes holds one reads it in, part after part.

A list is held by a lease of a minute that each part renews; that only saves work done twice. What
makes it exact is the part's number, which moves in the transaction of what the part wrote.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from server.actions.keeping.site import Site
from server.actions.lists.import_people import look, look_up, take_people
from server.actions.lists.import_places import Places, read_places
from server.actions.lists.import_reading import LEASE_MS, READ_LEASE_MS, NotOurs, lines_in, read_in
from server.actions.lists.import_records import look_at_records, take_records
from server.actions.lists.import_registered import look_at_registered, take_registered
from server.actions.lists.import_steps import Ending, Part, endings_of
from server.actions.lists.imports import (
    AT_WORK,
    RAW_CHUNK,
    READING,
    Job,
    read_job,
)
from server.actions.lists.sheet_parts import Line
from server.errors import NoRoom
from server.records.sheet_columns import PEOPLE, REGISTERED
from server.store.ids import new_id
from server.store.tx import Tx, one

DRY_LINES: Final = 200
SLICE: Final = 20  # parts of one list before the others have a turn
NO_END: Final = 1_000_000
MOMENT_S: Final = 1.0
PLACES_EVERY: Final = 50  # parts after which the county's places are read again
FREE: Final = "(owner='' OR lease_until<? OR lease_until>?)"
"""Nobody holds it, or not any more; a lease longer than any was given by a clock that ran ahead."""


def _nothing(_: int) -> None:
    return None


async def waits(site: Site) -> bool:
    """Whether a list is to be worked at by whoever asks."""
    return bool(await site.store.read(partial(_free, site=site)))


async def _free(tx: Tx, site: Site) -> list[bytes]:
    """Lists that nobody holds: those to be read first, which takes seconds, then the oldest."""
    now = site.clock()
    rows = await tx.rows(
        "SELECT job FROM import_job WHERE district=? AND state IN (?, ?) AND "
        f"{FREE} ORDER BY state, made_at, job LIMIT 100",
        site.district, *AT_WORK, now, now + READ_LEASE_MS,
    )  # fmt: skip
    return [row[0] for row in rows]


async def run(site: Site) -> int:
    """Works at every list that nobody holds, in slices so that a small one waits for no large one;
    lines done.
    """
    done, idle = 0, set[bytes]()
    while free := [
        job for job in await site.store.read(partial(_free, site=site)) if job not in idle
    ]:
        lines = await work(site, free[0], most=SLICE)
        done += lines
        if not lines:
            idle.add(free[0])
    return done


async def work(
    site: Site, job: bytes, told: Callable[[int], object] = _nothing, *, most: int = NO_END
) -> int:
    """Works at one list until it ends, waits for a person, is another's, or `most` parts are done;
    lines done.

    `told` hears the number of lines after each part.
    """
    owner = new_id(site.clock()).hex()
    if not await site.store.write(partial(_hold, site=site, job=job, owner=owner)):
        return 0
    try:
        found = await site.store.read(partial(read_job, site=site, job=job))
        if found is None:
            return 0
        if found.state == READING:
            await read_in(site, found, owner, raw_chunk=RAW_CHUNK)
            return 0
        return await _parts(site, found, told, most)
    except NotOurs:
        return 0
    except NoRoom:
        raise  # no fault of the list: it goes on by itself when there is room
    except Exception:
        await site.store.write(partial(_broke, site=site, job=job, owner=owner))
        raise
    finally:
        await site.store.write(partial(_let_go, site=site, job=job, owner=owner))


async def a_moment() -> None:
    """Between two looks at a list that another process has in hand."""
    await asyncio.sleep(MOMENT_S)


async def _hold(tx: Tx, site: Site, job: bytes, owner: str) -> bool:
    now = site.clock()
    changed = await tx.run(
        "UPDATE import_job SET owner=?, lease_until=? WHERE district=? AND job=? AND "
        f"state IN (?, ?) AND {FREE}",
        owner, now + LEASE_MS, site.district, job, *AT_WORK, now, now + READ_LEASE_MS,
    )  # fmt: skip
    return changed == 1


async def _let_go(tx: Tx, site: Site, job: bytes, owner: str) -> None:
    await tx.run(
        "UPDATE import_job SET owner='', lease_until=0 WHERE district=? AND job=? AND owner=?",
        site.district, job, owner,
    )  # fmt: skip


async def _broke(tx: Tx, site: Site, job: bytes, owner: str) -> None:
    """A fault of ours: the list stops and says so, instead of being tried for ever."""
    await tx.run(
        "UPDATE import_job SET state=CASE WHEN state='running' THEN 'stopped' ELSE 'failed' END, "
        "told='broken' WHERE district=? AND job=? AND owner=?",
        site.district, job, owner,
    )  # fmt: skip


async def _parts(site: Site, job: Job, told: Callable[[int], object], most: int) -> int:
    take = take_people if job.kind == PEOPLE else take_records
    if job.kind in REGISTERED:
        take = take_registered
    places = await _places(site)
    n, done = job.next_chunk, job.done
    began = done
    while n < min(job.chunks, job.next_chunk + most):
        if n % PLACES_EVERY == PLACES_EVERY - 1:
            places = await _places(site)
        start = time.perf_counter()
        lines, key = await lines_in(site, job.id, n)
        epoch = await site.store.read(partial(_epoch, district=site.district))
        part = Part(n, lines, key, epoch, job.chunks, start)
        taken = await take(site, job, places, part)
        done += taken.lines
        told(done)
        if taken.last:
            break
        n += 1
    return done - began


async def _places(site: Site) -> Places:
    return await site.store.read(partial(read_places, site=site))


async def _epoch(tx: Tx, district: int) -> int:
    row = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    assert row is not None
    return row[0]


async def dry_run(site: Site, job: Job) -> list[tuple[Line, Ending]]:
    """How the first lines would end; nothing is written. Raises NotOurs."""
    lines, _ = await lines_in(site, job.id, 0)
    first = lines[:DRY_LINES]
    places = await _places(site)
    if job.kind in REGISTERED:
        return await look_at_registered(site, job, places, first)
    if job.kind != PEOPLE:
        return await look_at_records(site, job, places, first)
    seats = look(site, job, places, first)
    await look_up(site, seats)
    return [(seat.line, seat.ending) for seat in seats if seat.ending is not None]


async def results_in(site: Site, job: bytes, n: int) -> list[tuple[Line, Ending | None]]:
    """The lines of part `n` with what became of them; None where nothing did yet."""
    lines, key = await lines_in(site, job, n)
    row = await site.store.read(
        lambda tx: one(
            tx,
            "SELECT sealed_results FROM import_chunk WHERE district=? AND job=? AND "
            "part='lines' AND n=?",
            site.district, job, n,
        )
    )  # fmt: skip
    if row is None or row[0] is None:
        return [(line, None) for line in lines]
    return list(zip(lines, endings_of(site, key, job, n, row[0]), strict=True))


async def refused_first(site: Site, job: Job, most: int) -> list[tuple[Line, Ending]]:
    """The first lines that were refused."""
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT n FROM import_chunk WHERE district=? AND job=? AND part='lines' AND refused>0 "
            "ORDER BY n LIMIT ?",
            site.district, job.id, most,
        )
    )  # fmt: skip
    found: list[tuple[Line, Ending]] = []
    for (n,) in rows:
        found += [
            (line, ending)
            for line, ending in await results_in(site, job.id, n)
            if ending is not None and ending.outcome == "refused"
        ]
        if len(found) >= most:
            break
    return found[:most]
