"""Who signs on a tablet, as a manager or the county sees and changes it at the console."""

from dataclasses import dataclass
from functools import partial

from server.actions.accounts.sessions import Signed, panels_of
from server.actions.archives.told import staff_names
from server.actions.keeping.site import Site
from server.actions.tablets import staff_keys
from server.actions.tablets.tablets import ours
from server.errors import NotYours
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose key counts on a tablet, since when."""

    staff: bytes
    name: str
    since: int


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs now, and who may be given a key here: of the tablet's facility, serving today
    every panel it carries, with the scope where class B comes down to it. Somebody who signs
    already stands there as well: a new key, for a forgotten passphrase, ends the old one.
    """

    now: tuple[Signer, ...]
    may: tuple[tuple[bytes, str], ...]


async def signers(site: Site, signed: Signed, device: bytes) -> Signers:
    """Raises NotYours."""
    return await site.store.read(partial(_signers, site=site, signed=signed, device=device))


async def _signers(tx: Tx, site: Site, signed: Signed, device: bytes) -> Signers:
    found = await ours(tx, site, signed, device)
    keys = await tx.rows(
        "SELECT staff, since FROM device_key WHERE district=? AND device=? AND until IS NULL "
        "ORDER BY since, staff",
        site.district, device,
    )  # fmt: skip
    may = set[bytes]()
    if found.status == "enrolled":
        may = await _may(tx, site, device, found.facility, restricted=found.restricted)
    names = await staff_names(tx, site, {*(row[0] for row in keys), *may})
    by_name = sorted(((who, names.get(who, "")) for who in may), key=lambda each: each[1])
    return Signers(tuple(Signer(who, names.get(who, ""), at) for who, at in keys), tuple(by_name))


async def _may(
    tx: Tx, site: Site, device: bytes, facility: bytes, *, restricted: bool
) -> set[bytes]:
    panels = await tx.rows(
        "SELECT panel FROM device_panel WHERE district=? AND device=?", site.district, device
    )
    carried = {row[0] for row in panels}
    people = await tx.rows(
        "SELECT staff, panel, restricted FROM staff WHERE district=? AND facility=? AND active=? "
        "AND role IN ('doctor','desk','manager')",
        site.district, facility, True,
    )  # fmt: skip
    return {
        who for who, own, scope in people
        if (scope or not restricted) and carried <= await panels_of(tx, site, who, own)
    }  # fmt: skip


async def offer(site: Site, signed: Signed, device: bytes, staff: bytes) -> bytes:
    """A code for one more on this tablet; the id of the offer. Raises NotYours, RuleSaysNo."""

    async def allowed(tx: Tx) -> None:
        found = await _signers(tx, site, signed, device)
        if staff not in dict(found.may):
            raise NotYours

    made = await staff_keys.staff_offer(site, device, staff=staff, allowed=allowed)
    return made.offer


async def end(site: Site, signed: Signed, device: bytes, staff: bytes) -> None:
    """Their key ends, the others' go on. Raises NotYours, NotFound, RuleSaysNo("last_key")."""
    guard = partial(ours, site=site, signed=signed, device=device)
    await staff_keys.end_staff_key(site, device, staff=staff, allowed=guard)
