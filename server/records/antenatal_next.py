"""2nd to 5th check before birth (第 2～5 次产前随访服务记录表), national specification of 2017.

At 16 to 20, 21 to 24, 28 to 36 and 37 to 40 weeks (P37, P38), by a body with midwives; a centre
without them writes down that it urged the woman to go, and then nothing is measured.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field, known, pregnancy
from server.records.form_parts import (
    UNREMARKABLE,
    Part,
    charged,
    ending,
    form,
    maybe,
    must,
    needed_at,
    next_visit,
    numbered,
    optional,
    pressure,
    referral,
    waiver,
)
from server.records.health_check_fields import asked
from server.records.model import (
    Check,
    Code,
    Codes,
    Field,
    Int,
    Kind,
    Scaled,
    Shape,
    Text,
)
from server.records.pregnancy import WEIGHT, of_a_woman, pressure_fits

_MET: Final = "1"
_POSITIONS: Final = {
    "loa": "左枕前（LOA）",
    "roa": "右枕前（ROA）",
    "lot": "左枕横（LOT）",
    "rot": "右枕横（ROT）",
    "lop": "左枕后（LOP）",
    "rop": "右枕后（ROP）",
    "head": "头位",
    "breech": "臀位",
    "across": "横位",
}


def _asked_when_met(*fields: Field) -> Part:
    """Questions of a visit; who was only urged to go elsewhere is asked none of them."""
    return form(
        *optional(fields),
        *(needed_at("kind", (_MET,), each.name, each.label) for each in fields),
    )


_POSITION_IS_DUE: Final = ["and", ["=", field("kind"), _MET], [">=", field("gest_week"), 28]]

_LAB_IS_DUE: Final = ["=", field("kind"), _MET]

_HEART_IS_OFF: Final = [
    "and",
    ["=", field("class"), "1"],
    ["or", ["<", field("fhr"), 110], [">", field("fhr"), 160]],
]

_PROTEIN: Final = ["and", ["=", field("class"), "1"], ["not", ["in", field("urine_pro"), "0", "1"]]]


def _awaited_when_met(field: Field) -> Check:
    return Check(
        f"{field.name}_due_by_kind",
        ("kind",),
        _LAB_IS_DUE,
        f"{field.label}还没有结果",
        missing=field.name,
        warn=True,
    )


_TESTS: Final = asked("hb", "urine_pro")
_FORM: Final = form(
    must("seq", "第几次", Int(2, 20, 2, 12, "次")),
    must("kind", "随访方式", Code(numbered("随访", "督促"))),
    must("gest_week", "孕周", Int(13, 42, 14, 41, "周")),
    maybe("complaint", "主诉", Text(1, 500)),
    _asked_when_met(
        must("weight", "体重", WEIGHT),
        must("fundus", "宫底高度", Scaled(1, 50, 500, 100, 420, "cm")),
        must("abdomen", "腹围", Scaled(1, 500, 1600, 600, 1300, "cm")),
    ),
    maybe("position", "胎位", Code(_POSITIONS)),
    _asked_when_met(must("fhr", "胎心率", Int(60, 220, 110, 160, "次/分")), *pressure().fields),
    *pressure().checks,
    *_TESTS,
    *(_awaited_when_met(each) for each in _TESTS),
    charged(maybe("other_exam", "其他辅助检查", Text(1, 500))),
    _asked_when_met(
        must("class", "分类", Code(UNREMARKABLE)),
        # The 3rd check says 自我监护 and the 4th and 5th 自我监测: one answer, mapped by label.
        must(
            "guidance",
            "指导",
            Codes(
                numbered(
                    "生活方式",
                    "营养",
                    "心理",
                    "运动",
                    "自我监护（监测）",
                    "分娩准备",
                    "母乳喂养",
                    "其他",
                )
            ),
        ),
        *referral().fields[:1],
    ),
    maybe("class_text", "分类说明", Text(1, 200)),
    maybe("guidance_other", "其他指导", Text(1, 200)),
    checks.follows("class", "2", then="class_text", sentence_zh="请写明异常"),
    checks.follows("guidance", "8", then="guidance_other", sentence_zh="请写明其他指导"),
    *referral().fields[1:],
    *referral().checks,
    next_visit(),
    ending(),
    of_a_woman("gest_week"),
    Check(
        "position_due_from_28_weeks",
        ("kind", "gest_week"),
        _POSITION_IS_DUE,
        "28 周起请填写胎位",
        missing="position",
    ),
    pressure_fits("class"),
    Check(
        "class_fits_heart",
        ("class", "fhr"),
        _HEART_IS_OFF,
        "胎心率不在 110 到 160 之间却选择了未见异常，请核对",
        warn=True,
    ),
    Check(
        "class_fits_protein",
        ("class", "urine_pro"),
        _PROTEIN,
        "尿蛋白阳性却选择了未见异常，请核对",
        warn=True,
    ),
)

_DAYS, _WEEK = pregnancy(known("lmp"))
_COMPUTED: Final = (
    _DAYS,
    replace(
        _WEEK,
        asks=[">", ["abs", ["-", field("gest_week"), known("gest_week")]], 1],
        sentence_zh="孕周与末次月经相差一周以上，请核对",
    ),
)

V1: Final = Kind(
    id="antenatal_next",
    label="第 2～5 次产前随访服务记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    waiver=waiver("seq"),
    neutral_label="产前检查",
    computed=_COMPUTED,
)
