"""Carries a closing out, step by step: residents first, at most 200 a transaction, then people and
tablets. After a crash it goes on with those who are left.
"""

from functools import partial
from typing import Final

from server.actions.accounts.account_making import close_account
from server.actions.archives.cards import cards_of
from server.actions.archives.ledger import TASK_DAYS, Ledger
from server.actions.archives.membership import leave
from server.actions.archives.standing import lock_residents
from server.actions.archives.touched import touch
from server.actions.keeping.site import Site
from server.actions.lists.registered_rows import pass_on
from server.actions.places.areas import areas
from server.actions.places.move import Place, reassign
from server.actions.tablets.intake import civil_day
from server.actions.tablets.tablet_return import ask_back
from server.rules.areas import Area, Found, facility_of
from server.rules.switch import Cause
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS

CHUNK: Final = 200  # residents a transaction
UNASSIGNED: Final = "unassigned"


async def carry_on(site: Site) -> int:
    """Carries closings on whose day has come, to their end. Returns how many residents moved.

    A closed facility is looked at again: an undone merge or switch, a list that was being read in,
    may have put somebody there since.
    """
    today = civil_day(site.clock()).isoformat()
    due = await site.store.read(
        lambda tx: tx.rows(
            "SELECT c.facility FROM closing c WHERE c.district=? AND c.day<=? AND (c.state IN "
            "('planned','moving') OR (c.state='done' AND (EXISTS (SELECT 1 FROM panel p JOIN "
            "member m ON m.district=p.district AND m.panel=p.panel WHERE p.district=c.district "
            "AND p.facility=c.facility AND m.ground='assigned') OR EXISTS (SELECT 1 FROM "
            "resident_card k WHERE k.district=c.district AND k.facility=c.facility AND "
            "k.panel IS NULL)))) ORDER BY c.day, c.facility",
            site.district, today,
        )
    )  # fmt: skip
    moved = 0
    for (facility,) in due:
        await site.store.write(partial(_begin, site=site, facility=facility))
        while n := await site.store.write(partial(_move_some, site=site, facility=facility)):
            moved += n
        await site.store.write(partial(_finish, site=site, facility=facility))
    return moved


async def _begin(tx: Tx, site: Site, facility: bytes) -> None:
    await tx.run(
        "UPDATE closing SET state='moving' WHERE district=? AND facility=? AND state='planned'",
        site.district, facility,
    )  # fmt: skip
    await tx.run(
        "UPDATE switch SET status='withdrawn' WHERE district=? AND facility=? AND "
        "status='scheduled'",
        site.district, facility,
    )  # fmt: skip


async def _move_some(tx: Tx, site: Site, facility: bytes) -> int:
    """Up to 200 residents in one transaction; 0 when nobody is left."""
    district, now = site.district, site.clock()
    rows = await tx.rows(
        "SELECT m.resident FROM member m JOIN panel p ON p.district=m.district AND "
        "p.panel=m.panel WHERE m.district=? AND p.facility=? AND m.ground='assigned' LIMIT ?",
        district, facility, CHUNK,
    )  # fmt: skip
    if not rows:
        return 0
    row = await one(
        tx, "SELECT day FROM closing WHERE district=? AND facility=?", district, facility
    )
    assert row is not None
    locked = await lock_residents(tx, district, {each[0] for each in rows}, cells_of=())
    here = [who for who, each in locked.items() if each.facility == facility]
    cards = await cards_of(tx, site, here)
    today = civil_day(now).isoformat()
    served = await areas(tx, district, today=today, without=facility)
    places = {who: _place(cards[who].village, served) for who in here}
    await reassign(tx, site, places, Cause.CLOSING, row[0], b"closing" + facility, now)
    waiting = [who for who, (_, panel) in places.items() if panel is None]
    await _ask_for_a_team(tx, site, {who: places[who][0] for who in waiting}, now)
    await tx.run(
        "UPDATE closing SET moved=moved+?, unplaced=unplaced+? WHERE district=? AND facility=?",
        len(places) - len(waiting), len(waiting), district, facility,
    )  # fmt: skip
    return len(rows)


def _place(code: str, served: dict[str, Area]) -> Place:
    found = facility_of(code, served)
    return (found.facility, found.panel) if isinstance(found, Found) else (None, None)


async def _ask_for_a_team(tx: Tx, site: Site, waiting: dict[bytes, bytes | None], now: int) -> None:
    """A task for each whom no address places: of the facility that is known, else the county's."""
    due = now + TASK_DAYS.get(UNASSIGNED, 7) * DAY_MS
    for who in waiting:
        await tx.run(
            "DELETE FROM task WHERE district=? AND kind=? AND subject=?",
            site.district, UNASSIGNED, who,
        )  # fmt: skip
    rows: list[Row] = [
        (site.district, UNASSIGNED, who, who, at, now, due, None, None, "")
        for who, at in waiting.items()
    ]
    await tx.insert("task", rows)


async def _finish(tx: Tx, site: Site, facility: bytes) -> None:
    """Nobody is left: readers by consent, people, tablets, rooms."""
    district, now = site.district, site.clock()
    await _end_consents(tx, site, facility, now)
    idle = await tx.rows(
        "SELECT resident FROM resident_card WHERE district=? AND facility=? AND panel IS NULL",
        district, facility,
    )  # fmt: skip
    if idle:
        names = [row[0] for row in idle]
        found = await lock_residents(tx, district, names, cells_of=())
        loose = [who for who, each in found.items() if each.facility == facility]
        await tx.update(
            "resident",
            ("district", "resident"),
            ("facility",),
            [(district, w, None) for w in loose],
        )
        await touch(tx, district, loose, now)
        await _ask_for_a_team(tx, site, dict.fromkeys(loose), now)
    await pass_on(tx, district, facility)
    people = await tx.rows(
        "SELECT s.staff FROM staff s JOIN facility f ON f.district=s.district AND "
        "f.facility=s.facility WHERE s.district=? AND s.active=? AND (f.facility=? OR f.parent=?)",
        district, True, facility, facility,
    )  # fmt: skip
    day = civil_day(now).isoformat()
    for (staff,) in people:
        await close_account(tx, site, actor=await _asked_by(tx, site, facility), staff=staff)
        await tx.run(
            "UPDATE staff SET active=? WHERE district=? AND staff=?", False, district, staff
        )
        await tx.run(
            "UPDATE team_member SET until_day=? WHERE district=? AND staff=? AND "
            "(until_day IS NULL OR until_day>?)", day, district, staff, day,
        )  # fmt: skip
    devices = await tx.rows(
        "SELECT device FROM device WHERE district=? AND facility=? AND status='enrolled'",
        district, facility,
    )  # fmt: skip
    await ask_back(tx, site, [row[0] for row in devices], "facility_closed", now)
    await tx.run(
        "UPDATE facility SET closed_on=? WHERE district=? AND parent=? AND closed_on IS NULL",
        day, district, facility,
    )  # fmt: skip
    await tx.run(
        "UPDATE closing SET state='done' WHERE district=? AND facility=?", district, facility
    )
    await audit(tx, district, "act", b"closed" + facility, now)


async def _asked_by(tx: Tx, site: Site, facility: bytes) -> bytes:
    row = await one(
        tx, "SELECT asked_by FROM closing WHERE district=? AND facility=?", site.district, facility
    )
    return row[0] if row else b""


async def _end_consents(tx: Tx, site: Site, facility: bytes, now: int) -> None:
    """Whoever let this facility read lets nobody read there any more."""
    district = site.district
    rows = await tx.rows(
        "SELECT m.resident, m.panel FROM member m JOIN panel p ON p.district=m.district AND "
        "p.panel=m.panel WHERE m.district=? AND p.facility=?",
        district, facility,
    )  # fmt: skip
    if rows:
        epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
        assert epoch is not None
        ledger = Ledger(district, site.vault, now, epoch[0])
        locked = await lock_residents(tx, district, {row[0] for row in rows}, cells_of=())
        for who, panel in rows:
            await leave(tx, ledger, locked[who], panel)
        await ledger.flush(tx, "act", b"closing-consents" + facility)
    await tx.run(
        "UPDATE consent SET revoked_at=? WHERE district=? AND facility=? AND revoked_at IS NULL",
        now, district, facility,
    )  # fmt: skip
