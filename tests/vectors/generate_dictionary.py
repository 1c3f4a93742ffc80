"""Write the tablet app's copy of the dictionary: `python -m tests.vectors.generate_dictionary`.

A browser cannot import a text, and the app starts without a network, so the text of
crypto/dictionary_1.txt stands in one of its modules a second time.
"""

import unicodedata
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent.parent.parent
SOURCE: Final = HERE / "crypto" / "dictionary_1.txt"
TARGET: Final = HERE / "sync" / "tablet_web" / "app" / "words" / "zh" / "dictionary.js"
_HEAD: Final = """\
// What small bodies are full of (crypto/SPEC.md 2.6). Exports: DICTIONARY. Written by
// python -m tests.vectors.generate_dictionary.

export const DICTIONARY =
"""
_COLUMNS: Final = 90


def module() -> str:
    lines, width = [""], 0
    for sign in SOURCE.read_text(encoding="utf-8"):
        columns = 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if width + columns > _COLUMNS:
            lines.append("")
            width = 0
        lines[-1] += sign
        width += columns
    return _HEAD + " +\n".join(f"  {_quoted(line)}" for line in lines) + ";\n"


def _quoted(line: str) -> str:
    mark = "'" if '"' in line else '"'
    return f"{mark}{line}{mark}"


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
