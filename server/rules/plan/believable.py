"""Days that cannot be meant (a year 0001 or 9999 typed by mistake or on purpose) are not reckoned
with: no rule could count weeks before the one or months after the other, and the plans of everybody
whose archives are made anew together would stand still for it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from server.rules.plan.model import Record

FIRST: Final = date(1850, 1, 1)
LAST: Final = date(2199, 12, 31)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BEFORE, _AFTER = FIRST.isoformat(), LAST.isoformat()


def believable(records: Iterable[Record]) -> tuple[Record, ...]:
    """Records of believable days, in their order; of each the answers but for absurd days."""
    return tuple(_without(each) for each in records if FIRST <= each.on <= LAST)


def _without(record: Record) -> Record:
    absurd = [name for name, value in record.body.items() if _is_absurd(value)]
    if not absurd:
        return record
    kept: Mapping[str, Any] = {
        name: value for name, value in record.body.items() if name not in absurd
    }
    return replace(record, body=kept)


def _is_absurd(value: object) -> bool:
    """Compared as text, which puts days in order; most values fail at the first look."""
    return (
        isinstance(value, str)
        and len(value) == len(_BEFORE)
        and not _BEFORE <= value <= _AFTER
        and _DAY.fullmatch(value) is not None
    )
