"""A correction at rest: its row, and what is sealed of it under the resident's key."""

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from msgspec import structs

from server.actions.archives.standing import names_of
from server.actions.keeping.site import Site
from server.rules.corrections import Lane, Outcome, State
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_CORRECTION

KIND: Final = "correction"  # of the facility's task
APPEAL: Final = "appeal"  # of the county's
TEXT_MOST: Final = 500


class Word(msgspec.Struct, frozen=True):
    """One turn of asking back and answering. `staff` is empty for the resident."""

    staff: str
    at: int
    text: str


class Content(msgspec.Struct, frozen=True):
    """What is sealed. `field`: of the record's form, or the first of the register's; `wrote`: the
    changes (hex) that had put what stood there. `verdicts`, `rulings`: by cell, true for accepted.
    """

    kind: str = ""
    on: str = ""
    field: str = ""
    before: dict[str, Any] = {}
    wanted: dict[str, Any] = {}
    wrote: tuple[str, ...] = ()
    why: str = ""
    text: str = ""
    talk: tuple[Word, ...] = ()
    verdicts: dict[str, bool] = {}
    choice: str = ""
    answer: str = ""
    appeal: str = ""
    rulings: dict[str, bool] = {}
    ruling: str = ""

    def but(self, **changed: Any) -> "Content":
        """The same with some of it said anew."""
        return structs.replace(self, **changed)


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction. `resident`: the archive it was written for; instants in ms UTC."""

    id: bytes
    resident: bytes
    person: bytes
    helper: bytes | None
    lane: Lane
    cls: str
    record: bytes | None
    state: State
    outcome: Outcome
    asked_at: int
    due_at: int
    overdue_at: int | None
    answered_at: int | None
    answered_by: bytes | None
    made: bytes | None
    appealed_at: int | None
    ruled_at: int | None
    ruled_by: bytes | None
    ruled: bytes | None
    content: Content


_COLUMNS: Final = (
    "c.correction, c.resident, c.person, c.helper, c.lane, c.cls, c.record, c.state, c.outcome, "
    "c.asked_at, c.due_at, c.overdue_at, c.answered_at, c.answered_by, c.made, c.appealed_at, "
    "c.ruled_at, c.ruled_by, c.ruled, c.sealed, r.key"
)
_FROM: Final = (
    f"SELECT {_COLUMNS} FROM correction c JOIN resident r ON r.district=c.district AND "
    "r.resident=c.resident WHERE c.district=? AND "
)
_content: Final = msgspec.json.Decoder(Content)


def _opened(site: Site, row: Row) -> Correction:
    name, who, person, helper, lane, cls, record, state, outcome, *rest, sealed, wrapped = row
    place = site.vault.at(T_CORRECTION, name, who)
    content = _content.decode(site.vault.key(who, wrapped).open(place, sealed))
    times: Any = (*rest, content)
    return Correction(
        name, who, person, helper, Lane(lane), cls, record, State(state), Outcome(outcome), *times
    )


async def find(tx: Tx, site: Site, name: bytes, *, lock: bool = False) -> Correction | None:
    """One by its id."""
    tail = " OF c" if tx.dialect == "postgres" and lock else ""
    row = await one(
        tx, f"{_FROM}c.correction=?{locking(tx) + tail if lock else ''}", site.district, name
    )
    return _opened(site, row) if row is not None else None


async def of_archive(tx: Tx, site: Site, resident: bytes) -> list[Correction]:
    """Every correction of an archive and of those merged into it, newest first."""
    ids = await names_of(tx, site.district, resident)
    rows = await tx.rows_in(
        _FROM + "c.resident {ids} ORDER BY c.asked_at DESC, c.correction DESC", ids, site.district
    )
    return [_opened(site, row) for row in rows]


async def pictures_of(tx: Tx, site: Site, name: bytes) -> list[bytes]:
    """Ids of what was sent with it."""
    rows = await tx.rows(
        "SELECT attachment FROM attachment WHERE district=? AND subject=? AND state='taken' "
        "ORDER BY made_at, attachment",
        site.district, name,
    )  # fmt: skip
    return [row[0] for row in rows]


def sealed_content(
    site: Site, name: bytes, resident: bytes, wrapped: bytes, content: Content
) -> bytes:
    place = site.vault.at(T_CORRECTION, name, resident)
    return site.vault.key(resident, wrapped).seal(place, msgspec.json.encode(content))


async def write(tx: Tx, site: Site, found: Correction, **changed: Any) -> Correction:
    """The row as it is now; `changed` are fields of Correction."""
    after = replace(found, **changed)
    row = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district,
        after.resident,
    )  # fmt: skip
    assert row is not None
    sealed = sealed_content(site, after.id, after.resident, row[0], after.content)
    await tx.run(
        "UPDATE correction SET state=?, outcome=?, overdue_at=?, answered_at=?, answered_by=?, "
        "made=?, appealed_at=?, ruled_at=?, ruled_by=?, ruled=?, due_at=?, sealed=? WHERE "
        "district=? AND correction=?",
        after.state, after.outcome, after.overdue_at, after.answered_at, after.answered_by,
        after.made, after.appealed_at, after.ruled_at, after.ruled_by, after.ruled, after.due_at,
        sealed, site.district, after.id,
    )  # fmt: skip
    return after


def row_of(site: Site, found: Correction, wrapped: bytes) -> Row:
    """The row of a new one."""
    return (
        site.district, found.id, found.resident, found.person, found.helper, found.lane.value,
        found.cls, found.record, found.state.value, found.outcome.value, found.asked_at,
        found.due_at, None, None, None, None, None, None, None, None,
        sealed_content(site, found.id, found.resident, wrapped, found.content),
    )  # fmt: skip


async def close(tx: Tx, site: Site, now: int, found: Correction, outcome: Outcome) -> None:
    """It is over without an answer: taken back, or said anew."""
    await write(tx, site, found, state=State.WITHDRAWN, outcome=outcome, answered_at=now)
    await close_tasks(tx, site, found.id, found.resident, outcome.value)
    await tx.run(
        "UPDATE change SET state='superseded' WHERE district=? AND change=? AND state='conflict'",
        site.district, found.id,
    )  # fmt: skip


async def close_tasks(tx: Tx, site: Site, name: bytes, by: bytes, result: str) -> None:
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND subject=? AND "
        "kind IN (?,?) AND closed_at IS NULL",
        site.clock(), by, result, site.district, name, KIND, APPEAL,
    )  # fmt: skip
