"""The code of a checkup day in the wrong hands: a pass that outlives its right, a form from another
site, a name from somewhere else, and what may stand in an address, a log or a table.
"""

import io
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from resident_portal.checkup_card import COOKIE, HERE
from resident_portal.door import COOKIE as SESSION
from server.actions.keeping import backup
from server.actions.residents import binding
from server.logs import configure
from server.settings import Settings
from server.store.store import Store
from tests.checkup_days import a_day, desk, planned
from tests.portal import Phone, bind, phone
from tests.portal_life import counters, hidden, link
from tests.test_portal_checkup import book, morning, name_in
from tests.world import QIN, WU, ZHOU, World, id_number

PATH = "/portal/checkup"


@pytest.fixture
async def day(world: World) -> bytes:
    await planned(world)
    await counters(world)
    for who in (ZHOU, WU):
        await bind(world, who)
    return await a_day(world)


async def opens(one: Phone) -> bool:
    """What the browser shows once the session is over."""
    one.client.cookies.delete(SESSION)
    return (await one.get(HERE)).status_code == 200


async def test_a_pass_outlives_no_telephone_no_agreement_and_no_archive(
    world: World, day: bytes
) -> None:
    opening = "UPDATE first_opening SET ended_at={} WHERE resident=?"
    archive = "UPDATE resident SET status='{}' WHERE resident=?"
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        morning(world)
        assert await opens(zhou)
        for sql, gone, back in ((opening, "1", "NULL"), (archive, "dead", "usual")):
            await done(world, sql.format(gone))
            assert not await opens(zhou), sql
            await done(world, sql.format(back))
            assert await opens(zhou), sql
        await world.store.write(lambda tx: binding.end(tx, world.site, ZHOU, by=QIN, why="lost"))
        assert not await opens(zhou), "the telephone was lost"


async def done(world: World, sql: str) -> None:
    await world.store.write(lambda tx: tx.run(sql, ZHOU))


async def test_a_frozen_link_shows_no_code(world: World, day: bytes) -> None:
    await link(world, ZHOU, WU, "helper", "D")
    async with phone(world, WU, ZHOU) as wu:
        await book(wu, day)
        morning(world)
        assert await opens(wu)
        await world.store.write(
            lambda tx: tx.run("UPDATE family_link SET frozen_at=1 WHERE resident=?", ZHOU)
        )
        assert not await opens(wu)


async def test_another_site_puts_nothing_away_and_books_nothing(world: World, day: bytes) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        zhou.client.cookies.delete(SESSION)
        page = await zhou.get(HERE)
        token = hidden(page.text, "csrf")
        foreign = {"sec-fetch-site": "cross-site"}
        for data, headers in (({}, {}), ({"csrf": "00"}, {}), ({"csrf": token}, foreign)):
            done = await zhou.client.post(f"{HERE}/leave", data=data, headers=headers)
            assert done.status_code in (303, 403)
            assert (await zhou.get(HERE)).status_code == 200
    async with phone(world, WU) as wu:
        bare = await wu.client.post(f"{PATH}/day/{day.hex()}", data={"slot": "1"})
        assert bare.status_code == 403
        assert await world.rows("SELECT slot FROM checkup_person WHERE who=?", WU) == [(None,)]


async def test_a_name_of_a_pass_alone_opens_nothing(world: World, day: bytes) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        name = name_in(await zhou.get(HERE))
    async with phone(world) as nobody, phone(world, WU) as wu:
        for one in (nobody, wu):
            for address in (
                f"{HERE}/{name}",
                f"{HERE}/{name}/picture.png",
                f"{HERE}/{'ab' * 16}",
                f"{HERE}/x/picture.png",
            ):
                assert (await one.get(address)).status_code == 404, address


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    heard = io.StringIO()
    configure("debug")
    structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(heard))
    yield heard
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_neither_name_nor_code_nor_pass_stands_in_a_log_an_address_or_a_table(
    world: World, day: bytes, log: io.StringIO
) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        token = zhou.client.cookies.get(COOKIE) or ""
        pages = [await zhou.get(HERE)]
        name = name_in(pages[0])
        zhou.client.cookies.delete(SESSION)
        pages += [await zhou.get(HERE), await zhou.get(f"{HERE}/{name}/picture.png")]
    digits = await world.one("SELECT digits FROM checkup_code WHERE resident=?", ZHOU)
    said = log.getvalue()
    assert "/portal/checkup/card" in said
    secret = (token, "周谷雨", id_number(ZHOU), digits)
    assert [each for each in secret if each in said] == []
    assert token not in "".join(map(repr, await world.rows("SELECT * FROM day_pass")))
    for each in pages:
        assert each.headers["cache-control"] == "no-store"
        assert each.headers["content-security-policy"].startswith("default-src 'none'")
        assert titles(each) <= {"体检签到码 · 居民健康档案"}


def titles(page: httpx.Response) -> set[str]:
    if "text/html" not in page.headers["content-type"]:
        return set()
    return {page.text.partition("<title>")[2].partition("</title>")[0]}


async def test_a_restored_server_shows_no_code_to_a_browser_it_does_not_know_any_more(
    world: World, day: bytes
) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
    done = await backup.backup(world.site, world.folder / "backup")
    url = f"sqlite:///{world.folder}/again.sqlite3"
    settings = Settings(database_url=url, kek_file=world.kek_file, clock=world.clock)
    await backup.restore(settings, done.path)
    async with Store(url) as store:
        rows = await store.write(lambda tx: tx.rows("SELECT ended FROM day_pass"))
    assert [row[0] for row in rows] == ["restored"]
    assert await desk(world)
