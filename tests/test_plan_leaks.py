"""Nobody learns a class B condition from the service plan: not the rows of the database, not a due
list, not a file made from it, not a tablet without the scope, not the log.

One resident each: severe mental disorder, tuberculosis, HIV and syphilis, a notifiable disease.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from server.actions.archives import afterwork, consent
from server.actions.plan.due import View
from server.records.kinds import KINDS
from server.records.model import AccessClass
from server.rules.plan.model import RESTRICTED_GROUPS
from server.rules.plan.table import rules
from sync import wire
from sync.limits import DAY_MS
from sync.wire_types import Due
from tests.cast_forms import good
from tests.console import TIAN, Desk, desk, offices
from tests.postgres import start_cluster
from tests.test_secrets_at_rest import database_files, log
from tests.world import (
    FACILITY_OF,
    HE,
    SU,
    TEAM_A,
    TEAM_B,
    WANG,
    WU,
    XIE,
    ZHENG,
    ZHOU,
    Field,
    World,
    field,
    new_world,
)

assert log  # the fixture that listens to the server's log at its loudest
TODAY: Final = "2026-11-20"
WORDS: Final = (
    "精神", "结核", "艾滋", "梅毒", "传染病", "HIV", "syphilis", "mental", "tuberculosis",
    "病情不稳定", "病情基本稳定", "病情稳定", "督导", "痰", "奥氮平", "schizophrenia",
)  # fmt: skip
RESTRICTED_KINDS: Final = sorted(
    {kind.id for kind in KINDS.values() if kind.access is AccessClass.B}
)
RESTRICTED_RULES: Final = sorted(each.id for each in rules().values() if each.cls == "B")
DUE: Final = ("/console/due?panel=all&view=" + view.value for view in View)


def hits(text: str, *, codes: bool = True) -> list[str]:
    """Words, kinds and rule ids of class B in a text."""
    wanted = [*WORDS, *RESTRICTED_KINDS, *(RESTRICTED_RULES if codes else ())]
    wanted += [each.value for each in RESTRICTED_GROUPS if len(each.value) > 4]
    return [each for each in wanted if each in text]


async def conditions(world: World) -> Field:
    """What is restricted is written down by a doctor who may; plans are made."""
    su = await field(world, "07", restricted=True)
    await su.settle()
    book = su.tablet
    book.save_event(ZHOU, "smd_supplement", "2026-11-02", good("smd_supplement"))
    book.save_event(ZHOU, "smd_followup", "2026-11-05", good("smd_followup", risk="3"))
    book.save_edit(ZHOU, {"hx_disease_restricted/8": True}, TODAY)
    book.save_event(WU, "tb_first", "2026-11-03", good("tb_first"))
    book.save_event(WU, "tb_followup", "2026-11-10", good("tb_followup"))
    book.save_edit(WU, {"hx_disease_restricted/9": True}, TODAY)
    book.save_event(
        ZHENG, "restricted_part", "2026-11-09", good("restricted_part", hiv="2", syphilis="2")
    )
    book.save_event(WANG, "infectious_report", "2026-11-10", good("infectious_report"))
    await su.settle()
    await afterwork.catch_up(world.site)
    await su.settle()
    return su


async def scoped(world: World, staff: bytes) -> None:
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, staff)
    )


async def test_rows_of_the_plan_name_nothing_of_class_b(world: World) -> None:
    await conditions(world)
    rows = await world.rows("SELECT cls, rule, key, sealed FROM plan_due")
    assert {row[0] for row in rows} == {"A", "B"}
    for cls, rule, key, sealed in rows:
        assert (cls == "B") == (rule == "")
        assert (cls == "B") == (sealed is not None)
        assert cls == "A" or key.isdecimal()
        assert rule not in RESTRICTED_RULES
    # A row of class B is as long as any other: its length does not name its rule.
    assert len({len(row[3]) for row in rows if row[0] == "B"}) == 1
    feed = await world.rows("SELECT op, entity, resident FROM feed WHERE op LIKE 'plan%'")
    assert {row[0] for row in feed} == {"plan", "plan_restricted"}
    assert all(entity == who for _, entity, who in feed)


@pytest.fixture(params=["sqlite", "postgres"])
def url_alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database whose log no other test writes to."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/alone.sqlite3"
        return
    with start_cluster() as cluster:
        yield cluster.create_database("alone")


async def test_the_database_files_hold_no_word_of_it(url_alone: str, tmp_path: Path) -> None:
    async with new_world(url_alone, tmp_path) as world:
        await conditions(world)
        for each in await database_files(world):
            data = each.read_bytes()
            found = [
                word for word in (*WORDS, *RESTRICTED_KINDS)
                if len(word.encode()) >= 6 and word.encode() in data
            ]  # fmt: skip
            assert found == [], each.name


@pytest.mark.parametrize("who", [SU, TIAN], ids=["a doctor of the team", "the manager"])
async def test_without_the_scope_no_list_shows_or_counts_it(world: World, who: bytes) -> None:
    await conditions(world)
    await offices(world)
    async with desk(world, who) as at:
        pages = [await _page(at, path) for path in _due()]
        sheet = (await at.post("/console/due/calls", panel="all", view="open")).text
    for text in (*pages, sheet):
        assert hits(_own(text)) == []
    counted = sum(_counts(pages[0]))
    in_rows = await world.one(
        "SELECT COUNT(*) FROM plan_due WHERE facility=? AND cls='A' AND closes>=? AND "
        "(opens<=? OR due<=?)",
        FACILITY_OF[TEAM_A], TODAY, TODAY, "2026-11-22",
    )  # fmt: skip
    assert counted == in_rows
    assert (
        await world.rows("SELECT classes FROM access_log WHERE classes<>'A' AND ground<>'operator'")
        == []
    )


async def test_with_the_scope_lists_say_a_service_and_never_which(world: World) -> None:
    await conditions(world)
    await offices(world)
    await scoped(world, XIE)
    async with desk(world, XIE) as at:
        pages = [await _page(at, path) for path in _due()]
        sheets = [
            (await at.post("/console/due/calls", panel="all", view=view.value)).text
            for view in View
        ]
    for text in (*pages, *sheets):
        assert hits(_own(text)) == []
    assert any("随访服务" in text for text in pages)
    restricted = {
        row[0] for row in await world.rows("SELECT DISTINCT resident FROM plan_due WHERE cls='B'")
    }
    logged = {
        row[0] for row in await world.rows("SELECT resident FROM access_log WHERE classes='AB'")
    }
    assert logged
    assert logged <= restricted


async def test_a_tablet_without_the_scope_receives_nothing_of_it(world: World) -> None:
    su = await conditions(world)
    xie = await field(world, "11", staff=XIE)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,), restricted=True)
    await consent.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + 30 * DAY_MS, text_version="1",
    )  # fmt: skip
    for each in (xie, he):
        await each.settle()
    assert {item.cls for who in (ZHOU, WU) for item in su.tablet.archive.owed(who)} == {"A", "B"}
    for each in (xie, he):  # without the scope; with it, but by a consent only
        for who in (ZHOU, WU, ZHENG, WANG):
            owed = each.tablet.archive.owed(who)
            assert {item.cls for item in owed} <= {"A"}
            assert {item.rule for item in owed} & set(RESTRICTED_RULES) == set()
        rows = each.tablet.disk.rows("SELECT resident, cls FROM owed")
        assert {cls for _, cls in rows} == {"A"}


async def test_a_change_of_class_b_alone_sends_an_unscoped_tablet_no_row(world: World) -> None:
    su, xie = await conditions(world), await field(world, "11", staff=XIE)
    await xie.settle()
    before = xie.tablet.disk.rows("SELECT resident, cls, rev, body FROM owed ORDER BY 1, 2")
    su.tablet.save_event(ZHOU, "smd_followup", "2026-11-20", good("smd_followup", risk="0"))
    await su.settle()
    await afterwork.catch_up(world.site)
    await su.settle()
    results = await xie.settle()
    assert sum(page.rows for result in results for page in result.pages) == 0
    after = xie.tablet.disk.rows("SELECT resident, cls, rev, body FROM owed ORDER BY 1, 2")
    assert after == before


async def test_the_log_says_nothing_of_it(world: World, log: io.StringIO) -> None:
    await conditions(world)
    await offices(world)
    await scoped(world, XIE)
    async with desk(world, XIE) as at:
        for path in _due():
            await _page(at, path)
        await at.get(f"/console/archive/{ZHOU.hex()}")
        await at.post("/console/due/calls", panel="all", view="open")
    text = log.getvalue()
    assert text.count('"event":"request"') >= len(View)
    assert hits(text, codes=False) == []
    assert "/console/due" in text


async def test_the_archive_page_shows_it_to_those_who_may(world: World) -> None:
    await conditions(world)
    await offices(world)
    path = f"/console/archive/{ZHOU.hex()}"
    one = max(SU, XIE)  # the other is the team's responsible doctor, who may by the gate's rule
    async with desk(world, one) as at:
        assert hits(_plan_part((await at.get(path)).text)) == []
    await scoped(world, one)
    async with desk(world, one) as at:
        assert "精神" in _plan_part((await at.get(path)).text)


def _plan_part(html: str) -> str:
    start = html.index('id="plan"')
    return html[start : html.index("</section>", start)]


def _due() -> list[str]:
    return [f"/console/due?panel=all&view={view.value}" for view in View]


async def _page(at: Desk, path: str) -> str:
    answer = await at.get(path)
    assert answer.status_code == 200
    return answer.text


def _own(html: str) -> str:
    """The page without its own help, which says what is never shown."""
    start = html.find('<dialog id="help"')
    return html if start < 0 else html[:start]


def _counts(html: str) -> Iterator[int]:
    """Numbers beside the four views."""
    nav = html.rpartition('aria-label="日子"')[2].partition("</nav>")[0]
    for part in nav.split("</a>")[:-1]:
        yield int(part.rpartition(" ")[2].replace(",", ""))


def test_a_row_of_another_year_is_counted_from_its_own_january() -> None:
    owed = Due("P05", "1", -31, 0, None)
    put = wire.PlanPut(id=ZHOU, rev=1, cls="A", year=2027, items=(owed,))
    assert msgspec.json.decode(wire.encode(put))["items"] == [["P05", "1", -31, 0, None, ""]]
    assert msgspec.json.decode(b'["P05","1",-31,0,null]', type=Due) == owed
