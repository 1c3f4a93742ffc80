"""Who comes next: age band, diseases, archive; drawn so that the head counts come out exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from random import Random
from typing import Generic, TypeVar

from server.demo.counts import Counts
from server.demo.identities import BirthDays

# Engineering guesses, the annex does not say: they shape the demo, they count nothing.
BOTH_DISEASES = 0.45  # of the diabetics, those with hypertension as well
MANAGED_ELDERLY = 0.6  # of the managed, those of 65 and older
ELDERLY_MANAGED_MAX = 0.8  # of the elderly
MIDDLE_SHARE, SCHOOL_SHARE = 0.6, 0.15  # of all between 7 and 64; the others are 22 to 34


class Age(Enum):
    """Age bands that do not overlap."""

    ELDERLY = "65 and older"
    MIDDLE = "35 to 64"
    YOUNG = "22 to 34"
    MOTHER = "22 to 34, gave birth within the year"
    SCHOOL = "7 to 21"
    CHILD = "3 to 6"
    TODDLER = "1 and 2"
    NEWBORN = "below 1"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Traits:
    """What is counted about one person. `*_managed`: by the standard, all visits of the year."""

    age: Age
    htn: bool
    dm: bool
    archive: bool
    htn_managed: bool
    dm_managed: bool
    elderly_managed: bool


class Quota:
    """`hits` yeses among the next `draws` draws, evenly spread, exactly that many in the end."""

    __slots__ = ("_draws", "_hits", "_random")

    def __init__(self, rng: Random, *, hits: int, draws: int) -> None:
        assert 0 <= hits <= draws, f"{hits} of {draws}"
        self._hits = hits
        self._draws = draws
        self._random = rng.random

    def draw(self) -> bool:
        """One draw; never more than announced."""
        hit = self._random() * self._draws < self._hits
        self._draws -= 1
        self._hits -= hit
        return hit


class Bag(Generic[T]):
    """So many of each value, drawn by chance and not put back."""

    __slots__ = ("_counts", "_random", "_total", "_values")

    def __init__(self, rng: Random, counts: Mapping[T, int]) -> None:
        assert min(counts.values()) >= 0, f"{counts}"
        self._values = list(counts)
        self._counts = list(counts.values())
        self._total = sum(self._counts)
        self._random = rng.random

    def draw(self) -> T:
        """One value; never more than were put in."""
        at = int(self._random() * self._total)
        which = 0
        while at >= self._counts[which]:
            at -= self._counts[which]
            which += 1
        self._counts[which] -= 1
        self._total -= 1
        return self._values[which]


Diseases = tuple[bool, bool]
"""(hypertension, diabetes)"""


class Population:
    """The people of one facility, one after the other."""

    def __init__(self, counts: Counts, rng: Random) -> None:
        ages = _ages(counts)
        elderly, middle = _diseases(counts, elderly=ages[Age.ELDERLY], middle=ages[Age.MIDDLE])
        self.dealt = 0
        self.archives = 0
        self._ages = Bag(rng, ages)
        self._diseases = {Age.ELDERLY: Bag(rng, elderly), Age.MIDDLE: Bag(rng, middle)}
        self._htn_managed = Quota(rng, hits=counts.htn_managed, draws=counts.htn)
        self._dm_managed = Quota(rng, hits=counts.dm_managed, draws=counts.dm)
        self._elderly_managed = Quota(rng, hits=counts.elderly_managed, draws=counts.elderly)
        # Whoever is served has an archive; who has none is somebody the services seldom meet.
        seldom_met = middle[False, False] + sum(
            ages[age] for age in (Age.YOUNG, Age.SCHOOL, Age.CHILD, Age.TODDLER)
        )
        without = counts.population - counts.archives
        self._without_archive = Quota(rng, hits=without, draws=seldom_met)

    def next(self) -> Traits:
        """The next person; call it once for each of the population."""
        age = self._ages.draw()
        bag = self._diseases.get(age)
        htn, dm = bag.draw() if bag else (False, False)
        always = htn or dm or age in (Age.ELDERLY, Age.MOTHER, Age.NEWBORN)
        archive = always or not self._without_archive.draw()
        self.dealt += 1
        self.archives += archive
        return Traits(
            age=age,
            htn=htn,
            dm=dm,
            archive=archive,
            htn_managed=htn and self._htn_managed.draw(),
            dm_managed=dm and self._dm_managed.draw(),
            elderly_managed=age is Age.ELDERLY and self._elderly_managed.draw(),
        )


def _ages(counts: Counts) -> dict[Age, int]:
    rest = counts.population - counts.elderly - counts.children_0_6 - counts.mothers
    middle, school = round(rest * MIDDLE_SHARE), round(rest * SCHOOL_SHARE)
    return {
        Age.MIDDLE: middle,
        Age.YOUNG: rest - middle - school,
        Age.ELDERLY: counts.elderly,
        Age.SCHOOL: school,
        Age.CHILD: counts.children_0_6 - counts.children_0_36_months,
        Age.TODDLER: counts.children_0_36_months - counts.newborns,
        Age.NEWBORN: counts.newborns,
        Age.MOTHER: counts.mothers,
    }


def _diseases(
    counts: Counts, *, elderly: int, middle: int
) -> tuple[dict[Diseases, int], dict[Diseases, int]]:
    """How many of the elderly and of the middle-aged have which diseases."""
    both = int(min(counts.htn, counts.dm) * BOTH_DISEASES)
    managed = {
        (True, True): both,
        (True, False): counts.htn - both,
        (False, True): counts.dm - both,
    }
    share = min(MANAGED_ELDERLY, ELDERLY_MANAGED_MAX * elderly / max(1, sum(managed.values())))
    old = {diseases: int(number * share) for diseases, number in managed.items()}
    younger = {diseases: number - old[diseases] for diseases, number in managed.items()}
    healthy_old, healthy_younger = elderly - sum(old.values()), middle - sum(younger.values())
    return (
        {(False, False): healthy_old, **old},
        {(False, False): healthy_younger, **younger},
    )


class BirthPlanner:
    """Birth days for each age band, as of a day. The elderly get fewer the older they are."""

    def __init__(self, rng: Random, today: date) -> None:
        def band(at_least: int, below: int) -> BirthDays:
            first = _years_before(today, below) + timedelta(days=1)
            return BirthDays(first, _years_before(today, at_least), offset=rng.getrandbits(16))

        young = band(22, 35)
        self._elderly = (band(65, 75), band(75, 85), band(85, 95))
        self._bands = {
            Age.MIDDLE: band(35, 65),
            Age.YOUNG: young,
            Age.MOTHER: young,
            Age.SCHOOL: band(7, 22),
            Age.CHILD: band(3, 7),
            Age.TODDLER: band(1, 3),
            Age.NEWBORN: band(0, 1),
        }
        self._random = rng.random

    def next(self, age: Age) -> tuple[int, int]:
        """(birth day as an ordinal, round); see identities.BirthDays."""
        if age is not Age.ELDERLY:
            return self._bands[age].next()
        chance = self._random()
        return self._elderly[0 if chance < 0.6 else 1 if chance < 0.9 else 2].next()


def _years_before(day: date, years: int) -> date:
    """The same civil day years ago; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
