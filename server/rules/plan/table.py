"""The rules of the plan as data: one TOML file a family beside its module, checked whole.

[[rule]]
id = "P05"
label = "高血压患者随访"              what doctors read
neutral = ""                          what lists call it; must be given for class B
group = "hypertension"                model.Group; left out: everybody
kinds = ["htn_followup"]              forms that fill it
clause = "S003-5(7)-b"                a clause, or "default"
source = "national spec 3rd ed. (2017)"
confidence = "high"                   high | medium | low | design
from = 2017-01-01                     in force for service days from here on; `until` ends it
numbers = { times = 4, gap_days = 100 }
[rule.reasons]
quarter = "本年第 {number} 次面对面随访，{due} 前完成"
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.rules.plan.model import Group, Numbers, Rule

FOLDER: Final = Path(__file__).parent
_ID: Final = re.compile(r"P[0-9]{2}")
_CLAUSE: Final = re.compile(r"default|S[0-9]{3}-\S+")
_KEYS: Final = frozenset(
    {
        "id", "label", "neutral", "group", "kinds", "clause", "source", "confidence", "from",
        "until", "numbers", "reasons", "subject", "class", "listed", "draft",
    }
)  # fmt: skip
_CONFIDENCE: Final = frozenset({"high", "medium", "low", "design"})


class RulesBroken(ValueError):
    """A table of the plan cannot be used: `file:line: why`."""


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by id, of all families. Raises RulesBroken."""
    return load(sorted(FOLDER.glob("*.toml")))


def load(paths: Iterable[Path]) -> Mapping[str, Rule]:
    """The rules of these files. Raises RulesBroken."""
    found: dict[str, Rule] = {}
    for path in paths:
        for rule in parse(path.read_text("utf-8"), file=path.name):
            if rule.id in found:
                raise RulesBroken(f"{path.name}:1: {rule.id} is there twice")
            found[rule.id] = rule
    return dict(sorted(found.items()))


def parse(text: str, *, file: str) -> list[Rule]:
    """The rules of one file's text; a file without [[rule]] has none. Raises RulesBroken."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise RulesBroken(f"{file}: is no TOML: {broken}") from None
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[rule]]"]
    made: list[Rule] = []
    for line, each in zip(lines, raw.get("rule", ()), strict=True):
        try:
            made.append(_rule(each))
        except (KeyError, TypeError, ValueError) as wrong:
            why = f"{wrong} is missing" if isinstance(wrong, KeyError) else str(wrong)
            raise RulesBroken(f"{file}:{line}: {each.get('id', 'a rule')}: {why}") from None
    return made


def _rule(raw: Mapping[str, Any]) -> Rule:
    unknown = raw.keys() - _KEYS
    if unknown:
        raise ValueError(f"{min(unknown)} is not known here")
    if not _ID.fullmatch(raw["id"]):
        raise ValueError("an id is P and two digits")
    if not _CLAUSE.fullmatch(raw["clause"]):
        raise ValueError('write a clause id (S003-5(7)-b) or "default"')
    if raw["confidence"] not in _CONFIDENCE:
        raise ValueError(f"confidence is one of {', '.join(sorted(_CONFIDENCE))}")
    restricted = raw.get("class", "A") == "B"
    if restricted and not raw.get("neutral"):
        raise ValueError("a rule of class B needs a neutral name")
    begin, end = raw["from"], raw.get("until")
    if not isinstance(begin, date) or (end is not None and end < begin):
        raise ValueError("from is a day, and until not before it")
    return Rule(
        id=raw["id"], label=raw["label"], clause=raw["clause"], source=raw["source"],
        confidence=raw["confidence"], group=Group(raw["group"]) if raw.get("group") else None,
        kinds=tuple(raw["kinds"]), valid_from=begin, valid_until=end,
        reasons=dict(raw["reasons"]), numbers=_numbers(raw.get("numbers", {})),
        subject=raw.get("subject", "resident"), cls="B" if restricted else "A",
        neutral=raw.get("neutral", ""), listed=raw.get("listed", True),
        draft=raw.get("draft", False),
    )  # fmt: skip


def _numbers(raw: Mapping[str, Any]) -> dict[str, int]:
    for name, value in raw.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} is a whole number")
    return dict(raw)


def numbers_of(rule: Rule, district: Mapping[str, int]) -> Numbers:
    """The numbers of a rule, those of the district ("P52.times") before the national ones."""
    own = _national(rule.id) if rule.id in rules() else None
    if own is None or own[0] is not rule:
        return _overlaid(rule, district)
    _, numbers, names = own
    return numbers if district.keys().isdisjoint(names) else _overlaid(rule, district)


def _overlaid(rule: Rule, district: Mapping[str, int]) -> Numbers:
    return Numbers(
        {name: district.get(f"{rule.id}.{name}", value) for name, value in rule.numbers.items()}
    )


@cache
def _national(rule: str) -> tuple[Rule, Numbers, frozenset[str]]:
    """A rule of the tables, its numbers as they stand there, and their names in a district."""
    found = rules()[rule]
    return found, Numbers(found.numbers), frozenset(f"{rule}.{name}" for name in found.numbers)


def reason_text(rule: Rule, why: str, given: Mapping[str, str | int]) -> str:
    """The sentence of an item's reason."""
    return rule.reasons[why].format(**given)
