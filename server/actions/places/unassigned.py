"""Residents whom no address and no list has brought to a team: they wait until a person says whose
they are. Nobody chose, so nobody's yearly clock starts (S001-art10¶1).
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.ledger import Ledger
from server.actions.archives.membership import enter, leave
from server.actions.archives.standing import MERGED, lock_residents
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.switch import Cause
from server.store.tx import Row, Tx, one

KIND: Final = "unassigned"
AT_ONCE: Final = 500  # residents a transaction
SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One resident who waits, with the facility when that is known."""

    card: Card
    facility: bytes | None
    opened_at: int
    due_at: int


def may_assign(signed: Signed) -> bool:
    """The county everybody, a manager the own facility's."""
    return signed.role in (StaffRole.COUNTY, StaffRole.MANAGER)


async def waiting(site: Site, signed: Signed, *, most: int = SHOWN) -> list[Waiting]:
    """Who waits in this person's place, oldest first. Raises NotYours."""
    if not may_assign(signed):
        raise NotYours
    return await site.store.read(partial(_waiting, site=site, signed=signed, most=most))


async def _waiting(tx: Tx, site: Site, signed: Signed, most: int) -> list[Waiting]:
    mine = "" if signed.role is StaffRole.COUNTY else " AND facility=?"
    args = () if signed.role is StaffRole.COUNTY else (signed.facility,)
    rows = await tx.rows(
        "SELECT subject, facility, opened_at, due_at FROM task WHERE district=? AND kind=? "
        f"AND closed_at IS NULL{mine} ORDER BY due_at, subject LIMIT ?",
        site.district, KIND, *args, most,
    )  # fmt: skip
    cards = await cards_of(tx, site, [row[0] for row in rows])
    return [Waiting(cards[row[0]], *row[1:]) for row in rows if row[0] in cards]


async def assign(site: Site, signed: Signed, resident: bytes, panel: bytes) -> None:
    """This resident is in that panel from today on. Raises NotYours, RuleSaysNo."""
    done = await assign_many(site, signed, (resident,), panel)
    if not done:
        raise RuleSaysNo("not_unassigned")


async def assign_village(site: Site, signed: Signed, village: str, panel: bytes) -> int:
    """Everybody who waits and whose address begins with this code; how many. Raises NotYours."""
    if not village.isdigit() or not may_assign(signed):
        raise NotYours
    done = 0
    while True:
        found = await site.store.read(partial(_waiting, site=site, signed=signed, most=10 * SHOWN))
        ids = [each.card.resident for each in found if each.card.village.startswith(village)]
        taken = await assign_many(site, signed, ids, panel) if ids else 0
        done += taken
        if not taken:
            return done


async def assign_many(
    site: Site, signed: Signed, residents: Collection[bytes], panel: bytes
) -> int:
    """How many of them waited and are in the panel now. Raises NotYours."""
    if not may_assign(signed):
        raise NotYours
    ids = sorted(set(residents))
    done = 0
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        done += await site.store.write(
            partial(_assign, site=site, signed=signed, residents=some, panel=panel)
        )
    return done


async def _assign(
    tx: Tx, site: Site, signed: Signed, residents: Collection[bytes], panel: bytes
) -> int:
    district, now = site.district, site.clock()
    where = await one(
        tx,
        "SELECT p.facility, d.feed_epoch FROM panel p JOIN district d ON d.district=p.district "
        "WHERE p.district=? AND p.panel=?",
        district, panel,
    )  # fmt: skip
    if where is None or (signed.role is StaffRole.MANAGER and where[0] != signed.facility):
        raise NotYours
    facility, epoch = where
    rows = await lock_residents(tx, district, residents, cells_of=())
    if signed.role is StaffRole.MANAGER and any(
        row.facility not in (None, signed.facility) for row in rows.values()
    ):
        raise NotYours
    waiting = {who: r for who, r in rows.items() if r.panel is None and r.status != MERGED}
    if signed.role is StaffRole.MANAGER and waiting.keys() - await _here(tx, site, signed, waiting):
        raise NotYours
    last = await _last_numbers(tx, district, waiting)
    ledger = Ledger(district, site.vault, now, epoch)
    day = civil_day(now).isoformat()
    history: list[Row] = []
    for who, row in waiting.items():
        await leave(tx, ledger, row, panel)  # read by consent so far, theirs from now on
        await enter(tx, ledger, row, panel, ground="assigned", until=None)
        history.append(
            (
                district, who, last.get(who, 0) + 1, facility, panel, _cause(who, last), day,
                None, None, None, False, False,
            )
        )  # fmt: skip
    await tx.insert("assignment", history)
    await tx.update(
        "resident", ("district", "resident"), ("panel", "facility"),
        [(district, who, panel, facility) for who in waiting],
    )  # fmt: skip
    for who in waiting:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='assigned' WHERE district=? AND "
            "kind=? AND subject=? AND closed_at IS NULL",
            now, signed.staff, district, KIND, who,
        )  # fmt: skip
        await tx.run(
            "UPDATE task SET facility=? WHERE district=? AND resident=? AND closed_at IS NULL",
            facility, district, who,
        )  # fmt: skip
    if waiting:
        await ledger.flush(tx, "act", b"assigned" + panel + signed.staff + b"".join(waiting))
    return len(waiting)


async def _here(tx: Tx, site: Site, signed: Signed, ids: Collection[bytes]) -> set[bytes]:
    """Who of them waits in this person's own queue; the others are the county's to assign."""
    if not ids:
        return set()
    rows = await tx.rows_in(
        "SELECT subject FROM task WHERE district=? AND kind=? AND facility=? AND closed_at IS NULL "
        "AND subject {ids}",
        sorted(ids), site.district, KIND, signed.facility,
    )  # fmt: skip
    return {row[0] for row in rows}


def _cause(who: bytes, last: dict[bytes, int]) -> str:
    """Whoever had a team before has lost it by its closing, and may choose anew at once."""
    return (Cause.CLOSING if who in last else Cause.DEFAULT).value


async def _last_numbers(tx: Tx, district: int, ids: Collection[bytes]) -> dict[bytes, int]:
    """By resident the number of the newest assignment there ever was."""
    if not ids:
        return {}
    rows = await tx.rows_in(
        "SELECT resident, MAX(n) FROM assignment WHERE district=? AND resident {ids} "
        "GROUP BY resident",
        sorted(ids),
        district,
    )
    return dict(rows)
