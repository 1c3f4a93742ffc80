"""Sessions of the portal: begun by sign_in.py, told by the hash of a random token, ended by
sign-out, by time, or by whatever ends the telephone, the link or the life.

The token lives in the browser's cookie only. Each request reads whose archive is open and whether
the person may still be there: a link that ended since shuts the page at once.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from crypto.primitives import hmac_sha256, same, sha256
from server.access import is_noticed
from server.actions.archives.cards import Card, cards_of
from server.actions.keeping.site import Site
from server.actions.residents import day_passes
from server.actions.residents.acting import Acting
from server.actions.residents.people import relative_name
from server.actions.residents.served import served_by
from server.actions.residents.sight import is_beside
from server.actions.tablets.intake import civil_day
from server.rules.access import Tie, age_years
from server.rules.family import numbers
from server.rules.life import STATES, Life
from server.store.trail import audit
from server.store.tx import Row, Tx, one

TOKEN_BYTES: Final = 32
NONCE_BYTES: Final = 8
MINUTE_MS: Final = 60_000
IDLE_MS: Final = 30 * MINUTE_MS
LONGEST_MS: Final = 12 * 60 * MINUTE_MS
SEEN_EVERY_MS: Final = MINUTE_MS
SIGNED_OUT: Final = "signed_out"
EVERYWHERE: Final = "everywhere"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, and whose archive is open. Read from the database at each request.

    `tie`: "" for the own archive, else what the person is to the resident. `archive`: the person
    has an own one to go back to. `token`: of the cookie. `card`: of the resident. `place`: name of
    the district. `noticed`: the notice of this archive was agreed to. `full`: the sign-in reaches
    export, sharing and family rights. `beside`: what concerns the resident beside the archive is
    this person's to see (sight.py).
    """

    person: bytes
    resident: bytes
    session: bytes
    token: str
    card: Card
    person_name: str
    archive: bool
    tie: str
    facility_name: str
    facility_phone: str
    place: str
    noticed: bool
    full: bool
    beside: bool

    @property
    def own(self) -> bool:
        return self.person == self.resident

    @property
    def acting(self) -> Acting:
        return Acting(self.person, self.resident)

    def __repr__(self) -> str:
        return f"Visitor(person={self.person.hex()}, resident={self.resident.hex()})"


@dataclass(frozen=True, slots=True)
class Unpicked:
    """Signed in with a telephone that serves several archives, none of them picked yet."""

    session: bytes
    token: str


@dataclass(frozen=True, slots=True)
class RanOut:
    """A session that ended by time, or that its person ended (`left`); whose it was."""

    person: bytes
    resident: bytes
    left: bool = False


Found = Visitor | Unpicked | RanOut | None


def name_of(token: str) -> bytes:
    """The key under which a session is kept."""
    return sha256(token.encode())


def form_token(token: str) -> str:
    """What a form carries: another one in each page, so that its size under compression tells
    nothing (BREACH), and nothing of the session's token can be learned from it.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return (nonce + _mark(token, nonce)).hex()


def is_form_token(token: str, carried: str) -> bool:
    """Whether a form came from a page of this session."""
    try:
        raw = bytes.fromhex(carried)
    except ValueError:
        return False
    nonce = raw[:NONCE_BYTES]
    return len(nonce) == NONCE_BYTES and same(raw[NONCE_BYTES:], _mark(token, nonce))


def _mark(token: str, nonce: bytes) -> bytes:
    return hmac_sha256(token.encode(), b"gongwei portal form" + nonce)[:16]


async def begin(
    tx: Tx, site: Site, person: bytes | None, *, how: str, phone_index: bytes | None = None,
    old: str = "", began_at: int | None = None,
) -> str:  # fmt: skip
    """A fresh session; the token for the cookie. `person` None: to be picked. `old`: the token of
    the session this browser had, which ends; `began_at`: of the sign-in this one goes on with.
    """
    token, now = secrets.token_urlsafe(TOKEN_BYTES), site.clock()
    await tx.run(
        "UPDATE portal_session SET ended='renewed' WHERE district=? AND session=? AND ended=''",
        site.district, name_of(old),
    )  # fmt: skip
    began = now if began_at is None else began_at
    row: Row = (
        site.district, name_of(token), person, person, phone_index, how, began, now, "",
    )  # fmt: skip
    await tx.insert("portal_session", [row])
    await audit(tx, site.district, "act", b"visit" + (person or b"") + name_of(token), now)
    return token


async def found(site: Site, token: str) -> Found:
    """Who the cookie's token belongs to; None for a token of nobody, and of a session that was
    ended by anything else than time or its own person.
    """
    if not token or len(token) > 128:
        return None
    now, name = site.clock(), name_of(token)
    row = await site.store.read(
        lambda tx: one(
            tx,
            "SELECT person, resident, began_at, seen_at, how, ended FROM portal_session WHERE "
            "district=? AND session=? AND ended IN ('', ?, ?)",
            site.district, name, SIGNED_OUT, EVERYWHERE,
        )
    )  # fmt: skip
    if row is None:
        return None
    person, resident, began_at, seen_at, how, ended = row
    if ended:
        return RanOut(person, resident, left=True) if person is not None else None
    if now - seen_at > IDLE_MS or now - began_at > LONGEST_MS:
        return RanOut(person, resident) if person is not None else None
    if now - seen_at > SEEN_EVERY_MS:
        await site.store.write(
            lambda tx: tx.run(
                "UPDATE portal_session SET seen_at=? WHERE district=? AND session=? AND ended=''",
                now, site.district, name,
            )
        )  # fmt: skip
    if person is None:
        return Unpicked(name, token)
    seen = partial(_visitor, site=site, person=person, resident=resident, token=token, how=how)
    return await site.store.read(seen)


async def _visitor(
    tx: Tx, site: Site, person: bytes, resident: bytes, token: str, how: str
) -> Visitor | None:
    """None where the person has no business there any more."""
    cards = await cards_of(tx, site, {person, resident})
    own = _is_open(cards.get(person))
    name = cards[person].name if own else await relative_name(tx, site, person)
    full = how == "pass" or await _is_full(tx, site, person)
    tie = await _tie(tx, site, person, cards.get(resident)) if name and full else ""
    if not tie and not own:  # somebody without an archive here: the first they act for
        for each in await acts_for(tx, site, person) if name and full else ():
            cards |= await cards_of(tx, site, {each})
            tie, resident = await _tie(tx, site, person, cards.get(each)), each
            if tie:
                break
    if not tie:
        resident = person  # no link, or it is over: the own archive
        if not own:
            return None
    card = cards[resident]
    served = await served_by(tx, site, card.facility)
    today = civil_day(site.clock())
    noticed = await is_noticed(tx, site.district, resident, birth_of(card) or today, today)
    return Visitor(
        person=person, resident=resident, session=name_of(token), token=token, card=card,
        person_name=name, archive=own, tie=tie, facility_name=served.facility,
        facility_phone=served.phone, place=served.place, noticed=noticed,
        full=full, beside=await is_beside(tx, site, Acting(person, resident)),
    )  # fmt: skip


async def _tie(tx: Tx, site: Site, person: bytes, card: Card | None) -> str:
    """What the person is to somebody else whose archive is open to visitors; "" for nothing."""
    if card is None or not _is_open(card) or card.resident == person:
        return ""
    tie = await tie_now(tx, site, person, card.resident)
    birth = birth_of(card)
    grown = (
        birth is not None and age_years(birth, civil_day(site.clock())) >= numbers().of_age_years
    )
    return "" if tie == Tie.PARENT and grown else tie


async def acts_for(tx: Tx, site: Site, person: bytes) -> list[bytes]:
    """For whom this person may act today, oldest link first."""
    today = civil_day(site.clock()).isoformat()
    rows = await tx.rows(
        "SELECT resident FROM family_link WHERE district=? AND person=? AND state='standing' AND "
        "frozen_at IS NULL AND from_day<=? AND until_day>=? ORDER BY made_at, link",
        site.district, person, today, today,
    )  # fmt: skip
    return [row[0] for row in rows]


async def go_to(site: Site, visitor: Visitor, resident: bytes) -> bool:
    """Opens another archive of the family, or the own one again. False where no link stands, or
    the telephone was changed from afar less than 72 hours ago.
    """

    async def write(tx: Tx) -> bool:
        if resident != visitor.person:
            card = (await cards_of(tx, site, {resident})).get(resident)
            if not visitor.full or not await _tie(tx, site, visitor.person, card):
                return False
        await tx.run(
            "UPDATE portal_session SET resident=? WHERE district=? AND session=? AND ended=''",
            resident, site.district, visitor.session,
        )  # fmt: skip
        said = b"visit-of" + visitor.person + resident
        await audit(tx, site.district, "act", said, site.clock())
        return True

    return await site.store.write(write)


def birth_of(card: Card) -> date | None:
    """The day of birth as the card knows it."""
    return date.fromisoformat(card.birth) if card.birth else None


def _is_open(card: Card | None) -> bool:
    """Whether there is such an archive and its state lets anybody in here."""
    return card is not None and STATES[Life(card.status)].sign_in


async def tie_now(tx: Tx, site: Site, person: bytes, resident: bytes) -> str:
    """What the person is to the resident today; "" without a link that stands."""
    today = civil_day(site.clock()).isoformat()
    row = await one(
        tx,
        "SELECT tie FROM family_link WHERE district=? AND resident=? AND person=? AND "
        "state='standing' AND frozen_at IS NULL AND from_day<=? AND until_day>=? LIMIT 1",
        site.district, resident, person, today, today,
    )  # fmt: skip
    return row[0] if row is not None else ""


async def _is_full(tx: Tx, site: Site, person: bytes) -> bool:
    """72 hours after the telephone was changed from afar."""
    row = await one(
        tx,
        "SELECT full_at FROM bound_phone WHERE district=? AND resident=? AND ended_at IS NULL "
        "ORDER BY bound DESC LIMIT 1",
        site.district, person,
    )  # fmt: skip
    return row is not None and row[0] <= site.clock()


async def end(site: Site, session: bytes, why: str = SIGNED_OUT) -> None:
    """Ends one session, and the day passes that were given in it."""

    async def write(tx: Tx) -> None:
        await tx.run(
            "UPDATE portal_session SET ended=? WHERE district=? AND session=? AND ended=''",
            why, site.district, session,
        )  # fmt: skip
        await day_passes.end_session(tx, site.district, session, why)

    await site.store.write(write)


async def end_all(tx: Tx, district: int, person: bytes, why: str) -> None:
    """Ends every session and day pass of somebody, in the caller's transaction."""
    await tx.run(
        "UPDATE portal_session SET ended=? WHERE district=? AND person=? AND ended=''",
        why, district, person,
    )  # fmt: skip
    await day_passes.end_person(tx, district, person, why)
