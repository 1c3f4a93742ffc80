"""Opening an archive at a desk: own panel, own facility with a reason, elsewhere with a purpose.

Each page asks the gate (server/access.py) anew. A reason that was given holds for half an hour,
kept sealed under the resident's own key beside the row of the access log, so that the resident can
be shown it; another reason is another row, and none is ever replaced. Of an emergency the resident
is told afterwards, whether they look or not.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from server.access import Asking, Opened, classes_of, living, open_archive
from server.actions.accounts.account_making import event
from server.actions.accounts.sessions import Signed
from server.actions.archives.search import exact, how_of
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.tablets.intake import civil_day
from server.actions.tablets.pace import HOUR_MS
from server.errors import NotAllowed, NotFound, NotYours, Refusal
from server.rules.access import GUESTS_PER_HOUR, Actor, Ground, Role
from server.rules.accounts import StaffRole
from server.rules.consent import Purpose
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import T_REASON

SAME_MS: Final = 30 * 60_000  # pages turned within this are one opening; a reason holds as long
REASON_MAX: Final = 200


class TooManyGuests(Refusal):
    """One member of staff asked for more people of elsewhere within an hour than anybody serves."""

    code = "too_many_guests"
    status = 429
    say = f"一小时内最多按号码查 {GUESTS_PER_HOUR} 位外面来的居民，这次没有打开。请稍后再试。"
    hint = "Noted for the county's auditors; see server/rules/access.py for the reason."


@dataclass(frozen=True, slots=True)
class Given:
    """Why somebody wants to open an archive, in their own words. `present`: document seen."""

    purpose: Purpose
    reason: str = ""
    present: bool = False


@dataclass(frozen=True, slots=True)
class AskWhy:
    """The gate stays shut until a reason is given; the archive is of the own facility, or the
    asker is the county.
    """

    resident: bytes


def actor_of(signed: Signed) -> Actor:
    """Somebody who is signed in, as the gate's rule knows them: locums count as their team."""
    if signed.role is StaffRole.COUNTY:
        return Actor(Role.COUNTY, signed.staff)
    kind = Role.TEAM if signed.panels else Role.STAFF
    if signed.restricted:
        kind = Role.SPECIALIST
    return Actor(kind, signed.staff, signed.facility, signed.panels)


async def open_for(
    site: Site, signed: Signed, resident: bytes, given: Given | None = None
) -> Opened | AskWhy:
    """Opens it. Raises NotYours, after the refusal is logged: for an id of another facility
    without a ground as for an id of nobody.
    """
    opened = await site.store.write(
        partial(_ask, site=site, signed=signed, resident=resident, given=given)
    )
    if isinstance(opened, NotYours):
        raise opened
    return opened


async def _ask(
    tx: Tx, site: Site, signed: Signed, resident: bytes, given: Given | None
) -> Opened | AskWhy | NotYours:
    now = site.clock()
    resident = await living(tx, site.district, resident)
    row = await one(
        tx,
        "SELECT facility FROM resident WHERE district=? AND resident=?",
        site.district,
        resident,
    )
    if row is None:
        return NotYours("resident")
    held = await _still_holds(tx, site, signed, resident, now)
    before, since = held if held is not None else (None, now)
    if given is not None:
        given, since = replace(given, reason=given.reason[:REASON_MAX]), now
    why = given or before or usual(signed)
    asking = Asking(actor_of(signed), why.purpose, why.reason, why.present)
    same_ms = SAME_MS if why == before or before is None else 0
    opened = await open_archive(tx, site.vault, resident, asking, now, same_ms=same_ms)
    if isinstance(opened, NotAllowed):
        ours = row[0] == signed.facility or signed.role is StaffRole.COUNTY
        return AskWhy(resident) if ours else NotYours("resident")
    if opened.fresh and (given or before) is not None:
        await keep_reason(tx, site, signed, opened, why, since)
    if opened.fresh and opened.ground == Ground.EMERGENCY:
        await tell(
            tx, site, opened.resident, "emergency_opened", about=opened.entry,
            facility=signed.facility, day=civil_day(now),
        )  # fmt: skip
    return opened


async def still_open(
    tx: Tx, site: Site, signed: Signed, resident: bytes, given: Given | None
) -> bool:
    """Whether the gate lets this person in now, asked in the transaction of an act. The opening
    that came before it was logged.
    """
    now = site.clock()
    held = await _still_holds(tx, site, signed, resident, now)
    why = given or (held[0] if held is not None else usual(signed))
    asking = Asking(actor_of(signed), why.purpose, why.reason, why.present)
    return "A" in await classes_of(tx, site.vault, resident, asking, now)


def usual(signed: Signed) -> Given:
    """What is asked for when nothing was said."""
    return Given(Purpose.REVIEW if signed.role is StaffRole.COUNTY else Purpose.SERVICE)


async def _still_holds(
    tx: Tx, site: Site, signed: Signed, resident: bytes, now: int
) -> tuple[Given, int] | None:
    """What this person said last, and when; None after half an hour."""
    row = await one(
        tx,
        "SELECT o.purpose, o.present, o.entry, o.sealed, r.key, o.at FROM opening_reason o "
        "JOIN resident r ON r.district=o.district AND r.resident=o.resident "
        "WHERE o.district=? AND o.resident=? AND o.staff=? AND o.at>? "
        "ORDER BY o.at DESC, o.entry DESC LIMIT 1",
        site.district, resident, signed.staff, now - SAME_MS,
    )  # fmt: skip
    if row is None:
        return None
    purpose, present, entry, sealed, wrapped, at = row
    key = site.vault.key(resident, wrapped)
    reason = key.open(site.vault.at(T_REASON, entry, resident), sealed).decode()
    return Given(Purpose(purpose), reason, bool(present)), at


async def keep_reason(
    tx: Tx, site: Site, signed: Signed, opened: Opened, given: Given, at: int
) -> None:
    """Beside the row that this opening wrote. `at`: when it was said."""
    who, entry = opened.resident, opened.entry
    (found,) = await tx.rows(
        "SELECT key FROM resident WHERE district=? AND resident=?", site.district, who
    )
    place = site.vault.at(T_REASON, entry, who)
    sealed = site.vault.key(who, found[0]).seal(place, given.reason.encode())
    row: Row = (
        site.district, entry, who, signed.staff, at, given.purpose.value, given.present, sealed,
    )  # fmt: skip
    await tx.insert("opening_reason", [row])
    await audit(tx, site.district, "act", b"reason" + who + entry, site.clock())


async def open_by_number(site: Site, signed: Signed, number: str, given: Given) -> Opened:
    """The archive with this whole document or archive number, of any facility, with a purpose.

    Raises NotFound for a number of nobody, NotAllowed where the gate stays shut (logged),
    TooManyGuests (an event of the account).
    """
    now = site.clock()
    guests = site.pace("guests", GUESTS_PER_HOUR, HOUR_MS)
    said = site.pace("guests_said", 1, HOUR_MS)  # one event an hour is enough for its readers
    if guests.full(signed.staff, now):
        if not said.full(signed.staff, now):
            said.note(signed.staff, now)
            await site.store.write(
                partial(event, site=site, staff=signed.staff, actor=signed.staff, what="guests")
            )
        raise TooManyGuests
    guests.note(signed.staff, now)
    found = await site.store.write(
        partial(_by_number, site=site, signed=signed, number=number, given=given)
    )
    if isinstance(found, (NotFound, NotAllowed)):
        raise found
    return found


async def _by_number(
    tx: Tx, site: Site, signed: Signed, number: str, given: Given
) -> Opened | NotFound | NotAllowed:
    how = how_of(number)
    if how not in ("number", "archive"):
        return NotFound("number")
    await audit(tx, site.district, "act", b"number" + signed.staff, site.clock())
    ids = await exact(tx, site, how, number, None)
    if not ids:
        return NotFound("number")
    opened = await _ask(tx, site, signed, ids[0], given)
    return opened if isinstance(opened, Opened) else NotAllowed("number")
