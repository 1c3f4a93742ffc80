"""Writing down a facility's own work: saved once, corrected and taken back with a reason.

The id of a record is made when its form is opened and travels in it, so a form sent twice is one
record. Nothing is changed in place: a correction is a record that amends another, taking back is a
row that voids one; both stay to be read. Each act is one transaction with one audit leaf.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.archives.desk import SavedOtherwise
from server.actions.facility_work import pictures
from server.actions.facility_work.places import Standing, standing_of
from server.actions.facility_work.records import (
    KINDS,
    FacilityRecord,
    Said,
    State,
    key_of,
    leaf_of,
    one_record,
    sealed_body,
)
from server.actions.keeping.site import Site
from server.actions.places.organisations import Organisation
from server.actions.tablets.intake import civil_day, derived_id
from server.errors import NotYours, RuleSaysNo
from server.records.check import check, hard
from server.records.kinds import UnknownKind, get
from server.records.values import Fault, FaultCode, Faults
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking

REASON_MOST: Final = 200
ON: Final = "service_day"
"""Where a fault of the day is shown."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it is to be kept. `record`: made with `fresh_id` when the form was opened.

    `amends`: the record that it corrects, and `reason` why.
    """

    record: bytes
    facility: bytes
    kind: str
    version: int
    on: date
    body: Mapping[str, Any]
    amends: bytes | None = None
    reason: str = ""


def fresh_id(site: Site) -> bytes:
    """An id for a record, made when its form is opened."""
    return new_id(site.clock())


async def save(site: Site, signed: Signed, filled: Filled) -> Faults:
    """Keeps a record; () when it is there now, also when it was there already with the same words.

    Raises NotYours (another facility, a form that is not about a facility), SavedOtherwise,
    RuleSaysNo("reason_missing"), RuleSaysNo("not_ones_own"), RuleSaysNo("changed_meanwhile").
    """
    return await site.store.write(partial(_save, site=site, signed=signed, filled=filled))


async def _save(tx: Tx, site: Site, signed: Signed, filled: Filled) -> Faults:
    who = await standing_of(tx, site, signed)
    at = who.reading(filled.facility)
    if filled.kind not in KINDS or not who.may_write(filled.facility):
        raise NotYours("facility")
    await _lock(tx, site, filled.facility)
    there = await one_record(tx, site, filled.record)
    if there is not None:
        if (there.staff, there.facility) != (signed.staff, filled.facility):
            raise NotYours("record")
        if _says_the_same(there, filled):
            return ()
        raise SavedOtherwise(filled.record)
    faults = _faults(site, at, filled)
    if faults:
        return faults
    if filled.amends is not None:
        await _replace(tx, site, who, filled.amends, State.AMENDED, filled)
    said = Said(dict(filled.body), filled.reason.strip() if filled.amends else "")
    await _write(tx, site, signed, filled, State.STANDS, said)
    await pictures.attach_all(tx, site, filled.record, filled.body, signed.staff)
    return ()


def _says_the_same(there: FacilityRecord, filled: Filled) -> bool:
    told = (there.kind, there.on, dict(there.body), there.amends)
    return told == (filled.kind, filled.on, dict(filled.body), filled.amends)


def _faults(site: Site, at: Organisation, filled: Filled) -> Faults:
    today = civil_day(site.clock())
    day = filled.on.isoformat()
    if filled.on > today:
        return (Fault(ON, FaultCode.OUT_OF_RANGE, "服务日期在今天之后"),)
    if at.opened_on and day < at.opened_on:
        return (Fault(ON, FaultCode.CONTRADICTION, f"{at.name}从 {at.opened_on} 起才开办"),)
    if at.closed_on is not None and day >= at.closed_on:
        return (Fault(ON, FaultCode.CONTRADICTION, f"{at.name}从 {at.closed_on} 起已经停办"),)
    try:
        kind = get(filled.kind, filled.version)
    except UnknownKind:
        raise NotYours("kind") from None
    return hard(check(kind, msgspec.json.encode(filled.body), on=filled.on, today=today))


async def void(site: Site, signed: Signed, record: bytes, reason: str) -> None:
    """Takes a record back. Taken back already by the same person it stays so, once.

    Raises NotYours, RuleSaysNo as `save` does.
    """
    await site.store.write(partial(_void, site=site, signed=signed, record=record, reason=reason))


async def _void(tx: Tx, site: Site, signed: Signed, record: bytes, reason: str) -> None:
    who = await standing_of(tx, site, signed)
    found = await one_record(tx, site, record)
    if found is None or found.state is State.TAKEN_BACK:
        raise NotYours("record")
    who.reading(found.facility)
    await _lock(tx, site, found.facility)
    row_id = derived_id(b"facility-void" + record + signed.staff, 0)
    if await one_record(tx, site, row_id) is not None:
        return
    again = Filled(row_id, found.facility, found.kind, found.version, found.on, {}, reason=reason)
    await _replace(tx, site, who, record, State.VOIDED, again)
    await _write(tx, site, signed, again, State.TAKEN_BACK, Said({}, reason.strip()), voids=record)


async def _lock(tx: Tx, site: Site, facility: bytes) -> None:
    """One at a time writes at a place: of two who correct the same record, one comes too late."""
    await tx.rows(
        f"SELECT 1 FROM facility WHERE district=? AND facility=?{locking(tx)}",
        site.district,
        facility,
    )


async def _replace(
    tx: Tx, site: Site, who: Standing, record: bytes, state: State, by: Filled
) -> None:
    """The record stands no more, for a reason."""
    found = await one_record(tx, site, record)
    if found is None or (found.facility, found.kind) != (by.facility, by.kind):
        raise NotYours("record")
    if not who.may_change(found.facility, found.staff):
        raise RuleSaysNo("not_ones_own")
    if not by.reason.strip() or len(by.reason) > REASON_MOST:
        raise RuleSaysNo("reason_missing")
    changed = await tx.run(
        "UPDATE facility_record SET state=? WHERE district=? AND record=? AND state='stands'",
        state.value, site.district, record,
    )  # fmt: skip
    if changed != 1:
        raise RuleSaysNo("changed_meanwhile")


async def _write(
    tx: Tx, site: Site, signed: Signed, filled: Filled, state: State, said: Said,
    voids: bytes | None = None,
) -> None:  # fmt: skip
    now = site.clock()
    key = await key_of(tx, site)
    sealed = sealed_body(site, key, filled.record, filled.facility, said)
    row: Row = (
        site.district, filled.record, filled.facility, filled.kind, filled.version,
        filled.on.isoformat(), signed.staff, now, filled.amends, voids, state.value, sealed,
    )  # fmt: skip
    await tx.insert("facility_record", [row])
    await audit(tx, site.district, "act", leaf_of(filled.record, sealed), now)
