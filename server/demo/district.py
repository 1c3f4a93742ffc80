"""The demo district as a stream: facilities, their teams and staff, then resident after resident.

Nothing is remembered but counters, so a district of half a million passes through a few megabytes.
That the totals come out exactly is the work of quotas: each yes or no is drawn with the chance that
is left (so many still to choose among so many still to come), which spreads the hits evenly and
ends with none missing. The same scale, seed and day give the same district, byte for byte.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from random import Random

from server.demo.care_facility import work_of
from server.demo.counts import Counts, scaled
from server.demo.history import History
from server.demo.identities import id_number, instant_ms, phone, uuid7
from server.demo.model import (
    Area,
    Condition,
    Facility,
    Few,
    Group,
    Item,
    Resident,
    Role,
    Staff,
    Team,
)
from server.demo.names import Names
from server.demo.population import Age, BirthPlanner, Population, Traits

TEAM_RESIDENTS_MAX = 2_000
VILLAGE_RESIDENTS = 1_100  # keeps the villages of a facility below 99, as archive numbers need
DEFAULT_DAY = date(2026, 6, 30)
ARCHIVES_SINCE = date(2024, 1, 1)

_GROUPS: dict[Age, tuple[Group, ...]] = {
    Age.ELDERLY: (Group.ELDERLY,),
    Age.MIDDLE: (),
    Age.YOUNG: (),
    Age.MOTHER: (Group.MOTHER,),
    Age.SCHOOL: (),
    Age.CHILD: (Group.CHILD_0_6,),
    Age.TODDLER: (Group.CHILD_0_36_MONTHS, Group.CHILD_0_6),
    Age.NEWBORN: (Group.NEWBORN, Group.CHILD_0_36_MONTHS, Group.CHILD_0_6),
}
_CONDITIONS: dict[tuple[bool, bool], tuple[Condition, ...]] = {
    (False, False): (),
    (True, False): (Condition.HYPERTENSION,),
    (False, True): (Condition.DIABETES,),
    (True, True): (Condition.HYPERTENSION, Condition.DIABETES),
}


# One of so many of an age, beginning with the n-th: in a small demo there is one of each as well.
_FEW: dict[Age, tuple[tuple[Few, int, int], ...]] = {
    Age.ELDERLY: ((Few.COPD, 45, 2), (Few.MET, 30, 5)),
    Age.MIDDLE: (
        (Few.MENTAL, 130, 3), (Few.DISABLED, 70, 6), (Few.REPORTED, 700, 9),
        (Few.TUBERCULOSIS, 900, 12), (Few.MET, 40, 15),
    ),
    Age.YOUNG: ((Few.EXPECTING, 30, 1),),
}  # fmt: skip


def generate(scale: int, seed: int, *, today: date = DEFAULT_DAY) -> Iterator[Item]:
    """The district at 1:scale as of `today`. Raises ValueError for a scale below 1.

    A facility comes before its teams, a team before its staff and residents, a resident before
    that person's own past records, and those in the order of their days.
    """
    return _District(seed, today).items(scaled(scale))


class _District:
    def __init__(self, seed: int, today: date) -> None:
        self._rng = Random(seed)
        self._names = Names(self._rng)
        self._births = BirthPlanner(self._rng, today)
        self._history = History(self._rng, today)
        self._index = 0
        self._today = today
        self._dealt: dict[Age, int] = {}

    def items(self, facilities: tuple[Counts, ...]) -> Iterator[Item]:
        for number, counts in enumerate(facilities, start=1):
            facility = Facility(self._id(number), counts.facility, counts.population)
            yield facility
            yield from self._areas(number, facility)
            yield self._staff(facility, None, Role.DESK)
            population = Population(counts, self._rng)
            for place, team in enumerate(self._teams(facility)):
                yield team
                doctor = self._staff(facility, team, Role.DOCTOR)
                yield doctor
                yield self._staff(facility, team, Role.NURSE)
                yield self._staff(facility, team, Role.VILLAGE_DOCTOR)
                if place == 0:
                    yield from work_of(facility, doctor, self._today)
                for _ in range(team.residents):
                    yield from self._resident(number, counts, population, team, doctor)

    def _areas(self, number: int, facility: Facility) -> Iterator[Area]:
        """Its villages, as many as its people need."""
        for village in range(1, -(-facility.population // VILLAGE_RESIDENTS) + 1):
            code = _village_code(number, village)
            yield Area(sha256(code.encode()).digest()[:16], code, f"演示{village}村", facility.id)

    def _teams(self, facility: Facility) -> Iterator[Team]:
        """As few teams as the limit allows, as equal in size as can be."""
        teams = -(-facility.population // TEAM_RESIDENTS_MAX)
        for at in range(teams):
            first = facility.population * at // teams
            last = facility.population * (at + 1) // teams
            name = f"{facility.name}家庭医生第{at + 1}团队"
            yield Team(self._id(at), facility.id, name, last - first)

    def _staff(self, facility: Facility, team: Team | None, role: Role) -> Staff:
        name = self._names.next(male=self._rng.random() < 0.5)
        return Staff(self._id(0), facility.id, team.id if team else None, name, role)

    def _resident(
        self, number: int, counts: Counts, population: Population, team: Team, doctor: Staff
    ) -> Iterator[Item]:
        traits = population.next()
        ordinal, turn = self._births.next(traits.age)
        male = traits.age is not Age.MOTHER and self._rng.random() < 0.5
        index = self._index
        self._index += 1
        place = population.dealt - 1
        village = place // VILLAGE_RESIDENTS + 1
        household = place % VILLAGE_RESIDENTS
        created_ms = max(
            instant_ms(ARCHIVES_SINCE.toordinal(), hour=9) + index * 60_000,
            instant_ms(ordinal, hour=10),  # a newborn's archive is opened on the day of birth
        )
        serial = population.archives
        resident = Resident(
            id=uuid7(created_ms, self._rng.getrandbits(74)),
            facility=team.facility,
            team=team.id,
            name=self._names.next(male=male),
            id_no=id_number(ordinal, turn, male=male),
            sex="1" if male else "2",
            birth_date=date.fromordinal(ordinal),
            phone=phone(index),
            address=f"{_address(counts.facility, village)}{household // 3 + 1}号",
            village=f"演示{village}村",
            has_archive=traits.archive,
            archive_no=_archive_no(number, village, serial) if traits.archive else "",
            conditions=_CONDITIONS[traits.htn, traits.dm],
            groups=_GROUPS[traits.age],
            created_ms=created_ms,
            few=self._few(traits, male=male) if traits.archive else None,
        )
        yield resident
        yield from self._history.of(resident, traits, doctor, counts.facility)

    def _few(self, traits: Traits, *, male: bool) -> Few | None:
        """Who is one of the few: the healthy of an age take turns."""
        if traits.htn or traits.dm or (traits.age is Age.YOUNG and male):
            return None
        turn = self._dealt[traits.age] = self._dealt.get(traits.age, 0) + 1
        found = (few for few, every, first in _FEW.get(traits.age, ()) if turn % every == first)
        return next(found, None)

    def _id(self, number: int) -> bytes:
        at_ms = instant_ms((ARCHIVES_SINCE - timedelta(days=1)).toordinal(), hour=9) + number
        return uuid7(at_ms, self._rng.getrandbits(74))


def _address(facility: str, village: int) -> str:
    """The facility's area, then a village that says what it is."""
    area = facility.removesuffix("社区卫生服务中心").removesuffix("卫生院").removesuffix("中心")
    return f"山东省威海市环翠区{area}演示{village}村"


def _archive_no(facility: int, village: int, serial: int) -> str:
    """6 county + 3 township + 3 village (101 to 199 are village committees) + 5 serial."""
    return f"{_village_code(facility, village)}{serial % 100_000:05d}"


def _village_code(facility: int, village: int) -> str:
    return f"371002{900 + facility:03d}{100 + village:03d}"
