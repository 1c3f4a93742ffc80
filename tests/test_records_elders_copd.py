"""Self-care, constitution and chronic lung disease: scores, findings, what fits what."""

from datetime import date
from typing import Any

import pytest

from server.records.elder_tcm_questions import QUESTIONS, TYPES
from tests.cast_forms import LEFT_OUT
from tests.forms_at_hand import asked, contradicted, follows, found, missing


@pytest.mark.parametrize(
    ("answers", "points", "grade"),
    [
        (("0", "0", "0", "0", "0"), 0, "1"),
        (("3", "0", "0", "0", "0"), 3, "1"),
        (("3", "1", "0", "0", "0"), 4, "2"),
        (("3", "0", "3", "1", "1"), 8, "2"),
        (("3", "3", "3", "0", "0"), 9, "3"),
        (("5", "7", "5", "1", "0"), 18, "3"),
        (("5", "7", "5", "1", "1"), 19, "4"),
        (("5", "7", "5", "10", "10"), 37, "4"),
    ],
)
def test_self_care_is_the_sum_of_five_answers(
    answers: tuple[str, ...], points: int, grade: str
) -> None:
    given: dict[str, Any] = dict(
        zip(("eat", "wash", "dress", "toilet", "move"), answers, strict=True)
    )
    assert follows("elder_selfcare", given) == {"selfcare_total": points, "selfcare_class": grade}
    assert contradicted("elder_selfcare", total=points, **given) == set()
    assert contradicted("elder_selfcare", total=abs(points - 1), **given) == {"total"}


def test_self_care_is_asked_of_elders() -> None:
    assert found("elder_selfcare", birth=date(1961, 12, 31)) == ()
    young = found("elder_selfcare", birth=date(1962, 1, 1))
    assert [(f.field, f.warn) for f in young] == [("total", True)]


def test_every_question_counts_for_the_types_it_stands_under() -> None:
    assert len(QUESTIONS) == 33
    counted = sorted(
        number for name, (_, numbers) in TYPES.items() if name != "balanced" for number in numbers
    )
    assert counted == list(range(2, 34))  # the first question counts for the balanced type only
    assert TYPES["balanced"][1] == (1, 2, 4, 5, 13)


def scoring(name: str, points: int) -> dict[str, str]:
    """Answers to the questions of a type that make so many points."""
    _, questions = TYPES[name]
    answers = {f"q{number}": 1 for number in questions}
    for number in questions:
        answers[f"q{number}"] += min(4, points - sum(answers.values()))
    return {question: str(answer) for question, answer in answers.items()}


@pytest.mark.parametrize(
    ("points", "found_"), [(4, "3"), (8, "3"), (9, "2"), (10, "2"), (11, "1"), (20, "1")]
)
def test_a_biased_constitution_is_found_from_eleven_points(points: int, found_: str) -> None:
    for name in TYPES:
        if name != "balanced":
            made = follows("elder_tcm", scoring(name, points))
            assert (made[f"score_{name}"], made[f"is_{name}"]) == (points, found_)


@pytest.mark.parametrize(
    ("first", "worst", "found_"),
    # Question 1 counts for the balanced type alone, so it moves the points of no other; the other
    # four of it are answered 2, 2, 2, 2: sixteen points backwards.
    [("1", 8, "1"), ("1", 9, "2"), ("5", 10, "2"), ("5", 11, "3"), ("1", 20, "3")],
)
def test_the_balanced_constitution_looks_at_the_eight_others(
    first: str, worst: int, found_: str
) -> None:
    calm = {f"q{number}": "1" for number in range(2, 34)}
    calm |= {f"q{number}": "2" for number in (2, 4, 5, 13)}
    made = follows("elder_tcm", {**calm, "q1": first, **scoring("damp", worst)})
    assert made["score_balanced"] == 16 + int(first)
    assert (made["tcm_highest"], made["is_balanced"]) == (worst, found_)


def test_sixteen_points_are_never_balanced() -> None:
    calm = {f"q{number}": "1" for number in range(1, 34)}
    made = follows("elder_tcm", {**calm, "q2": "3", "q4": "2", "q5": "2", "q13": "2"})
    assert (made["score_balanced"], made["tcm_highest"], made["is_balanced"]) == (16, 7, "3")


def test_four_answers_of_the_balanced_type_count_backwards() -> None:
    best = {"q1": "5", "q2": "1", "q4": "1", "q5": "1", "q13": "1"}
    assert follows("elder_tcm", best)["score_balanced"] == 25
    worst = {"q1": "1", "q2": "5", "q4": "5", "q5": "5", "q13": "5"}
    assert follows("elder_tcm", worst)["score_balanced"] == 5


@pytest.mark.parametrize("name", TYPES)
def test_a_score_or_finding_that_does_not_follow_is_a_contradiction(name: str) -> None:
    points = 23 if name == "balanced" else 7
    assert f"score_{name}" in contradicted("elder_tcm", **{f"score_{name}": points})
    assert contradicted("elder_tcm", **{f"is_{name}": "2"}) == {f"is_{name}"}


def _yin_and_yang() -> dict[str, Any]:
    answers = {f"q{number}": "3" for number in (10, 21, 26, 31, 11, 12, 29)}
    return {
        **answers,
        "score_yin": 12,
        "score_yang": 10,
        "is_yin": "1",
        "is_yang": "2",
        "is_balanced": "3",
        "advice_balanced": LEFT_OUT,
        "advice_yin": ["2"],
    }


def test_both_deficiencies_together_are_asked_again() -> None:
    assert asked("elder_tcm", **_yin_and_yang()) == set()
    both = {**_yin_and_yang(), "q13": "2", "score_yang": 11, "is_yang": "1", "score_balanced": 23}
    assert asked("elder_tcm", **both) == {"is_yin"}


def test_who_fits_no_type_is_asked_again_in_some_weeks() -> None:
    none = {"q1": "1", "q2": "3", "q5": "5", "q4": "3", "q3": "1", "q6": "1", "q7": "1", "q8": "1"}
    none |= {"q13": "3", "q14": "1"}
    given: dict[str, Any] = {
        **none,
        "score_qi": 8,
        "score_gloom": 8,
        "score_yang": 6,
        "score_balanced": 11,
        "is_balanced": "3",
    }
    assert asked("elder_tcm", **given) == {"is_balanced"}


def test_advice_is_given_for_some_type() -> None:
    assert missing("elder_tcm", advice_balanced=LEFT_OUT) == {"advice_balanced"}
    assert missing("elder_tcm", advice_balanced=LEFT_OUT, advice_qi=["1"]) == set()


@pytest.mark.parametrize(
    ("percent", "grade"),
    [(800, "1"), (799, "2"), (500, "2"), (499, "3"), (300, "3"), (299, "4"), (50, "4")],
)
def test_obstruction_is_graded_by_lung_function(percent: int, grade: str) -> None:
    assert follows("copd_followup", {"fev1_pred": percent})["gold_grade"] == grade
    assert contradicted("copd_followup", fev1_pred=percent, gold_grade=grade) == set()
    other = "1" if grade != "1" else "2"
    assert contradicted("copd_followup", fev1_pred=percent, gold_grade=other) == {"gold_grade"}


@pytest.mark.parametrize(
    ("cat", "mmrc", "exac", "hosp", "letter"),
    [
        (9, 1, 1, 0, "a"),
        (10, 1, 1, 0, "b"),
        (9, 2, 0, 0, "b"),
        (0, 0, 2, 0, "e"),
        (0, 0, 1, 1, "e"),
    ],
)
def test_the_group_goes_by_symptoms_and_exacerbations(
    cat: int, mmrc: int, exac: int, hosp: int, letter: str
) -> None:
    given = {"cat": cat, "mmrc": mmrc, "exac": exac, "exac_hosp": hosp}
    assert follows("copd_followup", given)["gold_group"] == letter
    assert contradicted("copd_followup", **given, gold_group=letter) == set()
    other = "e" if letter != "e" else "a"
    assert contradicted("copd_followup", **given, gold_group=other) == {"gold_group"}


def test_a_worse_lung_asks_for_a_referral() -> None:
    assert asked("copd_followup", spo2=90) == set()
    assert asked("copd_followup", spo2=89) == {"spo2", "referral_reason"}
    assert asked("copd_followup", level="3") == {"referral_reason"}
    sent = {"referral_reason": "5", "referral_org": "区人民医院呼吸科"}
    assert asked("copd_followup", level="3", **sent) == set()


def test_chronic_lung_disease_has_its_other_contradictions() -> None:
    assert contradicted("copd_followup", exac_hosp=2, gold_group=LEFT_OUT) == {"exac_hosp"}
    assert missing("copd_followup", adr="2") == {"adr_text"}
    assert contradicted("copd_followup", sbp=80, dbp=80) == {"sbp"}
    assert contradicted("copd_record", risk_factors=["8"]) == {"risk_factors"}
    assert contradicted("copd_record", risk_factors=["8"], family_hx="3") == set()
    assert missing("copd_record", source="99") == {"source_other"}
