"""The year before the demo began: who was visited when, and what was written down.

Patients managed by the standard had their four visits, and one more two weeks after each visit that
found things out of control (S003-5(7)); the others had one or two. Elderly people managed by the
standard had their yearly check.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from server.demo import bodies, checkup
from server.demo.bodies import CONTROLLED, Habitus
from server.demo.identities import instant_ms, uuid7
from server.demo.model import PastRecord, Resident, Staff
from server.demo.population import Traits

HTN, DM, CHECKUP = "htn_followup", "dm_followup", "health_check"
VERSION = 1
VISITS = 4
VISIT_EVERY_DAYS = 85

Visit = tuple[int, str, str]
"""(day as an ordinal, kind, class of the visit)"""


class History:
    """Past records of one resident after the other."""

    def __init__(self, rng: Random, today: date) -> None:
        self._rng = rng
        self._today = today.toordinal()

    def of(self, resident: Resident, traits: Traits, doctor: Staff) -> Iterator[PastRecord]:
        """The records of the year before today, oldest first."""
        visits: list[Visit] = []
        if traits.htn or traits.dm:
            days = self._days()
            if traits.htn:
                visits += self._visits(HTN, days, managed=traits.htn_managed)
            if traits.dm:
                visits += self._visits(DM, days, managed=traits.dm_managed)
        if traits.elderly_managed:
            visits.append((self._today - 30 - int(self._rng.random() * 300), CHECKUP, CONTROLLED))
        if visits:
            person = Habitus.drawn(self._rng, male=resident.sex == "1")
            for visit in sorted(visits):
                yield self._record(resident, person, visit, doctor)

    def _days(self) -> list[int]:
        """The days of four visits, the last one at least ten days ago."""
        chance = self._rng.random
        first = self._today - 270 - int(chance() * 85)
        return [first + at * VISIT_EVERY_DAYS + int(chance() * 5) for at in range(VISITS)]

    def _visits(self, kind: str, days: list[int], *, managed: bool) -> Iterator[Visit]:
        chance = self._rng.random
        for day in days if managed else days[-1 - int(chance() * 2) :]:
            grade = bodies.followup_class(self._rng)
            yield day, kind, grade
            again = day + 12 + int(chance() * 3)
            if managed and grade != CONTROLLED and again <= self._today:
                yield again, kind, CONTROLLED

    def _record(
        self, resident: Resident, person: Habitus, visit: Visit, doctor: Staff
    ) -> PastRecord:
        ordinal, kind, grade = visit
        on = date.fromordinal(ordinal)
        chance = self._rng.random
        at_ms = instant_ms(ordinal, hour=8 + int(chance() * 9), minute=int(chance() * 60))
        return PastRecord(
            id=uuid7(at_ms, self._rng.getrandbits(74)),
            resident=resident.id,
            facility=resident.facility,
            team=resident.team,
            staff=doctor.id,
            kind=kind,
            version=VERSION,
            on=on,
            at_ms=at_ms,
            body=self._body(person, kind, grade, on, doctor.id.hex()),
        )

    def _body(
        self, person: Habitus, kind: str, grade: str, on: date, doctor: str
    ) -> dict[str, Any]:
        if kind == CHECKUP:
            fed_back = (on + timedelta(days=7)).isoformat()
            return {**checkup.health_check(self._rng, person), "feedback_date": fed_back}
        write = bodies.htn_followup if kind == HTN else bodies.dm_followup
        return write(self._rng, person, grade=grade, on=on, doctor=doctor)
