"""A newborn has an archive at once, tied to the mother; the document comes into the same one."""

from datetime import date

import pytest

from server.actions.archives.archives import AlreadyThere
from server.actions.archives.decisions import decide_cells
from server.actions.archives.kin_requests import Applicant, ask, decide, requests_of
from server.actions.archives.life import step
from server.actions.archives.newborns import Born, Document, add_document, children, open_newborn
from server.actions.keeping.verify import verify_journal
from server.errors import NotYours, RuleSaysNo
from server.rules.identity import Part
from server.rules.life import Life, May
from server.rules.newborn import NoNewborn, name_of
from tests.console import TIAN
from tests.test_life import asked, signed
from tests.world import (
    HE,
    QIN,
    QINGHE,
    TEAM_A,
    WU,
    ZHENG,
    ZHOU,
    World,
    check_digit,
    field,
    id_number,
)  # fmt: skip

BORN = date(2026, 11, 16)
NUMBER = "37100220261116001"
DOCUMENT = NUMBER + check_digit(NUMBER)


async def a_mother(world: World) -> bytes:
    """Zheng is 56; let her be 31."""
    tablet = await field(world, "青禾 9 号")
    await tablet.settle()
    await decide_cells(
        world.site, ZHENG, {"birth_date": "1995-07-19"}, staff=QIN, author="registrar"
    )
    return ZHENG


async def test_twins_are_two_archives_of_the_mothers_team_and_get_their_documents_later(
    world: World,
) -> None:
    tablet = await field(world, "青禾 1 号")
    mother, qin = await a_mother(world), await signed(world, QIN)
    boy = await open_newborn(world.site, qin, mother, Born("1", BORN, 1))
    girl = await open_newborn(world.site, qin, mother, Born("2", BORN, 2))
    assert isinstance(boy, bytes)
    assert isinstance(girl, bytes)
    await tablet.settle()
    names = [tablet.tablet.archive.cells(w)["name"].heads[-1].value for w in (boy, girl)]
    assert names == ["郑㛃之男1", "郑㛃之女2"]
    row = await world.one("SELECT facility, panel, id_index FROM resident WHERE resident=?", boy)
    assert row == (QINGHE, TEAM_A, None)
    assert [each.resident for each in await children(world.site, qin, mother)] == [boy, girl]
    with pytest.raises(AlreadyThere) as there:
        await open_newborn(world.site, qin, mother, Born("1", BORN, 1))
    assert there.value.resident == boy

    number = await world.one("SELECT archive_no FROM resident WHERE resident=?", boy)
    wrong = Document("01", DOCUMENT[:16] + "2" + check_digit(DOCUMENT[:16] + "2"))
    assert await add_document(world.site, qin, boy, wrong) == (Part.SEX,)
    with pytest.raises(AlreadyThere):
        await add_document(world.site, qin, boy, Document("01", id_number(ZHOU)))
    assert await add_document(world.site, qin, boy, Document("01", DOCUMENT, "郑小满")) == ()
    assert await world.one("SELECT archive_no FROM resident WHERE resident=?", boy) == number
    with pytest.raises(RuleSaysNo, match="has_document"):
        await add_document(world.site, qin, boy, Document("01", DOCUMENT))
    await tablet.settle()
    cells = tablet.tablet.archive.cells(boy)
    assert [cells[name].heads[-1].value for name in ("name", "id_no")] == ["郑小满", DOCUMENT]
    assert (await tablet.go()).agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_only_a_mother_has_newborns_and_only_her_facility_opens_them(world: World) -> None:
    mother, qin = await a_mother(world), await signed(world, QIN)
    opened = [
        await open_newborn(world.site, qin, who, Born("1", day))
        for who, day in (
            (WU, BORN), (ZHOU, BORN), (mother, date(2026, 11, 21)), (mother, date(2025, 1, 1)),
        )
    ]  # fmt: skip
    assert opened == [
        NoNewborn.NOT_A_MOTHER, NoNewborn.NOT_A_MOTHER, NoNewborn.NOT_BORN_YET,
        NoNewborn.NOT_NEWBORN,
    ]  # fmt: skip
    with pytest.raises(NotYours):
        await open_newborn(world.site, await signed(world, HE), mother, Born("1", BORN))
    assert name_of("林小雨", "2", 0) == "林小雨之女"


async def test_close_kin_ask_at_the_desk_and_the_manager_decides(world: World) -> None:
    qin, tian = await signed(world, QIN), await signed(world, TIAN)
    kin = Applicant("周立夏", "子女", "居民身份证 尾号 3311", "办理丧葬手续")
    with pytest.raises(RuleSaysNo, match="not_dead"):
        await ask(world.site, qin, ZHOU, kin)
    assert isinstance(await step(world.site, qin, ZHOU, asked(Life.DEAD)), May)
    request = await ask(world.site, qin, ZHOU, kin)
    assert await world.one("SELECT facility FROM task WHERE kind='kin_request'") == QINGHE
    for staff in (qin, await signed(world, HE)):
        with pytest.raises(NotYours):
            await decide(world.site, staff, request, give=True)
    assert await decide(world.site, tian, request, give=True) == ZHOU
    (told,) = await requests_of(world.site, tian, ZHOU)
    assert (told.state, told.applicant) == ("given", kin)
    assert await world.one("SELECT result FROM task WHERE kind='kin_request'") == "given"
    sealed = await world.one("SELECT sealed FROM kin_request")
    assert "周立夏".encode() not in bytes(sealed)
