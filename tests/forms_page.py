"""docs/FORMS.md: every form as a tablet writes it, made from server/records.

`python -m tests.forms_page` writes the page again; tests/test_forms_page.py holds it to the code.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from server.records import safer
from server.records.kinds import everything
from server.records.model import (
    BIRTH,
    ON,
    Check,
    Code,
    Codes,
    Computed,
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
    Subject,
    Text,
    Time,
    decimal_text,
)
from sync.policy import Policy
from tests.forms_rules import RULES, answers_asked
from tests.source import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "FORMS.md"

_ABOVE: Final = """# The forms

What a tablet writes into `body` and `set` of a Change (sync/PROTOCOL.md, 5), for each kind and
version. Made from server/records by `python -m tests.forms_page`, never by hand.

## How to read it

A form is a JSON object whose members are the fields below. What was not filled in is left out;
`null` is no value of a form. Members that are not in the table are kept and never checked. The
service day is `on` of the Change, not a field.

| type | JSON value |
|---|---|
| text a..b | string of a to b characters (code points), matching all of a pattern if one is given |
| integer a..b | integer, in the unit given |
| scaled by n | integer: the measured value times n; a weight of 70.5 kg is `705` |
| one code | string, one of the codes |
| several codes | list of different codes, at least one; a code that excludes others stands alone |
| day | string `YYYY-MM-DD` |
| month | string `YYYY-MM` |
| time | string `HH:MM`, Asia/Shanghai |
| ref | string, 32 lower-case hex digits: the 16 bytes of an id |
| list | list of at most so many objects with the fields named; it may be empty |

No text holds a control character other than line feed and tab. Bounds of a scaled value stand as on
the wire, and in brackets as people say them. *Not in the future* is not after today. Two items of a
list never have the same *key*. Elsewhere on the wire an id is base64, not hex: `ref` is only for
values of forms.

*Questioned outside*: a value that is possible but rare. A tablet asks its user to look again and
may save it; so it is with every check whose kind is `question`. Everything else is `hard`: the
server holds the change (`out_of_range`, PROTOCOL 6.3) until a person decides. *Required* has `yes`
where the form cannot be saved without it. Class: A open, B restricted (PROTOCOL 5.1), C
internal. Of the outward half of a referral the official form requires every line; version 2
requires where to, the impression and the reason and asks for the rest, which a village seldom
knows.

**Cells of a register.** A register is written as `set`, a map from cell to Edit. A field is one
cell, named as the field, its `value` as in the table; `null` takes the value away, except from a
required field. A field with policy `set` has one cell for each element and none of its own: the
cell is `field/element`. Of several codes the element is the code and the value `true`
(`"drug_allergy/2": true`). Of a list the element is the item's key and the value is the object
without its key, or `true` where nothing else is said (`"hx_disease/2": {"since": "2015-03"}`).
`false` or `null` takes an element away. Each cell is checked by itself, as it comes; the checks
between fields are those a tablet makes over the whole page when it is filled in.

**Checks** look at several fields; each is made only when all it looks at is filled in and free of
faults. The fault is shown at the field named, with the sentence. Those that need the birth date
are made where the date is known: by the tablet while the form is filled in, by the server when the
record arrives.

**Computed** values follow from the answers, from what is known beside the form and from those
before them, in the language of server/records/expression.py (vectors:
tests/vectors/expressions.json). A value with `fills` is taken over where that field was left empty.
What was typed is asked about, or refused, at `asks at` when it does not fit.
"""


def rule_of(kind: Kind, check: Check) -> str:
    """When a check finds fault, in words. Raises KeyError for one that nobody described."""
    told = RULES.get(f"{kind.id}.{check.name}") or RULES.get(check.name)
    if told is not None:
        return told
    name, needs, then = check.name, check.needs, check.missing
    if name == f"{then}_answered":
        return "always"
    if name == "grade_fits_pressure":
        return f"`{needs[0]}` is 1 and (`sbp` >= 140 or `dbp` >= 90)"
    if "_due_by_" in name or name == "asphyxia_is_scored":
        return answers_asked(kind, check)
    if "_before_" in name:
        later = "on" if needs[1] == ON else needs[1]
        return f"`{needs[0]}` is after `{later}`"
    if name.startswith("elder_has_") and needs == (BIRTH, ON):
        return "year of `on` less year of birth is 65 or more"
    if name.endswith("_on_the_chart"):
        return f"`{needs[0]}` is above 0 and below 40"
    if name.endswith("_fits_its_list"):
        return f"`{needs[0]}` is 1 and `{needs[1]}` has items"
    if name == "_above_".join(needs):
        return f"`{needs[0]}` <= `{needs[1]}`"
    if name == f"{needs[0]}_needs_{then}":
        return f"`{needs[0]}` is filled in"
    middle = name.removeprefix(f"{needs[0]}_").removesuffix(f"_needs_{then}")
    if name != f"{needs[0]}_{middle}_needs_{then}":
        raise KeyError(name)
    if middle.startswith("not_"):
        return f"`{needs[0]}` is not {middle.removeprefix('not_')}"
    field = kind.field(needs[0])
    several = field is not None and isinstance(field.type, Codes)
    return f"`{needs[0]}` {'has' if several else 'is'} {middle}"


def page() -> str:
    """All of docs/FORMS.md."""
    return "\n".join([_ABOVE, *(line for kind in everything() for line in _kind(kind))])


def _kind(kind: Kind) -> Iterator[str]:
    register = kind.shape is Shape.REGISTER
    yield f"## `{kind.id}` version {kind.version}: {kind.label}\n"
    yield (
        "A register: one a resident." if register else "An event: every field's policy is `event`."
    )
    until = f"to {kind.valid_until}" if kind.valid_until else "on"
    yield f"In force for services from {kind.valid_from} {until}. Class of the form:"
    yield f"{kind.access.value}. Lists and notices call it {kind.neutral_label}.\n"
    if kind.draft:
        yield "**Draft**: the official text has not been seen; the form may still change.\n"
    if kind.subject is Subject.FACILITY:
        yield "Work of a facility: in nobody's archive, never on a tablet.\n"
    if kind.waiver is not None:
        kept = ", ".join(f"`{name}`" for name in kind.waiver.keeps)
        yield f"When `{kind.waiver.field}` is filled in, of the required fields only {kept} are,"
        yield "and of the checks about a field that was left out only those are made that look at"
        yield f"`{kind.waiver.field}`.\n"
    revealing = [f"`{each.name}`" for each in kind.fields if each.reveals]
    if revealing:
        yield f"With {', '.join(revealing)} filled in, every text of the form is class B too.\n"
    yield from _fields(kind, register=register)
    if kind.checks:
        yield "\nChecks:\n"
        yield "| check | finds fault when | and left out | at | kind | sentence |"
        yield "|---|---|---|---|---|---|"
        yield from (_check(kind, each) for each in kind.checks)
    if kind.computed:
        yield "\nComputed:\n"
        yield "| name | label | result | fills | from | asks at | when | kind | sentence |"
        yield "|---|---|---|---|---|---|---|---|---|"
        yield from map(_computed, kind.computed)
    yield ""


def _fields(kind: Kind, *, register: bool) -> Iterator[str]:
    head, rule = "| field | label | type | required | class |", "|---|---|---|---|---|"
    if register:
        head, rule = f"{head} policy | cell and value |", f"{rule}---|---|"
    yield head
    yield rule
    for each in kind.fields:
        required = "yes" if each.required else ""
        row = f"| `{each.name}` | {each.label} | {type_of(each.type)} | {required} "
        row += f"| {each.access.value} |"
        if register:
            row += f" `{each.policy.value}`{_safer(each)} | {_cell(each)} |"
        yield row


def _check(kind: Kind, each: Check) -> str:
    left_out = ", ".join(f"`{name}`" for name in (each.missing, *each.unless) if name)
    weight = "question" if each.warn else "hard"
    said = f"{rule_of(kind, each)} | {left_out} | `{each.place()}` | {weight}"
    return f"| `{each.name}` | {said} | {each.sentence_zh} |"


def _computed(each: Computed) -> str:
    fills = f"`{each.fills}`" if each.fills else ""
    row = f"| `{each.name}` | {each.label} | {type_of(each.type)} | {fills} "
    row += f"| `{_json(each.expression)}` |"
    if not each.place():
        return f"{row} | | | |"
    when = "it differs" if each.asks is None else f"`{_json(each.asks)}`"
    weight = "question" if each.warn else "hard"
    return f"{row} `{each.place()}` | {when} | {weight} | {each.said()} |"


def _json(expression: Any) -> str:
    return json.dumps(expression, ensure_ascii=False).replace("|", "\\|")


def _cell(each: Field) -> str:
    if each.policy is not Policy.SET:
        return f"`{each.name}`"
    if not isinstance(each.type, ListOf):
        return f"`{each.name}/code`: `true`"
    key = each.type.key
    others = [inner for inner in each.type.fields if inner.name != key]
    names = ", ".join(f"`{inner.name}`" for inner in others)
    value = f"object with {names}"
    if not any(inner.required for inner in others):
        value += ", or `true`"
    return f"`{each.name}/{key}`: {value}"


def _safer(each: Field) -> str:
    """Which value is shown while several are in conflict (PROTOCOL 7.2)."""
    if each.safer is None:
        return ""
    if each.safer is safer.highest:
        return "; safer: the highest code"
    assert isinstance(each.type, Code)
    found = {each.safer(pair) for pair in combinations(each.type.codes, 2)}
    if len(found) == 1:
        return f"; safer: {found.pop()} as soon as two differ"
    pairs = [
        f"{one} and {other}: {each.safer((one, other))}"
        for one, other in combinations(each.type.codes, 2)
    ]
    return f"; safer: of {', '.join(pairs)}"


def type_of(kind: FieldType) -> str:
    """A field type in the words of the page."""
    match kind:
        case Text(least, most, pattern):
            said = pattern.replace("|", "\\|")
            return f"text {least}..{most}" + (f", pattern `{said}`" if pattern else "")
        case Int() | Scaled():
            return _number(kind)
        case Code(codes):
            return f"one code: {_codes(codes)}"
        case Codes(codes, none):
            alone = f"; `{none}` excludes the others" if none else ""
            return f"several codes: {_codes(codes)}{alone}"
        case Day(past):
            return "day, not in the future" if past else "day"
        case Month(past):
            return "month, not in the future" if past else "month"
        case Time():
            return "time"
        case Ref(to):
            return f"ref to {to}"
        case ListOf(fields, most, key):
            inside = "; ".join(_inside(each) for each in fields)
            return (
                f"list, at most {most}" + (f", key `{key}`" if key else "") + f", of {{{inside}}}"
            )


def _inside(each: Field) -> str:
    required = ", required" if each.required else ""
    return f"`{each.name}` {each.label}: {type_of(each.type)}{required}"


def _number(kind: Int | Scaled) -> str:
    places = kind.places if isinstance(kind, Scaled) else 0
    unit = f" {kind.unit}" if kind.unit else ""
    low, high = decimal_text(kind.low, places), decimal_text(kind.high, places)
    said = f"integer {low}..{high}{unit}"
    if isinstance(kind, Scaled):
        said = f"scaled by {10**places}, {kind.low}..{kind.high} ({low}..{high}{unit})"
    warn_low = kind.low if kind.warn_low is None else kind.warn_low
    warn_high = kind.high if kind.warn_high is None else kind.warn_high
    if (warn_low, warn_high) != (kind.low, kind.high):
        said += f", questioned outside {warn_low}..{warn_high}"
    return said


def _codes(codes: Mapping[str, str]) -> str:
    return ", ".join(f"`{code}` {label}" for code, label in codes.items())


def write(path: Path = PAGE) -> None:
    """The page as the code is now."""
    path.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
