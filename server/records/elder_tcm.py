"""Constitution and advice by Chinese medicine for the elderly (老年人中医药健康管理服务记录表).

Once a calendar year from 65 on (P23). The scores and findings are written down as they were told
to the resident, and must be those that follow from the 33 answers (elder_tcm_questions.py).
Several types may be found; advice goes by the highest, and equal scores are the doctor's choice.
"""

from datetime import date
from typing import Final

from server.records.elder_tcm_questions import (
    ANSWERS,
    BALANCED,
    OFTEN,
    QUESTIONS,
    TYPES,
    balance,
    finding,
    score,
)
from server.records.form_parts import (
    WAIVER,
    Part,
    ending,
    form,
    given_once,
    maybe,
    must,
    numbered,
)
from server.records.model import Check, Code, Codes, Field, Int, Kind, Shape, Text

_ADVICE: Final = numbered("情志调摄", "饮食调养", "起居调摄", "运动保健", "穴位保健", "其他")
_BIASED: Final = tuple(each for each in TYPES if each != BALANCED)


def _question(number: int) -> Field:
    return must(f"q{number}", QUESTIONS[number - 1], Code(ANSWERS.get(number, OFTEN)))


def _constitution(name: str) -> Part:
    """Score, finding and advice of one type."""
    label, questions = TYPES[name]
    least = len(questions)
    points = f"score_{name}"

    def differs(given: int, *answers: str) -> bool:
        return given != score(name, *answers)

    middle = "基本是" if name == BALANCED else "倾向是"
    return form(
        must(points, f"{label}得分", Int(least, least * 5, unit="分")),
        must(f"is_{name}", f"{label}辨识", Code({"1": "是", "2": middle, "3": "否"})),
        maybe(f"advice_{name}", f"{label}保健指导", Codes(_ADVICE)),
        Check(
            f"score_of_{name}",
            (points, *(f"q{number}" for number in questions)),
            differs,
            f"{label}得分与所答问题不符",
        ),
    )


def _finding_differs(given: str, points: int) -> bool:
    return given != finding(points)


def _balance_differs(given: str, points: int, *biased: int) -> bool:
    return given != balance(points, *biased)


def _both_deficient(yin: str, yang: str) -> bool:
    return yin == yang == "1"


def _nothing_found(*found: str) -> bool:
    return all(each == "3" for each in found)


_FINDINGS: Final = (
    *(
        Check(
            f"finding_of_{name}",
            (f"is_{name}", f"score_{name}"),
            _finding_differs,
            f"{TYPES[name][0]}辨识与得分不符",
        )
        for name in _BIASED
    ),
    Check(
        "finding_of_balanced",
        ("is_balanced", "score_balanced", *(f"score_{name}" for name in _BIASED)),
        _balance_differs,
        "平和质辨识与得分不符",
    ),
    Check(
        "yin_and_yang_not_both",
        ("is_yin", "is_yang"),
        _both_deficient,
        "同时判为阴虚质和阳虚质，请重新询问",
        warn=True,
    ),
    Check(
        "some_type_found",
        tuple(f"is_{name}" for name in TYPES),
        _nothing_found,
        "没有辨识出任何体质，请过几周再次采集",
        field="is_balanced",
        warn=True,
    ),
)

_FORM: Final = form(
    *(_question(number) for number in range(1, len(QUESTIONS) + 1)),
    *(_constitution(name) for name in TYPES),
    *_FINDINGS,
    maybe("advice_other", "其他保健指导", Text(1, 200)),
    given_once(
        "advice_balanced",
        tuple(f"advice_{name}" for name in _BIASED),
        "请填写中医药保健指导",
    ),
    ending("医生"),
)

V1: Final = Kind(
    id="elder_tcm",
    label="老年人中医药健康管理服务记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    waiver=WAIVER,
    neutral_label="中医药健康管理",
)
