"""GWP1: what a tablet signs to send one piece of a sealed file, or to ask how much of it is there.

A slip says which call it is for, whose, which file, where the piece begins and what its bytes are
(SPEC 9.2). It says nothing of time: a slip sent again asks for the same thing again, so a tablet
may sign all of them at once and lock.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from crypto.attachment import ID_SIZE
from crypto.keys import SigningKeyPair, SigningPublicKey
from crypto.primitives import SIGNATURE_SIZE, sha256

MAGIC: Final = b"GWP1"
_LABEL: Final = b"gongwei/GWP1/signature\x00"
_SIZE: Final = 4 + 1 + 16 + 8 + 32 + 8 + 4 + 32
SLIP_SIZE: Final = _SIZE + SIGNATURE_SIZE


class SlipRefused(ValueError):
    """Not a slip, or not signed by that key: never told apart."""


class Verb(IntEnum):
    PUT = 1
    HEAD = 2


@dataclass(frozen=True, slots=True)
class Slip:
    """`at`: where the piece begins in the sealed file; `size`: its bytes; `digest`: SHA-256 of
    them. A HEAD is of no bytes at 0.
    """

    verb: Verb
    device: bytes
    signer: bytes  # kid of the signing key
    file: bytes
    at: int
    size: int
    digest: bytes

    def covers(self, piece: bytes) -> bool:
        return len(piece) == self.size and sha256(piece) == self.digest


def put_slip(device: bytes, file: bytes, at: int, piece: bytes, *, signer: SigningKeyPair) -> bytes:
    """For one piece; an empty one at the end of the file asks for the receipt once more."""
    return _signed(Verb.PUT, device, file, at, piece, signer)


def head_slip(device: bytes, file: bytes, *, signer: SigningKeyPair) -> bytes:
    return _signed(Verb.HEAD, device, file, 0, b"", signer)


def _signed(
    verb: Verb, device: bytes, file: bytes, at: int, piece: bytes, signer: SigningKeyPair
) -> bytes:
    plain = b"".join(
        (
            MAGIC, bytes([verb]), device, signer.public.kid(), file, at.to_bytes(8, "big"),
            len(piece).to_bytes(4, "big"), sha256(piece),
        )
    )  # fmt: skip
    assert len(plain) == _SIZE
    return plain + signer.sign(_LABEL + plain)


def parse_slip(raw: bytes) -> Slip:
    """What it says, still unproved. Raises SlipRefused."""
    if len(raw) != SLIP_SIZE or raw[:4] != MAGIC or raw[4] not in (Verb.PUT, Verb.HEAD):
        raise SlipRefused("not a slip")
    rest = raw[5:_SIZE]
    slip = Slip(
        verb=Verb(raw[4]), device=rest[:16], signer=rest[16:24], file=rest[24 : 24 + ID_SIZE],
        at=int.from_bytes(rest[56:64], "big"), size=int.from_bytes(rest[64:68], "big"),
        digest=rest[68:100],
    )  # fmt: skip
    if slip.verb is Verb.HEAD and (slip.at, slip.size, slip.digest) != (0, 0, sha256(b"")):
        raise SlipRefused("not a slip")
    return slip


def verify_slip(raw: bytes, public: SigningPublicKey) -> None:
    """Raises SlipRefused unless that key signed it and it names that key."""
    plain, signature = raw[:_SIZE], raw[_SIZE:]
    if public.kid() != plain[21:29] or not public.verify(_LABEL + plain, signature):
        raise SlipRefused("not a slip")
