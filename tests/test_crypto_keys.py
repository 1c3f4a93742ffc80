"""Keys: made, named, and silent wherever a value may be printed."""

import copy
import pickle
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crypto.columns import BlindIndex, DataKey, Kek, KekRing
from crypto.keys import BadKey, KemKeyPair, KemPublicKey, SigningKeyPair, SigningPublicKey, Suite
from crypto.primitives import CannotOpen, RowCipher

SECRET = bytes(range(0x41, 0x61))  # "ABC...`": visible in any careless repr


def shapes(secret: bytes) -> list[str]:
    """How those bytes would look in text: raw repr, hex, big and little numbers."""
    number = str(int.from_bytes(secret, "big"))
    return [repr(secret)[2:20], secret.hex()[:16], number[:16], secret.decode("latin-1")[:12]]


HOLDERS: list[tuple[str, Callable[[], Any]]] = [
    *((f"KemKeyPair {s}", lambda s=s: KemKeyPair.from_private(s, SECRET)) for s in Suite),
    *((f"SigningKeyPair {s}", lambda s=s: SigningKeyPair.from_private(s, SECRET)) for s in Suite),
    ("Kek", lambda: Kek(1, SECRET)),
    ("KekRing", lambda: KekRing([Kek(1, SECRET)])),
    ("DataKey", lambda: DataKey(1, SECRET)),
    ("BlindIndex", lambda: BlindIndex(SECRET)),
    ("RowCipher", lambda: RowCipher(SECRET)),
    ("library KEM key", lambda: KemKeyPair.from_private(Suite.X25519_ED25519, SECRET)._key),
    ("library signing key", lambda: SigningKeyPair.from_private(Suite.P256_ES256, SECRET)._key),
]


@pytest.mark.parametrize("make", [make for _, make in HOLDERS], ids=[name for name, _ in HOLDERS])
def test_a_key_shows_nothing_in_any_text_form(make: Callable[[], Any]) -> None:
    key = make()
    texts = [repr(key), str(key), f"{key}", f"{key!r}", f"{key!s}", "%s %r" % (key, key)]  # noqa: UP031
    texts += [repr([key]), repr({"key": key}), ascii(key)]
    for text in texts:
        assert not any(shape in text for shape in shapes(SECRET)), text


@pytest.mark.parametrize("make", [make for _, make in HOLDERS], ids=[name for name, _ in HOLDERS])
def test_a_key_is_neither_pickled_nor_copied(make: Callable[[], Any]) -> None:
    key = make()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises((TypeError, pickle.PicklingError)):
            pickle.dumps(key, protocol)
    try:
        copied = copy.deepcopy(key)
    except (TypeError, pickle.PicklingError):
        return
    assert copied is key  # OpenSSL's own: nothing has been duplicated


@pytest.mark.parametrize("suite", list(Suite))
def test_a_traceback_with_all_its_variables_shows_no_key(suite: Suite) -> None:
    pair = KemKeyPair.from_private(suite, SECRET)
    data_key = DataKey(1, SECRET)
    enc, sealed = pair.public.seal(b"body", info=b"a")
    texts: list[str] = []
    attempts: list[Callable[[], object]] = [
        lambda: pair.open(enc, sealed, info=b"b"),
        lambda: pair.open(bytes(len(enc)), sealed, info=b"a"),
        lambda: data_key.open(b"place", b"\x01\x01\x00\x01" + bytes(40)),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match="open") as caught:
            attempt()
        shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        texts.append("".join(shown.format()))
    for text in texts:
        assert not any(shape in text for shape in shapes(SECRET)), text
        assert "site-packages" not in text


def test_public_keys_show_suite_and_kid() -> None:
    pair = SigningKeyPair.generate(Suite.P256_ES256)
    assert repr(pair.public) == f"SigningPublicKey(P256_ES256, kid={pair.public.kid().hex()})"
    assert repr(pair) == f"SigningKeyPair(P256_ES256, kid={pair.public.kid().hex()})"


@pytest.mark.parametrize("suite", list(Suite))
def test_a_pair_comes_back_from_its_private_bytes(suite: Suite) -> None:
    kem, signing = KemKeyPair.generate(suite), SigningKeyPair.generate(suite)
    again = SigningKeyPair.from_private(suite, signing.private_bytes())
    assert KemKeyPair.from_private(suite, kem.private_bytes()).public == kem.public
    assert again.public == signing.public == SigningPublicKey(suite, signing.public.raw)
    assert KemPublicKey(suite, kem.public.raw).fingerprint() == kem.public.fingerprint()
    assert again.public.verify(b"message", signing.sign(b"message"))
    assert not again.public.verify(b"message!", signing.sign(b"message"))
    assert len(kem.private_bytes()) == 32
    assert len(kem.public.raw) == (32 if suite is Suite.X25519_ED25519 else 65)


def test_a_kid_tells_use_and_suite_apart() -> None:
    raw = KemKeyPair.generate(Suite.P256_ES256).public.raw
    kem, signing = KemPublicKey(Suite.P256_ES256, raw), SigningPublicKey(Suite.P256_ES256, raw)
    assert kem.kid() != signing.kid()
    assert kem != signing
    assert kem.kid() == kem.fingerprint()[:8]
    assert len(kem.fingerprint()) == 32


def test_a_reserved_suite_makes_no_key() -> None:
    for number in (0, 2, 0x5301, 0x5101):
        with pytest.raises(ValueError, match="not a valid Suite"):
            KemKeyPair(Suite(number), bytes(32))


def test_keys_of_a_wrong_size_are_refused() -> None:
    for suite in Suite:
        for raw in (b"", bytes(31), bytes(33), bytes(66)):
            with pytest.raises(BadKey):
                KemPublicKey(suite, raw)
            with pytest.raises(BadKey):
                SigningKeyPair.from_private(suite, raw)


@pytest.mark.parametrize("suite", list(Suite))
def test_es256_and_ed25519_signatures_are_64_bytes_and_repeatable(suite: Suite) -> None:
    pair = SigningKeyPair.generate(suite)
    signatures = {pair.sign(b"same message") for _ in range(5)}
    assert [len(signature) for signature in signatures] == [64]


def test_a_pair_may_be_shared_by_threads() -> None:
    pair = KemKeyPair.generate(Suite.X25519_ED25519)

    def both_ways(number: int) -> bool:
        body = number.to_bytes(4, "big") * 50
        enc, sealed = pair.public.seal(body, info=b"i")
        return pair.open(enc, sealed, info=b"i") == body

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(both_ways, range(200)))


def test_opening_with_the_other_context_is_one_typed_error() -> None:
    pair = KemKeyPair.generate(Suite.X25519_ED25519)
    enc, sealed = pair.public.seal(b"body", info=b"a")
    with pytest.raises(CannotOpen):
        pair.open(enc, sealed[:-1], info=b"a")
