"""The vectors for codes of a checkup day (GW1); see generate_crypto."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.vectors.by_hand import Keys, fixed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
NOON_S = 1_796_270_400  # 2026-12-03 12:00 in Shanghai
DAY_ENDS_S = NOON_S + 43_200
YEARS_S = 2 * 365 * 86_400
DIGITS = 11


def base45(data: bytes) -> str:
    text = ""
    for at in range(0, len(data), 2):
        part = data[at : at + 2]
        number = int.from_bytes(part, "big")
        for _ in range(len(part) + 1):
            number, sign = divmod(number, 45)
            text += ALPHABET[sign]
    return text


def key_id(keys: Keys) -> bytes:
    return bytes([keys.signing_kid()[0] & 0x7F]) + keys.signing_kid()[1:4]


def card(
    keys: Keys,
    id_: bytes,
    ends_s: int,
    *,
    kind: int = 1,
    version: int = 1,
    named: bytes = b"",
    label: bytes = b"gongwei/GW1/signature\x00",
) -> bytes:
    plain = bytes([version, kind]) + (named or key_id(keys)) + id_ + ends_s.to_bytes(4, "big")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(keys.private)
    return plain + private.sign(label + plain)


def damm(plain: str) -> str:
    """By the table of the thesis, row by row."""
    rows = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2], [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9], [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8], [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4], [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5], [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ]  # fmt: skip
    at = 0
    for digit in plain:
        at = rows[at][int(digit)]
    return str(at)


def digits(id_: bytes) -> str:
    told = hashlib.sha256(b"gongwei/GW1/digits\x00" + id_).digest()[:8]
    plain = str(int.from_bytes(told, "big") % 10**DIGITS).rjust(DIGITS, "0")
    return plain + damm(plain)


def cases(ours: Keys, other: Keys) -> list[dict[str, Any]]:
    mine, lost = fixed("card id", 16), fixed("lost card id", 16)
    good = card(ours, mine, NOON_S + YEARS_S)
    day = card(ours, mine, DAY_ENDS_S, kind=2)
    text = "GW1:" + base45(good)
    made: list[tuple[str, str, str]] = [
        ("a card", text, "valid"),
        ("a day code on its day", "GW1:" + base45(day), "valid"),
        ("a card that ended a second ago", _text(ours, mine, NOON_S - 1), "expired"),
        ("a card that ends now", _text(ours, mine, NOON_S), "expired"),
        ("a card that ends in a second", _text(ours, mine, NOON_S + 1), "valid"),
        ("a day code of the day before", _text(ours, mine, DAY_ENDS_S - 86_400, kind=2),
         "wrong_day"),
        ("a day code of the day after", _text(ours, mine, DAY_ENDS_S + 86_400, kind=2),
         "wrong_day"),
        ("a lost card", _text(ours, lost, NOON_S + YEARS_S), "revoked"),
        ("a lost card that has ended", _text(ours, lost, NOON_S - 1), "revoked"),
        ("another district's card", _text(other, mine, NOON_S + YEARS_S), "unknown_key"),
        ("signed by another key under our name",
         _text(other, mine, NOON_S + YEARS_S, named=key_id(ours)), "forged"),
        ("signed for another use", _text(ours, mine, NOON_S + YEARS_S,
         label=b"gongwei/GWP1/signature\x00"), "forged"),
        ("the reserved type", _text(ours, mine, NOON_S + YEARS_S, kind=3), "not_a_code"),
        ("another version", _text(ours, mine, NOON_S + YEARS_S, version=2), "not_a_code"),
        ("a sign short", text[:-1], "not_a_code"),
        ("a sign more", text + " ", "not_a_code"),
        ("small letters", text.lower(), "not_a_code"),
        ("another prefix", "GW2:" + text[4:], "not_a_code"),
        ("a sign outside of the alphabet", text[:50] + "_" + text[51:], "not_a_code"),
        ("three signs over two bytes", text[:4] + ":::" + text[7:], "not_a_code"),
        ("nothing", "", "not_a_code"),
    ]  # fmt: skip
    return [
        {"name": name, "text": each, "expect": expect, "now_s": NOON_S, "day_ends_s": DAY_ENDS_S}
        for name, each, expect in made
    ]


def _text(keys: Keys, id_: bytes, ends_s: int, **wrong: Any) -> str:
    return "GW1:" + base45(card(keys, id_, ends_s, **wrong))


def code_list(trust: Keys, ours: Keys, lost: bytes) -> dict[str, Any]:
    """As the wire has it: bytes in base64."""

    def b64(value: bytes) -> str:
        return base64.b64encode(value).decode()

    raw = json.dumps(
        {
            "v": 1, "counter": 7, "at": NOON_S * 1000,
            "keys": [[int(key_id(ours).hex(), 16), b64(ours.signing_public())]],
            "revoked": [b64(lost)],
        },
        separators=(",", ":"),
    )  # fmt: skip
    private = ed25519.Ed25519PrivateKey.from_private_bytes(trust.private)
    return {
        "trust": trust.signing_public().hex(),
        "raw": raw,
        "signature": private.sign(b"gongwei/codes\x00" + raw.encode()).hex(),
    }


def card_document() -> dict[str, Any]:
    ours, other, trust = Keys(1, "codes"), Keys(1, "codes elsewhere"), Keys(1, "trust")
    mine, lost = fixed("card id", 16), fixed("lost card id", 16)
    good = card(ours, mine, NOON_S + YEARS_S)
    ids = [bytes(16), b"\xff" * 16, *(fixed(f"id {n}", 16) for n in range(8))]
    return {
        "base45": [
            {"bytes": each.hex(), "text": base45(each)}
            for each in (b"", b"AB", b"Hello!!", b"base-45", b"ietf!", b"\x00", b"\xff\xff\xff")
        ],
        "not_base45": ["A", "AAAA", ":::", "GGW", "::", "ab", "_00", "0\n0"],
        "private": ours.private.hex(),
        "public": ours.signing_public().hex(),
        "key_id": int(key_id(ours).hex(), 16),
        "revoked": [lost.hex()],
        "sealed": {"type": 1, "id": mine.hex(), "ends_s": NOON_S + YEARS_S, "bytes": good.hex()},
        "cases": cases(ours, other),
        "typed": _typed("GW1:" + base45(good)),
        "list": code_list(trust, ours, lost),
        "digits": [{"id": each.hex(), "digits": digits(each)} for each in ids],
        "not_digits": ["", "4", "572", "12345678901", "57200000000x", "1234567890123"],
    }


def _typed(text: str) -> list[dict[str, str]]:
    """What scanners and input methods make of a text, and what was meant."""
    wide = "".join("\u3000" if each == " " else chr(ord(each) + 0xFEE0) for each in text)
    spaced = text[:-1] + " "
    return [
        {"typed": text, "meant": text},
        {"typed": text.lower() + "\r\n", "meant": text},
        {"typed": wide, "meant": text},
        {"typed": text.replace(".", "。").replace("/", "、").replace("$", "￥"), "meant": text},
        {"typed": spaced.rstrip(), "meant": spaced},
        {"typed": " 371002194903120021\n", "meant": "371002194903120021"},
    ]
