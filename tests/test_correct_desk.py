"""A correction at the desk: what the resident brought along is photographed and goes with it."""

import re

import httpx

from tests.console import Desk, desk, text_of
from tests.desk_page import hidden
from tests.pictures import a_photo
from tests.portal import phone
from tests.test_corrections import ready
from tests.world import SU, ZHOU, World

HERE = f"/console/archives/{ZHOU.hex()}/for"


async def sent(who: Desk, path: str, typed: dict[str, object], *files: bytes) -> httpx.Response:
    parts = [("file", ("药盒.jpg", each, "image/jpeg")) for each in files]
    csrf = hidden(await who.get(path), "csrf")
    return await who.client.post(path, data={"csrf": csrf, **typed}, files=parts)


async def test_a_photo_taken_at_the_desk_outlives_a_fault_and_is_seen_by_the_resident(
    world: World,
) -> None:
    await ready(world)
    path = f"{HERE}/correct/field/drug_allergy"
    async with desk(world, SU) as su:
        await su.post(HERE)
        form = hidden(await su.get(path), "id")
        typed: dict[str, object] = {"id": form, "drug_allergy": ["1"], "why": "1"}
        nobody = await sent(su, path, {**typed, "text": "药盒在这里"}, a_photo(90, 60))
        assert "选谁在场" in text_of(nobody)
        kept = re.findall(r'name="photo" value="([0-9a-f]{64})" checked', nobody.text)
        assert len(kept) == 1
        bad = await sent(su, path, {**typed, "photo": kept}, b"no picture at all")
        assert "照片 1 已经收到" in text_of(bad)
        people = re.findall(r'name="person" value="([^"]+)"', bad.text)
        typed |= {"person": people[0], "text": "药盒在这里", "photo": kept}
        typed["drug_allergy"] = ["3"]
        done = await sent(su, path, typed)
        assert done.status_code == 303, text_of(done)
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get(f"/portal/correct/{form}")
        assert f"/{kept[0]}" in page.text
