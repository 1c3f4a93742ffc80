"""Accounts are made by the level above, with a one-time link and never a password.

The link is the only secret that is ever handed over: random, kept as its hash, 72 hours, one use.
Whoever opens it chooses the password and shows a code of the second factor; only then is the
account alive. A reset is the same link again, by a second person, and ends everything the old
password opened.
"""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Final

from crypto.primitives import sha256
from server.actions.accounts import sessions
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import INVITE_HOURS, LOGIN, Place, StaffRole, may_make_at
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY

TOKEN_BYTES: Final = 32
OPERATOR: Final = NOBODY  # acts done at the server's own command line
_HOUR_MS: Final = 3_600_000
_DEEPEST: Final = 8  # levels of the tree that are walked upwards


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link as it is handed over, once. purpose: first | reset."""

    token: str
    staff: bytes
    login: str
    purpose: str
    expires_at: int

    def __repr__(self) -> str:
        return f"Link(staff={self.staff.hex()}, purpose={self.purpose})"


async def make_account(site: Site, signed: Signed, staff: bytes, login: str) -> Link:
    """An account for a member of staff who has none, or whose last one was closed.

    Raises NotYours outside the maker's role and place, RuleSaysNo("login_form", "login_taken",
    "has_account").
    """
    return await site.store.write(
        partial(make_account_in, site=site, signed=signed, staff=staff, login=login)
    )


async def make_account_in(tx: Tx, site: Site, signed: Signed, staff: bytes, login: str) -> Link:
    """The same inside the caller's transaction, after the row of the member of staff."""
    await mine(tx, site, signed, staff)
    return await found_account(tx, site, actor=signed.staff, staff=staff, login=login)


async def found_account(tx: Tx, site: Site, *, actor: bytes, staff: bytes, login: str) -> Link:
    """The account and its first link. Who may is the caller's question."""
    if not LOGIN.fullmatch(login):
        raise RuleSaysNo("login_form")
    taken = await one(
        tx, "SELECT staff FROM account WHERE district=? AND login=?", site.district, login
    )
    if taken is not None and taken[0] != staff:
        raise RuleSaysNo("login_taken")
    old = await one(
        tx, f"SELECT state FROM account WHERE district=? AND staff=?{locking(tx)}",
        site.district, staff,
    )  # fmt: skip
    if old is not None and old[0] != "closed":
        raise RuleSaysNo("has_account")
    now = site.clock()
    row: Row = (site.district, staff, login, "invited", b"", b"", 0, 0, 0, actor, now)
    if old is not None:
        await tx.run("DELETE FROM account WHERE district=? AND staff=?", site.district, staff)
    await tx.insert("account", [row])
    await event(tx, site, staff=staff, actor=actor, what="made")
    return await _link(tx, site, actor=actor, staff=staff, login=login, purpose="first")


async def reset_account(site: Site, signed: Signed, staff: bytes) -> Link:
    """A new link for somebody who lost password or second factor; never for oneself.

    Raises NotYours, RuleSaysNo("no_account").
    """

    async def write(tx: Tx) -> Link:
        await mine(tx, site, signed, staff)
        return await void_account(tx, site, actor=signed.staff, staff=staff)

    return await site.store.write(write)


async def void_account(tx: Tx, site: Site, *, actor: bytes, staff: bytes) -> Link:
    """Old password, second factor, lock and sessions end; a new link begins."""
    row = await one(
        tx, f"SELECT login, state, password FROM account WHERE district=? AND staff=?{locking(tx)}",
        site.district, staff,
    )  # fmt: skip
    if row is None or row[1] == "closed":
        raise RuleSaysNo("no_account")
    login, _, password = row
    await tx.run(
        "UPDATE account SET state='invited', password=?, sealed_totp=?, tries=0, locked_until=0, "
        "changed_at=? WHERE district=? AND staff=?",
        b"", b"", site.clock(), site.district, staff,
    )  # fmt: skip
    await sessions.end_all(tx, site.district, staff, "reset")
    purpose = "reset" if password else await _purpose_before(tx, site, staff)
    await event(tx, site, staff=staff, actor=actor, what="reset")
    return await _link(tx, site, actor=actor, staff=staff, login=login, purpose=purpose)


async def _purpose_before(tx: Tx, site: Site, staff: bytes) -> str:
    """A link that ran out unused is followed by one of its kind."""
    row = await one(
        tx, "SELECT 1 FROM invite WHERE district=? AND staff=? AND used_at IS NOT NULL LIMIT 1",
        site.district, staff,
    )  # fmt: skip
    return "first" if row is None else "reset"


async def close_account(tx: Tx, site: Site, *, actor: bytes, staff: bytes) -> None:
    """Ends the account of somebody who leaves, in the caller's transaction; links and sessions end
    with it. Nothing happens when there is none. Who may is the caller's question.
    """
    closed = await tx.run(
        "UPDATE account SET state='closed', password=?, sealed_totp=?, changed_at=? "
        "WHERE district=? AND staff=? AND state<>'closed'",
        b"", b"", site.clock(), site.district, staff,
    )  # fmt: skip
    await _end_links(tx, site, staff)
    await sessions.end_all(tx, site.district, staff, "closed")
    if closed:
        await event(tx, site, staff=staff, actor=actor, what="closed")


async def _link(
    tx: Tx, site: Site, *, actor: bytes, staff: bytes, login: str, purpose: str
) -> Link:
    await _end_links(tx, site, staff)
    token, now = secrets.token_urlsafe(TOKEN_BYTES), site.clock()
    expires_at = now + INVITE_HOURS * _HOUR_MS
    row: Row = (
        site.district, invite_of(token), staff, purpose, actor, now, expires_at, None,
    )  # fmt: skip
    await tx.insert("invite", [row])
    await event(tx, site, staff=staff, actor=actor, what="link")
    return Link(token, staff, login, purpose, expires_at)


async def _end_links(tx: Tx, site: Site, staff: bytes) -> None:
    now = site.clock()
    await tx.run(
        "UPDATE invite SET expires_at=? WHERE district=? AND staff=? AND used_at IS NULL AND "
        "expires_at>?",
        now, site.district, staff, now,
    )  # fmt: skip


def invite_of(token: str) -> bytes:
    """The key under which a link is kept."""
    return sha256(b"gongwei invite" + token.encode())


async def event(tx: Tx, site: Site, *, staff: bytes, actor: bytes, what: str) -> None:
    """What happened to an account and by whose hand, with its audit leaf."""
    now = site.clock()
    name = new_id(now)
    row: Row = (site.district, name, staff, actor, what, now)
    await tx.insert("account_event", [row])
    await audit(tx, site.district, "act", b"account-" + what.encode() + staff + actor + name, now)


# Place in the tree.


async def place_of(tx: Tx, district: int, facility: bytes) -> Place | None:
    """A facility with everything above it; None for an id of none."""
    above: list[bytes] = []
    level, wanted = "", facility
    for _ in range(_DEEPEST):
        row = await one(
            tx, "SELECT level, parent FROM facility WHERE district=? AND facility=?",
            district, wanted,
        )  # fmt: skip
        if row is None:
            break
        level = level or row[0]
        if row[1] is None:
            break
        wanted = row[1]
        above.append(wanted)
    return Place(facility, level, tuple(above)) if level else None


async def mine(tx: Tx, site: Site, signed: Signed, staff: bytes) -> None:
    """Raises NotYours unless this account is one that `signed` makes and resets: another person's,
    of the level below, in the own place. An id of nobody is answered alike.
    """
    row = await one(
        tx, "SELECT role, facility FROM staff WHERE district=? AND staff=? AND active=?",
        site.district, staff, True,
    )  # fmt: skip
    if row is None or staff == signed.staff:
        raise NotYours
    own = await place_of(tx, site.district, signed.facility)
    at = await place_of(tx, site.district, row[1])
    known = row[0] in set(StaffRole)
    if own is None or at is None or not known:
        raise NotYours
    if not may_make_at(signed.role, own, StaffRole(row[0]), at):
        raise NotYours
