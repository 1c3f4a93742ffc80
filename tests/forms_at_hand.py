"""A form changed in one place, and what is said about it: for tests of single forms."""

from datetime import date
from typing import Any

from server.records.check import Fault, FaultCode, check
from server.records.computed import computed
from server.records.kinds import current, get
from tests.cast_forms import ON, TODAY, good_bytes

CONTRADICTION = FaultCode.CONTRADICTION
MISSING = FaultCode.MISSING


def found(
    kind_id: str, *, birth: date | None = None, sex: str | None = None, **changes: Any
) -> tuple[Fault, ...]:
    """Every fault of the good form with these changes."""
    kind, body = get(kind_id, 1), good_bytes(kind_id, **changes)
    return check(kind, body, on=ON, today=TODAY, birth=birth, sex=sex)


def refused(kind_id: str, **changes: Any) -> set[tuple[str, FaultCode]]:
    """(field, code) of the faults that keep it from being saved."""
    return {(f.field, f.code) for f in found(kind_id, **changes) if not f.warn}


def missing(kind_id: str, **changes: Any) -> set[str]:
    """The fields that must still be filled in."""
    return {name for name, code in refused(kind_id, **changes) if code is MISSING}


def contradicted(kind_id: str, **changes: Any) -> set[str]:
    """The fields that do not fit others."""
    return {name for name, code in refused(kind_id, **changes) if code is CONTRADICTION}


def asked(kind_id: str, **changes: Any) -> set[str]:
    """The fields that are questioned; nothing may be refused."""
    assert refused(kind_id, **changes) == set()
    return {f.field for f in found(kind_id, **changes) if f.warn}


def follows(kind_id: str, body: dict[str, Any], **known: Any) -> dict[str, Any]:
    """Everything that is computed from these answers and what is known beside them."""
    return computed(current(kind_id, on=ON), body, {"on": ON, **known})
