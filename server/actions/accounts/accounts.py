"""Accounts as people see them: those somebody looks after, one's own, what happened to each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts import sessions
from server.actions.accounts.account_link import PASSWORD
from server.actions.accounts.account_making import event, mine
from server.actions.accounts.password_hash import TooManyTries, hash_of, matches
from server.actions.accounts.sessions import IDLE_MS, LONGEST_MS, Signed
from server.actions.keeping.site import Site, district_key_blob
from server.rules.accounts import MAKES, StaffRole
from server.rules.passwords import PasswordFault, fault_of
from server.store.tx import Tx, locking, one
from server.store.vault import NOBODY, T_ACCOUNT, T_STAFF

HISTORY: Final = 50  # events shown of an account
WRONG_PER_MINUTE: Final = 5  # old passwords of one person


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in a list. state: invited | active | closed."""

    staff: bytes
    name: str
    role: StaffRole
    facility: bytes
    facility_name: str
    login: str
    state: str
    locked_until: int  # 0: not locked
    link_until: int  # an unused link is good until then; 0: there is none
    signed_in_at: int  # last time; 0: never
    changed_at: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an account: made, link, set, signed_in, wrong, locked, shut, password,
    sessions, reset, closed. `actor_name` is "" for the server's command line and for unknown
    hands.
    """

    at: int
    what: str
    actor: bytes
    actor_name: str


@dataclass(frozen=True, slots=True)
class Browser:
    """A session that is alive. `own`: of the browser that asks."""

    session: bytes
    began_at: int
    seen_at: int
    own: bool


@dataclass(frozen=True, slots=True)
class Account:
    line: AccountLine
    events: tuple[Event, ...]
    browsers: tuple[Browser, ...]


@dataclass(frozen=True, slots=True)
class NoAccount:
    """A member of staff who has none, or none any more."""

    staff: bytes
    name: str
    role: StaffRole
    facility_name: str


async def accounts_of(site: Site, signed: Signed) -> Mapping[bytes, AccountLine]:
    """Every account of the own place by member of staff: the whole district for the county and
    its auditors, the own facility with its stations and rooms for a manager, else only one's own.
    """

    async def read(tx: Tx) -> Mapping[bytes, AccountLine]:
        if signed.oversees:
            lines = await _lines(tx, site, "", ())
        elif signed.role is StaffRole.MANAGER:
            lines = await _lines(
                tx, site, " AND (w.facility=? OR f.parent=?)", (signed.facility, signed.facility)
            )
        else:
            lines = await _lines(tx, site, " AND a.staff=?", (signed.staff,))
        return {each.staff: each for each in lines}

    return await site.store.read(read)


async def of_roles(site: Site, roles: frozenset[StaffRole]) -> tuple[AccountLine, ...]:
    """Every account of these roles, for the command line."""
    lines = await site.store.read(partial(_lines, site=site, where="", args=()))
    return tuple(each for each in lines if each.role in roles)


async def _lines(
    tx: Tx, site: Site, where: str, args: tuple[object, ...]
) -> tuple[AccountLine, ...]:
    rows = await tx.rows(
        "SELECT a.staff, w.sealed_name, w.role, w.facility, f.name, a.login, a.state, "
        "a.locked_until, (SELECT MAX(i.expires_at) FROM invite i WHERE i.district=a.district AND "
        "i.staff=a.staff AND i.used_at IS NULL), (SELECT e.at FROM account_event e WHERE "
        "e.district=a.district AND e.staff=a.staff AND e.what IN ('signed_in','set') "
        "ORDER BY e.at DESC LIMIT 1), "
        "a.changed_at FROM account a JOIN staff w ON w.district=a.district AND w.staff=a.staff "
        "JOIN facility f ON f.district=w.district AND f.facility=w.facility "
        f"WHERE a.district=?{where} ORDER BY f.name, w.role, a.login",
        site.district, *args,
    )  # fmt: skip
    now, names = site.clock(), await _Names.of(tx, site)
    return tuple(
        AccountLine(
            staff, names.open(staff, sealed), StaffRole(role), facility, place, login, state,
            locked if locked > now else 0, link if link is not None and link > now else 0,
            seen or 0, changed,
        )
        for staff, sealed, role, facility, place, login, state, locked, link, seen, changed in rows
        if role in set(StaffRole)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Names:
    """Opens names of staff, which are sealed in the database."""

    site: Site
    wrapped: bytes

    @classmethod
    async def of(cls, tx: Tx, site: Site) -> "_Names":
        return cls(site, await district_key_blob(tx, site.district))

    def open(self, staff: bytes, sealed: bytes) -> str:
        key = self.site.vault.key(NOBODY, self.wrapped)
        return key.open(self.site.vault.at(T_STAFF, staff), sealed).decode()


async def account_of(site: Site, signed: Signed, staff: bytes) -> Account | NoAccount:
    """One account that `signed` looks after. Raises NotYours."""

    async def read(tx: Tx) -> Account | NoAccount:
        await mine(tx, site, signed, staff)
        row = await one(
            tx,
            "SELECT w.sealed_name, w.role, f.name, a.state FROM staff w JOIN facility f ON "
            "f.district=w.district AND f.facility=w.facility LEFT JOIN account a ON "
            "a.district=w.district AND a.staff=w.staff WHERE w.district=? AND w.staff=?",
            site.district, staff,
        )  # fmt: skip
        assert row is not None, "`mine` has just read it"
        sealed, role, place, state = row
        if state is not None and state != "closed":
            return await _account(tx, site, signed, staff)
        name = (await _Names.of(tx, site)).open(staff, sealed)
        return NoAccount(staff, name, StaffRole(role), place)

    return await site.store.read(read)


async def own_account(site: Site, signed: Signed) -> Account:
    """One's own, with every browser that is signed in."""
    return await site.store.read(partial(_account, site=site, signed=signed, staff=signed.staff))


async def _account(tx: Tx, site: Site, signed: Signed, staff: bytes) -> Account:
    lines = await _lines(tx, site, " AND a.staff=?", (staff,))
    now = site.clock()
    rows = await tx.rows(
        "SELECT session, began_at, seen_at FROM session WHERE district=? AND staff=? AND ended='' "
        "AND seen_at>=? AND began_at>=? ORDER BY seen_at DESC",
        site.district, staff, now - IDLE_MS, now - LONGEST_MS,
    )  # fmt: skip
    browsers = tuple(Browser(name, a, b, name == signed.session) for name, a, b in rows)
    return Account(lines[0], await _events(tx, site, staff), browsers)


async def _events(tx: Tx, site: Site, staff: bytes) -> tuple[Event, ...]:
    rows = await tx.rows(
        "SELECT e.at, e.what, e.actor, w.sealed_name FROM account_event e LEFT JOIN staff w ON "
        "w.district=e.district AND w.staff=e.actor WHERE e.district=? AND e.staff=? "
        "ORDER BY e.at DESC, e.event DESC LIMIT ?",
        site.district, staff, HISTORY,
    )  # fmt: skip
    names = await _Names.of(tx, site)
    return tuple(
        Event(at, what, actor, "" if sealed is None else names.open(actor, sealed))
        for at, what, actor, sealed in rows
    )


def makes_any(signed: Signed) -> bool:
    """Whether there is a role this person makes accounts for."""
    return bool(MAKES[signed.role])


async def change_password(site: Site, signed: Signed, old: str, new: str) -> str | PasswordFault:
    """A new password of one's own: every other browser is signed out and this one gets a fresh
    session, whose token is given back. "" when the old one is wrong, which is noted. Raises
    TooManyTries.
    """
    login, kept = await site.store.read(partial(_own, site=site, staff=signed.staff))
    fault = fault_of(new, login=login, name=signed.name)
    if fault is not None:
        return fault
    wrong_ones = site.pace("old_password", WRONG_PER_MINUTE)
    if wrong_ones.full(signed.staff, site.clock()):
        raise TooManyTries
    if not await matches(old, kept):
        wrong_ones.note(signed.staff, site.clock())
        await site.store.write(
            partial(event, site=site, staff=signed.staff, actor=signed.staff, what="wrong")
        )
        return ""
    made = await hash_of(new)

    async def write(tx: Tx) -> str:
        row = await _own(tx, site=site, staff=signed.staff, lock=True)
        if row[1] != kept:
            return ""
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        sealed = key.seal(site.vault.at(T_ACCOUNT, signed.staff, revision=PASSWORD), made)
        await tx.run(
            "UPDATE account SET password=?, changed_at=? WHERE district=? AND staff=?",
            sealed, site.clock(), site.district, signed.staff,
        )  # fmt: skip
        await sessions.end_all(tx, site.district, signed.staff, "password")
        await event(tx, site, staff=signed.staff, actor=signed.staff, what="password")
        return await sessions.begin(tx, site, signed.staff)

    return await site.store.write(write)


async def _own(tx: Tx, *, site: Site, staff: bytes, lock: bool = False) -> tuple[str, bytes]:
    row = await one(
        tx,
        "SELECT login, password FROM account WHERE district=? AND staff=? AND state='active'"
        f"{locking(tx) if lock else ''}",
        site.district, staff,
    )  # fmt: skip
    if row is None or not row[1]:
        return "", b""
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return row[0], key.open(site.vault.at(T_ACCOUNT, staff, revision=PASSWORD), row[1])


async def end_others(site: Site, signed: Signed, session: bytes | None) -> None:
    """Signs one other browser of one's own out, or all others (None)."""

    async def write(tx: Tx) -> None:
        which = "session<>?" if session is None else "session=?"
        await tx.run(
            "UPDATE session SET ended='signed_out' WHERE district=? AND staff=? AND ended='' AND "
            f"{which}",
            site.district, signed.staff, session or signed.session,
        )  # fmt: skip
        await event(tx, site, staff=signed.staff, actor=signed.staff, what="sessions")

    await site.store.write(write)
