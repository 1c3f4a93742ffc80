"""Who leaves: on that day sessions end and the account closes, the team and work in hand pass to a
named successor, tablets are taken back after their uploads.

Planned by whoever looks after the person; it can be undone until the day. A job carries it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from server.actions.accounts.account_making import close_account
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.actions.places.teams import LOCUM, MEMBER, check_writes, may_engage
from server.actions.tablets.intake import civil_day
from server.actions.tablets.tablet_return import ask_back
from server.errors import NotYours, RuleSaysNo
from server.records.values import Fault, FaultCode, Faults
from server.rules.accounts import StaffRole
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

REASON: Final = "staff_left"


@dataclass(frozen=True, slots=True)
class Handing:
    """What somebody has in hand: teams, tasks taken, tablets to sign on."""

    teams: tuple[str, ...]
    tasks: int
    tablets: int
    day: str
    """The day that is planned; "" for none."""


def _fault(field: str, say: str) -> Fault:
    return Fault(field, FaultCode.CONTRADICTION, say)


async def _theirs(tx: Tx, site: Site, signed: Signed, staff: bytes) -> Row:
    """(role, facility, panel) of somebody this person looks after, locked. Raises NotYours."""
    row = await one(
        tx,
        "SELECT role, facility, panel FROM staff WHERE district=? AND staff=? AND active=?"
        f"{locking(tx)}",
        site.district, staff, True,
    )  # fmt: skip
    if row is None or staff == signed.staff or not may_engage(signed.role, StaffRole(row[0])):
        raise NotYours
    await check_writes(tx, site, signed, row[1])
    return row


async def in_hand(site: Site, signed: Signed, staff: bytes) -> Handing:
    """What would pass on. Raises NotYours."""

    async def read(tx: Tx) -> Handing:
        row = await one(
            tx, "SELECT role, facility, panel FROM staff WHERE district=? AND staff=? AND active=?",
            site.district, staff, True,
        )  # fmt: skip
        if row is None or staff == signed.staff or not may_engage(signed.role, StaffRole(row[0])):
            raise NotYours
        await check_writes(tx, site, signed, row[1])
        today = civil_day(site.clock()).isoformat()
        teams = await tx.rows(
            "SELECT DISTINCT p.name FROM panel p WHERE p.district=? AND (p.panel=? OR EXISTS "
            "(SELECT 1 FROM team_member t WHERE t.district=p.district AND t.panel=p.panel AND "
            "t.staff=? AND (t.until_day IS NULL OR t.until_day>?))) ORDER BY p.name",
            site.district, row[2] or b"", staff, today,
        )  # fmt: skip
        tasks = await one(
            tx,
            "SELECT COUNT(*) FROM task_claim c JOIN task t ON t.district=c.district AND "
            "t.kind=c.kind AND t.subject=c.subject AND t.closed_at IS NULL WHERE c.district=? AND "
            "c.staff=?",
            site.district, staff,
        )  # fmt: skip
        tablets = await one(
            tx,
            "SELECT COUNT(DISTINCT k.device) FROM device_key k JOIN device v ON "
            "v.district=k.district AND v.device=k.device AND v.status='enrolled' WHERE "
            "k.district=? AND k.staff=? AND k.until IS NULL",
            site.district, staff,
        )  # fmt: skip
        planned = await one(
            tx, "SELECT day FROM leaving WHERE district=? AND staff=? AND state='planned'",
            site.district, staff,
        )  # fmt: skip
        return Handing(
            tuple(each[0] for each in teams), tasks[0] if tasks else 0,
            tablets[0] if tablets else 0, planned[0] if planned else "",
        )  # fmt: skip

    return await site.store.read(read)


async def plan_leaving(
    site: Site, signed: Signed, staff: bytes, values: Mapping[str, Any]
) -> Faults:
    """Somebody leaves on a day. values: the form `leaving`. Raises NotYours."""
    return await site.store.write(
        partial(_plan, site=site, signed=signed, staff=staff, values=values)
    )


async def _plan(
    tx: Tx, site: Site, signed: Signed, staff: bytes, values: Mapping[str, Any]
) -> Faults:
    district, now = site.district, site.clock()
    role, _, panel = await _theirs(tx, site, signed, staff)
    today = civil_day(now).isoformat()
    if values["day"] < today:
        return (_fault("day", "这一天已经过了，请写今天或以后的日子"),)
    named: str | None = values.get("successor")
    successor = bytes.fromhex(named) if named else None
    member = await one(
        tx,
        "SELECT 1 FROM team_member WHERE district=? AND staff=? AND (until_day IS NULL OR "
        "until_day>?)",
        district, staff, today,
    )  # fmt: skip
    in_team = panel is not None or member is not None
    if successor is None and in_team:
        return (_fault("successor", "这个人有团队，请写由谁来接"),)
    if successor is not None:
        other = await one(
            tx, "SELECT role, facility FROM staff WHERE district=? AND staff=? AND active=?",
            district, successor, True,
        )  # fmt: skip
        if other is None or successor == staff:
            raise NotYours
        await check_writes(tx, site, signed, other[1])
        if in_team and other[0] != role:
            return (_fault("successor", "团队要由另一位家庭医生来接"),)
        gone = await one(
            tx,
            "SELECT 1 FROM leaving WHERE district=? AND staff=? AND state='planned' AND day<=?",
            district, successor, values["day"],
        )  # fmt: skip
        if gone is not None:
            return (_fault("successor", "这个人那时也已离开，请选别人"),)
    await tx.run("DELETE FROM leaving WHERE district=? AND staff=?", district, staff)
    row: Row = (district, staff, values["day"], successor, "planned", signed.staff, now)
    await tx.insert("leaving", [row])
    await audit(tx, district, "act", b"leaving" + staff + (successor or b"") + signed.staff, now)
    if values["day"] == today:
        await _carry_out(tx, site=site, staff=staff)
    return ()


async def undo_leaving(site: Site, signed: Signed, staff: bytes) -> None:
    """The person stays. Raises NotYours, RuleSaysNo("not_planned")."""

    async def write(tx: Tx) -> None:
        await _theirs(tx, site, signed, staff)
        undone = await tx.run(
            "UPDATE leaving SET state='undone' WHERE district=? AND staff=? AND state='planned'",
            site.district, staff,
        )  # fmt: skip
        if not undone:
            raise RuleSaysNo("not_planned")
        await audit(tx, site.district, "act", b"stays" + staff + signed.staff, site.clock())

    await site.store.write(write)


async def carry_out_due(site: Site) -> int:
    """Everybody whose day has come. Returns how many."""
    today = civil_day(site.clock()).isoformat()
    due = await site.store.read(
        lambda tx: tx.rows(
            "SELECT staff FROM leaving WHERE district=? AND state='planned' AND day<=?",
            site.district, today,
        )
    )  # fmt: skip
    for (staff,) in due:
        await site.store.write(partial(_carry_out, site=site, staff=staff))
    return len(due)


async def _carry_out(tx: Tx, site: Site, staff: bytes) -> None:
    """Everything in one transaction; nothing when it is done already."""
    district, now = site.district, site.clock()
    person = await one(
        tx, f"SELECT panel FROM staff WHERE district=? AND staff=?{locking(tx)}", district, staff
    )
    plan = await one(
        tx, "SELECT day, successor, asked_by FROM leaving WHERE district=? AND staff=? AND "
        "state='planned'", district, staff,
    )  # fmt: skip
    if person is None or plan is None:
        return
    day, successor, asked_by = plan
    if successor is not None:
        stays = await one(
            tx, "SELECT active FROM staff WHERE district=? AND staff=?", district, successor
        )
        successor = successor if stays and stays[0] else None
    await _hand_over(tx, site, staff, successor, person[0], day)
    await close_account(tx, site, actor=asked_by, staff=staff)
    await tx.run(
        "UPDATE staff SET active=?, panel=NULL WHERE district=? AND staff=?", False, district, staff
    )
    await tx.run("UPDATE leaving SET state='done' WHERE district=? AND staff=?", district, staff)
    await _tablets(tx, site, staff, now)
    await audit(tx, district, "act", b"left" + staff + (successor or b""), now)


async def _hand_over(
    tx: Tx, site: Site, staff: bytes, successor: bytes | None, panel: bytes | None, day: str
) -> None:
    """Teams and tasks in hand pass on; without a successor tasks are free for anybody."""
    district = site.district
    rows = await tx.rows(
        "SELECT panel, ground, from_day, until_day FROM team_member WHERE district=? AND staff=? "
        "AND (until_day IS NULL OR until_day>?)",
        district, staff, day,
    )  # fmt: skip
    await tx.run(
        "UPDATE team_member SET until_day=? WHERE district=? AND staff=? AND (until_day IS NULL "
        "OR until_day>?)",
        day, district, staff, day,
    )  # fmt: skip
    if successor is None:
        await tx.run("DELETE FROM task_claim WHERE district=? AND staff=?", district, staff)
        return
    await tx.run(
        "UPDATE task_claim SET staff=? WHERE district=? AND staff=?", successor, district, staff
    )
    new: list[Row] = [
        (district, each, successor, ground, max(since, day), until)
        for each, ground, since, until in rows
        if ground in (MEMBER, LOCUM)
    ]
    if panel is not None:
        own = await one(
            tx, "SELECT panel FROM staff WHERE district=? AND staff=?", district, successor
        )
        if own is not None and own[0] is None:
            await tx.run(
                "UPDATE staff SET panel=? WHERE district=? AND staff=?", panel, district, successor
            )
        elif own is not None and own[0] != panel:
            new.append((district, panel, successor, MEMBER, day, None))
    await tx.insert("team_member", new, ignore=True)


async def _tablets(tx: Tx, site: Site, staff: bytes, now: int) -> None:
    """Tablets on which nobody else signs are asked back; on others only this person's key ends,
    when nothing waits on them any more.
    """
    rows = await tx.rows(
        "SELECT DISTINCT k.device FROM device_key k JOIN device v ON v.district=k.district AND "
        "v.device=k.device AND v.status='enrolled' WHERE k.district=? AND k.staff=? AND k.until "
        "IS NULL AND NOT EXISTS (SELECT 1 FROM device_key o JOIN staff s ON "
        "s.district=o.district AND s.staff=o.staff AND s.active=? WHERE o.district=k.district AND "
        "o.device=k.device AND o.staff<>k.staff AND o.until IS NULL)",
        site.district, staff, True,
    )  # fmt: skip
    await ask_back(tx, site, [row[0] for row in rows], REASON, now)
