"""The order of locks, read from the statements themselves: device, residents by id, panels by id;
and nothing that they guard is read before them. A race shows a wrong order now and then, this does
always.

PostgreSQL only: on SQLite the whole transaction is the lock.
"""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from server.actions.archives import consent
from server.actions.places import move
from server.rules.switch import Granted
from server.store.tx import Row, Tx
from tests.cast_forms import good
from tests.copies import Copies
from tests.postgres import Cluster
from tests.world import QIN, TEAM_B, WU, ZHOU, World, field, new_world

ON = "2026-11-20"
VISIT = good("htn_followup", next_date="2027-02-18")
RANK = {"device": 1, "resident": 2, "panel": 3}
GUARDED = ("member", "assignment", "consent")
"""Read under the lock of the residents they are about, or a move that waits is not seen."""

_TABLE = re.compile(r"\bFROM (\w+)")
_LOCKS = re.compile(r" FOR (UPDATE|SHARE)\b")


class Watched:
    """A transaction that notes every statement which reads."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.read: list[str] = []

    @property
    def dialect(self) -> Literal["sqlite", "postgres"]:
        return self._tx.dialect

    async def rows(self, sql: str, *args: Any) -> Sequence[Row]:
        self.read.append(sql)
        return await self._tx.rows(sql, *args)

    async def rows_in(self, sql: str, ids: Iterable[bytes], *args: Any) -> Sequence[Row]:
        self.read.append(sql)
        return await self._tx.rows_in(sql, ids, *args)

    async def run(self, sql: str, *args: Any) -> int:
        return await self._tx.run(sql, *args)

    async def insert(
        self, table: str, rows: Sequence[Row], *, ignore: bool = False, put: tuple[str, ...] = ()
    ) -> None:
        await self._tx.insert(table, rows, ignore=ignore, put=put)

    async def update(
        self, table: str, key: tuple[str, ...], put: tuple[str, ...], rows: Sequence[Row]
    ) -> None:
        await self._tx.update(table, key, put, rows)

    def locked(self) -> list[tuple[int, str]]:
        """(place, table) of every statement that locks rows of a table with a rank."""
        found = [
            (n, _TABLE.findall(sql)[0]) for n, sql in enumerate(self.read) if _LOCKS.search(sql)
        ]
        return [(n, table) for n, table in found if table in RANK]

    def first(self, *tables: str) -> int | None:
        """Where one of these tables is first read."""
        named = (n for n, sql in enumerate(self.read) if set(tables) & set(_TABLE.findall(sql)))
        return next(named, None)


@pytest.fixture
async def world(
    postgres_cluster: Cluster, postgres_name: str, copies: Copies, tmp_path: Path
) -> AsyncIterator[World]:
    url = copies.postgres(postgres_cluster, postgres_name, tmp_path)
    async with new_world(url, tmp_path) as made:
        yield made


@pytest.fixture
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Watched]:
    """Every writing transaction of the test, as it goes."""
    seen: list[Watched] = []
    write = world.store.write

    async def writing(action: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        async def act(tx: Tx) -> Any:
            seen.append(Watched(tx))
            return await action(seen[-1])

        return await write(act)

    monkeypatch.setattr(world.store, "write", writing)
    return seen


async def a_busy_day(world: World) -> None:
    """Visits and edits, a consent, a move, what the old tablet still held, and pages for both."""
    su = await field(world, "07", restricted=True)
    await su.settle()
    for who in (WU, ZHOU):
        su.tablet.save_event(who, "htn_followup", ON, VISIT)
        su.tablet.save_edit(who, {"phone": "19900009999"}, ON)
    await su.settle()
    await consent.grant(
        world.site, WU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + 10**9, text_version="2026-11",
    )  # fmt: skip
    su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    assert isinstance(await move.switch(world.site, ask), Granted)
    await su.settle()


async def test_locks_are_taken_from_device_to_resident_to_panel(
    world: World, watched: list[Watched]
) -> None:
    await a_busy_day(world)
    both = 0
    for tx in watched:
        ranks = [RANK[table] for _, table in tx.locked()]
        assert ranks == sorted(ranks), "\n".join(tx.read)
        both += {1, 2, 3} <= set(ranks)
    assert both >= 2, "uploads lock all three"


async def test_many_rows_are_locked_in_the_order_of_their_ids(
    world: World, watched: list[Watched]
) -> None:
    await a_busy_day(world)
    sets = [tx.read[n] for tx in watched for n, _ in tx.locked() if "{ids}" in tx.read[n]]
    assert len(sets) >= 6
    for sql in sets:
        table = _TABLE.findall(sql)[0]
        assert re.search(rf"ORDER BY {table} FOR UPDATE$", sql), sql


async def test_where_somebody_belongs_is_read_under_their_lock(
    world: World, watched: list[Watched]
) -> None:
    await a_busy_day(world)
    looked = 0
    for tx in watched:
        lock = next((n for n, table in tx.locked() if table == "resident"), None)
        read = tx.first(*GUARDED)
        if lock is None or read is None:
            continue
        looked += 1
        assert lock < read, "\n".join(tx.read)
    assert looked >= 4


async def test_a_tablets_row_is_locked_before_its_page_is_packed(
    world: World, watched: list[Watched]
) -> None:
    await a_busy_day(world)
    packed = [tx for tx in watched if tx.first("feed") is not None]
    assert packed
    for tx in packed:
        locked = tx.locked()
        assert [table for _, table in locked[:2]] == ["device", "panel"], "\n".join(tx.read)
        assert locked[1][0] < (tx.first("feed") or 0), "the feed is read behind its panel's lock"
