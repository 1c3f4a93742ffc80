"""The second decoder: Debian's libzbar0. `python -m tests.zbar` makes sure that it is there, and
installs it if not.
"""

import os
import shutil
import subprocess
import sys
from ctypes.util import find_library

from PIL import Image

PACKAGE = "libzbar0"
HOW = (
    f"The tests of codes need zbar's library: apt install {PACKAGE} (elsewhere: zbar), then run "
    "make test again."
)


def install() -> None:
    """Brings what is missing; raises SystemExit with what to do where that cannot be."""
    if find_library("zbar"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(HOW)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE],
    ):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{HOW}\n{done.stderr.strip()[-500:]}")
    if not find_library("zbar"):
        raise SystemExit(HOW)


def read_by_zbar(image: Image.Image) -> list[str]:
    """Every QR code that zbar finds."""
    from pyzbar.pyzbar import ZBarSymbol, decode  # it looks for the library when it is imported

    found = decode(image, symbols=[ZBarSymbol.QRCODE])
    return [each.data.decode() for each in found]


if __name__ == "__main__":
    install()
    print(f"zbar: {find_library('zbar')}", file=sys.stderr)
