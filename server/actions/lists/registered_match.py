"""A person who found no archive by document is matched with one that somebody has picked by number.

What is compared then is told to whoever picked it, so it is an opening of that archive: asked of
the rule, and in the access log.
"""

from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.to_call import open_each
from server.actions.keeping.site import Site
from server.errors import RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.consent import Purpose
from server.store.tx import Tx, one

MATCHED: Final = "matched with another system's list"


async def by_number(
    tx: Tx, site: Site, signed: Signed, archive_no: str, *, restricted: bool
) -> bytes:
    """The archive of that number, of the own place, opened. `restricted`: the list is of class B.
    Raises RuleSaysNo.
    """
    row = await one(
        tx,
        "SELECT resident, facility FROM resident WHERE district=? AND archive_no=? AND "
        "status<>'merged'",
        site.district, archive_no,
    )  # fmt: skip
    county = signed.role is StaffRole.COUNTY
    if row is None or (not county and row[1] != signed.facility):
        raise RuleSaysNo("no_such_archive")
    who: bytes = row[0]
    # Once a line of the county's has an archive it is that facility's, and no page shows the county
    # what was found: so nothing restricted is opened to it.
    hidden = {who} if restricted and not county else set[bytes]()
    cards = await cards_of(tx, site, [who])
    purpose = Purpose.REVIEW if county else Purpose.SERVICE
    if not await open_each(tx, site, signed, cards.values(), purpose, MATCHED, restricted=hidden):
        raise RuleSaysNo("no_such_archive")
    return who
