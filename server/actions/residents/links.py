"""Family links at rest: who may act for whom, made, shared further, renewed and ended.

Made at a desk (both there, or the document seen) or in the portal by the resident (offers.py).
Caps are counted under the locks of both. What a link allows is asked of server/rules/family.py and,
for reading, of the gate.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from server.access import SCOPES
from server.actions.archives.standing import lock_residents
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.people import Person, key_of, people_of
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, RuleSaysNo
from server.rules import family as rule
from server.rules.access import Scope, Tie, age_years
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_PORTAL

STANDING: Final = "standing"
_LETTER: Final = {scope: letter for letter, scope in SCOPES.items()}


class Evidence(msgspec.Struct, frozen=True):
    """What is sealed of a link: what it rests on, and which documents were seen."""

    proof: str
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One link as pages show it. `other`: the relative on the resident's page, the resident on the
    relative's. `freeze_due`: by when the county looks at it, while it is shut.
    """

    id: bytes
    resident: bytes
    person: bytes
    tie: Tie
    scopes: frozenset[Scope]
    from_day: date
    until_day: date
    frozen_at: int | None
    freeze_due: int | None
    other: Person

    @property
    def review_day(self) -> date | None:
        """Of an appointed guardian: by when the mandate is looked at again."""
        return rule.review_day(self.until_day) if self.tie is Tie.APPOINTED else None


_LINK: Final = (
    "l.link, l.resident, l.person, l.tie, l.scopes, l.from_day, l.until_day, l.frozen_at, "
    "(SELECT MAX(z.due_at) FROM family_freeze z WHERE z.district=l.district AND z.link=l.link "
    "AND z.state='open')"
)


async def links_of(tx: Tx, site: Site, resident: bytes) -> tuple[Link, ...]:
    """Who may act for this resident, oldest link first."""
    return await _links(tx, site, "l.resident=?", resident, of_resident=True)


async def links_by(tx: Tx, site: Site, person: bytes) -> tuple[Link, ...]:
    """For whom this person may act, oldest link first."""
    return await _links(tx, site, "l.person=?", person, of_resident=False)


async def _links(
    tx: Tx, site: Site, where: str, who: bytes, *, of_resident: bool
) -> tuple[Link, ...]:
    today = civil_day(site.clock()).isoformat()
    rows = await tx.rows(
        f"SELECT {_LINK} FROM family_link l WHERE l.district=? AND {where} AND "
        "l.state='standing' AND l.until_day>=? ORDER BY l.made_at, l.link",
        site.district, who, today,
    )  # fmt: skip
    people = await people_of(tx, site, {row[2 if of_resident else 1] for row in rows})
    made: list[Link] = []
    for row in rows:
        other = people.get(row[2 if of_resident else 1])
        if other is not None:
            made.append(_link(row, other))
    return tuple(each for each in made if not _grown_up(each, site, of_resident=of_resident))


def _link(row: Row, other: Person) -> Link:
    link, resident, person, tie, scopes, from_day, until_day, frozen_at, freeze_due = row
    return Link(
        link, resident, person, Tie(tie), frozenset(SCOPES[each] for each in scopes),
        date.fromisoformat(from_day), date.fromisoformat(until_day), frozen_at, freeze_due, other,
    )  # fmt: skip


def _grown_up(link: Link, site: Site, *, of_resident: bool) -> bool:
    """Guardianship of a child is over on the birthday, whatever the row says."""
    birth = None if of_resident else link.other.birth
    of_age = rule.numbers().of_age_years
    return (
        link.tie is Tie.PARENT
        and birth is not None
        and age_years(birth, civil_day(site.clock())) >= of_age
    )


def letters(scopes: Collection[Scope]) -> str:
    """Scopes as the column keeps them."""
    return "".join(sorted(_LETTER[each] for each in scopes))


@dataclass(frozen=True, slots=True)
class New:
    """A link that is asked for."""

    person: bytes
    wish: rule.Wish
    seen: str = ""


async def make(tx: Tx, site: Site, acting: Acting, new: New) -> bytes | rule.NoLink:
    """The link's id, or why there is none. Raises NotFound for a resident of nobody."""
    resident, now, today = acting.resident, site.clock(), civil_day(site.clock())
    await lock_residents(tx, site.district, {resident, new.person}, cells_of=())
    people = await people_of(tx, site, {resident, new.person})
    whose, person = people.get(resident), people.get(new.person)
    if whose is None or person is None or whose.birth is None:
        raise NotFound("resident")
    theirs = await links_of(tx, site, resident)
    others = await links_by(tx, site, new.person)
    pair = rule.Pair(
        birth=whose.birth, person_birth=person.birth, today=today, same=resident == new.person,
        linked=any(each.person == new.person for each in theirs),
        links_of_resident=len(theirs), links_of_person=len(others),
    )  # fmt: skip
    made = rule.make(new.wish, pair)
    if isinstance(made, rule.NoLink):
        return made
    key = await key_of(tx, site, resident)
    assert key is not None
    link = new_id(now)
    seen = msgspec.json.encode(Evidence(new.wish.proof, new.seen))
    row: Row = (
        site.district, resident, link, new.person, new.wish.tie.value, letters(new.wish.scopes),
        made.from_day.isoformat(), made.until_day.isoformat(), STANDING, None, now, acting.hand,
        None, key.seal(site.vault.at(T_PORTAL, link, resident), seen),
    )  # fmt: skip
    await tx.insert("family_link", [row])
    await audit(tx, site.district, "act", b"family-link" + resident + link + new.person, now)
    await assisted(tx, site, acting, "family", link)
    await tell(tx, site, resident, "family_link_made", about=link, day=today)
    return link


async def held(tx: Tx, site: Site, resident: bytes, link: bytes) -> Link:
    """One standing link of a resident, whose row is locked. Raises NotFound for any other id."""
    await lock_residents(tx, site.district, {resident}, cells_of=())
    found = next((x for x in await links_of(tx, site, resident) if x.id == link), None)
    if found is None:
        raise NotFound("link")
    return found


async def share(
    tx: Tx, site: Site, acting: Acting, link: bytes, scopes: frozenset[Scope], until: date | None
) -> None:
    """What a link opens beyond its default, and of a helper's the last day. Raises NotFound,
    RuleSaysNo("scope" | "end").
    """
    found = await held(tx, site, acting.resident, link)
    if not scopes <= rule.scopes_of(found.tie):
        raise RuleSaysNo("scope")
    last, today = found.until_day, civil_day(site.clock())
    if until is not None and found.tie is Tie.HELPER:
        pair = rule.Pair(birth=date.min, person_birth=None, today=today)
        wish = rule.Wish(Tie.HELPER, rule.Proof.OWN_WORD, scopes, until)
        made = rule.make(wish, pair)
        if made is rule.NoLink.END:
            raise RuleSaysNo("end")
        last = until
    await tx.run(
        "UPDATE family_link SET scopes=?, until_day=? WHERE district=? AND resident=? AND link=?",
        letters(scopes), last.isoformat(), site.district, acting.resident, link,
    )  # fmt: skip
    said = b"family-share" + acting.resident + link + letters(scopes).encode()
    await audit(tx, site.district, "act", said, site.clock())
    await assisted(tx, site, acting, "family", link)


async def renew(tx: Tx, site: Site, acting: Acting, link: bytes, seen: str) -> date:
    """An appointed guardian's mandate was looked at at a desk; the new last day. Raises NotFound,
    RuleSaysNo where there is nothing to look at.
    """
    found = await held(tx, site, acting.resident, link)
    if found.tie is not Tie.APPOINTED or acting.helper is None:
        raise RuleSaysNo("tie")
    now = site.clock()
    until = rule.usual_end(Tie.APPOINTED, date.min, civil_day(now))
    key = await key_of(tx, site, acting.resident)
    assert key is not None
    place = site.vault.at(T_PORTAL, link, acting.resident)
    sealed = key.seal(place, msgspec.json.encode(Evidence(rule.Proof.DOCUMENT, seen)))
    await tx.run(
        "UPDATE family_link SET until_day=?, sealed=? WHERE district=? AND resident=? AND link=?",
        until.isoformat(), sealed, site.district, acting.resident, link,
    )  # fmt: skip
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result='renewed' WHERE district=? AND "
        "kind='mandate_review' AND subject=? AND closed_at IS NULL",
        now, acting.helper.staff, site.district, link,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"family-renewed" + acting.resident + link, now)
    await assisted(tx, site, acting, "family", link)
    return until


async def end(tx: Tx, site: Site, acting: Acting, link: bytes) -> None:
    """Ends a link at once, by the resident, by the relative, or at a desk. Raises NotFound,
    RuleSaysNo("tie") for a guardian's, which ends at a desk.
    """
    found = await held(tx, site, acting.resident, link)
    if not rule.may_end(found.tie, at_desk=acting.helper is not None):
        raise RuleSaysNo("tie")
    await put_end(tx, site, acting.resident, link)
    said = b"family-end" + acting.resident + link + acting.hand
    await audit(tx, site.district, "act", said, site.clock())
    await assisted(tx, site, acting, "family_end", link)
    await told_both(tx, site, found.resident, found.person, "family_link_ended", link)


async def put_end(tx: Tx, site: Site, resident: bytes, link: bytes) -> None:
    """The row of a link that is over, and what waits about it."""
    now = site.clock()
    await tx.run(
        "UPDATE family_link SET state='ended', ended_at=? WHERE district=? AND resident=? AND "
        "link=? AND state='standing'",
        now, site.district, resident, link,
    )  # fmt: skip
    await tx.run(
        "UPDATE task SET closed_at=?, result='ended' WHERE district=? AND kind='mandate_review' "
        "AND subject=? AND closed_at IS NULL",
        now, site.district, link,
    )  # fmt: skip


async def told_both(
    tx: Tx, site: Site, resident: bytes, person: bytes, template: str, link: bytes
) -> None:
    """Resident and relative learn of it; a relative without an archive has no inbox here."""
    today = civil_day(site.clock())
    for who in (resident, person):
        if await has_archive(tx, site, who):
            await tell(tx, site, who, template, about=link, day=today)


async def has_archive(tx: Tx, site: Site, person: bytes) -> bool:
    """Whether somebody has an archive in this district."""
    row = await one(
        tx, "SELECT 1 FROM resident WHERE district=? AND resident=?", site.district, person
    )
    return row is not None
