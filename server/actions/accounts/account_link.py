"""A one-time link is opened: the person chooses a password, shows a code of the second factor, and
is signed in.

Looking at the page uses nothing up, so a preview or a second look does no harm. Each look makes a
secret of its own for the second factor; between the two steps it travels with the password's hash
in the page, sealed: nothing is written down before the last step, and who merely saw the link never
sees the secret that counts in the end.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from crypto.columns import ColumnRefused
from server.actions.accounts import second_factor, sessions
from server.actions.accounts.account_making import event, invite_of
from server.actions.accounts.password_hash import hash_of
from server.actions.keeping.site import Site, district_key_blob
from server.errors import Refusal
from server.rules.accounts import StaffRole
from server.rules.passwords import PasswordFault, fault_of
from server.store.tx import Tx, locking, one
from server.store.vault import NOBODY, T_ACCOUNT, T_STAFF

TOTP, PASSWORD, CARRIED = 0, 1, 2  # revisions of a place: what of the account is sealed there
CARRIED_MAX: Final = 2_048
CARRIED_MS: Final = 60 * 60_000


class LinkOver(Refusal):
    """Unknown, used, expired or replaced: one answer for all."""

    code = "link_over"
    status = 410
    say = "这个链接不能用了：已经用过、过期，或换了新的。请给您账号的人再发一个。"
    hint = "Who made the account makes a new link on its page, or `admin reset LOGIN`."


@dataclass(frozen=True, slots=True)
class Invited:
    """Whose link it is, as the page says it."""

    staff: bytes
    name: str
    login: str
    role: StaffRole
    facility_name: str
    purpose: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """The second step: the secret to scan, and what the page carries to the last one."""

    secret: str
    uri: str
    carried: str

    def __repr__(self) -> str:
        return "Prepared(hidden)"


class _Carried(msgspec.Struct, frozen=True, gc=False):
    password: bytes
    secret: str
    at: int


async def invited(site: Site, token: str) -> Invited:
    """Raises LinkOver."""
    found = await site.store.read(partial(_invited, site=site, token=token))
    if found is None:
        raise LinkOver
    return found


async def _invited(tx: Tx, site: Site, token: str, *, lock: bool = False) -> Invited | None:
    row = await one(
        tx,
        "SELECT i.staff, i.purpose, i.expires_at, a.login, w.role, w.sealed_name, f.name "
        "FROM invite i JOIN account a ON a.district=i.district AND a.staff=i.staff "
        "JOIN staff w ON w.district=i.district AND w.staff=i.staff "
        "JOIN facility f ON f.district=w.district AND f.facility=w.facility "
        "WHERE i.district=? AND i.invite=? AND i.used_at IS NULL AND i.expires_at>? "
        f"AND a.state='invited' AND w.active=?{_both(tx) if lock else ''}",
        site.district, invite_of(token), site.clock(), True,
    )  # fmt: skip
    if row is None:
        return None
    staff, purpose, expires_at, login, role, sealed, place = row
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    name = key.open(site.vault.at(T_STAFF, staff), sealed).decode()
    return Invited(staff, name, login, StaffRole(role), place, purpose, expires_at)


def _both(tx: Tx) -> str:
    """A link that is being replaced meanwhile is waited for, and then is over."""
    return f"{locking(tx)} OF i, a" if locking(tx) else ""


async def prepare(site: Site, token: str, password: str) -> Prepared | PasswordFault:
    """The first step. Raises LinkOver, TooManyTries."""
    who = await invited(site, token)
    fault = fault_of(password, login=who.login, name=who.name)
    if fault is not None:
        return fault
    secret = second_factor.new_secret()
    carried = _Carried(await hash_of(password), secret, site.clock())

    async def seal(tx: Tx) -> bytes:
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        place = site.vault.at(T_ACCOUNT, invite_of(token), revision=CARRIED)
        return key.seal(place, msgspec.msgpack.encode(carried))

    sealed = base64.urlsafe_b64encode(await site.store.read(seal)).decode()
    return Prepared(secret, second_factor.uri_of(secret, who.login), sealed)


async def again(site: Site, token: str, carried: str) -> Prepared:
    """The second step once more, after a wrong code. Raises LinkOver."""
    who = await invited(site, token)
    found = await site.store.read(partial(_open, site=site, token=token, carried=carried))
    uri = second_factor.uri_of(found.secret, who.login)
    return Prepared(found.secret, uri, carried)


async def finish(site: Site, token: str, carried: str, code: str, old: str = "") -> str | None:
    """The last step: the account is alive, the link used up, a session begun; its token for the
    cookie, or None when the code is wrong. `old`: the token of a session this browser had.

    Raises LinkOver.
    """

    async def write(tx: Tx) -> str | None:
        who = await _invited(tx, site, token, lock=True)
        if who is None:
            raise LinkOver
        kept = await _open(tx, site=site, token=token, carried=carried)
        now = site.clock()
        step = second_factor.step_of(kept.secret, code, now_ms=now, after=0)
        if step is None:
            return None
        await _bring_alive(tx, site, who, kept, step)
        await tx.run(
            "UPDATE invite SET used_at=? WHERE district=? AND invite=?",
            now, site.district, invite_of(token),
        )  # fmt: skip
        await event(tx, site, staff=who.staff, actor=who.staff, what="set")
        return await sessions.renew(tx, site, who.staff, old)

    return await site.store.write(write)


async def _bring_alive(tx: Tx, site: Site, who: Invited, kept: _Carried, step: int) -> None:
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    at = site.vault.at
    await tx.run(
        "UPDATE account SET state='active', password=?, sealed_totp=?, totp_step=?, tries=0, "
        "locked_until=0, changed_at=? WHERE district=? AND staff=?",
        key.seal(at(T_ACCOUNT, who.staff, revision=PASSWORD), kept.password),
        key.seal(at(T_ACCOUNT, who.staff, revision=TOTP), kept.secret.encode()),
        step, site.clock(), site.district, who.staff,
    )  # fmt: skip


async def _open(tx: Tx, *, site: Site, token: str, carried: str) -> _Carried:
    """What the page carried; one that is not ours, or older than an hour, begins anew."""
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    place = site.vault.at(T_ACCOUNT, invite_of(token), revision=CARRIED)
    try:
        if len(carried) > CARRIED_MAX:
            raise LinkOver
        sealed = base64.urlsafe_b64decode(carried.encode())
        found = msgspec.msgpack.decode(key.open(place, sealed), type=_Carried)
    except (ColumnRefused, binascii.Error, ValueError, msgspec.DecodeError):
        raise LinkOver from None
    if site.clock() - found.at > CARRIED_MS:
        raise LinkOver
    return found
