"""Writing at a desk: the same change, merge and journal as a tablet's, without a tablet.

A record or an edit becomes a change with its author, goes through `sync.reconcile.decide` under
the resident's lock, is written as a change row without a device, placed in the feeds of the
panels the resident is in, and counted by the same rules. The id of the change is made when the
form is opened: sent twice it is saved once. Performing and responsible facility are both kept
(S000-art13). Beside tablets and lists it keeps archives alive (S003-5(1)-a).
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from msgspec import UNSET, structs

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives.first_written import refuse_elsewhere
from server.actions.archives.ledger import ASSIGNED, Archive, Ledger, first_rev
from server.actions.archives.standing import (
    MERGED,
    Membership,
    ResidentRow,
    lock_residents,
    survivors,
)
from server.actions.keeping.site import Site
from server.actions.tablets.answered import class_of_answered
from server.actions.tablets.intake import Arrived, checked_again, civil_day, derived_id, rule_of
from server.actions.tablets.readable import is_sound
from server.actions.tablets.settle import open_change, settle_conflicts
from server.errors import NotYours, Refusal, RuleSaysNo
from server.records.model import AccessClass, Kind
from server.rules.access import Ground
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_CHANGE, T_PARTS
from sync import wire
from sync.limits import DAY_MS, REGISTER_BYTES
from sync.reconcile import (
    IN_FEED,
    CellRule,
    Credit,
    Decision,
    Guest,
    Incoming,
    Present,
    Standing,
    State,
    Task,
    decide,
    named_by,
)

AT_DESK: Final = "desk"  # flag of a change: written at a desk
BY_DOCUMENT: Final = "document"  # ground of a guest whose document was seen


class SavedOtherwise(RuleSaysNo):
    """The form was saved before with other content; `change` is what stands."""

    def __init__(self, change: bytes) -> None:
        super().__init__("saved_otherwise")
        self.change = change


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it. `parts`: cells whose state is another. `again`: it was there already."""

    change: bytes
    resident: bytes
    state: str
    reason: str
    parts: dict[str, str]
    performing: bytes
    responsible: bytes | None
    again: bool = False


async def save(site: Site, signed: Signed, opened: Opened, change: wire.Change) -> Saved:
    """Takes one change of somebody who has opened the archive (server/actions/archives/opening.py).

    Raises NotYours, SavedOtherwise, WrittenElsewhere, RuleSaysNo (a record that is not one's own to
    take back).
    """
    saved = await site.store.write(
        partial(_save, site=site, signed=signed, opened=opened, change=change)
    )
    if isinstance(saved, Refusal):
        raise saved
    return saved


@dataclass(slots=True)
class Work:
    """One change in hand, its archive locked."""

    tx: Tx
    site: Site
    signed: Signed
    change: wire.Change
    raw: bytes
    arrived: Arrived
    archive: Archive
    ledger: Ledger
    standing: Standing
    scoped: bool  # may be shown class B


async def _save(
    tx: Tx, site: Site, signed: Signed, opened: Opened, change: wire.Change
) -> Saved | Refusal:
    rows = await lock_residents(tx, site.district, {change.resident})
    raw = wire.encode(change)
    if not is_sound(raw):
        return NotYours("change")
    kept = await survivors(tx, site.district, rows)
    if opened.resident not in {*rows, *kept.values()}:
        return NotYours("resident")
    before = await _there_already(tx, site, signed, change, raw)
    if before is not None:
        return before
    if rows[change.resident].status == MERGED:  # since the form was opened
        return RuleSaysNo("merged")
    elsewhere = refuse_elsewhere(site, change)
    if elsewhere is not None:
        return elsewhere
    archive = await archive_of(tx, site, rows[change.resident])
    standing = _standing(signed, opened, archive, site.clock())
    if standing is None:
        return NotYours("resident")
    cls = await _class_of_target(tx, site, signed, change)
    if isinstance(cls, Refusal):
        return cls
    now = site.clock()
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    ledger = Ledger(site.district, site.vault, now, epoch[0], archives={change.resident: archive})
    arrived = checked_again(raw, bytes(16), change, civil_day(now))
    cls = max(cls, await class_of_answered(tx, site.district, change))
    arrived = structs.replace(arrived, cls=max(arrived.cls, cls))
    scoped = "B" in opened.classes
    work = Work(tx, site, signed, change, raw, arrived, archive, ledger, standing, scoped)
    return await decide_on(work)


async def archive_of(tx: Tx, site: Site, row: ResidentRow) -> Archive:
    members = await tx.rows(
        "SELECT panel, ground, until FROM member WHERE district=? AND resident=?",
        site.district,
        row.resident,
    )
    return Archive(row, [Membership(*each) for each in members])


async def _there_already(
    tx: Tx, site: Site, signed: Signed, change: wire.Change, raw: bytes
) -> Saved | Refusal | None:
    """A form sent twice: what stands, when it says the same. A merge or its undoing may have
    carried it to another archive than the one it was written for.
    """
    row = await one(
        tx,
        "SELECT c.resident, c.staff, c.state, c.reason, c.body, c.under, r.key, d.performing, "
        "d.responsible FROM change c LEFT JOIN resident r ON r.district=c.district AND "
        "r.resident=c.resident LEFT JOIN desk_change d ON d.district=c.district AND "
        "d.change=c.change WHERE c.district=? AND c.change=?",
        site.district, change.id,
    )  # fmt: skip
    if row is None:
        return None
    who, staff, state, reason, body, under, wrapped, performing, responsible = row
    if (staff, under) != (signed.staff, "resident") or performing is None:
        return NotYours("change")
    _, stored = open_change(
        site, change=change.id, resident=who, under=under, wrapped=wrapped, body=body
    )
    said = wire.change(stored)
    if said.resident != change.resident:
        return NotYours("change")
    if wire.encode(replace_at(said, change.at)) != raw:
        return SavedOtherwise(change.id)
    return Saved(change.id, who, state, reason, {}, performing, responsible, again=True)


def fresh_id(site: Site) -> bytes:
    """An id for a change, made when its form is opened."""
    return new_id(site.clock())


def void_id(record: bytes, staff: bytes) -> bytes:
    """The id of the change by which somebody takes a record back: one and the same each time."""
    return derived_id(b"void" + record + staff, 0)


def replace_at(change: wire.Change, at: int) -> wire.Change:
    """The same change, said to be written at another moment."""
    return structs.replace(change, at=at)


def _standing(signed: Signed, opened: Opened, archive: Archive, now: int) -> Standing | None:
    """Where the writer stands, judged under the lock. None: no business with this archive."""
    if archive.row.facility == signed.facility:
        return Present()
    consented = any(
        each.ground != ASSIGNED
        and each.panel in signed.panels
        and (each.until is None or each.until > now)
        for each in archive.members
    )
    if consented or opened.ground == Ground.CONSENT:
        return Guest("consent", consented=consented)
    if opened.ground == Ground.GUEST:
        return Guest(BY_DOCUMENT)
    return Guest("emergency") if opened.ground == Ground.EMERGENCY else None


async def _class_of_target(
    tx: Tx, site: Site, signed: Signed, change: wire.Change
) -> str | Refusal:
    """The class of what is amended or voided: one's own record in view, of this resident."""
    cls = "A"
    for name in (change.amends, change.voids):
        if name is None:
            continue
        row = await one(
            tx,
            "SELECT resident, staff, author, cls, state, shape FROM change WHERE district=? AND "
            "change=?",
            site.district, name,
        )  # fmt: skip
        if row is None or row[0] != change.resident:
            return NotYours("change")
        own = row[1] == signed.staff and row[2] == "staff" and row[5] == "event"
        if not own or row[4] not in (State.APPLIED, State.GUEST):
            return RuleSaysNo("not_ones_own")
        cls = max(cls, row[3])
    return cls


async def decide_on(work: Work) -> Saved:
    """Judged, written, journalled: the one path of every change that no tablet carries."""
    change, archive, site = work.change, work.archive, work.site
    edits = None
    if change.set is not UNSET:
        edits = {cell: (edit.value, edit.saw) for cell, edit in change.set.items()}
    names = tuple(each for each in (change.amends, change.voids) if each is not None)
    incoming = Incoming(
        id=change.id, author="staff", staff=work.signed.staff, at=work.ledger.now, names=names,
        edits=edits, fault=work.arrived.fault,
    )  # fmt: skip
    cells = {}
    if edits is not None:
        archive.read_cells(site.vault)
        cells = archive.cells()
        archive.size += len(work.raw)
        if archive.size > REGISTER_BYTES:
            incoming = structs.replace(incoming, crowded=True)
    known = await _known(work, named_by(incoming))
    kind = work.arrived.kind
    rule = partial(_rule, kind, work.scoped) if kind is not None else _no_rule
    decision = decide(incoming, work.standing, cells, rule, known.__contains__)
    await _write(work, decision, is_edit=edits is not None)
    parts = {cell: state.value for cell, state in decision.parts.items()}
    return Saved(
        change.id, change.resident, decision.state.value, decision.reason.value, parts,
        work.signed.facility, archive.row.facility,
    )  # fmt: skip


async def _known(work: Work, ids: tuple[bytes, ...]) -> frozenset[bytes]:
    rows = await work.tx.rows_in(
        "SELECT change FROM change WHERE district=? AND change {ids}",
        ids or (NOBODY,),
        work.site.district,
    )
    return frozenset(row[0] for row in rows)


def _rule(kind: Kind, scoped: bool, cell: str) -> CellRule:
    """As the form says; closed where the writer may not be shown what is there."""
    shown = scoped or kind.access_of(cell) is AccessClass.A
    return structs.replace(rule_of(kind, cell), closed=not shown)


def _no_rule(_: str) -> CellRule:
    raise AssertionError("a change without a kind is never merged")


async def _write(work: Work, decision: Decision, *, is_edit: bool) -> None:
    """The change row, its cells or feed rows, its tasks, both facilities; panels last."""
    tx, site, ledger, change, archive = (
        work.tx, work.site, work.ledger, work.change, work.archive
    )  # fmt: skip
    ledger.changes.append(_row(work, decision, is_edit=is_edit))
    if not is_edit and decision.state in IN_FEED:
        ledger.event(change.resident, change.id, work.arrived.cls, first_rev(ledger.feed_epoch))
    if work.arrived.kind is not None:
        archive.put(work.arrived.kind, decision.cells)
    tasks = list(decision.tasks)
    if await _looks_alike(work, decision):
        tasks.append(Task.POSSIBLE_DUPLICATE)
    facility = archive.row.facility
    for task in tasks:
        ledger.task(task.value, change.id, resident=change.resident, facility=facility)
    await tx.insert(
        "desk_change",
        [(site.district, change.id, change.resident, work.signed.facility, facility)],
    )
    await settle_conflicts(tx, site, ledger, work.signed.staff)
    await ledger.flush(tx, "act", b"decision" + change.id)


def _row(work: Work, decision: Decision, *, is_edit: bool) -> Row:
    change, arrived, signed = work.change, work.arrived, work.signed
    district, now = work.site.district, work.ledger.now
    vault = work.site.vault
    key = vault.key(change.resident, work.archive.row.key)
    parts = None
    if decision.parts:
        plain = wire.encode({cell: state.value for cell, state in decision.parts.items()})
        parts = key.seal(vault.at(T_PARTS, change.id, change.resident), plain)
    body = key.seal(vault.at(T_CHANGE, change.id, change.resident), bytes(16) + work.raw)
    counts = decision.state in IN_FEED and change.body is not UNSET
    credit = decision.credit if counts else Credit.NONE
    return (
        district, change.resident, change.id, change.kind if arrived.cls == "A" else None,
        arrived.cls, "edit" if is_edit else "event", decision.state.value, decision.reason.value,
        parts, first_rev(work.ledger.feed_epoch), change.on, now, now, None, 0, 0, 0, signed.staff,
        "staff", credit.value, signed.facility if credit is Credit.AUTHOR else None,
        ",".join(_flags(work, now)), None, 0, 0, "resident", body,
    )  # fmt: skip


def _flags(work: Work, now: int) -> list[str]:
    flags = [AT_DESK]
    if isinstance(work.standing, Guest):
        flags.append(f"guest:{work.standing.ground}")
    if work.change.on < civil_day(now - DAY_MS).isoformat():
        flags.append("entered_late")
    return flags


async def _looks_alike(work: Work, decision: Decision) -> bool:
    """A record of the same kind and day is there already: a person looks whether it is doubled."""
    change = work.change
    if change.body is UNSET or change.amends is not None or decision.state not in IN_FEED:
        return False
    row = await one(
        work.tx,
        "SELECT 1 FROM change WHERE district=? AND resident=? AND day=? AND kind=? AND "
        "shape='event' AND state IN ('applied','applied_guest')",
        work.site.district, change.resident, change.on, change.kind,
    )  # fmt: skip
    return row is not None and work.arrived.cls == "A"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the page after saving says. `kind` None: class B. `moved`: responsible elsewhere."""

    change: bytes
    resident: bytes
    kind: str | None
    shape: str
    state: str
    reason: str
    day: str
    at: int
    performing: str
    responsible: str


async def receipt(site: Site, signed: Signed, resident: bytes, change: bytes) -> Receipt:
    """Of one's own change at a desk. Raises NotYours."""

    async def read(tx: Tx) -> Receipt | None:
        row = await one(
            tx,
            "SELECT c.kind, c.shape, c.state, c.reason, c.day, c.received_at, p.name, r.name "
            "FROM change c JOIN desk_change d ON d.district=c.district AND d.change=c.change "
            "LEFT JOIN facility p ON p.district=d.district AND p.facility=d.performing "
            "LEFT JOIN facility r ON r.district=d.district AND r.facility=d.responsible "
            "WHERE c.district=? AND c.change=? AND c.resident=? AND c.staff=?",
            site.district, change, resident, signed.staff,
        )  # fmt: skip
        if row is None:
            return None
        kind, shape, state, reason, day, at, performing, responsible = row
        return Receipt(
            change, resident, kind, shape, state, reason, day, at, performing or "",
            responsible or "",
        )  # fmt: skip

    found = await site.store.read(read)
    if found is None:
        raise NotYours("change")
    return found
