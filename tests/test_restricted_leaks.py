"""A resident with every restricted condition, read by everybody who has no business with them: each
page and download of the console, each row a tablet is given, each line of the log.

The words to look for are not a list somebody has to keep: they are the answers of restricted forms
and cells, the names of these forms and of their groups. A page may hold such a word as a choice to
tick (the empty form does); so every page is read before the facts were written down and after, and
no page may say more afterwards than it said to somebody before.
"""

import io
import logging
import re
from collections.abc import Iterator
from itertools import product

import pytest
import structlog

from server.actions.archives import afterwork, consent
from server.logs import configure
from server.records.kinds import REGISTER, everything
from server.records.model import AccessClass, Code, Codes, Field, ListOf
from tests.cast_forms import good
from tests.console import CHEN, LU, MA, TIAN, desk, offices
from tests.test_console_roles import routes
from tests.world import (
    HE,
    QIN,
    QINGHE,
    SU,
    TEAM_B,
    XIE,
    ZHENG,
    World,
    field,
)
from tests.world import Field as Tablet

DAY, MONTH = "2026-11-18", "2026-11"
DAY_MS = 86_400_000
FORMS = {
    "smd_supplement": {}, "smd_followup": {"next_date": "2027-02-10"},
    "tb_first": {"pickup_date": "2026-11-28", "next_date": "2026-11-28"},
    "tb_followup": {"next_date": "2026-11-28"},
    "restricted_part": {"hiv": "2", "syphilis": "2", "hbsag": "2", "tested_on": DAY},
    "infectious_report": {"onset": "2026-11-14", "diagnosed_on": DAY},
    "referral": {"reason_restricted": "2", "follow_due": "2026-11-25"},
    "encounter": {"icd10_restricted": [{"code": "B20", "name": "HIV 感染"}]},
}  # fmt: skip
CELLS = {
    "special_group_restricted/5": True, "special_group_restricted/6": True,
    "hx_disease_restricted/8": {"since": "2012-09"},
    "fam_mother_restricted/9": True, "disability_restricted/7": True,
}  # fmt: skip
SAID = (
    "精神", "结核", "HIV", "艾滋", "梅毒", "乙肝", "肝炎", "奥氮平", "2HRZE", "演示专科",
    "smd_", "tb_", "F20", "A15", "B20", "传染病报告",
)  # fmt: skip
READERS = {
    "a nurse of the own team": SU, "the desk, as on a checkup day": QIN, "the manager": TIAN,
    "the county": CHEN, "the auditor": MA, "the city": LU, "a team by consent": HE,
}  # fmt: skip


def labels() -> set[str]:
    """The words by which restricted answers are told: labels of class B forms, cells, codes."""
    found = {kind.label for kind in everything() if kind.access is AccessClass.B}
    for kind in everything():
        for each in kind.fields:
            if each.access is AccessClass.B and kind.access is AccessClass.A:
                found.add(each.label)
                found |= _answers(each)
    return {word for word in found if len(word) > 3} | set(SAID)


def _answers(each: Field) -> set[str]:
    match each.type:
        case Code(codes) | Codes(codes):
            return set(codes.values())
        case ListOf(fields):
            return {label for inner in fields for label in _answers(inner)}
        case _:
            return set()


async def written(world: World) -> None:
    """Everything restricted there is, of one resident, by the specialist's tablet."""
    xie = await field(world, "11", staff=XIE, restricted=True)
    await xie.settle()
    fates = [
        xie.tablet.save_event(ZHENG, kind, DAY, good(kind, **changes))
        for kind, changes in FORMS.items()
    ]
    fates.append(xie.tablet.save_edit(ZHENG, CELLS, DAY))
    await xie.settle()
    assert {xie.tablet.fate(each)[0] for each in fates} == {"applied"}
    await afterwork.catch_up(world.site)


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    for staff in (SU, QIN):
        await world.store.write(
            lambda tx, staff=staff: tx.run(
                "UPDATE staff SET restricted=?, role='desk' WHERE staff=?", False, staff
            )
        )
    until = world.clock() + 30 * DAY_MS
    await consent.grant(
        world.site, ZHENG, panel=TEAM_B, purpose="service", classes="A", until=until,
        text_version="1",
    )  # fmt: skip
    await afterwork.catch_up(world.site)
    return world


NAMES = {
    "resident": (ZHENG.hex(),), "facility": (QINGHE.hex(),), "step": ("absent",), "key": ("all",),
    "kind": ("htn_followup", "smd_followup", "tb_first", "encounter"),
}  # fmt: skip
QUERIES: dict[str, tuple[str, ...]] = {
    "/console/paper/batch": (f"?kind=encounter&village=&month={MONTH}",),
    "/console/due": ("", "?view=overdue", "?view=week", "?view=open"),
    "/console/referrals": ("", "?view=needed", "?view=back"),
}
"""What is asked for beside an address; a page that is not here is opened without anything."""


async def pages(
    world: World, staff: bytes, changes: list[str]
) -> list[tuple[tuple[str, ...], str, str]]:
    """Every page this person gets, with the resident, each record and each kind in its address:
    (what page it is, address, text).
    """
    found: list[tuple[tuple[str, ...], str, str]] = []
    async with desk(world, staff) as person:
        for route in routes(world):
            if route.method != "GET" or "static" in route.path:
                continue
            places = [NAMES.get(name, tuple(changes) or ("0" * 32,)) for name in route.names]
            queries: tuple[str, ...] = QUERIES.get(route.declared, ("",))
            for chosen, query in product(product(*places), queries):
                address = route.declared
                for name, value in zip(route.names, chosen, strict=True):
                    address = address.replace(f"{{{name}}}", value)
                answer = await person.get(address + query)
                assert answer.status_code < 500, address
                named = zip(route.names, chosen, strict=True)
                which = tuple(value for name, value in named if name in ("kind", "step", "key"))
                found.append(((route.declared, *which), address + query, answer.text))
    return found


def hits(text: str) -> set[str]:
    """The words found, with what the page shows as it is: no tags, no ids."""
    plain = re.sub(r"[0-9a-f]{16,}", "", text)
    return {word for word in labels() if word in plain}


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


async def test_no_page_download_or_log_line_says_more_than_before(
    here: World, log: io.StringIO
) -> None:
    before: dict[tuple[str, ...], set[str]] = {}
    for staff in READERS.values():
        for page, _, text in await pages(here, staff, []):
            before.setdefault(page, set()).update(hits(text))
    await written(here)
    rows = await here.rows("SELECT change FROM change WHERE resident=? AND cls='B'", ZHENG)
    changes = [row[0].hex() for row in rows]
    assert len(changes) >= len(FORMS)
    for who, staff in READERS.items():
        for page, address, text in await pages(here, staff, changes[:2]):
            assert hits(text) <= before[page], (who, address)
    assert hits(log.getvalue()) == set(), "the log names nothing either"


def told(tablet: Tablet) -> str:
    """All that a tablet holds of the resident, opened."""
    archive = tablet.tablet.archive
    parts: list[str] = [str(archive.cells(ZHENG))]
    parts += [bytes(each.change).decode() for each in archive.events(ZHENG)]
    parts += [str(each) for each in archive.owed(ZHENG)]
    return "\n".join(parts)


async def test_a_tablet_without_the_scope_and_one_by_consent_are_given_no_word_of_it(
    here: World,
) -> None:
    own = await field(here, "07", staff=SU)
    other = await field(here, "21", staff=HE, panels=(TEAM_B,), restricted=True)
    scoped = await field(here, "12", staff=XIE, restricted=True)
    for each in (own, other):
        await each.settle()
    before = {id(each): hits(told(each)) for each in (own, other)}
    await written(here)
    for each in (own, other, scoped):
        await each.settle()
    for each in (own, other):
        assert hits(told(each)) <= before[id(each)]
        assert each.tablet.archive.cells(ZHENG), "the open part is there"
    assert hits(told(scoped)) > before[id(own)], "the words looked for are the right ones"
    assert any(each.cls == "B" for each in scoped.tablet.archive.owed(ZHENG))


def test_the_words_looked_for_are_those_of_the_forms() -> None:
    assert {"HIV", "梅毒"} <= labels()
    assert any("精神" in word for word in labels())
    assert REGISTER.field("special_group_restricted") is not None
