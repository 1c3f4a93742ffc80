"""What every part of a list goes through: its place in the list moves, its results are kept, in the
same transaction as what it wrote. So a process that dies loses a part or has done it, nothing else.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from crypto.columns import DataKey
from server.actions.keeping.site import Site
from server.actions.lists.import_reading import LEASE_MS, NotOurs
from server.actions.lists.imports import DONE, RUNNING, Job, locked, place_of, seal, unseal
from server.actions.lists.sheet_parts import FAULT_SAY, Line
from server.store.tx import Tx, locking, one


class Outcome(StrEnum):
    """How one line ends."""

    CREATED = "created"
    MATCHED = "matched"
    POSSIBLE = "possible"
    REFUSED = "refused"


class Ending(msgspec.Struct, frozen=True, array_like=True):
    """What became of one line; kept sealed. `resident`: whose archive it is now."""

    outcome: Outcome
    reason: str = ""
    resident: bytes | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A part that is done."""

    lines: int
    last: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Part `n` of a list; `began` in seconds of a clock that only runs."""

    n: int
    lines: Sequence[Line]
    key: DataKey
    feed_epoch: int
    chunks: int
    began: float

    async def end(self, tx: Tx, site: Site, job: Job, endings: Sequence[Ending]) -> Taken:
        """Keeps what became of the lines and moves on. `take_step` has locked the list."""
        count = {each: sum(e.outcome is each for e in endings) for each in Outcome}
        plain = msgspec.msgpack.encode(list(endings))
        sealed = seal(site, self.key, job.id, place_of("results", self.n), plain)
        await tx.run(
            "UPDATE import_chunk SET sealed_results=?, refused=? WHERE district=? AND job=? AND "
            "part='lines' AND n=?",
            sealed, count[Outcome.REFUSED], site.district, job.id, self.n,
        )  # fmt: skip
        last = self.n + 1 >= self.chunks
        now, worked_ms = site.clock(), round((time.perf_counter() - self.began) * 1000)
        await tx.run(
            "UPDATE import_job SET next_chunk=?, created=created+?, matched=matched+?, "
            "possible=possible+?, refused=refused+?, worked_ms=worked_ms+?, lease_until=?, "
            "state=?, ended_at=? WHERE district=? AND job=?",
            self.n + 1, *(count[each] for each in Outcome), worked_ms, now + LEASE_MS,
            DONE if last else RUNNING, now if last else None, site.district, job.id,
        )  # fmt: skip
        return Taken(len(endings), last)


async def take_step(tx: Tx, site: Site, job: Job, part: Part) -> int:
    """Locks the list, if this part is the next and the list is to go on; the feed epoch.

    The district's row is locked too: whoever opens archives by document queues there. Raises
    NotOurs.
    """
    row = await locked(tx, site, job.id)
    if row[0] != RUNNING or row[2] != part.n:
        raise NotOurs
    district = await one(
        tx, f"SELECT feed_epoch FROM district WHERE district=?{locking(tx)}", site.district
    )
    assert district is not None
    if district[0] != part.feed_epoch:
        raise NotOurs  # the database was restored in between; the next process begins anew
    return district[0]


def bad_cells(line: Line) -> dict[int, str]:
    """{column: the end of the sentence that says what is wrong there}."""
    return {at: FAULT_SAY[fault] for at, fault in line.faults}


def endings_of(site: Site, key: DataKey, job: bytes, n: int, sealed: bytes) -> list[Ending]:
    plain = unseal(site, key, job, place_of("results", n), sealed)
    return msgspec.msgpack.decode(plain, type=list[Ending])
