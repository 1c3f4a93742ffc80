"""The vectors for columns, commitments, enrolment and the audit tree; see generate_crypto."""

import hashlib
import hmac
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vectors.by_hand import Keys, fixed, hpke_seal

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"".join(parts), "sha256")


def flip(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


# ---- tree: the recursive definition of RFC 9162 2.1, nothing clever ------------------------------


def split(count: int) -> int:
    size = 1
    while size * 2 < count:
        size *= 2
    return size


def tree(entries: list[bytes]) -> bytes:
    if not entries:
        return sha()
    if len(entries) == 1:
        return sha(b"\x00", entries[0])
    middle = split(len(entries))
    return sha(b"\x01", tree(entries[:middle]), tree(entries[middle:]))


def path(index: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    middle = split(len(entries))
    if index < middle:
        return [*path(index, entries[:middle]), tree(entries[middle:])]
    return [*path(index - middle, entries[middle:]), tree(entries[:middle])]


def consistency(old: int, entries: list[bytes], known: bool = True) -> list[bytes]:
    if old == len(entries):
        return [] if known else [tree(entries)]
    middle = split(len(entries))
    if old <= middle:
        return [*consistency(old, entries[:middle], known), tree(entries[middle:])]
    return [*consistency(old - middle, entries[middle:], False), tree(entries[:middle])]


# the eight entries and roots published with RFC 6962's reference implementation
PUBLISHED = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
PUBLISHED_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def audit_document() -> dict[str, Any]:
    entries = [bytes.fromhex(entry) for entry in PUBLISHED]
    inclusion = [
        {"index": index, "size": size, "path": [h.hex() for h in path(index, entries[:size])]}
        for size in range(1, 9)
        for index in range(size)
    ]
    consistent = [
        {"old": old, "new": new, "path": [h.hex() for h in consistency(old, entries[:new])]}
        for new in range(1, 9)
        for old in range(1, new + 1)
    ]
    origin, root = "渝北区/审计", bytes.fromhex(PUBLISHED_ROOTS[7])
    name = origin.encode()
    signed = b"gongwei/checkpoint\x00" + bytes([len(name)]) + name + (8).to_bytes(8, "big")
    signed += root + (1_790_000_000_000).to_bytes(8, "big")
    keys = {suite: Keys(suite, "log signing") for suite in (1, 3)}
    signatures = [
        {"suite": s, "public": k.signing_public().hex(), "signature": k.sign(signed).hex()}
        for s, k in keys.items()
    ]
    return {
        "entries": PUBLISHED,
        "roots": PUBLISHED_ROOTS,
        "inclusion": inclusion,
        "consistency": consistent,
        "checkpoint": {
            "origin": origin,
            "size": 8,
            "root": root.hex(),
            "at_ms": 1_790_000_000_000,
            "signed_bytes": signed.hex(),
            "signatures": signatures,
        },
    }


def commitment_document() -> dict[str, Any]:
    secret = fixed("batch secret")
    batches: list[dict[str, Any]] = []
    for count in (1, 2, 3, 7, 8):
        items = [f'{{"change":{i},"血压":"128/84"}}'.encode() for i in range(count)]
        numbers = [i.to_bytes(4, "big") for i in range(count)]
        keys = [mac(secret, b"gongwei/change", number)[:16] for number in numbers]
        leaves = [mac(key, item) for key, item in zip(keys, items, strict=True)]
        batches.append(
            {
                "items": [item.hex() for item in items],
                "keys": [key.hex() for key in keys],
                "leaves": [leaf.hex() for leaf in leaves],
                "root": tree(leaves).hex(),
                "paths": [[h.hex() for h in path(i, leaves)] for i in range(count)],
            }
        )
    return {"secret": secret.hex(), "batches": batches}


# ---- columns -------------------------------------------------------------------------------------


def place(**other: Any) -> dict[str, Any]:
    usual = {
        "district": 3,
        "table": 7,
        "row": fixed("row", 16).hex(),
        "resident": fixed("resident", 16).hex(),
        "revision": 2,
    }
    return usual | other


def place_bytes(spot: dict[str, Any]) -> bytes:
    row = bytes.fromhex(spot["row"])
    parts = [
        spot["district"].to_bytes(4, "big"),
        spot["table"].to_bytes(2, "big"),
        bytes([len(row)]),
    ]
    return b"".join(
        [*parts, row, bytes.fromhex(spot["resident"]), spot["revision"].to_bytes(8, "big")]
    )


def column_cases() -> list[dict[str, Any]]:
    key, nonce, value = fixed("data key"), fixed("value nonce", 12), "血压 128/84".encode()
    head = b"\x01\x01\x00\x04"
    aad = b"gongwei/column\x00" + head + place_bytes(place())
    blob = head + nonce + AESGCM(key).encrypt(nonce, value, aad)
    rows: list[tuple[str, bytes, dict[str, Any], bool]] = [
        ("in its place", blob, place(), True),
        ("in another district", blob, place(district=4), False),
        ("in another table", blob, place(table=8), False),
        ("in another row", blob, place(row=fixed("other row", 16).hex()), False),
        ("of another resident", blob, place(resident=fixed("other", 16).hex()), False),
        ("of another revision", blob, place(revision=3), False),
        ("version 2", b"\x02" + blob[1:], place(), False),
        ("suite 2", blob[:1] + b"\x02" + blob[2:], place(), False),
        ("key version 5", blob[:3] + b"\x05" + blob[4:], place(), False),
        ("nonce changed", flip(blob, 4), place(), False),
        ("ciphertext changed", flip(blob, 16), place(), False),
        ("tag changed", flip(blob, -1), place(), False),
        ("cut by one byte", blob[:-1], place(), False),
        ("cut to the head", blob[:16], place(), False),
        ("nothing", b"", place(), False),
    ]
    return [
        {"name": name, "blob": data.hex(), "place": spot, "opens_to": value.hex() if good else None}
        for name, data, spot, good in rows
    ]


def wrap_cases() -> list[dict[str, Any]]:
    owner, nonce = fixed("resident", 16), fixed("wrap nonce", 12)
    head = b"\x01\x00\x02\x00\x04"
    aad = b"gongwei/data-key\x00" + head + (3).to_bytes(4, "big") + owner
    blob = head + nonce + AESGCM(fixed("kek 2")).encrypt(nonce, fixed("data key"), aad)
    rows = [
        ("its owner's", blob, 3, owner, True),
        ("in another district", blob, 4, owner, False),
        ("of another owner", blob, 3, fixed("other", 16), False),
        ("another KEK named", blob[:2] + b"\x01" + blob[3:], 3, owner, False),
        ("an unknown KEK named", blob[:2] + b"\x09" + blob[3:], 3, owner, False),
        ("another key version", blob[:4] + b"\x05" + blob[5:], 3, owner, False),
        ("version 2", b"\x02" + blob[1:], 3, owner, False),
        ("cut by one byte", blob[:-1], 3, owner, False),
        ("one byte more", blob + b"\x00", 3, owner, False),
        ("tag changed", flip(blob, -1), 3, owner, False),
    ]
    return [
        {
            "name": name,
            "blob": data.hex(),
            "district": district,
            "owner": who.hex(),
            "opens_to": fixed("data key").hex() if good else None,
        }
        for name, data, district, who, good in rows
    ]


def blind_cases() -> dict[str, list[dict[str, str]]]:
    key = fixed("blind index key")
    ids = {
        "11010519491231002X": [
            "11010519491231002x",
            " 110105 19491231 002X ",
            "１１０１０５１９４９１２３１００２Ｘ",
        ],
        "110105491231002": [],
        "37100219800101123X": ["371002198001 01123x"],
    }
    normal_15 = "11010519491231002X"
    id_rows = [
        {"text": text, "normal": normal_15 if len(normal) == 15 else normal}
        for normal, writings in ids.items()
        for text in [normal, *writings]
    ]
    phones = ["13812345678", "+86 138-1234-5678", "0086 13812345678", "１３８１２３４５６７８"]
    phone_rows = [{"text": text, "normal": "13812345678"} for text in phones]
    phone_rows.append({"text": "0631-5812345", "normal": "06315812345"})
    for label, rows in ((b"id-number", id_rows), (b"phone", phone_rows)):
        for row in rows:
            tag = mac(key, b"gongwei/blind-index/" + label + b"\x00", row["normal"].encode())
            row["index"] = tag.hex()
    return {"id_numbers": id_rows, "phones": phone_rows}


def columns_document() -> dict[str, Any]:
    return {
        "data_key": {"version": 4, "key": fixed("data key").hex()},
        "values": column_cases(),
        "keks": {"1": fixed("kek 1").hex(), "2": fixed("kek 2").hex()},
        "wrapped": wrap_cases(),
        "blind_index_key": fixed("blind index key").hex(),
        **blind_cases(),
    }


# ---- enrolment -----------------------------------------------------------------------------------


def derived(code: bytes, purpose: bytes, size: int) -> bytes:
    return mac(mac(b"gongwei/enrolment\x00", code), purpose, b"\x01")[:size]


def typed(code: bytes) -> str:
    value = int.from_bytes(code, "big")
    check = int.from_bytes(sha(b"gongwei/enrolment/check\x00", code)[:2], "big") >> 6
    signs = "".join(SIGNS[value >> (5 * i) & 31] for i in reversed(range(26)))
    signs += SIGNS[check >> 5] + SIGNS[check & 31]
    return "-".join(signs[i : i + 4] for i in range(0, 28, 4))


def typed_cases(code: bytes) -> dict[str, list[str]]:
    text = typed(code)
    flat = text.replace("-", "")
    accepted = [text, text.lower(), flat, " ".join(flat), text.replace("-", "–")]
    accepted += [flat.replace("0", "O").replace("1", "l"), flat.lower().replace("1", "i")]
    swapped = flat[:5] + flat[6] + flat[5] + flat[7:]
    wrong = SIGNS[(SIGNS.index(flat[9]) + 1) % 32]
    refused = ["", flat[:-1], flat + "0", swapped, flat[:9] + wrong + flat[10:]]
    refused += ["Z" + flat[1:], "U" + flat[1:], flat[:-1] + "*"]
    return {"accepted": accepted, "refused": refused}


def request_cases(suite: int, code: bytes) -> dict[str, Any]:
    server, other = Keys(suite, "server kem"), Keys(suite, "somebody else")
    body = '{"device":"平板 3"}'.encode()
    offer = derived(code, b"offer-id", 8)

    def seal(to: Keys, psk: bytes) -> bytes:
        head = b"GWE1" + suite.to_bytes(2, "big") + offer + server.kem_kid()
        enc, ciphertext = hpke_seal(to, f"enrol {suite}", body, head, offer, psk)
        return head + enc + ciphertext

    good = seal(server, derived(code, b"psk", 32))
    rows = [
        ("good", good, "ok"),
        ("sealed with another code", seal(server, fixed("another psk")), "cannot_open"),
        ("sealed to another key", seal(other, derived(code, b"psk", 32)), "cannot_open"),
        ("offer id changed", flip(good, 6), "cannot_open"),
        ("kid changed", flip(good, 14), "cannot_open"),
        ("enc changed", flip(good, 30), "cannot_open"),
        ("tag changed", flip(good, -1), "cannot_open"),
        ("cut in the head", good[:21], "truncated"),
        ("cut in enc", good[:60], "truncated"),
        ("cut by one byte", good[:-1], "cannot_open"),
        ("another magic", b"GWB1" + good[4:], "bad_magic"),
        ("reserved suite", good[:4] + b"\x00\x02" + good[6:], "unknown_suite"),
    ]
    cases = [{"name": name, "bytes": data.hex(), "expect": expect} for name, data, expect in rows]
    return {"private": server.private.hex(), "body": body.hex(), "cases": cases}


def enrolment_document() -> dict[str, Any]:
    code = fixed("one-time code", 16)
    messages = [b"request", b"", b"answer"]
    framed = b"".join(len(m).to_bytes(4, "big") + m for m in messages)
    transcript = sha(b"gongwei/enrolment/transcript\x00", framed)
    server_nonce, tablet_nonce = fixed("server nonce"), fixed("tablet nonce")
    digest = sha(b"gongwei/enrolment/digits\x00", server_nonce, tablet_nonce, transcript)
    return {
        "code": code.hex(),
        "typed": typed(code),
        **typed_cases(code),
        "zero_code_typed": typed(bytes(16)),
        "full_code_typed": typed(b"\xff" * 16),
        "offer_id": derived(code, b"offer-id", 8).hex(),
        "psk": derived(code, b"psk", 32).hex(),
        "messages": [m.hex() for m in messages],
        "transcript": transcript.hex(),
        "answer_mac": mac(derived(code, b"answer-mac", 32), transcript).hex(),
        "server_nonce": server_nonce.hex(),
        "tablet_nonce": tablet_nonce.hex(),
        "commitment": sha(b"gongwei/enrolment/nonce\x00", server_nonce).hex(),
        "six_digits": f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}",
        "requests": {str(suite): request_cases(suite, code) for suite in (1, 3)},
    }


def rest_documents() -> dict[str, dict[str, Any]]:
    """File name -> content."""
    return {
        "columns.json": columns_document(),
        "commitment.json": commitment_document(),
        "enrolment.json": enrolment_document(),
        "audit.json": audit_document(),
    }
