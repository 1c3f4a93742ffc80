"""Self-care of the elderly (老年人生活自理能力评估表), national specification of 2017.

Once a calendar year for residents of 65 and over, with the health check (S003-5(6)). The code of
an answer is its score, so the total is their sum: 0 to 3 independent, 4 to 8 mild, 9 to 18
moderate, 19 and more unable to care for oneself. Eating and dressing have no score for mild.
"""

from datetime import date
from typing import Any, Final

from server.records.definitions import SPECIFICATION, known
from server.records.form_parts import WAIVER, ending, form, must
from server.records.model import BIRTH, ON, Check, Code, Computed, Int, Kind, Shape

_NAMES: Final = ("eat", "wash", "dress", "toilet", "move")


_IS_YOUNGER: Final = ["<", ["-", ["year", known("on")], ["year", known("birth")]], 65]

_FORM: Final = form(
    must(
        "eat",
        "进餐：使用餐具将饭菜送入口、咀嚼、吞咽等活动",
        Code({"0": "独立完成", "3": "需要协助，如切碎、搅拌食物等", "5": "完全需要帮助"}),
    ),
    must(
        "wash",
        "梳洗：梳头、洗脸、刷牙、剃须、洗澡等活动",
        Code(
            {
                "0": "独立完成",
                "1": "能独立地洗头、梳头、洗脸、刷牙、剃须等；洗澡需要协助",
                "3": "在协助下和适当的时间内，能完成部分梳洗活动",
                "7": "完全需要帮助",
            }
        ),
    ),
    must(
        "dress",
        "穿衣：穿衣裤、袜子、鞋子等活动",
        Code(
            {
                "0": "独立完成",
                "3": "需要协助，在适当的时间内完成部分穿衣",
                "5": "完全需要帮助",
            }
        ),
    ),
    must(
        "toilet",
        "如厕：小便、大便等活动及自控",
        Code(
            {
                "0": "不需协助，可自控",
                "1": "偶尔失禁，但基本上能如厕或使用便具",
                "5": "经常失禁，在很多提示和协助下尚能如厕或使用便具",
                "10": "完全失禁，完全需要帮助",
            }
        ),
    ),
    must(
        "move",
        "活动：站立、室内行走、上下楼梯、户外活动",
        Code(
            {
                "0": "独立完成所有活动",
                "1": "借助较小的外力或辅助装置能完成站立、行走、上下楼梯等",
                "5": "借助较大的外力才能完成站立、行走，不能上下楼梯",
                "10": "卧床不起，活动完全需要帮助",
            }
        ),
    ),
    must("total", "总评分", Int(0, 37, unit="分")),
    Check("of_an_elder", (BIRTH, ON), _IS_YOUNGER, "未满 65 岁，请核对", field="total", warn=True),
    ending("评估人"),
)


def _points(name: str) -> list[Any]:
    answer = _FORM_FIELDS[name].type
    assert isinstance(answer, Code)
    return ["look", ["field", name], {code: int(code) for code in answer.codes}]


_FORM_FIELDS: Final = {each.name: each for each in _FORM.fields}
_COMPUTED: Final = (
    Computed(
        "selfcare_total",
        "总评分",
        Int(0, 37, unit="分"),
        ["+", *(_points(name) for name in _NAMES)],
        SPECIFICATION,
        fills="total",
        sentence_zh="总评分与各项得分之和不符",
        warn=False,
    ),
    Computed(
        "selfcare_class",
        "生活自理能力",
        Code({"1": "可自理", "2": "轻度依赖", "3": "中度依赖", "4": "不能自理"}),
        [
            *("if", ["<=", ["known", "selfcare_total"], 3], "1"),
            *(["<=", ["known", "selfcare_total"], 8], "2"),
            *(["<=", ["known", "selfcare_total"], 18], "3"),
            *([">=", ["known", "selfcare_total"], 19], "4"),
        ],
        SPECIFICATION,
    ),
)

V1: Final = Kind(
    id="elder_selfcare",
    label="老年人生活自理能力评估表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    waiver=WAIVER,
    neutral_label="生活自理能力评估",
    computed=_COMPUTED,
)
