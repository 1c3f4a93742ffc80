"""The tablet's side of enrolment: pure; the caller posts the bytes.

    enrolment = Enrolment(code, suite=..., app=..., label=..., random=os.urandom, now_ms=...)
    enrolment.on_hello(post(enrolment.hello()))
    enrolment.on_join(post(enrolment.join()))
    show(enrolment.six_digits())
    while (enrolled := enrolment.on_poll(post(enrolment.poll()))) is None: wait

A further member of staff on a tablet that is enrolled: sync/enrol_staff.py.

The trust key is pinned as soon as the first answer's MAC holds: whoever knows the code vouches for
it. A QR text also carries its fingerprint: who overheard the code cannot stand in for the server.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec import Struct

from crypto.enrolment import (
    CodeRefused,
    answer_mac,
    commitment,
    offer_id,
    parse_typed,
    psk_of,
    seal_request,
    six_digits,
    transcript_hash,
    verify_answer_mac,
)
from crypto.keys import (
    BadKey,
    KemKeyPair,
    KemPublicKey,
    SigningKeyPair,
    SigningPublicKey,
    Suite,
)
from crypto.primitives import CannotOpen
from sync.enrol_wire import (
    PROOF_LABEL,
    QR_PREFIX,
    VERSION,
    WELCOME_LABEL,
    Hello,
    HelloStep,
    Joined,
    Joining,
    JoinStep,
    PanelInfo,
    Polled,
    PollStep,
    StaffHello,
    StaffJoining,
    Welcome,
    encode,
    keys_hash,
    open_bundle,
    poll_mark,
    read,
    reply,
)
from sync.wire import Malformed, ServerKeys, SignedBundle

_T = TypeVar("_T")


class NotTheServer(Exception):
    """The answer is not from who showed the code, or was changed: stop, ask for a new code."""


class OtherCode(Exception):
    """The code is good, and for another tablet, another suite, or the other kind of enrolment."""


class EnrolmentExpired(Exception):
    """Nobody confirmed in time, or the code was used up: ask for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """All that a tablet keeps of its enrolment. The private keys show nothing in a repr."""

    district: int
    device: bytes
    staff: bytes
    suite: Suite
    kem: KemKeyPair
    signing: SigningKeyPair
    panels: tuple[PanelInfo, ...]
    epoch: int
    restricted: bool
    trust: SigningPublicKey  # pinned: signs every later trust bundle
    bundle: SignedBundle
    keys: ServerKeys
    lease: int
    now: int


@dataclass(frozen=True, slots=True)
class ParsedCode:
    """The 16 secret bytes; from a QR text also suite and fingerprint of the trust key."""

    code: bytes
    suite: Suite | None
    trust: bytes | None

    def __repr__(self) -> str:
        return f"ParsedCode(suite={self.suite})"


def parse_code(text: str) -> ParsedCode:
    """A typed code, or a scanned `GWE1:code:suite:fingerprint`. Raises CodeRefused."""
    plain = text.strip()
    if not plain.upper().startswith(QR_PREFIX):
        return ParsedCode(parse_typed(plain), None, None)
    parts = plain.upper().removeprefix(QR_PREFIX).split(":")
    if len(parts) != 3:
        raise CodeRefused("not an enrolment code of this version")
    try:
        suite, trust = Suite(int(parts[1])), bytes.fromhex(parts[2])
    except ValueError:
        raise CodeRefused("not an enrolment code of this version") from None
    if len(trust) != 32:
        raise CodeRefused("not an enrolment code of this version")
    return ParsedCode(parse_typed(parts[0]), suite, trust)


class Conversation:
    """What both enrolments share: code, transcript, digits, polls. A step may be sent again."""

    def __init__(self, parsed: ParsedCode, suite: Suite, random: Callable[[int], bytes]) -> None:
        self._code, self._pinned, self.suite = parsed.code, parsed.trust, suite
        self.signing = _signing_pair(suite, random)
        self._nonce = random(32)
        self._offer = offer_id(self._code)
        self._sent: list[bytes] = []  # the transcript so far: hello, answer, join, answer
        self._commitment = b""
        self._digits = ""
        self._polls = 0
        self._poll = b""
        self._trust: SigningPublicKey | None = None
        self._keys: ServerKeys | None = None

    def hello(self) -> bytes:
        return encode(HelloStep(v=VERSION, offer=self._offer, suite=int(self.suite)))

    def _known(self, hello: Hello | StaffHello, sent: bytes, answer: bytes) -> None:
        """Pins the trust key, or holds it to the one that is pinned. Raises NotTheServer."""
        try:
            trust = SigningPublicKey(self.suite, hello.trust)
            keys = open_bundle(hello.bundle, trust)
        except (BadKey, Malformed):
            raise NotTheServer("keys") from None
        if self._pinned is not None and trust.fingerprint() != self._pinned:
            raise NotTheServer("fingerprint")
        if hello.suite != self.suite or len(hello.commitment) != 32:
            raise NotTheServer("suite")
        self._trust, self._keys, self._commitment = trust, keys, hello.commitment
        self._sent = [sent, answer]

    def _sealed(self, body: Joining | StaffJoining) -> bytes:
        return seal_request(encode(body), code=self._code, recipient=self._server_key())

    def _server_key(self) -> KemPublicKey:
        assert self._keys is not None, "hello comes before join"
        ours = [(epoch, raw) for suite, epoch, raw in self._keys.kem if suite == self.suite]
        if not ours:
            raise NotTheServer("no_key")
        try:
            return KemPublicKey(self.suite, max(ours)[1])
        except BadKey:
            raise NotTheServer("keys") from None

    def on_join(self, data: bytes) -> None:
        """Checks the nonce against its commitment; then `six_digits` can be shown."""
        answer = self._authentic(data, *self._sent[:3])
        nonce = decoded(answer, Joined).nonce
        if len(nonce) != 32 or commitment(nonce) != self._commitment:
            raise NotTheServer("commitment")
        self._sent = [*self._sent[:3], answer]
        self._digits = six_digits(nonce, self._nonce, transcript_hash(*self._sent))

    def six_digits(self) -> str:
        """What the administrator types from this screen."""
        assert self._digits, "join comes before the digits"
        return self._digits

    def poll(self) -> bytes:
        self._polls += 1
        mac = answer_mac(self._code, transcript_hash(*self._sent, poll_mark(self._polls)))
        self._poll = encode(PollStep(v=VERSION, offer=self._offer, n=self._polls, mac=mac))
        return self._poll

    def _confirmed(self, data: bytes, kem: KemKeyPair, label: bytes) -> bytes | None:
        """What was sealed for this tablet; None until an administrator has confirmed. Raises
        EnrolmentExpired, NotTheServer.
        """
        polled = decoded(self._authentic(data, *self._sent, self._poll), Polled)
        if polled.status == "expired":
            raise EnrolmentExpired
        if polled.status != "confirmed":
            return None
        size, info = self.suite.enc_size, label + self._offer
        try:
            return kem.open(
                polled.sealed[:size], polled.sealed[size:], info=info, psk=psk_of(self._code)
            )
        except CannotOpen:
            raise NotTheServer("cannot_open") from None

    def _authentic(self, data: bytes, *before: bytes) -> bytes:
        """The answer's exact bytes when its MAC over the transcript holds."""
        try:
            got = reply(data)
        except Malformed:
            raise NotTheServer("malformed") from None
        answer = bytes(got.answer)
        if not verify_answer_mac(self._code, transcript_hash(*before, answer), got.mac):
            raise NotTheServer("mac")
        return answer


class Enrolment(Conversation):
    """One try to be let in. Steps go in order; a step may be sent again after a lost answer."""

    def __init__(
        self,
        code: str,
        *,
        suite: Suite | None = None,
        app: str,
        label: str,
        random: Callable[[int], bytes],
        now_ms: int,
    ) -> None:
        """`code`: typed form or QR text (whose suite wins); `random(n)` gives n secret bytes."""
        parsed = parse_code(code)
        super().__init__(parsed, parsed.suite or suite or Suite.X25519_ED25519, random)
        self._app, self._label = app, label
        self.device = _uuid7(now_ms, random(10))
        self.kem = _kem_pair(self.suite, random)

    def __repr__(self) -> str:
        return f"Enrolment(suite={self.suite.name}, device={self.device.hex()})"

    def on_hello(self, data: bytes) -> None:
        """Pins the trust key. Raises NotTheServer; OtherCode, where it is for a further member."""
        sent = self.hello()
        answer = self._authentic(data, sent)
        self._known(first_answer(answer, Hello, StaffHello), sent, answer)

    def join(self) -> bytes:
        """The same bytes each time: a repeat after a lost answer gets the same answer."""
        if len(self._sent) == 2:
            self._sent.append(self._join())
        return self._sent[2]

    def _join(self) -> bytes:
        hello = self._sent[0]
        kem, sign = self.kem.public.raw, self.signing.public.raw
        proof = PROOF_LABEL + keys_hash(
            hello=hello, device=self.device, kem=kem, sign=sign, nonce=self._nonce
        )
        body = Joining(
            v=VERSION, device=self.device, kem=kem, sign=sign, nonce=self._nonce,
            app=self._app, label=self._label, hello=hello, proof=self.signing.sign(proof),
        )  # fmt: skip
        return encode(JoinStep(v=VERSION, offer=self._offer, sealed=self._sealed(body)))

    def on_poll(self, data: bytes) -> Enrolled | None:
        """None until an administrator has confirmed. Raises EnrolmentExpired or NotTheServer."""
        plain = self._confirmed(data, self.kem, WELCOME_LABEL)
        return None if plain is None else self._enrolled(decoded(plain, Welcome))

    def _enrolled(self, welcome: Welcome) -> Enrolled:
        assert self._trust is not None
        assert self._keys is not None
        try:
            keys = open_bundle(welcome.trust, self._trust)
        except Malformed:
            raise NotTheServer("keys") from None
        if welcome.device != self.device or keys.version < self._keys.version:
            raise NotTheServer("welcome")
        return Enrolled(
            district=welcome.district, device=self.device, staff=welcome.staff, suite=self.suite,
            kem=self.kem, signing=self.signing, panels=welcome.panels, epoch=welcome.epoch,
            restricted=welcome.restricted, trust=self._trust, bundle=welcome.trust, keys=keys,
            lease=welcome.lease, now=welcome.now,
        )  # fmt: skip


def first_answer(answer: bytes, wanted: type[_T], other: type[Struct]) -> _T:
    """The answer to a hello: it tells by its members what kind of code was shown."""
    try:
        return read(answer, wanted)
    except Malformed:
        decoded(answer, other)
        raise OtherCode("kind") from None


def decoded(data: bytes, kind: type[_T]) -> _T:
    try:
        return read(data, kind)
    except Malformed:
        raise NotTheServer("malformed") from None


def _uuid7(now_ms: int, random: bytes) -> bytes:
    """RFC 9562: 48 bits of milliseconds, version 7, variant 10, 74 random bits."""
    bits = int.from_bytes(random)
    high = (now_ms & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | bits >> 68 & 0x0FFF
    low = 0b10 << 62 | bits & (1 << 62) - 1
    return (high << 64 | low).to_bytes(16)


def _kem_pair(suite: Suite, random: Callable[[int], bytes]) -> KemKeyPair:
    while True:
        try:
            return KemKeyPair.from_private(suite, random(32))
        except BadKey:  # a P-256 scalar outside [1, n): about once in 2**32
            continue


def _signing_pair(suite: Suite, random: Callable[[int], bytes]) -> SigningKeyPair:
    while True:
        try:
            return SigningKeyPair.from_private(suite, random(32))
        except BadKey:
            continue
