"""A second limit of push: what cannot be left out of taking a record, and nothing else.

Every envelope is parsed, its signature checked, opened, decoded, its commitment computed, every
change decoded and sealed under its resident's key, five tables written and committed, and a signed
receipt sealed. No HTTP, no ORM, no membership, no form checks, no merge, no digests: one thread.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from crypto.columns import DataKey, new_data_key, place
from crypto.commitment import commit
from crypto.envelope import DownHeader, open_body, parse_up, seal_down, verify
from crypto.keys import KemPublicKey
from server.actions.keeping.keyring import RECEIPT_LABEL, Keyring
from server.store.schema import statements
from server.store.tables import SPECS
from server.store.vault import T_CHANGE
from sync import wire
from sync.limits import BODY_BYTES, ENVELOPE_BYTES
from tests.bench.database import Engine
from tests.bench.meter import Reading
from tests.bench.tablet import BenchTablet
from tests.world import DISTRICT

_TABLES: Final = ("change", "feed", "batch", "envelope", "audit_leaf")
_Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Pipeline:
    """The keys it works with; data keys are there before the clock starts."""

    where: Engine
    keys: Keyring
    made: int = 0
    data: dict[bytes, DataKey] = field(default_factory=dict[bytes, DataKey])

    def reading(self, sealed: Sequence[tuple[BenchTablet, bytes]]) -> Reading:
        """All envelopes into a fresh database, a commit for each: wall and CPU, s."""
        self.made += 1
        url = self.where.new_database(f"pipeline_{self.made}")
        for who in (who for tablet, _ in sealed for who in tablet.residents):
            self.data.setdefault(who, new_data_key())
        if self.where.cluster is None:
            return self._sqlite(Path(url.removeprefix("sqlite:///")), sealed)
        return asyncio.run(self._postgres(url, sealed))

    def _sqlite(self, path: Path, sealed: Sequence[tuple[BenchTablet, bytes]]) -> Reading:
        db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            db.execute(f"PRAGMA {pragma}")
        for statement in statements("sqlite"):
            db.execute(statement)
        inserts = {
            table: f'INSERT INTO "{table}" VALUES ({",".join("?" * len(SPECS[table].columns))})'
            for table in _TABLES
        }
        clock = self.where.clock()
        for tablet, raw in sealed:
            rows, answer = self._taken(tablet, raw)
            db.execute("BEGIN IMMEDIATE")
            for table, some in rows.items():
                db.executemany(inserts[table], some)
            db.execute("COMMIT")
            answer()
        reading = clock()
        db.close()
        return reading

    async def _postgres(self, url: str, sealed: Sequence[tuple[BenchTablet, bytes]]) -> Reading:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements("postgres"):
                await connection.execute(statement)
            clock = self.where.clock()
            for tablet, raw in sealed:
                rows, answer = self._taken(tablet, raw)
                async with connection.transaction():
                    for table, some in rows.items():
                        await connection.copy_records_to_table(table, records=some)
                answer()
            return clock()
        finally:
            await connection.close()

    def _taken(self, tablet: BenchTablet, raw: bytes) -> tuple[_Rows, Callable[[], bytes]]:
        """The rows of one envelope, and what makes its answer once they are committed."""
        sealed = parse_up(raw, ENVELOPE_BYTES)
        verify(sealed, tablet.sign.public)
        batch = wire.batch(open_body(sealed, self.keys.kem[sealed.header.kid], BODY_BYTES))
        raws = [bytes(each) for each in batch.changes]
        commitment = commit(batch.secret, raws)
        if commitment.root != sealed.header.root:
            raise AssertionError("the commitment is another one")
        header, now, seq = sealed.header, batch.created, sealed.header.seq or 0
        changes: list[tuple[Any, ...]] = []
        feed: list[tuple[Any, ...]] = []
        for place_, (each, key) in enumerate(zip(raws, commitment.keys, strict=True)):
            change = wire.change(each)
            msgspec.json.decode(each)
            who, csn = change.resident, tablet.number * 10**6 + seq * 1000 + place_
            at = place(DISTRICT, T_CHANGE, change.id, who, 1)
            changes.append(
                (
                    DISTRICT, who, change.id, change.kind, "A", "event", "applied", "", None, csn,
                    change.on, change.at, now, header.device, 1, seq, place_, tablet.staff,
                    "staff", "author", tablet.facility, "", None, 0, 0, "resident",
                    self.data[who].seal(at, key + each),
                )
            )  # fmt: skip
            feed.append((DISTRICT, tablet.panel, csn, "event", who, change.id))
        receipt = wire.encode(
            wire.Receipt(
                device=header.device, epoch=1, seq=seq, batch=sealed.digest, at=now, n=len(raws)
            )
        )  # fmt: skip
        signer = self.keys.sign[tablet.sign.suite]
        signed = wire.SignedReceipt(
            receipt=msgspec.Raw(receipt), signer=signer.public.kid(),
            signature=signer.sign(RECEIPT_LABEL + receipt),
        )  # fmt: skip
        ledger = (
            DISTRICT, header.device, sealed.digest, 1, seq, "next", tablet.staff, now, len(raws),
            sealed.header_bytes, sealed.body_hash, sealed.signature, b"".join(commitment.leaves),
            wire.encode(signed),
        )  # fmt: skip
        rows: _Rows = {
            "change": changes, "feed": feed, "batch": [ledger],
            "envelope": [(DISTRICT, header.device, sealed.digest, now, raw)],
            "audit_leaf": [
                (DISTRICT, sealed.digest[:16], None, "batch", sealed.digest, sealed.digest, now)
            ],
        }  # fmt: skip

        def answer() -> bytes:
            recipient: KemPublicKey = tablet.kem.public
            down = DownHeader(
                suite=1, kid=recipient.kid(), signer=signer.public.kid(), device=header.device,
                request=sealed.digest, feed_epoch=1, trust=1,
            )  # fmt: skip
            said = wire.encode(wire.Answer(v=1, now=now, receipt=signed))
            return seal_down(down, said, recipient=recipient, signer=signer)

        return rows, answer
