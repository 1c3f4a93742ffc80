"""Attacks by way of a rescue file that somebody carries to a desk."""

from io import BytesIO

import pytest

from server.actions.tablets import rescue
from server.actions.tablets.rescue import FOREIGN_MAX, Became, CutOff, envelopes
from tests.console import TIAN, desk, offices, text_of
from tests.lists import signed
from tests.test_rescue import packed, sent, three, visits
from tests.world import World


def test_a_file_of_a_million_scraps_is_no_file() -> None:
    scraps = packed(*[b"x"] * 200_000)
    with pytest.raises(CutOff):
        list(envelopes(BytesIO(scraps)))


async def test_a_file_of_forgeries_ends_early(world: World) -> None:
    """Each names a tablet of here and is well formed; none is signed by it."""
    await offices(world)
    _, made = await three(world)
    forged = made[0][:-64] + bytes(64)
    tian = await signed(world, TIAN)
    files = [("forged", packed(*[forged] * 20_000)), ("good", packed(*made))]
    lines = await rescue.take_in(world.site, tian, files)
    bad = [each.became for each in lines if each.file == "forged"]
    assert bad == [Became.FOREIGN] * FOREIGN_MAX + [Became.CUT_OFF]
    assert [each.became for each in lines if each.file == "good"] == [Became.TAKEN] * 3
    assert await visits(world) == 3


async def test_the_name_of_a_file_says_nothing_to_the_page(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    name = "../../etc/<script>alert(1)<img src=x onerror=alert(2)>.gwr1"
    async with desk(world, TIAN) as tian:
        answer = await sent(tian, (name, packed(*made)))
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "../" not in text_of(answer)
