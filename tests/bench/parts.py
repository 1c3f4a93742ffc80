"""The parts of the bench, in order: what each measures, on which engines, and how it is run."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.actions.archives import afterwork
from server.settings import now_ms
from tests.bench import (
    board,
    codes,
    conflicting,
    growing,
    hall_board,
    importing,
    outage,
    planning,
    portal,
    pulling,
    pushing,
    refusing,
    searching,
    tablet_web,
    validating,
    workers,
)
from tests.bench.database import Engine
from tests.bench.exchanges import ground
from tests.bench.figures import Report
from tests.bench.stage import Process, Stage, prepare, serving
from tests.bench.work import Size
from tests.world import Clock, new_world


@dataclass(frozen=True, slots=True)
class Place:
    """Where one part does its work: an engine, an empty folder, how much, and who is told."""

    where: Engine
    folder: Path
    size: Size
    report: Report

    def database(self, name: str) -> str:
        return self.where.new_database(name)


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    about: str
    run: Callable[[Place], None]
    once: bool = False  # the same beside either database: measured beside SQLite only


def _work(place: Place) -> None:
    stage = prepare(place.database("work"), place.folder / "work", place.size)
    with serving(stage, jobs=False) as (server,):
        asyncio.run(_exchanges(stage, server, place))
    asyncio.run(_afterwork(stage, place))
    if place.where.cluster is not None:
        with serving(stage, stage, jobs=False) as (one, two):
            asyncio.run(workers.run(stage, one, two, place.where, place.size, place.report))


async def _exchanges(stage: Stage, server: Process, place: Place) -> None:
    size, report = place.size, place.report
    async with ground(stage, server, place.where) as here:
        await pushing.run(here, size, report)
        await pulling.cold(here, size, report)
        await pulling.small(here, size, report)
        await conflicting.run(here, size, report)
        await refusing.run(here, report)


async def _afterwork(stage: Stage, place: Place) -> None:
    """What a server owes after the work: cards, figures and plans of every archive it touched. It
    does so once for all batches that come within ten seconds.
    """
    async with new_world(stage.url, stage.folder, clock=Clock(now_ms()), empty=True) as world:
        clock = place.where.clock()
        archives = await afterwork.catch_up(world.site)
        reading = clock()
    spent = (reading.cpu_s + reading.database_s) * 1000 / archives
    place.report.figure("afterwork_cpu_ms_per_archive", spent, "ms", archives=archives)


def _growth(place: Place) -> None:
    growing.run(place.where, place.folder, place.size, place.report)


def _outage(place: Place) -> None:
    outage.run(place.database("outage"), place.where, place.folder, place.size, place.report)


def _search(place: Place) -> None:
    asyncio.run(searching.run(place.where, place.folder, place.size, place.report))


def _board(place: Place) -> None:
    asyncio.run(board.run(place.database("board"), place.folder, place.report))


def _hall(place: Place) -> None:
    asyncio.run(hall_board.run(place.database("hall"), place.folder, place.report))


def _list(place: Place) -> None:
    lines = place.size.listed
    asyncio.run(importing.run(place.database("list"), place.folder, lines, place.report))


def _plans(place: Place) -> None:
    asyncio.run(planning.run(place.database("plans"), place.folder, place.size, place.report))


def _portal(place: Place) -> None:
    asyncio.run(portal.run(place.database("portal"), place.folder, place.size, place.report))


def _tablet(place: Place) -> None:
    asyncio.run(tablet_web.run(place.folder, place.size, place.report))


PARTS: Final = (
    Part("forms", "forms judged a second", lambda at: validating.run(at.report), once=True),
    Part("codes", "codes proved, cards drawn", lambda at: codes.run(at.report), once=True),
    Part("work", "push, pull, conflicts, two processes, a bomb", _work),
    Part("growth", "small pulls and a first sync with more and more records held", _growth),
    Part("outage", "all tablets at once after an outage", _outage),
    Part("search", "somebody looked for in a large facility", _search),
    Part("board", "the board of a county", _board),
    Part("hall", "the board of a checkup day, a laboratory's list", _hall),
    Part("list", "a list of residents read in", _list),
    Part("plans", "service plans, by one and by night", _plans),
    Part("portal", "the pages of a resident", _portal),
    Part("tablet", "the tablet app in a browser", _tablet, once=True),
)
