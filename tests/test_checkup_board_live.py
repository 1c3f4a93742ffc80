"""A board moves by itself: one reader for all who look, and nobody looks longer than they may."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from server.actions.accounts import sessions
from server.actions.checkup import board_watch, days
from server.actions.checkup.board import Board, Held
from server.actions.checkup.board_watch import Ended, Watch
from server.actions.keeping.site import Site
from server.console.door import COOKIE
from server.store.tx import Tx
from tests.busy_hall import DAY, Hall, bring, prepared, walks
from tests.checkup_days import desk as signed_in
from tests.checkup_days import draft
from tests.console import offices, serving, session_of
from tests.world import HE, QIN, START_MS, World

SOON_S = 120.0
LIVE = f"/console/checkup/{DAY.hex()}/board/live"


async def running(world: World) -> Hall:
    await offices(world)
    hall = await prepared(world, people=40, tablets=5)
    walks(hall, begins=START_MS)
    world.clock.pass_(minutes=10)
    await bring(world, hall.until(world.clock()))
    return hall


async def some_come(world: World, hall: Hall) -> None:
    world.clock.pass_(minutes=5)
    await bring(world, hall.until(world.clock()))  # what is known already changes nothing


async def soon(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():  # noqa: ASYNC110 (what it waits for has no event)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def listening(url: str, token: str) -> AsyncIterator[Callable[[], Any]]:
    """The lines of a stream as a browser gets them; a call gives the next event."""
    client = httpx.AsyncClient(cookies={COOKIE: token}, timeout=SOON_S)
    async with client, client.stream("GET", f"{url}{LIVE}") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["cache-control"]
        lines = answer.aiter_lines()

        async def event() -> tuple[str, str]:
            name, data = "", list[str]()
            async for line in lines:
                if not line and name:
                    return name, "\n".join(data)
                field, _, value = line.partition(": ")
                name = value if field == "event" else name
                data += [value] if field == "data" else []
            return "closed", ""

        yield event


async def test_whoever_looks_sees_it_move_and_nothing_of_a_session_is_sent(world: World) -> None:
    hall = await running(world)
    token = await session_of(world, QIN)
    async with serving(world) as url, listening(url, token) as event:
        name, first = await event()
        assert (name, "data-part" in first) == ("board", True)
        assert "csrf" not in first
        assert (await event())[0] == "beat"
        await some_come(world, hall)
        name, then = await event()
        assert name == "board"
        assert then != first


async def test_the_server_that_ends_tells_every_open_line(world: World) -> None:
    await running(world)
    token = await session_of(world, QIN)
    async with asyncio.timeout(SOON_S), serving(world) as url, listening(url, token) as event:
        await event()
        for tell in world.site.closing:
            tell()
        while (await event())[0] != "closed":
            pass


async def test_a_sign_out_ends_it_and_idleness_does_not(world: World) -> None:
    hall = await running(world)
    token = await session_of(world, QIN)
    async with serving(world) as url, listening(url, token) as event:
        await event()
        world.clock.pass_(hours=1)
        assert isinstance(await sessions.signed_in(world.site, token), sessions.RanOut)
        await some_come(world, hall)
        while (await event())[0] != "board":
            pass
        async with listening(url, token) as again:
            assert (await again())[0] == "board", "a line that broke is taken up again"
        await sessions.end(world.site, sessions.name_of(token))
        while (said := await event())[0] in ("board", "beat"):
            pass
        assert said == ("ended", Ended.SESSION.value)


async def test_the_longest_hour_of_a_session_ends_it_as_well(world: World) -> None:
    await running(world)
    token = await session_of(world, QIN)
    world.clock.pass_(hours=13)
    assert await sessions.looking(world.site, token) is None
    assert await sessions.still_looking(world.site, [sessions.name_of(token)]) == {}


async def test_another_facility_is_sent_nothing(world: World) -> None:
    await running(world)
    cookies = {COOKIE: await session_of(world, HE)}
    async with serving(world) as url, httpx.AsyncClient(cookies=cookies, timeout=SOON_S) as other:
        for path in (LIVE, LIVE.replace("/live", "/parts")):
            answer = await other.get(f"{url}{path}")
            assert (answer.status_code, "not_yours" in answer.text) == (403, True)


async def test_however_many_look_the_board_is_made_once(world: World) -> None:
    hall = await running(world)
    watch = Watch(world.site)
    signed = await signed_in(world, QIN)
    seen: list[list[Board]] = [[] for _ in range(50)]

    async def look(at: int) -> None:
        listener = watch.join(DAY, signed)
        assert listener is not None
        async for turn in watch.turns(listener):
            if isinstance(turn, Board):
                seen[at].append(turn)

    tasks = [asyncio.create_task(look(n)) for n in range(50)]
    await soon(lambda: all(seen))
    assert watch.boards_made == 1
    await some_come(world, hall)
    await soon(lambda: all(len(each) > 1 for each in seen))
    assert watch.boards_made <= 3, "bring() is two transactions; a board each at most"
    assert len({id(each[-1]) for each in seen}) == 1
    watch.close()
    await asyncio.gather(*tasks)
    assert watch.listening == 0


async def test_who_comes_after_the_last_place_is_told_so(world: World) -> None:
    await running(world)
    watch = Watch(world.site, most=1)
    signed = await signed_in(world, QIN)
    first = watch.join(DAY, signed)
    assert first is not None
    assert watch.join(DAY, signed) is None
    watch.leave(first)
    assert watch.join(DAY, signed) is not None
    watch.close()


async def test_somebody_who_is_moved_elsewhere_looks_no_longer(world: World) -> None:
    await running(world)
    watch = Watch(world.site)
    token = await session_of(world, QIN)
    signed = await sessions.looking(world.site, token)
    assert signed is not None
    listener = watch.join(DAY, signed)
    assert listener is not None
    turns = watch.turns(listener)
    assert isinstance(await anext(turns), Board)
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET role='county' WHERE staff=?", signed.staff)
    )
    async with asyncio.timeout(board_watch.SESSIONS_S + SOON_S):
        last = [each async for each in turns][-1]
    assert last is Ended.SESSION


async def test_one_day_that_cannot_be_read_does_not_darken_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running(world)
    signed = await signed_in(world, QIN)
    other = await days.make(world.site, signed, draft())
    real = board_watch.read_board

    async def read(tx: Tx, site: Site, day: bytes, held: Held) -> Board:
        if day == other:
            raise ValueError("a row that does not open")
        return await real(tx, site, day, held)

    monkeypatch.setattr(board_watch, "read_board", read)
    watch = Watch(world.site)
    broken, whole = watch.join(other, signed), watch.join(DAY, signed)
    assert broken is not None
    assert whole is not None
    async with asyncio.timeout(SOON_S):
        assert isinstance(await anext(watch.turns(whole)), Board)
    watch.close()
