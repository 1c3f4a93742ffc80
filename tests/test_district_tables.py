"""What a district decides for a year: every value with its clause, or empty with who sets it."""

from pathlib import Path

import pytest

from server.console.targets import carried_words, rate_words
from server.console.words import words
from server.rules import figures
from server.rules.district_check import State, check, faults
from server.rules.district_source import FOLDER
from server.rules.district_year import OFFICES, SECTIONS, Office, Where
from server.rules.districts import (
    DistrictBroken,
    DistrictYear,
    EmptyValue,
    all_districts,
    load,
    names,
    parse_year,
    table,
)
from server.rules.facility_targets import published

HUANCUI_FILE: Path = FOLDER / "huancui-2024.toml"
HUANCUI_TEXT = HUANCUI_FILE.read_text("utf-8")
HUANCUI = table("371002", 2024)
TAIYUAN = table("140100", 2024)
JIULONGPO = table("500107", 2025)
WUHAI = table("150300", 2021)
EVERY = pytest.mark.parametrize(
    "decided", [HUANCUI, TAIYUAN, JIULONGPO, WUHAI], ids=lambda each: each.name
)


# Reading values.


def test_huancui_has_the_numbers_of_its_plan_with_their_clauses() -> None:
    for name, value, clause in (
        ("targets.I02", 90, "S003-5(1)-b"), ("targets.I03", 64, "S003-5(1)-b"),
        ("targets.I08", 64, "S003-5(6)-a"), ("targets.I09", 74, "S003-5(10)"),
        ("targets.I12", 45, "S003-5(7)-d"), ("targets.I14", 35, "S003-5(7)-d"),
        ("targets.I10", 42_200, "S003-ax2"), ("targets.I26", 420, "S003-5(8)"),
        ("targets.I37", 88, "S003-7¶2"), ("targets.I40", 70, "S003-7¶3"),
        ("money.per_capita", 94_00, "S003-3¶3-a"),
        ("money.village_per_capita", 34_00, "S003-3¶3-a"),
        ("money.major_projects_per_capita", 9_00, "S003-3¶3-a"),
        ("money.village_prepay", 70, "S003-9(2)"),
        ("prices.fd_contract", 30_00, "S003-7¶1-a"),
        ("prices.disabled_check", 100_00, "S003-6(6)"),
        ("entitlements.hypertension.htn_followup", 4, "S003-5(7)-b"),
    ):  # fmt: skip
        found = HUANCUI.find(name)
        assert found is not None, name
        assert (found.value, found.clause) == (value, clause), name
        assert HUANCUI.number(name) == value


def test_the_village_floor_is_forty_percent_of_what_is_left_of_the_money() -> None:
    money = [
        HUANCUI.number(f"money.{each}") for each in ("per_capita", "major_projects_per_capita")
    ]
    share = HUANCUI.number("money.village_share")
    assert (money[0] - money[1]) * share // 100 == HUANCUI.number("money.village_per_capita")


def test_taiyuan_has_its_years_cuts_and_cards() -> None:
    assert load("taiyuan").interval_years == 1
    assert TAIYUAN.number("money.agreement_term") == 2
    assert TAIYUAN.numbers("money.bottom_cut") == (10, 5, 3)
    assert TAIYUAN.numbers("money.top_split") == (5, 3, 2)
    assert TAIYUAN.number("money.yellow_cards") == 5
    assert TAIYUAN.number("versions.valid_years") == 5


def test_wuhai_gives_its_targets_by_city_district_and_town() -> None:
    heads = WUHAI.find("targets.I10")
    assert heads is not None
    assert (heads.value, heads.level, heads.shown) == (45_000, "city", "45000 people")
    assert WUHAI.number("targets.I10_diabetes") == 15_000
    assert WUHAI.number("targets.I28") == 85
    assert WUHAI.number("money.per_capita") == 70_00
    panel = load("wuhai")
    assert (panel.panel_max, panel.clauses["panel_max"]) == (2000, "S004-2(11)-a")


def test_two_services_in_one_visit_are_one_unit_of_pay_where_the_district_says_so() -> None:
    assert JIULONGPO.number("money.combined_visit_paid_once") == 1
    with pytest.raises(EmptyValue):
        HUANCUI.number("money.combined_visit_paid_once")


@EVERY
def test_using_an_empty_value_says_which_it_is_and_who_sets_it(decided: DistrictYear) -> None:
    for each in decided.empties():
        with pytest.raises(EmptyValue) as caught:
            decided.number(each.name)
        assert caught.value.name == each.name
        said = str(caught.value)
        assert said.startswith(f"{each.name} is empty in the table of {decided.name}")
        assert OFFICES[each.who] in said
        assert SECTIONS[each.name.partition(".")[0]] in said


def test_a_value_that_has_no_line_is_as_empty_and_the_county_sets_it() -> None:
    with pytest.raises(EmptyValue) as caught:
        WUHAI.number("prices.fd_contract")
    assert caught.value.who is Office.COUNTY


@pytest.mark.parametrize("name", ["target.I08", "nowhere", "P05", ""])
def test_a_name_outside_the_sections_is_a_mistake_of_the_code(name: str) -> None:
    with pytest.raises(LookupError):
        HUANCUI.number(name)


def test_a_number_is_no_text_and_no_list() -> None:
    with pytest.raises(LookupError):
        HUANCUI.text("targets.I08")
    with pytest.raises(LookupError):
        HUANCUI.numbers("targets.I08")
    with pytest.raises(LookupError):
        HUANCUI.number("versions.specification")
    assert "2017" in HUANCUI.text("versions.specification")


def test_a_number_of_the_plan_is_found_by_its_rule() -> None:
    assert HUANCUI.plan_numbers["P52.times"] == 4
    assert HUANCUI.number("P52.times") == HUANCUI.number("plan.P52.times") == 4


def test_money_and_answers_are_shown_as_people_write_them() -> None:
    for decided, name, text in (
        (HUANCUI, "money.per_capita", "94.00 yuan"), (HUANCUI, "targets.I08", "64 %"),
        (HUANCUI, "money.village_prepay_within", "1 months"),
        (JIULONGPO, "money.combined_visit_paid_once", "yes"),
        (TAIYUAN, "money.bottom_cut", "10 5 3 %"),
    ):  # fmt: skip
        found = decided.find(name)
        assert found is not None
        assert found.shown == text


def test_an_entitlement_is_the_number_of_the_plan_that_it_sets() -> None:
    assert HUANCUI.plan_numbers["P05.times"] == 4
    assert HUANCUI.plan_numbers["P59.consultations"] == 9
    assert not TAIYUAN.plan_numbers


# Years.


def test_a_year_without_its_own_table_has_the_newest_before_it_and_says_so() -> None:
    assert HUANCUI.carried_from is None
    later = table("371002", 2027)
    assert (later.year, later.carried_from) == (2027, 2024)
    assert later.values == HUANCUI.values
    assert table("371002", 2019).carried_from == 2024


def test_a_district_without_a_table_is_a_clear_error() -> None:
    with pytest.raises(DistrictBroken, match="there is no such table"):
        table("110101", 2024)


def test_the_year_of_a_table_is_that_of_its_name() -> None:
    for name, decided in all_districts().items():
        years = [each for each in range(2020, 2027) if table(name, each).carried_from is None]
        assert len(years) == 1, decided.name


# Kinds: where first written, how long kept.


def test_vaccination_and_reports_are_first_written_elsewhere_where_the_table_says_so() -> None:
    for decided in (TAIYUAN, JIULONGPO, WUHAI):
        for kind in ("vaccination", "infectious_report"):
            written = decided.written(kind)
            assert written.where is Where.ELSEWHERE
            assert written.system
    assert HUANCUI.written("vaccination").where is Where.HERE
    assert WUHAI.written("smd_followup").clause == "S004-2(7)"
    assert WUHAI.written("htn_followup").where is Where.HERE


def test_records_are_kept_for_the_years_of_the_table_and_without_end_otherwise() -> None:
    assert HUANCUI.retention_years("htn_followup") == 30
    assert HUANCUI.retention_years("supervision_patrol") == 10
    assert HUANCUI.retention_years("no_such_kind") is None


# Targets on the page: they belong to the district and its year, never to code.


def test_the_page_of_targets_shows_the_rate_of_the_year_or_that_there_is_none() -> None:
    w = words("targets")
    assert rate_words(HUANCUI, w)["elder"] == "I08，比例 64%"
    assert carried_words(HUANCUI, w) == ""
    assert "2024 年的规定" in carried_words(table("371002", 2026), w)
    assert rate_words(WUHAI, w)["elder"] == "I08，比例还没有定"
    assert set(rate_words(TAIYUAN, w).values()) == {
        f"{each.indicator}，比例还没有定" for each in figures.rules().rows
    }


def test_the_rows_of_the_figures_hold_no_rate() -> None:
    assert "rate" not in figures.TABLE.read_text("utf-8").split("[[row]]", 1)[1]


# Mistakes in a table.


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("I02 = { value = 90,", "I02 = { value = 101,", "fits its unit"),
        ("I02 = { value = 90,", "I02 = { value = -1,", "fits its unit"),
        ("I02 = { value = 90,", "I02 = { value = 90.5,", "fits its unit"),
        ("I02 = { value = 90,", "I02 = { value = [],", "fits its unit"),
        ('I02 = { value = 90, unit = "%"', 'I02 = { value = 90, unit = "pct"', "the unit 'pct'"),
        ('I02 = { value = 90, unit = "%"', 'I02 = { value = 90, rate = "%"', "rate, which is not"),
        (
            'I02 = { value = 90, unit = "%", clause = "S003-5(1)-b" }', "I02 = 90",
            "needs its clause",
        ),
        (
            'I02 = { value = 90, unit = "%", clause = "S003-5(1)-b" }',
            'I02 = { value = 90, unit = "%" }', "cites None",
        ),
        (
            'I02 = { value = 90, unit = "%", clause = "S003-5(1)-b" }',
            'I02 = { value = 90, unit = "%", who = "county", clause = "S003-5(1)-b" }',
            "only then",
        ),
        ('I01 = { empty = true, who = "county"', "I01 = { empty = true", "only then"),
        ('I01 = { empty = true, who = "county"', 'I01 = { empty = true, who = "me"', "set by one"),
        ("I01 = { empty = true", "I01 = { empty = true, value = 3", "has a value, or"),
        ("I01 = { empty = true", "I01 = { empty = false", "has a value, or"),
        (
            '"P52.times" = { value = 4, unit = "times", clause = "default" }',
            '"P52.times" = { empty = true, who = "county", clause = "default" }',
            "cannot be empty",
        ),
        ('vaccination = { where = "here"', 'vaccination = { where = "there"', "here or elsewhere"),
        ('vaccination = { where = "here"', 'vaccination = { place = "here"', "where, system and"),
        (
            'vaccination = { where = "here", system = "免疫规划信息管理系统"',
            'vaccination = { where = "elsewhere", system = ""', "name the system",
        ),
        ("[money]", "[moneys]", "moneys is not known here"),
        (
            'village_per_capita = { value = 3400, unit = "fen"',
            "village_per_capita = { value = 3400", "needs its unit",
        ),
        (
            'rewards_until = { value = "03-31"', 'rewards_until = { value = "31 March"',
            "a day of the year",
        ),
        ("year = 2024", 'year = "2024"', "the year the table is written for"),
    ],
)  # fmt: skip
def test_a_broken_value_is_refused_with_file_and_line(old: str, new: str, said: str) -> None:
    assert HUANCUI_TEXT.count(old) >= 1
    text = HUANCUI_TEXT.replace(old, new, 1)
    line = HUANCUI_TEXT[: HUANCUI_TEXT.index(old)].count("\n") + 1
    with pytest.raises(DistrictBroken) as caught:
        parse_year(text, file="huancui-2024.toml")
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"huancui-2024.toml:{line}: ")


def test_a_table_without_its_kinds_is_refused() -> None:
    text = HUANCUI_TEXT.replace("[kinds]", "[bands]", 1).replace("[bands]", "[odd]", 1)
    with pytest.raises(DistrictBroken):
        parse_year(text, file="x.toml")


# Annex 2, as it was published.


def test_the_published_numbers_of_huancui_add_up() -> None:
    found = published("huancui", 2024)
    assert found is not None
    assert len(found.rows) == 10
    assert len(found.total) == 22
    assert found.total["population"] == 478_600
    assert found.target("张村镇卫生院", "I08") == 5331
    assert found.target("张村镇卫生院", "I07") is None
    assert found.target("nowhere", "I08") is None
    assert published("huancui", 2023) is None
    assert published("wuhai", 2021) is None


def test_the_annex_counts_archives_in_use_of_those_built_and_one_row_has_the_wrong_base() -> None:
    found = published("huancui", 2024)
    assert found is not None
    share = HUANCUI.number("targets.I04")
    for facility, row in found.rows.items():
        assert row["ehr_dynamic_60"] * 100 == row["ehr_built_90"] * share
        base = "ehr_built_90" if facility == "蓝卡" else "population"
        assert abs(row["std_ehr_coverage_64"] - row[base] * 0.64) <= 0.5


def test_a_published_target_is_its_rate_or_one_beside_it_and_ours_is_never_below() -> None:
    found = published("huancui", 2024)
    assert found is not None
    for row in found.rows.values():
        for column, base, indicator in (
            ("elderly_std_mgmt_64", "elderly65", "I08"), ("elderly_tcm_74", "elderly65", "I09"),
            ("htn_std_mgmt_64", "htn_target", "I11"), ("dm_std_mgmt_64", "dm_target", "I13"),
            ("newborn_visit_90", "newborn_live_births_2023", "I18"),
            ("under7_mgmt_90", "child0_6_2023", "I19"), ("child_tcm_84", "child0_36m_2023", "I22"),
        ):  # fmt: skip
            rate = HUANCUI.number(f"targets.{indicator}")
            ours = figures.target_of(f"{row[base]}x{rate}%")
            assert ours is not None
            assert ours * 100 >= row[base] * rate
            assert abs(row[column] - ours) <= 1


# The check.


@pytest.mark.parametrize("name", names())
def test_the_tables_that_come_with_the_project_have_no_faults(name: str) -> None:
    found = check(name)
    assert [each for each in found if each.state is State.FAULT] == []
    assert [each for each in found if each.state is State.CARRIED] == []


def test_a_check_lists_every_empty_value_and_every_default() -> None:
    found = {each.name: each for each in check("huancui")}
    assert found["targets.I07"].state is State.EMPTY
    assert found["targets.I07"].who == "county"
    assert found["targets.I07"].until == SECTIONS["targets"]
    assert found["money.combined_visit_paid_once"].clause == "S003-6(4)-b"
    assert found["plan.P52.times"].state is State.DEFAULT
    assert found["kinds.vaccination"].state is State.DEFAULT
    assert found["panel_max"].value == "2000"
    assert "targets.I08" not in found
    empty = [each.name for each in check("huancui") if each.state is State.EMPTY]
    assert empty == [each.name for each in HUANCUI.empties()]


def test_a_check_of_a_later_year_says_that_there_is_no_table_for_it() -> None:
    carried = [each for each in check("huancui", 2026) if each.state is State.CARRIED]
    assert [each.until for each in carried] == ["there is no table for 2026: that of 2024 stands"]


@pytest.mark.parametrize(
    ("old", "new", "name", "said"),
    [
        ("retention.tb_first", "", "retention.tb_first", "does not say how long"),
        ("kinds.vaccination", "", "kinds.vaccination", "does not say where"),
        ("kinds.vaccination", "vaxination", "kinds.vaxination", "is no kind of record"),
        ("retention.tb_first", "tb_third", "retention.tb_third", "is no kind of record"),
        ("plan.P52.times", '"P52.tims"', "plan.P52.tims", "no number of a rule"),
        ("plan.P52.times", '"P99.times"', "plan.P99.times", "no number of a rule"),
    ],
)
def test_a_table_that_forgets_a_kind_or_names_a_wrong_one_is_found(
    old: str, new: str, name: str, said: str
) -> None:
    section, _, key = old.partition(".")
    key = f'"{key}"' if section == "plan" else key
    head, mark, tail = HUANCUI_TEXT.partition(f"[{section}]\n")
    line = next(each for each in tail.splitlines() if each.startswith(f"{key} = "))
    text = head + mark + tail.replace(line, line.replace(key, new, 1) if new else "", 1)
    decided = parse_year(text, file=HUANCUI_FILE.name)
    assert [(each.name, said in each.until) for each in faults(decided)][-1] == (name, True)
