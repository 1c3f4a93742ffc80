"""Which tablets are used on a checkup day. A tablet is given the day with its next exchange once
the day is ready, and told to forget it when the day is over or another one takes its place.
"""

from collections.abc import Collection
from dataclasses import dataclass

from server.actions.accounts.sessions import Signed
from server.actions.checkup.day_reading import held, seen
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import EDITABLE
from server.store.trail import audit
from server.store.tx import Row, Tx


@dataclass(frozen=True, slots=True)
class HallTablet:
    """A tablet of the facility. `sent`: has been given something of the day; `purged`: has shown
    that it forgot it. `knows`: its app knows checkup days.
    """

    device: bytes
    label: str
    last_contact: int
    used: bool
    sent: bool
    purged: bool
    knows: bool


KNOWS_FROM = 5  # schema of the app from which on a tablet is told of checkup days


async def tablets_of(site: Site, signed: Signed, day: bytes) -> tuple[HallTablet, ...]:
    """Every tablet of the facility in use, and those of the day. Raises NotYours."""

    async def read(tx: Tx) -> tuple[HallTablet, ...]:
        found = await seen(tx, site, signed, day)
        rows = await tx.rows(
            "SELECT d.device, d.label, d.last_contact, d.schema, t.device, t.sent_csn, t.purged_at "
            "FROM device d LEFT JOIN checkup_tablet t ON t.district=d.district AND "
            "t.device=d.device AND t.day=? WHERE d.district=? AND d.facility=? AND "
            "(d.status='enrolled' OR t.device IS NOT NULL) ORDER BY d.label, d.device",
            day, site.district, found.facility,
        )  # fmt: skip
        return tuple(
            HallTablet(
                row[0], row[1], row[2], row[4] is not None, bool(row[5]), row[6] is not None,
                row[3] >= KNOWS_FROM or not row[3],
            )
            for row in rows
        )  # fmt: skip

    return await site.store.read(read)


async def set_tablets(site: Site, signed: Signed, day: bytes, wanted: Collection[bytes]) -> None:
    """From now on these. Raises NotYours for another facility's, RuleSaysNo("over")."""

    async def work(tx: Tx) -> None:
        found = await held(tx, site, signed, day)
        if found.state not in EDITABLE:
            raise RuleSaysNo("over")
        ours = {
            row[0]
            for row in await tx.rows(
                "SELECT device FROM device WHERE district=? AND facility=? AND status='enrolled'",
                site.district, found.facility,
            )
        }  # fmt: skip
        used = {
            row[0]
            for row in await tx.rows(
                "SELECT device FROM checkup_tablet WHERE district=? AND day=?", site.district, day
            )
        }
        if not set(wanted) <= ours | used:
            raise NotYours("device")
        for gone in sorted(used - set(wanted)):
            await tx.run(
                "DELETE FROM checkup_tablet WHERE district=? AND day=? AND device=?",
                site.district, day, gone,
            )  # fmt: skip
        fresh: list[Row] = [
            (site.district, day, each, 0, None, None) for each in sorted(set(wanted) - used)
        ]
        await tx.insert("checkup_tablet", fresh)
        if fresh or used - set(wanted):
            detail = b"checkup-tablets" + day + signed.staff + b"".join(sorted(wanted))
            await audit(tx, site.district, "act", detail, site.clock())

    await site.store.write(work)


async def join(tx: Tx, site: Site, device: bytes, facility: bytes) -> None:
    """A tablet that has just been enrolled is used on the days that are on or to come: who stands
    in the hall with a new one need not go back to the office.
    """
    rows = await tx.rows(
        "SELECT day FROM checkup_day WHERE district=? AND facility=? AND on_day>=? AND state IN "
        "('ready', 'open') ORDER BY day",
        site.district, facility, civil_day(site.clock()).isoformat(),
    )  # fmt: skip
    await tx.insert(
        "checkup_tablet", [(site.district, row[0], device, 0, None, None) for row in rows]
    )
