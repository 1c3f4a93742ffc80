"""An ordinary visit (接诊记录表): subjective, objective, assessment, plan.

Diagnoses that reveal a class B condition stand in a field of their own (restricted.py). The blood
pressure is measured in everybody of 35 and over once a year (S003-5(7)-a, P02).
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field
from server.records.form_parts import pressure
from server.records.model import (
    AccessClass,
    Check,
    Field,
    Kind,
    ListOf,
    Ref,
    Shape,
    Text,
    Time,
)
from server.records.restricted import RESTRICTED_ICD10

_DIAGNOSIS: Final = (
    Field("code", "诊断编码", Text(3, 8, r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,4})?"), required=True),
    Field("name", "诊断名称", Text(1, 100)),
)

_PRESSURE: Final = pressure(required=False)
_FIELDS: Final = (
    Field("time", "接诊时间", Time(), required=True),
    Field("subjective", "主观资料", Text(1, 2000), required=True),
    Field("objective", "客观资料", Text(1, 2000), required=True),
    *_PRESSURE.fields,
    Field("assessment", "评估", Text(1, 2000), required=True),
    Field("icd10", "诊断", ListOf(_DIAGNOSIS, most=10, key="code")),
    Field(
        "icd10_restricted",
        "诊断（限制）",
        ListOf(_DIAGNOSIS, most=10, key="code"),
        access=AccessClass.B,
        reveals=True,
    ),
    Field("plan", "处置计划", Text(1, 2000), required=True),
    Field("doctor", "医生签字", Ref("staff"), required=True),
)


_REVEALS: Final = ["some", "icd10", ["begins", field("code"), *RESTRICTED_ICD10]]

V1: Final = Kind(
    id="encounter",
    label="接诊记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FIELDS,
    checks=(
        *_PRESSURE.checks,
        checks.together("sbp", then="dbp", sentence_zh="请填写舒张压"),
        checks.together("dbp", then="sbp", sentence_zh="请填写收缩压"),
        Check(
            "open_diagnoses_reveal_nothing",
            ("icd10",),
            _REVEALS,
            "该诊断属于限制内容，请填写在“诊断（限制）”中",
        ),
    ),
    neutral_label="就诊记录",
)
