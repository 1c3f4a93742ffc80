"""What is derived from archives is remade after they have changed: cards, figures and plans.

A change to an archive leaves a note (touched.py) in its own transaction; this work takes notes in
order of id, some hundred a transaction, under the residents' locks. A page may therefore be some
seconds behind and is never wrong for good.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from server.actions.archives import cards, likeness
from server.actions.archives.content import contents
from server.actions.archives.standing import ResidentRow
from server.actions.archives.touched import AHEAD_MS, NOTED, take_touched
from server.actions.figures import figures
from server.actions.keeping.site import Site
from server.actions.plan import remake as plans
from server.store.tx import Tx, one

AT_ONCE: Final = 250  # archives a transaction; a writer behind it waits for no more than that
SETTLE_MS: Final = 10_000  # a tablet's batches come in a row: an archive is remade once for all
RUN_MS: Final = 20_000  # one run of the job ends after about this long; the next goes on

Remaker = Callable[[Tx, Site, Mapping[bytes, ResidentRow]], Awaitable[None]]


async def _figures_and_plans(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> None:
    """Both ask what stands in the archive, which is opened once. Plans last: they lock panels."""
    known = await contents(tx, site, rows)
    await figures.remake(tx, site, rows, known)
    await plans.remake(tx, site, rows, known)


REMAKERS: Final[tuple[Remaker, ...]] = (cards.remake, likeness.remake, _figures_and_plans)


async def catch_up(site: Site) -> int:
    """Until no note is left; how many archives were looked at. For the end of an import, for
    commands and tests.
    """
    done = 0
    while taken := await _some(site, before=site.clock()):
        done += taken
    return done


async def run(site: Site) -> int:
    """The job: what was noted some seconds ago, bounded in time."""
    began, done = site.clock(), 0
    while site.clock() - began < RUN_MS and (taken := await _some(site, before=_settled(site))):
        done += taken
    return done


async def waits(site: Site) -> bool:
    """Whether there is a note for `run` at all: asked before the job is claimed."""
    sql = f"SELECT 1 FROM touched WHERE district=? AND {NOTED} LIMIT 1"
    before = _settled(site)
    args = site.district, before, before + AHEAD_MS
    return await site.store.read(lambda tx: one(tx, sql, *args)) is not None


def _settled(site: Site) -> int:
    return site.clock() - SETTLE_MS


async def _some(site: Site, *, before: int) -> int:
    return await site.store.write(partial(_remake, site=site, before=before))


async def _remake(tx: Tx, site: Site, before: int) -> int:
    rows = await take_touched(tx, site.district, AT_ONCE, before=before)
    if rows:
        for remaker in REMAKERS:
            await remaker(tx, site, rows)
    return len(rows)
