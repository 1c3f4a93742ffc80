"""A consent opens an archive to another team as far as was named, and closes it without a trace."""

import pytest

from server.actions.archives import consent
from server.actions.keeping.verify import verify_journal
from server.errors import NotFound, RuleSaysNo
from sync.limits import DAY_MS
from tests.cast_forms import good
from tests.world import (
    DISTRICT,
    HE,
    QINGHE,
    SU,
    TEAM_B,
    YANG,
    ZHOU,
    Field,
    World,
    an_id,
    field,
)

RESTRICTED = "hx_disease_restricted"


async def granted(world: World, days: int = 30, classes: str = "A") -> bytes:
    return await consent.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes=classes,
        until=world.clock() + days * DAY_MS, text_version="1",
    )  # fmt: skip


async def test_the_consented_team_receives_the_archive_and_lets_it_go(world: World) -> None:
    he = await field(world, "二号", staff=HE, panels=(TEAM_B,))
    await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG}
    made = await granted(world)
    results = await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG, ZHOU}
    assert [event.cls for event in he.tablet.archive.events(ZHOU)] == ["A"]
    assert results[-1].agrees is True
    await consent.revoke(world.site, made)
    asked = await world.one("SELECT state FROM copy WHERE resident=?", ZHOU)
    assert asked == "asked"
    results = await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG}
    assert results[-1].agrees is True
    await he.settle()
    assert await world.one("SELECT state FROM copy WHERE resident=?", ZHOU) == "purged"


async def test_a_visit_of_the_consented_team_is_a_guests_visit(world: World) -> None:
    su, he = await field(world, "一号"), await field(world, "二号", staff=HE, panels=(TEAM_B,))
    await granted(world)
    await he.settle()
    visit = he.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    await he.settle()
    assert he.tablet.fate(visit)[0] == "applied_guest"
    await su.settle()
    assert len(su.tablet.archive.events(ZHOU)) == 2


async def explained(world: World, resident: bytes = ZHOU) -> None:
    """Class B was explained to the resident face to face."""
    row = (DISTRICT, resident, an_id("explained"), SU, QINGHE, world.clock())
    await world.store.write(lambda tx: tx.insert("explained", [row], ignore=True))


def restricted_of(each: Field) -> set[str]:
    return {cell for cell in each.tablet.archive.cells(ZHOU) if cell.startswith(RESTRICTED)}


async def test_restricted_facts_stay_with_the_responsible_team(world: World) -> None:
    """Both tablets may show class B; what the resident opened to the other team is class A."""
    su = await field(world, "一号", restricted=True)
    he = await field(world, "二号", staff=HE, panels=(TEAM_B,), restricted=True)
    await su.settle()
    su.tablet.save_edit(ZHOU, {f"{RESTRICTED}/8": True}, "2026-11-20")
    await su.settle()
    assert await world.one("SELECT COUNT(*) FROM resident WHERE sealed_restricted IS NOT NULL") == 1
    made = await granted(world)
    results = await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG, ZHOU}
    assert not restricted_of(he)
    assert restricted_of(su)
    assert results[-1].agrees is True
    # Another restricted fact while the consent stands: neither digest runs away.
    su.tablet.save_edit(ZHOU, {f"{RESTRICTED}/9": True}, "2026-11-20")
    assert (await su.settle())[-1].agrees is True
    assert (await he.settle())[-1].agrees is True
    assert (await verify_journal(world.site)).faults == ()
    await consent.revoke(world.site, made)
    assert (await he.settle())[-1].agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_class_b_travels_where_it_was_named_and_goes_when_that_ends(world: World) -> None:
    su = await field(world, "一号", restricted=True)
    he = await field(world, "二号", staff=HE, panels=(TEAM_B,), restricted=True)
    plain = await field(world, "三号", staff=HE, panels=(TEAM_B,))
    await su.settle()
    su.tablet.save_edit(ZHOU, {f"{RESTRICTED}/8": True}, "2026-11-20")
    await su.settle()
    with pytest.raises(RuleSaysNo, match="not_explained"):
        await granted(world, classes="AB")
    await explained(world)
    await granted(world, days=30)
    await he.settle()
    assert not restricted_of(he)
    made = await granted(world, days=5, classes="AB")
    for each in (he, plain):
        assert (await each.settle())[-1].agrees is True
        assert ZHOU in each.tablet.archive.members(TEAM_B)
    assert restricted_of(he) == restricted_of(su) != set()
    assert not restricted_of(plain)
    # Another restricted fact: it follows, and every sum agrees.
    su.tablet.save_edit(ZHOU, {f"{RESTRICTED}/9": True}, "2026-11-20")
    for each in (su, he, plain):
        assert (await each.settle())[-1].agrees is True
    assert restricted_of(he) == restricted_of(su)
    assert (await verify_journal(world.site)).faults == ()
    # The longer consent of class A stands on; what was named goes with its own.
    await consent.revoke(world.site, made)
    for each in (he, plain):
        assert (await each.settle())[-1].agrees is True
        assert ZHOU in each.tablet.archive.members(TEAM_B)
        assert not restricted_of(each)
    assert (await verify_journal(world.site)).faults == ()


async def test_the_end_of_what_was_named_leaves_what_was_not(world: World) -> None:
    su = await field(world, "一号", restricted=True)
    he = await field(world, "二号", staff=HE, panels=(TEAM_B,), restricted=True)
    await su.settle()
    su.tablet.save_edit(ZHOU, {f"{RESTRICTED}/8": True}, "2026-11-20")
    await su.settle()
    await explained(world)
    await granted(world, days=30)
    await granted(world, days=1, classes="AB")
    await he.settle()
    assert restricted_of(he)
    world.clock.pass_(days=1)
    assert await consent.end_due(world.site) == 1
    assert (await he.settle())[-1].agrees is True
    assert ZHOU in he.tablet.archive.members(TEAM_B)
    assert not restricted_of(he)
    assert (await verify_journal(world.site)).faults == ()


async def test_a_consent_to_view_puts_nothing_on_a_tablet(world: World) -> None:
    he = await field(world, "二号", staff=HE, panels=(TEAM_B,))
    await consent.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A", manner="view",
        until=world.clock() + DAY_MS, text_version="1",
    )  # fmt: skip
    for purpose in ("research", "checkup_day"):
        with pytest.raises(RuleSaysNo, match="copy_for_service"):
            await consent.grant(
                world.site, ZHOU, panel=TEAM_B, purpose=purpose, classes="A",
                until=world.clock() + DAY_MS, text_version="1",
            )  # fmt: skip
    await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG}
    assert await world.rows("SELECT 1 FROM copy WHERE resident=?", ZHOU) == []


async def test_a_snapshot_of_a_consented_panel_agrees_too(world: World) -> None:
    su = await field(world, "一号", restricted=True)
    await su.settle()
    su.tablet.save_edit(ZHOU, {f"{RESTRICTED}/8": True}, "2026-11-20")
    await su.settle()
    await granted(world)
    late = await field(world, "三号", staff=HE, panels=(TEAM_B,), restricted=True)
    results = await late.settle()
    assert results[-1].agrees is True
    assert not any(cell.startswith(RESTRICTED) for cell in late.tablet.archive.cells(ZHOU))


async def test_a_consent_that_is_over_gives_nothing_more(world: World) -> None:
    he = await field(world, "二号", staff=HE, panels=(TEAM_B,))
    await granted(world, days=1)
    world.clock.pass_(days=1)
    await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG}
    assert await consent.end_due(world.site) == 1
    assert (await he.settle())[-1].agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_what_cannot_be_consented_to_is_said(world: World) -> None:
    ask = {"purpose": "service", "classes": "A", "text_version": "1"}
    soon = world.clock() + DAY_MS
    site = world.site
    for bad in ({"classes": "C"}, {"purpose": "curiosity"}, {"until": world.clock()}):
        with pytest.raises(RuleSaysNo):
            await consent.grant(site, ZHOU, **{"panel": TEAM_B, "until": soon, **ask, **bad})
    with pytest.raises(NotFound):
        await consent.grant(site, an_id("nobody"), panel=TEAM_B, until=soon, **ask)
    with pytest.raises(NotFound):
        await consent.grant(site, ZHOU, panel=an_id("no team"), until=soon, **ask)
    with pytest.raises(NotFound):
        await consent.revoke(site, an_id("no consent"))
    assert await world.rows("SELECT * FROM consent") == []
