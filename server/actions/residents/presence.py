"""Whether the resident stands at the desk: said once by a member of staff who saw the document,
kept with the opening's reason, good for half an hour (server/actions/archives/opening.py).

Somebody of another facility is opened by the whole number first; an id alone opens nobody.
"""

from collections.abc import Sequence
from functools import partial

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.archives import opening
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.opening import SAME_MS, AskWhy, Given
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting, Helper
from server.actions.residents.whose import Present, who_may
from server.errors import NotYours, RuleSaysNo
from server.rules.consent import Purpose
from server.rules.family import Act
from server.store.tx import Tx, one


async def until(site: Site, signed: Signed, resident: bytes) -> int | None:
    """ms UTC until when the resident counts as present for this person; None when not."""
    return await site.store.read(partial(until_in, site=site, signed=signed, resident=resident))


async def until_in(tx: Tx, site: Site, signed: Signed, resident: bytes) -> int | None:
    who = await living(tx, site.district, resident)
    row = await one(
        tx,
        "SELECT MAX(at) FROM opening_reason WHERE district=? AND resident=? AND staff=? AND "
        "present=? AND at>?",
        site.district, who, signed.staff, True, site.clock() - SAME_MS,
    )  # fmt: skip
    return row[0] + SAME_MS if row is not None and row[0] is not None else None


async def confirm(site: Site, signed: Signed, resident: bytes, reason: str) -> None:
    """The document was seen; the opening is logged with it. Raises NotYours."""
    facility = await site.store.read(
        lambda tx: one(
            tx, "SELECT facility FROM resident WHERE district=? AND resident=?",
            site.district, resident,
        )
    )  # fmt: skip
    ours = facility is not None and facility[0] == signed.facility
    if not ours and await until(site, signed, resident) is None:
        raise NotYours
    given = Given(Purpose.SERVICE, reason, present=True)
    opened = await opening.open_for(site, signed, resident, given)
    if isinstance(opened, AskWhy):
        raise NotYours


async def card(site: Site, signed: Signed, resident: bytes) -> Card | None:
    """Whom the desk's page is about: somebody of the own facility, or somebody who is there. None
    keeps the page without a name; raises NotYours for anybody else.
    """
    cards = await site.store.read(partial(cards_of, site=site, ids=[resident]))
    found = cards.get(resident)
    there = await until(site, signed, resident) is not None
    if found is None or (found.facility != signed.facility and not there):
        raise NotYours
    return found if there else None


async def people(site: Site, resident: bytes, act: Act) -> Sequence[Present]:
    """Who may do this act for the archive when they stand there."""
    return await site.store.read(partial(who_may, site=site, resident=resident, act=act))


async def acting_in(tx: Tx, site: Site, signed: Signed, resident: bytes, person: bytes) -> Acting:
    """Who acts, with this member of staff holding the pen. Raises RuleSaysNo where nobody said that
    the resident is there, or too long ago.
    """
    if await until_in(tx, site, signed, resident) is None:
        raise RuleSaysNo("not_present")
    return Acting(person, resident, Helper(signed.staff, signed.facility))
