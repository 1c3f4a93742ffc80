"""What the fuzz has found, each by its name."""

import io
import warnings
import zipfile

import pytest

from server.actions.accounts import sessions
from server.actions.residents import exporting
from server.actions.residents.export_check import NoArchive, checked
from sync.hall_wire import code_list, hall_row
from sync.wire_types import Malformed
from tests.console import CHEN, desk, offices
from tests.portal import bind, phone
from tests.test_export import files_of, taken
from tests.world import ZHOU, World


@pytest.mark.parametrize("charset", ["", "; charset=nothing", "; charset=hex", "; charset=utf-16"])
async def test_a_part_that_is_no_text_of_its_charset_is_malformed_and_no_fault_of_the_server(
    world: World, charset: str
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    kind = {"content-type": "multipart/form-data; boundary=edge"}
    head = b'--edge\r\ncontent-disposition: form-data; name="'
    async with desk(world, CHEN) as chen, phone(world, ZHOU) as own:
        token = sessions.csrf_of(chen.token).encode()
        body = head + b'csrf"\r\n\r\n' + token + b"\r\n" + head + b'q"\r\n'
        body += (
            f"content-type: text/plain{charset}\r\n\r\n".encode() + b"\xc8\x00\xd8\r\n--edge--\r\n"
        )
        for client, path in ((chen.client, "/console/notices"), (own.client, "/portal/export")):
            answer = await client.post(path, content=body, headers=kind)
            assert answer.status_code in (400, 405), path
        assert (
            await own.client.post("/portal/export", content=body, headers=kind)
        ).status_code == 400


def test_a_row_or_a_list_of_a_checkup_day_that_is_nested_without_end_is_malformed() -> None:
    deep = b'{"who":"AAAAAAAAAAAAAAAAAAAAAA==","status":"invited","state":' + b"[" * 100_000
    for read in (hall_row, code_list):
        with pytest.raises(Malformed, match="not a valid"):
            read(deep)


async def test_an_archive_whose_package_is_broken_in_any_way_is_named_so(world: World) -> None:
    await bind(world, ZHOU)
    _, raw = await taken(world)
    keys = await exporting.signing_keys(world.site)
    middle = raw.index(b"archive.json") + 600
    broken = raw[:middle] + bytes(64) + raw[middle + 64 :]
    locked = bytearray(raw)
    locked[raw.index(b"PK\x01\x02") + 8] |= 1  # says that it has a password
    for each in (broken, bytes(locked), raw[:-30], _with(raw, "manifest.json", b"[" * 100_000),
                 _with(raw, "manifest.json", b'{"files":[],"made_at":1}'),
                 _with(raw, "manifest.json", b'{"files":{},"made_at":1e300}')):  # fmt: skip
        with pytest.raises(NoArchive, match="not an archive of this system"):
            checked(each, keys)


async def test_an_archive_with_two_files_of_one_name_is_not_believed(world: World) -> None:
    """Two programs would unpack two archives out of it."""
    await bind(world, ZHOU)
    _, raw = await taken(world)
    keys = await exporting.signing_keys(world.site)
    assert checked(raw, keys).faults == ()
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as packing:
        warnings.simplefilter("ignore")
        packing.writestr("index.html", b"another life")
        for name, content in files_of(raw).items():
            packing.writestr(name, content)
    with pytest.raises(NoArchive):
        checked(out.getvalue(), keys)


def _with(raw: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packing:
        for each, old in files_of(raw).items():
            packing.writestr(each, content if each == name else old)
    return out.getvalue()
