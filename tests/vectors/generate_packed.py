"""The cases of GWB2 and GWD2 in the vectors of envelopes, by the same independent hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from tests.vectors.by_hand import Keys, fixed

DICTIONARY: Final = (
    Path(__file__).parent.parent.parent / "crypto" / "dictionary_1.txt"
).read_bytes()
_BODY: Final = '{"changes":[],"说明":"空"}'.encode()
_PACKED: Final = {"magic": b"GWB2"}


class Cast(Protocol):
    """Who seals: a suite of generate_crypto."""

    suite: int
    device: bytes
    server_kem: Keys
    server_sign: Keys
    device_kem: Keys
    device_sign: Keys

    def up(self, header: bytes, plaintext: bytes, **how: Any) -> bytes: ...
    def down(self, header: bytes, plaintext: bytes, **how: Any) -> bytes: ...
    def up_header(self) -> bytes: ...


Case = Callable[..., dict[str, Any]]
Padded = Callable[[bytes], bytes]


def number(value: int) -> bytes:
    """Seven bits a byte, lowest first."""
    low, rest = value % 128, value // 128
    return bytes([low + 128]) + number(rest) if rest else bytes([low])


def looking_back(length: int, distance: int) -> bytes:
    """One block of fixed codes: one match of 11 to 18 bytes at 2049 to 4096 before, the end."""
    assert 11 <= length <= 18
    assert 2049 <= distance <= 4096
    extra, code = (length - 11) % 2, 265 - 256 + (length - 11) // 2
    far, where = (distance - 2049) % 1024, 22 + (distance - 2049) // 1024
    bits = "1" + "10"  # last block; fixed codes, lowest bit first
    bits += f"{code:07b}" + str(extra) + f"{where:05b}" + f"{far:010b}"[::-1] + "0000000"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


def stored(body: bytes) -> bytes:
    size = len(body).to_bytes(2, "little")
    return b"\x01" + size + bytes(byte ^ 0xFF for byte in size) + body


def packed_up(
    cast: Cast, tail: bytes | None = None, *, marks: int = 1, front: bytes | None = None
) -> bytes:
    """v, s, dictionary, marks, k, d, a and what follows (epoch 1, number 1)."""
    head = bytes([2, cast.suite, 1]) if front is None else front
    names = cast.server_kem.kem_kid() + cast.device + cast.device_sign.signing_kid()
    return head + bytes([marks]) + names + (b"\x01\x01" if tail is None else tail)


def packed_down(cast: Cast, tail: bytes = b"\x03\x0c") -> bytes:
    names = cast.device_kem.kem_kid() + cast.server_sign.signing_kid() + cast.device
    return bytes([2, cast.suite, 1]) + names + fixed("request digest") + tail


def packed_cases(cast: Cast, case: Case, padded: Padded) -> list[dict[str, Any]]:
    return _good(cast, case, padded) + _bad_headers(cast, case, padded) + _bad(cast, case, padded)


def _good(cast: Cast, case: Case, padded: Padded) -> list[dict[str, Any]]:
    plain, body = padded(stored(_BODY)), _BODY.hex()
    chain = b"\x02\x07" + fixed("prev") + fixed("root") + b"\x02\x05\x07"
    back = padded(looking_back(18, len(DICTIONARY)))
    words = DICTIONARY[:18].hex()
    none = packed_up(cast, front=bytes([2, cast.suite, 0]))
    largest = b"\x01" + number(2**53 - 1)
    rows = {
        "packed: first batch of a chain": (packed_up(cast), plain, body),
        "packed: batch within a chain, re-cut": (packed_up(cast, chain, marks=15), plain, body),
        "packed: exchange outside the chain": (packed_up(cast, b"\x01\x00", marks=0), plain, body),
        "packed: number of two bytes": (packed_up(cast, b"\x01" + number(300)), plain, body),
        "packed: largest number": (packed_up(cast, largest, marks=0), plain, body),
        "packed: looks back into the dictionary": (packed_up(cast), back, words),
        "packed: without a dictionary": (none, plain, body),
    }
    found = [
        case(name, cast.up(header, text, **_PACKED), body=said)
        for name, (header, text, said) in rows.items()
    ]
    for name, text, said in (
        ("answer", plain, body),
        ("answer behind the dictionary", back, words),
    ):
        data = cast.down(packed_down(cast), text, magic=b"GWD2")
        found.append(case(f"packed: {name}", data, body=said, direction="down"))
    return found


def _bad_headers(cast: Cast, case: Case, padded: Padded) -> list[dict[str, Any]]:
    plain, suite = padded(stored(_BODY)), cast.suite
    many = b"\x01\x01" + bytes([33]) + bytes(range(1, 34))
    headers = {
        "version 1": packed_up(cast, front=bytes([1, suite, 1])),
        "version 3": packed_up(cast, front=bytes([3, suite, 1])),
        "unknown dictionary": packed_up(cast, front=bytes([2, suite, 2])),
        "unknown mark": packed_up(cast, marks=17),
        "prev with a counter": packed_up(cast, b"\x01\x01" + fixed("prev"), marks=2),
        "replaces with a counter": packed_up(cast, b"\x01\x01\x01\x01", marks=8),
        "zeros as prev": packed_up(cast, b"\x01\x01" + bytes(32), marks=3),
        "zeros as root": packed_up(cast, b"\x01\x01" + bytes(32), marks=5),
        "epoch zero": packed_up(cast, b"\x00\x01"),
        "seq zero": packed_up(cast, b"\x01\x00"),
        "number longer than it need be": packed_up(cast, b"\x01\x81\x00"),
        "zero in two bytes": packed_up(cast, b"\x01\x80\x00", marks=0),
        "beyond 2^53 - 1": packed_up(cast, b"\x01" + number(2**53)),
        "number of nine bytes": packed_up(cast, b"\x01" + b"\x81" * 8 + b"\x01"),
        "number without an end": packed_up(cast, b"\x01\x81"),
        "replaces none": packed_up(cast, b"\x01\x01\x00", marks=9),
        "replaces not rising": packed_up(cast, b"\x01\x01\x02\x02\x01", marks=9),
        "replaces zero": packed_up(cast, b"\x01\x01\x01\x00", marks=9),
        "too many replaced": packed_up(cast, many, marks=9),
        "prev cut": packed_up(cast, b"\x01\x01" + bytes(31), marks=3),
        "a byte more": packed_up(cast, b"\x01\x01\x00"),
        "nothing behind the names": packed_up(cast, b""),
        "nothing at all": b"",
        "a text": cast.up_header(),
    }
    found = [
        case(f"packed: {name}", cast.up(header, plain, **_PACKED), "bad_header")
        for name, header in headers.items()
    ]
    for other in (0, 2, 4, 0x53):
        data = cast.up(packed_up(cast, front=bytes([2, other, 1])), plain, **_PACKED)
        found.append(case(f"packed: suite {other}", data, "unknown_suite"))
    bare = cast.up(packed_up(cast), plain)
    found.append(case("packed header in GWB1", bare, "bad_header"))
    for name, tail in (("answer cut", b"\x03"), ("answer and a byte", b"\x03\x0c\x00")):
        data = cast.down(packed_down(cast, tail), plain, magic=b"GWD2")
        found.append(case(f"packed: {name}", data, "bad_header", direction="down"))
    return found


def _bad(cast: Cast, case: Case, padded: Padded) -> list[dict[str, Any]]:
    header, plain = packed_up(cast), padded(stored(_BODY))
    ok = cast.up(header, plain, **_PACKED)
    none = packed_up(cast, front=bytes([2, cast.suite, 0]))
    back = padded(looking_back(18, len(DICTIONARY)))
    further = padded(looking_back(18, len(DICTIONARY) + 1))

    def up(header: bytes, text: bytes, **how: Any) -> bytes:
        return cast.up(header, text, **_PACKED, **how)

    rows: list[tuple[str, bytes, str, dict[str, Any]]] = [
        ("dictionary exchanged on the way", ok[:10] + b"\x00" + ok[11:], "bad_signature", {}),
        ("signed as GWB1", up(header, plain, label=b"GWB1"), "bad_signature", {}),
        ("sealed as GWB1", up(header, plain, info=b"GWB1" + header), "cannot_open", {}),
        ("sealed under another dictionary", up(none, back, info=b"GWB2" + header),
         "cannot_open", {}),
        ("taken for an answer", ok, "bad_magic", {"direction": "down"}),
        ("looks back without a dictionary", up(none, back), "bad_deflate", {}),
        ("looks back beyond the dictionary", up(header, further), "bad_deflate", {}),
        ("longer than the limit by the dictionary", up(header, back), "too_large_inflated",
         {"max_inflated": 17}),
    ]  # fmt: skip
    return [case(f"packed: {name}", data, expect, **more) for name, data, expect, more in rows]
