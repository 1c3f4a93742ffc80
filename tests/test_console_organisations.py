"""Pages of organisations without a browser: what each role sees, forms with faults, lists."""

import httpx

from server.actions.accounts import sessions
from tests.console import CHEN, COUNTY_OFFICE, MA, TIAN, Desk, desk, offices, text_of
from tests.test_organisations import book, start
from tests.world import LIUWAN, QIN, QINGHE, World

LIST = "/console/organisation-list"


async def upload(who: Desk, data: bytes, name: str = "list.xlsx") -> httpx.Response:
    token = sessions.csrf_of(who.token)
    return await who.client.post(LIST, data={"csrf": token}, files={"file": (name, data)})


async def test_everybody_reads_the_tree_and_only_the_county_is_offered_to_change_it(
    world: World,
) -> None:
    await offices(world)
    for who, offered in ((CHEN, True), (MA, False), (QIN, False)):
        async with desk(world, who) as made:
            answer = await made.get("/console/organisations")
            assert "青禾镇卫生院" in text_of(answer)
            assert ("新设机构" in text_of(answer)) is offered
            one = await made.get(f"/console/organisations/{LIUWAN.hex()}")
            assert ("修改" in text_of(one)) is offered


async def test_a_form_with_faults_keeps_what_was_typed_and_names_them_all(world: World) -> None:
    await offices(world)
    async with desk(world, CHEN) as chen:
        new = f"/console/organisations/{COUNTY_OFFICE.hex()}/new"
        assert (await chen.get(new)).status_code == 200
        typed = {"name": "石桥镇卫生院", "code": "???", "level": "facility", "areas": "37 石桥"}
        answer = await chen.post(new, typed)
        assert answer.status_code == 422
        text = answer.text
        assert all(each in text for each in ("机构代码的格式不对", "选性质", "37 石桥", "石桥镇"))
        good = typed | {"code": "SQ01", "ownership": "public", "published": "1",
                        "areas": "371002103001 石桥村", "services": ["archive"]}  # fmt: skip
        done = await chen.post(new, good)
        assert done.status_code == 303
        page = await chen.get(done.headers["location"])
        assert all(each in text_of(page) for each in ("石桥村", "居民健康档案", "SQ01"))
        edit = await chen.get(done.headers["location"] + "/edit")
        assert "371002103001 石桥村" in edit.text


async def test_a_manager_changes_nothing_outside_the_own_facility(world: World) -> None:
    await offices(world)
    async with desk(world, TIAN) as tian:
        for path in (f"{LIUWAN.hex()}/new", f"{LIUWAN.hex()}/edit", f"{QINGHE.hex()}/edit",
                     f"{COUNTY_OFFICE.hex()}/new", f"{QINGHE.hex()}/close"):  # fmt: skip
            assert (await tian.get(f"/console/organisations/{path}")).status_code == 403, path
            assert (await tian.post(f"/console/organisations/{path}")).status_code == 403, path
        assert (await tian.get(f"/console/organisations/{QINGHE.hex()}/new")).status_code == 200


async def test_a_list_is_sent_looked_at_and_taken_over_once(world: World) -> None:
    await offices(world)
    async with desk(world, CHEN) as chen, desk(world, TIAN) as tian:
        assert "上级代码" in text_of(await chen.get(LIST))
        sent = await upload(chen, start())
        assert sent.status_code == 303
        place = sent.headers["location"]
        assert (await tian.get(place)).status_code == 403
        assert "可以写入" in text_of(await chen.get(place))
        done = await chen.post(f"{place}/take")
        assert "/console/invite/" in done.text
        assert "tianlq" in text_of(done)
        assert (await chen.post(f"{place}/take")).status_code == 403


async def test_a_file_that_is_no_list_is_said_on_the_page(world: World) -> None:
    await offices(world)
    async with desk(world, CHEN) as chen:
        for data in (b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"PK\x03\x04broken"):
            answer = await upload(chen, data)
            assert (answer.status_code, "有 1 处要改" in answer.text) == (422, True)
        large = await upload(chen, b"a" * (4 * 1024 * 1024 + 1))
        assert (large.status_code, "4 MB" in large.text) == (422, True)
        huge = await upload(chen, b"a" * (5 * 1024 * 1024))
        assert huge.status_code == 413
        bad = await upload(chen, book(organisations=[("Q", "青禾", "医院", *[""] * 6)]))
        faults = await chen.get(bad.headers["location"])
        assert (faults.status_code, "有 2 处要改，这次什么都没有写" in faults.text) == (422, True)


async def test_the_templates_pass_their_own_checks(world: World) -> None:
    await offices(world)
    async with desk(world, CHEN) as chen:
        for name in ("lists.xlsx", "organisations.csv"):
            file = await chen.get(f"{LIST}/template/{name}")
            assert file.headers["content-disposition"].startswith("attachment")
            sent = await upload(chen, file.content, name)
            assert "可以写入" in text_of(await chen.get(sent.headers["location"])), name
        assert (await chen.get(f"{LIST}/template/passwd")).status_code == 403


async def test_a_closing_is_foretold_planned_and_undone_on_its_page(world: World) -> None:
    await offices(world)
    path = f"/console/organisations/{QINGHE.hex()}/close"
    async with desk(world, CHEN) as chen:
        assert "4 位要由人来分" in text_of(await chen.get(path))
        assert (await chen.post(path, day="2026-11-01")).status_code == 422
        assert (await chen.post(path, day="2026-12-01")).status_code == 303
        assert "2026-12-01 起停办" in text_of(await chen.get(path))
        assert (await chen.post(f"{path}/undo")).status_code == 303
        page = await chen.get(f"/console/organisations/{QINGHE.hex()}")
        assert "公布，居民可以选" in text_of(page)
