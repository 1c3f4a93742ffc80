"""What somebody sees of the own sign-in: telephone, last sign-ins, what the browser may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.actions.keeping.site import Site
from server.actions.residents import drafts
from server.actions.residents.binding import Bound, archives_on, bindings_of
from server.actions.residents.phones import phone_of
from server.actions.residents.visits import EVERYWHERE, Visitor, end_all
from server.rules.sign_in import DAY_MS
from server.store.trail import audit
from server.store.tx import Tx

SHOWN: Final = 5
SESSIONS_MS: Final = 90 * DAY_MS
CODES_MS: Final = DAY_MS
PASSES_MS: Final = 30 * DAY_MS  # after the day they were for


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in. how: code | pass; `here`: this browser's."""

    at: int
    how: str
    here: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The page's content. `phone`: the whole number, to be shown when asked; None where none is
    bound. `others`: how many more archives the telephone opens.
    """

    phone: str | None
    bound: Bound | None
    sign_ins: Sequence[SignIn]
    others: int


async def account_of(site: Site, visitor: Visitor) -> Account:
    """Of the person who is signed in, whosever archive is open."""

    async def read(tx: Tx) -> Account:
        person = visitor.person
        phone = await phone_of(tx, site, person)
        standing = [each for each in await bindings_of(tx, site, person) if each.ended_at is None]
        on = await archives_on(tx, site, site.index.of_phone(phone)) if phone else []
        rows = await tx.rows(
            "SELECT began_at, how, session FROM portal_session WHERE district=? AND person=? "
            "ORDER BY began_at DESC LIMIT ?",
            site.district, person, SHOWN * 4,
        )  # fmt: skip
        seen: dict[int, SignIn] = {}  # a session that was renewed is one sign-in
        for at, how, session in rows:
            here = session == visitor.session or (at in seen and seen[at].here)
            seen[at] = SignIn(at, how, here)
        return Account(
            phone, standing[0] if standing else None, tuple(seen.values())[:SHOWN],
            len(set(on) - {person}),
        )  # fmt: skip

    return await site.store.read(read)


async def out_everywhere(site: Site, visitor: Visitor) -> None:
    """Every session of this person ends, this one too."""

    async def work(tx: Tx) -> None:
        await end_all(tx, site.district, visitor.person, EVERYWHERE)
        await audit(tx, site.district, "act", b"out" + visitor.person, site.clock())

    await site.store.write(work)


async def forget(site: Site) -> int:
    """The job that deletes codes and passes after a day, drafts after theirs, sessions after 90
    days, day passes a month after their day. Returns how many rows.
    """

    async def work(tx: Tx) -> int:
        now, district = site.clock(), site.district
        gone = 0
        for table, column, kept in (
            ("portal_code", "made_at", CODES_MS), ("portal_pass", "made_at", CODES_MS),
            ("portal_draft", "at", drafts.KEEP_MS), ("portal_session", "began_at", SESSIONS_MS),
            ("day_pass", "until", PASSES_MS),
        ):  # fmt: skip
            gone += await tx.run(
                f"DELETE FROM {table} WHERE district=? AND {column}<?", district, now - kept
            )
        return gone

    return await site.store.write(work)
