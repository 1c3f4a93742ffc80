"""Attacks on class B: by an offer nobody allowed, by a second person, by a note, after the end."""

import pytest

from crypto.keys import SigningKeyPair, Suite
from server.actions.archives import matters
from server.actions.archives.matters import Act
from server.actions.tablets import devices, staff_keys
from server.actions.tablets.restricted_scope import give_scope
from server.errors import NotYours, RuleSaysNo
from sync import enrol_wire
from tests.console import CHEN, COUNTY_OFFICE, MA, TIAN, desk, offices, text_of
from tests.queues import TODAY
from tests.test_queues import person
from tests.world import LIUWAN, QIN, QINGHE, SU, TEAM_A, XIE, ZHOU, World, enrol_by_hand, field

CELL = "hx_disease_restricted/8"
SCOPE = f"/console/staff/{QINGHE.hex()}/scope/{SU.hex()}"


async def test_class_b_is_given_by_the_county_only_and_never_across_facilities(
    world: World,
) -> None:
    await offices(world)
    has = "SELECT restricted FROM staff WHERE staff=?"
    async with desk(world, TIAN) as tian, desk(world, SU) as su, desk(world, CHEN) as chen:
        page = f"/console/staff/{QINGHE.hex()}"
        assert "定为限制内容专干" not in text_of(await tian.get(page))
        for other in (tian, su):
            assert (await other.post(SCOPE, given="yes")).status_code == 403
        wrong = SCOPE.replace(QINGHE.hex(), LIUWAN.hex())
        office = f"/console/staff/{COUNTY_OFFICE.hex()}/scope/{MA.hex()}"
        for path in (wrong, office):
            assert (await chen.post(path, given="yes")).status_code == 403
        assert (await chen.post(SCOPE, given="perhaps")).status_code == 403
        assert not await world.one(has, SU)
        assert "定为限制内容专干" in text_of(await chen.get(page))
        assert (await chen.post(SCOPE, given="yes")).status_code == 303
        assert "收回限制内容" in text_of(await chen.get(page))
        assert "定为限制内容专干" in text_of(await chen.get("/console/audit"))
    assert await world.one(has, SU)
    events = await world.rows("SELECT what, actor FROM account_event WHERE staff=?", SU)
    assert events == [("scope_given", CHEN)]
    with pytest.raises(NotYours):
        await give_scope(world.site, await person(world, TIAN), QINGHE, SU, given=False)


async def test_a_tablet_with_class_b_is_offered_to_nobody_without_the_scope(world: World) -> None:
    await offices(world)
    form = {"staff": SU.hex(), "panels": TEAM_A.hex(), "label": "9", "restricted": "yes",
            "suite": "1"}  # fmt: skip
    async with desk(world, TIAN) as tian, desk(world, CHEN) as chen:
        refused = await tian.post("/console/devices/enrol", form)
        assert (refused.status_code, "不是限制内容专干" in text_of(refused)) == (422, True)
        with pytest.raises(RuleSaysNo, match="no_scope"):
            await devices.enrol_offer(
                world.site, staff=SU, panels=(TEAM_A,), label="9", restricted=True
            )
        assert not await world.rows("SELECT 1 FROM enrol_offer")
        await chen.post(SCOPE, given="yes")
        assert (await tian.post("/console/devices/enrol", form)).status_code == 303


async def test_a_second_person_without_the_scope_joins_no_tablet_with_class_b(
    world: World,
) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,), restricted=True)
    second = SigningKeyPair.generate(Suite.X25519_ED25519)
    message = enrol_wire.staff_key_message(device=keys.device, staff=XIE, sign=second.public.raw)
    proof, public = second.sign(message), second.public.raw
    with pytest.raises(RuleSaysNo, match="no_scope"):
        await staff_keys.add_staff_key(
            world.site, keys.device, staff=XIE, public=public, proof=proof
        )


async def test_a_scope_that_was_taken_back_empties_the_tablet_at_its_next_contact(
    world: World,
) -> None:
    await offices(world)
    chen = await person(world, CHEN)
    await give_scope(world.site, chen, QINGHE, SU, given=True)
    su = await field(world, "07", restricted=True)
    await su.settle()
    su.tablet.save_edit(ZHOU, {CELL: {"since": "2020-01"}}, TODAY)
    await su.settle()
    assert CELL in su.tablet.archive.cells(ZHOU)
    unsent = su.tablet.save_edit(ZHOU, {CELL: None}, TODAY)
    assert await give_scope(world.site, chen, QINGHE, SU, given=False) == 1
    results = await su.settle()
    results += await su.settle()
    assert CELL not in su.tablet.archive.cells(ZHOU)
    assert results[-1].agrees is True
    assert su.tablet.archive.members(TEAM_A)
    assert su.tablet.fate(unsent) == ("proposal", "restricted_scope")


async def test_a_note_about_a_restricted_fact_is_for_its_writer_and_those_with_scope(
    world: World,
) -> None:
    await offices(world)
    chen = await person(world, CHEN)
    await give_scope(world.site, chen, QINGHE, SU, given=True)
    plain = await field(world, "08", staff=XIE)
    await plain.settle()
    change = plain.tablet.save_edit(ZHOU, {CELL: {"since": "2020-01"}}, TODAY)
    await plain.settle()
    su, qin = await person(world, SU), await person(world, QIN)
    act = Act("decline", "出院小结里没有这个病", "核对")
    await matters.end(world.site, su, "proposal", change, act)
    shown = await matters.open_matter(world.site, su, "proposal", change, "核对")
    assert [each.text for each in shown.notes] == ["出院小结里没有这个病"]
    hidden = await matters.open_matter(world.site, qin, "proposal", change, "核对")
    assert (hidden.hidden, hidden.notes) == (True, ())


async def test_the_page_of_a_lost_tablet_calls_a_restricted_change_by_the_neutral_word(
    world: World,
) -> None:
    await offices(world)
    su = await field(world, "07", restricted=True)
    await su.settle()
    safe = world.clock()
    world.clock.pass_(hours=1)
    su.tablet.save_edit(ZHOU, {CELL: {"since": "2020-01"}}, TODAY)
    await su.settle()
    await devices.mark_lost(world.site, su.keys.device, safe)
    async with desk(world, TIAN) as tian:
        page = text_of(await tian.get(f"/console/devices/{su.keys.device.hex()}"))
        assert "随访服务" in page
        assert "改档案" not in page
