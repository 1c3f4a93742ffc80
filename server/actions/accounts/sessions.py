"""Sessions of the console: begun after both factors, told by the hash of a random token, ended by
sign-out, by time, or by whoever ends the account.

The token lives in the browser's cookie only. A session that ran out idle still says whose it was,
so that what was typed can be kept for that person (see drafts).
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from crypto.primitives import hmac_sha256, sha256
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import civil_day
from server.rules.accounts import IDLE_MINUTES, SESSION_HOURS, StaffRole
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_STAFF

TOKEN_BYTES: Final = 32
MINUTE_MS: Final = 60_000
SEEN_EVERY_MS: Final = MINUTE_MS  # `seen_at` is written at most this often
IDLE_MS: Final = IDLE_MINUTES * MINUTE_MS
LONGEST_MS: Final = SESSION_HOURS * 60 * MINUTE_MS


PLACE: Final = "CASE WHEN f.level IN ('station','room') THEN f.parent ELSE f.facility END"
"""Of a row `f` of facility: the facility whose residents are served there. Stations and village
rooms work under theirs (S001-art23).
"""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in, as every page needs it. Read from the database at each request.

    `facility`: the one whose residents are served, also for somebody at a station or village room;
    `facility_name` and `level` are of the place itself.
    """

    staff: bytes
    name: str
    role: StaffRole
    facility: bytes
    facility_name: str
    level: str
    panels: frozenset[bytes]
    restricted: bool
    session: bytes
    csrf: str

    @property
    def oversees(self) -> bool:
        """Sees every facility of the district."""
        return self.role in (StaffRole.CITY, StaffRole.COUNTY, StaffRole.AUDITOR)

    def __repr__(self) -> str:
        return f"Signed(staff={self.staff.hex()}, role={self.role})"


@dataclass(frozen=True, slots=True)
class RanOut:
    """A session that ended by time; whose it was, and in which capacity."""

    staff: bytes
    role: StaffRole


def csrf_of(token: str) -> str:
    """What a form of this session carries; nothing of the token can be learned from it."""
    return hmac_sha256(token.encode(), b"gongwei form")[:16].hex()


def name_of(token: str) -> bytes:
    """The key under which a session is kept."""
    return sha256(token.encode())


async def begin(tx: Tx, site: Site, staff: bytes) -> str:
    """A fresh session; the token for the cookie. Called after both factors were right."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), site.clock()
    row: Row = (site.district, name_of(token), staff, now, now, "")
    await tx.insert("session", [row])
    await audit(tx, site.district, "act", b"signed-in" + staff, now)
    return token


async def renew(tx: Tx, site: Site, staff: bytes, old: str) -> str:
    """A fresh session in place of the one this browser had (`old`: its token, or "")."""
    await tx.run(
        "UPDATE session SET ended='renewed' WHERE district=? AND session=? AND ended=''",
        site.district, name_of(old),
    )  # fmt: skip
    return await begin(tx, site, staff)


async def signed_in(site: Site, token: str) -> Signed | RanOut | None:
    """Who the cookie's token belongs to; None for a token of nobody or of a session that was
    ended.
    """
    if not token or len(token) > 128:
        return None
    now, name = site.clock(), name_of(token)
    found = await site.store.read(partial(_read, site=site, name=name, csrf=csrf_of(token)))
    if found is None:
        return None
    signed, began_at, seen_at = found
    if now - seen_at > IDLE_MS or now - began_at > LONGEST_MS:
        return RanOut(signed.staff, signed.role)
    if now - seen_at > SEEN_EVERY_MS:
        await site.store.write(
            lambda tx: tx.run(
                "UPDATE session SET seen_at=? WHERE district=? AND session=? AND ended=''",
                now, site.district, name,
            )
        )  # fmt: skip
    return signed


async def looking(site: Site, token: str) -> Signed | None:
    """Who a page belongs to that is only looked at: a board in a hall, which nobody touches for
    hours. It neither ends with idleness nor keeps the session from ending by it; a sign-out, the
    account's end and the longest hour of a session end it.
    """
    if not token or len(token) > 128:
        return None
    name = name_of(token)
    found = await site.store.read(partial(_read, site=site, name=name, csrf=csrf_of(token)))
    return found[0] if found is not None and site.clock() - found[1] <= LONGEST_MS else None


async def still_looking(
    site: Site, names: Collection[bytes]
) -> Mapping[bytes, tuple[StaffRole, bytes]]:
    """Role and facility of those of these sessions that may go on looking."""

    async def read(tx: Tx) -> Sequence[Row]:
        return await tx.rows_in(
            f"SELECT s.session, w.role, {PLACE} FROM session s "
            "JOIN account a ON a.district=s.district AND a.staff=s.staff AND a.state='active' "
            "JOIN staff w ON w.district=s.district AND w.staff=s.staff AND w.active=? "
            "JOIN facility f ON f.district=w.district AND f.facility=w.facility "
            "WHERE s.district=? AND s.ended='' AND s.began_at>=? AND s.session {ids}",
            sorted(names), True, site.district, site.clock() - LONGEST_MS,
        )  # fmt: skip

    rows = await site.store.read(read) if names else ()
    return {name: (StaffRole(role), facility) for name, role, facility in rows}


async def _read(tx: Tx, site: Site, name: bytes, csrf: str) -> tuple[Signed, int, int] | None:
    row = await one(
        tx,
        f"SELECT s.staff, s.began_at, s.seen_at, w.role, {PLACE}, w.panel, w.restricted, "
        "w.sealed_name, f.name, f.level FROM session s "
        "JOIN account a ON a.district=s.district AND a.staff=s.staff AND a.state='active' "
        "JOIN staff w ON w.district=s.district AND w.staff=s.staff AND w.active=? "
        "JOIN facility f ON f.district=w.district AND f.facility=w.facility "
        "WHERE s.district=? AND s.session=? AND s.ended=''",
        True, site.district, name,
    )  # fmt: skip
    if row is None:
        return None
    staff, began_at, seen_at, role, facility, panel, restricted, sealed, place, level = row
    panels = await panels_of(tx, site, staff, panel)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    said = key.open(site.vault.at(T_STAFF, staff), sealed).decode()
    signed = Signed(
        staff=staff, name=said, role=StaffRole(role), facility=facility, facility_name=place,
        level=level, panels=panels, restricted=bool(restricted), session=name, csrf=csrf,
    )  # fmt: skip
    return signed, began_at, seen_at


async def panels_of(tx: Tx, site: Site, staff: bytes, own: bytes | None) -> frozenset[bytes]:
    """The panels somebody serves today: the own one, as a member of the team, as a locum."""
    today = civil_day(site.clock()).isoformat()
    rows = await tx.rows(
        "SELECT panel FROM team_member WHERE district=? AND staff=? AND from_day<=? AND "
        "(until_day IS NULL OR until_day>?)",
        site.district, staff, today, today,
    )  # fmt: skip
    return frozenset({*(row[0] for row in rows), *(() if own is None else (own,))})


async def end(site: Site, session: bytes, why: str = "signed_out") -> None:
    """Ends one session."""
    await site.store.write(
        lambda tx: tx.run(
            "UPDATE session SET ended=? WHERE district=? AND session=? AND ended=''",
            why, site.district, session,
        )
    )  # fmt: skip


async def end_all(tx: Tx, district: int, staff: bytes, why: str) -> None:
    """Ends every session of somebody, in the caller's transaction."""
    await tx.run(
        "UPDATE session SET ended=? WHERE district=? AND staff=? AND ended=''", why, district, staff
    )
