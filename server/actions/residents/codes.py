"""One-time codes: six digits that went to a telephone and are read back within ten minutes.

The browser that asked holds a token, and only with it can the digits be tried: whoever asks for
somebody else's codes gets a row of their own, and wrong tries there take nothing from the owner. A
code of nobody is a row as well and is never right.
"""

import secrets
from dataclasses import dataclass
from typing import Final

import msgspec

from crypto.primitives import same, sha256
from server.actions.keeping.site import Site, district_key_blob
from server.actions.notices.telling import TooMany, send_code
from server.rules.sign_in import CODE_DIGITS, CODE_MINUTES, CODE_TRIES, MINUTE_MS
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_PORTAL_CODE

TOKEN_BYTES: Final = 32
TOKEN_MAX: Final = 128
SIGN_IN, BIND, OLD_PHONE, NEW_PHONE = "sign_in", "bind", "old_phone", "new_phone"


class _Content(msgspec.Struct, frozen=True):
    digits: str
    phone: str
    number: str


@dataclass(frozen=True, slots=True)
class New:
    """A code to be sent. `phone` None: nobody's; `number`: the document that was typed."""

    purpose: str
    resident: bytes | None
    phone: str | None
    id_mark: bytes | None = None
    known: bool = False
    number: str = ""
    spoken: bool = False

    def __repr__(self) -> str:
        return f"New({self.purpose})"


@dataclass(frozen=True, slots=True)
class Sent:
    """`token`: for the browser. `held_back`: the telephone has had its codes for now; said only to
    somebody who may know that the telephone is there.
    """

    token: str
    held_back: bool

    def __repr__(self) -> str:
        return "Sent(hidden)"


@dataclass(frozen=True, slots=True)
class Right:
    """The telephone is in hand. `resident`: for whom the code was."""

    resident: bytes
    phone: str

    def __repr__(self) -> str:
        return f"Right({self.resident.hex()})"


@dataclass(frozen=True, slots=True)
class WrongDigits:
    left: int


@dataclass(frozen=True, slots=True)
class Over:
    """Used, expired, tried too often, or no code of this browser."""


def mark_of(token: str) -> bytes:
    return sha256(token.encode())


async def send(tx: Tx, site: Site, new: New) -> Sent:
    """Writes the code down and hands it to the outbox."""
    now, token = site.clock(), secrets.token_urlsafe(TOKEN_BYTES)
    digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    answer = await send_code(
        tx, site, new.phone, digits, CODE_MINUTES, spoken=new.spoken,
        template="sign_in_code" if new.purpose == SIGN_IN else "bind_code",
    )  # fmt: skip
    mark = mark_of(token)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    content = _Content(digits, new.phone or "", new.number)
    sealed = key.seal(site.vault.at(T_PORTAL_CODE, mark), msgspec.json.encode(content))
    row: Row = (
        site.district, mark, new.purpose, new.resident if new.phone else None, new.id_mark,
        new.known, now, now + CODE_MINUTES * MINUTE_MS, 0, None, sealed,
    )  # fmt: skip
    await tx.insert("portal_code", [row])
    return Sent(token, isinstance(answer, TooMany))


async def check(
    tx: Tx, site: Site, token: str, purpose: str, typed: str
) -> Right | WrongDigits | Over:
    """Uses the code up when it is right, counts the try when it is not. Nothing is raised: a
    counted try commits.
    """
    mark, now = mark_of(token[:TOKEN_MAX]), site.clock()
    row = await one(
        tx,
        "SELECT resident, expires_at, tries, used_at, sealed FROM portal_code WHERE district=? AND "
        f"code=? AND purpose=?{locking(tx)}",
        site.district, mark, purpose,
    )  # fmt: skip
    if row is None:
        return Over()
    resident, expires_at, tries, used_at, sealed = row
    if used_at is not None or now >= expires_at or tries >= CODE_TRIES:
        return Over()
    content = await _open(tx, site, mark, sealed)
    right = same(typed.encode(), content.digits.encode())
    if right and resident is not None:
        await _put(tx, site, mark, tries, now)
        return Right(resident, content.phone)
    await _put(tx, site, mark, tries + 1, None)
    left = CODE_TRIES - tries - 1
    return WrongDigits(left) if left else Over()


async def number_of(tx: Tx, site: Site, token: str, purpose: str) -> str | None:
    """The document this browser typed; None where it has no code that still runs."""
    mark = mark_of(token[:TOKEN_MAX])
    row = await one(
        tx,
        "SELECT sealed FROM portal_code WHERE district=? AND code=? AND purpose=? AND "
        "used_at IS NULL AND expires_at>?",
        site.district, mark, purpose, site.clock(),
    )  # fmt: skip
    return (await _open(tx, site, mark, row[0])).number if row is not None else None


async def give_up(tx: Tx, site: Site, token: str) -> None:
    """The browser asked for another one: this one is over."""
    await tx.run(
        "UPDATE portal_code SET used_at=? WHERE district=? AND code=? AND used_at IS NULL",
        site.clock(), site.district, mark_of(token[:TOKEN_MAX]),
    )  # fmt: skip


async def asked_of(tx: Tx, site: Site, resident: bytes, purpose: str, since_ms: int) -> int:
    """How many codes of a purpose were asked for since then."""
    row = await one(
        tx,
        "SELECT COUNT(*) FROM portal_code WHERE district=? AND resident=? AND purpose=? AND "
        "made_at>?",
        site.district, resident, purpose, since_ms,
    )  # fmt: skip
    assert row is not None
    return row[0]


async def _open(tx: Tx, site: Site, mark: bytes, sealed: bytes) -> _Content:
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    plain = key.open(site.vault.at(T_PORTAL_CODE, mark), sealed)
    return msgspec.json.decode(plain, type=_Content)


async def _put(tx: Tx, site: Site, mark: bytes, tries: int, used_at: int | None) -> None:
    await tx.run(
        "UPDATE portal_code SET tries=?, used_at=? WHERE district=? AND code=?",
        tries, used_at, site.district, mark,
    )  # fmt: skip
