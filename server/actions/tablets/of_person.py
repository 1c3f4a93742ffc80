"""Whether a change that is all right in itself can be about this very person.

Checked where the person is known, under the lock: a visit before birth or after death, a man's
pregnancy, a day of birth that the ID number contradicts. A signed change is never refused: it is
held, out_of_range, in the queue of the facility until a person amends or voids it.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from msgspec import UNSET
from msgspec.structs import replace

from server.actions.archives.ledger import Archive
from server.actions.archives.persons import UNKNOWN, Person, person_in
from server.actions.tablets.batch import BatchInHand
from server.actions.tablets.intake import Arrived, civil_day
from server.records.check import contradictions, person_faults
from server.records.model import Kind
from server.records.values import Faults
from server.store.vault import Vault
from sync import wire
from sync.merge import Cell, choose
from sync.reconcile import Reason


def of_this_person(work: BatchInHand, arrived: Arrived) -> Arrived:
    """The change as it came, or with the fault that it is not about this person."""
    change = arrived.change
    if change is None:
        return arrived
    who = work.taker(change)
    archive = work.ledger.archives.get(who)
    person = work.persons.get(who, UNKNOWN)
    if archive is not None and archive.touched_open and archive.open_cells is not None:
        # An earlier change of this batch may have corrected it.
        person = person_in(archive.open_cells, person.died)
    return judged(arrived, person, archive, work.site.vault, work.now)


def judged(
    arrived: Arrived, person: Person, archive: Archive | None, vault: Vault, now: int
) -> Arrived:
    """The same for one change of one archive, under its lock."""
    change, kind = arrived.change, arrived.kind
    if change is None or kind is None or arrived.fault is not Reason.NONE:
        return arrived
    if faults_of(kind, change, person, partial(_cells, archive, vault), now):
        return replace(arrived, fault=Reason.OUT_OF_RANGE)
    return arrived


def faults_of(
    kind: Kind, change: wire.Change, person: Person, cells: Callable[[], Mapping[str, Cell]],
    now: int,
) -> Faults:  # fmt: skip
    """Why it cannot be about this person. `cells`: of the archive, opened only when asked for."""
    on = date.fromisoformat(change.on)
    if change.body is not UNSET:
        return person_faults(
            kind, change.body, on=on, today=max(on, civil_day(now)), sex=person.sex,
            birth=person.birth, died=person.died,
        )  # fmt: skip
    if change.set is UNSET or not _is_told(kind, change.set):
        return ()
    shown = {
        cell: choose(content, kind.policy_of(cell), kind.safer_of(cell)).value
        for cell, content in cells().items()
        if "/" not in cell
    }
    after = {**shown, **{cell: edit.value for cell, edit in change.set.items()}}
    return contradictions(kind, after, set(change.set), on=on)


def _is_told(kind: Kind, edits: Mapping[str, wire.Edit]) -> bool:
    """Whether an edit gives an answer that others could contradict; most do not."""
    return any(cell in check.needs for check in kind.checks if not check.warn for cell in edits)


def _cells(archive: Archive | None, vault: Vault) -> Mapping[str, Cell]:
    if archive is None:
        return {}
    archive.read_cells(vault)
    return archive.cells()
