"""Who expects a child or had one: by records, by the mark, and as the figures count it."""

from datetime import timedelta
from typing import Any

import pytest

from server.rules import figures
from server.rules.plan.groups import groups_of
from server.rules.plan.model import Facts, Group, Record, Spell
from tests.plan_people import day, groups_on, person, rec


def spell(facts: Facts, group: Group, year: int = 2026) -> Spell:
    return groups_of(facts, year)[group]


def codes(*found: str) -> frozenset[str]:
    return frozenset(found)


@pytest.mark.parametrize(
    ("born", "sex", "belongs_too"),
    [
        ("1998-02-01", "2", True), ("1998-02-01", "1", False), ("1966-01-01", "2", False),
        ("2011-12-31", "2", True), ("2012-01-01", "2", False),
        ("1976-01-02", "2", True), ("1976-01-01", "2", False), ("1998-02-01", "", False),
    ],
)  # fmt: skip
def test_the_figures_count_every_mark_of_a_mother_and_the_plan_women_of_15_to_49(
    born: str, sex: str, belongs_too: bool
) -> None:
    row = figures.rules().row("maternal")
    assert row is not None
    marked = person(born=born, sex=sex, special_group=codes("7"))
    known = figures.Facts("usual", marked.birth, codes(), codes("7"), complete=True, served=())
    assert not isinstance(figures.standing(figures.rules(), row, known, 2026), figures.Outside)
    assert (Group.PREGNANT in groups_of(marked, 2026)) is belongs_too
    unmarked = figures.Facts("usual", marked.birth, codes(), codes(), complete=True, served=())
    assert isinstance(figures.standing(figures.rules(), row, unmarked, 2026), figures.Outside)
    assert Group.PREGNANT not in groups_of(person(born=born, sex=sex), 2026)


def mother(*records: Record, **values: Any) -> Facts:
    return person(*records, born="1998-02-01", sex="2", **values)


def test_a_pregnancy_runs_from_the_last_period_until_the_birth() -> None:
    booked = rec("antenatal_first", "2026-02-20", lmp="2026-01-01", edd="2026-10-08")
    later = rec("antenatal_next", "2026-05-01", gest_week=17, kind="1")
    born = rec("postpartum_visit", "2026-10-09", delivery_date="2026-10-03")
    expecting = mother(booked, later)
    found = spell(expecting, Group.PREGNANT)
    assert (found.since, found.until) == (day("2026-01-01"), day("2026-10-22"))
    assert found.because == (booked.id, later.id)
    delivered = mother(booked, later, born)
    assert spell(delivered, Group.PREGNANT).until == day("2026-10-03")
    after = spell(delivered, Group.POSTPARTUM)
    assert (after.since, after.until) == (day("2026-10-03"), day("2026-11-29"))
    assert Group.PREGNANT in groups_on(delivered, "2026-10-02")
    assert groups_on(delivered, "2026-10-03") == {Group.POSTPARTUM}
    assert Group.POSTPARTUM in groups_on(delivered, "2026-11-28")
    assert groups_on(delivered, "2026-11-29") == set()


def test_weeks_tell_the_beginning_where_the_last_period_is_not_known() -> None:
    booked = rec("antenatal_first", "2026-03-01", gest_week=8, gest_day=3, edd="2026-10-08")
    assert spell(mother(booked), Group.PREGNANT).since == day("2026-03-01") - timedelta(days=59)
    visited = rec("postpartum_visit", "2026-10-09", delivery_date="2026-10-03")
    alone = mother(visited)
    assert spell(alone, Group.POSTPARTUM).since == day("2026-10-03")
    assert spell(alone, Group.PREGNANT).until == day("2026-10-03")


def test_a_pregnancy_that_began_after_the_last_service_is_another_one() -> None:
    first = rec("antenatal_first", "2026-02-20", lmp="2026-01-01", edd="2026-10-08")
    again = rec("antenatal_first", "2026-07-20", lmp="2026-05-30", edd="2027-03-06")
    assert spell(mother(first, again), Group.PREGNANT).since == day("2026-05-30")
    assert spell(mother(first, again), Group.PREGNANT).because == (again.id,)


def test_a_mark_alone_is_a_pregnancy_of_the_year_until_records_tell_more() -> None:
    mark: dict[str, Any] = {"special_group": codes("7")}
    assert spell(mother(**mark), Group.PREGNANT) == Spell(day("2026-01-01"), day("2027-01-01"))
    visited = rec("postpartum_visit", "2025-03-09", delivery_date="2025-03-03")
    assert Group.PREGNANT not in groups_of(mother(visited, **mark), 2026)
    assert Group.PREGNANT in groups_of(mother(visited, **mark), 2027)


def test_a_pregnancy_that_was_lost_is_over_that_day_and_has_no_days_after_a_birth() -> None:
    booked = rec("antenatal_first", "2026-02-20", lmp="2026-01-01", edd="2026-10-08")
    lost = rec("encounter", "2026-04-01", icd10=[{"code": "O03.9", "name": ""}])
    found = groups_of(mother(booked, lost), 2026)
    assert found[Group.PREGNANT].until == day("2026-04-01")
    assert Group.POSTPARTUM not in found
    marked = mother(booked, lost, special_group=codes("7"))
    assert groups_of(marked, 2026)[Group.PREGNANT].until == day("2026-04-01")
