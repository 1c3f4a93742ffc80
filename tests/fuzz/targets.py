"""Every target by name: what opens it, and how many cases are in the normal suite."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from tests.fuzz import batches, lists, sealed
from tests.fuzz.case import Place, Target

SHARE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """`world`: the engine of the standing world that it works in; "" for a pure one. `share`: cases
    in the normal suite.
    """

    opened: Callable[[Place], AbstractContextManager[Target]]
    share: int = SHARE
    world: str = ""


def _pure(open_: Callable[[Place], Iterator[Target]], share: int = SHARE) -> Entry:
    return Entry(contextmanager(open_), share)


TARGETS: Final[dict[str, Entry]] = {
    "envelope": _pure(sealed.envelope),
    "answer": _pure(sealed.answer),
    "header": _pure(sealed.header),
    "codes": _pure(sealed.codes),
    "code-lists": _pure(sealed.code_lists),
    "let-in": _pure(sealed.let_in),
    "attachment": _pure(sealed.attachment),
    "batch": _pure(batches.batch),
    "change": _pure(batches.change),
    "batch-sqlite": Entry(batches.batch_whole, 250, "sqlite"),
    "batch-postgres": Entry(batches.batch_whole, 250, "postgres"),
    "changes-sqlite": Entry(batches.changes_whole, 1_000, "sqlite"),
    "changes-postgres": Entry(batches.changes_whole, 1_000, "postgres"),
    "people": _pure(lists.people),
    "workbook": _pure(lists.workbook),
    "laboratory": _pure(lists.laboratory),
    "invited": _pure(lists.invited),
    "people-sqlite": Entry(lists.people_whole, 150, "sqlite"),
    "people-postgres": Entry(lists.people_whole, 150, "postgres"),
    "day-sqlite": Entry(lists.day_whole, 100, "sqlite"),
    "day-postgres": Entry(lists.day_whole, 100, "postgres"),
}
