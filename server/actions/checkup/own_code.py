"""当日码 on somebody's own telephone: signed in, or on the day by the pass that booking left there.

A pass opens one page and its picture, with a masked name. Each time it is asked anew: the booking
stands, the day is not over or called off, the archive is open and its notice agreed to, and whoever
booked may still act for this person. The code itself is only an identifier, good on its own day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from server.access import is_noticed
from server.actions.archives.cards import Card, cards_of
from server.actions.checkup import codes
from server.actions.checkup.own_day import OwnDay, day_of, days_of
from server.actions.keeping.site import Site
from server.actions.residents import day_passes
from server.actions.residents.acting import Acting
from server.actions.residents.day_passes import Pass
from server.actions.residents.rights import require
from server.actions.residents.visits import Visitor, birth_of
from server.actions.residents.whose import refusal
from server.actions.tablets.intake import civil_day
from server.rules.family import Act
from server.rules.life import STATES, Life
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class OwnCode:
    """The page's content. `text`: what the code says; `digits`: below it. `name`: of the pass, for
    addresses. `card`: for the masked name.
    """

    day: OwnDay
    card: Card
    text: str
    digits: str
    name: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """A pass of this browser that opens something. `card`: whose."""

    pass_: Pass
    day: OwnDay
    card: Card


async def of_visitor(
    site: Site, visitor: Visitor, token: str, wanted: bytes | None = None
) -> tuple[OwnCode | None, str]:
    """The code of the open archive for that day, or for the next one that shows a code, and the
    token that this browser shows it with from now on. Raises FamilyMayNot, PhoneTooFresh.
    """

    async def write(tx: Tx) -> tuple[OwnCode | None, str]:
        await require(tx, site, visitor.acting, Act.BOOK, full=visitor.full)
        today = civil_day(site.clock())
        own = await days_of(tx, site, visitor.resident)
        shown = [each for each in own if each.shows_code(today)]
        day = next((each for each in shown if wanted in (None, each.day)), None)
        if day is None:
            return None, token
        kept = await leave(tx, site, visitor, token, day)
        held = await _held(tx, site, await day_passes.standing(tx, site, kept))
        one = next((x for x in held if x.day == day), None)
        return (None if one is None else await _code(tx, site, one)), kept

    return await site.store.write(write)


async def leave(tx: Tx, site: Site, visitor: Visitor, token: str, day: OwnDay) -> str:
    """The pass of this day in this browser; the token to be kept in its cookie."""
    return await day_passes.give(
        tx, site, token, day=day.day, resident=day.who, person=visitor.person,
        session=visitor.session, until=day.ends_ms,
    )  # fmt: skip


async def of_browser(
    site: Site, token: str, name: bytes | None = None, *, day: bytes | None = None
) -> OwnCode | None:
    """What this browser shows without a sign-in: the next day's, that day's, or the one of that
    name.
    """

    async def write(tx: Tx) -> OwnCode | None:
        held = await _held(tx, site, await day_passes.standing(tx, site, token))
        fits = (x for x in held if name in (None, x.pass_.name) and day in (None, x.day.day))
        one = next(fits, None)
        return None if one is None else await _code(tx, site, one)

    return await site.store.write(write)


async def of_name(site: Site, visitor: Visitor, name: bytes) -> OwnCode | None:
    """The one of that name, for whoever is signed in and was given it for the open archive."""

    async def write(tx: Tx) -> OwnCode | None:
        given = await day_passes.given_to(tx, site, visitor.person, visitor.resident, name)
        held = await _held(tx, site, given)
        return await _code(tx, site, held[0]) if held else None

    return await site.store.write(write)


async def held_by(site: Site, token: str) -> Sequence[Held]:
    """Everybody for whom this browser shows a code."""

    async def read(tx: Tx) -> Sequence[Held]:
        return await _held(tx, site, await day_passes.standing(tx, site, token))

    return await site.store.read(read)


async def put_away(site: Site, token: str) -> None:
    """这不是我的手机."""
    await site.store.write(partial(day_passes.end_browser, site=site, token=token))


async def _held(tx: Tx, site: Site, passes: Sequence[Pass]) -> list[Held]:
    """Those that open something now, the day that comes first in front."""
    today, found = civil_day(site.clock()), list[Held]()
    district = site.district
    cards = await cards_of(tx, site, {each.resident for each in passes})
    for each in passes:
        card, day = cards.get(each.resident), await day_of(tx, site, each.resident, each.day)
        if card is None or day is None or not STATES[Life(card.status)].sign_in:
            continue
        if not await is_noticed(tx, district, each.resident, birth_of(card) or today, today):
            continue
        acting = Acting(each.person, each.resident)
        if day.shows_code(today) and await refusal(tx, site, acting, Act.BOOK) is None:
            found.append(Held(each, day, card))
    return sorted(found, key=lambda one: (one.day.on, one.day.opens, one.pass_.name))


async def _code(tx: Tx, site: Site, held: Held) -> OwnCode:
    until = held.day.ends_ms
    if until != held.pass_.until:  # the day was moved
        await day_passes.last_until(tx, site, held.pass_.name, until)
    made = await codes.day_code(tx, site, held.day.day, held.day.who)
    return OwnCode(held.day, held.card, made.text, made.digits, held.pass_.name)
