"""Forms good and bad with every fault that is found with them, for the server and the tablet's app.

Run: python -m tests.vectors.generate_checks. A case is a good body with changes; each check between
fields of each form is looked for until a body breaks it. The same catalogue makes the same file.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from server.records.check import check
from server.records.kinds import everything
from server.records.model import (
    Check,
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Month,
    Ref,
    Scaled,
    Shape,
    Text,
    Time,
)
from tests.cast_forms import ON, TODAY, good

FILE: Final = Path(__file__).with_name("checks.json")
BIRTHS: Final = (-20000, -30000, -4300, -1100, -560, -95, -35, -10, 0, 5)
"""Days of birth, in days from the service day."""

KINDS: Final = tuple(each for each in everything() if each.shape in (Shape.EVENT, Shape.REGISTER))
_TRIES: Final = 4000
_EACH: Final = 12
_IDS: Final = ("11010519491231002X", "110105194912310021", "810000194912310028", "1101051949123")


@dataclass(frozen=True, slots=True)
class Case:
    """A body: the good one of its kind with these changes, and who it is about."""

    kind: Kind
    changes: Mapping[str, Any]
    without: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def body(self) -> dict[str, Any]:
        whole = {**base(self.kind), **self.changes}
        return {name: value for name, value in whole.items() if name not in self.without}

    def faults(self) -> list[list[Any]]:
        birth, died = (self.beside.get(name) for name in ("birth", "died"))
        found = check(
            self.kind, json.dumps(self.body()).encode(), on=ON, today=TODAY,
            sex=self.beside.get("sex"), birth=birth and date.fromisoformat(birth),
            died=died and date.fromisoformat(died),
        )  # fmt: skip
        return [[each.field, each.code.value, each.sentence_zh, each.warn] for each in found]

    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = {"kind": self.kind.id, "version": self.kind.version}
        if self.changes:
            told["set"] = dict(self.changes)
        if self.without:
            told["without"] = list(self.without)
        return {**told, **self.beside, "faults": self.faults()}


def base(kind: Kind) -> dict[str, Any]:
    """A body that an older version takes too: what it does not ask is left out."""
    return {name: value for name, value in good(kind.id).items() if kind.field(name) is not None}


def cases() -> Iterator[Case]:
    chance = random.Random(20261122)
    seen: set[str] = set()
    for kind in KINDS:
        yield Case(kind, {})
        yield from _single(kind, seen)
        for each in kind.checks:
            found = _breaking(kind, each, chance)
            if found is not None:
                yield found
        for _ in range(_EACH):
            yield _any(kind, chance)


def _single(kind: Kind, seen: set[str]) -> Iterator[Case]:
    """Each field alone: left out, and at and beyond what it takes, once for all of a type."""
    for each in kind.fields:
        if each.required:
            yield Case(kind, {}, (each.name,))
        if repr(each.type) not in seen:
            seen.add(repr(each.type))
            yield from (Case(kind, {each.name: value}) for value in _wrong(each.type))


def _any(kind: Kind, chance: random.Random) -> Case:
    """A handful of answers changed at once."""
    some = chance.sample(kind.fields, min(len(kind.fields), chance.randint(1, 5)))
    changes = {each.name: chance.choice(right(each)) for each in some}
    gone = tuple(each.name for each in chance.sample(kind.fields, 1) if each.name not in changes)
    return Case(kind, changes, gone, _beside(chance))


def _breaking(kind: Kind, asked: Check, chance: random.Random) -> Case | None:
    """A body that this check finds fault with; None when none was found."""
    fields = [found for name in asked.needs if (found := kind.field(name)) is not None]
    gone = (asked.missing, *asked.unless) if asked.missing else ()
    wanted = [asked.place(), asked.sentence_zh]
    for _ in range(_TRIES):
        changes = {each.name: chance.choice(right(each)) for each in fields}
        beside = _beside(chance) if any(name.startswith("@") for name in asked.needs) else {}
        left = tuple(name for name in gone if name not in changes)
        case = Case(kind, changes, left, beside)
        if any([fault[0], fault[2]] == wanted for fault in case.faults()):
            return case
    return None


def _beside(chance: random.Random) -> dict[str, Any]:
    beside: dict[str, Any] = {}
    if chance.random() < 0.8:
        beside["sex"] = chance.choice(("1", "2"))
    if chance.random() < 0.8:
        beside["birth"] = (ON + timedelta(days=chance.choice(BIRTHS))).isoformat()
    if chance.random() < 0.1:
        beside["died"] = (ON - timedelta(days=3)).isoformat()
    return beside


def right(each: Field) -> list[Any]:
    """Answers that the field takes, among them those at its bounds."""
    return _right(each.type, each.name) or ["1"]


def _right(kind: FieldType, name: str) -> list[Any]:
    match kind:
        case Int(low, high, least, most) | Scaled(_, low, high, least, most):
            bounds = {low, high, least or low, most or high}
            between = {low + (high - low) * n // 12 for n in range(12)}
            small = set(range(low, min(low + 6, high)))
            return sorted(bounds | between | small)
        case Code(codes):
            return list(codes)
        case Codes(codes, none):
            found = [[code] for code in codes]
            others = [code for code in codes if code != none]
            return [*found, others[:2], others[-2:], others] if len(others) > 1 else found
        case Day():
            days = (-400, -60, -44, -2, 0, 1, 20, 95, 400, 1200)
            near = [(ON + timedelta(days=n)).isoformat() for n in days]
            return ["1890-01-01", *near]
        case Month():
            return ["1980-01", "2019-12", "2026-02"]
        case Time():
            return ["00:00", "09:30", "09:45", "23:59"]
        case Ref():
            return ["00112233445566778899aabbccddeeff"]
        case ListOf():
            return _lists(kind)
        case Text():
            return _texts(kind, name)


def _texts(kind: Text, name: str) -> list[str]:
    if name == "id_no":
        return list(_IDS)
    if kind.pattern:
        return [text for text in ("A15.0", "I10", "13800000000", "0" * 64) if _takes(kind, text)]
    return ["字" * kind.least, "文" * min(kind.most, 30)]


def _takes(kind: Text, text: str) -> bool:
    return kind.least <= len(text) <= kind.most and re.fullmatch(kind.pattern, text) is not None


def _lists(kind: ListOf) -> list[Any]:
    rows: list[dict[str, Any]] = []
    for number in range(12):
        row: dict[str, Any] = {}
        for place, each in enumerate(kind.fields):
            answers = right(each)
            if each.required or number % 2:
                row[each.name] = answers[(number + 7 * place) % len(answers)]
        rows.append(row)
    alone: list[Any] = [[row] for row in rows]
    keyed = {row.get(kind.key, n): row for n, row in enumerate(rows)}
    return [*alone, list(keyed.values())[: kind.most]]


def _wrong(kind: FieldType) -> list[Any]:
    """Values at the bounds of what a field takes and beyond them."""
    match kind:
        case Int(low, high, least, most) | Scaled(_, low, high, least, most):
            soft = [n for n in (least, most) if n is not None]
            return [
                low - 1,
                low,
                high,
                high + 1,
                *(n - 1 for n in soft),
                *(n + 1 for n in soft),
                "7",
            ]
        case Text(least, most):
            return ["", "字" * (most + 1), "a\u0007b", 5, "x" * least]
        case Code():
            return ["zz", 1]
        case Codes(codes, none):
            beside = [[none, next(c for c in codes if c != none)]] if none else []
            return [[], ["zz"], [next(iter(codes))] * 2, "1", *beside]
        case Day():
            return ["2026-02-30", "1849-12-31", "2200-01-01", "20260310", 3, "2026-03-12"]
        case Month():
            return ["2026-13", "2026-04", "2026"]
        case Time():
            return ["24:00", "9:30"]
        case Ref():
            return ["00", "G" * 32]
        case ListOf(_, most):
            return ["1", [1], [{}], [{}] * (most + 1)]


def text() -> str:
    """The file: the good bodies once, then a case a line."""
    bases = {f"{each.id}/{each.version}": base(each) for each in KINDS}
    lines = [json.dumps(each.told(), ensure_ascii=False) for each in cases()]
    good_ones = [f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in bases.items()]
    about = "Bodies with all faults found with them: field, code, sentence, only a question."
    head = {"about": about, "on": ON.isoformat(), "today": TODAY.isoformat()}
    inside = json.dumps(head)[1:-1]
    return "\n".join(
        [
            "{" + inside + ',\n"good": {',
            ",\n".join(good_ones),
            '},\n"cases": [',
            ",\n".join(lines),
            "]}\n",
        ]
    )


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
