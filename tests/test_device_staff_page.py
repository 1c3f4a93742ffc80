"""The manager adds a colleague to a tablet and ends one person's key, on the tablet's page."""

import re

from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.test_enrol_staff import further, post, to_digits
from tests.world import HE, QIN, SU, TEAM_A, TEAM_A2, TEAM_B, XIE, World, enrol_by_hand


async def test_a_colleague_is_added_on_the_page_of_the_tablet(world: World) -> None:
    await offices(world)
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    path = f"/console/devices/{keys.device.hex()}"
    async with desk(world, TIAN) as tian:
        page = (await tian.get(path)).text
        assert "添加同事" in page
        assert "/staff/end" not in page, "the only one is ended with the tablet"
        made = await tian.post(f"{path}/staff", {"staff": XIE.hex()})
        assert made.status_code == 303
        offer = made.headers["location"]
        shown = await tian.get(offer)
        assert "把同事加到平板上" in text_of(shown)
        assert "07，给谢芒种用" in text_of(shown)
        code = re.search(r"data-code>([^<]+)<", shown.text)
        assert code is not None
        new = further(world, keys, code[1])
        digits = await to_digits(world, new)
        assert "核对六位数字" in text_of(await tian.get(offer))
        assert (await tian.post(offer, {"digits": "1"})).status_code == 422
        done = await tian.post(offer, {"digits": digits})
        assert done.headers["location"] == f"{path}?done=joined"
        page = text_of(await tian.get(f"{path}?done=joined"))
        assert "同事加好了" in page
        assert new.on_poll(await post(world, new.poll())) is not None
        assert "同事加好了" in text_of(await tian.get(offer))
        ended = await tian.post(f"{path}/staff/end", {"staff": SU.hex()})
        assert ended.headers["location"] == f"{path}?done=key_ended"
        page = text_of(await tian.get(f"{path}?done=key_ended"))
        assert "别人照常用" in page
        await tian.post(f"{path}/staff/end", {"staff": XIE.hex()})
    assert await world.one("SELECT staff FROM device_key WHERE until IS NULL") == XIE


async def test_only_who_serves_all_its_teams_today_is_offered(world: World) -> None:
    await offices(world)
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    path = f"/console/devices/{keys.device.hex()}"
    async with desk(world, TIAN) as tian:
        page = (await tian.get(path)).text
        assert XIE.hex() in page
        assert QIN.hex() not in page, "serves no team"
        assert HE.hex() not in page, "another facility"
        for nobody in (QIN, HE):
            assert (await tian.post(f"{path}/staff", {"staff": nobody.hex()})).status_code == 403
        assert (await tian.post(f"{path}/staff", {"staff": ""})).status_code in (403, 404)
        await world.store.write(lambda tx: tx.run("UPDATE device SET restricted=?", True))
        assert (await tian.post(f"{path}/staff", {"staff": XIE.hex()})).status_code == 403
        await world.store.write(lambda tx: tx.run("UPDATE device SET restricted=?", False))
        both = await enrol_by_hand(world, "08", staff=SU, panels=(TEAM_A, TEAM_A2))
        page = text_of(await tian.get(f"/console/devices/{both.device.hex()}"))
        assert "没有别人今天服务" in page
    assert await world.rows("SELECT * FROM enrol_offer") == []


async def test_a_tablet_of_another_facility_takes_nobody_by_this_hand(world: World) -> None:
    await offices(world)
    keys = await enrol_by_hand(world, "21", staff=HE, panels=(TEAM_B,))
    path = f"/console/devices/{keys.device.hex()}/staff"
    async with desk(world, TIAN) as tian, desk(world, CHEN) as chen, desk(world, SU) as su:
        for person in (tian, su):
            assert (await person.post(path, {"staff": HE.hex()})).status_code == 403
            assert (await person.post(f"{path}/end", {"staff": HE.hex()})).status_code == 403
        assert (await chen.post(path, {"staff": HE.hex()})).status_code == 303
