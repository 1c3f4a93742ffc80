"""A list arrives: its bytes are sealed a part at a time and never rest in a readable file."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from crypto.columns import DataKey
from server.actions.keeping.site import Site
from server.actions.lists.imports import (
    CSV_MAX,
    KINDS,
    RAW_CHUNK,
    READING,
    RECEIVING,
    SEALED_KIND,
    XLSX_MAX,
    FileTooLarge,
    Head,
    Importer,
    destroy,
    locked,
    place_of,
    seal,
    seal_head,
)
from server.actions.lists.sheet_parts import SheetEmpty
from server.actions.tablets.intake import civil_day
from server.errors import RuleSaysNo
from server.records.sheet_columns import is_restricted
from server.rules.elsewhere import system_of
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx

_ZIP: Final = b"PK"
NAME_MAX: Final = 120


@dataclass(slots=True)
class Receiving:
    """One upload under way: `take` its bytes in order, then `end`; `drop` when it fails."""

    site: Site
    job: bytes
    staff: bytes
    key: DataKey
    size: int = 0
    chunks: int = 0
    most: int = CSV_MAX
    _held: bytearray = field(default_factory=bytearray)

    async def take(self, data: bytes) -> None:
        """Raises FileTooLarge."""
        if self.size == 0 and data.startswith(_ZIP):
            self.most = XLSX_MAX
        self.size += len(data)
        if self.size > self.most:
            raise FileTooLarge
        self._held += data
        while len(self._held) >= RAW_CHUNK:
            part, self._held = bytes(self._held[:RAW_CHUNK]), self._held[RAW_CHUNK:]
            await self._write(part)

    async def end(self) -> bytes:
        """The list is whole; its job. Raises SheetEmpty."""
        if self._held:
            await self._write(bytes(self._held))
        if self.size == 0:
            raise SheetEmpty
        await self.site.store.write(self._ended)
        return self.job

    async def drop(self) -> None:
        """Nothing of it is kept, not even that it was begun."""

        async def write(tx: Tx) -> None:
            await destroy(tx, self.site, self.job, self.staff)
            await tx.run(
                "DELETE FROM import_job WHERE district=? AND job=?", self.site.district, self.job
            )

        await self.site.store.write(write)

    async def _ended(self, tx: Tx) -> None:
        row = await locked(tx, self.site, self.job)
        if row[0] != RECEIVING:
            raise RuleSaysNo("not_now")
        await tx.run(
            "UPDATE import_job SET state=?, size=?, raw_chunks=? WHERE district=? AND job=?",
            READING, self.size, self.chunks, self.site.district, self.job,
        )  # fmt: skip
        detail = b"import-received" + self.job + self.staff
        await audit(tx, self.site.district, "act", detail, self.site.clock())

    async def _write(self, part: bytes) -> None:
        sealed = seal(self.site, self.key, self.job, place_of("raw", self.chunks), part)
        row: Row = (self.site.district, self.job, "raw", self.chunks, 0, 0, sealed, None)
        await self.site.store.write(partial(_insert, rows=[row]))
        self.chunks += 1


async def _insert(tx: Tx, rows: list[Row]) -> None:
    await tx.insert("import_chunk", rows)


async def receive(site: Site, who: Importer, *, kind: str, name: str) -> Receiving:
    """Begins to take a list in. `name` as the browser says it: shown, never used as a path.

    Raises RuleSaysNo: no such kind, or one of class B for somebody without that scope.
    """
    if kind not in KINDS or (is_restricted(kind) and not who.restricted):
        raise RuleSaysNo("kind")
    now = site.clock()
    job = new_id(now)
    key, wrapped = site.vault.new_key(job)
    shown = "".join(
        each for each in name.replace("\\", "/").rpartition("/")[2] if each.isprintable()
    )
    sealed_kind = kind if is_restricted(kind) else ""
    system = system_of(site.rules.code, kind, civil_day(now))
    head = seal_head(site, key, job, Head(shown[:NAME_MAX], kind=sealed_kind, system=system))
    row: tuple[Any, ...] = (
        site.district, job, SEALED_KIND if sealed_kind else kind, who.facility, who.staff,
        who.restricted, RECEIVING, "", "", "", 0, wrapped, head, 0, 0, 0, 0, 0, 0, 0, 0, 0, now,
        None, None, None, "", 0,
    )  # fmt: skip

    async def write(tx: Tx) -> None:
        await tx.insert("import_job", [row])

    await site.store.write(write)
    return Receiving(site, job, who.staff, key)
