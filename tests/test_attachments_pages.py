"""Pictures on pages: in an archive through the gate, in the form and on the page of a facility's
own work.
"""

import io
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from server.actions.accounts import sessions
from server.records.kinds import get
from tests.cast_forms import good
from tests.console import CHEN, MA, Desk, desk, offices, text_of
from tests.photo_calls import door, visit_with
from tests.pictures import a_photo
from tests.test_attachments import at_home
from tests.test_console_desk import typed_from
from tests.world import HE, QIN, QINGHE, SU, ZHOU, World

SMALL = a_photo(90, 60)


def size_of(page: httpx.Response) -> tuple[int, int]:
    assert page.headers["content-type"] == "image/jpeg"
    assert page.headers["cache-control"] == "no-store"
    return Image.open(io.BytesIO(page.content)).size


async def test_a_picture_is_on_its_way_and_then_in_the_archive_for_those_whom_the_gate_lets_in(
    world: World,
) -> None:
    await offices(world)
    archive = f"/console/archive/{ZHOU.hex()}"
    async with door(world) as home:
        su = await at_home(world, home)
        _, (named,) = visit_with(su, ZHOU, SMALL)
        await su.settle()
        picture = f"{archive}/photos/{named.id.hex()}"
        async with desk(world, SU) as doctor:
            page = await doctor.get(archive)
            assert "照片还在路上" in text_of(page)
            assert picture not in page.text
            assert (await doctor.get(picture)).status_code == 404
            await home.deliver(su.tablet)
            page = await doctor.get(archive)
            assert f'src="{picture}"' in page.text
            assert size_of(await doctor.get(picture)) == (90, 60)
            for wrong in ("00" * 32, "zz", named.id.hex().upper() + "0"):
                assert (await doctor.get(f"{archive}/photos/{wrong}")).status_code == 404
        async with desk(world, HE) as elsewhere:
            refused = await elsewhere.get(picture)
            assert refused.status_code == 403
            assert b"JFIF" not in refused.content
        async with desk(world, QIN) as colleague:
            asked = await colleague.get(picture)
            assert (asked.status_code, asked.headers["location"]) == (303, archive)
        grounds = await world.rows("SELECT staff, ground FROM access_log ORDER BY entry")
        assert [row[0] for row in grounds] == [SU, HE, QIN]
        assert grounds[0][1] == "own_panel" or not grounds[0][1].startswith("refused")
        assert all(row[1].startswith("refused") for row in grounds[1:])


async def test_staff_without_the_scope_see_no_restricted_picture(world: World) -> None:
    await offices(world)
    async with door(world) as home:
        su = await at_home(world, home, restricted=True)
        _, (named,) = visit_with(su, ZHOU, SMALL, kind="tb_followup")
        await su.settle()
        await home.deliver(su.tablet)
        path = f"/console/archive/{ZHOU.hex()}"
        async with desk(world, SU) as unscoped:
            assert named.id.hex() not in (await unscoped.get(path)).text
            assert (await unscoped.get(f"{path}/photos/{named.id.hex()}")).status_code == 404
        await world.store.write(
            lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, SU)
        )
        async with desk(world, SU) as scoped:
            assert size_of(await scoped.get(f"{path}/photos/{named.id.hex()}")) == (90, 60)


async def send(who: Desk, page: str, form: dict[str, list[str]], *files: bytes) -> httpx.Response:
    """The form of a page as a browser sends it, with files."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    action = re.search(r'<form id="work-form"[^>]* action="([^"]+)"', page)
    assert action is not None
    told = {**hidden, "csrf": sessions.csrf_of(who.token), **form}
    return await who.client.post(
        action[1], data=told, files=[("file", (f"{n}.jpg", raw)) for n, raw in enumerate(files)]
    )


@pytest.fixture
async def doctor(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    async with desk(world, SU) as made:
        yield made


async def test_a_talk_has_its_photos_which_stay_or_go_with_a_correction(
    world: World, doctor: Desk
) -> None:
    kind = get("health_education", 1)
    body = {k: v for k, v in good("health_education").items() if k != "photos"} | {"photo_count": 3}
    form = typed_from(kind.fields, body) | {"service_day": ["2026-11-19"]}
    new = (await doctor.get(f"/console/work/of/{QINGHE.hex()}/new/health_education")).text
    heic = b"\x00\x00\x00\x18ftypheic" + bytes(99)
    faulty = await send(doctor, new, form, SMALL, heic, bytes(10 * 1024 * 1024))
    assert faulty.status_code == 422
    assert "第 2 张照片：是 HEIC 格式" in text_of(faulty)
    assert "第 3 张照片：超过 8 MB" in text_of(faulty)
    kept = re.findall(r'name="photo" value="(\w+)" checked', faulty.text)
    assert len(kept) == 1, "the good one need not be chosen again"
    form["doctor"] = [SU.hex()]
    saved = await send(doctor, faulty.text, {**form, "photo": kept}, SMALL)
    assert saved.status_code == 303, text_of(saved)
    record = saved.headers["location"]
    page = await doctor.get(record)
    pictures = re.findall(r'<img src="([^"]+)"', page.text)
    assert len(pictures) == 2
    assert [size_of(await doctor.get(each)) for each in pictures] == [(90, 60)] * 2
    amend = (await doctor.get(f"{record}/amend")).text
    assert len(re.findall(r'name="photo" value="(\w+)" checked', amend)) == 2
    stays = pictures[1].rpartition("/")[2]
    again = await send(doctor, amend, {**form, "photo": [stays], "reason": ["少放一张"]})
    assert again.status_code == 303, text_of(again)
    after = await doctor.get(again.headers["location"])
    shown = re.findall(r'<img src="([^"]+)"', after.text)
    assert [each.rpartition("/")[2] for each in shown] == [stays]
    assert size_of(await doctor.get(shown[0])) == (90, 60)
    assert (await doctor.get(shown[0].replace(stays, kept[0]))).status_code == 404
    for staff, status in ((CHEN, 200), (MA, 200), (HE, 403)):
        async with desk(world, staff) as other:
            assert (await other.get(shown[0])).status_code == status
    assert await world.one("SELECT COUNT(*) FROM attachment WHERE state='loose'") == 0


async def test_what_was_typed_beside_a_picture_is_kept_when_the_session_ran_out(
    world: World, doctor: Desk
) -> None:
    path = f"/console/work/of/{QINGHE.hex()}/new/supervision_patrol"
    page = (await doctor.get(path)).text
    world.clock.pass_(hours=9)
    sent = await send(doctor, page, {"site": ["第二小学食堂"]}, SMALL)
    assert sent.headers["location"].endswith("why=kept")
    assert await world.one("SELECT COUNT(*) FROM draft") == 1
    assert await world.one("SELECT COUNT(*) FROM attachment") == 0


async def test_a_form_with_pictures_needs_the_sessions_token_and_holds_four(doctor: Desk) -> None:
    path = f"/console/work/of/{QINGHE.hex()}/new/supervision_patrol"
    page = (await doctor.get(path)).text
    assert (await send(doctor, page, {"csrf": ["other"]}, SMALL)).status_code == 403
    assert (await send(doctor, page, {}, *[SMALL] * 5)).status_code == 413
    foreign = await doctor.client.post(path, content=b"x", headers={"content-type": "text/plain"})
    assert foreign.status_code == 403
