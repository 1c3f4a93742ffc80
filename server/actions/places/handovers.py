"""Archives that came to another facility by the resident's own choice: the new one takes note, the
old one is told, and neither can stop anything (S000-art11¶3-c).

A handover begins in the move's own transaction. Whoever works at the new facility presses once;
after the district's handover_days it counts as seen. A resident who moves on ends it.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.standing import ResidentRow
from server.actions.archives.told import facility_names, team_names
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.queues.queues import open_task
from server.actions.tablets.intake import civil_day
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS

KIND: Final = "handover"
SEEN: Final = "seen"
COUNTED: Final = "counted"
MOVED_ON: Final = "moved_on"
SHOWN_DAYS: Final = 60  # how long the old facility is told, and the new one may look back
LINES: Final = 200
AT_ONCE: Final = 500


async def begin(tx: Tx, site: Site, before: ResidentRow, panel: bytes) -> None:
    """In the move's transaction; `before`: the resident's row as it stood. Nothing where no
    facility was left.
    """
    district, now, who = site.district, site.clock(), before.resident
    home = await one(tx, "SELECT facility FROM panel WHERE district=? AND panel=?", district, panel)
    assert home is not None
    if before.facility in (None, home[0]):
        return
    for (name,) in await tx.rows(
        "SELECT handover FROM handover WHERE district=? AND resident=? AND result=''",
        district, who,
    ):  # fmt: skip
        await _end(tx, site, name, MOVED_ON, None)
    name, due = new_id(now), now + site.rules.handover_days * DAY_MS
    row: Row = (
        district, name, who, before.facility, before.panel or b"", home[0], panel, now, due, "",
        None, None,
    )  # fmt: skip
    await tx.insert("handover", [row])
    task: Row = (district, KIND, name, who, home[0], now, due, None, None, "")
    await tx.insert("task", [task])


async def _end(tx: Tx, site: Site, name: bytes, result: str, by: bytes | None) -> bool:
    """Whether this ended it: of several who press, and the days that are over, one does."""
    ended = await tx.run(
        "UPDATE handover SET result=?, ended_at=?, ended_by=? WHERE district=? AND handover=? AND "
        "result=''",
        result, site.clock(), by, site.district, name,
    )  # fmt: skip
    if not ended:
        return False
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? AND "
        "subject=? AND closed_at IS NULL",
        site.clock(), by, result, site.district, KIND, name,
    )  # fmt: skip
    return True


async def see(site: Site, signed: Signed, name: bytes) -> None:
    """Somebody of the new facility has taken note; the resident is told. Raises NotYours, for one
    that is ended as well.
    """
    await site.store.write(partial(_see, site=site, signed=signed, name=name))


async def _see(tx: Tx, site: Site, signed: Signed, name: bytes) -> None:
    await open_task(tx, site, signed, KIND, name)
    if not await _finish(tx, site, name, SEEN, signed.staff):
        raise NotYours


async def _finish(tx: Tx, site: Site, name: bytes, result: str, by: bytes | None) -> bool:
    if not await _end(tx, site, name, result, by):
        return False
    row = await one(
        tx, "SELECT resident, to_facility FROM handover WHERE district=? AND handover=?",
        site.district, name,
    )  # fmt: skip
    assert row is not None
    now = site.clock()
    await audit(tx, site.district, "act", b"handover-" + result.encode() + name, now)
    if result == SEEN:
        await tell(tx, site, row[0], "switch_seen", facility=row[1], day=civil_day(now))
    return True


async def count_due(site: Site) -> int:
    """Those whose days are over count as seen. Returns how many."""
    now = site.clock()
    due = await site.store.write(
        lambda tx: tx.rows(
            "SELECT handover FROM handover WHERE district=? AND result='' AND due_at<=? "
            "ORDER BY due_at LIMIT ?",
            site.district, now, AT_ONCE,
        )
    )  # fmt: skip
    for (name,) in due:
        await site.store.write(partial(_finish, site=site, name=name, result=COUNTED, by=None))
    return len(due)


@dataclass(frozen=True, slots=True)
class Held:
    """One tablet of the facility that was left. state: possible | asked | purged | unaccounted.

    `unsent`: how many changes it said it had not sent, None where it never spoke.
    """

    label: str
    state: str
    unsent: int | None
    last_contact: int


@dataclass(frozen=True, slots=True)
class Line:
    """One archive that came or went. Instants in ms UTC; `day`: of the move."""

    id: bytes
    card: Card
    other: str  # name of the facility at the other end
    team: str
    day: date
    due_at: int
    result: str
    held: tuple[Held, ...]


async def came(site: Site, signed: Signed) -> tuple[Line, ...]:
    """What came to this person's place and waits, soonest first, then what was seen lately."""
    return await site.store.read(partial(_lines, site=site, signed=signed, came=True))


async def went(site: Site, signed: Signed) -> tuple[Line, ...]:
    """What left this person's place lately, and what the tablets there still hold."""
    return await site.store.read(partial(_lines, site=site, signed=signed, came=False))


async def _lines(tx: Tx, site: Site, signed: Signed, came: bool) -> tuple[Line, ...]:
    mine, other, team = (
        ("to_facility", "from_facility", "to_panel")
        if came
        else ("from_facility", "to_facility", "from_panel")
    )
    where, args = ("", ()) if signed.role is StaffRole.COUNTY else (
        f" AND h.{mine}=?", (signed.facility,)
    )  # fmt: skip
    rows = await tx.rows(
        f"SELECT h.handover, h.resident, h.{other}, h.{team}, h.at, h.due_at, h.result, "
        f"h.from_panel FROM handover h WHERE h.district=? AND h.at>?{where} AND "
        "h.result<>'moved_on' ORDER BY CASE WHEN h.result='' THEN 0 ELSE 1 END, h.due_at, "
        "h.handover LIMIT ?",
        site.district, site.clock() - SHOWN_DAYS * DAY_MS, *args, LINES,
    )  # fmt: skip
    cards = await cards_of(tx, site, {row[1] for row in rows})
    places = await facility_names(tx, site)
    teams = await team_names(tx, site, [row[3] for row in rows])
    held: dict[bytes, tuple[Held, ...]] = {}
    if not came:
        for row in rows:
            held[row[0]] = await _held(tx, site.district, row[1], row[7])
    return tuple(
        Line(
            name, cards[who], places.get(end, ""), teams.get(panel, ""), civil_day(at), due,
            result, held.get(name, ()),
        )
        for name, who, end, panel, at, due, result, _ in rows
        if who in cards
    )  # fmt: skip


async def _held(tx: Tx, district: int, resident: bytes, panel: bytes) -> tuple[Held, ...]:
    rows = await tx.rows(
        "SELECT d.label, c.state, d.pending, d.last_contact FROM copy c JOIN device d ON "
        "d.district=c.district AND d.device=c.device JOIN device_panel p ON "
        "p.district=d.district AND p.device=d.device WHERE c.district=? AND c.resident=? AND "
        "p.panel=? ORDER BY d.label",
        district, resident, panel,
    )  # fmt: skip
    return tuple(
        Held(label, state, pending if contact else None, contact)
        for label, state, pending, contact in rows
    )
