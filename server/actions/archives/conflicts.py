"""A conflict opened for a person, and decided by one.

What is shown passes the gate and is logged. A decision is an ordinary change that saw every head
that was on the page; when another has arrived meanwhile, nothing is decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from server.access import Asking, Opened, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives import decision_notes
from server.actions.archives.decision_notes import Note
from server.actions.archives.opening import AskWhy, Given, actor_of, open_for
from server.actions.archives.register_edit import hold, lay
from server.actions.archives.told import Told, staff_names, tablet_labels, told
from server.actions.keeping.site import Site
from server.actions.queues.queue_lines import Line, allergies, disputed_cells, line_in
from server.actions.queues.queues import task_of
from server.actions.tablets.settle import settle_conflicts
from server.errors import NotAllowed, NotYours
from server.records.kinds import REGISTER
from server.records.model import AccessClass
from server.rules.accounts import StaffRole
from server.rules.consent import Purpose
from server.store.tx import Tx
from sync.merge import Cell, Head, canonical, choose
from sync.policy import Policy

REGISTRARS: Final = frozenset({StaffRole.DESK, StaffRole.MANAGER})


@dataclass(frozen=True, slots=True)
class Saying:
    """One value of a disputed cell. `safer`: it is shown until somebody decides."""

    change: bytes
    value: Any
    writer: int  # index of Conflict.writers
    safer: bool


@dataclass(frozen=True, slots=True)
class Disputed:
    """A cell with several values. `before`: what both found there; `known`: whether we know it."""

    cell: str
    sayings: tuple[Saying, ...]
    heads: tuple[bytes, ...]
    shown: Any
    known: bool
    before: Any
    before_at: int
    before_by: str


@dataclass(frozen=True, slots=True)
class Writer:
    """A column: one person at one tablet."""

    name: str
    tablet: str
    author: str
    at: int
    offline: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """A cell that came together by itself. how: resident | both | same | only | seen."""

    cell: str
    how: str
    value: Any
    who: str
    at: int


@dataclass(frozen=True, slots=True)
class Step:
    """How it came to this. what: before | wrote | arrived | clashed | decided."""

    at: int
    what: str
    who: str
    tablet: str
    offline: bool
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Everything of one conflict's page."""

    line: Line
    disputed: tuple[Disputed, ...]
    hidden: int  # disputed cells that this person may not see
    writers: tuple[Writer, ...]
    settled: tuple[Settled, ...]
    steps: tuple[Step, ...]
    allergies: tuple[str, ...]
    notes: tuple[Note, ...]
    decided: Mapping[str, Any]


def purpose_of(signed: Signed) -> Purpose:
    """The county looks into a matter, a facility serves."""
    return Purpose.REVIEW if signed.oversees else Purpose.SERVICE


async def open_conflict(site: Site, signed: Signed, change: bytes, reason: str) -> Conflict:
    """Raises NotYours, NotAllowed; the opening is logged."""
    task = await site.store.read(
        partial(task_of, site=site, signed=signed, kind="conflict", subject=change)
    )
    if task.resident is None:
        raise NotYours
    given = Given(purpose_of(signed), reason)
    opened = await open_for(site, signed, task.resident, given)
    if isinstance(opened, AskWhy):
        raise NotAllowed
    return await site.store.read(
        partial(_conflict, site=site, signed=signed, change=change, opened=opened)
    )


async def _conflict(tx: Tx, site: Site, signed: Signed, change: bytes, opened: Opened) -> Conflict:
    line = await line_in(tx, site, signed, "conflict", change)
    mine = (await told(tx, site, {change}))[change]
    standing = disputed_cells(opened.cells)
    cells = {cell: standing[cell] for cell in mine.edits if cell in standing}
    tales = {change: mine}
    tales |= await told(tx, site, {h.change for c in cells.values() for h in c.heads} - {change})
    earlier = {
        saw for tale in tales.values() for cell, edit in tale.edits.items() if cell in cells
        for saw in edit.saw
    }  # fmt: skip
    before = await told(tx, site, earlier - set(tales))
    notes = await decision_notes.notes_of(tx, site, change)
    made = await told(tx, site, {each.made for each in notes if each.made is not None})
    closed = {m.id for m in made.values() if not all(_is_shown(c, opened) for c in m.edits)}
    notes = tuple(each for each in notes if each.made not in closed)  # it may say what was decided
    # Once decided, those it saw are no heads any more; they still are how it came to this.
    tales |= await told(
        tx, site, {saw for m in made.values() for e in m.edits.values() for saw in e.saw}
    )
    every = [*tales.values(), *before.values(), *made.values()]
    names = await staff_names(tx, site, {each.staff for each in every} | {n.staff for n in notes})
    labels = await tablet_labels(tx, site, {each.device for each in every})
    tellers = sorted(tales.values(), key=lambda each: (each.recorded_at, each.id))
    columns = _columns(tellers, cells)
    disputed = tuple(_disputed(c, cell, tales, before, columns, names) for c, cell in cells.items())
    return Conflict(
        line=line, disputed=disputed,
        hidden=sum(
            1 for cell in mine.edits
            if cell not in opened.cells and mine.state_of(cell) == "conflict" and _is_closed(cell)
        ),
        writers=tuple(_writer(each, names, labels) for each in columns.values()),
        settled=_settled(opened, tellers, cells, names),
        steps=_steps(mine, tellers, [*before.values()], [*made.values()], names, labels),
        allergies=allergies(opened.cells), notes=notes,
        decided={
            c: e.value for each in made.values() for c, e in each.edits.items()
            if _is_shown(c, opened)
        },
    )  # fmt: skip


def _is_shown(cell: str, opened: Opened) -> bool:
    """Whether the gate opened the class of this cell."""
    return REGISTER.access_of(cell).value in opened.classes


def _is_closed(cell: str) -> bool:
    return REGISTER.access_of(cell) is not AccessClass.A


def _place(tale: Told) -> tuple[bytes, bytes]:
    return tale.staff, tale.device or b""


def _columns(tellers: list[Told], cells: Mapping[str, Cell]) -> dict[tuple[bytes, bytes], Told]:
    """One column a person and tablet: those who said something that still stands."""
    standing = {head.change for cell in cells.values() for head in cell.heads}
    return {_place(each): each for each in tellers if each.id in standing}


def _writer(tale: Told, names: Mapping[bytes, str], labels: Mapping[bytes, str]) -> Writer:
    return Writer(
        names.get(tale.staff, ""), labels.get(tale.device or b"", ""), tale.author,
        tale.recorded_at, tale.offline,
    )  # fmt: skip


def _disputed(
    name: str,
    cell: Cell,
    tales: Mapping[bytes, Told],
    before: Mapping[bytes, Told],
    columns: Mapping[tuple[bytes, bytes], Told],
    names: Mapping[bytes, str],
) -> Disputed:
    shown = choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name))
    order = list(columns)
    sayings = tuple(
        Saying(
            head.change, head.value, order.index(_place(tales[head.change])),
            canonical(head.value) == canonical(shown.value),
        )
        for head in cell.heads
        if head.change in tales
    )  # fmt: skip
    seen = {saw for head in cell.heads if head.change in tales
            for saw in tales[head.change].edits[name].saw}  # fmt: skip
    older = sorted((before[each] for each in seen if each in before), key=_when)
    last = older[-1] if older else None
    known = last is not None and name in last.edits
    return Disputed(
        cell=name, sayings=tuple(sorted(sayings, key=lambda each: each.writer)),
        heads=tuple(head.change for head in cell.heads), shown=shown.value, known=known,
        before=last.edits[name].value if last is not None and known else None,
        before_at=last.recorded_at if last else 0,
        before_by=names.get(last.staff, "") if last else "",
    )  # fmt: skip


def _when(tale: Told) -> tuple[int, bytes]:
    return tale.recorded_at, tale.id


def _settled(
    opened: Opened, tellers: list[Told], disputed: Mapping[str, Cell], names: Mapping[bytes, str]
) -> tuple[Settled, ...]:
    """What else these people wrote, and how it came together."""
    touched = dict.fromkeys(cell for each in tellers for cell in each.edits)
    found: list[Settled] = []
    for name in touched:
        cell = opened.cells.get(name)
        if name in disputed or cell is None or not cell.heads:
            continue
        policy = REGISTER.policy_of(name)
        shown = choose(cell, policy, REGISTER.safer_of(name))
        writers = {each.staff for each in tellers if name in each.edits}
        last = shown.head or cell.heads[-1]
        how = _how(cell, policy, last, len(writers))
        found.append(Settled(name, how, shown.value, names.get(last.staff, ""), last.at))
    return tuple(found)


def _how(cell: Cell, policy: Policy, last: Head, writers: int) -> str:
    if last.author == "resident":
        return "resident"
    if len(cell.heads) > 1:
        return "both" if policy is Policy.NOTE else "same"
    return "seen" if writers > 1 else "only"


def _steps(
    mine: Told,
    tellers: list[Told],
    before: list[Told],
    made: list[Told],
    names: Mapping[bytes, str],
    labels: Mapping[bytes, str],
) -> tuple[Step, ...]:
    def step(tale: Told, at: int, what: str) -> Step:
        label = labels.get(tale.device or b"", "")
        cells = tuple(c for c in tale.edits if not _is_closed(c))
        if what == "before":  # of an old record only what is disputed now
            cells = tuple(c for c in cells if c in mine.edits and mine.state_of(c) == "conflict")
        return Step(at, what, names.get(tale.staff, ""), label, tale.offline, cells)

    steps = [step(each, each.recorded_at, "before") for each in before]
    for each in tellers:
        steps.append(step(each, each.recorded_at, "wrote"))
        if each.offline:
            steps.append(step(each, each.received_at, "clashed" if each is mine else "arrived"))
    steps += [step(each, each.recorded_at, "decided") for each in made]
    return tuple(sorted(steps, key=lambda each: each.at))


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose on the page. `seen`: the heads that were shown, by cell."""

    values: Mapping[str, Any]
    seen: Mapping[str, frozenset[bytes]]
    note: str
    reason: str  # of the opening, for the gate


async def decide(site: Site, signed: Signed, change: bytes, choice: Choice) -> bytes | None:
    """The id of the change that was made; None when what stood there is no longer what was shown,
    and nothing was decided. Raises NotYours, NotAllowed.
    """
    return await site.store.write(
        partial(_decide, site=site, signed=signed, change=change, choice=choice)
    )


async def _decide(
    tx: Tx, site: Site, signed: Signed, change: bytes, choice: Choice
) -> bytes | None:
    task = await task_of(tx, site, signed, "conflict", change)
    who = task.resident
    if who is None:
        raise NotYours
    ledger = await hold(tx, site, {who})
    task = await task_of(tx, site, signed, "conflict", change)  # again, under the lock
    asking = Asking(actor_of(signed), purpose_of(signed), choice.reason)
    classes = await classes_of(tx, site.vault, who, asking, site.clock())
    if not {REGISTER.access_of(cell).value for cell in choice.values} <= set(classes):
        raise NotAllowed("class")
    mine = (await told(tx, site, {change}))[change]
    standing = disputed_cells(ledger.archives[who].cells())
    now = {
        cell: frozenset(head.change for head in standing[cell].heads)
        for cell in mine.edits
        if cell in standing and REGISTER.access_of(cell).value in classes
    }
    if task.closed_at is not None or now != choice.seen or choice.values.keys() != now.keys():
        return None
    author = "registrar" if signed.role in REGISTRARS else "staff"
    made = lay(site, ledger, who, choice.values, staff=signed.staff, author=author)
    await decision_notes.keep(
        tx, site, subject=change, kind="conflict", audience=decision_notes.FOR_RESIDENT,
        resident=who, staff=signed.staff, made=made, text=choice.note,
    )  # fmt: skip
    await settle_conflicts(tx, site, ledger, signed.staff)
    await ledger.flush(tx, "act", b"decision" + made)
    return made
