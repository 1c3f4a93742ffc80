"""The bound telephone of a resident: read here; bound, changed and ended by binding.py."""

from server.actions.keeping.site import Site
from server.store.tx import Tx, one
from server.store.vault import T_PORTAL


async def phone_of(tx: Tx, site: Site, resident: bytes) -> str | None:
    """The number to which codes and notices go; None where none is bound."""
    row = await one(
        tx,
        "SELECT b.bound, b.sealed, r.key FROM bound_phone b JOIN resident r ON "
        "r.district=b.district AND r.resident=b.resident WHERE b.district=? AND b.resident=? AND "
        "b.ended_at IS NULL ORDER BY b.bound DESC LIMIT 1",
        site.district, resident,
    )  # fmt: skip
    if row is None:
        return None
    bound, sealed, wrapped = row
    place = site.vault.at(T_PORTAL, bound, resident)
    return site.vault.key(resident, wrapped).open(place, sealed).decode()
