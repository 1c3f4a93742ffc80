"""Offers of an enrolment code at rest: a row, its lock, its sealed secret, its counted tries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from msgspec import Struct

from crypto.columns import ColumnRefused
from crypto.enrolment import (
    new_code,
    new_nonce,
    offer_id,
    open_request,
    parse_request,
    typed_form,
)
from crypto.envelope import EnvelopeRefused
from crypto.keys import Suite
from server.actions.archives.ledger import audit
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.reports import shown
from server.errors import NotFound
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_ENROL
from sync import enrol_wire as wire
from sync.enrol_wire import QR_PREFIX
from sync.limits import ENROL_BYTES, ENROL_CODE_MS
from sync.wire import Malformed

TRIES: Final = 5
_J = TypeVar("_J", wire.Joining, wire.StaffJoining)


class Secret(Struct, frozen=True, kw_only=True, gc=False):
    """What an offer keeps sealed; after the join the transcript, to answer a repeat alike."""

    code: bytes
    nonce: bytes
    restricted: bool = False
    sent: tuple[bytes, ...] = ()  # hello, answer, join, answer
    app: str = ""

    def __repr__(self) -> str:
        return "Secret(hidden)"


@dataclass(slots=True)
class OfferRow:
    """One offer under its lock, opened."""

    offer: bytes
    device: bytes
    staff: bytes
    panels: tuple[bytes, ...]
    label: str
    suite: Suite
    status: str  # open | joined | confirmed | expired
    tries: int
    expires_at: int
    digits: str
    kem_key: bytes | None
    sign_key: bytes | None
    secret: Secret

    @property
    def further(self) -> bool:
        """For a further member of staff on a tablet that is there: such an offer names no panel."""
        return not self.panels

    def alive(self, now: int) -> bool:
        """Whether it may still be joined or confirmed."""
        return self.status in ("open", "joined") and now < self.expires_at and self.tries < TRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a tablet brought under an offer, after every check. `kem` is None of a tablet that is
    there already.
    """

    device: bytes
    kem: bytes | None
    sign: bytes
    nonce: bytes
    hello: bytes
    app: str = ""
    label: str = ""


async def lock_offer(tx: Tx, site: Site, offer: bytes) -> OfferRow | None:
    row = await one(
        tx,
        "SELECT offer, device, staff, panel, label, suite, status, tries, expires_at, digits, "
        "kem_key, sign_key, sealed_secret FROM enrol_offer WHERE district=? AND offer=?"
        f"{locking(tx)}",
        site.district,
        offer,
    )
    if row is None:
        return None
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    try:
        secret = wire.read(key.open(site.vault.at(T_ENROL, offer), row[12]), Secret)
    except ColumnRefused:
        return None
    return OfferRow(
        offer, row[1], row[2], tuple(row[3][at : at + 16] for at in range(0, len(row[3]), 16)),
        row[4], Suite(row[5]), row[6], row[7], row[8], row[9], row[10], row[11], secret,
    )  # fmt: skip


async def seal_secret(tx: Tx, site: Site, offer: bytes, secret: Secret) -> bytes:
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return key.seal(site.vault.at(T_ENROL, offer), wire.encode(secret))


async def count_try(tx: Tx, site: Site, offer: OfferRow, now: int) -> None:
    """A wrong one: at the limit the offer is over."""
    offer.tries += 1
    if offer.tries >= TRIES and offer.status in ("open", "joined"):
        offer.status = "expired"
    await tx.run(
        "UPDATE enrol_offer SET tries=?, status=? WHERE district=? AND offer=?",
        offer.tries, offer.status, site.district, offer.offer,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"enrol-wrong" + offer.offer, now)


def unsealed(site: Site, offer: OfferRow, sealed: bytes, kind: type[_J]) -> _J | None:
    """The tablet's own words, when the code opens them and the hello in them is of this offer."""
    try:
        request = parse_request(sealed, ENROL_BYTES)
        private = site.keys.kem.get(request.kid)
        if private is None or request.offer != offer.offer or request.suite != offer.suite:
            return None
        joining = wire.read(open_request(request, code=offer.secret.code, private=private), kind)
        hello = wire.step(joining.hello)
    except (EnvelopeRefused, Malformed):
        return None
    ours = isinstance(hello, wire.HelloStep) and hello.offer == offer.offer
    return joining if ours and joining.v == wire.VERSION and len(joining.nonce) == 32 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Shown once, to the person at the console. `code` to be typed, `qr` to be drawn."""

    offer: bytes
    code: str
    qr: str
    expires_at: int

    def __repr__(self) -> str:
        return f"Offer(offer={self.offer.hex()}, expires_at={self.expires_at})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an offer is for. With a `device` and no panels: a further member of its staff."""

    staff: bytes
    suite: Suite
    panels: tuple[bytes, ...] = ()
    device: bytes = b""
    label: str = ""
    restricted: bool = False


async def make_offer(site: Site, asked: Callable[[Tx], Awaitable[Wanted]]) -> Offer:
    """A fresh code. `asked` checks who asks and says what for, inside the transaction."""
    code, now = new_code(), site.clock()
    name = offer_id(code)

    async def write(tx: Tx) -> Wanted:
        wanted = await asked(tx)
        secret = Secret(code=code, nonce=new_nonce(), restricted=wanted.restricted)
        row: Row = (
            site.district, name, wanted.device, wanted.staff, b"".join(sorted(set(wanted.panels))),
            shown(wanted.label, 64), int(wanted.suite), "open", 0, now, now + ENROL_CODE_MS,
            await seal_secret(tx, site, name, secret), None, "", None, None,
        )  # fmt: skip
        await tx.insert("enrol_offer", [row])
        what = b"enrol-offer" + name + wanted.staff + wanted.device
        await audit(tx, site.district, "act", what, now)
        return wanted

    suite = (await site.store.write(write)).suite
    typed = typed_form(code)
    return Offer(
        offer=name, code=typed, qr=qr_text(site, typed, suite), expires_at=now + ENROL_CODE_MS
    )


def qr_text(site: Site, typed: str, suite: Suite) -> str:
    """What the QR symbol says: the code, the suite, the fingerprint of the trust key."""
    fingerprint = site.keys.trust[suite].public.fingerprint().hex().upper()
    return f"{QR_PREFIX}{typed.replace('-', '')}:{int(suite)}:{fingerprint}"


async def check_people(tx: Tx, district: int, staff: bytes, panels: tuple[bytes, ...]) -> None:
    person = await one(tx, "SELECT active FROM staff WHERE district=? AND staff=?", district, staff)
    if person is None or not person[0]:
        raise NotFound("staff")
    found = await tx.rows_in(
        "SELECT panel FROM panel WHERE district=? AND panel {ids}", sorted(set(panels)), district
    )
    if {row[0] for row in found} != set(panels):
        raise NotFound("panel")
