"""Keys and HPKE (RFC 9180) by hand over another library than the room's, for the vectors.

Nothing here is random: each value is a hash of its name.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def fixed(name: str, size: int = 32) -> bytes:
    """Bytes that look random and are a function of their name."""
    return hashlib.shake_128(b"gongwei vectors " + name.encode()).digest(size)


def b64u(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


# ---- keys of a suite, by another library ---------------------------------------------------------


@dataclass(frozen=True)
class Keys:
    """The private bytes of one role in one suite."""

    suite: int
    name: str

    @property
    def private(self) -> bytes:
        raw = fixed(f"{self.name} {self.suite}")
        if self.suite == 1:
            return raw
        return (int.from_bytes(raw, "big") % (P256_ORDER - 1) + 1).to_bytes(32, "big")

    def kem_public(self) -> bytes:
        if self.suite == 1:
            montgomery = x25519.X25519PrivateKey.from_private_bytes(self.private)
            return montgomery.public_key().public_bytes_raw()
        return p256_point(p256(self.private))

    def signing_public(self) -> bytes:
        if self.suite == 1:
            edwards = ed25519.Ed25519PrivateKey.from_private_bytes(self.private)
            return edwards.public_key().public_bytes_raw()
        return p256_point(p256(self.private))

    def kem_kid(self) -> bytes:
        return self._kid(b"gongwei/kem-key\x00", self.kem_public())

    def signing_kid(self) -> bytes:
        return self._kid(b"gongwei/signing-key\x00", self.signing_public())

    def _kid(self, label: bytes, public: bytes) -> bytes:
        return hashlib.sha256(label + self.suite.to_bytes(2, "big") + public).digest()[:8]

    def sign(self, message: bytes, *, high_s: bool = False) -> bytes:
        if self.suite == 1:
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.private).sign(message)
        how = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(p256(self.private).sign(message, how))
        if (s > P256_ORDER // 2) != high_s:
            s = P256_ORDER - s
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def p256(private: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())


def p256_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


# ---- HPKE by hand, RFC 9180 ----------------------------------------------------------------------


def extract(salt: bytes, suite_id: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + ikm, "sha256")


def expand(prk: bytes, suite_id: bytes, label: bytes, info: bytes, size: int) -> bytes:
    text = size.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info
    return hmac.digest(prk, text + b"\x01", "sha256")[:size]


def hpke_seal(
    recipient: Keys,
    ephemeral: str,
    plaintext: bytes,
    info: bytes,
    psk_id: bytes = b"",
    psk: bytes = b"",
) -> tuple[bytes, bytes]:
    eph = Keys(recipient.suite, f"ephemeral {ephemeral}")
    enc, public = eph.kem_public(), recipient.kem_public()
    if recipient.suite == 1:
        kem_id = 0x0020
        private = x25519.X25519PrivateKey.from_private_bytes(eph.private)
        shared = private.exchange(x25519.X25519PublicKey.from_public_bytes(public))
    else:
        kem_id = 0x0010
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        shared = p256(eph.private).exchange(ec.ECDH(), peer)
    kem = b"KEM" + kem_id.to_bytes(2, "big")
    prk = extract(b"", kem, b"eae_prk", shared)
    secret_in = expand(prk, kem, b"shared_secret", enc + public, 32)
    hpke = b"HPKE" + kem_id.to_bytes(2, "big") + b"\x00\x01\x00\x02"
    context = bytes([1 if psk else 0])
    context += extract(b"", hpke, b"psk_id_hash", psk_id) + extract(b"", hpke, b"info_hash", info)
    secret = extract(secret_in, hpke, b"secret", psk)
    key = expand(secret, hpke, b"key", context, 32)
    nonce = expand(secret, hpke, b"base_nonce", context, 12)
    return enc, AESGCM(key).encrypt(nonce, plaintext, b"")
