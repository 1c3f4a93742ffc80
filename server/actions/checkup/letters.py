"""Whether somebody has been told the results of a checkup day: the letter was handed over, or the
results were read in the portal (S003-5(6)-b). Either sets the day of the feedback in the record, by
an amendment, once; who told and how is kept beside it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.archives.desk import fresh_id
from server.actions.archives.standing import ResidentRow, lock_residents
from server.actions.checkup import records
from server.actions.checkup.day_reading import check_prepares, seen
from server.actions.checkup.day_rows import Day
from server.actions.checkup.records import Standing
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import RuleSaysNo
from server.records.kinds import get
from server.records.upcast import newest
from server.rules.checkup_results import About
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from sync import wire

HAND: Final = "hand"
PORTAL: Final = "portal"
FEEDBACK: Final = "feedback_date"
AT_ONCE: Final = 500  # letters ticked on one page


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody has the results. `by`: who handed the letter over, or who read."""

    how: str
    by: bytes
    on: str


async def read_by_resident(
    site: Site, resident: bytes, record: bytes, *, reader: bytes | None = None
) -> bool:
    """A resident (or who reads for them: `reader`) has seen a record of a checkup day in the
    portal. True where this sets the day of the feedback; False for any other record, and when it
    is known already.
    """
    return await site.store.write(
        partial(_read, site=site, resident=resident, record=record, reader=reader or resident)
    )


async def _read(tx: Tx, site: Site, resident: bytes, record: bytes, reader: bytes) -> bool:
    who = await living(tx, site.district, resident)
    gone = await tx.rows("SELECT gone FROM merged WHERE district=? AND kept=?", site.district, who)
    made = await tx.rows_in(
        "SELECT day, who, form, change FROM checkup_result WHERE district=? AND who {ids}",
        [who, *(row[0] for row in gone)],
        site.district,
    )
    if not made:
        return False
    row = (await lock_residents(tx, site.district, {who})).get(who)
    for day, named, form, change in made:
        if row is None or not _has_feedback(form):
            continue
        found = await records.standing_of(tx, site, row, form, change)
        if found is not None and record in (found.change, change):
            return await _tell(tx, site, row, day, named, PORTAL, reader)
    return False


async def hand_over(site: Site, signed: Signed, day: bytes, whos: Collection[bytes]) -> int:
    """These letters were handed over; how many were not told before. Raises NotYours, RuleSaysNo
    for more than a page holds.
    """
    if len(whos) > AT_ONCE:
        raise RuleSaysNo("too_many")

    async def work(tx: Tx) -> int:
        await own_day(tx, site, signed, day)
        done = 0
        for who in sorted(set(whos)):
            row = await _living_row(tx, site, who)
            if row is not None:
                done += await _tell(tx, site, row, day, who, HAND, signed.staff)
        return done

    return await site.store.write(work)


async def take_back(site: Site, signed: Signed, day: bytes, who: bytes) -> bool:
    """A letter was not handed over after all. What somebody read stays read."""

    async def work(tx: Tx) -> bool:
        await own_day(tx, site, signed, day)
        told = await one(
            tx,
            "SELECT change, on_day FROM checkup_letter WHERE district=? AND day=? AND who=? AND "
            "how=? AND undone_at IS NULL",
            site.district, day, who, HAND,
        )  # fmt: skip
        row = await _living_row(tx, site, who)
        if told is None or row is None:
            return False
        await tx.run(
            "UPDATE checkup_letter SET undone_at=? WHERE district=? AND day=? AND who=?",
            site.clock(), site.district, day, who,
        )  # fmt: skip
        if told[0] is not None:
            for form, found in await _records(tx, site, row, day, who):
                if found.body is not None and found.body.get(FEEDBACK) == told[1]:
                    body = {name: each for name, each in found.body.items() if name != FEEDBACK}
                    await _amend(tx, site, row, form, found, body)
        return True

    return await site.store.write(work)


async def told_of(
    tx: Tx, site: Site, day: bytes, whos: Iterable[bytes] | None = None
) -> dict[bytes, Told]:
    """Who of a day has the results."""
    rows = await tx.rows(
        "SELECT who, how, by, on_day FROM checkup_letter WHERE district=? AND day=? AND "
        "undone_at IS NULL",
        site.district, day,
    )  # fmt: skip
    wanted = None if whos is None else set(whos)
    return {row[0]: Told(*row[1:]) for row in rows if wanted is None or row[0] in wanted}


async def own_day(tx: Tx, site: Site, signed: Signed, day: bytes) -> Day:
    """The day, for the people of its facility; not locked, since archives are locked before days.
    Raises NotYours.
    """
    found = await seen(tx, site, signed, day)
    check_prepares(signed, found.facility)
    return found


# Telling.


async def _living_row(tx: Tx, site: Site, who: bytes) -> ResidentRow | None:
    kept = await living(tx, site.district, who)
    return (await lock_residents(tx, site.district, {kept})).get(kept)


async def _tell(
    tx: Tx, site: Site, row: ResidentRow, day: bytes, who: bytes, how: str, by: bytes
) -> bool:
    """Notes it and sets the day in the records that ask for it. False where it is known."""
    before = await one(
        tx,
        "SELECT undone_at FROM checkup_letter WHERE district=? AND day=? AND who=?",
        site.district, day, who,
    )  # fmt: skip
    if before is not None and before[0] is None:
        return False
    results = await one(
        tx, "SELECT 1 FROM checkup_result WHERE district=? AND day=? AND who=? LIMIT 1",
        site.district, day, who,
    )  # fmt: skip
    if results is None:
        return False  # nothing was found yet that could be told
    made = await _records(tx, site, row, day, who)
    now = site.clock()
    today = civil_day(now).isoformat()
    change = None
    for form, found in made:
        if found.body is not None and FEEDBACK not in found.body:
            change = await _amend(tx, site, row, form, found, {**found.body, FEEDBACK: today})
    if before is not None:
        await tx.run(
            "DELETE FROM checkup_letter WHERE district=? AND day=? AND who=?",
            site.district, day, who,
        )  # fmt: skip
    told: Row = (site.district, day, who, how, by, today, now, change, None)
    await tx.insert("checkup_letter", [told])
    await audit(tx, site.district, "act", b"feedback" + day + who + by, now)
    return True


async def _records(
    tx: Tx, site: Site, row: ResidentRow, day: bytes, who: bytes
) -> list[tuple[str, Standing]]:
    """The records of a day that ask for the day of the feedback, as they stand."""
    made = await tx.rows(
        "SELECT form, change FROM checkup_result WHERE district=? AND day=? AND who=?",
        site.district, day, who,
    )  # fmt: skip
    found: list[tuple[str, Standing]] = []
    for form, change in made:
        if not _has_feedback(form):
            continue
        standing = await records.standing_of(tx, site, row, form, change)
        if standing is not None and standing.body is not None:
            found.append((form, standing))
    return found


async def _amend(
    tx: Tx, site: Site, row: ResidentRow, form: str, found: Standing, body: dict[str, Any]
) -> bytes:
    """In the name of whose record it is: nobody else may correct it."""
    change = wire.Change(
        id=fresh_id(site), resident=row.resident, kind=form, v=newest(form),
        on=found.on.isoformat(), at=site.clock(), body=msgspec.Raw(wire.encode(body)),
        amends=found.change,
    )  # fmt: skip
    today = civil_day(site.clock())
    about = About(found.on, today, None, None, {}, {})
    await records.write(tx, site, await records.writer(tx, site, found.staff), row, change, about)
    return change.id


def _has_feedback(form: str) -> bool:
    return get(form, newest(form)).field(FEEDBACK) is not None
