"""Which facility has the residents of an address (S001-art10)."""

import pytest

from server.actions.places.areas import areas
from server.rules.areas import Area, Found, Unclear, Why, facility_of
from server.store.tx import Tx
from tests.world import DISTRICT, LIUWAN, QINGHE, TEAM_A, TEAM_B, World

LIST = {
    "371002001": Area(QINGHE),
    "371002001003": Area(QINGHE, TEAM_A),
    "371002001004": Area(LIUWAN, TEAM_B),
    "371002002101": Area(LIUWAN),
}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("371002001003", Found(QINGHE, TEAM_A, "371002001003")),
        ("371002001004", Found(LIUWAN, TEAM_B, "371002001004")),
        ("371002001999", Found(QINGHE, None, "371002001")),
        ("371002001", Found(QINGHE, None, "371002001")),
        ("37100200100300012", Found(QINGHE, TEAM_A, "371002001003")),
        ("371002002102", Unclear(Why.NO_AREA)),
        ("371002002", Unclear(Why.TOO_COARSE)),
        ("371002002000", Unclear(Why.TOO_COARSE)),
        ("371002", Unclear(Why.TOO_COARSE)),
        ("110101001001", Unclear(Why.NO_AREA)),
        ("", Unclear(Why.NO_CODE)),
        ("青禾镇", Unclear(Why.NO_CODE)),
        ("３７１００２００１００３", Unclear(Why.NO_CODE)),
    ],
)
def test_the_longest_code_that_begins_an_address_decides(
    code: str, expected: Found | Unclear
) -> None:
    assert facility_of(code, LIST) == expected


async def test_areas_are_read_with_the_only_team_and_without_who_has_closed(world: World) -> None:
    async def write(tx: Tx) -> None:
        rows = [
            (DISTRICT, "371002001", "青禾镇", QINGHE, None),
            (DISTRICT, "371002002", "柳湾街道", LIUWAN, None),
        ]
        await tx.insert("service_area", rows)
        await tx.run("UPDATE facility SET closed_on='2026-11-20' WHERE facility=?", LIUWAN)

    await world.store.write(write)
    every = await world.store.read(lambda tx: areas(tx, DISTRICT))
    assert every == {"371002001": Area(QINGHE), "371002002": Area(LIUWAN, TEAM_B)}
    for day, left in (("2026-11-19", 2), ("2026-11-20", 1)):
        found = await world.store.read(lambda tx, on=day: areas(tx, DISTRICT, today=on))
        assert len(found) == left
    assert set(await world.store.read(lambda tx: areas(tx, DISTRICT, without=QINGHE))) == {
        "371002002"
    }
