"""The only file that touches the cryptographic libraries.

Two libraries stand behind it. `Crypto` (pycryptodome) does HPKE (RFC 9180) and signatures; its
cost a call is high, so it works once a batch. `cryptography` does AES-256-GCM for the many small
rows at rest. hashlib and hmac of the standard library do the hashing: they are faster than both.

Every failure to open is `CannotOpen` and every bad key is `BadKey`, raised without a cause, so that
no traceback walks through a frame of a library that holds a secret.
"""

import hashlib
import hmac
import os
from typing import Final, Literal

from Crypto.Hash import SHA256
from Crypto.Math.Numbers import Integer
from Crypto.Protocol import HPKE
from Crypto.Protocol.DH import import_x25519_private_key, import_x25519_public_key
from Crypto.PublicKey import ECC
from Crypto.PublicKey.ECC import EccKey
from Crypto.Signature import DSS, eddsa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KemCurve = Literal["x25519", "p256"]
SignatureScheme = Literal["ed25519", "es256"]

TAG_SIZE: Final = 16
SIGNATURE_SIZE: Final = 64
PRIVATE_SIZE: Final = 32
KEM_PUBLIC_SIZE: Final[dict[KemCurve, int]] = {"x25519": 32, "p256": 65}
SIGNING_PUBLIC_SIZE: Final[dict[SignatureScheme, int]] = {"ed25519": 32, "es256": 65}

_AEAD: Final = HPKE.AEAD.AES256_GCM


class CannotOpen(ValueError):
    """A ciphertext does not open: wrong key, wrong context or changed bytes (never told apart)."""


class BadKey(ValueError):
    """These bytes are no usable key of that kind."""


class LibraryKey(EccKey):
    """A library key whose repr tells nothing: the original prints the private seed."""

    def __repr__(self) -> str:
        return "LibraryKey(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


def random_bytes(count: int) -> bytes:
    """`count` bytes of the operating system's generator."""
    return os.urandom(count)


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104), 32 bytes."""
    return hmac.digest(key, data, "sha256")


def same(left: bytes, right: bytes) -> bool:
    """Compare two secrets without telling by time where they differ."""
    return hmac.compare_digest(left, right)


def hkdf_sha256(ikm: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA-256 (RFC 5869), `length` 1..8160 bytes; an empty salt means 32 zero bytes."""
    if not 1 <= length <= 255 * 32:
        raise ValueError("HKDF-SHA-256 gives 1 to 8160 bytes")
    prk = hmac.digest(salt or bytes(32), ikm, "sha256")
    block, output = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        output += block
    return output[:length]


def scrypt(password: bytes, *, salt: bytes, cost_log2: int, length: int) -> bytes:
    """scrypt (RFC 7914) with r = 8, p = 1 and N = 2**cost_log2; needs 1 KiB x N of memory."""
    cost = 1 << cost_log2
    memory_bytes = 128 * 8 * cost + (1 << 20)
    return hashlib.scrypt(password, salt=salt, n=cost, r=8, p=1, maxmem=memory_bytes, dklen=length)


# ---- keys -------------------------------------------------------------------------------------


def _hide(key: EccKey) -> LibraryKey:
    key.__class__ = LibraryKey
    assert isinstance(key, LibraryKey)
    _ = key.pointQ  # computed and cached once, so that later use in threads only reads
    return key


def new_private(curve: KemCurve | SignatureScheme) -> bytes:
    """32 fresh private bytes; for P-256 a scalar in [1, order)."""
    if curve in ("x25519", "ed25519"):
        return os.urandom(PRIVATE_SIZE)
    return int(ECC.generate(curve="p256").d).to_bytes(PRIVATE_SIZE, "big")


def kem_private(curve: KemCurve, raw: bytes) -> LibraryKey:
    """The KEM private key of 32 raw bytes, or BadKey."""
    if len(raw) != PRIVATE_SIZE:
        raise BadKey("a private key has 32 bytes")
    try:
        if curve == "x25519":
            return _hide(import_x25519_private_key(raw))
        return _p256_private(raw)
    except ValueError:
        raise BadKey("not a private key of this curve") from None


def kem_public(curve: KemCurve, raw: bytes) -> LibraryKey:
    """The KEM public key of 32 (X25519) or 65 (P-256, uncompressed) raw bytes, or BadKey.

    Points off the curve and X25519 points of small order are refused (RFC 9180, 7.1.4).
    """
    if len(raw) != KEM_PUBLIC_SIZE[curve]:
        raise BadKey("a public key of this curve has another size")
    try:
        if curve == "x25519":
            return _hide(import_x25519_public_key(raw))
        return _p256_public(raw)
    except ValueError:
        raise BadKey("not a public key of this curve") from None


def signing_private(scheme: SignatureScheme, raw: bytes) -> LibraryKey:
    """The signing private key of 32 raw bytes (RFC 8032 seed, or P-256 scalar), or BadKey."""
    if len(raw) != PRIVATE_SIZE:
        raise BadKey("a private key has 32 bytes")
    try:
        if scheme == "ed25519":
            return _hide(eddsa.import_private_key(raw))
        return _p256_private(raw)
    except ValueError:
        raise BadKey("not a private key of this scheme") from None


def signing_public(scheme: SignatureScheme, raw: bytes) -> LibraryKey:
    """The signing public key of 32 (Ed25519) or 65 (P-256) raw bytes, or BadKey.

    An Ed25519 key of small order is refused: one signature would hold for many messages, so it
    would be no evidence.
    """
    if len(raw) != SIGNING_PUBLIC_SIZE[scheme]:
        raise BadKey("a public key of this scheme has another size")
    try:
        if scheme == "es256":
            return _p256_public(raw)
        key = eddsa.import_public_key(raw)
        small_order = (Integer(8, public=True) * key.pointQ).is_point_at_infinity()
    except ValueError:
        raise BadKey("not a public key of this scheme") from None
    if small_order:
        raise BadKey("a public key of small order signs nothing")
    return _hide(key)


def raw_public(key: LibraryKey) -> bytes:
    """The raw public form: 32 bytes (X25519, Ed25519) or 65 bytes (P-256, uncompressed)."""
    if key.curve == "NIST P-256":
        return key.public_key().export_key(format="SEC1", compress=False)
    return key.public_key().export_key(format="raw")


def _p256_private(raw: bytes) -> LibraryKey:
    return _hide(ECC.construct(curve="p256", d=int.from_bytes(raw, "big")))


def _p256_public(raw: bytes) -> LibraryKey:
    # The library guesses among PEM, DER and SEC1 by the first bytes: only 0x04 || x || y is ours.
    if raw[:1] != b"\x04":
        raise ValueError
    return _hide(ECC.import_key(raw, curve_name="P-256"))


# ---- HPKE, RFC 9180: DHKEM, HKDF-SHA256, AES-256-GCM, one message a context --------------------


def hpke_seal(
    recipient: LibraryKey,
    plaintext: bytes,
    *,
    info: bytes,
    psk: tuple[bytes, bytes] | None = None,
    aad: bytes = b"",
) -> tuple[bytes, bytes]:
    """Seal one message to a public key: (enc, ciphertext with its 16-byte tag).

    `psk` is (psk_id, psk) with a psk of at least 32 bytes; with it PSK mode, else base mode. Our
    formats bind everything through `info`; `aad` is there for the published vectors.
    """
    context = HPKE.new(receiver_key=recipient, aead_id=_AEAD, info=info, psk=psk)
    return context.enc, context.seal(plaintext, aad)


def hpke_open(
    private: LibraryKey,
    enc: bytes,
    ciphertext: bytes,
    *,
    info: bytes,
    psk: tuple[bytes, bytes] | None = None,
    aad: bytes = b"",
) -> bytes:
    """Open one message, or CannotOpen."""
    if private.curve == "NIST P-256" and enc[:1] != b"\x04":
        raise CannotOpen("the message does not open")
    try:
        context = HPKE.new(receiver_key=private, aead_id=_AEAD, enc=enc, info=info, psk=psk)
        return context.unseal(ciphertext, aad)
    except ValueError:
        raise CannotOpen("the message does not open") from None


# ---- signatures ---------------------------------------------------------------------------------


def sign(scheme: SignatureScheme, private: LibraryKey, message: bytes) -> bytes:
    """64 bytes: Ed25519 (RFC 8032), or ES256 as r||s, deterministic (RFC 6979) and with low s."""
    if scheme == "ed25519":
        return eddsa.new(private, "rfc8032").sign(message)
    return DSS.new(private, "deterministic-rfc6979", low_s=True).sign(SHA256.new(message))


def verify(
    scheme: SignatureScheme,
    public: LibraryKey,
    message: bytes,
    signature: bytes,
    *,
    low_s: bool = True,
) -> bool:
    """Whether the signature is that key's over the message.

    ES256 with s above half the order is refused: (r, n - s) verifies as well as (r, s), so anyone
    on the line could turn one envelope into a second one with another digest. `low_s=False` is for
    published vectors only.
    """
    if len(signature) != SIGNATURE_SIZE:
        return False
    try:
        if scheme == "ed25519":
            eddsa.new(public, "rfc8032").verify(message, signature)
        else:
            DSS.new(public, "fips-186-3", low_s=low_s).verify(SHA256.new(message), signature)
    except ValueError:
        return False
    return True


# ---- rows ---------------------------------------------------------------------------------------


class RowCipher:
    """AES-256-GCM (NIST SP 800-38D) under one key, for many small values; safe in threads."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise BadKey("AES-256 has a key of 32 bytes")
        self._aead = AESGCM(key)

    def __repr__(self) -> str:
        return "RowCipher(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")

    def seal(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Ciphertext and 16-byte tag; `nonce` has 12 bytes and is never used twice with a key."""
        if len(nonce) != 12:
            raise ValueError("a nonce has 12 bytes")
        return self._aead.encrypt(nonce, plaintext, aad)

    def open(self, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        """The plaintext, or CannotOpen."""
        if len(nonce) != 12 or len(ciphertext) < TAG_SIZE:
            raise CannotOpen("the value does not open")
        try:
            return self._aead.decrypt(nonce, ciphertext, aad)
        except InvalidTag:
            raise CannotOpen("the value does not open") from None
