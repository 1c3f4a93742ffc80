"""A facility that closes: from that day its residents go where their addresses say (S001-art10),
its people's accounts end, its tablets are taken back after their uploads.

Planned, it can be undone until the day. From the day on closing_steps.py carries it
out. Nobody's yearly clock starts by it
(server/rules/switch.py: cause closing).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.keeping.site import Site
from server.actions.places.areas import areas
from server.actions.places.organisations import Organisation, lock_tree, organisations
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.records.values import Fault, FaultCode, Faults
from server.rules.accounts import StaffRole
from server.rules.areas import Area, Found, facility_of
from server.rules.organisations import Level
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

LOOKED_AT: Final = 2_000  # residents a reading of the forecast


@dataclass(frozen=True, slots=True)
class Going:
    """How many go to one team; "" and "" for those who wait for a person to choose."""

    facility_name: str
    team_name: str
    residents: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What closing would do, before the button is pressed."""

    organisation: Organisation
    residents: int
    going: tuple[Going, ...]
    unplaced: int
    staff: int
    tablets: int


@dataclass(frozen=True, slots=True)
class Progress:
    """state: planned | moving | done. `left`: residents still to be moved."""

    day: str
    state: str
    moved: int
    unplaced: int
    left: int


def check_closes(signed: Signed, each: Organisation | None) -> Organisation:
    """The facility, when this person may close it. Raises NotYours."""
    if each is None or signed.role is not StaffRole.COUNTY or each.level is not Level.FACILITY:
        raise NotYours
    return each


async def forecast(site: Site, signed: Signed, facility: bytes) -> Forecast:
    """Where everybody would go today. Raises NotYours."""

    async def begin(tx: Tx) -> tuple[Organisation, dict[str, Area], dict[bytes, str], list[int]]:
        every = await organisations(tx, site.district)
        found = check_closes(signed, every.get(facility))
        today = civil_day(site.clock()).isoformat()
        served = await areas(tx, site.district, today=today, without=facility)
        names = {
            panel: f"{every[at].name}\n{name}"
            for panel, at, name in await tx.rows(
                "SELECT panel, facility, name FROM panel WHERE district=?", site.district
            )
        }
        return (
            found,
            served,
            names,
            [await _staff_of(tx, site, facility), await _tablets(tx, site, facility)],
        )

    organisation, served, names, (staff, tablets) = await site.store.read(begin)
    count: Counter[str] = Counter()
    after = b""
    while True:
        part = await site.store.read(partial(_addresses, site=site, facility=facility, after=after))
        if not part:
            break
        after = part[-1][0]
        for _, code in part:
            found = facility_of(code, served)
            panel = found.panel if isinstance(found, Found) else None
            count[names[panel] if panel else ""] += 1
    going: list[Going] = []
    for name, n in count.most_common():
        if name:
            place, _, team = name.partition("\n")
            going.append(Going(place, team, n))
    unplaced = count[""]
    return Forecast(organisation, count.total(), tuple(going), unplaced, staff, tablets)


async def _addresses(
    tx: Tx, site: Site, facility: bytes, after: bytes
) -> Sequence[tuple[bytes, str]]:
    """(resident, code of the address) of residents of the facility, after this id."""
    rows = await tx.rows(
        "SELECT m.resident FROM member m JOIN panel p ON p.district=m.district AND "
        "p.panel=m.panel WHERE m.district=? AND p.facility=? AND m.ground='assigned' AND "
        "m.resident>? ORDER BY m.resident LIMIT ?",
        site.district, facility, after, LOOKED_AT,
    )  # fmt: skip
    cards = await cards_of(tx, site, [row[0] for row in rows])
    return [(row[0], cards[row[0]].village) for row in rows]


async def _staff_of(tx: Tx, site: Site, facility: bytes) -> int:
    row = await one(
        tx,
        "SELECT COUNT(*) FROM staff s JOIN facility f ON f.district=s.district AND "
        "f.facility=s.facility WHERE s.district=? AND s.active=? AND (f.facility=? OR f.parent=?)",
        site.district, True, facility, facility,
    )  # fmt: skip
    return row[0] if row else 0


async def _tablets(tx: Tx, site: Site, facility: bytes) -> int:
    row = await one(
        tx, "SELECT COUNT(*) FROM device WHERE district=? AND facility=? AND status='enrolled'",
        site.district, facility,
    )  # fmt: skip
    return row[0] if row else 0


async def plan_closing(site: Site, signed: Signed, facility: bytes, day: str) -> Faults:
    """The facility serves nobody from `day` on; from now on nobody can choose it. Raises NotYours,
    RuleSaysNo("closing_begun").
    """

    async def write(tx: Tx) -> Faults:
        await lock_tree(tx, site.district)
        now = site.clock()
        every = await organisations(tx, site.district)
        found = check_closes(signed, every.get(facility))
        if day < civil_day(now).isoformat():
            say = "停办的日子已经过了，请写今天或以后的日子"
            return (Fault("day", FaultCode.OUT_OF_RANGE, say),)
        old = await one(
            tx, "SELECT state, was_published FROM closing WHERE district=? AND facility=?",
            site.district, facility,
        )  # fmt: skip
        if old is not None and old[0] in ("moving", "done"):
            raise RuleSaysNo("closing_begun")
        was = bool(old[1]) if old and old[0] == "planned" else found.published
        await tx.run("DELETE FROM closing WHERE district=? AND facility=?", site.district, facility)
        row: Row = (site.district, facility, day, "planned", was, signed.staff, now, 0, 0)
        await tx.insert("closing", [row])
        await tx.run(
            "UPDATE facility SET closed_on=?, published=? WHERE district=? AND facility=?",
            day, False, site.district, facility,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"closing" + facility + signed.staff, now)
        return ()

    return await site.store.write(write)


async def undo_closing(site: Site, signed: Signed, facility: bytes) -> None:
    """Until the day it can be taken back. Raises NotYours, RuleSaysNo("closing_begun")."""

    async def write(tx: Tx) -> None:
        every = await organisations(tx, site.district)
        check_closes(signed, every.get(facility))
        row = await one(
            tx, "SELECT state, was_published FROM closing WHERE district=? AND facility=?"
            f"{locking(tx)}", site.district, facility,
        )  # fmt: skip
        if row is None or row[0] != "planned":
            raise RuleSaysNo("closing_begun")
        now = site.clock()
        await tx.run(
            "UPDATE closing SET state='undone' WHERE district=? AND facility=?",
            site.district, facility,
        )  # fmt: skip
        await tx.run(
            "UPDATE facility SET closed_on=NULL, published=? WHERE district=? AND facility=?",
            bool(row[1]), site.district, facility,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"closing-undone" + facility + signed.staff, now)

    await site.store.write(write)


async def progress(site: Site, facility: bytes) -> Progress | None:
    """How far a closing is; None when none is planned, under way or done."""

    async def read(tx: Tx) -> Progress | None:
        row = await one(
            tx,
            "SELECT day, state, moved, unplaced FROM closing WHERE district=? AND facility=? AND "
            "state<>'undone'",
            site.district, facility,
        )  # fmt: skip
        if row is None:
            return None
        left = await one(
            tx,
            "SELECT COUNT(*) FROM member m JOIN panel p ON p.district=m.district AND "
            "p.panel=m.panel WHERE m.district=? AND p.facility=? AND m.ground='assigned'",
            site.district, facility,
        )  # fmt: skip
        day, state, moved, unplaced = row
        return Progress(day, state, moved, unplaced, left[0] if left else 0)

    return await site.store.read(read)
