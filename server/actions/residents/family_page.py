"""What the page of a family shows, read in one moment: who may act for the open archive, who is
asked, for whom this person may act, and what was done on the resident's behalf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.links import Link, links_by, links_of
from server.actions.residents.offers import Offered, Pending, offered, pending
from server.actions.residents.people import people_of
from server.actions.residents.rights import standing_of
from server.actions.residents.sight import is_beside
from server.errors import NotFound
from server.rules import family as rule
from server.rules import notices
from server.store.tx import Tx

ACTS: Final = 20


@dataclass(frozen=True, slots=True)
class Done:
    """代: one act for the resident. `what`: its words; `by`: who of the family, or of staff at
    `facility`.
    """

    at: int
    what: str
    by: str
    facility: str


@dataclass(frozen=True, slots=True)
class Family:
    """`mine`: of the open archive; `acts_for`: of the person. `links`: whether the person may name,
    share and end (the rule's word why not, else "").
    """

    mine: Sequence[Link]
    waiting: Sequence[Pending]
    offers: Sequence[Offered]
    acts_for: Sequence[Link]
    done: Sequence[Done]
    links: str


async def family(site: Site, acting: Acting, *, full: bool) -> Family:
    """Everything of the page. Raises FamilyMayNot without a link that stands."""
    return await site.store.read(partial(_family, site=site, acting=acting, full=full))


async def _family(tx: Tx, site: Site, acting: Acting, full: bool) -> Family:
    standing = await standing_of(tx, site, acting, full=full)
    no = rule.may_act(standing, rule.Act.LINK)
    return Family(
        await links_of(tx, site, acting.resident),
        await pending(tx, site, acting.resident) if acting.own else (),
        await offered(tx, site, acting.person), await links_by(tx, site, acting.person),
        await done(tx, site, acting.resident) if await is_beside(tx, site, acting) else (),
        no.value if no is not None else "",
    )  # fmt: skip


async def done(tx: Tx, site: Site, resident: bytes) -> tuple[Done, ...]:
    """What others did for this resident, newest first."""
    family_rows = await tx.rows(
        "SELECT at, what, person FROM family_act WHERE district=? AND resident=? "
        f"ORDER BY at DESC LIMIT {ACTS}",
        site.district, resident,
    )  # fmt: skip
    staff_rows = await tx.rows(
        "SELECT at, what, staff, facility FROM assisted WHERE district=? AND resident=? "
        f"ORDER BY at DESC LIMIT {ACTS}",
        site.district, resident,
    )  # fmt: skip
    people = await people_of(tx, site, {row[2] for row in family_rows})
    names = await staff_names(tx, site, {row[2] for row in staff_rows})
    places = await facility_names(tx, site)
    acts = notices.rules().acts
    made = [
        Done(at, acts.get(what, acts["other"]), people[who].name if who in people else "", "")
        for at, what, who in family_rows
    ]
    made += [
        Done(at, acts.get(what, acts["other"]), names.get(who, ""), places.get(where, ""))
        for at, what, who, where in staff_rows
    ]
    return tuple(sorted(made, key=lambda each: each.at, reverse=True)[:ACTS])


async def link_of(site: Site, acting: Acting, link: bytes) -> Link:
    """One link of the open archive. Raises NotFound for any other."""
    found = await site.store.read(partial(links_of, site=site, resident=acting.resident))
    one_of = next((each for each in found if each.id == link), None)
    if one_of is None:
        raise NotFound("link")
    return one_of


async def link_by(site: Site, person: bytes, link: bytes) -> Link:
    """One link by which this person acts for somebody. Raises NotFound for any other."""
    found = await site.store.read(partial(links_by, site=site, person=person))
    one_of = next((each for each in found if each.id == link), None)
    if one_of is None:
        raise NotFound("link")
    return one_of
