"""Reading through the gate in the portal: one opening a page, written down once in half an hour.

A resident reads for themselves; a guardian, or a helper whom the resident has given the archive,
for a family member; any other helper is told whether the visits happened and what is due, no more
(portal.md 10). Every page asks the rule anew, and nothing is read but through here: `Reading.fresh`
says that this page wrote its row of the access log, so rows and readings can be counted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

import msgspec

from server.access import Asking, Opened, Record, living, open_archive
from server.actions.archives.content import Page, page_of
from server.actions.archives.opening import SAME_MS
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.errors import NotAllowed, Refusal
from server.records.kinds import REGISTER, UnknownKind, get
from server.records.statement import STATEMENT
from server.rules.access import Actor, Role, Scope, Tie
from server.rules.consent import Purpose
from server.rules.life import STATES, Life
from server.rules.plan import model as plan
from server.rules.plan.believable import believable
from server.rules.reach import Reach, shows_rule
from server.store.trail import audit
from server.store.tx import Tx, one
from sync.merge import Cell

ARCHIVE: Final = "A"  # scope of a family link: class A of the archive


class ArchiveShut(Refusal):
    """The gate stays shut (logged), or the archive is closed: dead, or merged into another."""

    code = "archive_shut"
    status = 403
    say = "这份档案现在不能在这里打开。请到卫生院窗口问一问，带上证件。"
    hint = "The rule of access denied it (the attempt is logged), or the archive is closed."


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as a reader meets it. `instead`: the record that corrects it, `voided`: why it was
    taken back ("" where no reason was given), None where it stands.
    """

    record: Record
    form: Mapping[str, Any]
    instead: bytes | None
    voided: str | None

    @property
    def id(self) -> bytes:
        return self.record.change.id

    @property
    def kind(self) -> str:
        return self.record.change.kind

    @property
    def on(self) -> str:
        return self.record.change.on

    @property
    def stands(self) -> bool:
        return self.instead is None and self.voided is None


@dataclass(frozen=True, slots=True)
class Happened:
    """A service that took place, as whoever may see no findings is told of it."""

    on: str
    label: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one page may show. `whole` False: only `happened` and what is due; then `cells` and
    `entries` are empty. `entries`: newest service day first; what
    residents said beside them are `statements`. `row`: of the access log. `reach`: of
    a guardian of somebody of 14 to 17.
    """

    resident: bytes
    classes: tuple[str, ...]
    whole: bool
    cells: Mapping[str, Cell]
    page: Page
    entries: tuple[Entry, ...]
    statements: tuple[Entry, ...]
    happened: tuple[Happened, ...]
    row: bytes
    fresh: bool
    reach: Reach = Reach.ALL
    scopes: frozenset[Scope] = frozenset()

    def shows_rule(self, rule: str) -> bool:
        """Whether an item of the service plan reaches whoever reads."""
        return shows_rule(rule, self.reach, self.scopes)

    @property
    def restricted(self) -> bool:
        """Whether class B is among what may be shown."""
        return "B" in self.classes

    @property
    def birth(self) -> date | None:
        """None where it is not known or cannot be meant."""
        try:
            return date.fromisoformat(self.page.text("birth_date"))
        except ValueError:
            return None

    @property
    def sex(self) -> str:
        """GB/T 2261.1; "" for unknown."""
        return self.page.text("sex")

    def records(self) -> tuple[plan.Record, ...]:
        """The open records that stand, oldest first, as rules read them."""
        return believable(
            plan.Record(each.id, each.kind, date.fromisoformat(each.on), each.form, each.record.cls)
            for each in reversed(self.entries)
            if each.stands and each.record.cls == "A"
        )

    def facts(self) -> plan.Facts:
        """What rules about the open part may know."""
        values: dict[str, Any] = {**self.page.values, **self.page.sets}
        return plan.Facts(
            due=True, birth=self.birth, sex=self.sex, values=values, records=self.records()
        )


async def read(site: Site, acting: Acting, *, again: str = "") -> Reading:
    """Opens the archive for one page. `again`: what is shown beside it on demand (masked numbers);
    that is an act of its own, so it always writes a row of its own.

    Raises ArchiveShut.
    """
    opened = await site.store.write(partial(_read, site=site, acting=acting, again=again))
    if isinstance(opened, ArchiveShut):
        raise opened
    return opened


async def _read(tx: Tx, site: Site, acting: Acting, again: str) -> Reading | ArchiveShut:
    now, who = site.clock(), await living(tx, site.district, acting.resident)
    state = await one(
        tx, "SELECT status FROM resident WHERE district=? AND resident=?", site.district, who
    )
    if state is None or not STATES[Life(state[0])].sign_in:
        return ArchiveShut("state")
    purpose = await _purpose(tx, site, acting, who)
    # An archive merged into another is still the own one: who asks is who is signed in.
    person = who if acting.own else acting.person
    asking = Asking(Actor(Role.RESIDENT, person), purpose)
    kept = 0 if again else SAME_MS
    opened = await open_archive(tx, site.vault, who, asking, now, same_ms=kept)
    if isinstance(opened, NotAllowed):
        return ArchiveShut(opened.detail)
    if again:
        said = b"shown " + again.encode()
        await audit(tx, site.district, "act", said + opened.resident + opened.entry, now)
    return _told(opened, whole=purpose is not Purpose.DUE_AND_DONE)


async def _purpose(tx: Tx, site: Site, acting: Acting, who: bytes) -> Purpose:
    """What may be asked for: asking for more than the link gives would be refused and logged."""
    if acting.own:
        return Purpose.OWN
    link = await one(
        tx,
        "SELECT tie, scopes FROM family_link WHERE district=? AND resident=? AND person=? AND "
        "state='standing' ORDER BY link LIMIT 1",
        site.district, who, acting.person,
    )  # fmt: skip
    if link is not None and link[0] == Tie.HELPER and ARCHIVE not in link[1]:
        return Purpose.DUE_AND_DONE
    return Purpose.FAMILY


def _told(opened: Opened, *, whole: bool) -> Reading:
    every = entries_of(opened.records)
    entries = tuple(each for each in every if each.kind != STATEMENT)
    happened = () if whole else tuple(_happened(entries))
    cells: Mapping[str, Cell] = opened.cells if whole else {}
    classes = opened.classes if whole else tuple(x for x in opened.classes if x == "A")
    return Reading(
        resident=opened.resident, classes=classes, whole=whole, cells=cells, page=page_of(cells),
        entries=entries if whole else (), happened=happened,
        statements=tuple(x for x in every if x.kind == STATEMENT and x.stands) if whole else (),
        row=opened.entry, fresh=opened.fresh,
        reach=opened.reach, scopes=opened.scopes,
    )  # fmt: skip


def within(reading: Reading, classes: Collection[str]) -> Reading:
    """What of a reading is of these classes: whoever holds the pen sees no more than they may."""
    cells = {
        name: cell
        for name, cell in reading.cells.items()
        if REGISTER.access_of(name).value in classes
    }
    return replace(
        reading, classes=tuple(each for each in reading.classes if each in classes), cells=cells,
        page=page_of(cells),
        entries=tuple(each for each in reading.entries if each.record.cls in classes),
        statements=tuple(each for each in reading.statements if each.record.cls in classes),
    )  # fmt: skip


def entries_of(records: tuple[Record, ...]) -> tuple[Entry, ...]:
    """Newest service day first; what corrects or takes back another stands at that one."""
    instead = {r.change.amends: r.change.id for r in records if r.change.amends}
    voided = {r.change.voids: r.change.reason or "" for r in records if r.change.voids}
    return tuple(
        Entry(each, each.form(), instead.get(each.change.id), voided.get(each.change.id))
        for each in sorted(records, key=lambda one: (one.change.on, one.change.id), reverse=True)
        if each.change.body is not msgspec.UNSET
    )


def _happened(entries: tuple[Entry, ...]) -> list[Happened]:
    """Services that were given, by day and neutral name, nothing of what was found."""
    return [
        Happened(each.on, neutral_label(each.kind))
        for each in entries
        if each.stands and each.record.cls == "A" and plan.LOST not in each.form
    ]


def neutral_label(kind_id: str) -> str:
    """What lists call a form; "" for one this server does not know."""
    try:
        return get(kind_id, 1).neutral_label
    except UnknownKind:
        return ""
