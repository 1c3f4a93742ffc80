"""Consents given and taken back at a desk: the portal's own act, a member of staff holding the pen
and the resident, or a guardian, there.
"""

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.actions.residents import consents, presence
from server.actions.residents.consents import Wish
from server.store.tx import Tx

Whose = tuple[bytes, bytes]
"""(resident, who stands there)."""


async def give(site: Site, signed: Signed, whose: Whose, wish: Wish) -> bytes:
    """Raises as consents.give does, RuleSaysNo("not_present") as well."""

    async def write(tx: Tx) -> bytes:
        acting = await presence.acting_in(tx, site, signed, *whose)
        return await consents.give_in(tx, site, acting, wish)

    return await site.store.write(write)


async def take_back(site: Site, signed: Signed, whose: Whose, consent: bytes) -> None:
    """Raises as consents.take_back does, RuleSaysNo("not_present") as well."""

    async def write(tx: Tx) -> None:
        acting = await presence.acting_in(tx, site, signed, *whose)
        await consents.take_back_in(tx, site, acting, consent)

    await site.store.write(write)
