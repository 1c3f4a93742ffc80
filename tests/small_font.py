"""A font with the signs that this project writes, for what the tests draw.

A font of all Chinese signs takes a second to read and to cut for each PDF. This one is cut out of
it once, and holds every sign that stands in the project. Drawing goes the same way with it;
tests/test_pdf.py draws with the whole font.
"""

import fcntl
from hashlib import sha256
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from server.pages.passport import SC_FACE, NoFont, font_file
from server.pages.pdf import bold_of
from tests.postgres import REPOSITORY

WRITTEN_IN = ("server", "resident_portal", "tests")
WRITTEN_AS = {".py", ".toml", ".json", ".csv", ".j2"}


def small_font(folder: Path) -> str:
    """The file for regular letters, the bold ones beside it; made when the folder has none for
    these signs. "" where the system has no font to cut it from.
    """
    try:
        whole = font_file()
    except NoFont:
        return ""
    signs = "".join(sorted(_signs()))
    name = sha256(f"{whole} {whole.stat().st_size} {signs}".encode()).hexdigest()[:16]
    made = folder / f"{name}-Regular.otf"
    with (folder / "lock").open("w") as lock:  # several workers want it at the same moment
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _cut(bold_of(whole), signs, folder / f"{name}-Bold.otf")
            _cut(whole, signs, made)
    return str(made)


def _signs() -> set[str]:
    found: set[str] = set()
    for room in WRITTEN_IN:
        for path in (REPOSITORY / room).rglob("*"):
            if path.suffix in WRITTEN_AS:
                found.update(path.read_text("utf-8", "replace"))
    return found


def _cut(whole: Path, signs: str, to: Path) -> None:
    number = SC_FACE if whole.name.startswith("NotoSansCJK") else 0
    options = subset.Options(
        desubroutinize=True, hinting=False, layout_features=[], notdef_outline=True
    )
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE"]
    font = TTFont(whole, fontNumber=number, lazy=True)
    cutting = subset.Subsetter(options)
    cutting.populate(text=signs)
    cutting.subset(font)
    part = to.with_suffix(".part")
    font.save(part)
    part.replace(to)
