"""`python -m tests.pinyin` writes the table of letters that server/records/initials.py reads, from
the dictionary of the library pypinyin.
"""

import json
import sys
import unicodedata
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from server.records.initials import LINE, NO_LETTER, TABLE


def lines() -> Iterator[str]:
    """Of the table: the number of the first character, then a letter for each of 64."""
    letters = dict(_dictionary())
    for start in sorted({number // LINE * LINE for number in letters}):
        row = "".join(letters.get(number, NO_LETTER) for number in range(start, start + LINE))
        yield f"{start:x} {row}"


def _dictionary() -> Iterator[tuple[int, str]]:
    """The letter of each character's first reading. The library is not imported, only its file is
    read: importing it takes a second and 50 MB.
    """
    spec = find_spec("pypinyin")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).with_name("pinyin_dict.json")
    for number, readings in json.loads(file.read_text("utf-8")).items():
        letter = unicodedata.normalize("NFD", readings)[0]
        assert letter.isascii(), readings
        yield int(number), letter


if __name__ == "__main__":
    TABLE.write_text("".join(f"{line}\n" for line in lines()), "ascii")
    sys.exit()
