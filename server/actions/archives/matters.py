"""Every task but a conflict, opened for a person and ended by one.

What touches an archive passes the gate and is logged. Ending it is one transaction: place, role
and class are asked again under it, the act is the same that the command line has, and what was
written to go with it is kept sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import UNSET

from server.access import Asking, Opened, Record, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives import decision_notes, decisions
from server.actions.archives.conflicts import purpose_of
from server.actions.archives.decision_notes import FOR_RESIDENT, FOR_WRITER, Note
from server.actions.archives.opening import AskWhy, Given, actor_of, open_for
from server.actions.archives.persons import Person, days_of_death, person_in
from server.actions.archives.standing import lock_device, lock_residents
from server.actions.archives.told import Told, staff_names, told
from server.actions.keeping.site import Site
from server.actions.queues.queue_lines import DEVICE_KINDS, Line, allergies, line_in
from server.actions.queues.queues import TaskRow, close_task, open_task, scope
from server.actions.tablets import devices, release, suspension
from server.actions.tablets.intake import civil_day
from server.actions.tablets.of_person import faults_of
from server.errors import NotAllowed, NotYours, Refusal, RuleSaysNo
from server.records.acts import OPEN
from server.records.check import check, hard
from server.records.kinds import REGISTER, UnknownKind, get
from server.records.values import Faults
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.store.trail import audit
from server.store.tx import Tx, one
from sync.merge import EMPTY, choose

REGISTRARS: Final = frozenset({StaffRole.DESK, StaffRole.MANAGER})
OVERSEERS: Final = frozenset({StaffRole.MANAGER, StaffRole.COUNTY})
ANYBODY: Final = FACILITY_ROLES | {StaffRole.COUNTY}
BATCH: Final = 500  # quarantined changes of one tablet decided in one step

WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "proposal": ("accept", "decline"),
    "identity": ("accept", "decline"),
    "held": ("release", "decline"),
    "quarantine": ("release", "decline"),
    "assisted": ("release", "decline"),
    "assisted_county": ("release", "decline"),
    "possible_duplicate": ("keep_both", "void"),
    "late_visit": ("close",),
    "photo": ("close",),
    "switch_request": ("switch", "decline"),
    "fork": ("close",),
    "epoch": ("confirm",),
    "suspended": ("reinstate", "close"),
    "digest": ("close",),
    "restored": ("close",),
    "lost": ("close",),
    "revoked": ("close",),
}
"""How each kind of task is ended. `switch` is the desk's page (switching.py). A record is taken
back by whoever wrote it, on a tablet or at the desk; `void` says that this was done.
"""
RESULTS: Final = {"keep_both": "kept_both", "void": "voided"}

WHO: Final[Mapping[str, frozenset[StaffRole]]] = {
    "proposal": FACILITY_ROLES,
    "identity": REGISTRARS,
    "possible_duplicate": FACILITY_ROLES,
    "switch_request": FACILITY_ROLES,
    "held": ANYBODY,
    "late_visit": ANYBODY,
    "photo": ANYBODY,
    "quarantine": ANYBODY,
    "assisted": FACILITY_ROLES,
}
"""Whose it is to end; tablets belong to the manager and the county."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One cell that somebody wants to change."""

    cell: str
    now: Any
    wanted: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that could not be read as a whole."""

    received_at: int
    changes: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What a task's page shows. `hidden`: content of class B that this person may not see."""

    line: Line
    ways: tuple[str, ...]
    tale: Told | None
    asked: tuple[Asked, ...]
    body: Mapping[str, Any]
    faults: Faults
    hidden: bool
    beside: tuple[tuple[Record, str], ...]  # records of the same kind and day, with their authors
    allergies: tuple[str, ...]
    notes: tuple[Note, ...]
    batch: Batch | None
    tablet: bytes | None
    others: int  # quarantined changes of the same tablet in this place


async def open_matter(site: Site, signed: Signed, kind: str, subject: bytes, reason: str) -> Matter:
    """Raises NotYours, NotAllowed; the opening of an archive is logged."""
    if kind not in WAYS:
        raise NotYours
    found = await site.store.read(
        partial(line_in, site=site, signed=signed, kind=kind, subject=subject)
    )
    opened = None
    if found.card is not None and kind not in DEVICE_KINDS:
        given = Given(purpose_of(signed), reason)
        answer = await open_for(site, signed, found.card.resident, given)
        if isinstance(answer, AskWhy):
            raise NotAllowed
        opened = answer
    return await site.store.read(
        partial(_matter, site=site, signed=signed, line=found, opened=opened)
    )


async def _matter(tx: Tx, site: Site, signed: Signed, line: Line, opened: Opened | None) -> Matter:
    task = line.task
    tale = (await told(tx, site, {task.subject})).get(task.subject)
    hidden = tale is not None and (opened is None or tale.cls not in opened.classes)
    asked, body, faults, beside = (), dict[str, Any](), (), ()
    if tale is not None and opened is not None and not hidden:
        asked, body = _asked(tale, opened), _body(tale)
        died = await days_of_death(tx, site.district, [opened.resident])
        person = person_in(opened.cells, died.get(opened.resident))
        faults = _faults(tale, opened, person, site.clock())
        beside = await _beside(tx, site, tale, opened) if task.kind == "possible_duplicate" else ()
    batch, tablet = await _tablet(tx, site, task, tale)
    others = await _waiting(tx, site, signed, tablet) if tablet and tale else 0
    notes = await decision_notes.notes_of(tx, site, task.subject)
    if hidden:  # a note tells of what it was written about
        notes = tuple(each for each in notes if each.staff == signed.staff)
    return Matter(
        line=line, ways=ways(signed, task, known=_known(line, tale)), tale=tale, asked=asked,
        body=body, faults=faults, hidden=hidden, beside=beside,
        allergies=allergies(opened.cells) if opened else (),
        notes=notes, batch=batch, tablet=tablet, others=others,
    )  # fmt: skip


def _known(line: Line, tale: Told | None) -> bool:
    return line.card is not None or (tale is not None and tale.kind == OPEN)


def ways(signed: Signed, task: TaskRow, *, known: bool) -> tuple[str, ...]:
    """What this person may do with it. `known`: the resident is one of the district's."""
    if task.closed_at is not None or signed.role not in WHO.get(task.kind, OVERSEERS):
        return ()
    if task.kind == "quarantine" and task.resident is None:
        return ("close",)
    if task.kind in ("quarantine", "held") and not known:
        return ("decline",)  # an opening names a resident who is yet to be: `known` counts it
    return WAYS[task.kind]


def _asked(tale: Told, opened: Opened) -> tuple[Asked, ...]:
    found: list[Asked] = []
    for cell, edit in tale.edits.items():
        if tale.state_of(cell) != tale.state:
            continue
        policy = REGISTER.policy_of(cell)
        now = choose(opened.cells.get(cell, EMPTY), policy, REGISTER.safer_of(cell)).value
        found.append(Asked(cell, now, edit.value))
    return tuple(found)


def _body(tale: Told) -> dict[str, Any]:
    if tale.change is None or tale.change.body is UNSET:
        return {}
    try:
        return msgspec.json.decode(tale.change.body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _faults(tale: Told, opened: Opened, person: Person, now: int) -> Faults:
    """What is wrong with the values, in the sentences of the form."""
    change = tale.change
    if change is None:
        return ()
    today = civil_day(now)
    try:
        kind = get(change.kind, change.v)
        on = max(today.min, type(today).fromisoformat(change.on))
    except (UnknownKind, ValueError):
        return ()
    if change.body is UNSET:
        return faults_of(kind, change, person, lambda: opened.cells, now)
    return hard(
        check(
            kind, bytes(change.body), on=on, today=today, sex=person.sex, birth=person.birth,
            died=person.died,
        )
    )  # fmt: skip


async def _beside(tx: Tx, site: Site, tale: Told, opened: Opened) -> tuple[tuple[Record, str], ...]:
    same = [
        each for each in opened.records
        if each.change.kind == tale.kind and each.change.on == tale.day
        and each.change.body is not UNSET
    ]  # fmt: skip
    names = await staff_names(tx, site, {each.staff for each in same})
    same.sort(key=lambda each: (each.recorded_at, each.change.id))
    return tuple((each, names.get(each.staff, "")) for each in same[:4])


async def _tablet(
    tx: Tx, site: Site, task: TaskRow, tale: Told | None
) -> tuple[Batch | None, bytes | None]:
    if task.kind in DEVICE_KINDS:
        return None, task.subject
    if tale is not None:
        return None, tale.device
    row = await one(
        tx,
        "SELECT b.device, b.received_at, b.n, b.verdict FROM device d JOIN batch b ON "
        "b.district=d.district AND b.device=d.device WHERE d.district=? AND d.facility=? AND "
        "b.digest>=? AND b.digest<=? LIMIT 1",
        site.district, task.facility, task.subject + bytes(16), task.subject + b"\xff" * 16,
    )  # fmt: skip
    return (Batch(row[1], row[2], row[3]), row[0]) if row else (None, None)


async def _waiting(tx: Tx, site: Site, signed: Signed, tablet: bytes) -> int:
    where, args = scope(signed)
    row = await one(
        tx,
        "SELECT COUNT(*) FROM task t JOIN change c ON c.district=t.district AND "
        "c.change=t.subject WHERE t.district=? AND t.closed_at IS NULL AND t.kind='quarantine' "
        f"AND c.device=?{where}",
        site.district, tablet, *args,
    )  # fmt: skip
    return row[0] if row else 0


# Ending it.


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does. `way`: of WAYS; `text`: what goes with it; `reason`: of the opening, for
    the gate.
    """

    way: str
    text: str
    reason: str


async def end(site: Site, signed: Signed, kind: str, subject: bytes, act: Act) -> None:
    """Ends one task. Raises NotYours, NotAllowed, RuleSaysNo."""
    guard = partial(_may, site=site, signed=signed, kind=kind, subject=subject, act=act)
    if act.way == "confirm":
        await devices.confirm_epoch(site, subject, staff=signed.staff, allowed=guard)
        return
    if act.way == "reinstate":
        await suspension.reinstate(site, subject, staff=signed.staff, allowed=guard)
        return
    await site.store.write(
        partial(_end, site=site, signed=signed, kind=kind, subject=subject, act=act)
    )


async def _may(tx: Tx, site: Site, signed: Signed, kind: str, subject: bytes, act: Act) -> TaskRow:
    """The task, when this person may do that with it."""
    task = await open_task(tx, site, signed, kind, subject)
    row = await one(
        tx,
        "SELECT c.cls, r.resident, c.kind FROM change c LEFT JOIN resident r ON "
        "r.district=c.district AND r.resident=c.resident WHERE c.district=? AND c.change=?",
        site.district, subject,
    )  # fmt: skip
    known = row is None or row[1] is not None or row[2] == OPEN
    if act.way not in ways(signed, task, known=known) or act.way == "switch":
        raise NotYours
    if row is not None and row[1] is not None and row[0] != "A":
        asking = Asking(actor_of(signed), purpose_of(signed), act.reason)
        if row[0] not in await classes_of(tx, site.vault, row[1], asking, site.clock()):
            raise NotAllowed("class")
    return task


async def _end(tx: Tx, site: Site, signed: Signed, kind: str, subject: bytes, act: Act) -> None:
    await _hold(tx, site, subject)
    task = await _may(tx, site, signed, kind, subject, act)
    made = None
    match act.way:
        case "accept":
            made = await decisions.accept_in(tx, site, subject, signed.staff)
        case "release":
            await release.release_in(tx, site, subject, signed.staff)
        case "decline" if not act.text:
            raise RuleSaysNo("reason_missing")
        case "decline":
            await release.decline_in(tx, site, subject, signed.staff)
        case _:
            result = RESULTS.get(act.way, "closed")
            await close_task(tx, site, signed, task, result)
            await audit(tx, site.district, "act", b"closed" + subject, site.clock())
    if act.text:
        audience = FOR_WRITER if act.way == "decline" else FOR_RESIDENT
        await decision_notes.keep(
            tx, site, subject=subject, kind=kind, audience=audience, resident=task.resident,
            staff=signed.staff, made=made, text=act.text,
        )  # fmt: skip


async def _hold(tx: Tx, site: Site, subject: bytes) -> None:
    """Locks whose change it is, so that no switch moves the task while it is being ended."""
    row = await one(
        tx, "SELECT device, resident FROM change WHERE district=? AND change=?", site.district,
        subject,
    )  # fmt: skip
    if row is None:
        return
    if row[0] is not None:
        await lock_device(tx, site.district, row[0])
    await lock_residents(tx, site.district, {row[1]}, cells_of=())


async def quarantined(site: Site, signed: Signed, tablet: bytes) -> tuple[Line, ...]:
    """What waits in quarantine of one tablet in somebody's place, as lines. Raises NotYours when
    there is nothing of it here.
    """

    async def read(tx: Tx) -> tuple[Line, ...]:
        where, args = scope(signed)
        rows = await tx.rows(
            "SELECT t.subject FROM task t JOIN change c ON c.district=t.district AND "
            "c.change=t.subject WHERE t.district=? AND t.closed_at IS NULL AND "
            f"t.kind='quarantine' AND c.device=?{where} ORDER BY c.received_at, c.change LIMIT ?",
            site.district, tablet, *args, BATCH,
        )  # fmt: skip
        found = [await line_in(tx, site, signed, "quarantine", row[0]) for row in rows]
        if not found:
            raise NotYours
        return tuple(found)

    return await site.store.read(read)


async def end_all(site: Site, signed: Signed, tablet: bytes, act: Act) -> tuple[int, int]:
    """Releases or declines all of it, one transaction each; (done, left for a closer look)."""
    done = left = 0
    for each in await quarantined(site, signed, tablet):
        try:
            await end(site, signed, "quarantine", each.task.subject, act)
            done += 1
        except Refusal:
            left += 1
    return done, left
