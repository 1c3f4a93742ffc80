"""Chinese medicine for children (儿童中医药健康管理服务记录表), at 6, 12, 18, 24, 30 and 36 months.

The technique that is taught goes by the age (P34, S003-5(10)): abdomen and spine at 6 and 12
months, 迎香 and 足三里 at 18 and 24, 四神聪 at 30 and 36.
"""

from datetime import date
from typing import Final

from server.records.definitions import field, known
from server.records.form_parts import ending, form, must, next_visit, one, several, waiver
from server.records.model import BIRTH, ON, Check, Code, Computed, Kind, Shape

MONTHS: Final = ("6", "12", "18", "24", "30", "36")
_TECHNIQUES: Final = {"6": "1", "12": "1", "18": "2", "24": "2", "30": "3", "36": "3"}


_MONTHS: Final = [
    "look",
    field("month"),
    {str(n): n for n in range(6, 37, 6)},
]
_OUTSIDE: Final = [
    "or",
    ["<", known("on"), ["add_months", known("birth"), _MONTHS]],
    [">=", known("on"), ["add_months", known("birth"), ["+", _MONTHS, 1]]],
]

_NEXT_IS_DUE: Final = ["!=", field("month"), "36"]

_TECHNIQUE: Final = one(
    "technique",
    "传授的手法",
    "摩腹、捏脊",
    "按揉迎香穴、足三里穴",
    "按揉四神聪穴",
)
_FORM: Final = form(
    must("month", "月龄", Code({each: f"{each} 月龄" for each in MONTHS})),
    several(
        "services",
        "中医药健康管理服务",
        "中医饮食调养指导",
        "中医起居调摄指导",
        "传授中医手法",
        "其他",
        other="4",
        none="",
    ),
    _TECHNIQUE,
    next_visit(required=False),
    ending(),
    Check("next_due_by_month", ("month",), _NEXT_IS_DUE, "请填写下次随访日期", missing="next_date"),
    Check(
        "age_as_month",
        ("month", BIRTH, ON),
        _OUTSIDE,
        "服务日期不在这个月龄的范围内，请核对",
        warn=True,
    ),
)

V1: Final = Kind(
    id="child_tcm",
    label="儿童中医药健康管理服务记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    waiver=waiver("month"),
    neutral_label="中医药健康管理",
    computed=(
        Computed(
            "technique",
            _TECHNIQUE.label,
            _TECHNIQUE.type,
            ["look", ["field", "month"], _TECHNIQUES],
            "P34",
            fills="technique",
            sentence_zh="手法与月龄不符",
            warn=False,
        ),
    ),
)
