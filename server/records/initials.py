"""The first letters of a name's pinyin, as staff type them: 周谷雨 -> zgy.

A surname has its own reading (单 is Shan, 仇 is Qiu, 曾 is Zeng, 区 is Ou, 解 is Xie); who does not
know it types the everyday one, so both are kept. Characters that dictionaries leave out and people
bear are listed here. The everyday letter of each character stands in initials.txt, written by
`python -m tests.pinyin` from a dictionary of which a server would keep 11 MB in memory.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Final

VARIANTS_MAX: Final = 6
LINE: Final = 64  # characters in one line of the table
NO_LETTER: Final = "-"
TABLE: Final = Path(__file__).with_name("initials.txt")

_SURNAMES: Final = {
    "单": "s", "仇": "q", "曾": "z", "区": "o", "解": "x", "查": "z", "朴": "p", "盖": "g",
    "乐": "y", "翟": "z", "尉": "y", "万": "w", "缪": "m", "繁": "p", "冼": "x", "洗": "x",
    "种": "c", "秘": "b", "重": "c", "长": "c", "折": "s", "召": "s", "会": "g", "员": "y",
    "隗": "w", "覃": "q", "臧": "z", "贾": "j", "褚": "c", "柏": "b", "车": "c", "祭": "z",
    "尹": "y", "黑": "h", "盛": "s", "石": "s", "曲": "q", "哈": "h", "宓": "m", "幺": "y",
}  # fmt: skip
_COMPOUND: Final = {"尉迟": "yc", "万俟": "mq", "单于": "cy", "澹台": "tt", "长孙": "zs"}
_ALSO: Final = {
    "重": "cz", "长": "cz", "行": "xh", "乐": "ly", "朝": "cz", "曾": "zc", "盛": "sc",
    "茜": "qx", "晟": "sc", "莘": "xs", "会": "hk", "省": "sx", "藏": "cz", "晁": "cz",
    "参": "cs", "降": "jx", "传": "cz", "调": "td", "石": "sd", "沈": "sc", "嫽": "l",
}  # fmt: skip
_NOT_IN_DICTIONARIES: Final = {"𠮷": "j"}


def initials(name: str) -> str:
    """Lower-case first letters; several readings stand apart by a space, the likeliest first.

    What has no reading at all (dots, unknown characters) is left out. "" for an empty name.
    """
    plain = "".join(each for each in unicodedata.normalize("NFKC", name) if each.isalnum())
    choices: list[str] = []
    compound = _COMPOUND.get(plain[:2])
    if compound is not None:
        choices += [letter + _everyday(sign) for letter, sign in zip(compound, plain, strict=False)]
    elif plain:
        choices.append(_SURNAMES.get(plain[0], "") + _everyday(plain[0]))
    choices += [_everyday(sign) for sign in plain[len(choices) :]]
    letters = [dict.fromkeys(each) for each in choices if each]
    return " ".join(islice(("".join(each) for each in product(*letters)), VARIANTS_MAX)).strip()


def _everyday(sign: str) -> str:
    """The letters somebody may type for one character."""
    if sign.isascii():
        return sign.lower()
    known = _NOT_IN_DICTIONARIES.get(sign) or _ALSO.get(sign)
    if known is not None:
        return known
    line = _letters().get(ord(sign) // LINE)
    letter = line[ord(sign) % LINE] if line else NO_LETTER
    return "" if letter == NO_LETTER else letter


@cache
def _letters() -> Mapping[int, str]:
    """The table's lines by the number of their first character, in lines."""
    lines = (line.split() for line in TABLE.read_text("ascii").splitlines())
    return {int(first, 16) // LINE: letters for first, letters in lines}


def table() -> dict[str, object]:
    """What `initials` reads, for the tablet's app, which does the same without a network: for each
    character from `first` on the letter of its everyday reading ("-": none), and the exceptions.
    """
    first, last = 0x3400, 0x9FFF
    letters = "".join(_everyday(chr(each))[:1] or NO_LETTER for each in range(first, last + 1))
    return {
        "first": first, "letters": letters, "also": {**_ALSO, **_NOT_IN_DICTIONARIES},
        "surnames": _SURNAMES, "compound": _COMPOUND, "most": VARIANTS_MAX,
    }  # fmt: skip
