"""What has to hold whatever happened: nothing acknowledged is lost, nothing is there twice."""

import asyncio
from collections.abc import Iterable

from server.store.store import Store
from server.store.tx import Row, Tx

_CHANGES = "SELECT change, resident, epoch, seq, idx, device FROM change WHERE device IS NOT NULL"


async def _read(tx: Tx) -> tuple[list[Row], list[Row], list[Row]]:
    rows = await tx.rows(_CHANGES)
    batches = await tx.rows("SELECT device, epoch, seq, n FROM batch")
    feed = await tx.rows("SELECT panel, entity FROM feed WHERE op='event'")
    return list(rows), list(batches), list(feed)


def all_there(url: str, acknowledged: Iterable[bytes]) -> int:
    """Every acknowledged change is there once; returns the number of changes tablets made."""

    async def read() -> tuple[list[Row], list[Row], list[Row]]:
        async with Store(url) as store:
            return await store.read(_read)

    rows, batches, feed = asyncio.run(read())
    held = [bytes(row[0]) for row in rows]
    assert len(held) == len(set(held)), "a change is there twice"
    lost = set(acknowledged) - set(held)
    assert not lost, f"{len(lost)} acknowledged changes are lost: {min(lost).hex()} ..."
    places = [tuple(row[2:]) for row in rows]
    assert len(places) == len(set(places)), "two changes stand at one place"
    assert sum(row[3] for row in batches) == len(rows), "a batch is there in part"
    assert len({tuple(row[:3]) for row in batches}) == len(batches)
    told = [(bytes(panel), bytes(entity)) for panel, entity in feed]
    assert len(told) == len(set(told)), "a panel is told of a change twice"
    assert set(held) <= {entity for _, entity in told}, "no panel is told of a change"
    return len(held)
