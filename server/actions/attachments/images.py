"""From untrusted bytes to a picture of ours: recognised by content, decoded and encoded again by a
child process that is limited and killed when it takes too long (image_child.py).

Nothing but dots comes through: position, camera and comments are dropped, what was hung on behind
the picture is gone. A child that crashes or is killed is an answer about the picture, not a fault.
"""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Timer
from typing import Final

import msgspec

CHILD: Final = Path(__file__).with_name("image_child.py")
WAIT_S: Final = 60  # wall clock, on a machine with other work; its own limit is 10 s of computing
BYTES_MOST: Final = 8 * 1024 * 1024
OUT_MOST: Final = 16 * 1024 * 1024
AT_ONCE: Final = 2  # children of this process, each of up to 1 GiB
JPEG: Final = "image/jpeg"
_HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class Fault(StrEnum):
    """Why a picture is not taken. Codes stand in sync/PROTOCOL.md 8.9."""

    TOO_LARGE = "too_large"
    HEIC = "heic"
    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    BROKEN = "broken_picture"
    TOO_COSTLY = "too_costly"


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of at most 2,000 by 2,000, upright, without metadata."""

    jpeg: bytes
    width: int
    height: int


class _Said(msgspec.Struct, frozen=True):
    fault: str
    width: int
    height: int
    bytes: int


def recognised(raw: bytes) -> Fault | None:
    """By its first bytes, never by its name or what somebody says it is. None: JPEG, PNG, WebP."""
    if raw[:3] == b"\xff\xd8\xff" or raw[:8] == b"\x89PNG\r\n\x1a\n":
        return None
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return None
    if raw[4:8] == b"ftyp" and raw[8:12] in _HEIC:
        return Fault.HEIC
    return Fault.NOT_A_PICTURE


async def picture_of(raw: bytes) -> Picture | Fault:
    """The picture made anew, or why not."""
    if len(raw) > BYTES_MOST:
        return Fault.TOO_LARGE
    fault = recognised(raw)
    if fault is not None:
        return fault
    out = await asyncio.get_running_loop().run_in_executor(_POOL, _run, raw)
    line, _, jpeg = out.partition(b"\n")
    try:
        said = msgspec.json.decode(line, type=_Said)
        if said.fault:
            return Fault(said.fault)
    except (msgspec.MsgspecError, ValueError):
        return Fault.TOO_COSTLY  # killed, or crashed, before it could say anything
    if len(jpeg) != said.bytes:
        return Fault.TOO_COSTLY
    return Picture(jpeg, said.width, said.height)


_POOL: Final = ThreadPoolExecutor(AT_ONCE, "pictures")


def _run(raw: bytes) -> bytes:
    """What the child wrote; nothing of a child that did not end well, in time and in bounds."""
    with subprocess.Popen(  # noqa: S603 (this interpreter, a file of ours, no argument)
        [sys.executable, "-I", str(CHILD)], env={}, cwd="/", stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        watch = Timer(WAIT_S, child.kill)
        watch.start()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(raw)
            child.stdin.close()
            out = child.stdout.read(OUT_MOST + 1)
        except OSError:
            return b""  # it ended before it had read everything
        finally:
            child.kill()
            watch.cancel()
    return out if len(out) <= OUT_MOST else b""
