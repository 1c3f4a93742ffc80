"""The bound telephone changed by its owner: a code to the old one, then a code to the new one. Who
has lost the old one comes to a desk.
"""

from dataclasses import dataclass
from functools import partial

from server.actions.keeping.site import Site
from server.actions.residents import binding, codes
from server.actions.residents.binding import Binding
from server.actions.residents.codes import New, Over, Right, Sent, WrongDigits
from server.actions.residents.phones import phone_of
from server.errors import RuleSaysNo
from server.rules.sign_in import HOUR_MS, PERSON_CODES_HOUR, NoBinding
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class TooManyCodes:
    """This archive has had its codes for this hour, or the telephone has."""


Step = Sent | WrongDigits | Over | TooManyCodes


async def to_old(site: Site, person: bytes) -> Step:
    """A code to the telephone that is bound now. Raises RuleSaysNo("no_phone")."""

    async def work(tx: Tx) -> Step:
        phone = await phone_of(tx, site, person)
        if phone is None:
            raise RuleSaysNo(NoBinding.NONE)
        return await send(tx, site, New(codes.OLD_PHONE, person, phone))

    return await site.store.write(work)


async def to_new(site: Site, person: bytes, token: str, digits: str, phone: str) -> Step:
    """The old one's code is right: a code to the new telephone."""

    async def work(tx: Tx) -> Step:
        answer = await codes.check(tx, site, token, codes.OLD_PHONE, digits)
        if not isinstance(answer, Right):
            return answer
        if answer.resident != person:
            return Over()
        return await send(tx, site, New(codes.NEW_PHONE, person, phone))

    return await site.store.write(work)


async def change(site: Site, person: bytes, token: str, digits: str) -> bytes | WrongDigits | Over:
    """The new one's code is right: it is bound, the old one is told and ends. Every session of this
    person ends with it. Raises RuleSaysNo with a value of NoBinding.
    """
    return await site.store.write(
        partial(_change, site=site, person=person, token=token, digits=digits)
    )


async def _change(
    tx: Tx, site: Site, person: bytes, token: str, digits: str
) -> bytes | WrongDigits | Over:
    answer = await codes.check(tx, site, token, codes.NEW_PHONE, digits)
    if not isinstance(answer, Right):
        return answer
    if answer.resident != person:
        return Over()
    new = Binding(person, answer.phone, binding.OLD_PHONE, person)
    return await binding.bind(tx, site, new)


async def send(tx: Tx, site: Site, new: New) -> Sent | TooManyCodes:
    """A code for binding or changing, some an hour for one archive."""
    assert new.resident is not None
    since = site.clock() - HOUR_MS
    asked = await codes.asked_of(tx, site, new.resident, new.purpose, since)
    if asked >= PERSON_CODES_HOUR:
        return TooManyCodes()
    sent = await codes.send(tx, site, new)
    return TooManyCodes() if sent.held_back else sent
