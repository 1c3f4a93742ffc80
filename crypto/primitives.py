"""The only file that touches the cryptographic libraries.

Two libraries stand behind it. `cryptography` (OpenSSL) does what every exchange and every row
needs: HPKE (RFC 9180), signatures, AES-256-GCM; four to ten times as fast as the other one, which
did the first two before. `Crypto` (pycryptodome) does what OpenSSL does not offer: HPKE with a
pre-shared key, once in the life of a tablet, and the search for points of small order in a key
that is taken in. hashlib and hmac of the standard library do the hashing: they are faster than
both.

Every failure to open is `CannotOpen` and every bad key is `BadKey`, raised without a cause, so that
no traceback walks through a frame of a library that holds a secret.
"""

import hashlib
import hmac
import os
from typing import Final, Literal

from Crypto.Math.Numbers import Integer
from Crypto.Protocol import HPKE
from Crypto.Protocol.DH import import_x25519_private_key, import_x25519_public_key
from Crypto.PublicKey import ECC
from Crypto.PublicKey.ECC import EccKey
from Crypto.Signature import eddsa
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KemCurve = Literal["x25519", "p256"]
SignatureScheme = Literal["ed25519", "es256"]

TAG_SIZE: Final = 16
SIGNATURE_SIZE: Final = 64
PRIVATE_SIZE: Final = 32
KEM_PUBLIC_SIZE: Final[dict[KemCurve, int]] = {"x25519": 32, "p256": 65}
SIGNING_PUBLIC_SIZE: Final[dict[SignatureScheme, int]] = {"ed25519": 32, "es256": 65}

KemPrivate = X25519PrivateKey | ec.EllipticCurvePrivateKey
KemPublic = X25519PublicKey | ec.EllipticCurvePublicKey
SigningPrivate = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
SigningPublic = Ed25519PublicKey | ec.EllipticCurvePublicKey

_P256: Final = ec.SECP256R1()
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ES256: Final = ec.ECDSA(SHA256(), deterministic_signing=True)
_AEAD: Final = HPKE.AEAD.AES256_GCM


class CannotOpen(ValueError):
    """A ciphertext does not open: wrong key, wrong context or changed bytes (never told apart)."""


class BadKey(ValueError):
    """These bytes are no usable key of that kind."""


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


def new_private(curve: KemCurve | SignatureScheme) -> bytes:
    """32 fresh private bytes; for P-256 a scalar in [1, order)."""
    if curve in ("x25519", "ed25519"):
        return os.urandom(PRIVATE_SIZE)
    return _scalar(ec.generate_private_key(_P256))


def kem_private(curve: KemCurve, raw: bytes) -> KemPrivate:
    """The KEM private key of 32 raw bytes, or BadKey."""
    if len(raw) != PRIVATE_SIZE:
        raise BadKey("a private key has 32 bytes")
    if curve == "x25519":
        return X25519PrivateKey.from_private_bytes(raw)
    return _p256_private(raw)


def kem_public(curve: KemCurve, raw: bytes) -> KemPublic:
    """The KEM public key of 32 (X25519) or 65 (P-256, uncompressed) raw bytes, or BadKey.

    Points off the curve and X25519 points of small order are refused (RFC 9180, 7.1.4).
    """
    if len(raw) != KEM_PUBLIC_SIZE[curve]:
        raise BadKey("a public key of this curve has another size")
    if curve == "p256":
        return _p256_public(raw)
    try:
        import_x25519_public_key(raw)
    except ValueError:
        raise BadKey("not a public key of this curve") from None
    return X25519PublicKey.from_public_bytes(raw)


def signing_private(scheme: SignatureScheme, raw: bytes) -> SigningPrivate:
    """The signing private key of 32 raw bytes (RFC 8032 seed, or P-256 scalar), or BadKey."""
    if len(raw) != PRIVATE_SIZE:
        raise BadKey("a private key has 32 bytes")
    if scheme == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(raw)
    return _p256_private(raw)


def signing_public(scheme: SignatureScheme, raw: bytes) -> SigningPublic:
    """The signing public key of 32 (Ed25519) or 65 (P-256) raw bytes, or BadKey.

    An Ed25519 key of small order is refused: one signature would hold for many messages, so it
    would be no evidence.
    """
    if len(raw) != SIGNING_PUBLIC_SIZE[scheme]:
        raise BadKey("a public key of this scheme has another size")
    if scheme == "es256":
        return _p256_public(raw)
    try:
        point = eddsa.import_public_key(raw).pointQ
        small_order = (Integer(8, public=True) * point).is_point_at_infinity()
    except ValueError:
        raise BadKey("not a public key of this scheme") from None
    if small_order:
        raise BadKey("a public key of small order signs nothing")
    return Ed25519PublicKey.from_public_bytes(raw)


def raw_public(key: KemPrivate | SigningPrivate | KemPublic | SigningPublic) -> bytes:
    """The raw public form: 32 bytes (X25519, Ed25519) or 65 bytes (P-256, uncompressed)."""
    if isinstance(key, X25519PrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        key = key.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes_raw()


def _scalar(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes(PRIVATE_SIZE, "big")


def _p256_private(raw: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(raw, "big")
    if not 0 < scalar < _P256_ORDER:
        raise BadKey("not a private key of this curve")
    return ec.derive_private_key(scalar, _P256)


def _p256_public(raw: bytes) -> ec.EllipticCurvePublicKey:
    # A point has several encodings: only 0x04 || x || y is ours.
    if raw[:1] != b"\x04":
        raise BadKey("not a public key of this curve")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_P256, raw)
    except ValueError:
        raise BadKey("not a public key of this curve") from None


# ---- HPKE, RFC 9180: DHKEM, HKDF-SHA256, AES-256-GCM, one message a context --------------------


def _suite(kem: hpke.KEM) -> hpke.Suite:
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


_X25519_SUITE: Final = _suite(hpke.KEM.X25519)
_P256_SUITE: Final = _suite(hpke.KEM.P256)


def hpke_seal(
    recipient: KemPublic,
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
    if psk is not None or aad:
        context = HPKE.new(receiver_key=_other(recipient), aead_id=_AEAD, info=info, psk=psk)
        return context.enc, context.seal(plaintext, aad)
    if isinstance(recipient, X25519PublicKey):
        suite, size = _X25519_SUITE, KEM_PUBLIC_SIZE["x25519"]
    else:
        suite, size = _P256_SUITE, KEM_PUBLIC_SIZE["p256"]
    sealed = suite.encrypt(plaintext, recipient, info=info)
    return sealed[:size], sealed[size:]


def hpke_open(
    private: KemPrivate,
    enc: bytes,
    ciphertext: bytes,
    *,
    info: bytes,
    psk: tuple[bytes, bytes] | None = None,
    aad: bytes = b"",
) -> bytes:
    """Open one message, or CannotOpen."""
    x25519 = isinstance(private, X25519PrivateKey)
    # The two are joined for the library, so `enc` must be whole, and a point in our one encoding.
    if len(enc) != KEM_PUBLIC_SIZE["x25519" if x25519 else "p256"]:
        raise CannotOpen("the message does not open")
    if not x25519 and enc[:1] != b"\x04":
        raise CannotOpen("the message does not open")
    try:
        if psk is not None or aad:
            key = _other(private)
            context = HPKE.new(receiver_key=key, aead_id=_AEAD, enc=enc, info=info, psk=psk)
            return context.unseal(ciphertext, aad)
        suite = _X25519_SUITE if x25519 else _P256_SUITE
        return suite.decrypt(enc + ciphertext, private, info=info)
    except (InvalidTag, ValueError):
        raise CannotOpen("the message does not open") from None


def _other(key: KemPrivate | KemPublic) -> EccKey:
    """The same key for pycryptodome, whose keys show their secrets in repr: for one call only."""
    if isinstance(key, X25519PrivateKey):
        return import_x25519_private_key(key.private_bytes_raw())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return ECC.construct(curve="p256", d=int.from_bytes(_scalar(key), "big"))
    if isinstance(key, X25519PublicKey):
        return import_x25519_public_key(raw_public(key))
    return ECC.import_key(raw_public(key), curve_name="P-256")


# ---- signatures ---------------------------------------------------------------------------------


def sign(private: SigningPrivate, message: bytes) -> bytes:
    """64 bytes: Ed25519 (RFC 8032), or ES256 as r||s, deterministic (RFC 6979) and with low s."""
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    r, s = decode_dss_signature(private.sign(message, _ES256))
    return r.to_bytes(32, "big") + min(s, _P256_ORDER - s).to_bytes(32, "big")


def verify(
    public: SigningPublic,
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
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
        else:
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            if low_s and s > _P256_ORDER // 2:
                return False
            public.verify(encode_dss_signature(r, s), message, _ES256)
    except InvalidSignature:
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
