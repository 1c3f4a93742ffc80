"""What residents are told of a facility beside its name: whom to ring, when it is open, where."""

from dataclasses import dataclass
from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.actions.places import organisations
from server.actions.places.organisations import Organisation
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.store.trail import audit
from server.store.tx import Row, Tx, one


@dataclass(frozen=True, slots=True)
class Counter:
    """Empty texts where nothing is written down."""

    phone: str = ""
    hours: str = ""
    address: str = ""


def may_edit(signed: Signed, each: Organisation, above: Organisation | None) -> bool:
    """Whoever may change the organisation, and its own manager."""
    own = signed.role is StaffRole.MANAGER and signed.facility == each.facility
    return own or organisations.may_change(signed, each, above)


async def counter(site: Site, facility: bytes) -> Counter:
    """Of any organisation; this is public."""
    row = await site.store.read(
        lambda tx: one(
            tx, "SELECT phone, hours, address FROM counter WHERE district=? AND facility=?",
            site.district, facility,
        )
    )  # fmt: skip
    return Counter(*row) if row is not None else Counter()


async def save(site: Site, signed: Signed, facility: bytes, new: Counter) -> None:
    """Raises NotYours."""
    await site.store.write(partial(_save, site=site, signed=signed, facility=facility, new=new))


async def _save(tx: Tx, site: Site, signed: Signed, facility: bytes, new: Counter) -> None:
    await organisations.lock_tree(tx, site.district)
    every = await organisations.organisations(tx, site.district)
    found = every.get(facility)
    if found is None:
        raise NotYours
    above = every.get(found.parent) if found.parent else None
    if not may_edit(signed, found, above):
        raise NotYours
    await tx.run("DELETE FROM counter WHERE district=? AND facility=?", site.district, facility)
    row: Row = (site.district, facility, new.phone, new.hours, new.address)
    await tx.insert("counter", [row])
    await audit(
        tx, site.district, "act", b"counter" + facility + signed.staff, site.clock()
    )  # fmt: skip
