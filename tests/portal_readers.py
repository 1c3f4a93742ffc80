"""Everybody who may stand before the portal, in a county with two lives in it (portal_life.py)."""

from dataclasses import dataclass
from datetime import date

from server.actions.archives.newborns import Born, open_newborn
from server.actions.residents import people, presence
from tests.console import offices
from tests.lists import signed
from tests.portal import bind
from tests.portal_life import Life, link, lived
from tests.world import DISTRICT, QIN, QINGHE, SU, WANG, WU, YANG, ZHENG, ZHOU, World

SECRET = "只有杨家知道的话"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a telephone. `person` None: not signed in; `resident`: whose archive the
    session names.
    """

    what: str
    person: bytes | None
    resident: bytes | None = None


@dataclass(frozen=True, slots=True)
class Here:
    world: World
    mine: Life
    theirs: Life
    readers: tuple[Reader, ...]


async def relative(world: World, name: str, number: str, mobile: str) -> bytes:
    """Somebody without an archive here."""
    who = people.Document(name, "1", number)
    return await world.store.write(
        lambda tx: people.enter(tx, world.site, who, mobile, staff=SU, facility=QINGHE)
    )


async def small_child(world: World) -> bytes:
    clerk = await signed(world, QIN)
    await presence.confirm(world.site, clerk, ZHENG, "本人在场")
    born = await open_newborn(world.site, clerk, ZHENG, Born("1", date(2026, 11, 10)))
    assert isinstance(born, bytes)
    opened = (DISTRICT, born, b"\x01" * 16, "1", ZHENG, None, world.clock(), None)
    await world.store.write(lambda tx: tx.insert("first_opening", [opened]))
    await link(world, born, ZHENG, "parent")
    return born


async def filled(world: World) -> Here:
    """Two lives, and everybody who may look at the first and has no business with the second."""
    await offices(world)
    for who in (ZHOU, YANG, WU, ZHENG):
        await bind(world, who)
    child = await small_child(world)
    son = await relative(world, "周大寒", "110101198003070011", "13900001234")
    daughter = await relative(world, "杨小暑", "110101198003070038", "13900001235")
    mine = await lived(world, ZHOU, son, "只有周家知道的话")
    theirs = await lived(world, YANG, daughter, SECRET)
    await link(world, ZHOU, WU, "helper")
    await link(world, ZHOU, ZHENG, "helper", "A")
    await link(world, YANG, WU, "helper", "AD", frozen=True)
    await link(world, YANG, ZHENG, "helper", "AD", state="ended", until="2026-11-01")
    readers = (
        Reader("nobody", None), Reader("without the notice", WANG), Reader("the resident", ZHOU),
        Reader("a guardian", ZHENG, child), Reader("a helper", WU, ZHOU),
        Reader("a helper with the archive", ZHENG, ZHOU), Reader("a stranger", WU),
        Reader("over a frozen link", WU, YANG), Reader("over a link that ended", ZHENG, YANG),
        Reader("a relative", son, ZHOU),
    )  # fmt: skip
    return Here(world, mine, theirs, readers)
