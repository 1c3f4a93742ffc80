"""A resident moves while the old doctor holds unsynced visits: each row of the table as a schedule.

Su's tablet carries 青禾一队, He's carries 柳湾一队; 周谷雨 moves from the first to the second on
the morning of 2026-11-20. What Su's tablet could know of it decides, never what it claims.
"""

import json
from typing import Any

import msgspec

from server.actions.archives import consent
from server.actions.places import move
from server.actions.tablets.exchange import exchange
from server.rules.switch import CaseState, Granted, SpecialCase
from sync import wire
from sync.limits import DAY_MS
from tests.cast_forms import good
from tests.forge import everything, forger
from tests.world import (
    HE,
    LIUWAN,
    QIN,
    QINGHE,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WU,
    XIE,
    ZHOU,
    Field,
    World,
    field,
)

EVE, MOVE_DAY, NEXT = "2026-11-19", "2026-11-20", "2026-11-21"


def visit(each: Field, on: str, sbp: int = 138) -> bytes:
    form = good("htn_followup", next_date="2027-02-18", sbp=sbp)
    return each.tablet.save_event(ZHOU, "htn_followup", on, form)


async def moves(world: World, panel: bytes = TEAM_B, *, special: bool = False) -> None:
    case = SpecialCase("second_move", has_evidence=True, state=CaseState.ALLOWED)
    ask = move.Ask(
        resident=ZHOU, panel=panel, ground="moved", by=QIN, at_new_desk=True,
        special_case=case if special else None,
    )  # fmt: skip
    assert isinstance(await move.switch(world.site, ask), Granted)


async def both(world: World) -> tuple[Field, Field]:
    """Su's and He's tablets, each with its whole panel."""
    su = await field(world, "07", restricted=True)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,), restricted=True)
    for each in (su, he):
        await each.settle()
    return su, he


async def held_by(world: World, change: bytes) -> tuple[Any, ...]:
    """(state, reason, credit, facility it counts for) of a change."""
    sql = "SELECT state, reason, credit, credit_facility FROM change WHERE change=?"
    found = await world.rows(sql, change)
    return found[0]


async def loses_the_answer(each: Field) -> None:
    """The server answered with a page; the tablet never got it."""
    request = each.tablet.request()
    assert request is not None
    await exchange(each.world.site, request)


async def all_agree(*each: Field) -> None:
    for one in each:
        await one.settle()
        results = await one.settle()
        assert results[-1].agrees is True


def seen(each: Field) -> dict[bytes, wire.EventPut]:
    return {wire.change(put.change).id: put for put in each.tablet.archive.events(ZHOU)}


# ---- not served ---------------------------------------------------------------------------------


async def test_visits_of_a_tablet_that_could_not_know_are_kept_and_credited(world: World) -> None:
    su, he = await both(world)
    before = visit(su, EVE, 151)
    await moves(world)
    world.clock.pass_(days=1)
    after = visit(su, NEXT, 152)
    edit = su.tablet.save_edit(ZHOU, {"phone": "13900001111", "blood_abo": "3"}, NEXT)
    world.clock.pass_(days=1)
    await su.settle()
    assert su.tablet.fate(before) == ("applied", "late_former_team")
    assert await held_by(world, before) == ("applied", "late_former_team", "author", QINGHE)
    assert await held_by(world, after) == ("applied_guest", "after_move", "rule", None)
    assert await held_by(world, edit) == ("proposal", "moved_away", "none", None)
    owner = await world.rows("SELECT facility FROM task WHERE kind='proposal' AND subject=?", edit)
    assert owner == [(LIUWAN,)]
    late = await world.rows("SELECT subject, facility FROM task WHERE kind='late_visit'")
    assert set(late) == {(before, LIUWAN), (after, LIUWAN)}
    await he.settle()
    shown = seen(he)
    assert {before, after} <= set(shown)
    assert "late" in shown[before].flags
    assert (shown[before].credit, shown[after].credit) == (QINGHE, None)
    phones = [head.value for head in he.tablet.archive.cells(ZHOU)["phone"].heads]
    assert phones == ["19900001000"]  # the proposal waits for He, the resident's phone stands
    await all_agree(su, he)


async def test_who_could_not_know_is_not_late_however_late_it_comes(world: World) -> None:
    su, he = await both(world)
    await moves(world)
    world.clock.pass_(days=1)
    after = visit(su, NEXT)
    world.clock.pass_(days=120)
    await su.settle()
    assert await held_by(world, after) == ("applied_guest", "after_move", "rule", None)
    await all_agree(su, he)


async def test_on_the_day_of_the_move_the_moment_decides(world: World) -> None:
    su, _ = await both(world)
    early = visit(su, MOVE_DAY)
    world.clock.pass_(hours=1)
    await moves(world)
    world.clock.pass_(hours=1)
    late = visit(su, MOVE_DAY)
    await su.settle()
    assert await held_by(world, early) == ("applied", "late_former_team", "author", QINGHE)
    assert await held_by(world, late) == ("applied_guest", "after_move", "rule", None)


# ---- served, not acknowledged -------------------------------------------------------------------


async def test_a_page_that_was_answered_but_not_acknowledged_counts_as_not_known_in_time(
    world: World,
) -> None:
    su, he = await both(world)
    await moves(world)
    await loses_the_answer(su)
    world.clock.pass_(days=1)
    before, after = visit(su, EVE), visit(su, NEXT)
    edit = su.tablet.save_edit(ZHOU, {"drug_allergy/2": True}, NEXT)
    world.clock.pass_(days=80)
    await su.settle()
    assert await held_by(world, before) == ("applied", "late_former_team", "author", QINGHE)
    assert await held_by(world, after) == ("applied_guest", "after_move", "rule", None)
    assert (await held_by(world, edit))[:2] == ("proposal", "moved_away")
    await all_agree(su, he)


async def test_a_page_that_was_answered_earns_no_credit_when_the_visit_comes_too_late(
    world: World,
) -> None:
    su, he = await both(world)
    await moves(world)
    await loses_the_answer(su)
    world.clock.pass_(days=1)
    before, after = visit(su, EVE), visit(su, NEXT)
    world.clock.pass_(days=90)
    await su.settle()
    assert await held_by(world, before) == ("applied", "late_former_team", "author", QINGHE)
    assert await held_by(world, after) == ("applied_guest", "past_credit_days", "none", None)
    await all_agree(su, he)
    assert {before, after} <= set(seen(he))


# ---- acknowledged -------------------------------------------------------------------------------


async def test_a_tablet_that_acknowledged_the_leave_knew_of_the_move(world: World) -> None:
    su, he = await both(world)
    await moves(world)
    await su.settle()
    assert ZHOU not in su.tablet.archive.members(TEAM_A)
    world.clock.pass_(days=1)
    before, after = visit(su, EVE), visit(su, NEXT)
    edit = su.tablet.save_edit(ZHOU, {"phone": "13900001111"}, NEXT)
    await su.settle()
    assert await held_by(world, before) == ("applied", "late_former_team", "author", QINGHE)
    assert await held_by(world, after) == ("applied_guest", "knew_of_move", "none", None)
    assert (await held_by(world, edit))[:2] == ("proposal", "moved_away")
    await all_agree(su, he)
    assert {before, after} <= set(seen(he))


async def test_a_claim_above_what_was_served_is_not_believed(world: World) -> None:
    """Su's tablet says it knew: the server never told it, so it could not."""
    liar = await forger(world, "07")
    await liar.post(liar.empty(cursors=everything()))
    await moves(world)
    known = wire.Known(panel=TEAM_A, epoch=1, csn=2**50, at=world.clock())
    world.clock.pass_(days=1)
    raw = liar.visit(ZHOU, NEXT)
    reply = await liar.send(raw, known=(known,))
    assert reply.state() == ("applied_guest", "after_move")


async def test_a_stranger_cannot_call_on_a_move(world: World) -> None:
    """Xie's second team never had 周谷雨: her move says nothing about a tablet of that team."""
    other = await forger(world, "12", staff=XIE, panels=(TEAM_A2,))
    await moves(world)
    reply = await other.send(
        other.visit(ZHOU, EVE),
        other.event(
            ZHOU, wire.encode(good("htn_followup", next_date="2027-02-18")),
            ground=wire.Ground(kind="card"),
        ),
    )  # fmt: skip
    assert reply.state(0) == ("quarantined", "not_in_panel")
    assert reply.state(1)[0] == "applied_guest"


# ---- the archive moves --------------------------------------------------------------------------


async def test_the_new_team_receives_everything_and_the_old_lets_go(world: World) -> None:
    su, he = await both(world)
    mine = visit(su, EVE)
    su.tablet.save_edit(ZHOU, {"drug_allergy/3": True, "hx_disease_restricted/8": True}, EVE)
    await su.settle()
    await su.settle()
    cells, events = su.tablet.archive.cells(ZHOU), seen(su)
    assert mine in events
    copies = "SELECT device, state FROM copy WHERE resident=?"
    assert await world.rows(copies, ZHOU) == [(su.keys.device, "possible")]
    await moves(world)
    assert await world.rows(copies, ZHOU) == [(su.keys.device, "asked")]
    waiting = visit(su, EVE)
    result = await su.go()
    assert result.pages[0].left == [ZHOU]
    await he.settle()
    assert he.tablet.archive.cells(ZHOU) == cells
    assert {*events, waiting} == set(seen(he))
    await su.settle()
    assert dict(await world.rows(copies, ZHOU)) == {
        su.keys.device: "purged", he.keys.device: "possible",
    }  # fmt: skip
    assert su.tablet.archive.cells(ZHOU) == {}
    assert su.tablet.archive.events(ZHOU) == []
    rows = su.tablet.disk.rows("SELECT COUNT(*) FROM entity WHERE resident=?", ZHOU)
    assert rows == [(0,)]
    await all_agree(su, he)


async def test_a_purge_is_acknowledged_only_when_every_visit_has_its_receipt(world: World) -> None:
    su, _ = await both(world)
    await moves(world)
    waiting = [visit(su, EVE, 130 + n) for n in range(5)]
    su.tablet.seal(most=2)
    state = "SELECT state FROM copy WHERE resident=? AND device=?"
    for _ in range(3):
        await su.go()
        assert await world.one(state, ZHOU, su.keys.device) in ("asked", "possible")
    await su.settle()
    await su.settle()
    assert await world.one(state, ZHOU, su.keys.device) == "purged"
    assert {su.tablet.fate(each)[0] for each in waiting} == {"applied"}


async def test_a_statement_of_purge_for_somebody_who_is_still_there_changes_nothing(
    world: World,
) -> None:
    liar = await forger(world, "07")
    for _ in range(3):
        reply = await liar.post(liar.empty(cursors=everything()))
    assert reply.answer.pages
    lie = wire.Purged(resident=WU, at=world.clock())
    await liar.post(liar.empty(purged=(lie, lie)))
    assert await world.one("SELECT state FROM copy WHERE resident=?", WU) == "possible"


async def test_there_and_back_again_before_the_old_tablet_hears_of_it(world: World) -> None:
    su, he = await both(world)
    mine = visit(su, EVE)
    await moves(world)
    await he.settle()
    theirs = visit(he, MOVE_DAY)
    await he.settle()
    world.clock.pass_(days=2)
    await moves(world, TEAM_A, special=True)
    late = visit(he, MOVE_DAY)
    await all_agree(su, he)
    assert ZHOU in su.tablet.archive.members(TEAM_A)
    assert ZHOU not in he.tablet.archive.members(TEAM_B)
    assert su.tablet.fate(mine) == ("applied", "")  # she is in the panel as it arrives
    assert he.tablet.fate(late) == ("applied", "late_former_team")
    await all_agree(su)
    assert {mine, theirs, late} <= set(seen(su))
    copies = dict(await world.rows("SELECT device, state FROM copy WHERE resident=?", ZHOU))
    assert copies == {su.keys.device: "possible", he.keys.device: "purged"}


async def test_there_and_back_again_with_the_purge_between(world: World) -> None:
    su, he = await both(world)
    await moves(world)
    await all_agree(su, he)
    world.clock.pass_(days=2)
    mine = visit(su, EVE)
    await moves(world, TEAM_A, special=True)
    await all_agree(su, he)
    assert ZHOU in su.tablet.archive.members(TEAM_A)
    assert mine in seen(su)
    assert len(seen(su)) == 2
    world.clock.pass_(days=2)
    await moves(world, TEAM_B, special=True)
    await all_agree(su, he)
    assert ZHOU not in su.tablet.archive.members(TEAM_A)
    assert set(seen(he)) >= {mine}


async def test_a_switch_taken_back_brings_the_archive_home(world: World) -> None:
    su, he = await both(world)
    await moves(world)
    await he.settle()
    theirs = visit(he, MOVE_DAY)
    await he.settle()
    world.clock.pass_(days=3)
    mine = visit(su, NEXT)
    await move.undo(world.site, ZHOU)
    await all_agree(su, he)
    assert ZHOU in su.tablet.archive.members(TEAM_A)
    assert {mine, theirs} <= set(seen(su))
    assert su.tablet.fate(mine) == ("applied", "")
    await moves(world)  # what was taken back did not use up the year
    await all_agree(su, he)
    assert {mine, theirs} <= set(seen(he))


async def test_a_move_between_two_panels_of_one_tablet_keeps_the_copy(world: World) -> None:
    su = await field(world, "07", panels=(TEAM_A, TEAM_A2))
    await su.settle()
    mine = visit(su, EVE)
    await world.store.write(
        lambda tx: tx.run("UPDATE panel SET facility=? WHERE panel=?", LIUWAN, TEAM_A2)
    )
    await moves(world, TEAM_A2)
    await all_agree(su)
    assert ZHOU in su.tablet.archive.members(TEAM_A2)
    assert ZHOU not in su.tablet.archive.members(TEAM_A)
    assert su.tablet.fate(mine) == ("applied", "")
    assert mine in seen(su)
    assert await world.one("SELECT state FROM copy WHERE resident=?", ZHOU) == "possible"


async def test_who_read_by_consent_is_responsible_after_the_move_without_a_gap(
    world: World,
) -> None:
    su, he = await both(world)
    await consent.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + 30 * DAY_MS, text_version="1",
    )  # fmt: skip
    await he.settle()
    guest = visit(he, EVE)
    await he.settle()
    assert he.tablet.fate(guest)[0] == "applied_guest"
    await moves(world)
    mine, theirs = visit(su, EVE), visit(he, MOVE_DAY)
    await all_agree(su, he)
    assert he.tablet.fate(theirs) == ("applied", "")
    assert su.tablet.fate(mine) == ("applied", "late_former_team")
    await all_agree(su, he)
    assert {guest, mine, theirs} <= set(seen(he))
    world.clock.pass_(days=31)
    await consent.end_due(world.site)
    await all_agree(su, he)
    assert ZHOU in he.tablet.archive.members(TEAM_B)  # no longer by consent, and still there


async def test_the_old_facility_is_not_asked_and_its_open_tasks_go_along(world: World) -> None:
    su, he = await both(world)
    odd = wire.encode(good("htn_followup", next_date="2027-02-18", sbp=999))
    held = su.tablet.save_event(ZHOU, "htn_followup", EVE, odd)
    await su.settle()
    assert su.tablet.fate(held) == ("held", "out_of_range")
    await moves(world)
    owner = await world.one("SELECT facility FROM task WHERE kind='held' AND subject=?", held)
    assert owner == LIUWAN
    await all_agree(su, he)
    assert msgspec.json.decode(odd) == json.loads(odd)
    assert held not in seen(he)
