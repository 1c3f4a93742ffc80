"""Records of a facility's own work at rest: opened for whoever may read the facility's work.

The form is sealed under the district's key at a place that names the facility, so a row carried to
another facility does not open. Nothing here is about a resident: no archive is opened, nothing goes
into the access log, no tablet and no portal is sent any of it (class C).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import Any, Final

import msgspec

from crypto.columns import DataKey
from server.actions.accounts.sessions import Signed
from server.actions.archives.told import staff_names
from server.actions.facility_work.places import Standing, standing_of
from server.actions.keeping.site import Site, district_key_blob
from server.errors import NotYours
from server.records.kinds import everything
from server.records.model import Subject
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_FACILITY_RECORD

KINDS: Final = tuple(
    dict.fromkeys(each.id for each in everything() if each.subject is Subject.FACILITY)
)
"""Forms about a facility, in the order of the catalogue."""

YEAR_MOST: Final = 5_000
"""Records of one calendar that are opened: some fifty times what a busy centre writes in a year.
The newest days count; a calendar that reached the bound says so.
"""

_COLUMNS: Final = "record, facility, kind, version, day, staff, at, amends, voids, state, sealed"


class State(StrEnum):
    """Of a row: a record that stands, one that was corrected or taken back, one that takes back."""

    STANDS = "stands"
    AMENDED = "amended"
    VOIDED = "voided"
    TAKEN_BACK = "taken_back"


class Said(msgspec.Struct, frozen=True):
    """What is sealed of a row: the form ({} of one that takes back), and the reason of a change."""

    body: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FacilityRecord:
    """One row, opened. `at`: ms UTC; `by`: who wrote it, `doctor`: who did the work; names."""

    id: bytes
    facility: bytes
    kind: str
    version: int
    on: date
    staff: bytes
    at: int
    amends: bytes | None
    voids: bytes | None
    state: State
    body: Mapping[str, Any]
    reason: str
    by: str = ""
    doctor: str = ""


async def key_of(tx: Tx, site: Site) -> DataKey:
    return site.vault.key(NOBODY, await district_key_blob(tx, site.district))


def sealed_body(site: Site, key: DataKey, record: bytes, facility: bytes, said: Said) -> bytes:
    """A row's content as it is kept. `key`: of the district."""
    return key.seal(place_of(site, record, facility), msgspec.json.encode(said))


def leaf_of(record: bytes, sealed: bytes) -> bytes:
    """What the audit log says of a row: which it is, and half a hash of its sealed bytes."""
    return b"facility-record" + record + sha256(sealed).digest()[:16]


def place_of(site: Site, record: bytes, facility: bytes) -> bytes:
    """Where a record is sealed: moved to another row or facility it does not open."""
    return site.vault.at(T_FACILITY_RECORD, record, facility)


async def opened(tx: Tx, site: Site, rows: Sequence[Row]) -> list[FacilityRecord]:
    """Rows of `_COLUMNS`, with the names of who wrote them and who did the work."""
    key = await key_of(tx, site)
    bare = [_opened(site, key, row) for row in rows]
    named = {each.staff for each in bare} | {_doctor(each) for each in bare}
    names = await staff_names(tx, site, named)
    return [
        replace(each, by=names.get(each.staff, ""), doctor=names.get(_doctor(each), ""))
        for each in bare
    ]


def _opened(site: Site, key: DataKey, row: Row) -> FacilityRecord:
    record, facility, kind, version, day, staff, at, amends, voids, state, sealed = row
    said = msgspec.json.decode(key.open(place_of(site, record, facility), sealed), type=Said)
    return FacilityRecord(
        record, facility, kind, version, date.fromisoformat(day), staff, at, amends, voids,
        State(state), said.body, said.reason,
    )  # fmt: skip


def _doctor(record: FacilityRecord) -> bytes:
    """Who did the work as the form says; NOBODY where it names nobody."""
    named = record.body.get("doctor")
    return bytes.fromhex(named) if isinstance(named, str) else NOBODY


async def standing_records(
    tx: Tx, site: Site, places: Collection[bytes], year: int
) -> list[FacilityRecord]:
    """Records of these places in a year that stand, newest day first, YEAR_MOST at most."""
    rows = await tx.rows_in(
        f"SELECT {_COLUMNS} FROM facility_record WHERE district=? AND day>=? AND day<=? AND "
        f"state='stands' AND facility {{ids}} ORDER BY day DESC, record DESC LIMIT {YEAR_MOST}",
        sorted(places), site.district, f"{year}-01-01", f"{year}-12-31",
    )  # fmt: skip
    return await opened(tx, site, rows)


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as its page shows it. `instead`: the record that corrects it; `taken_back`: the
    row that took it back. `names`: of places.
    """

    record: FacilityRecord
    instead: FacilityRecord | None
    taken_back: FacilityRecord | None
    before: FacilityRecord | None
    standing: Standing

    @property
    def may_change(self) -> bool:
        return self.record.state is State.STANDS and self.standing.may_change(
            self.record.facility, self.record.staff
        )


async def read(site: Site, signed: Signed, record: bytes) -> Shown:
    """Raises NotYours: for another facility's record and for nobody's alike."""
    return await site.store.read(partial(_read, site=site, signed=signed, record=record))


async def _read(tx: Tx, site: Site, signed: Signed, record: bytes) -> Shown:
    who = await standing_of(tx, site, signed)
    found = await one_record(tx, site, record)
    if found is None or found.state is State.TAKEN_BACK:
        raise NotYours("record")
    who.reading(found.facility)
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM facility_record WHERE district=? AND facility=? AND "
        "(amends=? OR voids=?)",
        site.district, found.facility, record, record,
    )  # fmt: skip
    after = await opened(tx, site, rows)
    return Shown(
        record=found,
        instead=next((each for each in after if each.amends == record), None),
        taken_back=next((each for each in after if each.voids == record), None),
        before=await one_record(tx, site, found.amends) if found.amends else None,
        standing=who,
    )


async def one_record(tx: Tx, site: Site, record: bytes) -> FacilityRecord | None:
    row = await one(
        tx,
        f"SELECT {_COLUMNS} FROM facility_record WHERE district=? AND record=?",
        site.district,
        record,
    )
    return (await opened(tx, site, [row]))[0] if row is not None else None
