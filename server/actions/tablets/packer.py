"""What a page is made of: rows of one panel under the present membership, counted by size."""

from dataclasses import dataclass, field
from typing import Final

from msgspec import Raw, to_builtins

from crypto.columns import ColumnRefused
from server.actions.archives.ledger import EPOCH_BITS
from server.actions.archives.standing import DeviceRow
from server.actions.keeping.site import Site
from server.actions.plan.kept import compact, decode_items, open_items
from server.actions.tablets.changerow import CARRIED
from server.actions.tablets.settle import open_change
from server.logs import log
from server.store.tx import Row, Tx
from server.store.vault import T_CELLS, T_RESTRICTED
from sync import wire
from sync.short_cells import shorten

RECORD: Final = (
    "c.resident, c.change, c.cls, c.rev, c.body, c.under, c.staff, c.recorded_at, c.received_at, "
    "c.state, c.credit_facility, c.flags"
)
EVENT: Final = f"{RECORD}, r.key"
# Restricted facts go to the team that answers for the resident, and where a consent names them.
WHOLLY: Final = "m.ground IN ('assigned','consent_b')"
PLAN: Final = (
    "r.resident, r.key, p.year, p.rev, p.sealed_open, "
    f"CASE WHEN {WHOLLY} THEN p.rev_restricted END, "
    f"CASE WHEN {WHOLLY} THEN p.sealed_restricted END"
)
RESIDENT: Final = (
    "r.resident, r.rev, r.rev_restricted, r.status, r.archive_no, r.key, r.sealed_cells, "
    f"CASE WHEN {WHOLLY} THEN r.sealed_restricted END, {PLAN}"
)
JOIN_PLAN: Final = "LEFT JOIN plan p ON p.district=r.district AND p.resident=r.resident"
FIRST_REVISION: Final = (1 << EPOCH_BITS) - 1  # these bits of a revision count within its epoch
GIVEN: Final = f"(c.cls='A' OR {WHOLLY})"
MEMBER: Final = "m.panel=? AND (m.until IS NULL OR m.until > ?)"  # of a panel at an instant
SHOWN: Final = "c.state IN ('applied','applied_guest') AND c.shape='event'"


@dataclass(slots=True)
class Packer:
    site: Site
    tx: Tx
    device: DeviceRow
    panel: bytes
    now: int
    plans: bool = True  # this tablet knows what a PlanPut is
    pictures: bool = True  # it reads changes that name pictures
    reasons: bool = True  # it takes the reason beside what is owed
    short: bool = True  # it reads registers in short
    given: set[bytes] = field(default_factory=set[bytes])  # residents whose content is in the page
    planned: set[tuple[bytes, str]] = field(default_factory=set[tuple[bytes, str]])
    size: int = 0
    classes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.classes = ("A", "B") if self.device.restricted else ("A",)

    def resident_rows(self, row: Row) -> list[Raw]:
        """The register cells of one resident, one put an access class; what is owed with them."""
        who, rev, rev_restricted, status, number, wrapped, cells, restricted = row[:8]
        key, vault = self.site.vault.key(who, wrapped), self.site.vault
        plain = key.open(vault.at(T_CELLS, who, who, rev), cells)
        rows = [self._resident(who, rev, "A", status, number, plain)]
        if restricted and "B" in self.classes:
            plain = key.open(vault.at(T_RESTRICTED, who, who, rev_restricted), restricted)
            rows.append(self._resident(who, rev_restricted, "B", status, number, plain))
        self.given.add(who)
        for cls in self.classes:
            rows += self.plan_rows(row[8:], cls, always=False)
        return rows

    def plan_rows(self, row: Row, cls: str, *, always: bool = True) -> list[Raw]:
        """What is owed to one resident in a class: one put, or none where the tablet has it by now.

        `always`: also an empty one, which takes away what a tablet held; beside the register it is
        left out where nothing was ever owed.
        """
        who, wrapped, year, *open_part = row
        number, blob = open_part[:2] if cls == "A" else open_part[2:]
        if not self.plans or number is None or cls not in self.classes:
            return []
        if (who, cls) in self.planned:
            return []
        data = b""
        if blob is not None:
            key = self.site.vault.key(who, wrapped)
            try:
                data = open_items(self.site, key, who, cls, number, blob)
            except ColumnRefused as error:  # derived: the tablet works without, until it is remade
                log.fault("plan", error)
                return []
        items = compact(decode_items(data, cls), year) if data else ()
        if not items and not always and number & FIRST_REVISION == 1:
            return []
        self.planned.add((who, cls))
        self.given.add(who)
        put = wire.PlanPut(id=who, rev=number, cls=cls, year=year, items=items)
        return [self._counted(wire.encode(put) if self.reasons else _without_reasons(put))]

    def over_rows(self, row: Row, epoch: int) -> list[Raw]:
        """For a tablet without class B: an empty list of it, above all that it may hold, and the
        same for everybody.
        """
        who, _, year, *_ = row
        if "B" in self.classes or year is None:
            return []
        rev = (epoch + 1 << EPOCH_BITS) - 1
        return [self._counted(wire.encode(wire.PlanPut(id=who, rev=rev, cls="B", year=year)))]

    def _resident(
        self, who: bytes, rev: int, cls: str, status: str, number: str, plain: bytes
    ) -> Raw:
        cells = Raw(shorten(plain) if self.short else plain)
        put = wire.ResidentPut(id=who, rev=rev, cls=cls, status=status, cells=cells, no=number)
        return self._counted(wire.encode(put))

    def event_rows(self, row: Row) -> list[Raw]:
        """One record; none where its class does not go to this tablet, or it cannot read it."""
        who, change, cls, rev, body, under, staff, at, received, state, credit, flags, wrapped = (
            row[:13]
        )
        if cls not in self.classes:
            return []
        _, raw = open_change(
            self.site, change=change, resident=who, under=under, wrapped=wrapped, body=body
        )
        if not self.pictures and b'"attach"' in raw and wire.change(raw).attach:
            return []
        self.given.add(who)
        marks = tuple(flags.split(",")) if flags else ()
        put = wire.EventPut(
            rev=rev, cls=cls, change=Raw(raw), staff=staff, at=at, recv=received, state=state,
            credit=credit, flags=marks, of=who if CARRIED in marks else None,
        )  # fmt: skip
        return [self._counted(wire.encode(put))]

    def leave_row(self, who: bytes, csn: int) -> Raw:
        self.planned -= {(who, cls) for cls in self.classes}  # who comes again brings it again
        return self._counted(wire.encode(wire.Leave(id=who, csn=csn)))

    def _counted(self, encoded: bytes) -> Raw:
        self.size += len(encoded)
        return Raw(encoded)


def _without_reasons(put: wire.PlanPut) -> bytes:
    """For a tablet that was written before them and takes five members."""
    plain = to_builtins(put)
    plain["items"] = [each[:5] for each in plain.get("items", ())]
    return wire.encode(plain)


async def residents_of(packer: Packer, ids: set[bytes]) -> dict[bytes, Row]:
    if not ids:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {RESIDENT} FROM resident r JOIN member m ON m.district=r.district "
        f"AND m.resident=r.resident AND {MEMBER} {JOIN_PLAN} "
        "WHERE r.district=? AND r.resident {ids}",
        sorted(ids),
        packer.panel,
        packer.now,
        packer.site.district,
    )
    return {row[0]: row for row in rows}


async def plans_of(packer: Packer, ids: set[bytes]) -> dict[bytes, Row]:
    """Rows for `plan_rows`, of residents who are in the panel now."""
    if not ids or not packer.plans:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {PLAN} FROM resident r JOIN member m ON m.district=r.district "
        f"AND m.resident=r.resident AND {MEMBER} {JOIN_PLAN} "
        "WHERE r.district=? AND r.resident {ids}",
        sorted(ids),
        packer.panel,
        packer.now,
        packer.site.district,
    )
    return {row[0]: row for row in rows}


async def events_of(packer: Packer, ids: set[bytes]) -> dict[bytes, Row]:
    if not ids:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {EVENT} FROM change c JOIN member m ON m.district=c.district "
        f"AND m.resident=c.resident AND {MEMBER} "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident "
        f"WHERE c.district=? AND {SHOWN} AND {GIVEN} AND c.change {{ids}}",
        sorted(ids),
        packer.panel,
        packer.now,
        packer.site.district,
    )
    return {row[1]: row for row in rows}
