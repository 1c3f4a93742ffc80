"""Goals and changes: what the portal judges is what the forms and the plan judge."""

from datetime import date, timedelta

import pytest

from server.records.computed import computed
from server.records.kinds import get
from server.rules.changes import Mark, compare, goal_of, items
from server.rules.goals import BMI_BELOW, Goal, Measure, Why, series
from server.rules.plan.model import Facts, Record
from server.rules.plan.table import rules
from tests.cast_forms import LEFT_OUT, good

TODAY = date(2026, 11, 20)
ILL = {"hx_disease": frozenset({"2", "3"}), "special_group": frozenset({"2", "3"})}


def record(kind: str, on: date, **changes: object) -> Record:
    name = f"{kind}{on}{sorted(map(str, changes.items()))}".encode()
    return Record(name, kind, on, good(kind, **changes))


def facts(*records: Record, born: date = date(1955, 3, 12), ill: bool = True) -> Facts:
    return Facts(True, born, "2", values=ILL if ill else {}, records=records)


@pytest.mark.parametrize("age", [40, 64, 65, 66, 80])
@pytest.mark.parametrize("numbers", [{}, {"P11.elder_sbp": 145, "P16.fpg": 75}])
def test_a_value_is_in_target_where_the_follow_up_says_so(
    age: int, numbers: dict[str, int]
) -> None:
    born = TODAY.replace(year=TODAY.year - age)
    known = {"on": TODAY.isoformat(), "birth": born.isoformat()}
    for high in (139, 140, 144, 145, 149, 150):
        for low in (89, 90):
            one = record("htn_followup", TODAY, sbp=high, dbp=low)
            found = series(Measure.PRESSURE, facts(one, born=born), TODAY, numbers)
            sides = [line.goal.side(line.points[-1][1]) for line in found.lines]
            said = computed(get("htn_followup", 1), one.body, known, None, numbers)
            assert (said["bp_class"] == "1") == (sides == [0, 0])
    for tenths in (40, 69, 70, 74, 75):
        one = record("dm_followup", TODAY, fpg=tenths)
        found = series(Measure.GLUCOSE, facts(one, born=born), TODAY, numbers)
        said = computed(get("dm_followup", 1), one.body, known, None, numbers)
        line = found.lines[0]
        assert (said["glucose_class"] == "1") == (line.goal.side(line.points[-1][1]) == 0)


def test_who_has_no_disease_is_held_against_what_holds_for_everybody() -> None:
    one = record("health_check", TODAY, bp_l_sys=142, bp_l_dia=80, fpg=612)
    well = facts(one, ill=False)
    pressure = series(Measure.PRESSURE, well, TODAY, {})
    assert (pressure.why, [line.goal.below for line in pressure.lines]) == (Why.HEALTHY, [140, 90])
    glucose = series(Measure.GLUCOSE, well, TODAY, {})
    assert (glucose.why, glucose.lines[0].goal.below) == (Why.HEALTHY, 610)
    ill = series(Measure.PRESSURE, facts(one), TODAY, {})
    assert (ill.why, ill.lines[0].goal.below) == (Why.GOAL, 150)


def test_weight_goes_by_what_was_agreed_then_by_height_and_a_child_has_no_goal() -> None:
    checked = record("health_check", TODAY - timedelta(days=30), height=1600, weight=600)
    seen = record("htn_followup", TODAY, weight=612, weight_target=600)
    agreed = series(Measure.WEIGHT, facts(checked, seen), TODAY, {})
    assert (agreed.why, agreed.lines[0].goal.upper) == (Why.AGREED, 600)
    assert [agreed.lines[0].goal.side(each) for each in (600, 601, 473)] == [0, 1, -1]
    healthy = series(Measure.WEIGHT, facts(checked), TODAY, {})
    goal = healthy.lines[0].goal
    assert (healthy.why, goal.least, goal.below) == (Why.HEALTHY, 474, 615)
    child = record("child_check", TODAY, weight=1250)
    young = series(Measure.WEIGHT, facts(child, born=date(2024, 1, 1)), TODAY, {})
    assert (young.why, young.lines[0].goal) == (Why.NONE, Goal(None))
    assert [value for _, value in young.lines[0].points] == [125]


def test_glucose_of_both_forms_is_in_one_unit_and_a_visit_with_two_forms_counts_once() -> None:
    day = TODAY - timedelta(days=3)
    found = series(
        Measure.GLUCOSE,
        facts(record("health_check", day, fpg=640), record("dm_followup", day, fpg=64),
              record("dm_followup", TODAY, fpg=71)),
        TODAY, {},
    )  # fmt: skip
    assert [value for _, value in found.lines[0].points] == [640, 710]
    twice = facts(record("htn_followup", TODAY, sbp=150, dbp=90),
                  record("dm_followup", TODAY, sbp=150, dbp=90))  # fmt: skip
    assert len(series(Measure.PRESSURE, twice, TODAY, {}).records) == 1


def test_a_visit_that_did_not_take_place_measured_nothing() -> None:
    lost = record("htn_followup", TODAY, lost_reason="1", lost_date=TODAY.isoformat())
    for measure in Measure:
        assert series(measure, facts(lost), TODAY, {}).records == ()


# Years side by side.


def marks(*bodies: dict[str, object], sex: str = "2") -> dict[str, Mark]:
    checks = [record("health_check", date(2024 + n, 5, 8), **body) for n, body in enumerate(bodies)]
    made = compare(
        checks, sex=sex, birth=date(1955, 3, 12), pressure_goal=(Goal(150), Goal(90)), numbers={}
    )
    return {each.item.field.name: each.mark for each in made}


@pytest.mark.parametrize(
    ("before", "after", "mark"),
    [
        (590, 640, Mark.HIGH), (700, 640, Mark.LESS_HIGH), (640, 700, Mark.HIGH),
        (640, 641, Mark.HIGH), (640, 560, Mark.BETTER), (560, 565, Mark.SAME),
        (500, 560, Mark.UP), (560, 500, Mark.DOWN), (500, 380, Mark.LOW),
        (LEFT_OUT, 560, Mark.FIRST), (560, LEFT_OUT, Mark.NONE),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words_only_where_it_is_more_than_the_methods_error(
    before: object, after: object, mark: Mark
) -> None:
    assert marks({"fpg": before}, {"fpg": after})["fpg"] is mark


def test_bounds_go_by_sex_and_age_and_those_of_the_plan_stand_there_once() -> None:
    by_name = {each.field.name: each for each in items()}
    assert goal_of(by_name["hb"], sex="1", age=40, numbers={}) == Goal(1751, 1300)
    assert goal_of(by_name["hb"], sex="2", age=40, numbers={}) == Goal(1501, 1150)
    assert goal_of(by_name["hb"], sex="", age=40, numbers={}) == Goal(1751, 1150), "the wider"
    assert goal_of(by_name["cr"], sex="1", age=40, numbers={}).below == 971
    assert goal_of(by_name["cr"], sex="1", age=60, numbers={}).below == 1111
    assert goal_of(by_name["waist"], sex="2", age=60, numbers={}).below == 850
    assert goal_of(by_name["bmi"], sex="2", age=60, numbers={}).below == BMI_BELOW
    assert rules()["P04"].numbers["bmi"] == BMI_BELOW
    district = {"P04.waist_man": 850}
    assert goal_of(by_name["waist"], sex="1", age=60, numbers=district).below == 850
    for item in items():
        assert item.source
        assert item.same > 0
        kind = get("htn_followup" if item.field.name in ("sbp", "dbp") else "health_check", 1)
        assert kind.field(item.field.name) is item.field


def test_two_years_in_a_row_are_a_run_and_one_is_not() -> None:
    def run(*values: object) -> int:
        checks = [
            record("health_check", date(2024 + n, 5, 8), fpg=each) for n, each in enumerate(values)
        ]
        made = compare(checks, sex="2", birth=None, pressure_goal=(Goal(150), Goal(90)), numbers={})
        return next(each.run for each in made if each.item.field.name == "fpg")

    assert run(560, 590, 640) == 1
    assert run(640, 590, 560) == -1
    assert run(560, 640, 600) == 0
    assert run(560, 561, 562) == 0, "no more than the method's error"
    assert run(560, LEFT_OUT, 640) == 0
    assert run(560, 640) == 0
