"""Decodes one picture and encodes it again, in a process of its own that can do nothing else.

Started by images.py as a file, with `-I`, so it imports nothing of ours. Bytes in on stdin, one
line of JSON and a JPEG out on stdout. Before the first byte of the picture is looked at it
gives up memory, time, processes, and the opening of any file or socket: what a hostile picture
could make of a decoder ends here. Whatever happens is told by the line, or by there being none.
"""

import io
import json
import resource
import sys

from PIL import (
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

MEMORY = 1024 * 1024 * 1024
SECONDS = 10
MOST_PIXELS = 50_000_000
SIDE = 2_000
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")
# What decoding would import when it is too late to open a file.
USED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)


def give_up() -> None:
    """From here on nothing can be opened, started or written but the three pipes."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (most, most))


def made_again(raw: bytes) -> tuple[str, bytes, tuple[int, int]]:
    """(fault or "", JPEG, width and height): upright, at most SIDE, no metadata of any kind."""
    try:
        picture = Image.open(io.BytesIO(raw), formats=FORMATS)
    except Image.DecompressionBombError:
        return "too_many_pixels", b"", (0, 0)
    if picture.width * picture.height > MOST_PIXELS:
        return "too_many_pixels", b"", (0, 0)
    picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    upright = ImageOps.exif_transpose(picture)
    if "A" in upright.getbands() or "transparency" in upright.info:
        upright = upright.convert("RGBA")
    # A fresh picture: of the old one only its dots come along, no comment, place or profile.
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright if upright.mode == "RGBA" else None)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=QUALITY, optimize=True)
    return "", out.getvalue(), clean.size


def main() -> None:
    raw = sys.stdin.buffer.read()
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses what has twice as many
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    give_up()
    try:
        fault, jpeg, size = made_again(raw)
    except MemoryError:
        fault, jpeg, size = "too_costly", b"", (0, 0)
    except Exception:  # noqa: BLE001 (whatever a decoder makes of hostile bytes is one answer)
        fault, jpeg, size = "broken_picture", b"", (0, 0)
    said = {"fault": fault, "width": size[0], "height": size[1], "bytes": len(jpeg)}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + jpeg)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
