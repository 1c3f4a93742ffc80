"""What the clauses ask of the service plan and of a district's numbers in it, each by its id."""

from server.rules.districts import parse_year, table
from server.rules.plan.engine import plan_of
from server.rules.plan.table import rules
from tests.plan_people import owed, person, rec
from tests.test_district_tables import HUANCUI, HUANCUI_TEXT, JIULONGPO, TAIYUAN, WUHAI

HEART = frozenset({"2"})  # hypertension among the diseases of the register
BOTH = frozenset({"2", "3"})  # and diabetes


def test_every_row_of_the_specification_is_a_rule_that_names_its_source() -> None:
    """S001-art8: the flow of the national specification."""
    assert list(rules()) == [f"P{n:02}" for n in range(1, 66)]
    assert all(each.source and each.reasons for each in rules().values())


def test_everybody_has_a_plan_of_their_own_from_what_is_known_of_them() -> None:
    """S000-art12(2)."""
    one = plan_of(person(born="1950-03-01", hx_disease=HEART), 2026)
    other = plan_of(person(born="1990-03-01"), 2026)
    assert {each.rule for each in one.items} > {each.rule for each in other.items}
    assert all(each.why for each in one.items)


def test_what_was_not_used_in_a_year_is_not_owed_in_the_next() -> None:
    """S001-art9-a."""
    used = person(
        *(rec("htn_followup", f"2025-{month:02}-10", mode="1") for month in (2, 5, 8, 11)),
        born="1970-03-01", since="2020-01-01", hx_disease=HEART,
    )  # fmt: skip
    unused = person(born="1970-03-01", since="2020-01-01", hx_disease=HEART)
    for facts in (used, unused):
        assert len(owed(facts, 2026, "P05", HUANCUI.plan_numbers)) == 4


def test_two_diseases_in_one_visit_are_one_paid_service_where_the_district_says_so() -> None:
    """S001-art9-b, S003-6(4)-b."""
    facts = person(born="1970-03-01", since="2020-01-01", hx_disease=BOTH)
    for decided, why in ((JIULONGPO, {"paid_once"}), (HUANCUI, {"together"})):
        together = owed(facts, 2026, "P20", decided.plan_numbers)
        assert {each.why for each in together.values()} == why


def test_how_often_somebody_is_visited_is_the_districts_number() -> None:
    """S003-5(7)-b: four in Huancui; a county that owes six writes six."""
    six = parse_year(
        HUANCUI_TEXT.replace("htn_followup = { value = 4", "htn_followup = { value = 6"),
        file="huancui-2024.toml",
    )
    facts = person(born="1970-03-01", since="2020-01-01", hx_disease=HEART)
    assert len(owed(facts, 2026, "P05", HUANCUI.plan_numbers)) == 4
    assert len(owed(facts, 2026, "P05", six.plan_numbers)) == 6


def test_a_district_that_sets_no_number_of_the_plan_has_the_national_ones() -> None:
    assert not TAIYUAN.plan_numbers
    assert not WUHAI.plan_numbers
    assert table("371002", 2030).plan_numbers == HUANCUI.plan_numbers


def test_five_checks_before_a_birth_and_two_services_after_it_are_owed() -> None:
    """S004-3(4)-c, as Wuhai promises them."""
    mother = person(
        rec("antenatal_first", "2026-02-20", lmp="2026-01-01"),
        born="1996-03-01", sex="2", since="2020-01-01",
    )  # fmt: skip
    before = [len(owed(mother, 2026, rule)) for rule in ("P36", "P37", "P38")]
    after = [len(owed(mother, 2026, rule)) for rule in ("P39", "P40")]
    assert sum(before) == WUHAI.number("entitlements.pregnant.antenatal")
    assert sum(after) == WUHAI.number("entitlements.postpartum.postpartum")
