"""Hypertension follow-up (高血压患者随访服务记录表), national specification, third edition (2017).

At least four face to face a year for a managed patient (S003-5(7)-b); the form of the fact that
class 2 twice in a row leads to a referral (S003-5(7)-c) is `class` and `referral_reason`.
"""

from datetime import date
from typing import Final

from server.records import definitions, followup
from server.records.model import Code, Field, Int, Kind, Shape, Text

_SYMPTOMS: Final = {
    "1": "无症状",
    "2": "头痛头晕",
    "3": "恶心呕吐",
    "4": "眼花耳鸣",
    "5": "呼吸困难",
    "6": "心悸胸闷",
    "7": "鼻衄出血不止",
    "8": "四肢发麻",
    "9": "下肢水肿",
    "10": "其他",
}
CLASSES: Final = {"1": "控制满意", "2": "控制不满意", "3": "不良反应", "4": "并发症"}
_SALT: Final = {"1": "轻", "2": "中", "3": "重"}

_FIELDS: Final = (
    followup.mode(),
    *followup.symptoms(_SYMPTOMS),
    *followup.blood_pressure(),
    *followup.body_size(),
    Field("heart_rate", "心率", Int(30, 220, 45, 130, "次/分"), required=True),
    Field("sign_other", "其他体征", Text(1, 200)),
    *followup.smoke_and_drink(),
    *followup.exercise(),
    Field("salt_now", "摄盐情况", Code(_SALT), required=True),
    Field("salt_target", "目标摄盐情况", Code(_SALT), required=True),
    *followup.mind(),
    Field("aux_exam", "辅助检查", Text(1, 500)),
    *followup.medication(CLASSES),
    *followup.ending(),
)


V1: Final = Kind(
    id="htn_followup",
    label="高血压患者随访服务记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FIELDS,
    checks=followup.CHECKS,
    waiver=followup.WAIVER,
    computed=(
        definitions.age(),
        definitions.bmi(definitions.known("height"), warn=True),
        *definitions.PRESSURE,
        definitions.visit_class("bp_class", CLASSES, "P07 to P09"),
    ),
)
