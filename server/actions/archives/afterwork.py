"""What is derived from archives is remade after they have changed: cards, figures and plans.

A change to an archive leaves a note (touched.py) in its own transaction; this work takes notes in
order of id, sixteen a transaction, under the residents' locks. A page may therefore be some
seconds behind and is never wrong for good.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from server.actions.archives import cards, likeness
from server.actions.archives.content import contents
from server.actions.archives.standing import ResidentRow
from server.actions.archives.touched import noted, take_touched
from server.actions.confirmations import asking
from server.actions.figures import figures
from server.actions.keeping.site import Site
from server.actions.plan import remake as plans
from server.logs import log
from server.rules.plan.table import RulesBroken
from server.store.tx import Tx

AT_ONCE: Final = 16  # archives a transaction: who writes next waits for them, memory holds them
SETTLE_MS: Final = 10_000  # a tablet's batches come in a row: an archive is remade once for all
PUT_OFF_MS: Final = 60 * 60_000  # an archive that could not be remade is tried again after it
RUN_MS: Final = 20_000  # one run of the job ends after about this long; the next goes on

Remaker = Callable[[Tx, Site, Mapping[bytes, ResidentRow]], Awaitable[None]]


async def _from_content(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> None:
    """All ask what stands in the archive, which is opened once. Plans last: they lock panels."""
    known = await contents(tx, site, rows)
    await figures.remake(tx, site, rows, known)
    await asking.remake(tx, site, rows, known)
    await plans.remake(tx, site, rows, known)


REMAKERS: Final[tuple[Remaker, ...]] = (cards.remake, likeness.remake, _from_content)


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
    before, left_alone = _settled(site), _left_alone(site)
    found = await site.store.read(
        lambda tx: noted(tx, site.district, 1, before=before, put_off=left_alone)
    )
    return bool(found)


def _settled(site: Site) -> int:
    return site.clock() - SETTLE_MS


async def _some(site: Site, *, before: int, most: int = AT_ONCE) -> int:
    """Some archives; how many were looked at.

    One from which nothing can be made must not stop the others: what fails together is tried in
    smaller parts, and what fails alone is logged without content and left alone for a while.
    """
    try:
        return await site.store.write(partial(_remake, site=site, before=before, most=most))
    except RulesBroken:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is about this archive)
        if most > 1:
            return await _some(site, before=before, most=max(1, most // 10))
        return await _put_off(site, before, error)


async def _put_off(site: Site, before: int, error: Exception) -> int:
    """The archive that failed alone: its note stays, for the next try."""
    who = await site.store.read(
        lambda tx: noted(tx, site.district, 1, before=before, put_off=_left_alone(site))
    )
    for each in who:
        site.put_off[each] = site.clock() + PUT_OFF_MS
        log.fault("job", error, job="afterwork")
    return len(who)


def _left_alone(site: Site) -> frozenset[bytes]:
    return frozenset(who for who, until in site.put_off.items() if until > site.clock())


async def _remake(tx: Tx, site: Site, before: int, most: int) -> int:
    rows = await take_touched(tx, site.district, most, before=before, put_off=_left_alone(site))
    if rows:
        for remaker in REMAKERS:
            await remaker(tx, site, rows)
    return len(rows)
