"""The lines of a queue: each task with whose it is, what it is about in neutral terms, from whom.

Facts only, without sentences: the console finds the words. Names of fields are class A; what is of
class B is counted and not named. Listing the own facility's tasks opens no archive.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.told import Told, staff_names, tablet_labels, team_names, told
from server.actions.keeping.site import Site
from server.actions.queues.queues import PAGE, Sums, TaskRow, Which, page_of, sums, task_of
from server.records.kinds import REGISTER
from server.records.model import AccessClass
from server.store.tx import Row, Tx
from server.store.vault import T_CELLS
from sync.merge import Cell, Cells, choose, decode_cells, is_present

DEVICE_KINDS: Final = frozenset({"epoch", "suspended", "digest", "restored", "lost", "revoked"})
BATCH_KINDS: Final = frozenset({"fork", "quarantine"})


@dataclass(frozen=True, slots=True)
class About:
    """What a task is about. `cells`: register cells of class A; `hidden`: how many of class B.

    `form`: id of a class A record's kind, "" when it is restricted or not a record; `ground`: of a
    special case, as the district's table says it.
    """

    cells: tuple[str, ...] = ()
    hidden: int = 0
    event: bool = False
    form: str = ""
    day: str = ""
    reason: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a queue."""

    task: TaskRow
    card: Card | None
    about: About
    staff: tuple[str, ...]  # names of whose doing it is
    tablets: tuple[str, ...]  # labels
    author: str  # staff | resident | import | registrar | ""
    holder: str  # name of who has it in hand
    mine: bool
    closer: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    lines: Sequence[Line]
    sums: Sums
    page: int
    more: int  # tasks after this page


@dataclass(slots=True)
class _Read:
    """What the lines of one page need, read in a few statements."""

    tales: dict[bytes, Told] = field(default_factory=dict[bytes, Told])
    cells: dict[bytes, Cells] = field(default_factory=dict[bytes, Cells])
    cards: dict[bytes, Card] = field(default_factory=dict[bytes, Card])
    names: dict[bytes, str] = field(default_factory=dict[bytes, str])
    labels: dict[bytes, str] = field(default_factory=dict[bytes, str])
    codes: dict[bytes, Row] = field(default_factory=dict[bytes, Row])
    grounds: dict[str, str] = field(default_factory=dict[str, str])
    batches: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])  # subject -> device


async def listing(
    site: Site, signed: Signed, kinds: Collection[str], which: Which, page: int
) -> Listing:
    """One page of a queue, by days left."""

    async def read(tx: Tx) -> Listing:
        summed = await sums(tx, site, signed, kinds)
        tasks = await page_of(tx, site, signed, kinds, which, page)
        lines = await lines_of(tx, site, signed, tasks)
        total = {
            Which.ALL: summed.all, Which.MINE: summed.mine, Which.NOBODYS: summed.nobodys,
            Which.SOON: summed.soon, Which.DONE: 0,
        }[which]  # fmt: skip
        return Listing(lines, summed, page, max(0, total - page * PAGE - len(lines)))

    return await site.store.read(read)


async def line(site: Site, signed: Signed, kind: str, subject: bytes) -> Line:
    """One row. Raises NotYours."""
    return await site.store.read(partial(line_in, site=site, signed=signed, kind=kind,
                                         subject=subject))  # fmt: skip


async def line_in(tx: Tx, site: Site, signed: Signed, kind: str, subject: bytes) -> Line:
    task = await task_of(tx, site, signed, kind, subject)
    return (await lines_of(tx, site, signed, [task]))[0]


async def lines_of(
    tx: Tx, site: Site, signed: Signed, tasks: Sequence[TaskRow]
) -> tuple[Line, ...]:
    read = await _read(tx, site, tasks)
    return tuple(_line(read, signed, each) for each in tasks)


async def _read(tx: Tx, site: Site, tasks: Sequence[TaskRow]) -> _Read:
    read = _Read()
    read.tales = await told(tx, site, {t.subject for t in tasks})
    disputed = {t.resident for t in tasks if t.kind == "conflict" and t.resident is not None}
    read.cells = await open_cells(tx, site, disputed)
    heads = {
        head.change
        for who in disputed
        for cell in disputed_cells(read.cells.get(who, {})).values()
        for head in cell.heads
    }
    read.tales |= await told(tx, site, heads - set(read.tales))
    read.cards = await cards_of(tx, site, {t.resident for t in tasks if t.resident is not None})
    cases = [t.subject for t in tasks if t.kind == "special_case"]
    if cases:
        rows = await tx.rows_in(
            "SELECT special_case, code, asked_by FROM special_case WHERE district=? AND "
            "special_case {ids}",
            cases,
            site.district,
        )
        read.codes = {row[0]: row for row in rows}
        read.grounds = {each.code: each.label for each in site.rules.special_cases}
    read.batches = await batches_of(tx, site, tasks)
    people = {each.staff for each in read.tales.values()} | {row[2] for row in read.codes.values()}
    people |= {each for t in tasks for each in (t.holder, t.closed_by) if each is not None}
    read.names = await staff_names(tx, site, people)
    devices = {each.device for each in read.tales.values()} | set(read.batches.values())
    devices |= {t.subject for t in tasks if t.kind in DEVICE_KINDS}
    read.labels = await tablet_labels(tx, site, devices)
    return read


async def batches_of(tx: Tx, site: Site, tasks: Sequence[TaskRow]) -> dict[bytes, bytes]:
    """Tasks about a whole batch: the tablet it came from. Such a subject begins the digest."""
    wanted = {t.subject: t.facility for t in tasks if t.kind in BATCH_KINDS}
    found: dict[bytes, bytes] = {}
    for subject, facility in sorted(wanted.items()):
        rows = await tx.rows(
            "SELECT b.device FROM device d JOIN batch b ON b.district=d.district AND "
            "b.device=d.device WHERE d.district=? AND d.facility=? AND b.digest>=? AND "
            "b.digest<=? LIMIT 1",
            site.district, facility, subject + bytes(16), subject + b"\xff" * 16,
        )  # fmt: skip
        if rows:
            found[subject] = rows[0][0]
    return found


async def open_cells(tx: Tx, site: Site, ids: Collection[bytes]) -> dict[bytes, Cells]:
    """Class A cells of these archives."""
    if not ids:
        return {}
    rows = await tx.rows_in(
        "SELECT resident, key, rev, sealed_cells FROM resident WHERE district=? AND resident {ids}",
        sorted(ids),
        site.district,
    )
    vault = site.vault
    return {
        who: decode_cells(vault.key(who, key).open(vault.at(T_CELLS, who, who, rev), sealed))
        for who, key, rev, sealed in rows
    }


def disputed_cells(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """Cells in which several values stand and a person is asked."""
    return {
        name: cell
        for name, cell in cells.items()
        if len(cell.heads) > 1
        and choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name)).conflict
    }


def _line(read: _Read, signed: Signed, task: TaskRow) -> Line:
    tale = read.tales.get(task.subject)
    about, tellers = _about(read, task, tale)
    devices = [each.device for each in tellers]
    if task.kind in DEVICE_KINDS:
        devices = [task.subject]
    elif task.subject in read.batches:
        devices = [read.batches[task.subject]]
    labels = (read.labels[each] for each in devices if each in read.labels)
    names = [read.names.get(each.staff, "") for each in tellers]
    if task.subject in read.codes:
        names = [read.names.get(read.codes[task.subject][2], "")]
    author = tale.author if tale else ""
    if (task.subject in read.codes and not names[0]) or task.kind == "handover":
        author = "resident"  # asked for in the portal
    return Line(
        task=task, card=read.cards.get(task.resident) if task.resident else None, about=about,
        staff=_once(names), tablets=_once(sorted(labels)), author=author,
        holder=read.names.get(task.holder, "") if task.holder else "",
        mine=task.holder == signed.staff,
        closer=read.names.get(task.closed_by, "") if task.closed_by else "",
    )  # fmt: skip


def _once(texts: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in texts if each))


def _about(read: _Read, task: TaskRow, tale: Told | None) -> tuple[About, tuple[Told, ...]]:
    if tale is None:
        row = read.codes.get(task.subject)
        return About(ground=read.grounds.get(row[1], "") if row else ""), ()
    if task.kind == "conflict":
        disputed = disputed_cells(read.cells.get(task.resident or b"", {}))
        named = {cell: disputed[cell] for cell in tale.edits if cell in disputed}
        heads = {head.change for cell in named.values() for head in cell.heads} | {tale.id}
        hidden = sum(1 for c in tale.edits if _restricted(c) and tale.state_of(c) == "conflict")
        tellers = [read.tales[each] for each in heads if each in read.tales]
        tellers.sort(key=lambda each: (each.recorded_at, each.id))
        return About(cells=tuple(named), hidden=hidden, day=tale.day), tuple(tellers)
    asked = [c for c in tale.edits if tale.state_of(c) == tale.state]
    return (
        About(
            cells=tuple(c for c in asked if not _restricted(c)),
            hidden=sum(1 for c in asked if _restricted(c)),
            event=tale.shape != "edit", form=tale.kind or "", day=tale.day, reason=tale.reason,
        ),
        (tale,),
    )  # fmt: skip


def _restricted(cell: str) -> bool:
    return REGISTER.access_of(cell) is not AccessClass.A


@dataclass(frozen=True, slots=True)
class Peek:
    """What the panel beside a queue shows of one task: no more than its row, and the team. No
    values: nobody has opened the archive yet, and what is read of one is logged.
    """

    line: Line
    team: str


async def peek(site: Site, signed: Signed, kind: str, subject: bytes) -> Peek:
    """The task in hand. Raises NotYours."""

    async def read(tx: Tx) -> Peek:
        found = await line_in(tx, site, signed, kind, subject)
        card = found.card
        teams = await team_names(tx, site, [card.panel] if card else [])
        return Peek(found, teams.get(card.panel, "") if card and card.panel else "")

    return await site.store.read(read)


def allergies(cells: Mapping[str, Cell]) -> tuple[str, ...]:
    """Codes of the drugs somebody must not get, as shown meanwhile where a conflict is open."""
    return tuple(
        name.partition("/")[2]
        for name, cell in sorted(cells.items())
        if name.startswith("drug_allergy/")
        and name != "drug_allergy/1"
        and is_present(choose(cell, REGISTER.policy_of(name), None).value)
    )
