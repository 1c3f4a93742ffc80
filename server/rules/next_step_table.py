"""The decision table behind next_step.py: one TOML file a family in next_steps/, checked whole.

[number."P11.sbp"]                    a number that rows and sentences name; a district may have
value = 140                           another under the same name; `places` as in model.Scaled
places = 0
unit = "mmHg"
label = "收缩压控制目标"
clause = "default"                    a clause, or "default"

[[value]]                             something worked out before the rows are asked
kinds = ["htn_followup"]
name = "off"                          rows see it as ["known", "off"]
expression = [">=", ["field", "sbp"], ["number", "P11.sbp"]]
last = true                           also of the record before: ["known", "last_off"]

[[row]]                               asked in order; the first whose `when` is true answers
kinds = ["htn_followup"]
id = "htn_emergency"
track = ""                            rows of another track answer beside those of this one
when = ["known", "off"]
level = "emergency"                   next_step_model.Level
refer = "now"                         next_step_model.Refer
refer_as = { reason = "5" }           how the referral's form says why; given when `refer` is
due_days = "P10.days"                 a number or the name of one; or due_months; or neither
rule = "P10"
clause = "S003-5(7)-c"
class = "B"                           when the advice tells a restricted fact; else left out
reasons = [{ when = [...], text = "血压 {sbp}/{dbp} mmHg" }]

[[note]]                              said after the reasons of whatever row answered
kinds = ["htn_followup"]
when = ["=", ["field", "symptoms"], "2"]
text = "..."

[basis]                               what people read as the source, by kind
htn_followup = "国家基本公共卫生服务规范（第三版）"

In a text {sbp} is the answer as people write it, {last:sbp} that of the record before,
{number:P11.sbp} a number, {value:off} something worked out, {due} the day of the next service.
A sentence of which a part is not known is left out.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.records.expression import ExpressionBroken, compiled, looked_at
from server.records.kinds import KINDS
from server.records.model import AccessClass, Kind, Shape, Subject
from server.records.operations import Made
from server.records.upcast import newest
from server.rules.next_step_model import (
    KNOWN,
    Level,
    Number,
    Page,
    Part,
    Refer,
    Row,
    Sentence,
    StepsBroken,
    Table,
    Worked,
)

FOLDER: Final = Path(__file__).with_name("next_steps")
SPECIAL: Final = frozenset({"due"})
_CLAUSE: Final = re.compile(r"default|S[0-9]{3}-\S+")
_RULE: Final = re.compile(r"P[0-9]{2}")
_PART: Final = re.compile(r"\{(?:(last|number|value):)?([^{}:]+)\}")
_BLOCKS: Final = ("value", "row", "note")
_ROW: Final = frozenset(
    {
        "kinds", "id", "track", "when", "level", "refer", "refer_as", "due_days", "due_months",
        "rule", "clause", "class", "reasons",
    }
)  # fmt: skip


@cache
def table() -> Table:
    """Every family's table. Raises StepsBroken."""
    return load(sorted(FOLDER.glob("*.toml")))


def load(paths: Iterable[Path]) -> Table:
    """The table of these files. Raises StepsBroken."""
    return parse({path.name: path.read_text("utf-8") for path in paths})


@dataclass(slots=True)
class _Draft:
    """One kind's page while it is put together."""

    values: list[Worked]
    rows: list[Row]
    notes: list[Sentence]
    names: set[str]


def parse(texts: Mapping[str, str]) -> Table:
    """The table of these files' texts by file name. Raises StepsBroken."""
    raw: dict[str, Any] = {name: _toml(name, text) for name, text in texts.items()}
    numbers = _numbers(raw)
    drafts: dict[str, _Draft] = {}
    basis: dict[str, str] = {}
    seen: set[str] = set()
    for file, each in raw.items():
        basis.update(each.get("basis", {}))
        for line, block, one in _blocks(texts[file], each):
            try:
                _take(block, one, numbers, drafts, seen)
            except (KeyError, TypeError, ValueError) as wrong:
                why = f"{wrong} is missing" if isinstance(wrong, KeyError) else str(wrong)
                said = one.get("id", one.get("name", f"a {block}"))
                raise StepsBroken(f"{file}:{line}: {said}: {why}") from None
    for kind in sorted(drafts.keys() ^ basis.keys()):
        raise StepsBroken(f"{min(raw)}:1: {kind} has rows and no basis, or a basis and no rows")
    pages = {
        kind: Page(_kind(kind), basis[kind], tuple(d.values), tuple(d.rows), tuple(d.notes))
        for kind, d in sorted(drafts.items())
    }
    return Table(pages, numbers, _exported(raw))


def _toml(file: str, text: str) -> dict[str, Any]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise StepsBroken(f"{file}: is no TOML: {broken}") from None
    for name in raw.keys() - {"number", "basis", *_BLOCKS}:
        raise StepsBroken(f"{file}:1: {name} is not known here")
    return raw


def _blocks(text: str, raw: Mapping[str, Any]) -> list[tuple[int, str, dict[str, Any]]]:
    """Every [[value]], [[row]] and [[note]] with its line, in the order of the file."""
    left = {block: iter(raw.get(block, ())) for block in _BLOCKS}
    found: list[tuple[int, str, dict[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        block = line.strip().removeprefix("[[").removesuffix("]]")
        if block in _BLOCKS and line.strip() == f"[[{block}]]":
            found.append((number, block, next(left[block])))
    return found


def _numbers(raw: Mapping[str, Any]) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for file, each in raw.items():
        for name, one in each.get("number", {}).items():
            if name in found:
                raise StepsBroken(f"{file}:1: the number {name} is there twice")
            try:
                made = Number(name=name, **one)
            except TypeError as wrong:
                raise StepsBroken(f"{file}:1: {name}: {wrong}") from None
            if not isinstance(one["value"], int) or not _CLAUSE.fullmatch(made.clause):
                raise StepsBroken(f"{file}:1: {name}: a whole number and a clause, or default")
            found[name] = made
    return found


def _exported(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The files laid together: what the exported catalogue carries."""
    whole: dict[str, Any] = {"number": {}, "basis": {}, **{block: [] for block in _BLOCKS}}
    for each in raw.values():
        whole["number"].update(each.get("number", {}))
        whole["basis"].update(each.get("basis", {}))
        for block in _BLOCKS:
            whole[block].extend(each.get(block, ()))
    return whole


# One block.


def _take(
    block: str, raw: dict[str, Any], numbers: Mapping[str, Number], drafts: dict[str, _Draft],
    seen: set[str],
) -> None:  # fmt: skip
    """Puts one block on the page of each of its kinds."""
    kinds = raw["kinds"]
    if not kinds:
        raise ValueError("names no kind")
    if block == "row":
        if raw.keys() - _ROW:
            raise ValueError(f"{min(raw.keys() - _ROW)} is not known here")
        if raw["id"] in seen:
            raise ValueError("is there twice")
        seen.add(raw["id"])
    for name in kinds:
        kind = _kind(name)
        draft = drafts.setdefault(name, _Draft([], [], [], set()))
        looks = _Looks(kind, numbers, draft.names)
        match block:
            case "value":
                draft.values.append(_worked(raw, looks))
                draft.names |= {raw["name"]} | (
                    {f"last_{raw['name']}"} if raw.get("last") else set()
                )
            case "row":
                draft.rows.append(_row(raw, looks))
            case _:
                draft.notes.append(_sentence(raw, looks))


def _kind(name: str) -> Kind:
    kind = KINDS.get((name, newest(name)))
    if kind is None:
        raise ValueError(f"there is no form {name}")
    if kind.shape is not Shape.EVENT or kind.subject is not Subject.RESIDENT:
        raise ValueError(f"{name} is no record of a resident")
    return kind


@dataclass(frozen=True, slots=True)
class _Looks:
    """What the expressions and sentences of one kind may look at."""

    kind: Kind
    numbers: Mapping[str, Number]
    names: set[str]

    def made(self, expression: Any) -> Made:
        for where, name in looked_at(expression):
            self.there(where, name)
        try:
            return compiled(expression)
        except ExpressionBroken as broken:
            raise ValueError(str(broken)) from None

    def there(self, where: str, name: str) -> None:
        """Raises ValueError when there is nothing of that name."""
        known = {each.name for each in self.kind.computed} | KNOWN | self.names
        there = {
            "field": lambda: self.kind.field(name) is not None,
            "last": lambda: self.kind.field(name) is not None,
            "number": lambda: name in self.numbers,
            "known": lambda: name in known,
            "value": lambda: name in known,
        }
        if not there[where]():
            raise ValueError(f'["{where}", "{name}"]: {self.kind.id} knows nothing of that name')


def _worked(raw: Mapping[str, Any], looks: _Looks) -> Worked:
    name = raw["name"]
    if name in looks.names or name in KNOWN:
        raise ValueError("is there twice")
    return Worked(name, looks.made(raw["expression"]), bool(raw.get("last", False)))


def _row(raw: Mapping[str, Any], looks: _Looks) -> Row:
    if not _CLAUSE.fullmatch(raw["clause"]):
        raise ValueError('write a clause id (S003-5(7)-c) or "default"')
    if not _RULE.fullmatch(raw["rule"]):
        raise ValueError("a rule is P and two digits")
    refer = Refer(raw["refer"])
    if (refer is Refer.NO) == ("refer_as" in raw):
        raise ValueError("refer_as is given where somebody is referred, and only there")
    restricted = looks.kind.access is AccessClass.B or raw.get("class", "A") == "B"
    reasons = tuple(_sentence(each, looks) for each in raw["reasons"])
    if not reasons:
        raise ValueError("gives no reason")
    return Row(
        id=raw["id"], track=raw.get("track", ""), when=looks.made(raw["when"]),
        level=Level(raw["level"]), refer=refer, refer_as=_refer_as(raw, restricted),
        due_days=_span(raw.get("due_days"), looks), due_months=_span(raw.get("due_months"), looks),
        rule=raw["rule"], clause=raw["clause"], cls="B" if restricted else "A", reasons=reasons,
    )  # fmt: skip


def _refer_as(raw: Mapping[str, Any], restricted: bool) -> tuple[str, str] | None:
    """The referral's field that says why, with one of its answers."""
    if "refer_as" not in raw:
        return None
    ((name, code),) = raw["refer_as"].items()
    found = _kind("referral").field(name)
    if found is None or code not in getattr(found.type, "codes", {}):
        raise ValueError(f"the referral has no answer {code} to {name}")
    if found.access is AccessClass.B and not restricted:
        raise ValueError("a restricted reason is for a row of class B")
    return name, code


def _span(raw: object, looks: _Looks) -> int | str | None:
    if isinstance(raw, str):
        looks.there("number", raw)
        return raw
    if raw is None or (isinstance(raw, int) and raw > 0):
        return raw
    raise ValueError("a span is a whole number above 0 or the name of one")


def _sentence(raw: Mapping[str, Any], looks: _Looks) -> Sentence:
    text: str = raw["text"]
    parts: list[Part] = []
    at = 0
    for found in _PART.finditer(text):
        parts += [Part("", text[at : found.start()])] if found.start() > at else []
        source, name = found.group(1) or "field", found.group(2)
        if source == "field" and name in SPECIAL:
            source = "special"
        else:
            looks.there(source, name)
        parts.append(Part(source, name))
        at = found.end()
    parts += [Part("", text[at:])] if at < len(text) else []
    if any("{" in each.name or "}" in each.name for each in parts):
        raise ValueError(f"a brace without its other: {text}")
    when = looks.made(raw["when"]) if "when" in raw else None
    return Sentence(when, tuple(parts))
