"""Pages of staff and teams without a browser."""

from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.world import HE, LIUWAN, QIN, QINGHE, SU, TEAM_A, TEAM_A2, TEAM_B, XIE, World

HERE = f"/console/staff/{QINGHE.hex()}"


async def test_a_manager_sees_the_own_facility_and_the_county_chooses(world: World) -> None:
    await offices(world)
    async with desk(world, TIAN) as tian, desk(world, CHEN) as chen:
        assert (await tian.get("/console/staff")).headers["location"] == HERE
        page = text_of(await tian.get(HERE))
        assert all(
            each in page for each in ("青禾镇卫生院有 4 个人", "青禾一队", "苏清明", "秦霜降")
        )
        assert "柳湾社区中心" in text_of(await chen.get("/console/staff"))
        assert (await chen.get(f"/console/staff/{LIUWAN.hex()}")).status_code == 200
        assert (await tian.get(f"/console/staff/{LIUWAN.hex()}")).status_code == 403
        for path in (f"{LIUWAN.hex()}/new", f"{LIUWAN.hex()}/team",
                     f"{QINGHE.hex()}/team/{TEAM_B.hex()}", f"{QINGHE.hex()}/leave/{HE.hex()}",
                     f"{LIUWAN.hex()}/team/{TEAM_B.hex()}/join"):  # fmt: skip
            assert (await tian.get(f"/console/staff/{path}")).status_code == 403, path
            assert (await tian.post(f"/console/staff/{path}")).status_code == 403, path


async def test_a_new_doctor_is_given_a_link_once(world: World) -> None:
    await offices(world)
    async with desk(world, TIAN) as tian:
        assert (await tian.get(f"{HERE}/new")).status_code == 200
        bad = await tian.post(f"{HERE}/new", name="白", login="1")
        assert (bad.status_code, "有 3 处要改" in bad.text) == (422, True)
        typed = {"name": "白露露", "role": "doctor", "panel": TEAM_A.hex(), "login": "bailulu"}
        made = await tian.post(f"{HERE}/new", typed)
        assert (made.status_code, "/console/invite/" in made.text) == (200, True)
        again = await tian.post(f"{HERE}/new", typed)
        assert (again.status_code, "这个登录名已经有人用" in again.text) == (422, True)


async def test_a_team_is_made_changed_joined_and_left(world: World) -> None:
    await offices(world)
    async with desk(world, TIAN) as tian:
        assert (await tian.post(f"{HERE}/team", name="青禾三队")).status_code == 303
        assert (await tian.post(f"{HERE}/team", name="青禾三队")).status_code == 422
        edit = await tian.get(f"{HERE}/team/{TEAM_A2.hex()}")
        assert "青禾二队" in edit.text
        join = f"{HERE}/team/{TEAM_A2.hex()}/join"
        assert (await tian.get(join)).status_code == 200
        locum = {"staff": SU.hex(), "ground": "locum", "from_day": "2026-11-20"}
        faults = await tian.post(join, locum)
        assert (faults.status_code, "代班要写到哪一天" in faults.text) == (422, True)
        assert (await tian.post(join, locum | {"until_day": "2026-11-22"})).status_code == 303
        assert "代班到 11-22" in text_of(await tian.get(HERE))
        part = f"{HERE}/team/{TEAM_A2.hex()}/part"
        assert (await tian.post(part, staff=SU.hex())).status_code == 303
        assert "代班" not in text_of(await tian.get(HERE)).replace("加人或代班", "")


async def test_leaving_is_planned_and_undone_on_its_page(world: World) -> None:
    await offices(world)
    path = f"{HERE}/leave/{SU.hex()}"
    async with desk(world, TIAN) as tian:
        assert "1 个团队、0 件事、0 台平板" in text_of(await tian.get(path))
        bare = await tian.post(path, day="2026-12-01")
        assert (bare.status_code, "这个人有团队，请写由谁来接" in bare.text) == (422, True)
        typed = {"day": "2026-12-01", "successor": XIE.hex()}
        assert (await tian.post(path, typed)).status_code == 303
        assert "12-01 离职" in text_of(await tian.get(HERE))
        assert (await tian.post(f"{path}/undo")).status_code == 303
        assert "12-01" not in text_of(await tian.get(HERE))
        assert (await tian.post(f"{HERE}/leave/{QIN.hex()}", day="2026-11-20")).status_code == 303
        assert "秦霜降" not in text_of(await tian.get(HERE))
