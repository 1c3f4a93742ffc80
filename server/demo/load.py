"""The demo district into a database: the stream of `district.generate` through the loader, chunk by
chunk.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from server.actions.keeping.site import Site
from server.actions.places.district import Loader, NewRecord, NewResident, NewWork
from server.actions.tablets.intake import civil_day
from server.demo.annex_targets import set_targets
from server.demo.archive import basic_info
from server.demo.district import DEFAULT_DAY, generate
from server.demo.model import (
    Area,
    Facility,
    FacilityWork,
    Item,
    PastRecord,
    Resident,
    Role,
    Staff,
    Team,
)
from server.records.kinds import get
from sync.wire import encode


@dataclass(slots=True)
class Loaded:
    """What has been read from the stream so far; `residents` and `records` are those with an
    archive.
    """

    people: int = 0
    residents: int = 0
    records: int = 0
    facilities: int = 0
    panels: int = 0
    staff: int = 0


async def load(
    site: Site,
    *,
    scale: int,
    seed: int,
    progress: Callable[[int], object],
    today: date = DEFAULT_DAY,
) -> Loaded:
    """Loads 1:scale; `progress` hears the number of people so far. Raises ValueError below scale 1.

    The year's targets are set as well. Only people with an archive become residents of the
    database; the rest have nothing to keep yet.
    """
    loader, done = Loader(site), Loaded()
    await loader.begin()
    for item in generate(scale, seed, today=today):
        if loader.full and not isinstance(item, PastRecord):
            await loader.flush()
            progress(done.people)
        _add(loader, done, item, today)
    await loader.finish()
    await set_targets(site, scale=scale, today=today)
    progress(done.people)
    done.residents, done.records = loader.residents, loader.records
    return done


# A nurse or village doctor is a title; at the server it is the capacity that counts.
CAPACITY: Final = {
    Role.DOCTOR: "doctor",
    Role.VILLAGE_DOCTOR: "doctor",
    Role.NURSE: "desk",
    Role.DESK: "desk",
}


def _add(loader: Loader, done: Loaded, item: Item, today: date) -> None:
    match item:
        case Facility():
            loader.facility(item.id, item.name)
            done.facilities += 1
        case Area():
            loader.area(item.code, item.name, item.facility)
        case Team():
            loader.panel(item.id, item.facility, item.name)
            done.panels += 1
        case Staff():
            loader.staff(
                item.id, facility=item.facility, panel=item.team,
                role=CAPACITY[item.role],
                name=item.name,
            )  # fmt: skip
            done.staff += 1
        case FacilityWork():
            loader.work(
                NewWork(
                    id=item.id, facility=item.facility, staff=item.staff, kind=item.kind,
                    version=item.version, day=item.on.isoformat(), at_ms=item.at_ms,
                    body=item.body,
                )
            )  # fmt: skip
        case Resident():
            done.people += 1
            if item.has_archive:
                loader.resident(_archive(item, today))
        case PastRecord():
            loader.record(
                NewRecord(
                    id=item.id, resident=item.resident, facility=item.facility, staff=item.staff,
                    kind=item.kind, version=item.version, day=item.on.isoformat(),
                    at_ms=item.at_ms, body=encode(item.body),
                    cls=get(item.kind, item.version).access.value,
                )
            )  # fmt: skip


def _archive(person: Resident, today: date) -> NewResident:
    created = civil_day(person.created_ms)
    return NewResident(
        id=person.id, panel=person.team, facility=person.facility, archive_no=person.archive_no,
        id_no=person.id_no, since_day=created.isoformat(), basics=basic_info(person, today=today),
        created_ms=person.created_ms,
    )  # fmt: skip
