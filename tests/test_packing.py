"""What a page holds and where it ends. On SQLite: the statements are the same on both engines."""

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import pytest

from server.actions.places import move
from server.actions.tablets import exchange as exchanging
from server.actions.tablets import packing
from server.actions.tablets.exchange import exchange
from server.rules.switch import Granted
from server.store.tx import Row, SqliteTx, Tx
from sync import wire
from tests.cast_forms import good
from tests.copies import Copies
from tests.forge import everything, forger
from tests.world import QIN, SU, TEAM_A, TEAM_B, WU, XIE, ZHENG, ZHOU, World, field, new_world

ON = "2026-11-20"
VISIT = good("htn_followup", next_date="2027-02-18")


@pytest.fixture
async def district(tmp_path: Path, copies: Copies) -> AsyncIterator[World]:
    async with new_world(copies.sqlite(tmp_path), tmp_path) as made:
        yield made


async def test_who_left_before_the_page_is_told_gone_and_nothing_more(district: World) -> None:
    su, xie = await field(district, "07"), await field(district, "08", staff=XIE)
    for each in (su, xie):
        await each.settle()
    xie.tablet.save_edit(ZHOU, {"phone": "19900009999"}, ON)
    xie.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await xie.settle()
    ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    assert isinstance(await move.switch(district.site, ask), Granted)
    request = su.tablet.request()
    assert request is not None
    pages: list[wire.Page] = []
    apply = su.tablet.archive.apply
    su.tablet.archive.apply = lambda page: (pages.append(page), apply(page))[1]
    su.tablet.take(request, (await exchange(district.site, request)).answer)
    rows = [wire.row(raw) for page in pages for raw in (*page.rows, *page.snap_rows)]
    assert [type(row) for row in rows] == [wire.Leave]


async def test_pages_cut_by_their_size_miss_no_row(
    district: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    su, xie = await field(district, "07"), await field(district, "08", staff=XIE)
    for each in (su, xie):
        await each.settle()
    made = {
        xie.tablet.save_event(who, "htn_followup", ON, VISIT) for who in (ZHOU, WU, ZHENG, ZHOU)
    }
    await xie.settle()
    monkeypatch.setattr(packing, "PAGE_BYTES", 1)
    results = await su.settle()
    assert len(results) >= len(made), "one row a page"
    seen = {wire.change(row.change).id for who in (ZHOU, WU, ZHENG) for row in
            su.tablet.archive.events(who)}  # fmt: skip
    assert made <= seen
    assert results[-1].agrees is True


async def test_a_snapshot_cut_anywhere_is_whole(
    district: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    xie = await field(district, "08", staff=XIE)
    await xie.settle()
    made = {
        xie.tablet.save_event(who, "htn_followup", on, {**VISIT, "next_date": after})
        for on, after in ((ON, "2027-02-18"), ("2026-08-20", ON), ("2025-02-20", "2025-05-20"))
        for who in (WU, ZHOU, WU, ZHENG)
    }
    await xie.settle()
    for name, few in (("PAGE_BYTES", 2_000), ("PORTION", 2), ("FEW", 1)):
        monkeypatch.setattr(packing, name, few)
    su = await field(district, "07")
    results = await su.settle()
    seen = {wire.change(row.change).id for who in (ZHOU, WU, ZHENG) for row in
            su.tablet.archive.events(who)}  # fmt: skip
    assert made <= seen
    assert results[-1].agrees is True


async def test_a_page_reads_of_a_long_archive_what_it_has_room_for(
    district: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tablet may have written more into one archive than the server has memory for."""
    liar = await forger(district, "07")
    for _ in range(4):
        await liar.send(*[liar.visit(ZHOU) for _ in range(10)])
    read: list[int] = []
    rows_in = SqliteTx.rows_in

    async def measured(tx: SqliteTx, sql: str, ids: Iterable[bytes], *args: Any) -> Sequence[Row]:
        found = await rows_in(tx, sql, ids, *args)
        read.append(sum(len(each) for row in found for each in row if isinstance(each, bytes)))
        return found

    monkeypatch.setattr(packing, "PAGE_BYTES", 8_000)
    monkeypatch.setattr(SqliteTx, "rows_in", measured)
    su = await field(district, "08", staff=XIE)
    results = await su.settle()
    assert len(su.tablet.archive.events(ZHOU)) >= 40
    assert results[-1].agrees is True
    assert max(read) < 16_000


async def test_few_rows_that_are_long_are_sealed_beside_the_loop(
    district: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every other tablet waits for one whose records are of 64 KB."""
    xie = await forger(district, "08", staff=XIE)
    for letter in "abc":
        await xie.send(xie.visit(ZHOU, zz=letter * 60_000), xie.visit(WU, zz=letter * 60_000))
    where: set[bool] = set()
    seal = exchanging.seal_down

    def seen(*args: Any, **named: Any) -> bytes:
        where.add(current_thread() is main_thread())
        return seal(*args, **named)

    monkeypatch.setattr(exchanging, "seal_down", seen)
    su = await forger(district, "07", restricted=True)
    cursor = wire.Cursor(panel=TEAM_A, epoch=0, csn=0)
    await su.post(su.empty(cursors=(cursor,)))
    assert where == {False}


async def test_a_batch_that_came_to_nothing_uses_up_no_number(district: World) -> None:
    su, xie = await field(district, "07"), await field(district, "08", staff=XIE)
    for each in (su, xie):
        await each.settle()

    async def fails(tx: Tx) -> None:
        ask = move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
        await move.switch_in(tx, district.site, ask)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await district.store.write(fails)
    xie.tablet.save_event(WU, "htn_followup", ON, VISIT)
    await xie.settle()
    assert (await su.settle())[-1].agrees is True
    csn = await district.one("SELECT csn FROM panel WHERE panel=?", TEAM_A)
    assert await district.one("SELECT MAX(csn) FROM feed WHERE panel=?", TEAM_A) == csn
    assert su.tablet.state.cursors[TEAM_A.hex()].csn == csn


async def test_a_sum_of_another_number_is_not_compared(district: World) -> None:
    liar = await forger(district, staff=SU)
    first = await liar.post(liar.empty(cursors=everything()))
    (page,) = (wire.page(raw) for raw in first.answer.pages)
    cursor = wire.Cursor(panel=TEAM_A, epoch=page.epoch, csn=page.end)
    before = wire.DigestClaim(
        panel=TEAM_A, csn=page.end + 1, root=bytes(16), buckets=(bytes(16),) * 64
    )
    told = await liar.post(liar.empty(cursors=(cursor,), digests=(before,)))
    (page,) = (wire.page(raw) for raw in told.answer.pages)
    assert (page.mended, page.buckets) == ((), ()), "what was true at another csn says nothing"
    assert await district.one("SELECT digest_misses FROM device") == 0
