"""不对: the forms, what follows, and the way back, on a phone without a script."""

import re
from typing import Any

import pytest

from server.actions.residents import visits
from server.pages.correcting import UNASKED, topic_of, topics
from server.records.kinds import REGISTER
from server.rules.corrections import Lane, lane_of
from tests.pictures import a_photo
from tests.portal import Phone, bind, phone, text_of
from tests.world import ZHOU, World, an_id

RECORD = an_id("去年的随访").hex()


def filled(page: Any) -> dict[str, list[str]]:
    """What a browser would send of the page's form without touching anything."""
    form = page.text.partition('enctype="multipart/form-data"')[2].partition("</form>")[0]
    typed: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        kind = re.search(r'type="(\w+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        choice = kind is not None and kind[1] in ("radio", "checkbox")
        if name is None or name[1] in ("csrf", "file") or (choice and " checked" not in tag):
            continue
        typed.setdefault(name[1], []).append(value[1] if value else "")
    return typed


async def send(
    one: Phone, path: str, typed: dict[str, list[str]], *files: bytes, **changed: Any
) -> Any:
    data: dict[str, Any] = {"csrf": visits.form_token(one.token), **typed, **changed}
    parts = [("file", ("照片.jpg", each, "image/jpeg")) for each in files]
    some = parts or [("file", ("", b"", "application/octet-stream"))]
    return await one.client.post(path, data=data, files=some)


def test_every_value_a_resident_may_put_right_stands_on_one_form_of_one_lane_and_class() -> None:
    held = [each.name for topic in topics() for each in topic.fields]
    assert len(held) == len(set(held))
    assert set(held) == {each.name for each in REGISTER.fields if lane_of(each) is not None}
    for topic in topics():
        assert {lane_of(each) for each in topic.fields} == {topic.lane}, topic.name
        assert {each.access for each in topic.fields} == {topic.access}, topic.name
        assert topic_of(topic.name) == topic
    assert {each for each in UNASKED if topic_of(each) is not None} == UNASKED


async def test_every_form_opens_and_the_same_again_is_no_correction(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        every = await zhou.get("/portal/correct")
        assert every.status_code == 200
        assert int(every.headers["content-length"]) < 15_000
        for topic in topics():
            path = f"/portal/correct/field/{topic.name}"
            page = await zhou.get(path)
            if topic.access.value == "B":
                assert page.status_code == 404, topic.name  # not explained yet
                continue
            assert page.status_code == 200, topic.name
            assert "最迟" in text_of(page)
            again = await send(zhou, path, filled(page))
            assert again.status_code == 422, topic.name
            if topic.lane is not Lane.COMMENT:
                assert "和档案里的一样" in text_of(again) or "为什么" in text_of(again)
        assert (await zhou.get("/portal/correct/field/archive_status")).status_code == 404
        assert (await zhou.get("/portal/correct/field/address_region")).status_code == 303


async def test_all_faults_at_once_nothing_typed_lost_and_the_photo_stays(world: World) -> None:
    await bind(world, ZHOU)
    path = "/portal/correct/field/drug_allergy"
    async with phone(world, ZHOU) as zhou:
        typed = filled(await zhou.get(path))
        heic = b"\x00\x00\x00\x18ftypheic" + bytes(99)
        bad = await send(
            zhou, path, typed, heic, drug_allergy=["2", "3"], drug_allergy_other="头" * 101,
            text="吃了嘴唇肿",
        )  # fmt: skip
        assert bad.status_code == 422
        said = text_of(bad)
        assert "还差 3 处" in said
        assert "HEIC" in said
        assert "吃了嘴唇肿" in bad.text
        assert filled(bad)["drug_allergy"] == ["2", "3"]
        photo = await send(
            zhou, path, filled(bad), a_photo(90, 60), drug_allergy_other="", text="吃了嘴唇肿"
        )
        assert photo.status_code == 422, "the reason is still missing"
        kept = filled(photo)
        assert len(kept["photo"]) == 1
        done = await send(zhou, path, kept, why="1", text="吃了嘴唇肿", drug_allergy_other="")
        assert done.status_code == 303, text_of(done)
        status = await zhou.get(done.headers["location"])
        assert "最迟12月5日答复（还有 15 天）" in text_of(status)
        assert "磺胺" in text_of(status)
        (picture,) = re.findall(r'href="(/portal/correct/\w+/photo/\w+)"', status.text)
        assert (await zhou.get(picture)).headers["content-type"] == "image/jpeg"
        basics = await zhou.get("/portal/archive")
        assert done.headers["location"] in basics.text, "the mark beside the value leads here"
        assert "更正过敏史" in text_of(await zhou.get("/portal/"))
        again = await send(zhou, path, filled(await zhou.get(path)), why="1", drug_allergy=["4"])
        assert again.status_code == 422
        assert done.headers["location"] in again.text
        back = await zhou.post(f"{done.headers['location']}/withdraw")
        assert back.status_code == 303
        assert "您撤回了" in text_of(await zhou.get(done.headers["location"]))


async def test_a_number_is_changed_at_once_and_its_faults_are_those_of_the_form(
    world: World,
) -> None:
    await bind(world, ZHOU)
    path = "/portal/correct/field/phone"
    async with phone(world, ZHOU) as zhou:
        typed = filled(await zhou.get(path))
        short = await send(zhou, path, typed, phone="abc", why="3")
        assert short.status_code == 422
        assert 'value="abc"' in short.text
        done = await send(zhou, path, typed, phone="13900000009", why="3")
        assert done.status_code == 303
        assert "已经照您说的改好" in text_of(await zhou.get(done.headers["location"]))
        undone = await zhou.post(f"{done.headers['location']}/withdraw")
        assert undone.status_code == 303
    shown = await world.rows("SELECT lane, state, outcome FROM correction")
    assert shown == [("change", "withdrawn", "withdrawn")]


async def test_words_beside_a_record_and_lists_with_items(world: World) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        path = f"/portal/correct/record/{RECORD}"
        page = await zhou.get(path)
        assert "原来的记录不动" in text_of(page)
        empty = await send(zhou, path, filled(page))
        assert "还差 2 处" in text_of(empty)
        done = await send(zhou, path, filled(empty), field="sbp", why="2", text="那天刚爬完楼")
        assert done.status_code == 303
        assert done.headers["location"] in (await zhou.get(f"/portal/archive/record/{RECORD}")).text
        path = "/portal/correct/field/hx_surgery"
        page = await zhou.get(path)
        added = await send(
            zhou, path, filled(page), hx_surgery="2", hx_surgery_list_new="阑尾切除",
            hx_surgery_list_since="2011-05", why="1",
        )  # fmt: skip
        assert added.status_code == 303, text_of(added)
        assert "阑尾切除" in text_of(await zhou.get(added.headers["location"]))


@pytest.mark.parametrize("name", ["zz", "00" * 16, RECORD])
async def test_an_id_of_nobody_is_answered_like_one_of_somebody_else(
    world: World, name: str
) -> None:
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou:
        for path in (f"/portal/correct/{name}", f"/portal/correct/{name}/photo/{'00' * 32}"):
            assert (await zhou.get(path)).status_code == 404
        for what in ("withdraw", "reply", "appeal"):
            answer = await zhou.post(f"/portal/correct/{name}/{what}", appeal="x", reply="x")
            assert answer.status_code == 404
