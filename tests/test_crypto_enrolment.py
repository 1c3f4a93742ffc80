"""Letting a tablet in: the code, the sealed request, the six digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import enrolment
from crypto.enrolment import CodeRefused
from crypto.envelope import EnvelopeRefused, Refusal
from crypto.keys import KemKeyPair, Suite

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(st.binary(min_size=16, max_size=16))
def test_a_typed_code_comes_back_however_it_is_written(code: bytes) -> None:
    text = enrolment.typed_form(code)
    assert len(text) == 34
    for writing in (text, text.lower(), text.replace("-", ""), f"  {text.replace('-', ' ')}\n"):
        assert enrolment.parse_typed(writing) == code
    assert enrolment.parse_typed(text.replace("0", "o").replace("1", "I")) == code


def test_nearly_every_typing_error_is_noticed() -> None:
    flat = enrolment.typed_form(enrolment.new_code()).replace("-", "")
    passed = tried = 0
    for position in range(28):
        for sign in ALPHABET.replace(flat[position], ""):
            tried += 1
            try:
                enrolment.parse_typed(flat[:position] + sign + flat[position + 1 :])
                passed += 1
            except CodeRefused:
                continue
    assert tried == 28 * 31
    assert passed <= 8  # 1 in 1024 expected


def test_a_refused_code_is_not_repeated_in_the_error() -> None:
    text = enrolment.typed_form(enrolment.new_code())
    with pytest.raises(CodeRefused) as caught:
        enrolment.parse_typed(text[:-1] + "*")
    assert text[:4] not in str(caught.value)


@pytest.mark.parametrize("suite", list(Suite))
def test_a_request_opens_with_its_code_and_key_only(suite: Suite) -> None:
    code, pair = enrolment.new_code(), KemKeyPair.generate(suite)
    data = enrolment.seal_request(b"new keys", code=code, recipient=pair.public)
    request = enrolment.parse_request(data, 4096)
    assert request.offer == enrolment.offer_id(code)
    assert request.kid == pair.public.kid()
    assert enrolment.open_request(request, code=code, private=pair) == b"new keys"
    assert code not in data
    others = [(enrolment.new_code(), pair), (code, KemKeyPair.generate(suite))]
    for other_code, other_pair in others:
        with pytest.raises(EnvelopeRefused) as caught:
            enrolment.open_request(request, code=other_code, private=other_pair)
        assert caught.value.kind is Refusal.CANNOT_OPEN


@pytest.mark.parametrize("suite", list(Suite))
def test_every_flipped_bit_and_every_cut_of_a_request_is_refused(suite: Suite) -> None:
    code, pair = enrolment.new_code(), KemKeyPair.generate(suite)
    data = enrolment.seal_request(b"new keys", code=code, recipient=pair.public)

    def refused(changed: bytes) -> bool:
        try:
            request = enrolment.parse_request(changed, 4096)
            enrolment.open_request(request, code=code, private=pair)
        except EnvelopeRefused:
            return True
        return False

    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << (bit % 8)
        assert refused(bytes(changed)), bit
    assert all(refused(data[:size]) for size in range(len(data)))
    assert refused(data + b"\x00")
    with pytest.raises(EnvelopeRefused, match="too_large"):
        enrolment.parse_request(data, len(data) - 1)


def test_who_swapped_the_server_key_cannot_open_the_request() -> None:
    code, thief = enrolment.new_code(), KemKeyPair.generate(Suite.X25519_ED25519)
    data = enrolment.seal_request(b"new keys", code=code, recipient=thief.public)
    request = enrolment.parse_request(data, 4096)
    guess = enrolment.new_code()
    with pytest.raises(EnvelopeRefused):
        enrolment.open_request(request, code=guess, private=thief)
    with pytest.raises(ValueError, match="open"):
        thief.open(request.enc, request.ciphertext, info=request.head)


def test_the_answer_is_bound_to_code_and_transcript() -> None:
    code = enrolment.new_code()
    transcript = enrolment.transcript_hash(b"request", b"answer")
    mac = enrolment.answer_mac(code, transcript)
    assert enrolment.verify_answer_mac(code, transcript, mac)
    assert not enrolment.verify_answer_mac(enrolment.new_code(), transcript, mac)
    moved = enrolment.transcript_hash(b"requesta", b"nswer")
    assert not enrolment.verify_answer_mac(code, moved, mac)


def test_six_digits_depend_on_both_nonces_and_the_transcript() -> None:
    ours, theirs = enrolment.new_nonce(), enrolment.new_nonce()
    transcript = enrolment.transcript_hash(b"request")
    shown = enrolment.six_digits(ours, theirs, transcript)
    assert len(shown) == 6
    assert shown.isdigit()
    assert shown == enrolment.six_digits(ours, theirs, transcript)
    seen = {enrolment.six_digits(enrolment.new_nonce(), theirs, transcript) for _ in range(50)}
    seen |= {enrolment.six_digits(ours, enrolment.new_nonce(), transcript) for _ in range(50)}
    assert len(seen) > 95
    assert enrolment.commitment(ours) != enrolment.commitment(theirs)


def test_values_of_a_wrong_size_are_refused() -> None:
    for attempt in (
        lambda: enrolment.offer_id(bytes(15)),
        lambda: enrolment.commitment(bytes(31)),
        lambda: enrolment.six_digits(bytes(32), bytes(32), bytes(31)),
    ):
        with pytest.raises(ValueError, match=r"16 bytes|32 bytes"):
            attempt()
