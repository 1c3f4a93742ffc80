"""Filling a district: facilities, panels, staff, residents with their register, past records. In
bounded chunks.

What is loaded is an import: author "import", no device, unsigned, shown as such. It goes through
the same tables as a tablet's changes, with the same sealing and digests, but writes no feed rows:
tablets begin with a snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import Raw

from crypto.columns import DataKey
from server.actions.archives.ledger import audit, first_rev
from server.actions.archives.touched import touch
from server.actions.facility_work.records import Said, State, leaf_of, sealed_body
from server.actions.keeping.site import Site, district_key_blob
from server.records.cells import to_cells
from server.records.kinds import get
from server.store.ids import new_id
from server.store.tx import Row, Tx, locking
from server.store.vault import NOBODY, T_CELLS, T_CHANGE, T_RESTRICTED, T_STAFF
from sync import digest, wire
from sync.merge import Cell, Head, encode_cells

CHUNK: Final = 1_000  # residents a transaction
FIRST: Final = "first"


@dataclass(frozen=True, slots=True)
class NewResident:
    """One archive to open. `basics` is a filled-in basic_info form."""

    id: bytes
    panel: bytes
    facility: bytes
    archive_no: str
    id_no: str
    since_day: str
    basics: Mapping[str, Any]
    created_ms: int


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One past record. `cls`: the class of what is filled in."""

    id: bytes
    resident: bytes
    facility: bytes
    staff: bytes
    kind: str
    version: int
    day: str
    at_ms: int
    body: bytes
    cls: str = "A"


@dataclass(frozen=True, slots=True)
class NewWork:
    """One past record of a facility's own work, class C."""

    id: bytes
    facility: bytes
    staff: bytes
    kind: str
    version: int
    day: str
    at_ms: int
    body: Mapping[str, Any]


@dataclass(slots=True)
class Loader:
    """Collects rows and writes them a chunk at a time; `finish` writes the rest."""

    site: Site
    residents: int = 0
    records: int = 0
    _rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    _roots: dict[bytes, list[int]] = field(default_factory=dict[bytes, list[int]])
    _open: dict[bytes, "_Opened"] = field(default_factory=dict[bytes, "_Opened"])
    _work: list[bytes] = field(default_factory=list[bytes])  # audit leaves of facilities' work
    _key: DataKey | None = None

    async def begin(self) -> None:
        wrapped = await self.site.store.write(lambda tx: district_key_blob(tx, self.site.district))
        self._key = self.site.vault.key(NOBODY, wrapped)

    def facility(self, facility: bytes, name: str, *, published: bool = True) -> None:
        row = (self.site.district, facility, name, published, "facility")
        self._add("facility", (*row, None, "", "", "public", "", None))

    def area(self, code: str, name: str, facility: bytes) -> None:
        """A village that a facility serves."""
        self._add("service_area", (self.site.district, code, name, facility, None))

    def panel(self, panel: bytes, facility: bytes, name: str) -> None:
        row = (self.site.district, panel, facility, name, 0, digest.ZERO, digest.ZERO, 0, 0)
        self._add("panel", row)

    def staff(
        self,
        staff: bytes,
        *,
        facility: bytes,
        panel: bytes | None,
        role: str,
        name: str,
        restricted: bool = False,
    ) -> None:
        assert self._key is not None, "begin() first"
        sealed = self._key.seal(self.site.vault.at(T_STAFF, staff), name.encode())
        row = (self.site.district, staff, facility, panel, role, restricted, True, sealed)
        self._add("staff", row)

    def resident(self, new: NewResident) -> None:
        """The archive, its register cells and the change they come from."""
        site, district = self.site, self.site.district
        key, wrapped = site.vault.new_key(new.id)
        rev = first_rev(1)
        change_id = new_id(new.created_ms)
        kind = get("basic_info", 1)
        values = to_cells(kind, new.basics)
        cells: dict[str, dict[str, Cell]] = {"A": {}, "B": {}}
        for cell, value in values.items():
            head = Head(change_id, value, "import", NOBODY, new.created_ms)
            cells["A" if kind.access_of(cell).value == "A" else "B"][cell] = Cell(heads=(head,))
        change = wire.Change(
            id=change_id, resident=new.id, kind=kind.id, v=kind.version, on=new.since_day,
            at=new.created_ms, set={cell: wire.Edit(value=v) for cell, v in values.items()},
        )  # fmt: skip
        cls = "B" if cells["B"] else "A"
        self._change(
            key, change_id, new.id, kind.id if cls == "A" else None, cls, "edit", new.since_day,
            new.created_ms, NOBODY, None, wire.encode(change),
        )  # fmt: skip
        at = site.vault.at
        sealed = key.seal(at(T_CELLS, new.id, new.id, rev), encode_cells(cells["A"]))
        restricted = None
        if cells["B"]:
            place = at(T_RESTRICTED, new.id, new.id, rev)
            restricted = key.seal(place, encode_cells(cells["B"]))
        opened = _Opened(key, new.panel, digest.leaf(new.id, "A", rev), 0)
        opened.sum_restricted = digest.leaf(new.id, "B", rev) if restricted else 0
        self._open[new.id] = opened
        opened.row = (
            district, new.id, new.panel, new.facility, "usual", new.archive_no,
            site.index.of_id_number(new.id_no) if new.id_no else None, None, wrapped, rev,
            rev if restricted else 0,
        )  # fmt: skip
        opened.sealed = (sealed, restricted)
        self._add("member", (district, new.panel, new.id, "assigned", 0, None))
        row = (district, new.id, 1, new.facility, new.panel, FIRST, new.since_day)
        self._add("assignment", (*row, None, None, None, False, False))
        self.residents += 1

    def record(self, new: NewRecord) -> None:
        """A past record of a resident of the same chunk."""
        opened = self._open[new.resident]
        change = wire.Change(
            id=new.id, resident=new.resident, kind=new.kind, v=new.version, on=new.day,
            at=new.at_ms, body=Raw(new.body),
        )  # fmt: skip
        self._change(
            opened.key, new.id, new.resident, new.kind if new.cls == "A" else None, new.cls,
            "event", new.day, new.at_ms, new.staff, new.facility, wire.encode(change),
        )  # fmt: skip
        leaf = digest.leaf(new.id, new.cls, first_rev(1))
        if new.cls == "A":
            opened.sum_open += leaf
        else:
            opened.sum_restricted += leaf
        self.records += 1

    def work(self, new: NewWork) -> None:
        """A past record of a facility's own work."""
        assert self._key is not None, "begin() first"
        said = Said(dict(new.body))
        sealed = sealed_body(self.site, self._key, new.id, new.facility, said)
        row = (self.site.district, new.id, new.facility, new.kind, new.version, new.day, new.staff)
        self._work.append(leaf_of(new.id, sealed))
        state = State.STANDS.value
        self._add("facility_record", (*row, new.at_ms, None, None, state, sealed))

    def _change(
        self,
        key: DataKey,
        change: bytes,
        resident: bytes,
        kind: str | None,
        cls: str,
        shape: str,
        day: str,
        at_ms: int,
        staff: bytes,
        facility: bytes | None,
        raw: bytes,
    ) -> None:
        place = self.site.vault.at(T_CHANGE, change, resident)
        self._add(
            "change",
            (
                self.site.district, resident, change, kind, cls, shape, "applied", "", None,
                first_rev(1), day, at_ms, at_ms, None, 0, 0, 0, staff, "import",
                "author" if facility else "none", facility, "", None, 0, 0, "resident",
                key.seal(place, bytes(16) + raw),
            ),
        )  # fmt: skip

    def _add(self, table: str, row: Row) -> None:
        self._rows.setdefault(table, []).append(row)

    @property
    def full(self) -> bool:
        return len(self._open) >= CHUNK

    async def flush(self) -> None:
        """Writes the chunk in one transaction.

        Call between residents, not between one and its records.
        """
        rows = self._rows
        for who, opened in self._open.items():
            sums = (opened.sum_open, opened.sum_restricted)
            root = self._roots.setdefault(opened.panel, [0, 0])
            root[0] += sums[0]
            root[1] += sums[1]
            rows.setdefault("resident", []).append(
                (
                    *opened.row,
                    digest.add(digest.ZERO, sums[0]),
                    digest.add(digest.ZERO, sums[1]),
                    *opened.sealed,
                )
            )
            assert who == opened.row[1]
        roots, opened, work = self._roots, frozenset(self._open), self._work
        self._rows, self._open, self._roots, self._work = {}, {}, {}, []
        now = self.site.clock()

        async def write(tx: Tx) -> None:
            for table, some in rows.items():
                await tx.insert(table, some)
            await _add_roots(tx, self.site.district, roots)
            await touch(tx, self.site.district, opened, now)
            count = sum(len(some) for some in rows.values())
            for leaf in work:
                await audit(tx, self.site.district, "act", leaf, now)
            await audit(tx, self.site.district, "act", b"load" + count.to_bytes(4), now)

        await self.site.store.write(write)

    async def finish(self) -> None:
        """Writes the rest and has PostgreSQL count what it holds now.

        Until it has, it plans as for empty tables: 50 changes out of 100,000 took 17 ms, not 7.
        """
        await self.flush()
        await self.site.store.write(_count_anew)


async def _count_anew(tx: Tx) -> None:
    if tx.dialect == "postgres":
        await tx.run("ANALYZE")


@dataclass(slots=True)
class _Opened:
    key: DataKey
    panel: bytes
    sum_open: int
    sum_restricted: int
    row: Row = ()
    sealed: Row = ()


async def _add_roots(tx: Tx, district: int, roots: dict[bytes, list[int]]) -> None:
    if not roots:
        return
    found = await tx.rows_in(
        "SELECT panel, root_open, root_restricted FROM panel WHERE district=? AND panel {ids} "
        f"ORDER BY panel{locking(tx)}",
        sorted(roots),
        district,
    )
    await tx.update(
        "panel",
        ("district", "panel"),
        ("root_open", "root_restricted"),
        [
            (district, p, digest.add(a, roots[p][0]), digest.add(b, roots[p][1]))
            for p, a, b in found
        ],
    )
