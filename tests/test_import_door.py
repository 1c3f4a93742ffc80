"""The door of an upload: its token, its size, its place, and that nothing readable is left."""

import pytest

from server.actions.accounts import sessions
from server.actions.lists import import_run
from server.actions.lists.import_upload import receive
from server.actions.lists.imports import XLSX_MAX, FileTooLarge, importer_of
from tests.console import CHEN, MA, TIAN, desk, text_of
from tests.lists import HEADINGS, county, endings, signed, upload
from tests.world import SU, World

LIST = f"{HEADINGS}\n许清和,男,1955-03-12,,13812345678,,,,,\n".encode()


async def test_an_upload_without_the_sessions_token_is_refused_and_leaves_nothing(
    world: World,
) -> None:
    await county(world)
    async with desk(world, CHEN) as chen:
        for data in ({"kind": "basic_info"}, {"csrf": "x", "kind": "basic_info"}):
            sent = await chen.client.post(
                "/console/imports", data=data, files={"file": ("a.csv", LIST)}
            )
            assert sent.status_code == 403
        cut = await chen.client.post(
            "/console/imports",
            content=b"--b\r\nContent-Disposition: form-data; name=csrf\r\n\r\nx",
            headers={"content-type": "multipart/form-data; boundary=b"},
        )
        assert cut.status_code in (400, 403)
        plain = await chen.post("/console/imports", kind="basic_info")
        assert plain.status_code == 403
    assert not await world.rows("SELECT 1 FROM import_job")


async def test_an_upload_arrives_sealed_and_is_shown_to_its_own_place_only(world: World) -> None:
    await county(world)
    async with desk(world, CHEN) as chen:
        token = sessions.csrf_of(chen.token)
        sent = await chen.client.post(
            "/console/imports",
            data={"csrf": token, "kind": "basic_info"},
            files={"file": ("../../etc/名单\x00.csv", LIST)},
        )
        assert sent.status_code == 303
        where = sent.headers["location"]
        shown = await chen.get(where)
        assert "许清和" in text_of(shown)
        assert "13812345678" not in shown.text
        assert "…5678" in shown.text
        assert "etc" not in text_of(shown)
        async with desk(world, TIAN) as tian:
            assert (await tian.get(where)).status_code == 403
            for step in ("start", "stop", "delete", "columns", "mapping"):
                assert (await tian.post(f"{where}/{step}")).status_code == 403
            assert (await tian.get(f"{where}/result")).status_code == 403
        for staff in (SU, MA):
            async with desk(world, staff) as other:
                assert (await other.get(where)).status_code == 403
                assert (await other.get("/console/imports")).status_code == 403
    sealed = await world.rows("SELECT sealed FROM import_chunk")
    heads = await world.rows("SELECT sealed_head FROM import_job")
    assert sealed
    assert not any("许清和".encode() in row[0] for row in (*sealed, *heads))


async def test_a_result_file_neutralises_formulas(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    job = await upload(world, who, f"{HEADINGS},备注\n@许清和,男,1955-03-12,,,,,,,,+1-2\n".encode())
    async with desk(world, CHEN) as chen:
        await chen.post(f"/console/imports/{job.id.hex()}/start")
        await import_run.run(world.site)
        file = await chen.get(f"/console/imports/{job.id.hex()}/result")
        assert file.headers["content-disposition"].startswith("attachment")
        text = file.content.decode("utf-8-sig")
        assert "'@许清和" in text
        assert "'+1-2" in text
    assert await endings(world, job)


async def test_a_file_past_its_size_is_refused_while_it_arrives(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    taking = await receive(world.site, importer_of(who), kind="basic_info", name="a")
    block = b"PK\x03\x04" + bytes(4 * 1024 * 1024)
    for _ in range(XLSX_MAX // len(block)):
        await taking.take(block)
    with pytest.raises(FileTooLarge):
        await taking.take(block)
    await taking.drop()
    assert not await world.rows("SELECT 1 FROM import_chunk")
    assert not await world.rows("SELECT 1 FROM import_job")
