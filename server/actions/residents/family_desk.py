"""Family links at a desk: the resident is there, or for a child the guardian, with the documents.

A relative without an archive in this district is written down here, with name, document and the
telephone that was seen. What is done is told to the resident and may be undone there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.archives.newborns import mother_in
from server.actions.keeping.site import Site
from server.actions.residents import links, presence
from server.actions.residents.links import Link, links_of
from server.actions.residents.people import Document, bind, by_number, enter, is_relative
from server.errors import RuleSaysNo
from server.rules import family as rule
from server.rules.access import Scope, Tie
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class AtDesk:
    """A link as it is written down at a desk. `name`, `id_type`, `phone`: of a relative who has no
    archive here, "" for one who has. `seen`: which documents.
    """

    tie: Tie
    proof: rule.Proof
    number: str
    seen: str
    scopes: frozenset[Scope]
    until: date | None = None
    name: str = ""
    id_type: str = "01"
    phone: str = ""

    def __repr__(self) -> str:
        return f"AtDesk({self.tie})"


async def make(site: Site, signed: Signed, resident: bytes, new: AtDesk) -> bytes:
    """The link's id. Raises RuleSaysNo with the rule's word, "not_present", or "nobody" where the
    number is of nobody here and no name and telephone were given.
    """
    return await site.store.write(
        partial(_make, site=site, signed=signed, resident=resident, new=new)
    )


async def _make(tx: Tx, site: Site, signed: Signed, resident: bytes, new: AtDesk) -> bytes:
    acting = await presence.acting_in(tx, site, signed, resident, resident)
    person = await by_number(tx, site, new.number)
    if person is None:
        if not (new.name and new.phone):
            raise RuleSaysNo("nobody")
        document = Document(new.name, new.id_type, new.number)
        person = await enter(
            tx, site, document, new.phone, staff=signed.staff, facility=signed.facility
        )
    elif new.phone and await is_relative(tx, site, person):
        await bind(tx, site, person, new.phone, staff=signed.staff)
    proof = new.proof
    if proof is rule.Proof.BIRTH_RECORD and await mother_in(tx, site, resident) != person:
        raise RuleSaysNo("not_the_mother")
    wish = rule.Wish(new.tie, proof, new.scopes, new.until)
    made = await links.make(tx, site, acting, links.New(person, wish, new.seen))
    if isinstance(made, rule.NoLink):
        raise RuleSaysNo(made.value)
    return made


async def end(site: Site, signed: Signed, resident: bytes, link: bytes) -> None:
    """Raises RuleSaysNo("not_present"), NotFound."""

    async def write(tx: Tx) -> None:
        acting = await presence.acting_in(tx, site, signed, resident, resident)
        await links.end(tx, site, acting, link)

    await site.store.write(write)


async def renew(site: Site, signed: Signed, resident: bytes, link: bytes, seen: str) -> date:
    """The yearly look at an appointed guardian; the new last day. Raises as `end`,
    RuleSaysNo("seen") where no document is named.
    """
    if not seen.strip():
        raise RuleSaysNo("seen")

    async def write(tx: Tx) -> date:
        acting = await presence.acting_in(tx, site, signed, resident, resident)
        return await links.renew(tx, site, acting, link, seen.strip())

    return await site.store.write(write)


async def links_at(site: Site, resident: bytes) -> Sequence[Link]:
    """The links of an archive that was opened."""
    return await site.store.read(partial(links_of, site=site, resident=resident))
