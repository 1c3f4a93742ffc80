"""Lists for the tests of importing: areas of the county, an upload taken in, its endings."""

from typing import Any

from server.actions.accounts import sessions
from server.actions.accounts.sessions import Signed
from server.actions.lists import import_run, imports
from server.actions.lists.import_steps import Ending
from server.actions.lists.import_upload import receive
from server.actions.lists.imports import Job
from tests.console import offices, session_of
from tests.world import DISTRICT, LIUWAN, QINGHE, TEAM_A, TEAM_B, World, check_digit

QINGHE_VILLAGE, QINGHE_TOWN, LIUWAN_VILLAGE = "371002101103", "371002101", "371002002001"
HEADINGS = "姓名,性别,出生日期,身份证号,联系电话,现住址,区划代码,药物过敏史,责任机构,责任团队"


async def county(world: World) -> None:
    """The offices, one village of a team, one village of the other centre."""
    await offices(world)

    async def write(tx: Any) -> None:
        await tx.insert(
            "service_area",
            [
                (DISTRICT, QINGHE_VILLAGE, "青禾村", QINGHE, TEAM_A),
                (DISTRICT, QINGHE_TOWN, "青禾镇", QINGHE, None),
                (DISTRICT, LIUWAN_VILLAGE, "柳湾一居", LIUWAN, TEAM_B),
            ],
            ignore=True,
        )

    await world.store.write(write)


async def signed(world: World, staff: bytes) -> Signed:
    found = await sessions.signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


def number(birth: str, serial: int, *, region: str = "371002") -> str:
    """A valid ID number; an odd serial is a man's."""
    base = f"{region}{birth.replace('-', '')}{serial:03d}"
    return base + check_digit(base)


async def upload(world: World, who: Signed, raw: bytes, kind: str = "basic_info") -> Job:
    """Received, read, columns guessed."""
    taking = await receive(world.site, imports.importer_of(who), kind=kind, name="名单.csv")
    for at in range(0, len(raw), 100_000):
        await taking.take(raw[at : at + 100_000])
    job = await taking.end()
    await import_run.work(world.site, job)
    return await imports.find(world.site, who, job)


async def carry_out(world: World, who: Signed, raw: bytes, kind: str = "basic_info") -> Job:
    """Uploaded and worked to its end with the guessed columns."""
    job = await upload(world, who, raw, kind)
    await imports.start(world.site, who, job.id)
    await import_run.run(world.site)
    return await imports.find(world.site, who, job.id)


async def endings(world: World, job: Job) -> dict[str, Ending]:
    """What became of each line, by its first cell."""
    found: dict[str, Ending] = {}
    for n in range(job.chunks):
        for line, ending in await import_run.results_in(world.site, job.id, n):
            assert ending is not None
            found[line.cell(0)] = ending
    return found
