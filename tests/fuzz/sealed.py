"""Targets of crypto: envelopes up and down, their headers, codes that are scanned, let-in requests.

All pure, in both suites. Keys are the same in every run, so that kept bytes can be handed in again.
"""

import json
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from crypto import card, docket, enrolment, slip
from crypto.attachment import AttachmentKey, AttachmentRefused, open_file, seal_file
from crypto.card import CardType, Outcome, Trust
from crypto.docket import Docket, DocketRefused
from crypto.enrolment import CodeRefused
from crypto.envelope import (
    DownHeader,
    EnvelopeRefused,
    Refusal,
    UpHeader,
    dictionary_1,
    open_body,
    padded_size,
    parse_down,
    parse_up,
    seal_down,
    seal_up,
    signed_message,
    verify,
)
from crypto.headers import write_up
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from crypto.packed_headers import write_packed_up
from crypto.primitives import sha256
from crypto.slip import SlipRefused
from sync.hall_wire import CODES_LABEL, CodeList, code_list
from sync.wire import Malformed, encode
from tests.fuzz.case import Broken, Case, Place, Target, code_of, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.mutate_json import changed_json

BYTES_MOST: Final = 1 << 20
BODY: Final = '{"changes":[{"血压":"128/84"}]}'.encode() * 9
NOW_S: Final = 1_795_000_000


class Hands:
    """The keys of one suite, made from words; a server and a tablet that know each other."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.server_kem, self.device_kem = (self._kem(each) for each in ("server", "device"))
        self.server_sign, self.device_sign, self.thief = (
            self._sign(each) for each in ("server", "device", "thief")
        )

    def _kem(self, name: str) -> KemKeyPair:
        return KemKeyPair.from_private(self.suite, sha256(f"kem {name}".encode()))

    def _sign(self, name: str) -> SigningKeyPair:
        return SigningKeyPair.from_private(self.suite, sha256(f"sign {name}".encode()))

    def header(self, **place: Any) -> UpHeader:
        told = place or {"seq": 9, "prev": sha256(b"previous"), "root": sha256(b"root")}
        return UpHeader(
            suite=self.suite, kid=self.server_kem.public.kid(), device=bytes(range(16)),
            signer=self.device_sign.public.kid(), epoch=2, **told,
        )  # fmt: skip

    def answer_header(self) -> DownHeader:
        return DownHeader(
            suite=self.suite, kid=self.device_kem.public.kid(), device=bytes(range(16)),
            signer=self.server_sign.public.kid(), request=sha256(b"request"), feed_epoch=1, trust=4,
        )  # fmt: skip

    def up(self, body: bytes, *, packed: bool = False, **place: Any) -> bytes:
        to, header = self.server_kem.public, self.header(**place)
        return seal_up(header, body, recipient=to, signer=self.device_sign, packed=packed)

    def down(self, body: bytes, *, packed: bool = False) -> bytes:
        to, header = self.device_kem.public, self.answer_header()
        return seal_down(header, body, recipient=to, signer=self.server_sign, packed=packed)

    def take(self, data: bytes) -> bytes:
        sealed = parse_up(data, BYTES_MOST)
        verify(sealed, self.device_sign.public)
        return open_body(sealed, self.server_kem, BYTES_MOST)

    def take_answer(self, data: bytes) -> bytes:
        sealed = parse_down(data, BYTES_MOST)
        verify(sealed, self.server_sign.public)
        return open_body(sealed, self.device_kem, BYTES_MOST)


HANDS: Final = tuple(Hands(suite) for suite in Suite)


# ---- envelopes ----------------------------------------------------------------------------------


def envelope(_: Place) -> Iterator[Target]:
    """Up: as a line changes it, as the tablet's own key signs it again, and over any plain text."""
    samples = [
        [one.up(BODY), one.up(b""), one.up(BODY, counter=3), one.up(Random(1).randbytes(3000)),
         one.up(BODY, seq=12, replaces=(10, 11)), one.up(BODY, packed=True),
         one.up(BODY, packed=True, counter=300),
         one.up(BODY, packed=True, seq=9, replaces=(3, 300))]
        for one in HANDS
    ]  # fmt: skip

    def make(chance: Random) -> Case:
        which = chance.randrange(len(HANDS))
        way = chance.choices(("line", "again", "plain"), (17, 2, 1))[0]
        data = chance.choice(samples[which])
        if way == "line":
            data = changed(data, chance, samples[which])
        elif way == "again":
            data = _signed_again(HANDS[which], data, chance)
        else:
            data = _over_any_plain(HANDS[which], chance)
        return Case(data, f"{which} {way}")

    def judge(case: Case) -> str:
        which, way = case.how.split()
        try:
            HANDS[int(which)].take(case.data)
        except EnvelopeRefused as refused:
            if way != "line" and refused.kind is Refusal.BAD_SIGNATURE:
                raise Broken("the tablet's own signature is refused") from None
            return code_of(refused, refused.kind.value)
        if way != "plain":
            raise Broken("a changed envelope was opened")
        return "opened"

    yield Target(make, one_by_one(judge))


def _signed_again(hands: Hands, data: bytes, chance: Random) -> bytes:
    """Key and ciphertext changed, then signed by the tablet that may send what it likes."""
    batch = parse_up(data, BYTES_MOST)
    sealed = batch.enc + batch.ciphertext
    other = changed(sealed, chance)
    while len(other) != len(sealed):  # another length is refused before any signature
        other = changed(sealed, chance)
    return _signed(hands, batch.header_bytes, other, batch.magic)


def _over_any_plain(hands: Hands, chance: Random) -> bytes:
    """Sealed as it should be over a changed padded text: length, deflate, padding, a bomb."""
    packed = chance.random() < 0.5
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8, 0, dictionary_1() if packed else b"")
    body = BODY if chance.random() < 0.95 else bytes(BYTES_MOST + 1)
    deflated = packer.compress(body) + packer.flush()
    if chance.random() < 0.5:
        deflated = changed(deflated, chance)
        padded = len(deflated).to_bytes(4) + deflated
        padded = padded.ljust(padded_size(len(deflated)), b"\x00")
    else:
        padded = changed((len(deflated).to_bytes(4) + deflated).ljust(256, b"\x00"), chance)
        padded = padded[: max(32, len(padded) // 32 * 32)].ljust(32, b"\x00")
    magic = b"GWB2" if packed else b"GWB1"
    header = write_packed_up(hands.header(), 1) if packed else write_up(hands.header())
    enc, ciphertext = hands.server_kem.public.seal(padded, info=magic + header)
    return _signed(hands, header, enc + ciphertext, magic)


def _signed(hands: Hands, header: bytes, sealed: bytes, magic: bytes) -> bytes:
    message = signed_message(magic, header, sha256(sealed))
    length = len(header).to_bytes(4)
    return magic + length + header + sealed + hands.device_sign.sign(message)


def answer(_: Place) -> Iterator[Target]:
    """Down, as the tablet opens it; and what was meant for the other door."""
    samples = [
        [one.down(BODY), one.down(b""), one.down(Random(2).randbytes(900)), one.up(BODY),
         one.down(BODY, packed=True), one.up(BODY, packed=True)]
        for one in HANDS
    ]  # fmt: skip

    def make(chance: Random) -> Case:
        which = chance.randrange(len(HANDS))
        return Case(changed(chance.choice(samples[which]), chance, samples[which]), str(which))

    def judge(case: Case) -> str:
        try:
            HANDS[int(case.how)].take_answer(case.data)
        except EnvelopeRefused as refused:
            return code_of(refused, refused.kind.value)
        raise Broken("a changed answer was opened")

    yield Target(make, one_by_one(judge))


# ---- what is scanned ----------------------------------------------------------------------------


def codes(_: Place) -> Iterator[Target]:
    """GW1 codes as a scanner types them, dockets, slips of pieces, digits below a code."""
    hands = HANDS[0]
    signer, key = hands.server_sign, hands.server_sign.public
    trust = Trust({card.key_id_of(key): key}, frozenset([bytes(16)]))
    raws = [card.seal_card(kind, bytes(range(16)), NOW_S + 99, signer=signer) for kind in CardType]
    raws.append(card.seal_card(CardType.CARD, bytes(16), NOW_S + 99, signer=signer))
    cards = [card.text_of(each).encode() for each in raws]
    told = Docket(
        bytes(16), bytes(range(16)), b"T" * 16, NOW_S * 1000, b"D" * 16, key.kid(), "moved"
    )
    dockets = [docket.text_of(docket.seal_docket(told, signer=signer)).encode()]
    slips = [
        slip.put_slip(b"D" * 16, b"F" * 32, 0, b"piece", signer=signer),
        slip.head_slip(b"D" * 16, b"F" * 32, signer=signer),
    ]
    digits = [card.digits_of(bytes([n]) * 16).encode() for n in range(9)]
    samples = {"card": cards, "raw": raws, "docket": dockets, "slip": slips, "digits": digits}

    def make(chance: Random) -> Case:
        how = chance.choices(tuple(samples), (4, 2, 2, 1, 1))[0]
        return Case(changed(chance.choice(samples[how]), chance, samples[how]), how)

    def judge(case: Case) -> str:
        match case.how:
            case "card" | "raw":
                return _card(case, trust, raws)
            case "docket":
                return _docket(case.data, key, dockets)
            case "slip":
                return _slip(case.data, key)
            case _:
                text = case.data.decode("utf-8", "replace")
                if card.is_digits(text) and not (len(text) == 12 and text.isascii()):
                    raise Broken("signs that are no digits stand below a code")
                return f"digits {card.is_digits(text)}"

    yield Target(make, one_by_one(judge))


def _card(case: Case, trust: Trust, raws: list[bytes]) -> str:
    text = card.text_of(case.data) if case.how == "raw" else case.data.decode("utf-8", "replace")
    for each in (text, card.as_typed(text)):
        outcome, found = card.check(each, trust, now_s=NOW_S, day_ends_s=NOW_S + 99)
        proved = outcome not in (Outcome.NOT_A_CODE, Outcome.UNKNOWN_KEY, Outcome.FORGED)
        if (found is not None) != proved or (proved and card.bytes_of(each) not in raws):
            raise Broken(f"a changed code is {outcome.value}")
    return outcome.value


def _docket(data: bytes, key: Any, sound: list[bytes]) -> str:
    text = data.decode("utf-8", "replace")
    docket.is_number(text)
    try:
        raw = docket.bytes_of(text)
        docket.parse_docket(raw)
        docket.verify_docket(raw, key)
    except DocketRefused as refused:
        return code_of(refused, "no docket")
    if text.strip().encode() not in sound:
        raise Broken("a changed docket is believed")
    return "the same docket"


def _slip(data: bytes, key: Any) -> str:
    try:
        slip.parse_slip(data)
        slip.verify_slip(data, key)
    except SlipRefused as refused:
        return code_of(refused, "no slip")
    raise Broken("a changed slip is believed")


def code_lists(_: Place) -> Iterator[Target]:
    """The signed list of keys and revoked codes: its signature, and its JSON under a good one."""
    signer = HANDS[0].server_sign
    listed = CodeList(
        v=1, counter=(1 << 32) + 2, at=NOW_S * 1000, keys=((7, signer.public.raw),),
        revoked=(bytes(16), b"R" * 16),
    )  # fmt: skip
    raw = encode(listed)
    signature = signer.sign(CODES_LABEL + raw)

    def make(chance: Random) -> Case:
        if chance.random() < 0.2:
            return Case(changed(raw + signature, chance), "line")
        return Case(changed_json(json.loads(raw), chance, [raw]), "own")

    def judge(case: Case) -> str:
        if case.how == "line":
            body, seal = case.data[:-64], case.data[-64:]
            if signer.public.verify(CODES_LABEL + body, seal):
                raise Broken("a changed list of codes is believed")
            return "forged"
        try:
            found = code_list(case.data)
        except Malformed as error:
            return code_of(error, "malformed")
        return "read" if len(found.revoked) < 9 else "long"

    yield Target(make, one_by_one(judge))


# ---- enrolment and pictures ---------------------------------------------------------------------


def let_in(_: Place) -> Iterator[Target]:
    """Codes as people type them, and requests sealed under one."""
    code = bytes(range(7, 23))
    typed = enrolment.typed_form(code).encode()
    sealed = [
        enrolment.seal_request(b"new keys", code=code, recipient=one.server_kem.public)
        for one in HANDS
    ]

    def make(chance: Random) -> Case:
        if chance.random() < 0.3:
            return Case(changed(typed, chance), "typed")
        return Case(changed(chance.choice(sealed), chance, sealed), "request")

    def judge(case: Case) -> str:
        if case.how == "typed":
            try:
                found = enrolment.parse_typed(case.data.decode("utf-8", "replace"))
            except CodeRefused as refused:
                return code_of(refused, "no code")
            return "the code" if found == code else "slipped through"  # 1 in 1024, then no offer
        try:
            request = enrolment.parse_request(case.data, 4096)
            pair = next(one for one in HANDS if one.suite == request.suite).server_kem
            enrolment.open_request(request, code=code, private=pair)
        except EnvelopeRefused as refused:
            return code_of(refused, refused.kind.value)
        raise Broken("a changed request was opened")

    yield Target(make, one_by_one(judge))


def attachment(_: Place) -> Iterator[Target]:
    """Sealed pictures: any change of the file, the key or the id."""
    key, plain = AttachmentKey(bytes(range(32))), Random(3).randbytes(200_000)
    whole, small = seal_file(key, plain), seal_file(key, b"picture")

    def make(chance: Random) -> Case:
        data = whole if chance.random() < 0.02 else small
        return Case(changed(data, chance, (whole, small)))

    def judge(case: Case) -> str:
        try:
            open_file(key, case.data)
        except AttachmentRefused as refused:
            return code_of(refused, str(refused))
        raise Broken("a changed picture was opened")

    yield Target(make, one_by_one(judge))
