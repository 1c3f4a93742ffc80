"""Untrusted pictures: what comes through is dots, and whatever goes wrong is an answer."""

import asyncio
import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest
from PIL import Image

from server.actions.attachments.images import CHILD, Fault, Picture, picture_of
from tests.pictures import a_photo, png_that_claims


async def made(raw: bytes) -> Picture:
    found = await picture_of(raw)
    assert isinstance(found, Picture), found
    return found


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_comes_through_as_a_small_jpeg(form: str) -> None:
    found = await made(a_photo(2100, 1050, form=form))
    shown = Image.open(io.BytesIO(found.jpeg))
    assert (shown.format, shown.size) == ("JPEG", (2000, 1000))
    assert (found.width, found.height) == shown.size


async def test_where_it_was_taken_is_dropped_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "phone of somebody"
    exif.get_ifd(0x8825)[1] = "N"
    raw = a_photo(400, 200, exif=exif, comment=b"a remark")
    assert b"phone of somebody" in raw
    found = await made(raw)
    shown = Image.open(io.BytesIO(found.jpeg))
    assert shown.size == (200, 400)
    assert not shown.getexif()
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for word in (b"phone of somebody", b"a remark", b"Exif"):
        assert word not in found.jpeg


async def test_what_hangs_behind_a_picture_does_not_come_through() -> None:
    behind = io.BytesIO()
    with zipfile.ZipFile(behind, "w") as box:
        box.writestr("page.html", "<script>alert(1)</script>")
    found = await made(a_photo(64, 64) + b"%PDF-1.7 <html>" + behind.getvalue())
    assert not zipfile.is_zipfile(io.BytesIO(found.jpeg))
    for word in (b"%PDF", b"<html", b"<script", b"PK\x03\x04"):
        assert word not in found.jpeg


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", Fault.NOT_A_PICTURE),
        (b"%PDF-1.7\n1 0 obj", Fault.NOT_A_PICTURE),
        (b"GIF89a" + bytes(40), Fault.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Fault.NOT_A_PICTURE),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), Fault.HEIC),
        (b"\x00\x00\x00\x18ftypmif1" + bytes(40), Fault.HEIC),
        (b"\xff\xd8\xff" + bytes(200), Fault.BROKEN),
        (a_photo(300, 300)[:-2000], Fault.BROKEN),
        (bytes(8 * 1024 * 1024 + 1), Fault.TOO_LARGE),
        (png_that_claims(60_000, 60_000), Fault.TOO_MANY_PIXELS),
        (png_that_claims(7_072, 7_072), Fault.TOO_MANY_PIXELS),
    ],
)
async def test_what_is_no_picture_of_ours_is_named(raw: bytes, fault: Fault) -> None:
    assert await picture_of(raw) is fault


async def test_a_bomb_within_the_pixels_ends_in_its_child_and_the_next_picture_comes_through() -> (
    None
):
    """49 million dots with alpha of 16 bits: 50 kB here, hundreds of MB there."""
    bomb = png_that_claims(7_000, 7_000, depth=16, colour=6, honest=True)
    assert len(bomb) < 2_000_000
    found, after = await asyncio.gather(picture_of(bomb), picture_of(a_photo(64, 64)))
    assert isinstance(found, Picture) or found in (Fault.TOO_COSTLY, Fault.BROKEN)
    assert isinstance(after, Picture)


@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/hostname')",
        "open('/tmp/left-behind', 'w')",
        "import socket; socket.socket()",
        "import os; os.pipe()",
        "bytearray(2 << 30)",
    ],
)
def test_the_child_can_open_nothing_once_it_looks_at_a_picture(deed: str) -> None:
    code = f"import runpy, socket; m = runpy.run_path({str(CHILD)!r}); m['give_up'](); {deed}"
    call = [sys.executable, "-I", "-c", code]
    done = subprocess.run(call, check=False, capture_output=True, timeout=600)
    assert done.returncode == 1
    assert re.search(rb"(OSError|MemoryError|Too many open files)", done.stderr), done.stderr


async def test_a_text_block_that_inflates_for_ever_is_an_answer() -> None:
    text = b"Comment\x00\x00" + zlib.compress(bytes(200_000_000), 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + text))
    raw = a_photo(32, 32, form="PNG")
    assert await picture_of(raw[:33] + chunk + raw[33:]) is Fault.BROKEN
