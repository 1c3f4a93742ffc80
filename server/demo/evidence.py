"""What became of everything: read from the database and the tablets when the day is over.

Nothing here is remembered from the play except which lines were cut. `read` compares: each change
that a tablet saved is looked for at the server by its id, and each tablet's digest is set beside
the server's.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from server.actions.archives.ledger import Archive
from server.actions.archives.standing import lock_residents
from server.actions.keeping.site import Site
from server.actions.places import roster
from server.demo.carried import Carried, OnTablet
from server.demo.day import Before, Day, Story
from server.records.kinds import get
from server.store.tx import Row, Tx, one
from sync.merge import Cell, Head, choose
from sync.reconcile import Reason

REGISTER: Final = "basic_info"
LATE: Final = (Reason.LATE.value, Reason.AFTER_MOVE.value, Reason.KNEW.value)


@dataclass(frozen=True, slots=True)
class Fate:
    """How many changes ended in a state for a reason."""

    state: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Who:
    """A resident as staff see one: never the full number."""

    name: str
    id_tail: str
    sex: str
    birth_year: int


@dataclass(frozen=True, slots=True)
class Version:
    """One value of a cell: whose, from which tablet, when, whether the line was cut."""

    value: Any
    staff: str
    tablet: str
    at: int
    offline: bool
    shown: bool  # used until somebody has decided


@dataclass(frozen=True, slots=True)
class Field:
    """One cell two people wrote in. `settled`: no person is asked."""

    cell: str
    versions: tuple[Version, ...]
    before: Head | None
    settled: bool
    meanwhile: object = None  # shown until somebody decides, when it is neither of the two


@dataclass(frozen=True, slots=True)
class Met:
    """One archive in which edits of several tablets met."""

    who: Who
    fields: tuple[Field, ...]
    due: int  # until when somebody has to decide; 0 when nobody is asked

    @property
    def open(self) -> tuple[Field, ...]:
        return tuple(each for each in self.fields if not each.settled)


@dataclass(frozen=True, slots=True)
class LateVisit:
    who: Who
    staff: str
    tablet: str
    kind: str
    at: int
    received: int
    reason: str
    credit: str
    facility: str  # the service counts for; "" for nobody


@dataclass(frozen=True, slots=True)
class TabletLine:
    """One tablet: what it says itself (`own`) beside what the server holds of it."""

    label: str
    staff: str
    team: str
    facility: str
    status: str
    last_contact: int
    own: OnTablet
    stored: int
    server_root: bytes
    clock_behind_ms: int

    @property
    def agrees(self) -> bool | None:
        """None: there is nothing left to compare."""
        return None if self.own.root is None else self.own.root == self.server_root

    @property
    def in_use(self) -> bool:
        return self.status == "enrolled"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the report says."""

    district: str
    scale: int
    at: int
    story: Story
    residents: int
    fates: tuple[Fate, ...]
    saved: int
    found: int
    offline: int
    readings: int  # openings on tablets that are in the access log
    opened: int  # openings on all tablets
    opened_lost: int  # of them on tablets that were wiped: told of in their farewell
    met: tuple[Met, ...]
    late: tuple[LateVisit, ...]
    tablets: tuple[TabletLine, ...]
    clock_fixed: int  # changes of a tablet with a wrong clock whose stamps were put right
    clock_off_ms: int  # the largest difference left, ms
    held_on: Who | None
    quarantined: int  # from the lost tablet, still waiting for a person
    released: int  # from the lost tablet, let in by a person
    mover: tuple[str, str, str]  # name, from, to

    @property
    def lost(self) -> int:
        """Saved on a tablet and not at the server."""
        return self.saved - self.found

    @property
    def all_agree(self) -> bool:
        """Every tablet in use holds what the server holds, and has nothing left to send."""
        return all(each.agrees and not each.own.waiting for each in self.tablets if each.in_use)

    @property
    def conflicts(self) -> int:
        return sum(len(each.open) for each in self.met)


def read(day: Day, *, scale: int) -> Evidence:
    """After the last round. The tablets are open."""

    async def work(site: Site) -> Evidence:
        names = {each.staff: each.name for each in await roster.staff(site)}
        reader = _Reader(site, day, names, scale)
        return await site.store.write(reader.read)

    action: Callable[[Site], Awaitable[Evidence]] = work
    return day.desk.do(action)


class _Reader:
    """One look at everything, in one transaction."""

    def __init__(self, site: Site, day: Day, names: dict[bytes, str], scale: int) -> None:
        self._site, self._day, self._names, self._scale = site, day, names, scale
        self._tablets = list(day.tablets.values())
        # Read here: a tablet's disk belongs to the thread that opened it.
        self._own = {each.device: each.facts() for each in self._tablets}
        self._labels = {each.device: each.label for each in self._tablets}
        self._offline = {
            saved.change for each in self._tablets for saved in each.saved if saved.offline
        }
        self._rows: dict[bytes, Row] = {}
        self._facilities: dict[bytes, str] = {}

    async def read(self, tx: Tx) -> Evidence:
        district = self._site.district
        head = await one(tx, "SELECT name FROM district WHERE district=?", district)
        people = await one(tx, "SELECT COUNT(*) FROM resident WHERE district=?", district)
        assert head is not None
        assert people is not None
        await self._read_changes(tx)
        saved = [each for carried in self._tablets for each in carried.saved]
        fates = Counter((row[3], row[4]) for row in self._rows.values())
        story = self._day.story
        readings = await one(
            tx, "SELECT COUNT(*) FROM access_log WHERE district=? AND mode='offline'", district
        )
        assert readings is not None
        fixed, off = self._clocks()
        return Evidence(
            district=head[0], scale=self._scale, at=self._site.clock(), story=story,
            residents=people[0],
            fates=tuple(Fate(*fate, count) for fate, count in sorted(fates.items())),
            saved=len(saved), found=sum(each.change in self._rows for each in saved),
            offline=len(self._offline), readings=readings[0],
            opened=sum(each.readings for each in self._tablets),
            opened_lost=sum(each.readings for each in self._tablets if each.wiped),
            met=await self._met(tx, {each.resident for each in story.before}),
            late=await self._late(tx), tablets=await self._lines(tx),
            clock_fixed=fixed, clock_off_ms=off,
            held_on=await self._held(tx), quarantined=fates[("quarantined", Reason.DEVICE.value)],
            released=fates[("applied", Reason.RELEASED.value)],
            mover=await self._mover(tx),
        )  # fmt: skip

    async def _read_changes(self, tx: Tx) -> None:
        rows = await tx.rows_in(
            "SELECT change, device, resident, state, reason, staff, recorded_at, received_at, "
            "kind, credit, credit_facility FROM change WHERE district=? AND device {ids}",
            sorted(self._labels),
            self._site.district,
        )
        self._rows = {row[0]: row for row in rows}
        found = await tx.rows(
            "SELECT facility, name FROM facility WHERE district=?", self._site.district
        )
        self._facilities = {row[0]: row[1] for row in found}

    async def _archive(self, tx: Tx, who: bytes) -> Archive:
        rows = await lock_residents(tx, self._site.district, {who})
        archive = Archive(rows[who], [])
        archive.read_cells(self._site.vault)
        return archive

    async def _who(self, tx: Tx, who: bytes) -> Who:
        return _named((await self._archive(tx, who)).cells())

    # ---- archives in which two people wrote -------------------------------------------------

    async def _met(self, tx: Tx, expected: set[bytes]) -> tuple[Met, ...]:
        """Archives with an open conflict task, and those the play knows of."""
        rows = await tx.rows(
            "SELECT resident, MIN(due_at) FROM task WHERE district=? AND kind='conflict' "
            "AND closed_at IS NULL GROUP BY resident",
            self._site.district,
        )
        due: dict[bytes, int] = {row[0]: row[1] for row in rows}
        met: list[Met] = []
        for who in sorted(due.keys() | expected):
            cells = (await self._archive(tx, who)).cells()
            edited = {change for change, row in self._rows.items() if row[2] == who}
            fields = [
                self._field(who, cell, content)
                for cell, content in cells.items()
                if any(head.change in edited for head in content.heads)
            ]
            fields.sort(key=lambda each: (each.settled, each.cell))
            met.append(Met(_named(cells), tuple(fields), due.get(who, 0)))
        return tuple(met)

    def _field(self, who: bytes, cell: str, content: Cell) -> Field:
        kind = get(REGISTER, 1)
        shown = choose(content, kind.policy_of(cell), kind.safer_of(cell))
        before = self._before(self._day.story.before, who, cell)
        return Field(
            cell=cell,
            versions=tuple(self._version(head, shown.head) for head in content.heads),
            before=before.head if before else None,
            settled=not shown.conflict,
            meanwhile=shown.value if shown.conflict and shown.head is None else None,
        )

    @staticmethod
    def _before(known: Iterable[Before], who: bytes, cell: str) -> Before | None:
        return next((each for each in known if (each.resident, each.cell) == (who, cell)), None)

    def _version(self, head: Head, shown: Head | None) -> Version:
        row = self._rows.get(head.change)
        return Version(
            value=head.value,
            staff=self._names.get(head.staff, ""),
            tablet=self._labels.get(row[1], "") if row else "",
            at=head.at,
            offline=head.change in self._offline,
            shown=head is shown,
        )

    # ---- visits after a move, held, lost ----------------------------------------------------

    async def _late(self, tx: Tx) -> tuple[LateVisit, ...]:
        rows = sorted(
            (row for row in self._rows.values() if row[4] in LATE), key=lambda row: row[6]
        )
        return tuple([await self._late_visit(tx, row) for row in rows])

    async def _late_visit(self, tx: Tx, row: Row) -> LateVisit:
        return LateVisit(
            who=await self._who(tx, row[2]), staff=self._names[row[5]],
            tablet=self._labels[row[1]], kind=row[8] or "", at=row[6], received=row[7],
            reason=row[4], credit=row[9],
            facility=self._facilities.get(row[10], "") if row[10] else "",
        )  # fmt: skip

    async def _held(self, tx: Tx) -> Who | None:
        row = self._rows.get(self._day.story.held)
        return await self._who(tx, row[2]) if row and row[3] == "held" else None

    async def _mover(self, tx: Tx) -> tuple[str, str, str]:
        mover = self._day.story.mover
        rows = await tx.rows(
            "SELECT facility FROM assignment WHERE district=? AND resident=? ORDER BY n",
            self._site.district,
            mover,
        )
        places = [self._facilities[row[0]] for row in rows]
        return (await self._who(tx, mover)).name, places[0], places[-1]

    def _clocks(self) -> tuple[int, int]:
        """Of tablets with a wrong clock: changes, and how far any corrected stamp is off."""
        wrong = {each.device for each in self._tablets if each.clock_behind_ms}
        off = [abs(row[7] - row[6]) for row in self._rows.values() if row[1] in wrong]
        return len(off), max(off, default=0)

    # ---- tablets ----------------------------------------------------------------------------

    async def _lines(self, tx: Tx) -> tuple[TabletLine, ...]:
        return tuple([await self._line(tx, each) for each in self._tablets])

    async def _line(self, tx: Tx, carried: Carried) -> TabletLine:
        district = self._site.district
        device = await one(
            tx, "SELECT status, last_contact FROM device WHERE district=? AND device=?",
            district, carried.device,
        )  # fmt: skip
        panel = await one(
            tx, "SELECT root_open FROM panel WHERE district=? AND panel=?", district, carried.panel
        )
        assert device is not None
        assert panel is not None
        return TabletLine(
            label=carried.label, staff=carried.name, team=carried.team, facility=carried.facility,
            status=device[0], last_contact=device[1], own=self._own[carried.device],
            stored=sum(each.change in self._rows for each in carried.saved),
            server_root=panel[0], clock_behind_ms=carried.clock_behind_ms,
        )  # fmt: skip


def _named(cells: dict[str, Cell]) -> Who:
    def told(cell: str) -> str:
        return str(cells[cell].heads[-1].value) if cell in cells else ""

    return Who(told("name"), told("id_no")[-4:], told("sex"), int(told("birth_date")[:4]))
