"""A resident names a relative, in the portal or on a doctor's tablet; the relative accepts in the
own portal.

The row is written whether that person exists or not, and the page says the same: only who knows the
whole number and the end of the bound telephone reaches anybody, and only acceptance is seen.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents import links
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.people import TAIL, Person, by_number, key_of, people_of
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, RuleSaysNo
from server.rules import family as rule
from server.rules.access import Scope, Tie
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_FAMILY, T_PORTAL

DAY_MS: Final = 86_400_000
ASKED: Final = "asked"


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a resident names. `number`: of the document; `phone_tail`: of the bound telephone."""

    number: str
    phone_tail: str
    scopes: frozenset[Scope]
    until: date | None = None

    def __repr__(self) -> str:
        return "Named(hidden)"


@dataclass(frozen=True, slots=True)
class Pending:
    """An offer as the resident sees it; whether anybody got it is not said."""

    id: bytes
    tail: str
    at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer as the relative sees it."""

    id: bytes
    resident: Person
    scopes: frozenset[Scope]
    until: date
    expires_at: int


async def name(site: Site, acting: Acting, named: Named) -> bytes:
    """The offer's id. Raises RuleSaysNo: "many" a day, "waiting" for the same relative's answer,
    "end", "scope", "age", "too_many".
    """
    return await site.store.write(partial(name_in, site=site, acting=acting, named=named))


async def name_in(tx: Tx, site: Site, acting: Acting, named: Named) -> bytes:
    """`name` in the caller's transaction."""
    now, today, district = site.clock(), civil_day(site.clock()), site.district
    resident, of = acting.resident, rule.numbers()
    if not acting.own:
        raise RuleSaysNo("not_own")
    await _lock(tx, district, resident)
    made = await _allowed(tx, site, resident, named, today)
    words = named.number.strip()[-TAIL:] + named.phone_tail
    if words in [said for _, said, _, _ in await _waiting(tx, site, resident)]:
        raise RuleSaysNo("waiting")
    counted = await one(
        tx, "SELECT COUNT(*) FROM family_offer WHERE district=? AND resident=? AND at>?",
        district, resident, now - DAY_MS,
    )  # fmt: skip
    if counted is not None and counted[0] >= of.offers_a_day:
        raise RuleSaysNo("many")
    person = await by_number(tx, site, named.number)
    tail = await _tail(tx, site, person) if person is not None else ""
    if person == resident or tail != named.phone_tail:
        person = None
    key = await key_of(tx, site, resident)
    assert key is not None
    offer, expires = new_id(now), now + of.offer_days * DAY_MS
    sealed = key.seal(site.vault.at(T_FAMILY, offer, resident), words.encode())
    row: Row = (
        district, resident, offer, person, links.letters(named.scopes),
        made.until_day.isoformat(), ASKED, now, expires, sealed,
    )  # fmt: skip
    await tx.insert("family_offer", [row])
    await audit(tx, district, "act", b"family-offer" + resident + offer, now)
    await assisted(tx, site, acting, "family", offer, undo_until=expires)
    if person is not None and await links.has_archive(tx, site, person):
        await tell(
            tx, site, person, "family_link_offered", about=offer, day=today,
            until=civil_day(expires),
        )  # fmt: skip
    return offer


async def _lock(tx: Tx, district: int, resident: bytes) -> None:
    await tx.rows(
        f"SELECT resident FROM resident WHERE district=? AND resident=?{locking(tx)}",
        district, resident,
    )  # fmt: skip


async def _allowed(tx: Tx, site: Site, resident: bytes, named: Named, today: date) -> rule.Made:
    """The rule, asked without the relative: what follows of the answer says nothing of them."""
    whose = (await people_of(tx, site, {resident})).get(resident)
    if whose is None or whose.birth is None:
        raise RuleSaysNo("age")
    wish = rule.Wish(Tie.HELPER, rule.Proof.OWN_WORD, named.scopes, named.until)
    theirs = await links.links_of(tx, site, resident)
    waiting = await one(
        tx,
        "SELECT COUNT(*) FROM family_offer WHERE district=? AND resident=? AND state='asked' AND "
        "expires_at>?",
        site.district, resident, site.clock(),
    )  # fmt: skip
    pair = rule.Pair(
        birth=whose.birth, person_birth=None, today=today,
        links_of_resident=len(theirs) + (waiting[0] if waiting is not None else 0),
    )  # fmt: skip
    made = rule.make(wish, pair)
    if isinstance(made, rule.NoLink):
        raise RuleSaysNo(made.value)
    return made


async def _tail(tx: Tx, site: Site, person: bytes) -> str:
    """The last digits of the telephone somebody signs in with; "" where none is bound."""
    row = await one(
        tx,
        "SELECT b.bound, b.sealed FROM bound_phone b WHERE b.district=? AND b.resident=? AND "
        "b.ended_at IS NULL ORDER BY b.bound DESC LIMIT 1",
        site.district, person,
    )  # fmt: skip
    key = await key_of(tx, site, person)
    if row is None or key is None:
        return ""
    return key.open(site.vault.at(T_PORTAL, row[0], person), row[1]).decode()[-TAIL:]


async def pending(tx: Tx, site: Site, resident: bytes) -> tuple[Pending, ...]:
    """What a resident asked for and nobody has accepted yet; one that was declined stands here
    until it runs out, like one that reached nobody.
    """
    found = await _waiting(tx, site, resident)
    return tuple(Pending(offer, said[:TAIL], at, end) for offer, said, at, end in found)


async def _waiting(tx: Tx, site: Site, resident: bytes) -> list[tuple[bytes, str, int, int]]:
    """(offer, ends of the document's and the telephone's number, made at, runs out), newest first;
    older ones hold the document's alone.
    """
    rows = await tx.rows(
        "SELECT offer, sealed, at, expires_at FROM family_offer WHERE district=? AND resident=? "
        "AND state IN ('asked','declined') AND expires_at>? ORDER BY at DESC",
        site.district, resident, site.clock(),
    )  # fmt: skip
    key = await key_of(tx, site, resident)
    if not rows or key is None:
        return []
    return [
        (offer, key.open(site.vault.at(T_FAMILY, offer, resident), sealed).decode(), at, end)
        for offer, sealed, at, end in rows
    ]


async def offered(tx: Tx, site: Site, person: bytes) -> tuple[Offered, ...]:
    """Who asks this person to help."""
    rows = await tx.rows(
        "SELECT offer, resident, scopes, until_day, expires_at FROM family_offer WHERE district=? "
        "AND person=? AND state='asked' AND expires_at>? ORDER BY at",
        site.district, person, site.clock(),
    )  # fmt: skip
    people = await people_of(tx, site, {row[1] for row in rows})
    return tuple(
        Offered(
            offer, people[who], frozenset(links.SCOPES[each] for each in scopes),
            date.fromisoformat(until), expires,
        )
        for offer, who, scopes, until, expires in rows
        if who in people
    )  # fmt: skip


async def withdraw(site: Site, acting: Acting, offer: bytes) -> None:
    """The resident takes it back. Raises NotFound for an offer of somebody else or one that is
    over.
    """

    async def write(tx: Tx) -> None:
        changed = await tx.run(
            "UPDATE family_offer SET state='withdrawn' WHERE district=? AND resident=? AND offer=? "
            "AND state IN ('asked','declined')",
            site.district, acting.resident, offer,
        )  # fmt: skip
        if not changed:
            raise NotFound("offer")
        said = b"family-offer-back" + acting.resident + offer
        await audit(tx, site.district, "act", said, site.clock())

    await site.store.write(write)


async def answer(site: Site, person: bytes, offer: bytes, *, accept: bool) -> rule.NoLink | None:
    """The relative accepts, and the link stands; or declines, which nobody is told. None when it
    was done. Raises NotFound for an offer that is not this person's or over.
    """
    return await site.store.write(
        partial(_answer, site=site, person=person, offer=offer, accept=accept)
    )


async def _answer(
    tx: Tx, site: Site, person: bytes, offer: bytes, accept: bool
) -> rule.NoLink | None:
    found = next((x for x in await offered(tx, site, person) if x.id == offer), None)
    if found is None or person == NOBODY:
        raise NotFound("offer")
    resident = found.resident.id
    await _lock(tx, site.district, min(resident, person))
    await _lock(tx, site.district, max(resident, person))
    changed = await tx.run(
        "UPDATE family_offer SET state=? WHERE district=? AND resident=? AND offer=? AND "
        "state='asked'",
        "accepted" if accept else "declined", site.district, resident, offer,
    )  # fmt: skip
    if not changed:
        raise NotFound("offer")
    if not accept:
        await audit(tx, site.district, "act", b"family-offer-no" + person + offer, site.clock())
        return None
    wish = rule.Wish(Tie.HELPER, rule.Proof.OWN_WORD, found.scopes, found.until)
    made = await links.make(tx, site, Acting(resident, resident), links.New(person, wish))
    return made if isinstance(made, rule.NoLink) else None
