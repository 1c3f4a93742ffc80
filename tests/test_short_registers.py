"""Registers in short (sync/PROTOCOL.md 8.1): the same register in a third of the bytes; whoever was
written before them is served as before.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from sync import wire
from sync.merge import Cells, decode_cells
from sync.short_cells import read_cells, shorten
from tests.forge import Forger, forger
from tests.world import TEAM_A, ZHOU, World, field

REGISTERS = json.loads((Path(__file__).parent / "vectors" / "registers.json").read_text("utf-8"))[
    "registers"
]
OLD, NEW = 5, 6


async def page_for(tablet: Forger, schema: int, **at: int) -> wire.Page:
    """What a tablet of that schema is sent: a snapshot, or the rows after a cursor."""
    cursor = wire.Cursor(panel=TEAM_A, epoch=at.get("epoch", 0), csn=at.get("csn", 0))
    answer = (await tablet.post(tablet.empty(cursors=(cursor,), schema=schema))).answer
    return wire.page(answer.pages[0])


def registers(page: wire.Page) -> Iterator[wire.ResidentPut]:
    for row in map(wire.row, (*page.rows, *page.snap_rows)):
        if isinstance(row, wire.ResidentPut):
            yield row


def cells_by_put(page: wire.Page) -> dict[tuple[bytes, str, int, str, str], Cells]:
    return {
        (row.id, row.cls, row.rev, row.status, row.no): read_cells(bytes(row.cells))
        for row in registers(page)
    }


def first_signs(page: wire.Page) -> set[bytes]:
    return {bytes(row.cells)[:1] for row in registers(page)}


def test_both_forms_say_the_same_register() -> None:
    for each in REGISTERS:
        whole, short = each["whole"].encode(), each["short"].encode()
        assert shorten(whole) == short
        assert read_cells(short) == read_cells(whole) == decode_cells(whole)
        assert list(read_cells(short)) == list(decode_cells(whole)), "pages show them in this order"


async def test_a_new_tablet_gets_registers_in_short_and_an_older_one_as_before(
    world: World,
) -> None:
    tablet = await forger(world, "07", restricted=True)
    await tablet.post(tablet.envelope(tablet.edit(ZHOU, {"hx_disease_restricted/8": True})))
    old, new = await page_for(tablet, OLD), await page_for(tablet, NEW)
    assert (first_signs(old), first_signs(new)) == ({b"{"}, {b"["})
    assert cells_by_put(new) == cells_by_put(old)
    assert {cls for _, cls, *_ in cells_by_put(new)} == {"A", "B"}
    assert 2 * len(b"".join(new.snap_rows)) < len(b"".join(old.snap_rows))


async def test_an_edit_and_a_conflict_come_in_short_too(world: World) -> None:
    tablet = await forger(world, "07")
    before = await page_for(tablet, NEW)
    for phone in ("13800000001", "13800000002"):
        await tablet.post(tablet.envelope(tablet.edit(ZHOU, {"phone": phone})))
    old, new = [
        await page_for(tablet, schema, epoch=before.epoch, csn=before.end) for schema in (OLD, NEW)
    ]
    assert (first_signs(old), first_signs(new)) == ({b"{"}, {b"["})
    assert cells_by_put(new) == cells_by_put(old)
    (cells,) = cells_by_put(new).values()
    assert len(cells["phone"].heads) > 1, "both values stand side by side"


async def test_the_reference_tablet_reads_a_snapshot_in_short(world: World) -> None:
    su = await field(world, "11")
    page = await page_for(await forger(world, "07"), NEW)
    with su.tablet.disk.step():
        su.tablet.archive.apply(page)
    before = su.tablet.archive.cells(ZHOU)
    await su.settle()
    assert before == su.tablet.archive.cells(ZHOU)
    assert before["name"].heads[0].value == "周谷雨"
