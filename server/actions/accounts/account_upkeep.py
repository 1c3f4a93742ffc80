"""What is kept of sessions, drafts and links only as long as somebody may need it."""

from typing import Final

from server.actions.accounts.drafts import KEEP_MS as DRAFT_MS
from server.actions.accounts.sessions import LONGEST_MS
from server.actions.keeping.site import Site
from server.store.tx import Tx

_DAY_MS: Final = 24 * 60 * 60_000
LINK_MS: Final = 30 * _DAY_MS  # a link after its end, used or not; the account's events stay


async def forget(site: Site) -> int:
    """Deletes drafts past their day, sessions past their longest time, links long over. Returns
    how many rows.
    """

    async def work(tx: Tx) -> int:
        now, district = site.clock(), site.district
        drafts = await tx.run(
            "DELETE FROM draft WHERE district=? AND at<?", district, now - DRAFT_MS
        )
        old = await tx.run(
            "DELETE FROM session WHERE district=? AND began_at<?", district, now - 2 * LONGEST_MS
        )
        links = await tx.run(
            "DELETE FROM invite WHERE district=? AND expires_at<? AND used_at IS NULL",
            district, now - LINK_MS,
        )  # fmt: skip
        return drafts + old + links

    return await site.store.write(work)
