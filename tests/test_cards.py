"""Cards: what lists show of a resident, sealed at their place, remade when the archive changes."""

import pytest

from crypto.columns import ColumnRefused
from server.actions.archives import afterwork, cards
from server.actions.archives.cards import Card
from server.actions.archives.decisions import decide_cells
from server.actions.archives.touched import touch
from server.actions.keeping import backup, kek
from server.actions.keeping.verify import verify_journal
from server.actions.places.move import Ask, switch
from server.records.initials import TABLE, initials
from server.rules.switch import Granted
from server.store.tx import Tx
from tests.pinyin import lines
from tests.world import (
    DISTRICT,
    HOMES,
    ID_NUMBERS,
    LIUWAN,
    NAMES,
    QIN,
    QINGHE,
    TEAM_B,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    id_number,
)


async def cards_of(world: World, *who: bytes) -> dict[bytes, Card]:
    return await world.store.read(lambda tx: cards.cards_of(tx, world.site, who))


async def test_a_resident_without_a_card_yet_is_shown_from_the_archive(world: World) -> None:
    before = await cards_of(world, *HOMES)
    assert await world.one("SELECT COUNT(*) FROM resident_card") == 0
    assert await afterwork.catch_up(world.site) == len(HOMES)
    assert await world.one("SELECT COUNT(*) FROM resident_card") == len(HOMES)
    assert await cards_of(world, *HOMES) == before
    wu = before[WU]
    assert (wu.name, wu.initials, wu.birth, wu.facility) == ("吴𠮷祥", "wjx", "1948-11-05", QINGHE)
    assert (wu.id_tail, wu.phone_tail) == (id_number(WU)[-4:], "1001")


async def test_a_card_shows_no_whole_number_and_its_sealed_bytes_show_nothing(
    world: World,
) -> None:
    await afterwork.catch_up(world.site)
    for who, sealed in await world.rows("SELECT resident, sealed FROM resident_card"):
        assert "雨".encode() not in bytes(sealed)
        card = (await cards_of(world, who))[who]
        shown = " ".join(str(getattr(card, each)) for each in Card.__slots__)
        assert ID_NUMBERS.get(who, "none")[:14] not in shown
        assert card.name not in repr(card)


async def test_a_card_follows_the_archive_and_a_new_record_costs_no_new_card(world: World) -> None:
    await afterwork.catch_up(world.site)
    sealed = await world.one("SELECT sealed FROM resident_card WHERE resident=?", ZHOU)
    await world.store.write(lambda tx: touch(tx, DISTRICT, [ZHOU], world.clock()))
    assert await afterwork.catch_up(world.site) == 1
    assert await world.one("SELECT sealed FROM resident_card WHERE resident=?", ZHOU) == sealed
    await decide_cells(world.site, ZHOU, {"phone": "13900007788"}, staff=QIN)
    assert (await cards_of(world, ZHOU))[ZHOU].phone_tail != "7788"
    assert await afterwork.catch_up(world.site) == 1
    assert (await cards_of(world, ZHOU))[ZHOU].phone_tail == "7788"


async def test_a_card_follows_a_switch_to_another_facility(world: World) -> None:
    await afterwork.catch_up(world.site)
    ask = Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    assert isinstance(await switch(world.site, ask), Granted)
    await afterwork.catch_up(world.site)
    card = (await cards_of(world, ZHOU))[ZHOU]
    assert (card.facility, card.panel) == (LIUWAN, TEAM_B)


async def test_a_card_put_in_another_row_does_not_open_and_verify_says_whose(world: World) -> None:
    await afterwork.catch_up(world.site)
    assert (await verify_journal(world.site)).holds
    stolen = await world.one("SELECT sealed FROM resident_card WHERE resident=?", YANG)
    await world.store.write(
        lambda tx: tx.run("UPDATE resident_card SET sealed=? WHERE resident=?", stolen, ZHOU)
    )
    with pytest.raises(ColumnRefused):
        await cards_of(world, ZHOU)
    report = await verify_journal(world.site)
    assert [(each.code, each.where) for each in report.faults] == [("card_sealed", ZHOU.hex())]


async def test_cards_open_after_the_key_was_rotated_and_are_in_the_backup(world: World) -> None:
    await afterwork.catch_up(world.site)
    before = await cards_of(world, *HOMES)
    await kek.rotate(world.site, world.kek_file)
    await kek.retire(world.site, world.kek_file, 1)
    assert await cards_of(world, *HOMES) == before
    made = await backup.backup(world.site, world.folder / "backup")
    assert made.rows > len(HOMES)
    assert (await verify_journal(world.site)).holds


async def test_shredding_takes_the_card_with_the_key(world: World) -> None:
    await afterwork.catch_up(world.site)

    async def destroy(tx: Tx) -> None:
        await cards.shred(tx, DISTRICT, {ZHENG})

    await world.store.write(destroy)
    assert await world.rows("SELECT 1 FROM resident_card WHERE resident=?", ZHENG) == []


async def test_the_job_asks_first_whether_anything_waits(world: World) -> None:
    assert not await afterwork.waits(world.site)  # more may follow at once
    world.clock.pass_(ms=afterwork.SETTLE_MS)
    assert await afterwork.waits(world.site)
    await afterwork.run(world.site)
    assert not await afterwork.waits(world.site)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("周谷雨", "zgy"), ("吴𠮷祥", "wjx"), ("郑㛃", "zj"), ("王䶮", "wy"), ("单雄信", "sxx"),
        ("仇英", "qy"), ("曾国藩", "zgf"), ("区志明", "ozm"), ("解晓东", "xxd"),
        ("尉迟恭", "ycg"), ("阿依古丽·买买提", "ayglmmt"), ("", ""),
    ],
)  # fmt: skip
def test_surnames_have_their_own_letters(name: str, letters: str) -> None:
    assert initials(name).split()[:1] == ([letters] if letters else [])


def test_the_table_of_letters_is_that_of_the_dictionary() -> None:
    assert TABLE.read_text("ascii").splitlines() == list(lines())


async def test_an_archive_that_does_not_open_stops_nobody_elses_card_and_is_tried_again(
    world: World,
) -> None:
    await afterwork.catch_up(world.site)
    kept = await world.one("SELECT sealed_cells FROM resident WHERE resident=?", ZHOU)

    async def cells(tx: Tx, sealed: bytes) -> None:
        await tx.run("UPDATE resident SET sealed_cells=? WHERE resident=?", sealed, ZHOU)
        await tx.run("DELETE FROM resident_card")
        await touch(tx, DISTRICT, set(NAMES), world.clock())

    await world.store.write(lambda tx: cells(tx, b"junk" * 20))
    await afterwork.catch_up(world.site)
    with_card = {row[0] for row in await world.rows("SELECT resident FROM resident_card")}
    assert with_card == set(NAMES) - {ZHOU}
    assert await world.rows("SELECT resident FROM touched") == [(ZHOU,)]
    await world.store.write(lambda tx: cells(tx, kept))
    await afterwork.catch_up(world.site)
    assert await world.rows("SELECT resident FROM touched") == [(ZHOU,)], "not again at once"
    world.clock.pass_(hours=2)
    await afterwork.catch_up(world.site)
    assert await world.rows("SELECT resident FROM touched") == []
    assert await world.one("SELECT COUNT(*) FROM resident_card") == len(NAMES)
