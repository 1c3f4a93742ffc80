"""A question for each service of a day: made from the records that stand, some seconds after they
come in, and taken back only while nobody has answered.

Records of one facility on one day are one service, so a visit in which two forms were filled in is
asked about once. A merge of archives carries records along, and the question follows its record.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.actions.archives.content import Content, Written
from server.actions.archives.standing import MERGED, ResidentRow
from server.actions.confirmations.answers import DENIAL, REPLY
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.phones import phone_of
from server.actions.tablets.intake import civil_day, derived_id
from server.rules import confirmations as rule
from server.store.tx import Row, Tx

STAFF: Final = "staff"
_COLUMNS: Final = "confirmation, resident, record, facility, day, answer, gone_at"


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a day, as its records tell it. `records`: ids, the first one first."""

    day: str
    facility: bytes
    service: str
    staff: bytes
    records: tuple[bytes, ...]


async def remake(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], known: Mapping[bytes, Content]
) -> None:
    """Questions of these residents after their archives have changed; the rows are locked."""
    today = civil_day(site.clock())
    since = (today - timedelta(days=rule.table().ask_days)).isoformat()
    recent = {
        who: [each for each in known[who].records if each.on.isoformat() >= since]
        for who in rows
        if who in known
    }
    staff = await _written_by(tx, site.district, recent)
    for who, records in recent.items():
        older = {
            (each.on.isoformat(), each.performed_by)
            for each in known[who].records
            if each.on.isoformat() < since
        }
        await _of_one(tx, site, who, _services(records, staff, today), since)
        if rows[who].status != MERGED:  # whose records stand in the archive that is kept
            await _gone(tx, site, who, since, older)


async def _written_by(
    tx: Tx, district: int, recent: Mapping[bytes, Sequence[Written]]
) -> dict[bytes, bytes]:
    """Record -> the member of staff who wrote it; lists and residents are left out."""
    ids = sorted(each.id for records in recent.values() for each in records)
    if not ids:
        return {}
    rows = await tx.rows_in(
        "SELECT change, staff FROM change WHERE district=? AND author=? AND change {ids}",
        ids, district, STAFF,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


def _services(
    records: Sequence[Written], staff: Mapping[bytes, bytes], today: date
) -> tuple[Service, ...]:
    groups: dict[tuple[str, bytes], list[Written]] = {}
    for each in records:
        if each.performed_by is None or each.id not in staff or each.on > today:
            continue
        if rule.service_of(each.kind):
            groups.setdefault((each.on.isoformat(), each.performed_by), []).append(each)
    return tuple(
        Service(
            day, facility, rule.service_of(found[0].kind), staff[found[0].id],
            tuple(each.id for each in found),
        )
        for (day, facility), found in groups.items()
    )  # fmt: skip


async def _of_one(tx: Tx, site: Site, who: bytes, services: Sequence[Service], since: str) -> None:
    named = sorted(each for one in services for each in one.records)
    asked = await tx.rows(
        f"SELECT {_COLUMNS} FROM confirmation WHERE district=? AND resident=? AND day>=?",
        site.district, who, since,
    )  # fmt: skip
    known: dict[bytes, Row] = {row[0]: row for row in asked}
    if named:
        carried = await tx.rows_in(
            f"SELECT {_COLUMNS} FROM confirmation WHERE district=? AND record {{ids}}",
            named, site.district,
        )  # fmt: skip
        known |= {row[0]: row for row in carried}
    standing: set[bytes] = set()
    for each in services:
        rows = [row for row in known.values() if _same(row, who, each)]
        # Of two archives that are one each may have asked: the own record's, then what was said.
        rows.sort(key=lambda row: (row[2] not in each.records, not row[5], row[6] is not None))
        there = rows[0] if rows else None
        if there is None:
            standing.add(await _ask(tx, site, who, each))
            continue
        standing.add(there[0])
        if there[1] != who or there[6] is not None:
            await tx.run(
                "UPDATE confirmation SET resident=?, gone_at=NULL WHERE district=? AND "
                "confirmation=?",
                who, site.district, there[0],
            )  # fmt: skip
            await tx.run(  # a denial goes with its record
                "UPDATE task SET resident=? WHERE district=? AND subject=? AND kind IN (?,?) AND "
                "closed_at IS NULL",
                who, site.district, there[0], DENIAL, REPLY,
            )  # fmt: skip
    for row in known.values():
        if row[0] not in standing and not row[5] and row[6] is None:
            await tx.run(
                "UPDATE confirmation SET gone_at=? WHERE district=? AND confirmation=?",
                site.clock(), site.district, row[0],
            )  # fmt: skip


async def _gone(
    tx: Tx, site: Site, who: bytes, since: str, stand: Collection[tuple[str, bytes | None]]
) -> None:
    """Questions of services too long ago to be asked about anew, when no record stands for them any
    more: (day, facility).
    """
    rows = await tx.rows(
        "SELECT confirmation, day, facility FROM confirmation WHERE district=? AND resident=? AND "
        "day<? AND answer='' AND gone_at IS NULL",
        site.district, who, since,
    )  # fmt: skip
    for name, day, facility in rows:
        if (day, facility) not in stand:
            await tx.run(
                "UPDATE confirmation SET gone_at=? WHERE district=? AND confirmation=?",
                site.clock(), site.district, name,
            )  # fmt: skip


def _same(row: Row, who: bytes, service: Service) -> bool:
    """Whether a row asks about this service: by its record, or by person, facility and day."""
    _, resident, record, facility, day, _, _ = row
    here = (resident, facility, day) == (who, service.facility, service.day)
    return record in service.records or here


async def _ask(tx: Tx, site: Site, who: bytes, service: Service) -> bytes:
    """The question; whoever has a bound telephone is told of it, within the caps of notices."""
    name = derived_id(b"confirmation" + service.records[0], 0)
    row: Row = (
        site.district, name, who, service.records[0], service.facility, service.staff, service.day,
        service.service, site.clock(), "", "", "", False, None, None,
    )  # fmt: skip
    await tx.insert("confirmation", [row])
    if await phone_of(tx, site, who) is not None:
        day = date.fromisoformat(service.day)
        await tell(
            tx, site, who, "service_question", facility=service.facility, day=day, about=name
        )
    return name
