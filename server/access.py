"""The only gate to an archive for people: the rule is asked, the opening is logged, then it opens.

Tablets have the other face of the same gate: a page is joined with the present membership under
the locks (server/actions/tablets/packing.py), and what it held is written into `copy`. Here a
person with a purpose asks for one archive. Default is no; a refused attempt is logged as well. The
log row and its audit leaf are in the transaction that reads, so nothing is read that is not written
down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import msgspec

from server.errors import NotAllowed, NotFound
from server.records.model import AccessClass
from server.records.upcast import newest, upcast
from server.rules import consent as consents
from server.rules import first_notice, reach
from server.rules.access import (
    Actor,
    Allowed,
    Answer,
    Link,
    ResidentFacts,
    Role,
    Scope,
    Tie,
    age_years,
    may,
)
from server.rules.reach import Reach
from server.settings import CIVIL
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one, sharing
from server.store.vault import T_CELLS, T_CHANGE, T_REASON, T_RESTRICTED, Vault
from sync import wire
from sync.merge import EMPTY, Cell, choose, decode_cells
from sync.policy import Policy


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, for what, with which reason in their own words (kept out of logs and URLs).

    `present`: the asker has seen the resident and the document, and answers for it.
    """

    actor: Actor
    purpose: consents.Purpose
    reason: str = ""
    present: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands: the author's change and what became of it."""

    change: wire.Change
    cls: str
    state: str
    recorded_at: int
    staff: bytes

    def form(self) -> dict[str, Any]:
        """What was filled in, as the newest version of the form shows it; {} for a void."""
        if self.change.body is msgspec.UNSET:
            return {}
        body = msgspec.json.decode(self.change.body, type=dict[str, Any])
        kind = self.change.kind
        return upcast(kind, self.change.v, body, to=newest(kind))


@dataclass(frozen=True, slots=True)
class Opened:
    """What the gate let through: cells and records of the classes that were allowed.

    `entry`: the row of the access log. `fresh`: this opening wrote it. `reach`, `scopes`: how far
    it went within the classes for a guardian of somebody of 14 to 17 (server/rules/reach.py);
    whoever shows the service plan asks `reach.shows_rule` with them.
    """

    resident: bytes
    ground: str
    classes: tuple[str, ...]
    cells: Mapping[str, Cell]
    records: tuple[Record, ...]
    entry: bytes = b""
    fresh: bool = True
    reach: Reach = Reach.ALL
    scopes: frozenset[Scope] = frozenset()


async def open_archive(
    tx: Tx, vault: Vault, resident: bytes, asking: Asking, now: int, *, same_ms: int = 0
) -> Opened | NotAllowed:
    """The archive of one resident in every class that `may` allows, logged; or NotAllowed, logged.

    `same_ms`: a page turned so shortly after an opening by the same person, on the same ground, for
    the same purpose and with the same reason, is that opening; the rule is asked each time, the
    row is not written again. Another reason is another row, and so is a look after a report.

    Given back and not raised: a refused attempt must stay in the log, so its transaction commits.
    Raises NotFound for an id that is nobody's. Of an archive that was merged into another the one
    that stands for it opens.
    """
    resident = await living(tx, vault.district, resident)
    row = await one(
        tx,
        "SELECT key, rev, rev_restricted, sealed_cells, sealed_restricted, facility, panel "
        f"FROM resident WHERE district=? AND resident=?{sharing(tx)}",
        vault.district,
        resident,
    )
    if row is None:
        raise NotFound("resident")
    key = vault.key(resident, row[0])
    cells = decode_cells(key.open(vault.at(T_CELLS, resident, resident, row[1]), row[3]))
    facts = await _facts(tx, vault, resident, asking.actor, row, cells, now)
    facts = _with_presence(facts, asking)
    answers = {cls: _ask(asking, facts, cls) for cls in (AccessClass.A, AccessClass.B)}
    allowed = tuple(cls.value for cls, answer in answers.items() if isinstance(answer, Allowed))
    first = answers[AccessClass.A]
    ground = first.ground.value if isinstance(first, Allowed) else f"refused:{first.reason.value}"
    entry = None
    if "A" in allowed and same_ms:
        entry = await _same(tx, vault, resident, row[0], asking, ground, allowed, now - same_ms)
    fresh = entry is None
    if entry is None:
        entry = await _log(tx, vault.district, resident, asking, ground, allowed, now)
    if "A" not in allowed:
        return NotAllowed(ground)
    shown = dict(cells)
    if "B" in allowed and row[4]:
        place = vault.at(T_RESTRICTED, resident, resident, row[2])
        shown |= decode_cells(key.open(place, row[4]))
    records = await _records(tx, vault, resident, row[0], allowed)
    opened = Opened(resident, ground, allowed, shown, records, entry, fresh)
    return _handed(opened, asking.actor, facts)


def _handed(opened: Opened, actor: Actor, facts: ResidentFacts) -> Opened:
    """What of it reaches this person: the one place where a guardian's view is narrowed."""
    link = next((each for each in facts.links if each.person == actor.person), None)
    if actor.role is not Role.RESIDENT or link is None:
        return opened
    age = age_years(facts.birth, facts.today)
    far = reach.reach_of(link.tie, age, link.scopes)
    if far is Reach.ALL:
        return opened
    cells = {
        name: cell
        for name, cell in opened.cells.items()
        if reach.shows_cell(name, far, link.scopes)
    }
    records = tuple(
        replace(each, change=reach.part_of(each.change, far, link.scopes))
        for each in opened.records
        if reach.shows_kind(each.change.kind, far, link.scopes)
    )
    return replace(opened, cells=cells, records=records, reach=far, scopes=link.scopes)


async def living(tx: Tx, district: int, resident: bytes) -> bytes:
    """The archive itself, or the one it was merged into."""
    row = await one(tx, "SELECT kept FROM merged WHERE district=? AND gone=?", district, resident)
    return resident if row is None else row[0]


async def classes_of(
    tx: Tx, vault: Vault, resident: bytes, asking: Asking, now: int
) -> tuple[str, ...]:
    """Which classes the rule allows now, for whoever decides about what an opening has shown (and
    logged). Shows nothing, so nothing is logged. () for an id that is nobody's.
    """
    resident = await living(tx, vault.district, resident)
    row = await one(
        tx,
        "SELECT key, rev, rev_restricted, sealed_cells, sealed_restricted, facility, panel "
        "FROM resident WHERE district=? AND resident=?",
        vault.district,
        resident,
    )
    if row is None:
        return ()
    key = vault.key(resident, row[0])
    cells = decode_cells(key.open(vault.at(T_CELLS, resident, resident, row[1]), row[3]))
    facts = await _facts(tx, vault, resident, asking.actor, row, cells, now)
    facts = _with_presence(facts, asking)
    asked = {cls: _ask(asking, facts, cls) for cls in (AccessClass.A, AccessClass.B)}
    return tuple(cls.value for cls, answer in asked.items() if isinstance(answer, Allowed))


def _with_presence(facts: ResidentFacts, asking: Asking) -> ResidentFacts:
    """The asker answers for having the resident and the document before them."""
    here = asking.actor.facility
    return replace(facts, present_at=frozenset({here})) if asking.present and here else facts


def _ask(asking: Asking, facts: ResidentFacts, cls: AccessClass) -> Answer:
    return may(asking.actor, facts, cls, asking.purpose, reason=asking.reason)


async def _facts(
    tx: Tx, vault: Vault, resident: bytes, actor: Actor, row: Row, cells: Mapping[str, Cell],
    now: int,
) -> ResidentFacts:  # fmt: skip
    """What the rule must know, read in this transaction and never from a cache."""
    today = datetime.fromtimestamp(now / 1000, CIVIL).date()
    # As readers are shown it: what a resident claims of it decides nothing before it is answered.
    known = choose(cells.get("birth_date", EMPTY), Policy.IDENTITY).value
    birth = date.fromisoformat(known) if isinstance(known, str) else today
    facts = await _at_home(tx, vault, resident, (row[5], row[6]), birth, now)
    if actor.role is not Role.RESIDENT:
        return facts
    return await _with_family(tx, vault.district, facts)


async def facts_of(
    tx: Tx, vault: Vault, resident: bytes, birth: date, now: int
) -> ResidentFacts | None:
    """What the rule is asked with about others: "who could see me now". Opens nothing; `birth` as
    the card has it. None for an id that is nobody's.
    """
    row = await one(
        tx, "SELECT facility, panel FROM resident WHERE district=? AND resident=?",
        vault.district, resident,
    )  # fmt: skip
    if row is None:
        return None
    facts = await _at_home(tx, vault, resident, (row[0], row[1]), birth, now)
    return await _with_family(tx, vault.district, facts)


async def _at_home(
    tx: Tx, vault: Vault, resident: bytes, home: tuple[bytes | None, bytes | None], birth: date,
    now: int,
) -> ResidentFacts:  # fmt: skip
    """What belongs to the place: facility, team, doctor, consents."""
    today, (facility, panel) = datetime.fromtimestamp(now / 1000, CIVIL).date(), home
    granted = await tx.rows(
        "SELECT consent, facility, purpose, classes, granted_at, until, manner, panel FROM consent "
        "WHERE district=? AND resident=? AND revoked_at IS NULL",
        vault.district,
        resident,
    )
    doctor = await one(
        tx,
        "SELECT staff FROM staff WHERE district=? AND panel=? AND role='doctor' AND active=? "
        "ORDER BY staff LIMIT 1",
        vault.district, panel, True,
    )  # fmt: skip
    return ResidentFacts(
        resident=resident, facility=facility, team=panel, doctor=doctor[0] if doctor else None,
        birth=birth, today=today, now_ms=now,
        consents=tuple(_grant(each) for each in granted),
    )  # fmt: skip


async def is_noticed(tx: Tx, district: int, resident: bytes, birth: date, today: date) -> bool:
    """Whether the notice in force was agreed to for this archive, and the consent still counts."""
    row = await one(
        tx,
        "SELECT person, at FROM first_opening WHERE district=? AND resident=? AND text_version=? "
        "AND ended_at IS NULL ORDER BY at DESC LIMIT 1",
        district, resident, first_notice.version(),
    )  # fmt: skip
    if row is None:
        return False
    agreed = datetime.fromtimestamp(row[1] / 1000, CIVIL).date()
    return first_notice.still_counts(
        own=row[0] == resident, agreed=agreed, birth=birth, today=today
    )


async def _with_family(tx: Tx, district: int, facts: ResidentFacts) -> ResidentFacts:
    """What matters only where the resident or a relative asks."""
    who = facts.resident
    noticed = await is_noticed(tx, district, who, facts.birth, facts.today)
    explained = await one(
        tx, "SELECT 1 FROM explained WHERE district=? AND resident=? LIMIT 1", district, who
    )
    links = await tx.rows(
        "SELECT person, tie, from_day, until_day, scopes, frozen_at FROM family_link WHERE "
        "district=? AND resident=? AND state='standing' ORDER BY link",
        district, who,
    )  # fmt: skip
    return replace(
        facts, noticed=noticed, explained=explained is not None,
        links=tuple(_link(each) for each in links),
    )  # fmt: skip


SCOPES: Final = {
    "A": Scope.ARCHIVE, "B": Scope.RESTRICTED, "D": Scope.ACT, "R": Scope.REPRODUCTIVE,
}  # fmt: skip
"""Letters of the column `scopes` of family_link."""


def _link(row: Row) -> Link:
    person, tie, from_day, until_day, scopes, frozen_at = row
    return Link(
        person=person, tie=Tie(tie), from_day=date.fromisoformat(from_day),
        until_day=date.fromisoformat(until_day), frozen=frozen_at is not None,
        scopes=frozenset(SCOPES[each] for each in scopes),
    )  # fmt: skip


def _grant(row: Row) -> consents.Grant:
    consent, facility, purpose, classes, granted_at, until, manner, team = row
    return consents.Grant(
        id=consent, recipient=facility, purpose=consents.Purpose(purpose),
        classes=frozenset(AccessClass(each) for each in classes),
        manner=consents.Manner(manner), from_ms=granted_at, until_ms=until, team=team or None,
    )  # fmt: skip


async def _log(
    tx: Tx,
    district: int,
    resident: bytes,
    asking: Asking,
    ground: str,
    classes: tuple[str, ...],
    now: int,
) -> bytes:
    """谁看过我的档案: one row an attempt, and a leaf that a row taken away would be missed by."""
    entry, actor = new_id(now), asking.actor
    purpose = asking.purpose.value
    await tx.insert(
        "access_log",
        [
            (
                district, resident, entry, now, now, actor.person, actor.facility, None, purpose,
                ground, "".join(classes), "online",
            )
        ],
    )  # fmt: skip
    await audit(tx, district, "opening", resident + entry + ground.encode(), now)
    return entry


async def _same(
    tx: Tx, vault: Vault, resident: bytes, wrapped: bytes, asking: Asking, ground: str,
    classes: tuple[str, ...], since: int,
) -> bytes | None:  # fmt: skip
    """The newest row that says the same of an opening; None where that one was reported."""
    rows = await tx.rows(
        "SELECT a.entry, o.present, o.sealed, x.report FROM access_log a LEFT JOIN opening_reason "
        "o ON o.district=a.district AND o.entry=a.entry LEFT JOIN access_report x ON "
        "x.district=a.district AND x.resident=a.resident AND x.entry=a.entry WHERE a.district=? "
        "AND a.resident=? AND a.staff=? AND a.ground=? AND a.purpose=? AND a.classes=? AND "
        "a.mode='online' AND a.at>? ORDER BY a.entry DESC",
        vault.district, resident, asking.actor.person, ground, asking.purpose.value,
        "".join(classes), since,
    )  # fmt: skip
    key = vault.key(resident, wrapped)
    for entry, present, sealed, report in rows:
        said = b"" if sealed is None else key.open(vault.at(T_REASON, entry, resident), sealed)
        if (said.decode(), bool(present)) == (asking.reason, asking.present):
            return entry if report is None else None
    return None


async def _records(
    tx: Tx, vault: Vault, resident: bytes, wrapped: bytes, classes: tuple[str, ...]
) -> tuple[Record, ...]:
    rows = await tx.rows(
        "SELECT change, cls, state, recorded_at, staff, body FROM change WHERE district=? AND "
        "resident=? AND shape='event' AND state IN ('applied','applied_guest') AND "
        "under='resident' ORDER BY day, change",
        vault.district,
        resident,
    )
    key = vault.key(resident, wrapped)
    return tuple(
        Record(
            wire.change(key.open(vault.at(T_CHANGE, change, resident), body)[16:]),
            cls, state, at, staff,
        )
        for change, cls, state, at, staff, body in rows
        if cls in classes
    )  # fmt: skip


def actor_of(
    *, role: str, staff: bytes, facility: bytes | None, panels: frozenset[bytes], restricted: bool
) -> Actor:
    """A staff row as the rule knows it. `role` is the staff table's; `panels` are all that the
    person serves today, as a member or a locum too.
    """
    if role == "county":
        return Actor(Role.COUNTY, staff)
    in_a_team = Role.TEAM if panels else Role.STAFF
    kind = Role.SPECIALIST if restricted else in_a_team
    return Actor(kind, staff, facility, panels)
