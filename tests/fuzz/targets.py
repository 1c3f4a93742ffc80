"""Every target by name: what opens it, and how many cases are in the normal suite."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from tests.fuzz import batches, calls, files, forms, lists, sealed, sealed_headers
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
    "header": _pure(sealed_headers.header),
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
    "forms": _pure(forms.body),
    "rescue": _pure(files.rescue),
    "tables": _pure(files.tables, 1_500),
    "messages": _pure(files.messages),
    "backup": Entry(files.backups, 2_000, "sqlite"),
    "archive": Entry(files.archives, 2_000, "sqlite"),
    "rescue-sqlite": Entry(files.rescue_whole, 100, "sqlite"),
    "rescue-postgres": Entry(files.rescue_whole, 100, "postgres"),
    "people-sqlite": Entry(lists.people_whole, 150, "sqlite"),
    "people-postgres": Entry(lists.people_whole, 150, "postgres"),
    "day-sqlite": Entry(lists.day_whole, 100, "sqlite"),
    "day-postgres": Entry(lists.day_whole, 100, "postgres"),
    "calls-sqlite": Entry(calls.calls, 250, "sqlite"),
    "calls-postgres": Entry(calls.calls, 250, "postgres"),
    "pages-sqlite": Entry(forms.pages, 500, "sqlite"),
    "pages-postgres": Entry(forms.pages, 500, "postgres"),
}
