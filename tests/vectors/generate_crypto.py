"""Write the crypto vectors: `python -m tests.vectors.generate_crypto`.

This is a second, independent writer of the formats in crypto/SPEC.md: it imports nothing of
crypto/, does HPKE by hand over another library, and takes every "random" value from a hash of its
name. So the files come out the same each time, and an error of the room cannot hide in its own
vectors. Deflate streams are written by hand too: compressors differ, inflaters do not.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.vectors.by_hand import Keys, b64u, fixed, hpke_seal
from tests.vectors.generate_attachment import attachment_document
from tests.vectors.generate_card import card_document
from tests.vectors.generate_crypto_rest import rest_documents
from tests.vectors.generate_packed import packed_cases

FOLDER = Path(__file__).parent
# deflate of 1000 times "a", from zlib level 6
THOUSAND_A = bytes.fromhex("4b4c1c05a360140c770000")


def stored(body: bytes) -> bytes:
    """One stored (uncompressed) deflate block, RFC 1951 3.2.4."""
    size = len(body).to_bytes(2, "little")
    return b"\x01" + size + bytes(byte ^ 0xFF for byte in size) + body


# ---- envelopes -----------------------------------------------------------------------------------


def padded(
    deflated: bytes, *, extra: int = 0, claim: int | None = None, fill: bytes = b"\x00"
) -> bytes:
    used = len(deflated) + 4
    step = max(32, 2 ** (used.bit_length() - 1 - 4))
    size = -(-used // step) * step + extra
    length = len(deflated) if claim is None else claim
    return (length.to_bytes(4, "big") + deflated).ljust(size, fill)


class Suite:
    """The cast of one suite and how it builds envelopes, right and wrong."""

    def __init__(self, suite: int) -> None:
        self.suite = suite
        self.server_kem, self.server_sign = Keys(suite, "server kem"), Keys(suite, "server signing")
        self.device_kem, self.device_sign = Keys(suite, "device kem"), Keys(suite, "device signing")
        self.other = Keys(suite, "somebody else")
        self.device = fixed("device id", 16)

    def up_header(self, tail: str = '"e":1,"q":1', **changed: str) -> bytes:
        values = {
            "v": "1",
            "s": str(self.suite),
            "k": f'"{b64u(self.server_kem.kem_kid())}"',
            "d": f'"{b64u(self.device)}"',
            "a": f'"{b64u(self.device_sign.signing_kid())}"',
        } | changed
        head = ",".join(f'"{key}":{value}' for key, value in values.items() if value)
        return ("{" + head + "," + tail + "}").encode()

    def down_header(self, tail: str = '"f":3,"t":12') -> bytes:
        return (
            f'{{"v":1,"s":{self.suite},"k":"{b64u(self.device_kem.kem_kid())}",'
            f'"a":"{b64u(self.server_sign.signing_kid())}","d":"{b64u(self.device)}",'
            f'"q":"{b64u(fixed("request digest"))}",{tail}}}'
        ).encode()

    def up(self, header: bytes, plaintext: bytes, **how: Any) -> bytes:
        how = {"magic": b"GWB1", "recipient": self.server_kem, "signer": self.device_sign} | how
        return self._seal(header, plaintext, **how)

    def down(self, header: bytes, plaintext: bytes, **how: Any) -> bytes:
        how = {"magic": b"GWD1", "recipient": self.device_kem, "signer": self.server_sign} | how
        return self._seal(header, plaintext, **how)

    def _seal(
        self,
        header: bytes,
        plaintext: bytes,
        *,
        magic: bytes,
        recipient: Keys,
        signer: Keys,
        info: bytes | None = None,
        enc: bytes | None = None,
        tag_flip: bool = False,
        label: bytes | None = None,
        high_s: bool = False,
    ) -> bytes:
        name = hashlib.sha256(header + plaintext + magic).hexdigest()
        sealed_enc, ciphertext = hpke_seal(recipient, name, plaintext, info or magic + header)
        sealed_enc = enc or sealed_enc
        if tag_flip:
            ciphertext = ciphertext[:-1] + bytes([ciphertext[-1] ^ 1])
        length = len(header).to_bytes(4, "big")
        body_hash = hashlib.sha256(sealed_enc + ciphertext).digest()
        message = b"gongwei/" + (label or magic) + b"/signature\x00" + length + header + body_hash
        return (
            magic + length + header + sealed_enc + ciphertext + signer.sign(message, high_s=high_s)
        )


def case(name: str, data: bytes, expect: str = "ok", **more: Any) -> dict[str, Any]:
    limits = {"max_bytes": 4096, "max_inflated": 2048}
    return {"name": name, "expect": expect, "bytes": data.hex()} | limits | more


BODY = '{"changes":[],"说明":"空"}'.encode()


def good(cast: Suite) -> list[dict[str, Any]]:
    plain = padded(stored(BODY))
    chain = f'"e":2,"q":7,"p":"{b64u(fixed("prev"))}","r":"{b64u(fixed("root"))}","x":[5,7]'
    body = BODY.hex()
    long = fixed("long body", 1500)
    turned = cast.up_header()
    turned = b"{" + b",".join(reversed(turned[1:-1].split(b","))) + b"}"
    return [
        case("first batch of a chain", cast.up(cast.up_header(), plain), body=body),
        case("batch within a chain, re-cut", cast.up(cast.up_header(chain), plain), body=body),
        case(
            "exchange outside the chain", cast.up(cast.up_header('"e":1,"c":0'), plain), body=body
        ),
        case("keys in another order", cast.up(turned, plain), body=body),
        case(
            "largest number",
            cast.up(cast.up_header('"e":1,"c":9007199254740991'), plain),
            body=body,
        ),
        case("empty body", cast.up(cast.up_header(), padded(bytes.fromhex("0300"))), body=""),
        case("compressed", cast.up(cast.up_header(), padded(THOUSAND_A)), body=(b"a" * 1000).hex()),
        case("several steps", cast.up(cast.up_header(), padded(stored(long))), body=long.hex()),
        case("answer", cast.down(cast.down_header(), plain), body=body, direction="down"),
    ]


def bad_tails() -> dict[str, str]:
    """What may stand wrongly behind v, s, k, d and a."""
    zeros = b64u(bytes(32))
    return {
        "both q and c": '"e":1,"q":1,"c":1',
        "neither q nor c": '"e":1',
        "seq zero": '"e":1,"q":0',
        "epoch zero": '"e":0,"q":1',
        "epoch missing": '"q":1',
        "zeros written out as prev": f'"e":1,"q":1,"p":"{zeros}"',
        "zeros written out as root": f'"e":1,"q":1,"r":"{zeros}"',
        "prev with a counter": f'"e":1,"c":1,"p":"{b64u(fixed("prev"))}"',
        "replaces with a counter": '"e":1,"c":1,"x":[1]',
        "replaces empty": '"e":1,"q":1,"x":[]',
        "replaces not rising": '"e":1,"q":1,"x":[2,1]',
        "replaces twice the same": '"e":1,"q":1,"x":[1,1]',
        "replaces zero": '"e":1,"q":1,"x":[0]',
        "replaces not a list": '"e":1,"q":2,"x":1',
        "too many replaced": '"e":1,"q":1,"x":[' + ",".join(map(str, range(1, 34))) + "]",
        "key twice": '"e":1,"q":1,"q":1',
        "unknown key": '"e":1,"q":1,"z":1',
        "key of the answer": '"e":1,"q":1,"t":1',
        "fraction": '"e":1.0,"q":1',
        "exponent": '"e":1e0,"q":1',
        "negative": '"e":-1,"q":1',
        "leading zero": '"e":01,"q":1',
        "beyond 2^53 - 1": '"e":1,"q":9007199254740992',
        "number as text": '"e":"1","q":1',
        "true": '"e":true,"q":1',
        "null": '"e":1,"q":null',
        "nested": '"e":1,"q":[[1]]',
        "white space": '"e": 1,"q":1',
        "escape": '"\\u0065":1,"q":1',
        "trailing comma": '"e":1,"q":1,',
        "too long": '"e":1,"q":1,"p":"' + "A" * 1000 + '"',
    }


def bad_headers(cast: Suite) -> list[dict[str, Any]]:
    plain, ok = padded(stored(BODY)), cast.up_header()
    kid = b64u(cast.server_kem.kem_kid())
    loose = kid[:-1] + chr(ord(kid[-1]) + 1)
    headers = {name: cast.up_header(tail) for name, tail in bad_tails().items()}
    headers |= {
        "version 2": cast.up_header(v="2"),
        "version missing": cast.up_header(v=""),
        "suite as text": cast.up_header(s=f'"{cast.suite}"'),
        "suite missing": cast.up_header(s=""),
        "kid of 7 bytes": cast.up_header(k=f'"{b64u(bytes(7))}"'),
        "kid with padding": cast.up_header(k=f'"{kid}="'),
        "kid with loose bits": cast.up_header(k=f'"{loose}"'),
        "kid as number": cast.up_header(k="1"),
        "device of 15 bytes": cast.up_header(d=f'"{b64u(bytes(15))}"'),
        "signer missing": cast.up_header(a=""),
        "no header at all": b"",
        "not an object": b"[1]",
        "empty object": b"{}",
        "bytes after the object": ok + b" ",
        "byte order mark": b"\xef\xbb\xbf" + ok,
    }
    cases = [case(name, cast.up(header, plain), "bad_header") for name, header in headers.items()]
    for suite in (0, 2, 4, 0x5301, 0x5101):
        header = cast.up_header(s=str(suite))
        cases.append(case(f"suite {suite}", cast.up(header, plain), "unknown_suite"))
    answer = {"answer without trust": '"f":3', "answer with epoch": '"f":3,"t":1,"e":1'}
    for name, tail in answer.items():
        data = cast.down(cast.down_header(tail), plain)
        cases.append(case(name, data, "bad_header", direction="down"))
    return cases


def bad_bytes(cast: Suite) -> list[dict[str, Any]]:
    header, plain = cast.up_header(), padded(stored(BODY))
    ok = cast.up(header, plain)
    flipped = ok[:-1] + bytes([ok[-1] ^ 1])
    another = cast.up_header(d=f'"{b64u(fixed("another device", 16))}"')
    elsewhere = cast.up_header(k=f'"{b64u(cast.other.kem_kid())}"')
    renamed = cast.up_header(a=f'"{b64u(cast.other.signing_kid())}"')
    nobody = bytes(32) if cast.suite == 1 else b"\x04" + bytes(64)
    rows = [
        ("one byte too large", ok, "too_large", {"max_bytes": len(ok) - 1}),
        ("nothing", b"", "truncated", {}),
        ("seven bytes", ok[:7], "truncated", {}),
        ("cut in the header", ok[:60], "truncated", {}),
        ("cut by one byte", ok[:-1], "truncated", {}),
        ("one byte more", ok + b"\x00", "truncated", {}),
        ("cut by one step", ok[:-32], "bad_signature", {}),
        ("another magic", b"GWB3" + ok[4:], "bad_magic", {}),
        ("batch taken for an answer", ok, "bad_magic", {"direction": "down"}),
        ("header length beyond the limit", ok[:4] + b"\x00\x00\x04\x01" + ok[8:], "bad_header", {}),
        ("signature changed", flipped, "bad_signature", {}),
        ("signed by somebody else", cast.up(header, plain, signer=cast.other), "bad_signature", {}),
        ("signed as an answer", cast.up(header, plain, label=b"GWD1"), "bad_signature", {}),
        ("names another signer", cast.up(renamed, plain), "bad_signature", {}),
        (
            "sealed to somebody else",
            cast.up(header, plain, recipient=cast.other),
            "cannot_open",
            {},
        ),
        (
            "re-signed as another device",
            cast.up(another, plain, info=b"GWB1" + header),
            "cannot_open",
            {},
        ),
        ("names another recipient", cast.up(elsewhere, plain), "cannot_open", {}),
        ("sealed as an answer", cast.up(header, plain, info=b"GWD1" + header), "cannot_open", {}),
        ("enc is no good point", cast.up(header, plain, enc=nobody), "cannot_open", {}),
        ("tag changed, then signed", cast.up(header, plain, tag_flip=True), "cannot_open", {}),
    ]
    if cast.suite == 3:
        rows.append(("high s", cast.up(header, plain, high_s=True), "bad_signature", {}))
    return [case(name, data, expect, **more) for name, data, expect, more in rows]


def bad_bodies(cast: Suite) -> list[dict[str, Any]]:
    header, deflated = cast.up_header(), stored(BODY)
    rows = [
        ("padding not zero", padded(deflated, fill=b"\x01"), "bad_padding", {}),
        ("a step too much padding", padded(deflated, extra=32), "bad_padding", {}),
        ("length beyond the end", padded(deflated, claim=2**32 - 1), "bad_padding", {}),
        (
            "length one short of the stream",
            padded(deflated, claim=len(deflated) - 1),
            "bad_padding",
            {},
        ),
        ("stream cut", padded(deflated[:-1]), "bad_deflate", {}),
        ("bytes after the stream", padded(deflated + b"\x00"), "bad_deflate", {}),
        ("no deflate", padded(b"\xff" * 20), "bad_deflate", {}),
        ("nothing deflated", padded(b""), "bad_deflate", {}),
        ("zlib wrapped", padded(b"\x78\x9c" + deflated), "bad_deflate", {}),
        (
            "inflates beyond the limit",
            padded(THOUSAND_A),
            "too_large_inflated",
            {"max_inflated": 999},
        ),
    ]
    return [
        case(name, cast.up(header, plain), expect, **more) for name, plain, expect, more in rows
    ]


def envelope_document(suite: int) -> dict[str, Any]:
    cast = Suite(suite)
    roles = {"server_kem", "server_sign", "device_kem", "device_sign", "other"}
    keys = {role: getattr(cast, role).private.hex() for role in sorted(roles)}
    kids = {
        "server_kem": cast.server_kem.kem_kid().hex(),
        "server_sign": cast.server_sign.signing_kid().hex(),
        "device_kem": cast.device_kem.kem_kid().hex(),
        "device_sign": cast.device_sign.signing_kid().hex(),
    }
    cases = good(cast) + bad_headers(cast) + bad_bytes(cast) + bad_bodies(cast)
    cases += packed_cases(cast, case, padded)
    return {"suite": suite, "private_keys": keys, "kids": kids, "cases": cases}


def documents() -> dict[str, dict[str, Any]]:
    """File name -> content, all of them."""
    envelopes = {f"envelope_suite{suite}.json": envelope_document(suite) for suite in (1, 3)}
    others = {"attachment.json": attachment_document(), "card.json": card_document()}
    return envelopes | rest_documents() | others


def text_of(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    for name, document in documents().items():
        (FOLDER / name).write_text(text_of(document), encoding="utf-8")


if __name__ == "__main__":
    main()
