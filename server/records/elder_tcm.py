"""Constitution and advice by Chinese medicine for the elderly (老年人中医药健康管理服务记录表).

Once a calendar year from 65 on (P23, S003-5(10)). The scores and findings are written down as
they were told to the resident, and must be those that follow from the 33 answers
(elder_tcm_scores.py). Several types may be found; advice goes by the highest, and equal scores
are the doctor's choice.
"""

from datetime import date
from typing import Final

from server.records.elder_tcm_questions import (
    ANSWERS,
    BALANCED,
    OFTEN,
    QUESTIONS,
    TYPES,
)
from server.records.elder_tcm_scores import COMPUTED
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
from server.records.model import Code, Codes, Field, Int, Kind, Shape, Text

_ADVICE: Final = numbered("情志调摄", "饮食调养", "起居调摄", "运动保健", "穴位保健", "其他")
_BIASED: Final = tuple(each for each in TYPES if each != BALANCED)


def _question(number: int) -> Field:
    return must(f"q{number}", QUESTIONS[number - 1], Code(ANSWERS.get(number, OFTEN)))


def _constitution(name: str) -> Part:
    """Score, finding and advice of one type."""
    label, questions = TYPES[name]
    least = len(questions)
    middle = "基本是" if name == BALANCED else "倾向是"
    return form(
        must(f"score_{name}", f"{label}得分", Int(least, least * 5, unit="分")),
        must(f"is_{name}", f"{label}辨识", Code({"1": "是", "2": middle, "3": "否"})),
        maybe(f"advice_{name}", f"{label}保健指导", Codes(_ADVICE)),
    )


_FORM: Final = form(
    *(_question(number) for number in range(1, len(QUESTIONS) + 1)),
    *(_constitution(name) for name in TYPES),
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
    computed=COMPUTED,
)
