"""Class B in the portal: the pattern of test_restricted_leaks.py with the portal's readers. Every
page is read before the facts were written down and after; nobody's pages may say more afterwards,
but those of the resident (or a guardian with the scope) to whom they were explained face to face,
and there only the pages that are opened on purpose.
"""

import re

import pytest

from server.actions.plan import nightly
from tests.portal import bind, phone
from tests.test_portal_archive import link
from tests.test_restricted_leaks import hits, labels, written
from tests.world import DISTRICT, QINGHE, WANG, WU, XIE, YANG, ZHENG, ZHOU, World, new_id

NEUTRAL = (
    "/portal/", "/portal/archive", "/portal/archive/trend/blood_pressure",
    "/portal/archive/trend/glucose", "/portal/archive/trend/weight", "/portal/archive/years",
    "/portal/plan", "/portal/archive/group/followup", "/portal/archive/group/other",
)  # fmt: skip
ON_PURPOSE = "/portal/archive/group/restricted"


async def pages(world: World, person: bytes, records: list[str]) -> dict[str, str]:
    """What this person is shown of ZHENG's archive, page by page."""
    found: dict[str, str] = {}
    async with phone(world, person, None if person == ZHENG else ZHENG) as one:
        for each in (*NEUTRAL, ON_PURPOSE, *(f"/portal/archive/record/{r}" for r in records)):
            answer = await one.get(each)
            assert answer.status_code < 500, each
            found[each] = answer.text
        shown = await one.post("/portal/archive/show")
        found["show"] = shown.text
    return found


@pytest.fixture
async def here(world: World) -> World:
    """A guardian without and one with the scope, a helper with the archive and one without."""
    for who in (ZHENG, ZHOU, WU, YANG, WANG):
        await bind(world, who)
    for person, tie, scopes in (
        (ZHOU, "appointed", ""), (WU, "appointed", "B"), (YANG, "helper", "A"),
        (WANG, "helper", ""),
    ):  # fmt: skip
        await link(world, ZHENG, person, tie, scopes)
    await nightly.keep(world.site)
    return world


async def explain(world: World) -> None:
    row = (DISTRICT, ZHENG, new_id(world.clock()), XIE, QINGHE, world.clock())
    await world.store.write(lambda tx: tx.insert("explained", [row]))


async def test_restricted_facts_stay_where_they_are_opened_on_purpose(here: World) -> None:
    readers = {"own": ZHENG, "guardian": ZHOU, "scope": WU, "helper": YANG, "due": WANG}
    before: dict[str, set[str]] = {}
    for person in readers.values():
        for page, text in (await pages(here, person, [])).items():
            before.setdefault(page, set()).update(hits(text))
    await written(here)
    await nightly.keep(here.site)
    rows = await here.rows("SELECT change FROM change WHERE resident=? AND cls='B'", ZHENG)
    assert len(rows) > 5
    records = [row[0].hex() for row in rows[:4]]
    for who, person in readers.items():
        for page, text in (await pages(here, person, records)).items():
            assert hits(text) <= before.get(page, set()), (who, page)
            assert "限制查看的记录" not in text, (who, page)
    await explain(here)
    here.clock.pass_(minutes=31)
    for who, person in readers.items():
        opened = await pages(here, person, records)
        for page in (*NEUTRAL, "show"):
            assert hits(opened[page]) <= before[page], (who, page)
        purposely = hits(opened[ON_PURPOSE]).union(
            *(hits(opened[f"/portal/archive/record/{each}"]) for each in records)
        )
        if who in ("own", "scope"):
            assert len(purposely) > 5, "the words looked for are the right ones"
            assert ON_PURPOSE in opened["/portal/archive"]
            plan = re.sub(r"<[^>]+>", "", opened["/portal/plan"])
            assert "按当面和您说过的安排" in plan
        else:
            assert purposely <= before[ON_PURPOSE], who
            assert ON_PURPOSE not in opened["/portal/archive"]
    classes = await here.rows("SELECT staff, classes FROM access_log WHERE resident=?", ZHENG)
    with_b = {staff for staff, cls in classes if "B" in cls}
    assert with_b & set(readers.values()) == {ZHENG, WU}
    assert labels()
