"""Day passes at rest: which browser may show whose code of which checkup day.

A browser has one token, in a cookie of its own that travels to that one page only; each person for
whom it booked is a row. Whether a pass still opens anything (the booking stands, the family link
stands, the archive is open) is asked each time by server/actions/checkup/own_code.py; here a pass
is given, found and ended. Nothing is imported from sessions, which end passes with themselves.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from crypto.primitives import sha256
from server.actions.keeping.site import Site
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx

TOKEN_BYTES: Final = 32
TOKEN_MOST: Final = 128  # signs of a cookie that are looked at
A_BROWSER: Final = 8  # people for whom one browser shows a code: as many as family links
NOT_MINE: Final = "not_mine"
CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Pass:
    """One that has not ended. `until`: ms UTC."""

    name: bytes
    day: bytes
    resident: bytes
    person: bytes
    until: int


def fresh_token() -> str:
    """A token for a browser that has none."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def mark_of(token: str) -> bytes:
    """The key under which a browser is kept; of no token one that nobody has."""
    return sha256(b"day pass" + token[:TOKEN_MOST].encode())


async def give(
    tx: Tx, site: Site, token: str, *, day: bytes, resident: bytes, person: bytes, session: bytes,
    until: int,
) -> None:  # fmt: skip
    """This browser shows this person's code of this day until then. Given twice it is one: the
    second time says in whose session it was given and until when.
    """
    now, mark = site.clock(), mark_of(token)
    changed = await tx.run(
        "UPDATE day_pass SET person=?, session=?, until=?, ended='' WHERE district=? AND mark=? "
        "AND day=? AND resident=?",
        person, session, until, site.district, mark, day, resident,
    )  # fmt: skip
    if changed:
        return
    if len(await standing(tx, site, token)) >= A_BROWSER:
        return
    name = new_id(now)
    row: Row = (site.district, mark, day, resident, name, person, session, now, until, "")
    await tx.insert("day_pass", [row])
    await audit(tx, site.district, "act", b"day-pass" + resident + name, now)


async def standing(tx: Tx, site: Site, token: str) -> tuple[Pass, ...]:
    """The passes of this browser that have not ended, the day that ends first in front."""
    if not token or len(token) > TOKEN_MOST:
        return ()
    rows = await tx.rows(
        "SELECT name, day, resident, person, until FROM day_pass WHERE district=? AND mark=? AND "
        "ended='' AND until>? ORDER BY until, name",
        site.district, mark_of(token), site.clock(),
    )  # fmt: skip
    return tuple(Pass(*row) for row in rows)


async def end_browser(tx: Tx, site: Site, token: str) -> None:
    """这不是我的手机: every pass of this browser ends."""
    await _end(tx, site.district, NOT_MINE, "mark=?", mark_of(token))


async def end_session(tx: Tx, district: int, session: bytes, why: str) -> None:
    """Signing out takes along what was given in that session."""
    await _end(tx, district, why, "session=?", session)


async def end_person(tx: Tx, district: int, person: bytes, why: str) -> None:
    """Whatever ends all sessions of somebody ends the passes they were given."""
    await _end(tx, district, why, "person=?", person)


async def end_booking(tx: Tx, district: int, day: bytes, resident: bytes) -> None:
    """Cancelled: no browser shows this person's code of this day any more."""
    await _end(tx, district, CANCELLED, "day=? AND resident=?", day, resident)


async def _end(tx: Tx, district: int, why: str, which: str, *args: bytes) -> None:
    await tx.run(
        f"UPDATE day_pass SET ended=? WHERE district=? AND ended='' AND {which}",
        why, district, *args,
    )  # fmt: skip
