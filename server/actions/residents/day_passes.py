"""Day passes at rest: which browser may show whose code of which checkup day.

A browser has one token, in a cookie of its own that travels to that one page only; each person for
whom it booked is a row. Whether a pass still opens anything (the booking stands, the family link
stands, the archive is open) is asked each time by server/actions/checkup/own_code.py; here a pass
is given, found and ended. Nothing is imported from sessions, which end passes with themselves.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final

from crypto.primitives import sha256
from server.actions.keeping.site import Site
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx

TOKEN_BYTES: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
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


def is_token(token: str) -> bool:
    """Whether a cookie may be one of ours."""
    return _TOKEN.fullmatch(token) is not None


def mark_of(token: str) -> bytes:
    """The key under which a browser is kept."""
    return sha256(b"day pass" + token.encode())


async def give(
    tx: Tx, site: Site, token: str, *, day: bytes, resident: bytes, person: bytes, session: bytes,
    until: int,
) -> str:  # fmt: skip
    """This browser shows this person's code of this day until then; the token it has from now on.

    What is new comes with a fresh token, to which the browser's others move: a token that somebody
    planted here opens nothing afterwards.
    """
    now, district, mark = site.clock(), site.district, mark_of(token)
    same = await tx.run(
        "UPDATE day_pass SET session=?, until=? WHERE district=? AND mark=? AND day=? AND "
        "resident=? AND person=? AND ended=''",
        session, until, district, mark, day, resident, person,
    )  # fmt: skip
    if same:
        return token
    kept, fresh = await standing(tx, site, token), fresh_token()
    for each in kept[A_BROWSER - 1 :]:
        await tx.run("DELETE FROM day_pass WHERE district=? AND name=?", district, each.name)
    await tx.run(
        "DELETE FROM day_pass WHERE district=? AND mark=? AND day=? AND resident=?",
        district, mark, day, resident,
    )  # fmt: skip
    if kept:
        await tx.run(
            "UPDATE day_pass SET mark=? WHERE district=? AND mark=? AND ended=''",
            mark_of(fresh), district, mark,
        )  # fmt: skip
    name = new_id(now)
    row: Row = (district, mark_of(fresh), day, resident, name, person, session, now, until, "")
    await tx.insert("day_pass", [row])
    await audit(tx, district, "act", b"day-pass" + resident + name, now)
    return fresh


async def standing(tx: Tx, site: Site, token: str) -> tuple[Pass, ...]:
    """The passes of this browser that have not ended, the day that ends first in front."""
    if not is_token(token):
        return ()
    rows = await tx.rows(
        "SELECT name, day, resident, person, until FROM day_pass WHERE district=? AND mark=? AND "
        "ended='' AND until>? ORDER BY until, name",
        site.district, mark_of(token), site.clock(),
    )  # fmt: skip
    return tuple(Pass(*row) for row in rows)


async def given_to(
    tx: Tx, site: Site, person: bytes, resident: bytes, name: bytes
) -> tuple[Pass, ...]:
    """The one of that name, where this person was given it for this resident."""
    rows = await tx.rows(
        "SELECT name, day, resident, person, until FROM day_pass WHERE district=? AND person=? AND "
        "resident=? AND name=? AND ended='' AND until>?",
        site.district, person, resident, name, site.clock(),
    )  # fmt: skip
    return tuple(Pass(*row) for row in rows)


async def last_until(tx: Tx, site: Site, name: bytes, until: int) -> None:
    """Its day is another one now."""
    await tx.run(
        "UPDATE day_pass SET until=? WHERE district=? AND name=?", until, site.district, name
    )


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
