"""The immunisation programme as data (vaccines_2026.toml), and which doses of it were given.

A dose counts when the child was old enough and the last one that counts lies long enough back: one
given too early is given again. Doses are numbered by their order; a certificate that begins with a
later number says that the earlier ones were given elsewhere, and these are not asked for again.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.rules.plan.model import Record
from server.rules.plan.table import RulesBroken
from server.rules.plan.windows import months_on

TABLE: Final = Path(__file__).with_name("vaccines_2026.toml")


@dataclass(frozen=True, slots=True)
class Dose:
    """One line of the programme: ages in months, gaps from the dose before. 0: none. `why`: the
    reason of the rule that says more than which dose it is.
    """

    vaccine: str
    months: int
    before: int = 0
    gap_days: int = 0
    gap_months: int = 0
    until: int = 0
    due_days: int = 0
    within_months: int = 0
    why: str = "dose"

    def from_day(self, birth: date, last: Record | None) -> date:
        """The first day on which it can be given."""
        old_enough = months_on(birth, self.months)
        if last is None:
            return old_enough
        apart = months_on(last.on, self.gap_months) + timedelta(days=self.gap_days)
        return max(old_enough, apart)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Another vaccine for who has fewer than `doses`, from `months` until `until`: so many days
    apart, the last of them so many months.
    """

    vaccine: str
    months: int
    until: int
    doses: int
    gap_days: int
    last_gap_months: int

    def from_day(self, birth: date, reached: int, last: Record | None) -> date:
        """The first day on which the dose after so many can be given."""
        old_enough = months_on(birth, self.months)
        if last is None:
            return old_enough
        if reached + 1 == self.doses:
            return max(old_enough, months_on(last.on, self.last_gap_months))
        return max(old_enough, last.on + timedelta(days=self.gap_days))


@dataclass(frozen=True, slots=True)
class Series:
    """The doses of one vaccine for the children of some years of birth. `began`: the day from which
    it is given.
    """

    id: str
    doses: tuple[Dose, ...]
    born_from: date = date.min
    born_until: date = date.max
    sex: str = ""
    when_given: str = ""
    after: str = ""
    began: date = date.min
    mixed: bool = False
    catch_up: CatchUp | None = None
    vaccines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Programme:
    """All series. `until`: the age in months at which what does not say else is no longer owed."""

    series: tuple[Series, ...]
    dose_days: int
    late_days: int
    until: int
    oldest_months: int
    longest_months: int
    """The age from which nothing is owed, and how long after a dose could be given it is due."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a child has of a series: number -> the record that counts, in their order. `before`: of
    the series that this one goes on from.
    """

    series: Series
    counted: Mapping[int, Record]
    before: "Given | None" = None

    @property
    def reached(self) -> int:
        """The number of the last dose; the earlier ones are taken as given."""
        return max(self.counted, default=0)

    def last(self, on: date = date.max) -> Record | None:
        """The last dose until a day, of this series or the one before."""
        mine = _latest(self.counted.values(), on)
        if self.before is None:
            return mine
        earlier = _latest(self.before.counted.values(), on)
        if mine is None or earlier is None:
            return mine or earlier
        return max(earlier, mine, key=lambda each: (each.on, each.id))


def _latest(counted: Iterable[Record], on: date) -> Record | None:
    """Of doses in the order of their days the last one until a day."""
    last = None
    for each in counted:
        if each.on <= on:
            last = each
    return last


@cache
def programme() -> Programme:
    """The programme in force. Raises RulesBroken."""
    return parse(TABLE.read_text("utf-8"))


def parse(text: str) -> Programme:
    """The programme of a table's text. Raises RulesBroken."""
    raw = tomllib.loads(text)
    try:
        found = tuple(_series(each, raw["until"]) for each in raw["series"])
        doses = [dose for one in found for dose in one.doses]
        oldest = max(each.until for each in doses)
        longest = max(max(each.before - each.months, each.within_months, 1) for each in doses)
        days, late_days = raw["dose_days"], raw["late_days"]
        return Programme(found, days, late_days, raw["until"], oldest, longest)
    except (KeyError, TypeError, ValueError) as wrong:
        raise RulesBroken(f"{TABLE.name}: {wrong}") from None


def _series(raw: Mapping[str, Any], until: int) -> Series:
    made = dict(raw)
    made["doses"] = tuple(_dose(each, until) for each in raw["doses"])
    made["vaccines"] = frozenset(each["vaccine"] for each in raw["doses"])
    if "catch_up" in raw:
        made["catch_up"] = CatchUp(**raw["catch_up"])
    return Series(**made)


def _dose(raw: Mapping[str, Any], until: int) -> Dose:
    made: dict[str, Any] = {"until": until}
    made |= raw
    return Dose(**made)


def followed(birth: date, sex: str, records: Sequence[Record]) -> Iterator[Given]:
    """The series a child follows with what was given of each. `records`: by day, then by id."""
    known: dict[str, Given] = {}
    given: dict[str, list[Record]] = {}
    for each in records:
        given.setdefault(each.body.get("vaccine", ""), []).append(each)
    for series in _chosen(birth, sex, records):
        before = known.get(series.after)
        found = known[series.id] = _given(series, birth, _of(series, given), before)
        yield found


def _of(series: Series, given: Mapping[str, list[Record]]) -> Sequence[Record]:
    """The records of a series in their order."""
    also = (series.catch_up.vaccine,) if series.catch_up else ()
    mine = [given[each] for each in {*series.vaccines, *also} if each in given]
    if len(mine) == 1:
        return mine[0]
    return sorted((each for one in mine for each in one), key=lambda each: (each.on, each.id))


def _chosen(birth: date, sex: str, records: Sequence[Record]) -> Iterable[Series]:
    chosen: dict[str, Series] = {}
    for each in programme().series:
        if not each.born_from <= birth <= each.born_until or (each.sex and each.sex != sex):
            continue
        if each.when_given:
            both = each.vaccines | chosen[each.id].vaccines
            first = next((one.body["vaccine"] for one in records if _is_one_of(one, both)), "")
            if first != each.when_given:
                continue
        chosen[each.id] = each
    return chosen.values()


def _is_one_of(record: Record, vaccines: frozenset[str]) -> bool:
    return record.body.get("vaccine") in vaccines


def _given(series: Series, birth: date, records: Sequence[Record], before: Given | None) -> Given:
    counted: dict[int, Record] = {}
    given = Given(series, counted, before)
    reached, catch_up = 0, series.catch_up
    for each in records:
        last = given.last(each.on)
        # The same vaccine may be both: as long as doses are missing, it makes up for them.
        if catch_up is not None and _catches_up(catch_up, each, birth, reached, last):
            reached += 1
            counted[reached] = each
        elif number := _number(series, each, birth, reached, last):
            counted[number] = each
            reached = number
    return given


def _number(series: Series, record: Record, birth: date, reached: int, last: Record | None) -> int:
    """Which dose a record is; 0 when it counts as none."""
    vaccine, written = record.body.get("vaccine"), record.body.get("dose_no")
    if vaccine not in series.vaccines:
        return 0
    open_doses = [
        number
        for number, dose in enumerate(series.doses, start=1)
        if number > reached and (series.mixed or dose.vaccine == vaccine)
    ]
    likely = [written] if written in open_doses else []
    for number in (*likely, *open_doses[:1]):
        if record.on >= series.doses[number - 1].from_day(birth, last):
            return number
    return 0


def _catches_up(
    late: CatchUp, record: Record, birth: date, reached: int, last: Record | None
) -> bool:
    return (
        record.body.get("vaccine") == late.vaccine
        and reached < late.doses
        and record.on >= late.from_day(birth, reached, last)
    )
