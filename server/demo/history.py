"""The year before the demo began: who was visited when, and what was written down.

Patients managed by the standard had their four visits, and one more two weeks after each visit that
found things out of control (S003-5(7)); the others had one or two. Elderly people managed by the
standard had their yearly check.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from server.demo import bodies, care_children, care_elders, care_few, care_mothers, checkup
from server.demo.bodies import CONTROLLED, Habitus
from server.demo.care import Care, Done
from server.demo.identities import instant_ms, uuid7
from server.demo.model import Few, PastRecord, Resident, Staff
from server.demo.population import Age, Traits
from server.records.upcast import newest

HTN, DM, CHECKUP = "htn_followup", "dm_followup", "health_check"
PUPIL_DAYS = 9 * 366  # checked as a small child, and at school
SCHOOL_DAYS = 13 * 366  # as long as a year owes doses to make up for others
AGREED = 0.78  # of those in care, S003-7
VISITS = 4
VISIT_EVERY_DAYS = 85

Visit = tuple[int, str, str]
"""(day as an ordinal, kind, class of the visit)"""


class History:
    """Past records of one resident after the other."""

    def __init__(self, rng: Random, today: date) -> None:
        self._rng = rng
        self._today = today.toordinal()

    def of(
        self, resident: Resident, traits: Traits, doctor: Staff, facility: str
    ) -> Iterator[PastRecord]:
        """The records up to today, oldest first; those of the great diseases of one year."""
        found = list(self._chronic(resident, traits, doctor))
        if resident.has_archive:
            found += self._cared(resident, traits, doctor, facility, found)
        return iter(sorted(found, key=lambda each: (each.on, each.id)))

    def _chronic(self, resident: Resident, traits: Traits, doctor: Staff) -> Iterator[PastRecord]:
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
            person = Habitus.of(resident.id, male=resident.sex == "1")
            yield from _agreeing(
                [self._record(resident, person, visit, doctor) for visit in sorted(visits)]
            )

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
            version=newest(kind),
            on=on,
            at_ms=at_ms,
            body=self._body(person, kind, grade, on, doctor.id.hex()),
        )

    def _cared(
        self, resident: Resident, traits: Traits, doctor: Staff, facility: str,
        before: list[PastRecord],
    ) -> Iterator[PastRecord]:  # fmt: skip
        """All other care, drawn from the resident's own id."""
        rng = Random(resident.id + b"care")
        today = date.fromordinal(self._today)
        care = Care(resident, doctor.id.hex(), facility, today, rng)
        for on, kind, body in care.past(_all_of(care, traits, before)):
            at_ms = care.instant_of(kind, on)
            yield PastRecord(
                id=care.id_of(kind, on, body), resident=resident.id,
                facility=resident.facility, team=resident.team, staff=doctor.id, kind=kind,
                version=newest(kind), on=on, at_ms=at_ms, body=body,
            )  # fmt: skip

    def _body(
        self, person: Habitus, kind: str, grade: str, on: date, doctor: str
    ) -> dict[str, Any]:
        if kind == CHECKUP:
            fed_back = (on + timedelta(days=7)).isoformat()
            check = checkup.health_check(self._rng, person)
            found = checkup.with_finding(Random(f"{doctor}{on}{check['height']}"), check)
            return {**found, "feedback_date": fed_back}
        write = bodies.htn_followup if kind == HTN else bodies.dm_followup
        return write(self._rng, person, grade=grade, on=on, doctor=doctor)


def _agreeing(records: Sequence[PastRecord]) -> Iterator[PastRecord]:
    """The forms of one day say one pressure: that of the follow-up which turns on it."""
    taken = {each.on: each.body for each in records if each.kind == HTN}
    taken = {each.on: each.body for each in records if each.kind == DM} | taken
    for each in records:
        before = taken.get(each.on)
        if before is None or each.kind == HTN:
            yield each
        else:
            again = checkup.taken_again if each.kind == CHECKUP else bodies.taken_again
            yield replace(each, body=again(each.body, before))


def _all_of(care: Care, traits: Traits, before: list[PastRecord]) -> Iterator[Done]:
    if (care.today - care.person.birth_date).days < PUPIL_DAYS:
        yield from care_children.done(care)
    elif (care.today - care.person.birth_date).days < SCHOOL_DAYS:
        yield from care_children.doses(care)
    if traits.age is Age.MOTHER:
        yield from care_mothers.delivered(care)
    for each in before:
        if each.kind == CHECKUP:
            yield from care_elders.beside_the_check(
                care, each.on, each.body["bmi"], each.body["waist"]
            )
            yield from care_few.found_at_a_check(care, each.on, each.body)
    yield from care_few.referred(care, [(each.on, each.body) for each in before])
    groups = _groups(traits)
    if groups and care.rng.random() < AGREED:
        yield from care_elders.agreement(care, groups, ["健康体检", "面对面随访"])
    if care.person.few is not None:
        yield from _FEW[care.person.few](care)


def _groups(traits: Traits) -> list[str]:
    """The groups of people an agreement names."""
    codes = [("1", traits.elderly_managed), ("4", traits.htn_managed), ("5", traits.dm_managed)]
    return [code for code, there in codes if there]


_FEW: Final = {
    Few.COPD: care_few.lungs,
    Few.DISABLED: care_few.disabled,
    Few.MENTAL: care_few.mental,
    Few.TUBERCULOSIS: care_few.tuberculosis,
    Few.REPORTED: care_few.reported,
    Few.EXPECTING: care_mothers.expecting,
    Few.MET: care_few.met,
}
