"""Rescue files at the console: every batch of a file, line by line, whole or not at all."""

import dataclasses
import os
from hashlib import sha256

import httpx

from server.actions.accounts import sessions
from server.actions.tablets.rescue import MAGIC
from tests.console import CHEN, MA, TIAN, Desk, desk, offices, text_of
from tests.hand_tablet import HandTablet
from tests.world import HE, SU, TEAM_A, TEAM_B, YANG, ZHOU, World, enrol_by_hand

PATH = "/console/devices/rescue"


def packed(*envelopes: bytes) -> bytes:
    return MAGIC + b"".join(len(each).to_bytes(4) + each for each in envelopes)


async def sent(at: Desk, *files: tuple[str, bytes]) -> httpx.Response:
    return await at.client.post(
        PATH, data={"csrf": sessions.csrf_of(at.token)},
        files=[("file", each) for each in files],
    )  # fmt: skip


async def three(world: World, name: str = "07") -> tuple[HandTablet, list[bytes]]:
    """Three visits in three batches of one tablet that has had no network."""
    tablet = HandTablet(world, await enrol_by_hand(world, name, staff=SU, panels=(TEAM_A,)))
    made: list[bytes] = []
    for _ in range(3):
        raw = tablet.envelope(tablet.visit(ZHOU))
        made.append(raw)
        tablet = after(tablet, raw)
    return tablet, made


def after(tablet: HandTablet, raw: bytes) -> HandTablet:
    return dataclasses.replace(tablet, seq=tablet.seq + 1, prev=sha256(raw).digest())


async def visits(world: World) -> int:
    return await world.one("SELECT COUNT(*) FROM change WHERE device IS NOT NULL")


async def test_a_file_is_taken_batch_by_batch_and_a_second_time_adds_nothing(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    async with desk(world, TIAN) as tian:
        assert PATH in (await tian.get("/console/devices")).text
        assert "存救援文件" in text_of(await tian.get(PATH))
        page = text_of(await sent(tian, ("gongwei-07.gwr", packed(*made))))
        assert "3 批已在服务器" in page
        assert page.count("和联网上传一样处理了") == 3
        assert "1. gongwei-07.gwr" in page
        assert await visits(world) == 3
        page = text_of(await sent(tian, ("gongwei-07.gwr", packed(*made))))
        assert page.count("以前收过") == 3
        assert "批没收下" not in page
    assert await visits(world) == 3
    assert await world.one("SELECT COUNT(*) FROM audit_leaf WHERE what='act'") > 0


async def test_files_in_the_wrong_order_are_sorted_out(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    async with desk(world, TIAN) as tian:
        page = text_of(await sent(tian, ("b", packed(*made[1:])), ("a", made[0])))
        assert "3 批已在服务器" in page
        assert "缺前面的" not in page
    assert await visits(world) == 3


async def test_a_gap_stays_a_gap_and_says_what_to_do(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    async with desk(world, TIAN) as tian:
        page = text_of(await sent(tian, ("late", packed(*made[1:]))))
        assert "0 批已在服务器， 2 批没收下" in page
        assert page.count("先导入更早的救援文件") == 2
        assert await visits(world) == 0
        page = text_of(await sent(tian, ("all", packed(*made))))
        assert "3 批已在服务器" in page


async def test_a_file_cut_off_is_taken_up_to_there(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    async with desk(world, TIAN) as tian:
        page = text_of(await sent(tian, ("cut", packed(*made)[:-10])))
        assert "2 批已在服务器， 1 批没收下" in page
        assert "重新拷一份" in page
    assert await visits(world) == 2


async def test_what_is_not_of_here_is_told_and_changes_nothing(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    forged = bytearray(made[0])
    forged[-1] ^= 1
    async with desk(world, TIAN) as tian:
        for junk in (os.urandom(300), bytes(forged), b"GWR1" + bytes(4), "姓名,身份证".encode()):
            page = text_of(await sent(tian, ("x", junk)))
            assert "0 批已在服务器， 1 批没收下" in page
        assert (await sent(tian, ("empty", b""))).status_code == 422
    assert await visits(world) == 0


async def test_what_a_revoked_tablet_saved_waits_for_a_person(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    await world.store.write(lambda tx: tx.run("UPDATE device SET status='revoked'"))
    async with desk(world, TIAN) as tian:
        page = text_of(await sent(tian, ("07", packed(*made))))
        assert page.count("其中 1 条等人看") == 3


async def test_another_facilitys_tablet_is_taken_and_not_named(world: World) -> None:
    await offices(world)
    keys = await enrol_by_hand(world, "柳湾的平板", staff=HE, panels=(TEAM_B,))
    theirs = HandTablet(world, keys)
    raw = theirs.envelope(theirs.visit(YANG))
    async with desk(world, TIAN) as tian, desk(world, CHEN) as chen:
        page = text_of(await sent(tian, ("found", raw)))
        assert "别的机构的平板" in page
        assert "柳湾的平板" not in page
        assert "收下了" in page
        assert "柳湾的平板" in text_of(await sent(chen, ("found", raw)))


async def test_only_keepers_of_tablets_and_only_with_the_sessions_token(world: World) -> None:
    await offices(world)
    _, made = await three(world)
    for staff in (SU, MA):
        async with desk(world, staff) as other:
            assert (await other.get(PATH)).status_code == 403
            assert (await sent(other, ("07", packed(*made)))).status_code == 403
    async with desk(world, TIAN) as tian:
        for data in ({}, {"csrf": "x"}):
            answer = await tian.client.post(PATH, data=data, files={"file": ("07", packed(*made))})
            assert answer.status_code == 403
        cut = await tian.client.post(
            PATH, content=b"--b\r\nContent-Disposition: form-data; name=csrf\r\n\r\nx",
            headers={"content-type": "multipart/form-data; boundary=b"},
        )  # fmt: skip
        assert cut.status_code in (400, 403)
        many = [("file", (str(n), b"x")) for n in range(30)]
        answer = await tian.client.post(
            PATH, data={"csrf": sessions.csrf_of(tian.token)}, files=many
        )
        assert answer.status_code == 400
    assert await visits(world) == 0
