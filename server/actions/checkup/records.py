"""Records of a checkup day, written in the name of the doctor who leads it.

They take the way of every change that no tablet carries (server/actions/archives/desk.py): decided
upon, placed in the feeds, journalled, with performing and responsible facility (S000-art13). What
is different: an answer that is still missing keeps nothing back, since results come one after the
other, and the id of a change is made from day, person, form and number, so that what is done twice
is done once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from server.actions.accounts.sessions import PLACE, Signed
from server.actions.archives.desk import BY_DOCUMENT, Saved, Work, archive_of, decide_on
from server.actions.archives.ledger import Ledger
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import checked_again, civil_day, derived_id
from server.actions.tablets.settle import open_change
from server.records.kinds import get
from server.records.model import Kind
from server.records.upcast import newest, upcast
from server.rules.accounts import StaffRole
from server.rules.checkup_results import About, impossible
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_STAFF
from sync import wire
from sync.reconcile import Guest, Present, Reason

_LABEL: Final = b"gongwei/checkup/record\x00"


@dataclass(frozen=True, slots=True)
class Standing:
    """The record that stands for one change now: itself, or what amended it last. `body` None: it
    was taken back.
    """

    change: bytes
    staff: bytes
    on: date
    body: Mapping[str, Any] | None


def id_of(day: bytes, who: bytes, form: str, n: int) -> bytes:
    """The id of the n-th change that makes this record."""
    return derived_id(_LABEL + day + who + form.encode(), n)


async def writer(tx: Tx, site: Site, staff: bytes) -> Signed:
    """A member of staff as the author of what is written for them, also after they left."""
    row = await one(
        tx,
        f"SELECT w.role, {PLACE}, w.restricted, w.sealed_name, f.name, f.level FROM staff w JOIN "
        "facility f ON f.district=w.district AND f.facility=w.facility WHERE w.district=? AND "
        "w.staff=?",
        site.district, staff,
    )  # fmt: skip
    assert row is not None, "a checkup day is led by a member of staff"
    role, facility, restricted, sealed, place, level = row
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return Signed(
        staff=staff, name=key.open(site.vault.at(T_STAFF, staff), sealed).decode(),
        role=StaffRole(role), facility=facility, facility_name=place, level=level,
        panels=frozenset(), restricted=bool(restricted), session=b"", csrf="",
    )  # fmt: skip


async def standing_of(
    tx: Tx, site: Site, row: ResidentRow, form: str, change: bytes
) -> Standing | None:
    """What became of a change in the archive that holds it; None where it is not there."""
    rows = await tx.rows(
        "SELECT change, staff, body FROM change WHERE district=? AND resident=? AND kind=? AND "
        "shape='event' AND under='resident' AND state IN ('applied','applied_guest') ORDER BY "
        "change",
        site.district, row.resident, form,
    )  # fmt: skip
    told: dict[bytes, tuple[bytes, wire.Change]] = {}
    follows: dict[bytes, bytes] = {}
    for name, staff, body in rows:
        _, raw = open_change(
            site, change=name, resident=row.resident, under="resident", wrapped=row.key, body=body
        )
        said = wire.change(raw)
        told[name] = (staff, said)
        for of in (said.amends, said.voids):
            if of is not None:
                follows[of] = name
    if change not in told:
        return None
    while change in follows:
        change = follows[change]
    staff, said = told[change]
    body = None
    if said.body is not UNSET:
        decoded = msgspec.json.decode(said.body, type=dict[str, Any])
        body = upcast(said.kind, said.v, decoded, to=newest(said.kind))
    return Standing(change, staff, date.fromisoformat(said.on), body)


async def write(
    tx: Tx, site: Site, signed: Signed, row: ResidentRow, change: wire.Change, about: About
) -> Saved:
    """Writes one record into a locked archive. What a form calls impossible has been left out; it
    would be put aside like any other change.
    """
    now, raw = site.clock(), wire.encode(change)
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    archive = await archive_of(tx, site, row)
    ledger = Ledger(site.district, site.vault, now, epoch[0], archives={row.resident: archive})
    arrived = checked_again(raw, bytes(16), change, civil_day(now))
    kind: Kind = get(change.kind, change.v)
    if arrived.fault is Reason.OUT_OF_RANGE and not _faulty(kind, change, about):
        arrived = replace(arrived, fault=Reason.NONE)
    own = row.facility == signed.facility
    standing = Present() if own else Guest(BY_DOCUMENT)
    return await decide_on(
        Work(tx, site, signed, change, raw, arrived, archive, ledger, standing, scoped=False)
    )


def _faulty(kind: Kind, change: wire.Change, about: About) -> bool:
    if change.body is UNSET:
        return False
    return bool(impossible(kind, msgspec.json.decode(change.body, type=dict[str, Any]), about))


async def is_there(tx: Tx, site: Site, change: bytes) -> bool:
    """Whether a change of this id is there, whatever became of it."""
    row = await one(tx, "SELECT 1 FROM change WHERE district=? AND change=?", site.district, change)
    return row is not None
