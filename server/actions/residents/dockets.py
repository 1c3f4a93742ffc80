"""换机构凭条: the paper of a switch that was signed on a tablet, read at a desk.

A number says what became of an act that has arrived. The QR proves the act by itself: from it the
switch is made although the tablet never came back, under the act's own id, so that the act which
comes after all is its duplicate, and it counts from the same signing.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from crypto.docket import (
    Docket,
    DocketRefused,
    bytes_of,
    is_number,
    number_of,
    parse_docket,
    verify_docket,
)
from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site, signer_of
from server.actions.residents import facility_choice, presence
from server.actions.residents.facility_choice import Wish
from server.errors import NotFound, RuleSaysNo
from server.rules import switch
from server.store.tx import Tx, one

NUMBER_WRONG: Final = "number_wrong"
NOT_A_DOCKET: Final = "not_a_docket"
NOT_ARRIVED: Final = "not_arrived"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a docket. `docket`: proved by its signature, None for a number alone.

    state: waiting | done | not_done of the act, "" where it has not arrived; `made`: status of the
    switch, "" where there is none.
    """

    number: str
    signed_at: int
    team: str
    facility: str
    state: str
    reason: str
    made: str
    resident: bytes
    docket: Docket | None


async def look(site: Site, text: str) -> Told:
    """By the number, or by what the QR holds. Raises RuleSaysNo with a word of this module."""
    plain = "".join(text.split())
    if plain.isascii() and plain.isdecimal():
        if not is_number(plain):
            raise RuleSaysNo(NUMBER_WRONG)
        return await site.store.read(partial(_by_number, site=site, number=plain))
    docket = await proved(site, plain)
    return await site.store.read(partial(_told, site=site, docket=docket, act=docket.act))


async def proved(site: Site, text: str) -> Docket:
    """What a tablet of this district has signed. Raises RuleSaysNo(NOT_A_DOCKET)."""
    try:
        raw = bytes_of(text)
        docket = parse_docket(raw)
        signer = await signer_of(site, docket.signer)
        if signer is None or signer[0] != docket.device:
            raise DocketRefused("unknown signer")
        verify_docket(raw, signer[2])
    except DocketRefused:
        raise RuleSaysNo(NOT_A_DOCKET) from None
    return docket


async def _by_number(tx: Tx, site: Site, number: str) -> Told:
    row = await one(
        tx, "SELECT act FROM tablet_act WHERE district=? AND docket=?", site.district, number
    )
    if row is None:
        raise RuleSaysNo(NOT_ARRIVED)
    return await _told(tx, site, None, row[0])


async def _told(tx: Tx, site: Site, docket: Docket | None, act: bytes) -> Told:
    came = await one(
        tx, "SELECT resident, signed_at, state, reason FROM tablet_act WHERE district=? AND act=?",
        site.district, act,
    )  # fmt: skip
    made = await one(
        tx, "SELECT status, panel FROM switch WHERE district=? AND switch=?", site.district, act
    )
    team = docket.team if docket is not None else made[1] if made else b""
    place = await one(
        tx,
        "SELECT p.name, f.name FROM panel p JOIN facility f ON f.district=p.district AND "
        "f.facility=p.facility WHERE p.district=? AND p.panel=?",
        site.district, team,
    )  # fmt: skip
    who = docket.resident if docket is not None else came[0] if came else b""
    at = came[1] if came is not None else docket.at if docket is not None else 0
    return Told(
        number_of(act), min(at, site.clock()), place[0] if place else "", place[1] if place else "",
        came[2] if came else "", came[3] if came else "", made[0] if made else "",
        await living(tx, site.district, who), docket,
    )  # fmt: skip


async def make(site: Site, signed: Signed, text: str) -> switch.Outcome:
    """The switch, from the docket alone: the resident stands at this desk with it. Raises
    RuleSaysNo("not_present"), NotTheirAct, NotFound for somebody who is no resident here.
    """
    docket = await proved(site, "".join(text.split()))

    async def write(tx: Tx) -> switch.Outcome:
        who = await living(tx, site.district, docket.resident)
        there = await one(
            tx, "SELECT 1 FROM resident WHERE district=? AND resident=?", site.district, who
        )
        if there is None:
            raise NotFound("resident")
        acting = await presence.acting_in(tx, site, signed, who, who)
        wish = Wish(docket.team, docket.ground, None, docket.act, docket.at)
        return await facility_choice.choose_in(tx, site, acting, wish)

    return await site.store.write(write)
