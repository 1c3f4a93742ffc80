"""Sign-in: login, password and a code of the second factor in one go, with one answer for whatever
was wrong.

A login that does not exist takes the same way: a password is hashed, a leaf is written. That an
account is shut is said only to somebody who had everything right, because whoever guesses would
learn from it. Names of logins stand in no log.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts import second_factor, sessions
from server.actions.accounts.account_link import PASSWORD, TOTP
from server.actions.accounts.account_making import event
from server.actions.accounts.password_hash import TooManyTries, matches
from server.actions.keeping.site import Site, district_key_blob
from server.rules.accounts import StaffRole, lock_minutes, tries_left_standing
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY, T_ACCOUNT

WRONG_PER_MINUTE: Final = 20  # of one address, which may be a whole facility's
_MINUTE_MS: Final = 60_000
_SELECT: Final = (
    "SELECT a.staff, a.password, a.sealed_totp, a.totp_step, a.tries, a.locked_until, w.role "
    "FROM account a JOIN staff w ON w.district=a.district AND w.staff=a.staff AND w.active=? "
    "WHERE a.district=? AND a.login=? AND a.state='active'"
)


@dataclass(frozen=True, slots=True)
class In:
    """Signed in. The token is for the cookie."""

    token: str
    staff: bytes
    role: StaffRole

    def __repr__(self) -> str:
        return f"In(staff={self.staff.hex()})"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Unknown, closed, not yet set up, or something of the three is not right."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Everything was right, and the account is locked until then."""

    until: int


async def sign_in(
    site: Site, *, login: str, password: str, code: str, address: str, old: str = ""
) -> In | Wrong | Shut:
    """`old`: the token of a session this browser had; it ends. Raises TooManyTries."""
    now, place = site.clock(), address.encode()
    wrong_ones = site.pace("sign_in", WRONG_PER_MINUTE)
    if wrong_ones.full(place, now):
        raise TooManyTries
    name = login.strip().casefold()
    kept = await site.store.read(partial(_kept, site=site, login=name))
    right = await matches(password, kept)
    answer = await site.store.write(
        partial(_settle, site=site, login=name, kept=kept, right=right, code=code, old=old)
    )
    if not isinstance(answer, In):
        wrong_ones.note(place, now)
    return answer


async def _kept(tx: Tx, *, site: Site, login: str) -> bytes:
    """The stored hash of a login; b"" when nobody can sign in with it."""
    row = await one(tx, _SELECT, True, site.district, login)
    if row is None:
        return b""
    return await _open(tx, site, row[0], row[1], PASSWORD)


async def _open(tx: Tx, site: Site, staff: bytes, sealed: bytes, which: int) -> bytes:
    if not sealed:
        return b""
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return key.open(site.vault.at(T_ACCOUNT, staff, revision=which), sealed)


async def _settle(
    tx: Tx, *, site: Site, login: str, kept: bytes, right: bool, code: str, old: str
) -> In | Wrong | Shut:
    """Counts or lets in, under the account's lock. Nothing is raised: a counted try commits."""
    now = site.clock()
    lock = f"{locking(tx)} OF a" if locking(tx) else ""
    row = await one(tx, _SELECT + lock, True, site.district, login)
    if row is None:
        await audit(tx, site.district, "act", b"sign-in-unknown", now)
        return Wrong()
    staff, sealed, sealed_totp, last, _, locked_until, role = row
    secret = (await _open(tx, site, staff, sealed_totp, TOTP)).decode()
    step = second_factor.step_of(secret, code, now_ms=now, after=last) if secret else None
    # The password was compared before this lock: a reset in between counts.
    unchanged = await _open(tx, site, staff, sealed, PASSWORD) == kept
    if not (right and unchanged and step is not None):
        return await _count(tx, site, row)
    if now < locked_until:
        await _put(tx, site, staff, totp_step=step)
        await event(tx, site, staff=staff, actor=staff, what="shut")
        return Shut(locked_until)
    await _put(tx, site, staff, totp_step=step, tries=0, locked_until=0)
    await event(tx, site, staff=staff, actor=staff, what="signed_in")
    return In(await sessions.renew(tx, site, staff, old), staff, StaffRole(role))


async def _count(tx: Tx, site: Site, row: Row) -> Wrong:
    """A wrong one. While the account is shut it changes nothing, so nobody can be kept out for
    ever by others' guesses.
    """
    now, (staff, _, _, _, tries, locked_until, _) = site.clock(), row
    if now < locked_until:
        await audit(tx, site.district, "act", b"sign-in-while-shut" + staff, now)
        return Wrong()
    quiet = (now - max(locked_until, await _last_wrong(tx, site, staff))) // _MINUTE_MS
    tries = tries_left_standing(tries, quiet)
    minutes = lock_minutes(tries + 1)
    until = now + minutes * _MINUTE_MS if minutes else 0
    await _put(tx, site, staff, tries=tries + 1, locked_until=until)
    await event(tx, site, staff=staff, actor=NOBODY, what="locked" if minutes else "wrong")
    return Wrong()


async def _last_wrong(tx: Tx, site: Site, staff: bytes) -> int:
    """When the last wrong try at signing in was counted; 0: never."""
    row = await one(
        tx,
        "SELECT at FROM account_event WHERE district=? AND staff=? AND actor=? AND "
        "what IN ('wrong','locked') ORDER BY at DESC LIMIT 1",
        site.district, staff, NOBODY,
    )  # fmt: skip
    return row[0] if row else 0


async def _put(tx: Tx, site: Site, staff: bytes, **values: int) -> None:
    sets = ", ".join(f"{name}=?" for name in values)
    await tx.run(
        f"UPDATE account SET {sets} WHERE district=? AND staff=?",
        *values.values(), site.district, staff,
    )  # fmt: skip
