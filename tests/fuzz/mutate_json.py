"""JSON changed as JSON: its tree, and what no tree can say: a name twice, a number beyond all."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from sync.wire import encode
from tests.fuzz.mutate_bytes import changed

NUMBERS: Final = (
    "0", "-0", "1e999", "-1e999", "1e-999", "9223372036854775807", "9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "9007199254740993", "2147483648", "-1", "0.1",
    "1E2", "1.0", "9" * 400, "1" + "0" * 6000, "NaN", "Infinity", "-Infinity", "01", "+1", "1.",
    "0x1",
)  # fmt: skip
TEXTS: Final = (
    '""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"', '"\\ufeff"',
    '"\ufeff"', '"\u202e"', '"\u2028"', '"１２３"', '"²"', '"9999-12-31"', '"0000-00-00"',
    '"2026-02-30"', '"0001-01-01"', '"2026-11-20T00:00:00Z"', '"=1+1"', '"<script>"', '"%s%n{0}"',
    '"AAAA"', '"AAAAAAAAAAAAAAAAAAAAAA=="', '"AAAAAAAAAAAAAAAAAAAAAB=="', '"../../etc"', '"true"',
    '"' + "A" * 5000 + '"', '"' + "你" * 3000 + '"', '"\\uD83D\\uDE00"', '"\\/"', '"\x7f"', '"\t"',
)  # fmt: skip
OTHERS: Final = (
    "null", "true", "false", "[]", "{}", "[[]]", '{"":{}}', "[null]", "[0,0,0,0]", '{"a":1,"a":2}',
    "[" * 33 + "]" * 33, '{"a":' * 40 + "1" + "}" * 40, "[" * 3000 + "]" * 3000,
    '{"a":' * 5000 + "1" + "}" * 5000, "[" * 100_000, "[" + "1," * 3000 + "1]", "", "nul",
    "undefined",
)  # fmt: skip
NAMES: Final = (
    "",
    "\x00",
    "v",
    "id",
    "__proto__",
    "body",
    "set",
    "value",
    "saw",
    "changes",
    "名",
    "a" * 3000,
)


_WHITE: Final = ("", "", "", " ", "\n", "\t\r\n", "\ufeff")
_DEEPER: Final = 0.9
_INTO_LARGE: Final = 0.6


def changed_json(value: Any, chance: Random, others: Sequence[bytes] = ()) -> bytes:
    """One or two changes of the tree, as likely in a small branch as in a large one; one in ten is
    changed as bytes too.
    """
    made = _changed(value, chance).encode("utf-8", "surrogatepass")
    also = chance.random()
    if also < 0.03:
        white = chance.choice(_WHITE).encode()
        made = white + made + chance.choice(_WHITE).encode()
    elif also < 0.05:
        made = made.decode("utf-8", "replace").encode(
            chance.choice(("utf-16", "utf-32", "gb18030"))
        )
    elif also < 0.15:
        made = changed(made, chance, others)
    return made


def _changed(value: Any, chance: Random) -> str:
    """The text of a value with something in it changed."""
    if not isinstance(value, dict | list | tuple) or not value or chance.random() > _DEEPER:
        return _another(value, chance)
    named = isinstance(value, dict)
    inner: list[Any] = list(value.values() if named else value)
    names = [encode(name).decode() for name in value] if named else [""] * len(inner)
    texts = [encode(each).decode() for each in inner]
    large = [at for at, each in enumerate(inner) if isinstance(each, dict | list | tuple) and each]
    if large and chance.random() < _INTO_LARGE:
        at = chance.choice(large)
        texts[at] = _changed(inner[at], chance)
        return _joined(names, texts, named=named)
    for _ in range(chance.choice((1, 1, 1, 1, 1, 1, 1, 2))):
        at, do = chance.randrange(len(texts)), chance.random()
        if do < 0.7 and at < len(inner):
            texts[at] = _changed(inner[at], chance)
        elif do < 0.78 and len(texts) > 1:
            del texts[at], names[at]
        elif do < 0.86:
            to = chance.randrange(len(texts) + 1)
            texts.insert(to, texts[at] if chance.random() < 0.5 else _another(None, chance))
            names.insert(to, names[at])
        elif do < 0.92 and named:
            names[at] = encode(chance.choice(NAMES)).decode()
        elif do < 0.97:
            texts[at] = chance.choice(texts)
        else:
            chance.shuffle(texts)
    return _joined(names, texts, named=named)


def _joined(names: list[str], texts: list[str], *, named: bool) -> str:
    if named:
        return "{" + ",".join(map(":".join, zip(names, texts, strict=True))) + "}"
    return "[" + ",".join(texts) + "]"


def _another(old: Any, chance: Random) -> str:
    """Another value in place of this one; now and then a near one."""
    kind = chance.random()
    if kind < 0.45 and old is not None:
        return _near(old, chance)
    if kind < 0.65:
        return chance.choice(NUMBERS)
    return chance.choice(TEXTS if kind < 0.85 else OTHERS)


def _near(old: Any, chance: Random) -> str:
    if isinstance(old, str | bytes):
        text = encode(old).decode()[1:-1]
        cut = chance.randrange(len(text) + 1)
        sign = chance.choice(("", "A", "=", "0", "𠮷", " ", "1"))
        return f'"{text[:cut]}{sign}{text[cut + 1 :]}"'
    if isinstance(old, int) and not isinstance(old, bool):
        return str(old + chance.choice((-1, 1, -(2**31), 2**31, 10**6)))
    return f"[{encode(old).decode()}]"
