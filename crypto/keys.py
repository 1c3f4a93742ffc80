"""Key pairs of the server and of tablets: make, name, keep quiet.

A suite id names the algorithms as a whole; there is no negotiation, each device has one suite it
was enrolled with. A key is known by its fingerprint, 32 bytes over use, suite and public bytes; the
first 8 of them, the kid, stand in headers. Private halves never show in repr, str, format, a
traceback or a pickle: `private_bytes()` is the one way out.
"""

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import Final, Generic, Self, TypeVar

from crypto.primitives import (
    BadKey,
    KemCurve,
    KemPrivate,
    KemPublic,
    SignatureScheme,
    SigningPrivate,
    SigningPublic,
    hpke_open,
    hpke_seal,
    kem_private,
    kem_public,
    new_private,
    raw_public,
    sha256,
    sign,
    signing_private,
    signing_public,
    verify,
)

__all__ = [
    "BadKey",
    "KemKeyPair",
    "KemPublicKey",
    "SigningKeyPair",
    "SigningPublicKey",
    "Suite",
]

PublicHalf = TypeVar("PublicHalf", KemPublic, SigningPublic)
PrivateHalf = TypeVar("PrivateHalf", KemPrivate, SigningPrivate)

_KEM_LABEL: Final = b"gongwei/kem-key\x00"
_SIGNING_LABEL: Final = b"gongwei/signing-key\x00"


class Suite(IntEnum):
    """Algorithms by id.

    Reserved and refused: 2 (ChaCha20-Poly1305), 0x53xx (SM2/SM3/SM4), 0x51xx (post-quantum).
    """

    X25519_ED25519 = 1
    P256_ES256 = 3

    @property
    def kem_curve(self) -> KemCurve:
        return "x25519" if self is Suite.X25519_ED25519 else "p256"

    @property
    def signature_scheme(self) -> SignatureScheme:
        return "ed25519" if self is Suite.X25519_ED25519 else "es256"

    @property
    def enc_size(self) -> int:
        """Bytes of the encapsulated key in an envelope."""
        return 32 if self is Suite.X25519_ED25519 else 65


class _PublicKey(ABC, Generic[PublicHalf]):
    """What both uses share: suite, raw bytes, name. Equal when suite and bytes are."""

    __slots__ = ("_fingerprint", "_key", "raw", "suite")
    _label = b""

    def __init__(self, suite: Suite, raw: bytes) -> None:
        self.suite: Final = Suite(suite)
        self.raw: Final = bytes(raw)
        self._key = self._parse(self.suite, self.raw)
        self._fingerprint = sha256(self._label + int(suite).to_bytes(2, "big") + self.raw)

    @abstractmethod
    def _parse(self, suite: Suite, raw: bytes) -> PublicHalf:
        """The library's key for these raw bytes. Raises BadKey."""

    def fingerprint(self) -> bytes:
        """SHA-256 over use label, suite and raw key: 32 bytes."""
        return self._fingerprint

    def kid(self) -> bytes:
        """The first 8 bytes of the fingerprint: a name to look up by, never a proof."""
        return self._fingerprint[:8]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._fingerprint == other._fingerprint

    def __hash__(self) -> int:
        return hash(self._fingerprint)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.suite.name}, kid={self.kid().hex()})"


class KemPublicKey(_PublicKey[KemPublic]):
    """A public key to seal to: 32 bytes (X25519) or 65 bytes (P-256). Raises BadKey."""

    __slots__ = ()
    _label = _KEM_LABEL

    def _parse(self, suite: Suite, raw: bytes) -> KemPublic:
        return kem_public(suite.kem_curve, raw)

    def seal(
        self, plaintext: bytes, *, info: bytes, psk: tuple[bytes, bytes] | None = None
    ) -> tuple[bytes, bytes]:
        """HPKE to this key: (enc, ciphertext and tag); `psk` is (psk_id, psk) for PSK mode."""
        return hpke_seal(self._key, plaintext, info=info, psk=psk)


class SigningPublicKey(_PublicKey[SigningPublic]):
    """A public key to check signatures with: 32 bytes (Ed25519) or 65 (P-256). Raises BadKey."""

    __slots__ = ()
    _label = _SIGNING_LABEL

    def _parse(self, suite: Suite, raw: bytes) -> SigningPublic:
        return signing_public(suite.signature_scheme, raw)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message (64-byte signature)."""
        return verify(self._key, message, signature)


class _KeyPair(ABC, Generic[PrivateHalf]):
    """A private key that keeps quiet."""

    __slots__ = ("_key", "_raw", "suite")

    def __init__(self, suite: Suite, raw: bytes, key: PrivateHalf) -> None:
        self.suite: Final = suite
        self._raw = raw
        self._key = key

    def private_bytes(self) -> bytes:
        """The 32 private bytes, to be wrapped or written to a 0600 file and nowhere else."""
        return self._raw

    @abstractmethod
    def _kid(self) -> bytes:
        """The name of the public half."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.suite.name}, kid={self._kid().hex()})"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


class KemKeyPair(_KeyPair[KemPrivate]):
    """A key pair that envelopes are sealed to."""

    __slots__ = ("public",)

    def __init__(self, suite: Suite, raw: bytes) -> None:
        suite = Suite(suite)
        super().__init__(suite, bytes(raw), kem_private(suite.kem_curve, raw))
        self.public: Final = KemPublicKey(suite, raw_public(self._key))

    @classmethod
    def generate(cls, suite: Suite) -> Self:
        return cls(suite, new_private(Suite(suite).kem_curve))

    @classmethod
    def from_private(cls, suite: Suite, raw: bytes) -> Self:
        """The pair of 32 private bytes, or BadKey."""
        return cls(suite, raw)

    def open(
        self, enc: bytes, ciphertext: bytes, *, info: bytes, psk: tuple[bytes, bytes] | None = None
    ) -> bytes:
        """HPKE opening with a context of its own (threads may share the pair), or CannotOpen."""
        return hpke_open(self._key, enc, ciphertext, info=info, psk=psk)

    def _kid(self) -> bytes:
        return self.public.kid()


class SigningKeyPair(_KeyPair[SigningPrivate]):
    """A key pair that signs: on a tablet it belongs to one staff member."""

    __slots__ = ("public",)

    def __init__(self, suite: Suite, raw: bytes) -> None:
        suite = Suite(suite)
        super().__init__(suite, bytes(raw), signing_private(suite.signature_scheme, raw))
        self.public: Final = SigningPublicKey(suite, raw_public(self._key))

    @classmethod
    def generate(cls, suite: Suite) -> Self:
        return cls(suite, new_private(Suite(suite).signature_scheme))

    @classmethod
    def from_private(cls, suite: Suite, raw: bytes) -> Self:
        """The pair of 32 private bytes, or BadKey."""
        return cls(suite, raw)

    def sign(self, message: bytes) -> bytes:
        """64 bytes: Ed25519, or ES256 as r||s with low s."""
        return sign(self._key, message)

    def _kid(self) -> bytes:
        return self.public.kid()
