"""The enrolment endpoint: bytes in, bytes out (messages and transcript: sync/enrol_wire.py).

Unknown, expired, used up, wrong: one answer for all, EnrolRefused. What an offer knows of its code
is sealed at rest. Every step runs under the offer's row lock; a try that fails is counted in the
transaction that answers it.
"""

from functools import partial
from typing import Any, Final

from msgspec import Raw

from crypto.enrolment import (
    answer_mac,
    commitment,
    psk_of,
    six_digits,
    transcript_hash,
    verify_answer_mac,
)
from crypto.keys import BadKey, KemPublicKey, SigningPublicKey
from server.actions.archives.ledger import audit
from server.actions.keeping.site import Site
from server.actions.tablets import enrol_staff
from server.actions.tablets.offers import (
    Came,
    OfferRow,
    Secret,
    count_try,
    lock_offer,
    seal_secret,
    unsealed,
)
from server.actions.tablets.reports import shown
from server.errors import EnrolRefused, TooLarge
from server.store.tx import Tx, one
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
    if isinstance(step, wire.JoinStep | wire.StaffStep):
        return await _join(tx, site, offer, step, raw, now)
    return await _poll(tx, site, offer, step, raw, now)


def _reply(offer: OfferRow, body: Any, *before: bytes) -> bytes:
    answer = wire.encode(body)
    mac = answer_mac(offer.secret.code, transcript_hash(*before, answer))
    return wire.encode(wire.Reply(answer=Raw(answer), mac=mac))


def _hello_body(site: Site, offer: OfferRow) -> wire.Hello | wire.StaffHello:
    """Always the same bytes while the server's keys stay: the transcript is rebuilt from it."""
    trust, bundle = site.keys.trust[offer.suite].public.raw, site.keys.bundles[offer.suite]
    suite, promised = int(offer.suite), commitment(offer.secret.nonce)
    if offer.further:
        return wire.StaffHello(
            v=wire.VERSION, suite=suite, trust=trust, bundle=bundle, commitment=promised,
            device=offer.device, staff=offer.staff,
        )  # fmt: skip
    return wire.Hello(v=wire.VERSION, suite=suite, trust=trust, bundle=bundle, commitment=promised)


def _hello(site: Site, offer: OfferRow, step: wire.HelloStep, raw: bytes, now: int) -> bytes | None:
    if not offer.alive(now) or step.suite != offer.suite:
        return None
    return _reply(offer, _hello_body(site, offer), raw)


async def _join(
    tx: Tx, site: Site, offer: OfferRow, step: wire.JoinStep | wire.StaffStep, raw: bytes, now: int
) -> bytes | None:
    if not offer.alive(now):
        return None
    if offer.status == "joined":
        # Single use: only the very same bytes are answered again, with the very same answer.
        if raw != offer.secret.sent[2]:
            await count_try(tx, site, offer, now)
            return None
        return _reply(offer, wire.Joined(nonce=offer.secret.nonce), *offer.secret.sent[:3])
    came = None
    if offer.further is isinstance(step, wire.StaffStep):
        opened = enrol_staff.opened if offer.further else _opened
        came = await opened(tx, site, offer, step.sealed)
    if came is None:
        await count_try(tx, site, offer, now)
        return None
    hello = wire.encode(_hello_body(site, offer))
    joined = wire.encode(wire.Joined(nonce=offer.secret.nonce))
    sent = (came.hello, hello, raw, joined)
    secret = Secret(
        code=offer.secret.code, nonce=offer.secret.nonce, restricted=offer.secret.restricted,
        sent=sent, app=shown(came.app, 64),
    )  # fmt: skip
    digits = six_digits(offer.secret.nonce, came.nonce, transcript_hash(*sent))
    await tx.run(
        "UPDATE enrol_offer SET status='joined', device=?, digits=?, kem_key=?, sign_key=?, "
        "label=?, sealed_secret=? WHERE district=? AND offer=?",
        came.device, digits, came.kem, came.sign, offer.label or shown(came.label, 64),
        await seal_secret(tx, site, offer.offer, secret), site.district, offer.offer,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"enrol-join" + offer.offer + came.device, now)
    return _reply(offer, wire.Joined(nonce=offer.secret.nonce), *sent[:3])


async def _opened(tx: Tx, site: Site, offer: OfferRow, sealed: bytes) -> Came | None:
    """A new tablet's words, when code, keys and the proof of the signing key all hold."""
    joining = unsealed(site, offer, sealed, wire.Joining)
    if joining is None or len(joining.device) != 16:
        return None
    try:
        KemPublicKey(offer.suite, joining.kem)
        sign = SigningPublicKey(offer.suite, joining.sign)
    except BadKey:
        return None
    message = wire.PROOF_LABEL + wire.keys_hash(
        hello=joining.hello, device=joining.device, kem=joining.kem, sign=joining.sign,
        nonce=joining.nonce,
    )  # fmt: skip
    if not sign.verify(message, joining.proof):
        return None
    known = await one(
        tx, "SELECT 1 FROM device WHERE district=? AND device=?", site.district, joining.device
    )
    if known is not None:
        return None
    return Came(
        device=joining.device, kem=joining.kem, sign=joining.sign, nonce=joining.nonce,
        hello=joining.hello, app=joining.app, label=joining.label,
    )  # fmt: skip


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
        welcome = enrol_staff.welcome if offer.further else _welcome
        polled = wire.Polled(status="confirmed", sealed=await welcome(tx, site, offer, now))
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
