"""How the 33 answers are scored: nine sums, nine findings, and what follows from them.

A biased type is found from 11 points, tends to be at 9 and 10. The balanced type needs 17 points
and none of the eight others above 8; with none above 10 it is "basically". Four answers are known
when weight, waist, colds or allergies are (README of the domain, 1.4; seven colds a year stand in
no row of the source and count as often).
"""

from typing import Any, Final

from server.records.definitions import SPECIFICATION, field, known
from server.records.elder_tcm_questions import ANSWERS, BACKWARDS, BALANCED, QUESTIONS, TYPES
from server.records.model import Code, Codes, Computed, Int

_BIASED: Final = tuple(each for each in TYPES if each != BALANCED)
_POINTS: Final = {str(answer): answer for answer in range(1, 6)}
_REVERSED: Final = {str(answer): 6 - answer for answer in range(1, 6)}
_SCORES: Final = [known(f"score_{name}") for name in _BIASED]


def _helped(number: int, seen: str, bounds: tuple[tuple[int, str], ...], above: str) -> Computed:
    """An answer that follows from a number known beside the form: the first bound it is below."""
    steps: list[Any] = []
    for bound, answer in bounds:
        steps += [["<", known(seen), bound], answer]
    return Computed(
        f"q{number}",
        QUESTIONS[number - 1],
        Code(ANSWERS[number]),
        ["if", *steps, ["given", known(seen)], above],
        SPECIFICATION,
        fills=f"q{number}",
        sentence_zh="与最近一次测量或登记的数值不符，请核对",
    )


_HELPS: Final = (
    _helped(9, "bmi", ((240, "1"), (250, "2"), (260, "3"), (280, "4")), "5"),
    _helped(14, "colds_a_year", ((2, "1"), (5, "2"), (7, "3"), (12, "4")), "5"),
    _helped(17, "allergies_a_year", ((1, "1"), (3, "2"), (5, "3"), (7, "4")), "5"),
    # Tenths of cm: up to 85 is 2, up to 90 is 3, up to 105 is 4.
    _helped(28, "waist", ((800, "1"), (851, "2"), (901, "3"), (1051, "4")), "5"),
)


def _score(name: str) -> Computed:
    label, questions = TYPES[name]
    points = [
        [
            "look",
            field(f"q{number}"),
            _REVERSED if name == BALANCED and number in BACKWARDS else _POINTS,
        ]
        for number in questions
    ]
    return Computed(
        f"score_{name}",
        f"{label}得分",
        Int(len(questions), len(questions) * 5, unit="分"),
        ["+", *points],
        SPECIFICATION,
        fills=f"score_{name}",
        sentence_zh=f"{label}得分与所答问题不符",
        warn=False,
    )


def _finding(name: str) -> Computed:
    label, _ = TYPES[name]
    score = known(f"score_{name}")
    steps: list[Any] = [[">=", score, 11], "1", [">=", score, 9], "2", ["given", score], "3"]
    if name == BALANCED:
        worst = known("tcm_highest")
        enough = [">=", score, 17]
        steps = [
            *(["and", enough, ["<=", worst, 8]], "1"),
            *(["and", enough, ["<=", worst, 10]], "2"),
            *(["and", ["given", score], ["given", worst]], "3"),
        ]
    middle = "基本是" if name == BALANCED else "倾向是"
    return Computed(
        f"is_{name}",
        f"{label}辨识",
        Code({"1": "是", "2": middle, "3": "否"}),
        ["if", *steps],
        SPECIFICATION,
        fills=f"is_{name}",
        sentence_zh=f"{label}辨识与得分不符",
        warn=False,
    )


def _leads(name: str) -> list[Any]:
    """True of a type whose score is the highest and enough to be found."""
    score, highest = known(f"score_{name}"), known("tcm_highest")
    return ["and", ["=", score, highest], [">=", highest, 9]]


_FOUND: Final = ["or", *(["in", known(f"is_{name}"), "1", "2"] for name in TYPES)]
_CONCLUSIONS: Final = (
    Computed(
        "tcm_guide",
        "指导所依体质",
        Codes({name: label for name, (label, _) in TYPES.items()}),
        [
            "list",
            *(part for name in _BIASED for part in (_leads(name), name)),
            *(["in", known("is_balanced"), "1", "2"], "balanced"),
        ],
        SPECIFICATION,
    ),
    Computed(
        "tcm_equal",
        "体质得分相同",
        Code({"1": "得分相同，由医生决定按哪一种指导"}),
        ["if", [">", ["count", *(_leads(name) for name in _BIASED)], 1], "1"],
        SPECIFICATION,
    ),
    Computed(
        "tcm_both",
        "阴虚质与阳虚质",
        Code({"1": "同时判为阴虚质和阳虚质"}),
        ["if", ["and", ["=", known("is_yin"), "1"], ["=", known("is_yang"), "1"]], "1"],
        SPECIFICATION,
        asks=["and", ["=", field("is_yin"), "1"], ["=", field("is_yang"), "1"]],
        field="is_yin",
        sentence_zh="同时判为阴虚质和阳虚质，请重新询问",
    ),
    Computed(
        "tcm_none",
        "未辨识出体质",
        Code({"1": "没有辨识出任何体质"}),
        ["if", ["not", _FOUND], "1"],
        SPECIFICATION,
        asks=["given", field("is_balanced")],
        field="is_balanced",
        sentence_zh="没有辨识出任何体质，请过几周再次采集",
    ),
)

COMPUTED: Final = (
    *_HELPS,
    *(_score(name) for name in TYPES),
    Computed(
        "tcm_highest",
        "偏颇体质最高得分",
        Int(4, 20, unit="分"),
        ["if", ["and", *(["given", each] for each in _SCORES)], ["max", *_SCORES]],
        SPECIFICATION,
    ),
    *(_finding(name) for name in TYPES),
    *_CONCLUSIONS,
)
