"""A county that was filled in bulk is one that the product might have written: the real server code
serves it, tablets find their digests equal, and nothing that proves a database finds a fault.
"""

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from server.actions.figures import figures_recount
from server.actions.keeping.site import Site
from server.actions.keeping.verify import verify_journal
from server.actions.plan import proof
from server.actions.residents import facility_choice
from server.actions.residents.acting import Acting
from server.actions.tablets.exchange import exchange
from server.store.ids import new_id
from server.store.tx import Tx
from sync.tablet import Tablet
from tests.bench.work import follow_up
from tests.commands import Refused
from tests.scale import standby
from tests.scale.asked import to_fill
from tests.scale.chart import chart
from tests.scale.county import Size
from tests.scale.filling import Order, begin, finish, opened, panels
from tests.scale.tablets import reference_tablet
from tests.world import DISTRICT, TEAM_A, TEAM_B, ZHOU, World, new_world

SIZE = Size(residents=300, changes=10, panel=100)
DAY = date(2026, 11, 22)


def _order(url: str, folder: Path) -> Order:
    return Order(url, folder, SIZE, DAY, models=12)


def _quiet(_: str) -> None:
    """Progress is for people."""


async def _settled(site: Site, tablet: Tablet) -> bool | None:
    """Exchanges until nothing is left; whether the digests agreed that were compared last."""
    agreed, more = None, True
    while more:
        request = tablet.request()
        assert request is not None
        told = tablet.take(request, (await exchange(site, request)).answer)
        agreed = agreed if told.agrees is None else told.agrees
        more = told.more or told.receipts > 0
    return agreed


async def _count(site: Site, table: str) -> int:
    async def read(tx: Tx) -> int:
        return (await tx.rows(f"SELECT COUNT(*) FROM {table}"))[0][0]

    return await site.store.read(read)


async def _indexes(site: Site) -> set[str]:
    """The names of all; on PostgreSQL keys are indexes as well, and a name has 63 signs."""
    sql = "SELECT name FROM sqlite_master WHERE type='index'"
    if site.store.dialect == "postgres":
        sql = "SELECT indexname FROM pg_indexes WHERE schemaname='public'"
    return {row[0] for row in await site.store.read(lambda tx: tx.rows(sql))}


async def test_a_filled_county_is_as_the_product_writes_it_and_tablets_agree_with_it(
    database_url: str, tmp_path: Path
) -> None:
    order = _order(database_url, tmp_path)
    models, missing = await begin(order, _quiet)
    await panels(order, models, missing)
    await finish(order, _quiet)
    async with opened(order) as site:
        first = await reference_tablet(site, SIZE, 1, tmp_path / "first.tablet")
        second = await reference_tablet(site, SIZE, 1, tmp_path / "second.tablet")
        assert await _settled(site, first)
        assert first.archive.members(SIZE.panel_id(1)) == {
            SIZE.resident_id(n) for n in SIZE.people(1)
        }
        assert await _settled(site, second)
        visit = first.save_event(
            SIZE.resident_id(130),
            "htn_followup",
            DAY.isoformat(),
            follow_up(Random(1), SIZE.doctor_id(1), DAY),
        )
        assert await _settled(site, first)
        assert first.fate(visit) == ("applied", "")
        assert await _settled(site, second)
        assert await _count(site, "change") == SIZE.residents * SIZE.changes + 1
        report = await verify_journal(site)
        assert (report.residents, report.changes, report.faults) == (300, 3_001, ())
        assert (await figures_recount.check(site)).right
        assert (await proof.check(site)).right


async def test_a_filling_that_broke_off_goes_on_with_the_panels_that_are_missing(
    database_url: str, tmp_path: Path
) -> None:
    order = _order(database_url, tmp_path)
    async with new_world(database_url, tmp_path, empty=True) as world:
        complete = await _indexes(world.site)
    models, missing = await begin(order, _quiet)
    await panels(order, models, missing[:1])
    models, missing = await begin(order, _quiet)
    assert missing == [1, 2]
    await panels(order, models, missing)
    await finish(order, _quiet)
    async with opened(order) as site:
        assert await _count(site, "resident") == SIZE.residents
        assert await _count(site, "feed") >= SIZE.residents * SIZE.changes
        assert await _indexes(site) == complete


def test_a_county_is_asked_nothing_before_it_is_whole_and_is_filled_in_one_size(
    tmp_path: Path,
) -> None:
    order = _order(f"sqlite:///{tmp_path}/county.sqlite3", tmp_path / "county")
    assert to_fill(order)
    with pytest.raises(Refused, match="no filled county"):
        Order.kept_in(order.folder)
    order.begun()
    (tmp_path / "county.sqlite3").touch()
    with sqlite3.connect(tmp_path / "county.sqlite3") as database:
        database.execute("CREATE TABLE panel (panel BLOB)")
        database.executemany("INSERT INTO panel VALUES (?)", [(b"1",), (b"2",)])
    database.close()
    assert to_fill(order), "a panel is missing"
    with pytest.raises(Refused, match="not filled to its end"):
        Order.kept_in(order.folder)
    with pytest.raises(Refused, match="begun with 300 residents"):
        to_fill(replace(order, size=replace(SIZE, residents=30)))
    with sqlite3.connect(tmp_path / "county.sqlite3") as database:
        database.execute("INSERT INTO panel VALUES (?)", (b"3",))
    database.close()
    order.done()
    assert not to_fill(order)
    assert Order.kept_in(order.folder) == order
    with pytest.raises(Refused, match="filled already with 300 residents"):
        to_fill(replace(order, size=replace(SIZE, residents=30)))
    with pytest.raises(Refused, match="another database"):
        to_fill(replace(order, url="sqlite:///elsewhere"))


def test_a_chart_of_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="lines of `growth`"):
        chart([])


def test_what_was_acknowledged_survives_the_primary_on_its_synchronous_standby(
    tmp_path: Path,
) -> None:
    told = standby.run(tmp_path)
    assert told.acknowledged_before >= 12
    assert told.came_through > told.acknowledged_before
    assert told.unanswered > 0, "nobody was in the middle of an exchange"
    assert told.feed_epoch == 1, "a restored backup raises it, a promoted standby need not"


async def test_the_home_page_asks_what_is_ahead_and_counts_nobody_in_any_team(
    world: World,
) -> None:
    """A county has half a million members: counting them was a second of every visit."""
    await world.store.write(lambda tx: tx.run("ALTER TABLE member RENAME TO member_elsewhere"))
    found = await facility_choice.ahead(world.site, Acting(ZHOU, ZHOU))
    assert found.standing.scheduled is None
    assert found.cases == ()


async def test_a_facility_is_full_when_none_of_its_teams_has_room(world: World) -> None:
    async def full() -> set[str]:
        found = await facility_choice.choice(world.site, Acting(ZHOU, ZHOU))
        return {each.name for each in found.places if each.full}

    async def join(tx: Tx, panel: bytes, count: int) -> None:
        rows = [(DISTRICT, panel, new_id(world.clock()), "assigned", 0, None) for _ in range(count)]
        await tx.insert("member", rows)

    most = world.site.rules.panel_max
    assert await full() == set()
    await world.store.write(lambda tx: join(tx, TEAM_B, most))
    assert await full() == {"柳湾社区中心"}
    await world.store.write(lambda tx: join(tx, TEAM_A, most))
    assert await full() == {"柳湾社区中心"}, "the second team of Qinghe has room"
