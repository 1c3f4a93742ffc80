"""A kind turned into a decoder: the fast way to learn that a record is all right.

For each kind a msgspec struct is made whose bounds are the *narrow* ones (the soft band where there
is one), so one decoding in C answers types, codes, lengths, hard and soft bounds together. When it
succeeds there is nothing to say about single fields; when it fails, check.py lists why, slowly.

What the decoder cannot see is duplicate keys (it keeps the last). Every key of a JSON object is
followed by one colon, so when the body has exactly as many colons as the decoded record has keys,
no key can be there twice, whatever the white space. More colons (a colon inside a text, a field of
a newer app) only mean that the exact test has to be made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.records.between import asked
from server.records.computed import Works, tuple_of, works_of
from server.records.model import (
    BIRTH,
    SEX,
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
    Text,
    Time,
)
from server.records.values import MONTH_PATTERN, REF_PATTERN, TIME_PATTERN, usual_band

Filled = Any
"""A decoded record: an instance of a struct that is made at run time."""
Wire = Any
"""A type annotation, made at run time, that msgspec understands."""
_Getter = Callable[[Filled], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What check() needs of a kind, worked out once."""

    kind: Kind
    struct: type[Filled]
    decode: Callable[[bytes], Filled]
    keys: Callable[[Filled], int]
    """How many colons a body has when it is exactly this record."""
    several: tuple[tuple[Field, Codes], ...]
    past: tuple[Field, ...]
    days: Callable[[Filled], tuple[Any, ...]]
    """All its days, UNSET where one is not filled in."""
    lists: tuple["Listed", ...]
    """Lists that hold more than the decoder judges."""
    checks: tuple["Made", ...]
    works: Works | None
    """The definitions that may ask something of what was typed; None for a form without."""

    asks_of_person: bool
    """Whether a fault may follow from the resident's birth or sex."""

    waiver: str = ""


class Made(NamedTuple):
    """A check taken apart, because finding its parts costs more than most checks do."""

    check: Check
    broken: Callable[..., bool]
    missing: str
    unless: tuple[str, ...]
    only: Callable[[Filled], Any] | None
    """The one field it needs; None when it needs another number of them."""

    values: Callable[[Filled], tuple[Any, ...]] | None
    """What it needs of the record; None when it needs something that is known beside it too."""

    stands: bool
    """Made even when the waiver's field is filled in."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list whose items tell themselves apart by a key, hold days, or are looked into."""

    name: str
    key: str
    past: tuple[str, ...]
    """Days and months of an item that are not after today."""
    days: tuple[str, ...]
    looked_into: bool
    """A check between fields or a definition gets its items, as plain objects."""


@cache
def plan_of(kind: Kind, *, asking: bool = True) -> Plan:
    """The plan of a kind; made on first use and kept. Without `asking` it has what makes a form
    impossible and no questions: whoever takes in what is signed asks nobody.
    """
    struct = _struct(kind.id, kind.fields)
    waiver = kind.waiver.field if kind.waiver else ""
    works = works_of(kind)
    return Plan(
        kind=kind,
        struct=struct,
        decode=msgspec.json.Decoder(struct).decode,
        keys=_key_counter(kind.fields),
        several=tuple((f, f.type) for f in kind.fields if isinstance(f.type, Codes)),
        past=tuple(f for f in kind.fields if isinstance(f.type, Day | Month) and f.type.past),
        days=tuple_of(tuple(f.name for f in kind.fields if isinstance(f.type, Day))),
        lists=_lists(kind, works),
        checks=tuple(_made(kind, each, waiver) for each in kind.checks if asking or not each.warn),
        works=works if _is_asked(works, asking=asking) else None,
        asks_of_person=any(
            not each.warn and not {BIRTH, SEX}.isdisjoint(each.needs) for each in kind.checks
        ),
        waiver=waiver,
    )


def _is_asked(works: Works, *, asking: bool) -> bool:
    """Whether a definition may find fault, or ask, with what was typed."""
    return any(asking or not each.definition.warn for each in works.asked)


def _made(kind: Kind, each: Check, waiver: str) -> Made:
    values = _values(kind, each)
    alone = values is not None and len(each.needs) == 1
    return Made(
        each,
        asked(each),
        each.missing,
        each.unless,
        attrgetter(each.needs[0]) if alone else None,
        values,
        _stands(each, waiver),
    )


def _values(kind: Kind, each: Check) -> _Getter | None:
    return tuple_of(each.needs) if all(map(kind.field, each.needs)) else None


def _stands(each: Check, waiver: str) -> bool:
    """Of a service that was not given nothing is asked for but what the waiver itself needs."""
    return not each.missing or waiver in each.needs


def _lists(kind: Kind, works: Works) -> tuple[Listed, ...]:
    needed = {name for each in kind.checks for name in each.needs} | set(works.fields)
    found = tuple(
        Listed(
            each.name,
            each.type.key,
            tuple(
                f.name for f in each.type.fields if isinstance(f.type, Day | Month) and f.type.past
            ),
            tuple(f.name for f in each.type.fields if isinstance(f.type, Day)),
            each.name in needed,
        )
        for each in kind.fields
        if isinstance(each.type, ListOf)
    )
    return tuple(each for each in found if each.key or each.past or each.days or each.looked_into)


def _struct(name: str, fields: tuple[Field, ...]) -> type[Any]:
    rows: list[Any] = []
    for each in fields:
        wire: Wire = _wire(each.type, f"{name}_{each.name}")
        rows.append((each.name, wire) if each.required else (each.name, wire | UnsetType, UNSET))
    return msgspec.defstruct(name, rows, kw_only=True, gc=False)


def _wire(kind: FieldType, name: str) -> Wire:
    match kind:
        case Int() | Scaled():
            low, high = usual_band(kind)
            return Annotated[int, Meta(ge=low, le=high)]
        case Text(least, most, pattern):
            return _pattern(pattern, least, most)
        case Code(codes):
            return Literal[tuple(codes)]
        case Codes(codes):
            one: Wire = Literal[tuple(codes)]
            return Annotated[list[one], Meta(min_length=1, max_length=len(codes))]
        case Day():
            return date
        case Month():
            return _pattern(MONTH_PATTERN, 7, 7)
        case Time():
            return _pattern(TIME_PATTERN, 5, 5)
        case Ref():
            return _pattern(REF_PATTERN, 32, 32)
        case ListOf(fields, most):
            item: Wire = _struct(name, fields)
            return Annotated[list[item], Meta(max_length=most)]


def _pattern(pattern: str, least: int, most: int) -> Wire:
    if not pattern:
        return Annotated[str, Meta(min_length=least, max_length=most)]
    # msgspec searches; \Z and not $, which would let a trailing line feed through.
    whole = rf"\A(?:{pattern})\Z"
    return Annotated[str, Meta(min_length=least, max_length=most, pattern=whole)]


def _key_counter(fields: tuple[Field, ...]) -> Callable[[Filled], int]:
    """A function from a decoded record to its number of colons, if it is written plainly."""
    base = len(fields) + sum(isinstance(f.type, Time) for f in fields if f.required)
    optional = tuple_of(tuple(f.name for f in fields if not f.required))
    times = tuple_of(tuple(f.name for f in fields if isinstance(f.type, Time) and not f.required))
    lists = tuple(
        (f.name, _key_counter(f.type.fields)) for f in fields if isinstance(f.type, ListOf)
    )

    def keys(filled: Filled) -> int:
        count = base - optional(filled).count(UNSET)
        for value in times(filled):
            if value is not UNSET:
                count += 1
        for name, inner in lists:
            items = getattr(filled, name)
            if items is not UNSET:
                for item in items:
                    count += inner(item)
        return count

    return keys
