"""A code says whose list to look in, and every changed bit of it is refused (SPEC 11)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crypto import base45, damm
from crypto.card import (
    CARD_SIZE,
    TEXT_SIZE,
    CardRefused,
    CardType,
    Outcome,
    Trust,
    as_typed,
    bytes_of,
    check,
    digits_of,
    is_digits,
    key_id_of,
    parse_card,
    seal_card,
    text_of,
)
from crypto.keys import SigningKeyPair, SigningPublicKey, Suite

GIVEN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "card.json").read_text("utf-8")
)
CODES_LABEL = b"gongwei/codes\x00"  # SPEC 11.2
KEY = SigningKeyPair.from_private(Suite.X25519_ED25519, bytes.fromhex(GIVEN["private"]))
TRUST = Trust({key_id_of(KEY.public): KEY.public}, frozenset(map(bytes.fromhex, GIVEN["revoked"])))
NOW_S, DAY_ENDS_S = GIVEN["cases"][0]["now_s"], GIVEN["cases"][0]["day_ends_s"]


def outcome(text: str) -> Outcome:
    return check(text, TRUST, now_s=NOW_S, day_ends_s=DAY_ENDS_S)[0]


def test_base45_agrees_with_the_standard_and_refuses_all_else() -> None:
    for row in GIVEN["base45"]:
        assert base45.encode(bytes.fromhex(row["bytes"])) == row["text"]
        assert base45.decode(row["text"]).hex() == row["bytes"]
    for text in GIVEN["not_base45"]:
        with pytest.raises(base45.Base45Refused):
            base45.decode(text)


def test_a_code_is_made_as_another_hand_makes_it() -> None:
    given = GIVEN["sealed"]
    raw = seal_card(
        CardType(given["type"]), bytes.fromhex(given["id"]), given["ends_s"], signer=KEY
    )
    assert raw.hex() == given["bytes"]
    assert (len(raw), len(text_of(raw))) == (CARD_SIZE, TEXT_SIZE) == (90, 139)
    card = parse_card(bytes_of(text_of(raw)))
    assert (card.type, card.id.hex(), card.ends_s) == (CardType.CARD, given["id"], given["ends_s"])
    assert card.key_id == GIVEN["key_id"] == key_id_of(KEY.public)


@pytest.mark.parametrize("case", GIVEN["cases"], ids=lambda case: case["name"])
def test_a_text_meets_its_expected_end(case: dict[str, Any]) -> None:
    met, card = check(case["text"], TRUST, now_s=case["now_s"], day_ends_s=case["day_ends_s"])
    assert met.value == case["expect"]
    proved = case["expect"] in {"valid", "revoked", "wrong_day", "expired"}
    assert (card is not None) == proved, "what is not proved names nobody"


def test_every_outcome_has_a_vector() -> None:
    assert {case["expect"] for case in GIVEN["cases"]} == {each.value for each in Outcome}


@pytest.mark.parametrize("kind", CardType)
def test_every_change_of_one_bit_is_refused(kind: CardType) -> None:
    raw = seal_card(kind, bytes(range(16)), DAY_ENDS_S, signer=KEY)
    assert outcome(text_of(raw)) is Outcome.VALID
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        met = outcome(text_of(bytes(changed)))
        assert met in {Outcome.NOT_A_CODE, Outcome.UNKNOWN_KEY, Outcome.FORGED}, bit


def test_every_change_of_one_sign_is_refused() -> None:
    text = text_of(seal_card(CardType.CARD, bytes(16), DAY_ENDS_S, signer=KEY))
    for at in range(len(text)):
        for sign in ("0", ":", " "):
            changed = text[:at] + sign + text[at + 1 :]
            assert changed == text or outcome(changed) is not Outcome.VALID


def test_what_scanners_type_is_put_right_before_it_is_read() -> None:
    for row in GIVEN["typed"]:
        assert as_typed(row["typed"]) == row["meant"]


def test_a_code_shown_on_no_particular_day_is_judged_by_its_end() -> None:
    day = text_of(seal_card(CardType.DAY, bytes(16), DAY_ENDS_S, signer=KEY))
    assert check(day, TRUST, now_s=DAY_ENDS_S - 1)[0] is Outcome.VALID
    assert check(day, TRUST, now_s=DAY_ENDS_S)[0] is Outcome.EXPIRED


def test_the_signed_list_is_the_one_of_another_hand() -> None:
    given = GIVEN["list"]
    key = SigningPublicKey(Suite.X25519_ED25519, bytes.fromhex(given["trust"]))
    assert key.verify(CODES_LABEL + given["raw"].encode(), bytes.fromhex(given["signature"]))


def test_the_digits_agree_and_a_slip_is_told() -> None:
    for row in GIVEN["digits"]:
        assert digits_of(bytes.fromhex(row["id"])) == row["digits"]
        assert is_digits(row["digits"])
    for text in GIVEN["not_digits"]:
        assert not is_digits(text)


def test_one_wrong_digit_and_two_changed_neighbours_are_always_met() -> None:
    right = digits_of(bytes(range(16)))
    for at, digit in enumerate(right):
        for other in "0123456789":
            changed = right[:at] + other + right[at + 1 :]
            assert is_digits(changed) == (other == digit)
        swapped = right[:at] + right[at : at + 2][::-1] + right[at + 2 :]
        assert is_digits(swapped) == (swapped == right)
    assert damm.check_digit("572") == "4"


def test_a_refusal_shows_nothing_of_the_code() -> None:
    with pytest.raises(CardRefused) as refused:
        bytes_of("GW1:secret")
    assert "secret" not in str(refused.value)
