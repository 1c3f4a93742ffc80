"""Vaccination by the national programme, the certificate at kindergarten and school (P53, P54)."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from server.records import vaccines
from server.records.ages import months_later
from server.rules.plan.model import Facts, Item, Record, Stage
from server.rules.plan.series import followed, parse, programme
from server.rules.plan.table import RulesBroken
from server.rules.plan.vaccines import MAKERS
from tests.plan_patients import said
from tests.plan_people import around, day, days_of, doing, owed, person, rec

DAY = timedelta(days=1)
NEW, OLD, OLDER = "2025-03-15", "2024-03-15", "2018-03-15"
"""Born under the order of 2026, under that of 2021, and before DTaP was given at six years."""


def dose(vaccine: str, number: int, on: str | date, **body: object) -> Record:
    return rec("vaccination", on, vaccine=vaccine, dose_no=number, **body)


def at(born: str, *given: tuple[str, int, int], sex: str = "1", **values: Any) -> Facts:
    """A child with doses (vaccine, number, age in months), each on the day of that age."""
    records = [
        dose(vaccine, number, months_later(day(born), months).isoformat())
        for vaccine, number, months in given
    ]
    return person(*records, born=born, sex=sex, **values)


def next_of(child: Facts, series: str, *years: int) -> Item | None:
    """The dose of a series that is owed."""
    for year in years or range(2018, 2045):
        for slot, item in owed(child, year, "P53").items():
            if item.done is None and slot.rpartition("-")[0] == series:
                return item
    return None


def chain(born: str, series: str, sex: str = "2") -> list[tuple[str, str, str, str]]:
    """Each dose of a series with its days, when every dose is given on the first day possible."""
    child, found = person(born=born, sex=sex), []
    while (item := next_of(child, series)) is not None:
        vaccine = next(
            code for code, label in vaccines.VACCINES.items() if label == item.given["vaccine"]
        )
        found.append((vaccine, *days_of(item)))
        given = dose(vaccine, int(item.given["dose"]), item.opens.isoformat())
        child = doing(child, given)
    return found


# The order of the programme.


def test_a_newborn_gets_hepatitis_b_within_a_day_and_three_doses_within_a_year() -> None:
    assert chain(NEW, "hepb") == [
        ("hepb", "2025-03-15", "2025-03-16", "2032-03-14"),
        ("hepb", "2025-04-15", "2025-05-14", "2032-03-14"),
        ("hepb", "2025-09-15", "2026-03-14", "2032-03-14"),
    ]


def test_bcg_is_given_before_three_months_and_never_from_four_years_on() -> None:
    item = next_of(person(born=NEW), "bcg")
    assert item is not None
    assert days_of(item) == ("2025-03-15", "2025-06-14", "2029-03-14")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]


def test_polio_goes_on_from_the_inactivated_to_the_oral_vaccine() -> None:
    assert [each[:3] for each in chain(NEW, "polio")] == [
        ("ipv", "2025-05-15", "2025-06-13"),
        ("ipv", "2025-06-15", "2025-07-14"),
        ("bopv", "2025-07-15", "2026-03-14"),
        ("bopv", "2029-03-15", "2030-03-14"),
    ]
    third = at(NEW, ("ipv", 1, 2), ("ipv", 2, 3), ("ipv", 3, 4))
    assert owed(third, 2025, "P53")["polio-3"].done is not None


@pytest.mark.parametrize(
    ("born", "months", "last"),
    [
        ("2024-11-01", (2, 4, 6, 18, 72), "dtap"),
        ("2024-10-31", (3, 4, 5, 18, 72), "dtap"),
        ("2019-01-01", (3, 4, 5, 18, 72), "dtap"),
        ("2018-12-31", (3, 4, 5, 18, 72), "dt"),
    ],
)
def test_whooping_cough_is_given_by_the_order_of_the_day_of_birth(
    born: str, months: tuple[int, ...], last: str
) -> None:
    found = chain(born, "dtap")
    assert [each[0] for each in found] == ["dtap"] * 4 + [last]
    assert [each[1] for each in found] == [
        months_later(day(born), each).isoformat() for each in months
    ]


@pytest.mark.parametrize(
    ("born", "complete"), [("2024-07-01", "2026-06-30"), ("2024-06-30", "2025-12-29")]
)
def test_meningitis_a_is_complete_before_24_months_and_before_18_for_older_children(
    born: str, complete: str
) -> None:
    assert [each[2] for each in chain(born, "mpsva")][1] == complete


def test_meningitis_a_and_c_follows_a_year_after_a_and_three_years_apart() -> None:
    child = at(NEW, ("mpsva", 1, 6), ("mpsva", 2, 23))
    third = next_of(child, "mpsvac")
    assert third is not None
    assert days_of(third)[:2] == ("2028-03-15", "2029-03-14")
    late = doing(child, dose("mpsvac", 1, "2029-09-01"))
    fourth = next_of(late, "mpsvac")
    assert fourth is not None
    assert days_of(fourth) == ("2032-09-01", "2032-09-30", "2037-03-14")


def test_children_of_before_october_2019_owe_measles_once() -> None:
    assert len(chain("2019-09-30", "mmr")) == 1
    assert len(chain("2019-10-01", "mmr")) == 2


def test_the_live_vaccine_of_encephalitis_is_owed_until_an_inactivated_one_is_given() -> None:
    assert [each[:3] for each in chain(NEW, "je")] == [
        ("jel", "2025-11-15", "2026-03-14"),
        ("jel", "2027-03-15", "2028-03-14"),
    ]
    started = at(NEW, ("jei", 1, 8))
    second = next_of(started, "je")
    assert second is not None
    assert days_of(second)[:2] == ("2025-11-22", "2026-03-14")
    fully = at(NEW, ("jei", 1, 8), ("jei", 2, 9), ("jei", 3, 24), ("jei", 4, 72))
    assert next_of(fully, "je") is None


def test_hepatitis_a_is_once_live_or_twice_inactivated() -> None:
    assert [each[:3] for each in chain(NEW, "hepa")] == [("hepal", "2026-09-15", "2027-03-14")]
    started = at(NEW, ("hepai", 1, 20))
    second = next_of(started, "hepa")
    assert second is not None
    assert days_of(second)[:2] == ("2027-05-15", "2028-03-14")


def test_girls_of_13_get_two_doses_against_cervical_cancer() -> None:
    assert [each[:3] for each in chain("2012-05-20", "hpv")] == [
        ("2vhpv", "2025-11-10", "2026-05-19"),
        ("2vhpv", "2026-05-10", "2026-11-10"),
    ]
    assert chain("2012-05-20", "hpv", sex="1") == []
    assert chain("2011-11-09", "hpv") == []
    assert chain("2011-11-10", "hpv") != []


def test_the_second_dose_of_a_late_first_one_is_due_within_twelve_months() -> None:
    girl = person(dose("2vhpv", 1, "2026-05-01"), born="2012-05-20", sex="2")
    item = next_of(girl, "hpv", 2026, 2027)
    assert item is not None
    assert (item.why, *days_of(item)[:2]) == ("dose", "2026-11-01", "2027-05-01")
    late = person(dose("2vhpv", 1, "2026-05-20"), born="2012-05-20", sex="2")
    item = next_of(late, "hpv", 2026, 2027)
    assert item is not None
    assert (item.why, *days_of(item)[:2]) == ("late", "2026-11-20", "2027-05-20")
    younger = person(dose("2vhpv", 1, "2026-02-01"), born="2012-12-20", sex="2")
    item = next_of(younger, "hpv", 2026, 2027)
    assert item is not None
    assert days_of(item)[:2] == ("2026-08-01", "2027-02-01")


def test_every_youngest_age_is_the_one_the_form_asks_back_at() -> None:
    """The form of a vaccination questions a dose below the age the programme of 2026 begins at."""
    for given in followed(day(NEW), "2", ()):
        by_vaccine: dict[str, list[int]] = {}
        for each in given.series.doses:
            by_vaccine.setdefault(each.vaccine, []).append(each.months)
        for vaccine, months in by_vaccine.items():
            known = vaccines.MIN_AGE_MONTHS[vaccine]
            assert tuple(months) in (known[: len(months)], known[-len(months) :])


def test_the_orders_of_a_series_leave_no_birthday_out_and_meet_nowhere() -> None:
    by_id: dict[str, list[tuple[object, object]]] = {}
    for each in programme().series:
        if not each.when_given and not each.sex:
            by_id.setdefault(each.id, []).append((each.born_from, each.born_until))
    for spans in by_id.values():
        spans.sort(key=str)
        for (_, until), (begins, _) in pairwise(spans):
            assert begins == until + DAY  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]


# Doses late, early, elsewhere.


def test_one_dose_of_a_series_is_owed_at_a_time() -> None:
    slots = [each for each in owed(person(born=NEW), 2026, "P53") if each.startswith("dtap")]
    assert slots == ["dtap-1"]


def test_after_a_late_dose_the_next_keeps_its_distance() -> None:
    child = at(NEW, ("dtap", 1, 11))
    second = next_of(child, "dtap")
    assert second is not None
    assert days_of(second)[:2] == ("2026-03-15", "2026-04-13")
    third = next_of(doing(child, dose("dtap", 2, "2026-04-01")), "dtap")
    assert third is not None
    assert (third.why, *days_of(third)[:2]) == ("late", "2026-04-29", "2026-05-28")


@pytest.mark.parametrize(
    ("on", "counts"), [("2025-11-14", False), ("2025-11-15", True), ("2026-05-01", True)]
)
def test_a_dose_given_too_young_is_given_again(on: str, counts: bool) -> None:
    child = person(dose("mmr", 1, on), born=NEW)
    item = next_of(child, "mmr")
    assert item is not None
    assert item.slot == ("mmr-2" if counts else "mmr-1")


@pytest.mark.parametrize(("on", "owes"), [("2025-06-11", 2), ("2025-06-12", 3)])
def test_a_dose_given_too_soon_after_the_last_is_given_again(on: str, owes: int) -> None:
    given = (dose("ipv", 1, "2025-05-15"), dose("ipv", 2, on), dose("ipv", 2, "2025-06-12"))
    child = person(*given[: 2 if owes == 2 else 3], born="2025-03-01")
    item = next_of(child, "polio")
    assert item is not None
    assert item.given["dose"] == owes


def test_a_dose_late_is_done_late_and_keeps_its_own_day() -> None:
    late = dose("mmr", 1, "2026-06-01")
    item = owed(person(late, born=NEW), 2026, "P53")["mmr-1"]
    assert (item.done, item.done_on) == (late.id, day("2026-06-01"))
    assert days_of(item) == ("2025-11-15", "2026-03-14", "2026-06-01")
    assert "mmr-1" not in owed(person(late, born=NEW), 2027, "P53")


def test_a_certificate_that_begins_with_the_third_dose_owes_no_first_one() -> None:
    child = person(dose("dtap", 3, "2025-10-01"), born=NEW)
    found = owed(child, 2026, "P53")
    assert [each for each in found if each.startswith("dtap")] == ["dtap-3", "dtap-4"]


def test_the_same_dose_entered_twice_counts_once() -> None:
    twice = (dose("hepb", 1, NEW), dose("hepb", 1, NEW))
    item = next_of(person(*twice, born=NEW), "hepb")
    assert item is not None
    assert item.given["dose"] == 2


def test_what_belongs_to_small_children_is_over_on_the_seventh_birthday() -> None:
    assert days_of(next_of(person(born=NEW), "mmr"))[2] == "2032-03-14"  # pyright: ignore[reportArgumentType]
    assert set(owed(person(born=NEW), 2033, "P53")) == {"dt-1"}, "made up until 11"


def test_from_seven_to_eleven_years_three_doses_are_made_up_with_dt() -> None:
    child = at("2019-03-15", ("dtap", 1, 5))
    item = owed(child, 2026, "P53")["dt-2"]
    assert (item.why, *days_of(item)) == ("catch_up", "2026-03-15", "2026-04-13", "2031-03-14")
    child = doing(child, dose("dt", 1, "2026-03-20"))
    assert owed(child, 2026, "P53")["dtap-2"].done is not None
    assert days_of(owed(child, 2026, "P53")["dt-3"])[0] == "2026-09-20", "half a year apart"
    assert "dt-3" not in owed(at("2014-03-14", ("dtap", 1, 5)), 2026, "P53")


@pytest.mark.parametrize("born", ["2018-05-01", "2019-03-15"])
def test_a_child_of_seven_without_any_dose_makes_up_three(born: str) -> None:
    child = person(born=born, since="2020-01-01")
    seven = months_later(day(born), 84)
    item = owed(child, seven.year, "P53")["dt-1"]
    assert (item.why, item.opens, item.because) == ("catch_up", seven, ())
    doses = (dose("dt", 1, seven + DAY), dose("dt", 2, seven + 29 * DAY))
    child = doing(doing(child, doses[0]), doses[1])
    found = owed(child, seven.year, "P53")
    assert [found[f"dtap-{n}"].done for n in (1, 2)] == [each.id for each in doses]
    assert found["dt-3"].opens == months_later(seven + 29 * DAY, 6)
    third = dose("dt", 3, months_later(seven + 29 * DAY, 6))
    for year in range(seven.year, seven.year + 4):
        assert not [each for each in owed(doing(child, third), year, "P53") if each[:3] == "dt-"]


@pytest.mark.parametrize("number", [1, 5])
def test_dt_of_an_older_child_makes_up_for_what_is_missing_first(number: int) -> None:
    child = at("2018-05-01", ("dtap", 1, 8))
    child = doing(child, dose("dt", number, "2026-06-10"))
    found = owed(child, 2026, "P53")
    assert found["dtap-2"].done is not None
    assert days_of(found["dt-3"])[0] == "2026-12-10"
    full = at("2018-05-01", ("dtap", 1, 3), ("dtap", 2, 4), ("dtap", 3, 5), ("dtap", 4, 18))
    sixth = dose("dt", 1, "2026-06-10")
    assert owed(doing(full, sixth), 2026, "P53")["dtap-5"].done == sixth.id


def test_tuberculosis_s_vaccine_after_three_months_asks_for_a_skin_test() -> None:
    item = next_of(person(born=NEW), "bcg")
    assert item is not None
    assert "PPD" in said(item)


# A mother with hepatitis B.


def light_child(weight: int, **values: Any) -> Facts:
    child = at(NEW, ("hepb", 1, 0), ("hepb", 2, 1), **values)
    return doing(child, rec("newborn_visit", "2025-03-22", birth_weight=weight))


def test_a_light_newborn_of_a_mother_with_hepatitis_gets_a_dose_more_of_class_b() -> None:
    mother = {"fam_mother_restricted": frozenset({"10"})}
    item = owed(light_child(199, **mother), 2025, "P53")["hepb-extra"]
    assert (item.cls, *days_of(item)) == ("B", "2025-05-15", "2025-06-13", "2025-09-14")
    given = dose("hepb", 3, "2025-05-15")
    after = owed(doing(light_child(199, **mother), given), 2025, "P53")
    assert after["hepb-extra"].done == given.id
    assert after["hepb-3"].done is None
    for child in (light_child(200, **mother), light_child(199)):
        assert "hepb-extra" not in owed(child, 2025, "P53")


def test_nothing_in_the_open_plan_tells_that_the_mother_has_hepatitis() -> None:
    mother = {"fam_mother_restricted": frozenset({"10"})}
    ill, well = owed(light_child(199, **mother), 2025, "P53"), owed(light_child(199), 2025, "P53")
    assert {slot: (days_of(each), each.why) for slot, each in ill.items() if each.cls == "A"} == {
        slot: (days_of(each), each.why) for slot, each in well.items()
    }


# The certificate.


@pytest.mark.parametrize(
    ("born", "year"), [("2023-08-31", 2026), ("2023-09-01", 2027), ("2024-02-29", 2027)]
)
def test_kindergarten_begins_in_the_year_a_child_is_three_by_the_end_of_august(
    born: str, year: int
) -> None:
    child = person(born=born)
    assert "kindergarten" not in owed(child, year - 1, "P54")
    item = owed(child, year, "P54")["kindergarten"]
    assert days_of(item) == (f"{year}-09-01", f"{year}-09-30", f"{year}-12-31")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]
    assert days_of(owed(child, year + 3, "P54")["school"])[0] == f"{year + 3}-09-01"


def all_of_three_years(born: str) -> Facts:
    return at(
        born,
        *(("hepb", 1, 0), ("bcg", 1, 0), ("hepb", 2, 1), ("hepb", 3, 6)),
        *(("ipv", 1, 2), ("ipv", 2, 3), ("bopv", 3, 4)),
        *(("dtap", 1, 3), ("dtap", 2, 4), ("dtap", 3, 5), ("dtap", 4, 18)),
        *(("mmr", 1, 8), ("mmr", 2, 18), ("jel", 1, 8), ("jel", 2, 24)),
        *(("mpsva", 1, 6), ("mpsva", 2, 9), ("hepal", 1, 18)),
    )  # fmt: skip


def test_a_certificate_is_in_order_when_the_doses_of_that_age_are_on_record() -> None:
    child = all_of_three_years("2023-05-10")
    item = owed(child, 2026, "P54")["kindergarten"]
    assert (item.why, item.done_on) == ("complete", day("2025-05-10"))


def test_a_missing_dose_is_made_up_until_the_end_of_the_year() -> None:
    child = all_of_three_years("2023-05-10")
    kept = [each for each in child.records if each.body["vaccine"] != "hepal"]
    child = person(*kept, born="2023-05-10")
    item = owed(child, 2026, "P54")["kindergarten"]
    assert (item.done, item.why, item.given["missing"]) == (None, "missing", 1)
    for on, counts in (("2026-12-31", True), ("2027-01-01", False)):
        given = dose("hepal", 1, on)
        item = owed(doing(child, given), 2026, "P54")["kindergarten"]
        assert (item.done == given.id) is counts


# The table.


def test_a_programme_with_an_unknown_word_is_refused() -> None:
    text = 'dose_days = 1\nlate_days = 1\nuntil = 84\n[[series]]\nid = "x"\n'
    with pytest.raises(RulesBroken, match="vaccines_2026"):
        parse(text + 'doses = [{ vaccine = "x", age = 3 }]\n')
    assert MAKERS.keys() == {"P53", "P54"}
