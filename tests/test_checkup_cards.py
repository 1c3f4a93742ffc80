"""Sheets of cards: drawn by timed work, read by two decoders, fetched by who asked for them."""

import asyncio
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from crypto.card import Outcome, digits_of
from server.actions.checkup import cards, codes
from server.actions.checkup.cards import Sheets
from server.actions.checkup.hall import Noted
from server.actions.checkup.taking import take
from server.actions.keeping.site import Site
from server.errors import NotFound, NotYours, RuleSaysNo
from server.pages.qr import CARD_SIDE, card_code, png_of, svg_of
from server.store.ids import new_id
from tests.checkup_days import TODAY, a_day, desk, planned
from tests.console import CHEN
from tests.world import HE, NAMES, QIN, SU, WU, YANG, ZHOU, World, an_id
from tests.zbar import read_by_zbar


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


def pages_of(raw: bytes, *, dots_an_inch: int = 300) -> list[Image.Image]:
    """As a printer draws them."""
    document = pypdfium2.PdfDocument(raw)
    scale = dots_an_inch / 72
    draw: Any = pypdfium2.PdfPage.render  # its stub knows whole scales only
    return [draw(document[n], scale=scale).to_pil().convert("L") for n in range(len(document))]


def words_on(raw: bytes) -> str:
    document = pypdfium2.PdfDocument(raw)
    return "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))


async def drawn(world: World, sheet: bytes) -> bytes:
    assert await cards.run(world.site) == 1
    return await cards.fetch(world.site, await desk(world), sheet)


async def read(world: World, text: str) -> tuple[Outcome, bytes | None]:
    return await world.store.read(lambda tx: codes.scanned(tx, world.site, text))


async def shown(world: World, sheet: bytes) -> Sheets:
    return await cards.one_of(world.site, await desk(world), sheet)


async def test_cards_of_a_day_are_drawn_and_both_decoders_find_whose_they_are(
    plan: World,
) -> None:
    day = await a_day(plan)
    sheet = await cards.ask_for_day(plan.site, await desk(plan), day, everybody=False)
    assert await cards.waits(plan.site)
    before = await shown(plan, sheet)
    assert (before.state, before.total, before.done, before.pages) == ("waiting", 2, 0, 1)
    raw = await drawn(plan, sheet)
    after = await shown(plan, sheet)
    assert (after.state, after.done, after.size) == ("ready", 2, len(raw))
    (page,) = pages_of(raw)
    texts = {each.text for each in zxingcpp.read_barcodes(page)}
    assert texts == set(read_by_zbar(page))
    found = [await read(plan, text) for text in texts]
    assert sorted(found, key=str) == sorted([(Outcome.VALID, ZHOU), (Outcome.VALID, WU)], key=str)
    said = words_on(raw)
    for who in (ZHOU, WU):
        assert NAMES[who] in said
        card = (await plan.store.read(lambda tx, w=who: codes.issued_to(tx, plan.site, w)))[0]
        assert digits_of(card.id) in said.replace(" ", "")
    assert "1955 年生" in said
    assert "371002" not in said, "no document number"


async def test_who_has_a_card_gets_the_same_again_and_only_when_asked_for(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    assert (await cards.counted(plan.site, who, day)).with_card == 0
    first = await drawn(plan, await cards.ask_for_day(plan.site, who, day, everybody=False))
    counted = await cards.counted(plan.site, who, day)
    assert (counted.people, counted.with_card) == (2, 2)
    with pytest.raises(RuleSaysNo):
        await cards.ask_for_day(plan.site, who, day, everybody=False)
    again = await drawn(plan, await cards.ask_for_day(plan.site, who, day, everybody=True))
    assert {each.text for each in zxingcpp.read_barcodes(pages_of(first)[0])} == {
        each.text for each in zxingcpp.read_barcodes(pages_of(again)[0])
    }


async def test_a_guest_has_no_archive_and_is_not_counted_as_lacking_a_card(plan: World) -> None:
    day, at_ms = await a_day(plan, on=TODAY), plan.clock()
    body = {"day": day.hex(), "how": "6", "ticket": "B001", "name": "林小满", "agreed": "1"}
    guest = Noted(
        new_id(at_ms), day, new_id(at_ms), "check_in", at_ms, an_id("平板 01"), SU, body
    )  # fmt: skip
    await plan.store.write(lambda tx: take(tx, plan.site, [guest]))
    counted = await cards.counted(plan.site, await desk(plan), day)
    sheet = await cards.ask_for_day(plan.site, await desk(plan), day, everybody=False)
    assert (counted.people, counted.with_card) == (2, 0)
    assert (await shown(plan, sheet)).total == 2


async def test_a_lost_card_is_made_again_as_another(plan: World) -> None:
    who = await desk(plan)
    first = await drawn(plan, await cards.ask_for_one(plan.site, who, ZHOU))
    (lost,) = {each.text for each in zxingcpp.read_barcodes(pages_of(first)[0])}
    card = (await plan.store.read(lambda tx: codes.issued_to(tx, plan.site, ZHOU)))[0]
    await codes.revoke(plan.site, who, card.id, "lost")
    second = await drawn(plan, await cards.ask_for_one(plan.site, who, ZHOU))
    (new,) = {each.text for each in zxingcpp.read_barcodes(pages_of(second)[0])}
    assert await read(plan, lost) == (Outcome.REVOKED, ZHOU)
    assert await read(plan, new) == (Outcome.VALID, ZHOU)


async def test_every_card_is_an_opening_in_the_access_log(plan: World) -> None:
    day = await a_day(plan)
    await plan.store.write(lambda tx: tx.run("DELETE FROM access_log"))
    await cards.ask_for_day(plan.site, await desk(plan), day, everybody=True)
    rows = await plan.rows("SELECT resident, staff FROM access_log")
    assert sorted(rows) == sorted([(ZHOU, QIN), (WU, QIN)])


async def test_only_who_asked_fetches_and_nobody_elsewhere_sees(plan: World) -> None:
    day = await a_day(plan)
    sheet = await cards.ask_for_day(plan.site, await desk(plan), day, everybody=True)
    with pytest.raises(NotFound):
        await cards.fetch(plan.site, await desk(plan), sheet)
    await cards.run(plan.site)
    colleague = await desk(plan, SU)
    assert not (await cards.one_of(plan.site, colleague, sheet)).mine
    with pytest.raises(NotYours):
        await cards.fetch(plan.site, colleague, sheet)
    for staff in (HE, CHEN):
        stranger = await desk(plan, staff)
        with pytest.raises(NotYours):
            await cards.one_of(plan.site, stranger, sheet)
        with pytest.raises(NotYours):
            await cards.ask_for_day(plan.site, stranger, day, everybody=True)
        with pytest.raises(NotYours):
            await cards.counted(plan.site, stranger, day)
        with pytest.raises(NotYours):
            await cards.ask_for_one(plan.site, stranger, ZHOU)
    with pytest.raises(NotYours):
        await cards.ask_for_one(plan.site, await desk(plan), YANG)


async def test_a_drawing_that_was_cut_short_is_begun_again_and_gives_up_in_the_end(
    plan: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await desk(plan)
    sheet = await cards.ask_for_one(plan.site, who, ZHOU)
    with monkeypatch.context() as broken:
        broken.setattr(cards, "draw", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await cards.run(plan.site)
    raw = await drawn(plan, sheet)
    assert len(await plan.store.read(lambda tx: codes.issued_to(tx, plan.site, ZHOU))) == 1
    assert len(zxingcpp.read_barcodes(pages_of(raw)[0])) == 1
    hopeless = await cards.ask_for_one(plan.site, who, WU)
    with monkeypatch.context() as broken:
        broken.setattr(cards, "draw", lambda *_: 1 / 0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await cards.run(plan.site)
    await cards.run(plan.site)
    assert (await shown(plan, hopeless)).state == "failed"
    assert not await cards.waits(plan.site)


async def test_a_second_process_leaves_a_drawing_to_the_first_until_its_lease_is_over(
    plan: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = await cards.ask_for_one(plan.site, await desk(plan), ZHOU)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(site: Site, sheet: bytes, order: Any, facility: bytes) -> None:
        begun.set()
        await go_on.wait()
        await real(site, sheet, order, facility)

    real = cards._drawn
    monkeypatch.setattr(cards, "_drawn", slowly)
    first = asyncio.create_task(cards.run(plan.site))
    await begun.wait()
    for _ in range(5):
        assert not await cards.waits(plan.site)
        assert await cards.run(plan.site) == 0
    assert (await shown(plan, sheet)).state == "waiting"
    go_on.set()
    assert await first == 1
    assert (await shown(plan, sheet)).state == "ready"
    died = await cards.ask_for_one(plan.site, await desk(plan), WU)
    assert await cards._taken(plan.site, died), "and its process dies"
    assert not await cards.waits(plan.site)
    plan.clock.pass_(minutes=6)
    monkeypatch.setattr(cards, "_drawn", real)
    await drawn(plan, died)


async def test_what_was_drawn_is_sealed_and_destroyed_after_a_week(plan: World) -> None:
    who = await desk(plan)
    sheet = await cards.ask_for_one(plan.site, who, ZHOU)
    raw = await drawn(plan, sheet)
    for (part,) in await plan.rows("SELECT sealed FROM checkup_sheet_part"):
        assert raw[:8] not in part
    plan.clock.pass_(days=7, minutes=1)
    assert await cards.run(plan.site) == 1
    assert (await shown(plan, sheet)).state == "gone"
    assert await plan.rows("SELECT 1 FROM checkup_sheet_part") == []
    with pytest.raises(NotFound):
        await cards.fetch(plan.site, await desk(plan), sheet)


def test_a_code_is_drawn_as_wide_as_the_plan_says_and_as_picture_and_svg() -> None:
    code = card_code("GW1:" + "A" * 135)
    assert (code.size, CARD_SIDE) == (57, 57), "28.5 mm at half a millimetre"
    image = Image.open(BytesIO(png_of(code)))
    assert image.size == (456, 456)
    assert [each.text for each in zxingcpp.read_barcodes(image.convert("L"))] == [
        "GW1:" + "A" * 135
    ]
    svg = svg_of(code, digits="272801811598").decode()
    assert "2728 0181 1598" in svg
    assert "style" not in svg
    assert code.path in svg
