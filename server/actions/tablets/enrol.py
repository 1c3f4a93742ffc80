"""The enrolment endpoint: bytes in, bytes out (messages and transcript: sync/enrol_wire.py).

Unknown, expired, used up, wrong: one answer for all, EnrolRefused. What an offer knows of its code
is sealed at rest. Every step runs under the offer's row lock; a try that fails is counted in the
transaction that answers it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from msgspec import Raw, Struct

from crypto.columns import ColumnRefused
from crypto.enrolment import (
    answer_mac,
    commitment,
    open_request,
    parse_request,
    psk_of,
    six_digits,
    transcript_hash,
    verify_answer_mac,
)
from crypto.envelope import EnvelopeRefused
from crypto.keys import BadKey, KemPublicKey, SigningPublicKey, Suite
from server.actions.archives.ledger import audit
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.reports import shown
from server.errors import EnrolRefused, TooLarge
from server.store.tx import Tx, locking, one
from server.store.vault import NOBODY, T_ENROL
from sync import enrol_wire as wire
from sync.limits import ENROL_BYTES
from sync.wire import Malformed

REFUSALS_PER_MINUTE: Final = 60  # an address that is refused more often is not listened to
REQUESTS_PER_MINUTE: Final = 120  # of one offer; a tablet asks about every two seconds


async def handle(site: Site, raw: bytes, address: str) -> bytes:
    """One step of an enrolment. Raises TooLarge, or EnrolRefused for everything else."""
    if len(raw) > ENROL_BYTES:
        raise TooLarge
    now, place = site.clock(), address.encode()
    refusals = site.pace("enrol_refusals", REFUSALS_PER_MINUTE)
    requests = site.pace("enrol_requests", REQUESTS_PER_MINUTE)
    if refusals.full(place, now):
        raise EnrolRefused("pace")
    answer = None
    try:
        step = wire.step(raw)
    except Malformed:
        step = None
    if step is not None and not requests.full(step.offer, now):
        requests.note(step.offer, now)
        answer = await site.store.write(partial(_step, site=site, step=step, raw=raw, now=now))
    if answer is None:
        refusals.note(place, now)
        raise EnrolRefused("step")
    return answer


async def _step(tx: Tx, site: Site, step: wire.Step, raw: bytes, now: int) -> bytes | None:
    """None: refused. Nothing is raised, so that a counted try is committed."""
    offer = await lock_offer(tx, site, step.offer)
    if offer is None:
        return None
    if isinstance(step, wire.HelloStep):
        return _hello(site, offer, step, raw, now)
    if isinstance(step, wire.JoinStep):
        return await _join(tx, site, offer, step, raw, now)
    return await _poll(tx, site, offer, step, raw, now)


def _reply(offer: OfferRow, body: Any, *before: bytes) -> bytes:
    answer = wire.encode(body)
    mac = answer_mac(offer.secret.code, transcript_hash(*before, answer))
    return wire.encode(wire.Reply(answer=Raw(answer), mac=mac))


def _hello_body(site: Site, offer: OfferRow) -> wire.Hello:
    """Always the same bytes while the server's keys stay: the transcript is rebuilt from it."""
    return wire.Hello(
        v=wire.VERSION,
        suite=int(offer.suite),
        trust=site.keys.trust[offer.suite].public.raw,
        bundle=site.keys.bundles[offer.suite],
        commitment=commitment(offer.secret.nonce),
    )


def _hello(site: Site, offer: OfferRow, step: wire.HelloStep, raw: bytes, now: int) -> bytes | None:
    if not offer.alive(now) or step.suite != offer.suite:
        return None
    return _reply(offer, _hello_body(site, offer), raw)


async def _join(
    tx: Tx, site: Site, offer: OfferRow, step: wire.JoinStep, raw: bytes, now: int
) -> bytes | None:
    if not offer.alive(now):
        return None
    if offer.status == "joined":
        # Single use: only the very same bytes are answered again, with the very same answer.
        if raw != offer.secret.sent[2]:
            await count_try(tx, site, offer, now)
            return None
        return _reply(offer, wire.Joined(nonce=offer.secret.nonce), *offer.secret.sent[:3])
    joining = _opened(site, offer, step.sealed)
    if joining is None or await _known_device(tx, site, joining):
        await count_try(tx, site, offer, now)
        return None
    hello = wire.encode(_hello_body(site, offer))
    joined = wire.encode(wire.Joined(nonce=offer.secret.nonce))
    sent = (joining.hello, hello, raw, joined)
    secret = Secret(
        code=offer.secret.code, nonce=offer.secret.nonce, restricted=offer.secret.restricted,
        sent=sent, app=shown(joining.app, 64),
    )  # fmt: skip
    digits = six_digits(offer.secret.nonce, joining.nonce, transcript_hash(*sent))
    await tx.run(
        "UPDATE enrol_offer SET status='joined', device=?, digits=?, kem_key=?, sign_key=?, "
        "label=?, sealed_secret=? WHERE district=? AND offer=?",
        joining.device, digits, joining.kem, joining.sign, offer.label or shown(joining.label, 64),
        await seal_secret(tx, site, offer.offer, secret), site.district, offer.offer,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"enrol-join" + offer.offer + joining.device, now)
    return _reply(offer, wire.Joined(nonce=offer.secret.nonce), *sent[:3])


def _opened(site: Site, offer: OfferRow, sealed: bytes) -> wire.Joining | None:
    """The tablet's words, when code, keys and the proof of the signing key all hold."""
    try:
        request = parse_request(sealed, ENROL_BYTES)
        private = site.keys.kem.get(request.kid)
        if private is None or request.offer != offer.offer or request.suite != offer.suite:
            return None
        joining = wire.read(
            open_request(request, code=offer.secret.code, private=private), wire.Joining
        )
        KemPublicKey(offer.suite, joining.kem)
        sign = SigningPublicKey(offer.suite, joining.sign)
        hello = wire.step(joining.hello)
    except (EnvelopeRefused, Malformed, BadKey):
        return None
    sizes = joining.v == wire.VERSION and len(joining.device) == 16 and len(joining.nonce) == 32
    if not sizes or not isinstance(hello, wire.HelloStep) or hello.offer != offer.offer:
        return None
    message = wire.PROOF_LABEL + wire.keys_hash(
        hello=joining.hello, device=joining.device, kem=joining.kem, sign=joining.sign,
        nonce=joining.nonce,
    )  # fmt: skip
    return joining if sign.verify(message, joining.proof) else None


async def _known_device(tx: Tx, site: Site, joining: wire.Joining) -> bool:
    row = await one(
        tx,
        "SELECT 1 FROM device WHERE district=? AND device=?",
        site.district,
        joining.device,
    )
    return row is not None


async def _poll(
    tx: Tx, site: Site, offer: OfferRow, step: wire.PollStep, raw: bytes, now: int
) -> bytes | None:
    secret = offer.secret
    if len(secret.sent) != 4 or not 0 < step.n < 2**32:
        return None
    wanted = transcript_hash(*secret.sent, wire.poll_mark(step.n))
    if not verify_answer_mac(secret.code, wanted, step.mac):
        await count_try(tx, site, offer, now)
        return None
    polled = wire.Polled(status="waiting")
    if offer.status == "confirmed" and now < offer.expires_at:
        polled = wire.Polled(status="confirmed", sealed=await _welcome(tx, site, offer, now))
    elif not offer.alive(now):
        polled = wire.Polled(status="expired")
    return _reply(offer, polled, *secret.sent, raw)


async def _welcome(tx: Tx, site: Site, offer: OfferRow, now: int) -> bytes:
    """Everything the tablet starts with, for its own key and under the code."""
    panels = await tx.rows_in(
        "SELECT panel, name, facility FROM panel WHERE district=? AND panel {ids}",
        sorted(offer.panels),
        site.district,
    )
    device = await one(
        tx,
        "SELECT lease_until, restricted FROM device WHERE district=? AND device=?",
        site.district,
        offer.device,
    )
    assert device is not None
    assert offer.kem_key is not None
    welcome = wire.Welcome(
        v=wire.VERSION,
        district=site.district,
        device=offer.device,
        staff=offer.staff,
        panels=tuple(wire.PanelInfo(id=a, name=b, facility=c) for a, b, c in sorted(set(panels))),
        epoch=1,
        restricted=bool(device[1]),
        trust=site.keys.bundles[offer.suite],
        lease=device[0],
        now=now,
    )
    recipient = KemPublicKey(offer.suite, offer.kem_key)
    enc, ciphertext = recipient.seal(
        wire.encode(welcome), info=wire.WELCOME_LABEL + offer.offer, psk=psk_of(offer.secret.code)
    )
    return enc + ciphertext
