"""Rows of findings as they follow from the records of a checkup day: opened, changed, and gone when
later parts say otherwise. What somebody has seen to already is not opened again.

What was found is sealed under the resident's key; in the clear stand what is owed and by when.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from crypto.columns import DataKey
from server.actions.archives.content import Content
from server.actions.archives.standing import ResidentRow
from server.actions.checkup import records
from server.actions.checkup.day_rows import Day
from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers, facts_of
from server.actions.tablets.intake import civil_day
from server.rules.changes import CHECKUPS
from server.rules.checkup_findings import OWED, Person, findings
from server.rules.checkup_results import LeftOut
from server.rules.plan.groups import groups_of
from server.rules.plan.model import Facts
from server.rules.plan.steps import beside
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import T_CHECKUP_AFTER

CHECK: Final = "check"  # action of a value that no form can hold
CHECK_DAYS: Final = 3
_VALUE: Final = "value:"
_STATE: Final = ("action", "urgent", "due_day", "state", "sealed", "done_at", "done_by")


class State(StrEnum):
    OPEN = "open"
    REFERRED = "referred"
    AGREED = "agreed"
    TOLD = "told"
    GONE = "gone"


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """The sealed content. `name`: of the table's entry, or of a field that was left out;
    `shown`: (field, value, side); `record`: of the checkup, hex.
    """

    name: str
    form: str
    label: str = ""
    doctor: str = ""
    resident: str = ""
    shown: tuple[tuple[str, Any, int], ...] = ()
    record: str = ""
    clause: str = ""

    def __repr__(self) -> str:
        return "Kept()"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as it should be."""

    kept: Kept
    action: str
    urgent: bool
    days: int


_kept: Final = msgspec.json.Decoder(Kept)


async def key_of(tx: Tx, site: Site, who: bytes) -> DataKey | None:
    """The key of the archive as it was named on the day, also after it was joined with another."""
    row = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, who
    )
    return None if row is None or row[0] is None else site.vault.key(who, row[0])


def open_kept(site: Site, key: DataKey, finding: bytes, who: bytes, sealed: bytes) -> Kept:
    return _kept.decode(key.open(site.vault.at(T_CHECKUP_AFTER, finding, who), sealed))


async def follow(
    tx: Tx, site: Site, day: Day, names: Sequence[bytes], row: ResidentRow, content: Content,
    left: Sequence[tuple[str, LeftOut]],
) -> None:  # fmt: skip
    """Brings the rows of one person of one day to what the records say now. `names`: the archive,
    and those that were merged into it.
    """
    wanted = {each.kept.name: each for each in _of_values(left)}
    for each in await _of_records(tx, site, day, names, row, content):
        wanted[each.kept.name] = each
    there = await tx.rows_in(
        "SELECT finding, state, sealed, action, who, opened_at FROM checkup_finding WHERE "
        "district=? AND day=? AND who {ids} ORDER BY finding",
        sorted(names), site.district, day.day,
    )  # fmt: skip
    again: list[Row] = []
    for finding, state, sealed, action, who, made in there:
        key = await key_of(tx, site, who)
        if key is None:
            continue
        kept = open_kept(site, key, finding, who, sealed)
        now = wanted.pop(kept.name, None)
        if now is None and state == State.OPEN:
            again.append(
                (
                    site.district, finding, action, False, day.on.isoformat(), State.GONE.value,
                    sealed, site.clock(), None,
                )
            )  # fmt: skip
        elif now is not None and state in (State.OPEN, State.GONE):
            again.append((site.district, finding, *_put(site, day, key, finding, who, now, made)))
    await tx.update("checkup_finding", ("district", "finding"), _STATE, again)
    own = await key_of(tx, site, names[0])
    if own is not None:
        await _open(tx, site, day, names[0], row, own, wanted)


def _put(
    site: Site, day: Day, key: DataKey, finding: bytes, who: bytes, each: Wanted, made: int
) -> Row:  # fmt: skip
    """What is urgent is due from the day it is known: a result may come after the checkup day."""
    sealed = key.seal(site.vault.at(T_CHECKUP_AFTER, finding, who), msgspec.json.encode(each.kept))
    since = max(day.on, civil_day(made)) if each.urgent else day.on
    due = (since + timedelta(days=each.days)).isoformat()
    return each.action, each.urgent, due, State.OPEN.value, sealed, None, None


async def _open(
    tx: Tx, site: Site, day: Day, who: bytes, row: ResidentRow, key: DataKey,
    wanted: Mapping[str, Wanted],
) -> None:  # fmt: skip
    """New rows, in the queue of the facility that answers for the resident."""
    now, fresh = site.clock(), list[Row]()
    for each in wanted.values():
        finding = new_id(now)
        action, urgent, due, state, sealed, _, _ = _put(site, day, key, finding, who, each, now)
        fresh.append(
            (
                site.district, finding, day.day, who, row.facility or day.facility, action, urgent,
                due, state, now, None, None, sealed, None,
            )
        )  # fmt: skip
    await tx.insert("checkup_finding", fresh)


def _of_values(left: Iterable[tuple[str, LeftOut]]) -> Iterable[Wanted]:
    """Values that no form can hold, each for somebody to look at."""
    for form, each in left:
        shown = ((each.field, each.value, 0),)
        kept = Kept(f"{_VALUE}{form}:{each.field}", form, doctor=each.why, shown=shown)
        yield Wanted(kept, CHECK, urgent=False, days=CHECK_DAYS)


async def _of_records(
    tx: Tx, site: Site, day: Day, names: Sequence[bytes], row: ResidentRow, content: Content
) -> list[Wanted]:
    made = await tx.rows_in(
        "SELECT form, change FROM checkup_result WHERE district=? AND day=? AND who {ids}",
        sorted(names), site.district, day.day,
    )  # fmt: skip
    found: list[Wanted] = []
    person: Person | None = None
    for form, change in made:
        if form not in CHECKUPS:
            continue
        standing = await records.standing_of(tx, site, row, form, change)
        if standing is None or standing.body is None:
            continue
        if person is None:
            facts = await facts_of(tx, site, {row.resident: row}, {row.resident: content})
            person = person_of(site, facts[row.resident], day.on)
        found += [
            Wanted(
                Kept(
                    each.id, form, each.label, each.doctor, each.resident,
                    tuple((one.field, one.value, one.side) for one in each.shown),
                    standing.change.hex(), each.clause,
                ),
                each.action.value, each.urgent, each.days or 0,
            )
            for each in findings(form, standing.body, day.on, person)
            if each.action in OWED
        ]  # fmt: skip
    return found


def person_of(site: Site, facts: Facts, on: date) -> Person:
    """Who it is and what is known of them, as the findings ask for it."""
    numbers = district_numbers(site, on.year)
    groups = groups_of(facts, on.year, district=numbers)
    known = beside(facts, groups, on, None)
    return Person(facts.birth, facts.sex, known, numbers)
