"""More past records in a district that is ready: sealed, indexed and put in the feed like pushed
ones, but without what is made of them: cards, figures and plans are of the records that were there
before. So filling takes seconds for a hundred thousand, and millions can be held.
"""

import asyncio
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Raw

from server.actions.archives.ledger import first_rev
from server.settings import now_ms
from server.store.tx import Row, Tx
from server.store.vault import T_CHANGE
from sync import digest, wire
from tests.bench.database import Engine
from tests.bench.figures import say
from tests.bench.stage import Stage
from tests.bench.work import SEED, follow_up, id_of
from tests.world import DISTRICT, Clock, World, new_world

_DAY_MS: Final = 86_400_000
_BODIES: Final = 400
_AT_ONCE: Final = 200  # residents a transaction


@dataclass(slots=True)
class _Home:
    """A panel while it is filled."""

    csn: int
    root: int


def copied(where: Engine, stage: Stage, name: str, folder: Path) -> Stage:
    """The same district once more, in a database and a folder of its own."""
    folder.mkdir()
    shutil.copy(stage.kek_file, folder / "kek")
    if where.cluster is None:
        url = where.new_database(name)
        shutil.copy(stage.url.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
    else:
        template = urlsplit(stage.url).path.strip("/")
        url = where.cluster.create_database(name, template=template)
    tablets = [
        replace(each, rng=random.Random(f"{SEED}/{name}/{each.number}"), seen={})
        for each in stage.tablets
    ]
    return replace(stage, url=url, folder=folder, kek_file=folder / "kek", tablets=tablets)


def fill(stage: Stage, more: int) -> None:
    """Adds so many records, spread over all residents, and puts every tablet's cursor at the head
    of its feed, as if it had received them.
    """
    asyncio.run(_fill(stage, more))


async def _fill(stage: Stage, more: int) -> None:
    async with new_world(stage.url, stage.folder, clock=Clock(now_ms()), empty=True) as world:
        people = await world.rows(
            "SELECT resident, panel, key, sum_open FROM resident ORDER BY panel, resident"
        )
        homes = {
            panel: _Home(csn, digest.value(root))
            for panel, csn, root in await world.rows("SELECT panel, csn, root_open FROM panel")
        }
        bodies = list(_bodies(stage))
        for start in range(0, len(people) if more else 0, _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            counts = [_share(more, start + place, len(people)) for place in range(len(some))]
            rows = _rows(world, stage, some, counts, homes, bodies)
            await world.store.write(lambda tx, rows=rows: _write(tx, *rows))
            if start % (20 * _AT_ONCE) == 0 and start:
                say(f"  {start} of {len(people)} residents filled")
        heads = [(DISTRICT, p, h.csn, digest.add(digest.ZERO, h.root)) for p, h in homes.items()]
        await world.store.write(lambda tx: _heads(tx, heads))
        for tablet in stage.tablets:
            tablet.cursor = wire.Cursor(panel=tablet.panel, epoch=1, csn=homes[tablet.panel].csn)


def _share(more: int, place: int, people: int) -> int:
    return more * (place + 1) // people - more * place // people


def _bodies(stage: Stage) -> Iterator[tuple[int, str, bytes]]:
    """(ms, day, form) of different follow-ups of earlier years."""
    rng = random.Random(f"{SEED}/filling")
    now = now_ms()
    for number in range(_BODIES):
        day = stage.today - timedelta(days=800 + number)
        at_ms = now - (800 + number) * _DAY_MS
        body = wire.encode(follow_up(rng, stage.tablets[0].staff, day))
        yield at_ms, day.isoformat(), body


_Rows = tuple[list[Row], list[Row], list[Row]]


def _rows(
    world: World,
    stage: Stage,
    people: list[Row],
    counts: list[int],
    homes: dict[bytes, _Home],
    bodies: list[tuple[int, str, bytes]],
) -> _Rows:
    """Rows of `change`, of `feed`, and the residents' new digest sums."""
    vault, tablet, rev = world.site.vault, stage.tablets[0], first_rev(1)
    changes: list[Row] = []
    feed: list[Row] = []
    sums: list[Row] = []
    for (who, panel, wrapped, total), count in zip(people, counts, strict=True):
        key, home, added = vault.key(who, wrapped), homes[panel], 0
        for n in range(count):
            at_ms, day, body = bodies[n % len(bodies)]
            change = id_of(f"filled/{who.hex()}/{n}", at_ms)
            raw = wire.encode(
                wire.Change(
                    id=change, resident=who, kind="htn_followup", v=1, on=day, at=at_ms,
                    body=Raw(body),
                )
            )  # fmt: skip
            sealed = key.seal(vault.at(T_CHANGE, change, who), bytes(16) + raw)
            changes.append(
                (
                    DISTRICT, who, change, "htn_followup", "A", "event", "applied", "", None, rev,
                    day, at_ms, at_ms, None, 0, 0, 0, tablet.staff, "import", "author",
                    tablet.facility, "", None, 0, 0, "resident", sealed,
                )
            )  # fmt: skip
            home.csn += 1
            feed.append((DISTRICT, panel, home.csn, "event", who, change))
            added += digest.leaf(change, "A", rev)
        home.root += added
        sums.append((DISTRICT, who, digest.add(total, added)))
    return changes, feed, sums


async def _write(tx: Tx, changes: list[Row], feed: list[Row], sums: list[Row]) -> None:
    await tx.insert("change", changes)
    await tx.insert("feed", feed)
    await tx.update("resident", ("district", "resident"), ("sum_open",), sums)


async def _heads(tx: Tx, heads: list[Row]) -> None:
    await tx.update("panel", ("district", "panel"), ("csn", "root_open"), heads)
    await tx.run("ANALYZE")
