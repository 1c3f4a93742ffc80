"""Teams, locums and people who leave: who serves what, until when, and what passes on."""

import pytest

from server.actions.accounts import sessions
from server.actions.accounts.sessions import panels_of
from server.actions.archives.reading import read_archive
from server.actions.places import leaving, organisations, teams
from server.actions.tablets import tablet_return
from server.errors import NotYours, RuleSaysNo
from server.rules.consent import Purpose
from server.store.tx import Tx, one
from tests.console import TIAN, desk, hire, offices
from tests.test_organisations import CHEN_SIGNED, NEW, QIN_SIGNED, TIAN_SIGNED
from tests.world import (
    DISTRICT,
    HE,
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WANG,
    XIE,
    World,
    field,
)

TODAY, TOMORROW = "2026-11-20", "2026-11-21"


async def panels(world: World, staff: bytes) -> frozenset[bytes]:
    async def read(tx: Tx) -> frozenset[bytes]:
        row = await one(tx, "SELECT panel FROM staff WHERE staff=?", staff)
        return await panels_of(tx, world.site, staff, row[0] if row else None)

    return await world.store.read(read)


async def test_a_facility_shows_its_teams_and_who_is_in_none(world: World) -> None:
    await offices(world)
    seen = await teams.staffing(world.site, TIAN_SIGNED, QINGHE)
    assert [(t.name, t.residents, t.over) for t in seen.teams] == [
        ("青禾一队", 3, 0), ("青禾二队", 1, 0),
    ]  # fmt: skip
    assert {each.name for each in seen.teams[0].people} == {"苏清明", "谢芒种"}
    assert {each.name for each in seen.others} == {"秦霜降", "田立秋"}
    for who in (TIAN_SIGNED, QIN_SIGNED):
        with pytest.raises(NotYours):
            await teams.staffing(world.site, who, LIUWAN)


async def test_a_team_past_what_the_district_allows_is_said(world: World) -> None:
    await offices(world)

    async def fill(tx: Tx) -> None:
        rows = [
            (DISTRICT, TEAM_A2, n.to_bytes(16), "assigned", 0, None)
            for n in range(world.site.rules.panel_max + 4)
        ]
        await tx.insert("member", rows)

    await world.store.write(fill)
    seen = await teams.staffing(world.site, CHEN_SIGNED, QINGHE)
    assert [team.over for team in seen.teams] == [0, 5]


async def test_a_team_is_made_with_villages_of_its_facility_only(world: World) -> None:
    await offices(world)

    async def area(tx: Tx) -> None:
        rows = [(DISTRICT, "371002100001", "上村", QINGHE, None),
                (DISTRICT, "371002100002", "外村", LIUWAN, None)]  # fmt: skip
        await tx.insert("service_area", rows)

    await world.store.write(area)
    values = {"name": "青禾三队", "areas": "371002100002 外村"}
    faults = await teams.save_team(world.site, TIAN_SIGNED, QINGHE, values)
    assert isinstance(faults, tuple)
    values["areas"] = "371002100001 上村"
    made = await teams.save_team(world.site, TIAN_SIGNED, QINGHE, values)
    assert isinstance(made, bytes)
    assert await world.one("SELECT panel FROM service_area WHERE code='371002100001'") == made
    assert isinstance(await teams.save_team(world.site, TIAN_SIGNED, QINGHE, values), tuple)
    with pytest.raises(NotYours):
        await teams.save_team(world.site, TIAN_SIGNED, LIUWAN, values)
    with pytest.raises(NotYours):
        await teams.save_team(world.site, TIAN_SIGNED, QINGHE, values, TEAM_B)


async def test_a_new_doctor_gets_an_account_from_the_manager_and_none_from_the_county(
    world: World,
) -> None:
    await offices(world)
    values = {"name": "白露露", "role": "doctor", "panel": TEAM_A.hex(), "login": "bailulu"}
    done = await teams.engage(world.site, TIAN_SIGNED, QINGHE, values)
    assert isinstance(done, teams.Engaged)
    assert done.link is not None
    again = await teams.engage(world.site, TIAN_SIGNED, QINGHE, values)
    assert isinstance(again, tuple)
    assert [each.field for each in again] == ["login"]
    assert await world.one("SELECT COUNT(*) FROM staff WHERE panel=?", TEAM_A) == 3
    by_county = await teams.engage(world.site, CHEN_SIGNED, QINGHE, values | {"login": "other"})
    assert isinstance(by_county, teams.Engaged)
    assert by_county.link is None
    for role in ("manager", "county"):
        with pytest.raises(NotYours):
            await teams.engage(world.site, TIAN_SIGNED, QINGHE, values | {"role": role})
    with pytest.raises(NotYours):
        await teams.engage(world.site, TIAN_SIGNED, QINGHE, values | {"panel": TEAM_B.hex()})


async def test_a_locum_reads_and_carries_the_panel_for_some_days_only(world: World) -> None:
    await offices(world)
    own = await field(world, "07", panels=(TEAM_A,))
    lent = await field(world, "08", staff=XIE, panels=(TEAM_A2,))
    locum = {"staff": SU.hex(), "ground": "locum", "from_day": TODAY, "until_day": TOMORROW}
    assert await teams.join(world.site, TIAN_SIGNED, TEAM_A2, locum) == ()
    assert await teams.join(world.site, TIAN_SIGNED, TEAM_A2, locum | {"staff": XIE.hex()}) == ()
    assert await panels(world, SU) == {TEAM_A, TEAM_A2}
    opened = await read_archive(world.site, WANG, staff=SU, purpose=Purpose.SERVICE)
    assert opened.ground == "panel"
    await lent.settle()
    carried = await world.one("SELECT COUNT(*) FROM copy WHERE device=?", lent.keys.device)
    assert carried == 1
    world.clock.pass_(days=2)
    assert await panels(world, SU) == {TEAM_A}
    read = read_archive(world.site, WANG, staff=SU, purpose=Purpose.SERVICE, reason="复诊")
    assert (await read).ground == "duty"
    assert await tablet_return.tidy(world.site) == 1
    await own.settle()
    world.clock.pass_(minutes=1)
    await lent.go()
    assert await tablet_return.tidy(world.site) == 1
    rows = dict(await world.rows("SELECT label, status FROM device"))
    assert rows == {"07": "enrolled", "08": "revoked"}


async def test_a_locum_has_an_end_and_is_of_the_facility(world: World) -> None:
    await offices(world)
    values = {"staff": HE.hex(), "ground": "member", "from_day": TODAY}
    with pytest.raises(NotYours):
        await teams.join(world.site, TIAN_SIGNED, TEAM_A2, values)
    with pytest.raises(NotYours):
        await teams.join(world.site, CHEN_SIGNED, TEAM_A2, values)
    values = values | {"staff": QIN.hex()}
    faults = await teams.join(world.site, TIAN_SIGNED, TEAM_A2, values)
    assert [each.field for each in faults] == ["staff"]


async def test_who_leaves_hands_over_and_is_out_at_once(world: World) -> None:
    await offices(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE, panel=TEAM_A)
    tablet = await field(world, "07")
    await tablet.settle()

    async def claim(tx: Tx) -> None:
        row = (DISTRICT, "conflict", b"s" * 16, WANG, QINGHE, 0, 0, None, None, "")
        await tx.insert("task", [row])
        await tx.insert("task_claim", [(DISTRICT, "conflict", b"s" * 16, SU, 0)])

    await world.store.write(claim)
    seen = await leaving.in_hand(world.site, TIAN_SIGNED, SU)
    assert (seen.teams, seen.tasks, seen.tablets) == (("青禾一队",), 1, 1)
    async with desk(world, SU) as su:
        assert (await su.get("/console/")).status_code == 200
        nobody = await leaving.plan_leaving(world.site, TIAN_SIGNED, SU, {"day": TODAY})
        assert [each.field for each in nobody] == ["successor"]
        wrong = {"day": TODAY, "successor": QIN.hex()}
        assert await leaving.plan_leaving(world.site, TIAN_SIGNED, SU, wrong)
        good = {"day": TODAY, "successor": XIE.hex()}
        assert await leaving.plan_leaving(world.site, TIAN_SIGNED, SU, good) == ()
        assert (await su.get("/console/")).status_code == 303
    assert await world.one("SELECT state FROM account WHERE staff=?", SU) == "closed"
    assert await world.one("SELECT staff FROM task_claim") == XIE
    assert await panels(world, XIE) == {TEAM_A}
    world.clock.pass_(minutes=5)
    await tablet.go()  # delivers, and is given no page
    assert await tablet_return.tidy(world.site) == 1
    assert await world.one("SELECT status FROM device") == "revoked"


async def test_a_leaving_waits_for_its_day_and_can_be_undone(world: World) -> None:
    await offices(world)
    plan = {"day": TOMORROW, "successor": XIE.hex()}
    assert await leaving.plan_leaving(world.site, TIAN_SIGNED, SU, plan) == ()
    assert await leaving.carry_out_due(world.site) == 0
    await leaving.undo_leaving(world.site, TIAN_SIGNED, SU)
    with pytest.raises(RuleSaysNo):
        await leaving.undo_leaving(world.site, TIAN_SIGNED, SU)
    await leaving.plan_leaving(world.site, TIAN_SIGNED, SU, plan)
    world.clock.pass_(days=1)
    assert await leaving.carry_out_due(world.site) == 1
    assert await leaving.carry_out_due(world.site) == 0
    assert await panels(world, SU) == frozenset()


async def test_nobody_is_sent_away_from_another_place_or_level(world: World) -> None:
    await offices(world)
    for who, staff in ((TIAN_SIGNED, HE), (TIAN_SIGNED, TIAN), (QIN_SIGNED, SU)):
        with pytest.raises(NotYours):
            await leaving.plan_leaving(world.site, who, staff, {"day": TODAY})
    assert await leaving.plan_leaving(world.site, CHEN_SIGNED, TIAN, {"day": TODAY}) == ()
    async with desk(world, TIAN) as tian:
        assert await sessions.signed_in(world.site, tian.token) is None


async def test_a_doctor_at_a_village_room_serves_the_facilitys_residents(world: World) -> None:
    await offices(world)
    room = await organisations.save(world.site, TIAN_SIGNED, QINGHE, NEW)
    assert isinstance(room, bytes)
    values = {"name": "白露露", "role": "doctor", "panel": TEAM_A2.hex()}
    done = await teams.engage(world.site, TIAN_SIGNED, room, values)
    assert isinstance(done, teams.Engaged)
    opened = await read_archive(world.site, WANG, staff=done.staff, purpose=Purpose.SERVICE)
    assert opened.ground == "panel"
    async with desk(world, done.staff) as made:
        signed = await sessions.signed_in(world.site, made.token)
    assert isinstance(signed, sessions.Signed)
    assert (signed.facility, signed.facility_name) == (QINGHE, NEW["name"])
