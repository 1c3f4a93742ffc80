"""Writing at a desk goes the way of a tablet's change: merge, feeds, conflicts (S003-5(1)-a), and
both facilities are kept (S000-art13).
"""

from typing import Any

import pytest
from msgspec import Raw

from server.access import Opened
from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import desk, opening
from server.actions.archives.opening import AskWhy, Given
from server.actions.keeping.verify import verify_journal
from server.errors import NotAllowed, NotYours, RuleSaysNo
from server.rules.consent import Purpose
from server.store.ids import new_id
from sync import wire
from sync.merge import EMPTY
from tests.cast_forms import good_bytes
from tests.console import CHEN, offices, session_of
from tests.world import (
    HE,
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_B,
    YANG,
    ZHENG,
    ZHOU,
    World,
    field,
    id_number,
)  # fmt: skip

TODAY = "2026-11-20"
WHY = Given(Purpose.SERVICE, "本人来窗口改电话")


async def signed(world: World, staff: bytes) -> Signed:
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


async def opened(
    world: World, staff: bytes, who: bytes = ZHOU, given: Given | None = None
) -> Opened:
    found = await opening.open_for(world.site, await signed(world, staff), who, given)
    assert isinstance(found, Opened)
    return found


def visit(world: World, who: bytes = ZHOU, **values: Any) -> wire.Change:
    form = {"next_date": "2027-02-18", **values}
    return wire.Change(
        id=new_id(world.clock()), resident=who, kind="htn_followup", v=1, on=TODAY,
        at=world.clock(), body=Raw(good_bytes("htn_followup", **form)),
    )  # fmt: skip


def edit(world: World, file: Opened, **values: Any) -> wire.Change:
    return wire.Change(
        id=new_id(world.clock()), resident=file.resident, kind="basic_info", v=1, on=TODAY,
        at=world.clock(),
        set={
            cell: wire.Edit(
                value=value, saw=tuple(h.change for h in file.cells.get(cell, EMPTY).heads)
            )
            for cell, value in values.items()
        },
    )  # fmt: skip


async def test_the_own_panel_opens_at_once_and_a_turned_page_is_the_same_opening(
    world: World,
) -> None:
    su = await signed(world, SU)
    for _ in range(3):
        found = await opening.open_for(world.site, su, ZHOU)
        assert isinstance(found, Opened)
        assert found.ground == "panel"
        world.clock.pass_(minutes=9)
    assert await world.one("SELECT COUNT(*) FROM access_log") == 1
    world.clock.pass_(minutes=31)
    await opening.open_for(world.site, su, ZHOU)
    assert await world.one("SELECT COUNT(*) FROM access_log") == 2


async def test_outside_the_own_panel_a_reason_is_asked_kept_sealed_and_holds_half_an_hour(
    world: World,
) -> None:
    qin = await signed(world, QIN)
    assert isinstance(await opening.open_for(world.site, qin, ZHOU), AskWhy)
    assert isinstance(await opening.open_for(world.site, qin, ZHOU, WHY), Opened)
    assert isinstance(await opening.open_for(world.site, qin, ZHOU), Opened)
    sealed = bytes(await world.one("SELECT sealed FROM opening_reason"))
    assert "电话".encode() not in sealed
    world.clock.pass_(minutes=31)
    assert isinstance(await opening.open_for(world.site, qin, ZHOU), AskWhy)
    grounds = await world.rows("SELECT ground FROM access_log ORDER BY entry")
    assert [row[0] for row in grounds] == [
        "refused:reason_missing", "duty", "refused:reason_missing",
    ]  # fmt: skip


async def test_an_id_of_another_facility_answers_like_nobodys(world: World) -> None:
    su = await signed(world, SU)
    for who in (YANG, new_id(1)):
        with pytest.raises(NotYours):
            await opening.open_for(world.site, su, who)
        with pytest.raises(NotYours):
            await opening.open_for(world.site, su, who, WHY)


async def test_a_guest_is_opened_by_the_whole_number_with_the_document_seen(world: World) -> None:
    su, number = await signed(world, SU), id_number(YANG)
    with pytest.raises(NotAllowed):
        await opening.open_by_number(world.site, su, number, Given(Purpose.SERVICE, "来看病"))
    seen = Given(Purpose.SERVICE, "来看病", present=True)
    found = await opening.open_by_number(world.site, su, number, seen)
    assert (found.resident, found.ground, found.classes) == (YANG, "guest", ("A",))
    urgent = Given(Purpose.EMERGENCY, "昏迷，要看过敏史")
    assert (await opening.open_by_number(world.site, su, number, urgent)).ground == "emergency"


async def test_the_county_opens_for_a_review_only(world: World) -> None:
    await offices(world)
    chen = await signed(world, CHEN)
    assert isinstance(await opening.open_for(world.site, chen, ZHOU), AskWhy)
    found = await opening.open_for(world.site, chen, ZHOU, Given(Purpose.REVIEW, "核对投诉"))
    assert isinstance(found, Opened)
    assert found.ground == "county_case"


async def test_a_record_of_the_desk_reaches_the_tablet_and_the_journal_holds(world: World) -> None:
    su = await field(world, "07", restricted=True)
    await su.settle()
    change = visit(world, ZHOU, sbp=150, **{"class": "2"})
    saved = await desk.save(world.site, await signed(world, SU), await opened(world, SU), change)
    assert (saved.state, saved.performing, saved.responsible) == ("applied", QINGHE, QINGHE)
    await su.settle()
    assert change.id in {wire.change(e.change).id for e in su.tablet.archive.events(ZHOU)}
    row = await world.rows(
        "SELECT staff, device, author, credit_facility, flags FROM change WHERE change=?", change.id
    )
    assert row == [(SU, None, "staff", QINGHE, "desk")]
    assert (await verify_journal(world.site)).holds


async def test_a_form_sent_twice_is_saved_once_and_another_content_is_said(world: World) -> None:
    su, file, change = await signed(world, SU), await opened(world, SU), visit(world)
    first = await desk.save(world.site, su, file, change)
    world.clock.pass_(minutes=2)
    again = wire.change(wire.encode(desk.replace_at(change, world.clock())))
    second = await desk.save(world.site, su, file, again)
    assert (first.again, second.again, second.change) == (False, True, change.id)
    other = visit(world, sbp=141)
    with pytest.raises(desk.SavedOtherwise):
        await desk.save(world.site, su, file, desk.structs.replace(other, id=change.id))
    assert await world.one("SELECT COUNT(*) FROM change WHERE kind='htn_followup'") == 2


async def test_an_edit_that_saw_the_value_replaces_it_and_one_that_did_not_is_a_conflict(
    world: World,
) -> None:
    su = await field(world, "07", restricted=True)
    await su.settle()
    file = await opened(world, SU)
    tablets = su.tablet.save_edit(ZHOU, {"blood_abo": "1"}, TODAY)
    await su.settle()
    me = await signed(world, SU)
    saved = await desk.save(world.site, me, file, edit(world, file, phone="13900001111"))
    assert saved.state == "applied"
    saved = await desk.save(world.site, me, file, edit(world, file, blood_abo="2"))
    assert saved.state == "conflict"
    cell = (await opened(world, SU)).cells["blood_abo"]
    assert {head.change for head in cell.heads} == {tablets, saved.change}
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='conflict'") == 1
    await su.settle()
    assert (await verify_journal(world.site)).holds


async def test_a_guests_record_names_both_facilities_and_its_own_team_receives_it(
    world: World,
) -> None:
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    await he.settle()
    seen = Given(Purpose.SERVICE, "来看病", present=True)
    me = await signed(world, SU)
    file = await opening.open_by_number(world.site, me, id_number(YANG), seen)
    change = visit(world, YANG)
    saved = await desk.save(world.site, me, file, change)
    assert (saved.state, saved.performing, saved.responsible) == ("applied_guest", QINGHE, LIUWAN)
    assert await world.rows("SELECT change, performing, responsible FROM desk_change") == [
        (change.id, QINGHE, LIUWAN)
    ]
    await he.settle()
    assert change.id in {wire.change(e.change).id for e in he.tablet.archive.events(YANG)}
    saved = await desk.save(world.site, me, file, edit(world, file, phone="13900001111"))
    assert saved.state == "quarantined"


async def test_only_an_own_record_is_taken_back(world: World) -> None:
    me, file = await signed(world, SU), await opened(world, SU)
    mine = visit(world)
    await desk.save(world.site, me, file, mine)
    old = await world.one("SELECT change FROM change WHERE author='import' AND shape='event'")
    for target, fits in ((mine.id, True), (old, False)):
        void = wire.Change(
            id=new_id(world.clock()), resident=ZHOU, kind="htn_followup", v=1, on=TODAY,
            at=world.clock(), voids=target, reason="录错了人",
        )  # fmt: skip
        if fits:
            assert (await desk.save(world.site, me, file, void)).state == "applied"
        else:
            with pytest.raises(RuleSaysNo):
                await desk.save(world.site, me, file, void)
    xie = await opened(world, QIN, given=WHY)
    with pytest.raises(RuleSaysNo):
        await desk.save(
            world.site, await signed(world, QIN), xie,
            desk.structs.replace(void, id=new_id(world.clock()), voids=mine.id),
        )  # fmt: skip


async def test_a_moved_resident_is_no_longer_written_for(world: World) -> None:
    me, file = await signed(world, SU), await opened(world, SU, ZHENG)
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET facility=? WHERE resident=?", LIUWAN, ZHENG)
    )
    with pytest.raises(NotYours):
        await desk.save(world.site, me, file, visit(world, ZHENG))
