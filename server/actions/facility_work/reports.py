"""How long a facility's cards of notifiable diseases took from diagnosis to receipt (P55, P56).

The cards stand in archives, class B, and their kind is in no column: the restricted changes of the
facility are opened to find them. What comes out is two times and whether two hours or a day are
allowed; no person, no disease, and nothing of it is stored.

Bounds: the residents with restricted work of this facility in the year, RESIDENTS_MOST of them,
found by an index over restricted changes only; of these, what arrived or is dated since the year
began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from server.actions.keeping.site import Site
from server.actions.tablets.settle import open_change
from server.records.upcast import newest, upcast
from server.rules.plan.facility import Report, report_of
from server.settings import CIVIL
from server.store.tx import Row, Tx
from sync import wire

RESIDENTS_MOST: Final = 2_000
_KIND: Final = "infectious_report"


@dataclass(frozen=True, slots=True)
class Reports:
    """`whole`: nothing was left out by the bound."""

    reports: tuple[Report, ...] = ()
    whole: bool = True


async def reports_of(tx: Tx, site: Site, facility: bytes, year: int) -> Reports:
    """The cards of a centre's own work with a diagnosis in that year, corrected ones as they
    stand now.
    """
    residents = await tx.rows(
        "SELECT DISTINCT resident FROM change WHERE district=? AND cls='B' AND credit_facility=? "
        "AND day>=? AND day<=? ORDER BY resident LIMIT ?",
        site.district, facility, f"{year}-01-01", f"{year + 1}-01-31", RESIDENTS_MOST + 1,
    )  # fmt: skip
    began = int(datetime(year, 1, 1, tzinfo=CIVIL).timestamp() * 1000)
    rows = await tx.rows_in(
        "SELECT c.change, c.resident, c.body, c.under, c.credit_facility, r.key FROM change c "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident WHERE c.district=? "
        "AND c.cls='B' AND c.shape='event' AND c.state IN ('applied', 'applied_guest') AND "
        "c.under='resident' AND (c.day>=? OR c.received_at>=?) AND c.resident {ids}",
        [row[0] for row in residents[:RESIDENTS_MOST]] or [bytes(16)],
        site.district, f"{year}-01-01", began,
    )  # fmt: skip
    found = tuple(_standing(site, rows, facility))
    return Reports(found, len(residents) <= RESIDENTS_MOST)


def _standing(site: Site, rows: Sequence[Row], facility: bytes) -> list[Report]:
    """Of the changes those that are cards of this facility and neither corrected nor taken back."""
    cards: list[tuple[wire.Change, bytes | None]] = []
    gone: set[bytes | None] = set()
    for change, resident, body, under, credited, wrapped in rows:
        _, raw = open_change(
            site, change=change, resident=resident, under=under, wrapped=wrapped, body=body
        )
        said = wire.change(raw)
        gone |= {said.amends, said.voids}
        if said.kind == _KIND and said.body is not UNSET:
            cards.append((said, credited))
    made = (report_of(_body(said)) for said, by in cards if by == facility and said.id not in gone)
    return [each for each in made if each is not None]


def _body(said: wire.Change) -> dict[str, Any]:
    assert said.body is not UNSET
    body = msgspec.json.decode(said.body, type=dict[str, Any])
    return upcast(said.kind, said.v, body, to=newest(said.kind) or said.v)
