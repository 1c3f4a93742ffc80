"""Type 2 diabetes follow-up (2 型糖尿病患者随访服务记录表), national specification, third edition.

At least four face to face a year, with four free fasting glucose tests (S003-5(7)-b, -d).
"""

from datetime import date
from typing import Final

from server.records import checks, definitions, followup
from server.records.htn_followup import CLASSES
from server.records.model import (
    Check,
    Code,
    Day,
    Field,
    Int,
    Kind,
    ListOf,
    Scaled,
    Shape,
    Text,
)

_SYMPTOMS: Final = {
    "1": "无症状",
    "2": "多饮",
    "3": "多食",
    "4": "多尿",
    "5": "视力模糊",
    "6": "感染",
    "7": "手脚麻木",
    "8": "下肢浮肿",
    "9": "体重明显下降",
    "10": "其他",
}
_STAPLE: Final = Int(0, 2000, 100, 800, "克/天")
_INSULIN: Final = (
    Field("kind", "胰岛素种类", Text(1, 50), required=True),
    Field("usage", "用法和用量", Text(1, 100)),
)

_FIELDS: Final = (
    followup.mode(),
    *followup.symptoms(_SYMPTOMS),
    *followup.blood_pressure(),
    *followup.body_size(),
    Field(
        "dorsalis",
        "足背动脉搏动",
        Code({"1": "触及正常", "2": "减弱", "3": "消失"}),
        required=True,
    ),
    Field("dorsalis_side", "足背动脉异常侧", Code({"1": "双侧", "2": "左侧", "3": "右侧"})),
    Field("sign_other", "其他体征", Text(1, 200)),
    *followup.smoke_and_drink(),
    *followup.exercise(),
    Field("staple_now", "主食", _STAPLE, required=True),
    Field("staple_target", "目标主食", _STAPLE, required=True),
    *followup.mind(),
    # The soft band ends where the emergency of P19 begins: 3.9 and below, 16.7 and above.
    Field("fpg", "空腹血糖", Scaled(1, 10, 400, 40, 166, "mmol/L"), required=True),
    Field("hba1c", "糖化血红蛋白", Scaled(1, 30, 200, 40, 140, "%")),
    Field("hba1c_date", "糖化血红蛋白检查日期", Day(past=True)),
    Field("hypo", "低血糖反应", Code({"1": "无", "2": "偶尔", "3": "频繁"}), required=True),
    *followup.medication(CLASSES),
    Field("insulin", "胰岛素", ListOf(_INSULIN, most=2)),
    *followup.ending(),
)


_GLUCOSE_EMERGENCY: Final = [
    "or",
    [">=", definitions.field("fpg"), 167],
    ["<=", definitions.field("fpg"), 39],
]

V1: Final = Kind(
    id="dm_followup",
    label="2 型糖尿病患者随访服务记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FIELDS,
    checks=(
        *followup.CHECKS,
        checks.unlike("dorsalis", "1", then="dorsalis_side", sentence_zh="请选择异常的一侧"),
        checks.together("hba1c", then="hba1c_date", sentence_zh="请填写糖化血红蛋白的检查日期"),
        Check(
            "glucose_emergency_is_referred",
            ("fpg",),
            _GLUCOSE_EMERGENCY,
            "血糖达到危急值，应紧急转诊并在 2 周内随访",
            missing="referral_reason",
            warn=True,
        ),
    ),
    waiver=followup.WAIVER,
    computed=(
        definitions.age(),
        definitions.bmi(definitions.known("height"), warn=True),
        *definitions.PRESSURE,
        definitions.GLUCOSE,
        definitions.visit_class("glucose_class", CLASSES, "P16 to P18"),
    ),
)
