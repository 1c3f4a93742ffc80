"""What travels while a tablet is let in: three steps, JSON both ways, under a code that never does.

    tablet                                 server
    {"step":"hello", v, offer, suite}  ->
                                       <-  {"answer": Hello, "mac"}   trust key, bundle, commitment
    {"step":"join", v, offer, sealed}  ->  (sealed: GWE1 over Joining)
                                       <-  {"answer": Joined, "mac"}  server nonce; six digits
    {"step":"poll", v, offer, n, mac}  ->  (until an administrator confirms)
                                       <-  {"answer": Polled, "mac"}  sealed: Welcome for its key

Each `answer` is MACed exactly as it stands on the wire, under the code (crypto/SPEC.md section 5),
over the transcript so far:

    T2 = transcript(hello, answer)                      MAC of the first answer
    T4 = transcript(hello, answer, join, answer)        MAC of the second, and the six digits
    T5 = transcript(hello, answer, join, answer, "poll" | u32be n)      MAC of a poll
    T6 = transcript(hello, answer, join, answer, poll, answer)          MAC of its answer

A further member of staff on a tablet that is enrolled already comes the same way, with the step
"staff" in place of "join" and StaffHello as the first answer (sync/PROTOCOL.md, 3.2).

The number of messages differs, so no MAC passes for another. Whatever fails is answered alike
(enrol_refused). Binary values are base64 (RFC 4648, 4) as in sync/wire.py.
"""

from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from crypto.enrolment import transcript_hash
from crypto.keys import SigningPublicKey
from sync.limits import ENROL_BYTES
from sync.wire import Malformed, ServerKeys, SignedBundle, bundle

VERSION: Final = 1
TRUST_LABEL: Final = b"gongwei/trust\x00"
PROOF_LABEL: Final = b"gongwei/enrolment/keys\x00"
STAFF_KEY_LABEL: Final = b"gongwei/enrolment/staff-key\x00"
STAFF_DEVICE_LABEL: Final = b"gongwei/enrolment/staff-device\x00"
WELCOME_LABEL: Final = b"gongwei/enrolment/welcome\x00"
STAFF_WELCOME_LABEL: Final = b"gongwei/enrolment/staff-welcome\x00"
QR_PREFIX: Final = "GWE1:"
ANSWER_MAX_BYTES: Final = 64 * 1024


class _Wire(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    pass


class HelloStep(_Wire, frozen=True, tag="hello", tag_field="step"):
    """Names the offer and the one suite this tablet will use."""

    v: int
    offer: bytes
    suite: int


class JoinStep(_Wire, frozen=True, tag="join", tag_field="step"):
    """`sealed`: a GWE1 request (crypto/SPEC.md section 5) over Joining."""

    v: int
    offer: bytes
    sealed: bytes


class StaffStep(_Wire, frozen=True, tag="staff", tag_field="step"):
    """`sealed`: a GWE1 request (crypto/SPEC.md section 5) over StaffJoining."""

    v: int
    offer: bytes
    sealed: bytes


class PollStep(_Wire, frozen=True, tag="poll", tag_field="step"):
    """`n` counts up; `mac` over T5."""

    v: int
    offer: bytes
    n: int
    mac: bytes


Step = HelloStep | JoinStep | StaffStep | PollStep


class Hello(_Wire, frozen=True):
    """The same bytes for the same offer as long as the server's keys are the same."""

    v: int
    suite: int
    trust: bytes  # public trust key of the suite, to be pinned
    bundle: SignedBundle
    commitment: bytes  # to the server's nonce, 32 bytes


class Joining(_Wire, frozen=True):
    """The new tablet's own words, inside the GWE1 request."""

    v: int
    device: bytes  # 16 bytes
    kem: bytes
    sign: bytes
    nonce: bytes  # 32 bytes
    app: str
    label: str
    hello: bytes  # the hello message as it was sent: the server rebuilds the transcript from it
    proof: bytes  # signature of the new signing key over PROOF_LABEL | keys_hash


class Joined(_Wire, frozen=True):
    nonce: bytes


class Polled(_Wire, frozen=True):
    """status: waiting | confirmed | expired; `sealed` (enc | ciphertext) when confirmed."""

    status: str
    sealed: bytes = b""


class PanelInfo(_Wire, frozen=True):
    id: bytes
    name: str
    facility: bytes


class Welcome(_Wire, frozen=True):
    """Sealed for the new KEM key (HPKE PSK mode, info = WELCOME_LABEL | offer)."""

    v: int
    district: int
    device: bytes
    staff: bytes
    panels: tuple[PanelInfo, ...]
    epoch: int  # of the chain: 1
    restricted: bool
    trust: SignedBundle
    lease: int
    now: int


class StaffHello(_Wire, frozen=True):
    """Hello, where the offer is for a further member of staff on this tablet."""

    v: int
    suite: int
    trust: bytes
    bundle: SignedBundle
    commitment: bytes
    device: bytes
    staff: bytes


class StaffJoining(_Wire, frozen=True):
    """The tablet's own words, inside the GWE1 request."""

    v: int
    device: bytes
    staff: bytes
    sign: bytes  # public signing key of (device, staff)
    nonce: bytes  # 32 bytes
    hello: bytes
    proof: bytes  # signature of the new signing key over staff_key_message
    by: bytes  # kid of a signing key that the server knows as one of this tablet
    witness: bytes  # signature of that key over staff_device_message


class StaffWelcome(_Wire, frozen=True):
    """Sealed for the tablet's KEM key (HPKE PSK mode, info = STAFF_WELCOME_LABEL | offer)."""

    v: int
    device: bytes
    staff: bytes
    name: str
    now: int


class Reply(_Wire, frozen=True):
    """`answer`: exactly the MACed bytes."""

    answer: Raw
    mac: bytes


_step = msgspec.json.Decoder(Step)
_reply = msgspec.json.Decoder(Reply)
_encoder = msgspec.json.Encoder()
encode = _encoder.encode
_T = TypeVar("_T")


def step(data: bytes) -> Step:
    """A message of the tablet; raises Malformed."""
    if len(data) > ENROL_BYTES:
        raise Malformed("enrolment message too large")
    try:
        value = _step.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not an enrolment message") from None
    if value.v != VERSION or len(value.offer) != 8:
        raise Malformed("not an enrolment message of this version")
    return value


def reply(data: bytes) -> Reply:
    """An answer of the server; raises Malformed."""
    if len(data) > ANSWER_MAX_BYTES:
        raise Malformed("enrolment answer too large")
    try:
        return _reply.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not an enrolment answer") from None


def read(data: bytes | Raw, kind: type[_T]) -> _T:
    """One of the inner messages; raises Malformed."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not an enrolment message") from None


def keys_hash(*, hello: bytes, device: bytes, kem: bytes, sign: bytes, nonce: bytes) -> bytes:
    """What the new signing key signs, so that nobody enrols another's key."""
    return transcript_hash(hello, device, kem, sign, nonce)


def staff_key_message(*, device: bytes, staff: bytes, sign: bytes) -> bytes:
    """What the key of a second staff member on a tablet signs."""
    return STAFF_KEY_LABEL + transcript_hash(device, staff, sign)


def staff_device_message(
    *, hello: bytes, device: bytes, staff: bytes, sign: bytes, nonce: bytes
) -> bytes:
    """What a key of the tablet signs, so that nobody brings a key of another tablet's making."""
    return STAFF_DEVICE_LABEL + transcript_hash(hello, device, staff, sign, nonce)


def poll_mark(n: int) -> bytes:
    """The last message of T5."""
    return b"poll" + n.to_bytes(4)


def open_bundle(signed: SignedBundle, trust: SigningPublicKey) -> ServerKeys:
    """The server keys of a trust bundle, or Malformed when the pinned trust key did not sign it."""
    raw = bytes(signed.bundle)
    if not trust.verify(TRUST_LABEL + raw, signed.signature):
        raise Malformed("the trust bundle is not signed by the trust key")
    return bundle(raw)
