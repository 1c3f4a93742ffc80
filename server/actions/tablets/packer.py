"""What a page is made of: rows of one panel under the present membership, counted by size."""

from dataclasses import dataclass, field
from typing import Final

from msgspec import Raw

from server.actions.archives.standing import DeviceRow
from server.actions.keeping.site import Site
from server.actions.tablets.changerow import CARRIED
from server.actions.tablets.settle import open_change
from server.store.tx import Row, Tx
from server.store.vault import T_CELLS, T_RESTRICTED
from sync import wire

EVENT: Final = (
    "c.resident, c.change, c.cls, c.rev, c.body, c.under, c.staff, c.recorded_at, c.received_at, "
    "c.state, c.credit_facility, c.flags, r.key"
)
RESIDENT: Final = (
    "r.resident, r.rev, r.rev_restricted, r.status, r.archive_no, r.key, r.sealed_cells, "
    "CASE WHEN m.ground='assigned' THEN r.sealed_restricted END"
)
# A consent opens class A; restricted facts go to the team that answers for the resident only.
GIVEN: Final = "(c.cls='A' OR m.ground='assigned')"
SHOWN: Final = "c.state IN ('applied','applied_guest') AND c.shape='event'"


@dataclass(slots=True)
class Packer:
    site: Site
    tx: Tx
    device: DeviceRow
    panel: bytes
    now: int
    given: set[bytes] = field(default_factory=set[bytes])  # residents whose content is in the page
    size: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        return ("A", "B") if self.device.restricted else ("A",)

    def resident_rows(self, row: Row) -> list[Raw]:
        """The register cells of one resident, one put an access class."""
        who, rev, rev_restricted, status, number, wrapped, cells, restricted = row
        key, vault = self.site.vault.key(who, wrapped), self.site.vault
        plain = key.open(vault.at(T_CELLS, who, who, rev), cells)
        rows = [self._resident(who, rev, "A", status, number, plain)]
        if restricted and "B" in self.classes:
            plain = key.open(vault.at(T_RESTRICTED, who, who, rev_restricted), restricted)
            rows.append(self._resident(who, rev_restricted, "B", status, number, plain))
        self.given.add(who)
        return rows

    def _resident(
        self, who: bytes, rev: int, cls: str, status: str, number: str, plain: bytes
    ) -> Raw:
        put = wire.ResidentPut(id=who, rev=rev, cls=cls, status=status, cells=Raw(plain), no=number)
        return self._counted(wire.encode(put))

    def event_row(self, row: Row) -> Raw:
        who, change, cls, rev, body, under, staff, at, received, state, credit, flags, wrapped = (
            row[:13]
        )
        _, raw = open_change(
            self.site, change=change, resident=who, under=under, wrapped=wrapped, body=body
        )
        self.given.add(who)
        marks = tuple(flags.split(",")) if flags else ()
        put = wire.EventPut(
            rev=rev, cls=cls, change=Raw(raw), staff=staff, at=at, recv=received, state=state,
            credit=credit, flags=marks, of=who if CARRIED in marks else None,
        )  # fmt: skip
        return self._counted(wire.encode(put))

    def leave_row(self, who: bytes, csn: int) -> Raw:
        return self._counted(wire.encode(wire.Leave(id=who, csn=csn)))

    def _counted(self, encoded: bytes) -> Raw:
        self.size += len(encoded)
        return Raw(encoded)


def member(now: int) -> str:
    return f"m.panel=? AND (m.until IS NULL OR m.until > {now})"


async def residents_of(packer: Packer, ids: set[bytes]) -> dict[bytes, Row]:
    if not ids:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {RESIDENT} FROM resident r JOIN member m ON m.district=r.district "
        f"AND m.resident=r.resident AND {member(packer.now)} "
        "WHERE r.district=? AND r.resident {ids}",
        sorted(ids),
        packer.panel,
        packer.site.district,
    )
    return {row[0]: row for row in rows}


async def events_of(packer: Packer, ids: set[bytes]) -> dict[bytes, Row]:
    if not ids:
        return {}
    rows = await packer.tx.rows_in(
        f"SELECT {EVENT} FROM change c JOIN member m ON m.district=c.district "
        f"AND m.resident=c.resident AND {member(packer.now)} "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident "
        f"WHERE c.district=? AND {SHOWN} AND {GIVEN} AND c.change {{ids}}",
        sorted(ids),
        packer.panel,
        packer.site.district,
    )
    return {row[1]: row for row in rows if row[2] in packer.classes}
