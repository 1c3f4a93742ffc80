"""A register between its two shapes: the form as filled in, and the cells that merge one by one.

`to_cells` is how a new archive's first page becomes edits; `to_body` is what a reader is shown from
the cells' chosen values. A value of a newer app goes through both untouched.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from server.records.model import Codes, Field, Kind, ListOf
from sync.policy import Policy


def to_cells(kind: Kind, body: Mapping[str, object]) -> dict[str, object]:
    """The cells of a filled-in form that check() had no hard fault in: {cell: value}."""
    cells: dict[str, object] = {}
    for name, value in body.items():
        each = kind.field(name)
        if each is None or each.policy is not Policy.SET:
            cells[name] = value
        else:
            cells.update(_elements(each, value))
    return cells


def _elements(each: Field, value: object) -> dict[str, object]:
    items = cast("list[Any]", value)
    if not isinstance(each.type, ListOf):
        return {f"{each.name}/{code}": True for code in items}
    key = each.type.key
    return {
        f"{each.name}/{item[key]}": {n: v for n, v in item.items() if n != key} or True
        for item in cast("list[dict[str, object]]", items)
    }


def to_body(kind: Kind, cells: Mapping[str, object]) -> dict[str, object]:
    """The form as readers see it, from shown values; absent elements and empty sets are left out.

    Answers stand in the order of the form's codes, list items in the order of their keys.
    """
    body: dict[str, object] = {}
    elements: dict[str, dict[str, object]] = {}
    for cell, value in cells.items():
        name, slash, key = cell.partition("/")
        each = kind.field(name)
        if each is not None and each.policy is Policy.SET and slash:
            if value is not None and value is not False:
                elements.setdefault(name, {})[key] = value
        elif value is not None:
            body[cell] = value
    for name, present in elements.items():
        each = kind.field(name)
        assert each is not None
        body[name] = _items(each, present)
    return body


def _items(each: Field, present: Mapping[str, object]) -> list[object]:
    if isinstance(each.type, Codes):
        return list(shown_codes(each.type, present))
    assert isinstance(each.type, ListOf)
    made: list[object] = []
    for key in sorted(present, key=lambda text: (len(text), text)):
        value = present[key]
        details = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        made.append({each.type.key: key, **details})
    return made


def none_beside(kind: Kind, cell: str) -> str:
    """The cell of the answer that excludes this one (无); "" where there is none, or it is that."""
    name, _, key = cell.partition("/")
    each = kind.field(name)
    if each is None or not isinstance(each.type, Codes) or key in ("", each.type.none):
        return ""
    return f"{name}/{each.type.none}" if each.type.none else ""


def silenced(kind: Kind, values: Mapping[str, object]) -> frozenset[str]:
    """The cells of 无 that are not shown, since something else of their set is there.

    `values`: what is shown of each cell, of a page or of what somebody wants.
    """
    there = {cell for cell, value in values.items() if value is not None and value is not False}
    return frozenset({none_beside(kind, cell) for cell in there} & there)


def shown_codes(kind: Codes, present: Iterable[str]) -> tuple[str, ...]:
    """The codes of a merged set that are shown: a known allergy silences "none" (the safer)."""
    there = frozenset(present)
    if kind.none in there and len(there) > 1:
        there -= {kind.none}
    known = tuple(code for code in kind.codes if code in there)
    return (*known, *sorted(there - set(kind.codes)))
