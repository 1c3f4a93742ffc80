"""The first opening: the notice is agreed to, and taken back; class B is explained face to face.

Agreeing is one tap and so is taking it back. Nothing else depends on it: services go on as before.
"""

from dataclasses import dataclass
from typing import Final, Literal

from server.access import Asking, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.opening import actor_of
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.visits import birth_of, tie_now
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, RuleSaysNo
from server.rules import first_notice
from server.rules.access import Tie, age_years
from server.rules.consent import Purpose
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

ASSISTED: Final = "notice"
ASKED_SINCE: Final = "asked_since"


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent that stands. `staff`: who wrote it down at a desk; None in the portal."""

    person: bytes
    version: str
    at: int
    staff: bytes | None


async def agree(tx: Tx, site: Site, acting: Acting, at: int | None = None) -> None:
    """The person has read the notice in force and agrees. Once is enough; an older text's consent
    ends. `at`: when it was signed, of one that arrives later: what was taken back since stays so.
    Raises NotFound, RuleSaysNo with a value of first_notice.NotYours or ASKED_SINCE.
    """
    await _held(tx, site, acting.resident)
    await _check(tx, site, acting)
    standing, version, now = await agreed_of(tx, site, acting.resident), _version(), site.clock()
    if standing is not None and (standing.version, standing.person) == (version, acting.person):
        return
    said = now if at is None else at
    if await _said_since(tx, site, acting.resident, "ended_at", said):
        raise RuleSaysNo(ASKED_SINCE)
    await _end(tx, site, acting.resident, now)
    opening = new_id(now)
    staff = acting.helper.staff if acting.helper is not None else None
    row: Row = (
        site.district, acting.resident, opening, version, acting.person, staff, said, None,
    )  # fmt: skip
    await tx.insert("first_opening", [row])
    detail = b"first-opening" + acting.resident + opening + acting.person + version.encode()
    await audit(tx, site.district, "act", detail, now)
    await assisted(tx, site, acting, ASSISTED, opening)


async def withdraw(tx: Tx, site: Site, acting: Acting, at: int | None = None) -> None:
    """Nothing is shown any more until somebody agrees anew. Raises as `agree`."""
    await _held(tx, site, acting.resident)
    await _check(tx, site, acting)
    said = site.clock() if at is None else at
    if await _said_since(tx, site, acting.resident, "at", said):
        raise RuleSaysNo(ASKED_SINCE)
    if await _end(tx, site, acting.resident, said):
        detail = b"first-opening-ended" + acting.resident + acting.person
        await audit(tx, site.district, "act", detail, site.clock())
        await assisted(tx, site, acting, ASSISTED, acting.resident)


async def agreed_of(tx: Tx, site: Site, resident: bytes) -> Agreed | None:
    """The newest consent that was not taken back, of whichever version."""
    row = await one(
        tx,
        "SELECT person, text_version, at, staff FROM first_opening WHERE district=? AND "
        "resident=? AND ended_at IS NULL ORDER BY at DESC, opening DESC LIMIT 1",
        site.district, resident,
    )  # fmt: skip
    return None if row is None else Agreed(*row)


async def may_agree(tx: Tx, site: Site, person: bytes, resident: bytes) -> str:
    """Why this person may not agree for that archive; "" where they may."""
    card = (await cards_of(tx, site, {resident})).get(resident)
    if card is None:
        raise NotFound("resident")
    today = civil_day(site.clock())
    age = age_years(birth_of(card) or today, today)
    tie = None
    if person != resident:
        said = await tie_now(tx, site, person, resident)
        if not said:
            return first_notice.NotYours.HELPER
        tie = Tie(said)
    return first_notice.may_agree(age, tie) or ""


async def _check(tx: Tx, site: Site, acting: Acting) -> None:
    no = await may_agree(tx, site, acting.person, acting.resident)
    if no:
        raise RuleSaysNo(no)


async def _said_since(
    tx: Tx, site: Site, resident: bytes, column: Literal["at", "ended_at"], said: int
) -> bool:
    """Whether the contrary was said after that moment: the last word counts, not what came last."""
    row = await one(
        tx,
        f"SELECT 1 FROM first_opening WHERE district=? AND resident=? AND {column}>? LIMIT 1",
        site.district, resident, said,
    )  # fmt: skip
    return row is not None


async def _end(tx: Tx, site: Site, resident: bytes, at: int) -> int:
    return await tx.run(
        "UPDATE first_opening SET ended_at=? WHERE district=? AND resident=? AND ended_at IS NULL",
        at, site.district, resident,
    )  # fmt: skip


def _version() -> str:
    return first_notice.version()


# Class B.


@dataclass(frozen=True, slots=True)
class Explanation:
    """It was explained face to face, by whom, at which facility."""

    id: bytes
    staff: bytes
    facility: bytes
    at: int


async def explained_of(tx: Tx, site: Site, resident: bytes) -> Explanation | None:
    """The explanation from which on the portal shows class B; None before."""
    row = await one(
        tx,
        "SELECT explained, staff, facility, at FROM explained WHERE district=? AND resident=? "
        "ORDER BY at LIMIT 1",
        site.district, resident,
    )  # fmt: skip
    return None if row is None else Explanation(*row)


async def may_explain(tx: Tx, site: Site, signed: Signed, resident: bytes) -> bool:
    """Whoever may see class B of this archive may explain it: specialist or responsible doctor."""
    asking = Asking(actor_of(signed), Purpose.SERVICE)
    return "B" in await classes_of(tx, site.vault, resident, asking, site.clock())


async def explain(tx: Tx, site: Site, signed: Signed, resident: bytes) -> bytes:
    """Writes down that class B was explained to the resident face to face (S001-art11).

    Raises NotFound, RuleSaysNo("no_scope").
    """
    await _held(tx, site, resident)
    if not await may_explain(tx, site, signed, resident):
        raise RuleSaysNo("no_scope")
    standing, now = await explained_of(tx, site, resident), site.clock()
    if standing is not None:
        return standing.id
    explained = new_id(now)
    row: Row = (site.district, resident, explained, signed.staff, signed.facility, now)
    await tx.insert("explained", [row])
    await audit(tx, site.district, "act", b"explained" + resident + explained + signed.staff, now)
    return explained


async def unexplain(tx: Tx, site: Site, signed: Signed, resident: bytes) -> None:
    """It was written down for the wrong person: the portal keeps class B shut again. What was
    written and taken back stays in the trail. Raises NotFound, RuleSaysNo("no_scope").
    """
    await _held(tx, site, resident)
    if not await may_explain(tx, site, signed, resident):
        raise RuleSaysNo("no_scope")
    gone = await tx.run(
        "DELETE FROM explained WHERE district=? AND resident=?", site.district, resident
    )
    if gone:
        detail = b"unexplained" + resident + signed.staff
        await audit(tx, site.district, "act", detail, site.clock())


async def _held(tx: Tx, site: Site, resident: bytes) -> None:
    row = await one(
        tx, f"SELECT 1 FROM resident WHERE district=? AND resident=?{locking(tx)}",
        site.district, resident,
    )  # fmt: skip
    if row is None:
        raise NotFound("resident")
