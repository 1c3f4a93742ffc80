"""Checkup days as the person sees them who is expected, was there, or might still come.

Nothing here opens an archive: a day, its place and a person's stations stand on the list of the
facility that invited them. Whoever was taken off a list, and a day that is still being prepared,
is not shown.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from server.actions.checkup.day_rows import REMOVED, names_in
from server.actions.keeping.site import Site
from server.rules.checkup_days import BOOKABLE, DayState
from server.settings import CIVIL
from server.store.tx import Row, Tx

SHOWN_DAYS: Final = 60  # so long a day that is over stays on the pages
# As the archive is named now, or as one was that was joined with it since.
_WHOSE: Final = (
    "(x.who=p.who OR x.who IN (SELECT m.gone FROM merged m WHERE m.district=p.district AND "
    "m.kept=p.who))"
)
_RESULTS: Final = (
    "(SELECT COUNT(*) FROM checkup_result x WHERE x.district=p.district AND x.day=p.day AND "
    f"{_WHOSE})"
)
_TOLD: Final = (
    "(SELECT COUNT(*) FROM checkup_letter x WHERE x.district=p.district AND x.day=p.day AND "
    f"{_WHOSE} AND x.undone_at IS NULL)"
)
_COLUMNS: Final = (
    "d.day, d.facility, d.on_day, d.place, d.opens_at, d.closes_at, d.state, p.status, p.route, "
    f"p.slot, s.start_at, s.end_at, p.ticket, p.arrived_at, {_RESULTS}, {_TOLD}, f.name, c.phone, "
    "c.address, z.name"
)
_FROM: Final = (
    "FROM checkup_person p JOIN checkup_day d ON d.district=p.district AND d.day=p.day "
    "LEFT JOIN checkup_slot s ON s.district=p.district AND s.day=p.day AND s.slot=p.slot "
    "LEFT JOIN facility f ON f.district=d.district AND f.facility=d.facility "
    "JOIN district z ON z.district=d.district "
    "LEFT JOIN counter c ON c.district=d.district AND c.facility=d.facility"
)


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One day of one person. `slot` None: no time was booked; `starts`, `ends` "" then.

    `facility_phone`, `address`: of the counter of who holds it; `district`: its name.
    `results`: something of it stands in the archive; `told`: they were read or handed over.
    """

    day: bytes
    who: bytes
    facility: bytes
    on: date
    place: str
    opens: str
    closes: str
    state: DayState
    status: str
    route: tuple[str, ...]
    slot: int | None
    starts: str
    ends: str
    ticket: str
    arrived_at: int | None
    results: bool
    told: bool
    facility_name: str
    facility_phone: str
    address: str
    district: str

    @property
    def booked(self) -> bool:
        return self.slot is not None

    @property
    def ends_ms(self) -> int:
        """The end of its civil day, ms UTC: until then its code is good."""
        after = datetime.combine(self.on + timedelta(days=1), datetime.min.time(), CIVIL)
        return int(after.timestamp() * 1000)

    def shows_code(self, today: date) -> bool:
        """Booked, from then until the day is over; on the list without a time, on the day."""
        if self.state not in BOOKABLE or self.on < today:
            return False
        return self.booked or self.arrived_at is not None or self.on == today


async def days_of(tx: Tx, site: Site, resident: bytes) -> tuple[OwnDay, ...]:
    """Days that are still to come or lately were, the earliest first."""
    now = datetime.fromtimestamp(site.clock() / 1000, CIVIL).date()
    rows = await tx.rows(
        f"SELECT {_COLUMNS} {_FROM} WHERE p.district=? AND p.who=? AND p.status<>? AND "
        "d.state<>? AND d.on_day>=? ORDER BY d.on_day, d.opens_at, d.day",
        site.district, resident, REMOVED, DayState.DRAFT.value,
        (now - timedelta(days=SHOWN_DAYS)).isoformat(),
    )  # fmt: skip
    return tuple(_own(row, resident) for row in rows)


async def day_of(tx: Tx, site: Site, resident: bytes, day: bytes) -> OwnDay | None:
    """None for a day on whose list this person does not stand."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} {_FROM} WHERE p.district=? AND p.who=? AND p.status<>? AND "
        "d.state<>? AND d.day=?",
        site.district, resident, REMOVED, DayState.DRAFT.value, day,
    )  # fmt: skip
    return _own(rows[0], resident) if rows else None


def _own(row: Row, who: bytes) -> OwnDay:
    day, facility, on, place, opens, closes, state, status, route, slot, starts, ends, *rest = row
    ticket, arrived, results, told, name, phone, address, district = rest
    return OwnDay(
        day, who, facility, date.fromisoformat(on), place, opens, closes, DayState(state), status,
        names_in(route), slot, starts or "", ends or "", ticket, arrived, bool(results), bool(told),
        name or "", phone or "", address or "", district,
    )  # fmt: skip
