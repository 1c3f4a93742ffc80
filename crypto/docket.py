"""GWC1: the paper a resident is handed when a member of staff has written a switch down on a tablet
(换机构凭条).

It proves what was signed and when without the tablet ever coming back: whoever is left has no say,
so it must not be enough for them to stay out of the network (SPEC 9.4). Read from a QR; the number
on it finds the act once it has arrived.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from typing import Final

from crypto.keys import SigningKeyPair, SigningPublicKey
from crypto.primitives import SIGNATURE_SIZE, sha256

MAGIC: Final = b"GWC1"
PREFIX: Final = "GWC1:"
GROUND_MOST: Final = 40
DIGITS: Final = 12
_LABEL: Final = b"gongwei/GWC1/signature\x00"
_NUMBER: Final = b"gongwei/GWC1/number\x00"
_HEAD: Final = 4 + 16 + 16 + 16 + 8 + 16 + 8 + 1
_MODULUS: Final = 10


class DocketRefused(ValueError):
    """Not a docket, or not signed by that key: never told apart."""


@dataclass(frozen=True, slots=True)
class Docket:
    """`act`: id of the change that asks for the switch; `at`: ms UTC by the tablet's clock."""

    act: bytes
    resident: bytes
    team: bytes
    at: int
    device: bytes
    signer: bytes  # kid of the signing key
    ground: str


def seal_docket(docket: Docket, *, signer: SigningKeyPair) -> bytes:
    """Its bytes; `docket.signer` is the kid of `signer`."""
    plain = _plain(docket)
    return plain + signer.sign(_LABEL + plain)


def _plain(of: Docket) -> bytes:
    ground = of.ground.encode("ascii")
    assert len(ground) <= GROUND_MOST
    return b"".join(
        (
            MAGIC, of.act, of.resident, of.team, of.at.to_bytes(8, "big"), of.device, of.signer,
            bytes([len(ground)]), ground,
        )
    )  # fmt: skip


def parse_docket(raw: bytes) -> Docket:
    """What it says, still unproved. Raises DocketRefused."""
    size = len(raw) - SIGNATURE_SIZE
    if size < _HEAD or raw[:4] != MAGIC or size != _HEAD + raw[_HEAD - 1]:
        raise DocketRefused("not a docket")
    try:
        ground = raw[_HEAD:size].decode("ascii")
    except UnicodeDecodeError:
        raise DocketRefused("not a docket") from None
    return Docket(
        act=raw[4:20], resident=raw[20:36], team=raw[36:52], at=int.from_bytes(raw[52:60], "big"),
        device=raw[60:76], signer=raw[76:84], ground=ground,
    )  # fmt: skip


def verify_docket(raw: bytes, public: SigningPublicKey) -> None:
    """Raises DocketRefused unless that key signed it and it names that key."""
    plain, signature = raw[:-SIGNATURE_SIZE], raw[-SIGNATURE_SIZE:]
    if public.kid() != plain[76:84] or not public.verify(_LABEL + plain, signature):
        raise DocketRefused("not a docket")


def text_of(raw: bytes) -> str:
    """As it stands in the QR."""
    return PREFIX + urlsafe_b64encode(raw).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """Raises DocketRefused."""
    body = text.strip().removeprefix(PREFIX)
    if body == text.strip() or len(body) > 400 or not body.isascii():
        raise DocketRefused("not a docket")
    try:
        raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (Error, ValueError):
        raise DocketRefused("not a docket") from None
    if text_of(raw) != text.strip():
        raise DocketRefused("not a docket")  # one way to write it
    return raw


def number_of(act: bytes) -> str:
    """Twelve digits that a person reads out: eleven of the act, the last one checks them."""
    eleven = int.from_bytes(sha256(_NUMBER + act)[:8], "big") % 10 ** (DIGITS - 1)
    plain = f"{eleven:0{DIGITS - 1}d}"
    return plain + _check_digit(plain)


def is_number(text: str) -> bool:
    """Whether its last digit fits: a slip of the pen is told before anybody looks for it."""
    fits = len(text) == DIGITS and text.isascii() and text.isdecimal()
    return fits and _check_digit(text[:-1]) == text[-1]


def _check_digit(plain: str) -> str:
    """ISO 7064, MOD 11,10."""
    product = _MODULUS
    for digit in plain:
        total = (product + int(digit)) % _MODULUS or _MODULUS
        product = total * 2 % (_MODULUS + 1)
    return str((_MODULUS + 1 - product) % _MODULUS)
