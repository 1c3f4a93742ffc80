"""Whether a change can be read at all: what a person may let in although it is wrong, and what not.

A height of three metres is a saying about somebody, and a person may know that it is true. A list
where a date should stand says nothing; whoever reads forms afterwards (plans, sheets of paper,
tablets) relies on the types of the catalogue.
"""

from datetime import date
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from server.records.check import check, edit_faults, hard
from server.records.kinds import UnknownKind, get
from server.records.model import Kind, Shape, Subject
from server.records.values import FaultCode, Faults
from sync import wire
from sync.limits import CHANGE_BYTES

_UNREADABLE: Final = frozenset({FaultCode.WRONG_TYPE, FaultCode.MALFORMED, FaultCode.DUPLICATE_KEY})
_LARGEST: Final = 10**9  # above any number a form asks for, whatever its unit


def can_be_read(change: wire.Change, today: date) -> bool:
    """Whether every answer is of the type that the catalogue says, in a form about a resident."""
    try:
        kind = get(change.kind, change.v)
    except UnknownKind:
        return False
    if kind.subject is not Subject.RESIDENT:
        return False  # work of a facility has no place in an archive, whoever lets it in
    if change.set is not UNSET:
        values = {cell: edit.value for cell, edit in change.set.items()}
        faults = (edit_faults(kind, cell, value, today=today) for cell, value in values.items())
        return not any(map(_unreadable, faults)) and not _is_huge(values)
    if change.body is UNSET:
        return True
    body, on = bytes(change.body), date.fromisoformat(change.on)
    faults = check(kind, body, on=on, today=max(on, today))
    if _unreadable(faults) or _is_half(kind, faults):
        return False
    return not _is_huge(msgspec.json.decode(body, type=dict[str, Any]))


def is_sound(raw: bytes) -> bool:
    """Whether a tablet would take a change that the server made: one in a feed that cannot be read
    stops every tablet of the panel.
    """
    try:
        wire.change(raw)
    except wire.Malformed:
        return False
    return len(raw) <= CHANGE_BYTES


def _unreadable(faults: Faults) -> bool:
    return any(each.code in _UNREADABLE for each in hard(faults))


def _is_half(kind: Kind, faults: Faults) -> bool:
    """A step that lacks what every step of its kind says cannot be added up."""
    return kind.shape is Shape.STEP and any(each.code is FaultCode.MISSING for each in hard(faults))


def _is_huge(value: object) -> bool:
    if isinstance(value, list):
        return any(_is_huge(each) for each in cast("list[object]", value))
    if isinstance(value, dict):
        return any(_is_huge(each) for each in cast("dict[str, object]", value).values())
    return isinstance(value, int) and abs(value) > _LARGEST
