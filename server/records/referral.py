"""Two-way referral (双向转诊单): up when it must be, back down when stable (S003-6(4)-a).

The result of every referral is followed: 14 days, 7 for suspected tuberculosis (P61, P46). A
reason that reveals a class B condition makes the texts beside it class B as well.
"""

from datetime import date, timedelta
from typing import Final

from server.records import checks
from server.records.followup import REFERRAL_REASONS
from server.records.model import (
    ON,
    AccessClass,
    Check,
    Code,
    Day,
    Field,
    Kind,
    Shape,
    Text,
    Time,
)

_TB_SUSPECT: Final = "2"

_FIELDS: Final = (
    Field("direction", "方向", Code({"1": "转出（上转）", "2": "回转（下转）"}), required=True),
    Field("from_org", "转出机构", Text(1, 100), required=True),
    Field("from_doctor", "转出医生", Text(1, 30), required=True),
    Field("to_org", "转入机构", Text(1, 100), required=True),
    Field("to_dept", "转入科室", Text(1, 50), required=True),
    Field("to_doctor", "接诊医生", Text(1, 30), required=True),
    Field("impression", "初步印象", Text(1, 500), required=True),
    Field("history", "病史摘要", Text(1, 2000), required=True),
    Field("treatment", "治疗经过", Text(1, 2000), required=True),
    Field(
        "reason",
        "转诊原因",
        Code(
            {
                **REFERRAL_REASONS,
                "6": "体检发现异常",
                "7": "儿童健康检查异常",
                "8": "孕产妇检查异常或高危",
                "9": "其他",
            }
        ),
    ),
    Field(
        "reason_restricted",
        "转诊原因（限制）",
        Code({"1": "严重精神障碍", _TB_SUSPECT: "疑似肺结核", "3": "其他法定传染病"}),
        access=AccessClass.B,
        reveals=True,
    ),
    Field("reason_text", "转诊原因说明", Text(1, 200)),
    Field("out_time", "转诊时间", Time(), required=True),
    Field("back_dx", "回转诊断", Text(1, 500)),
    Field("back_treatment", "回转前治疗经过", Text(1, 2000)),
    Field("rehab_advice", "康复建议", Text(1, 1000)),
    Field("back_date", "回转日期", Day(past=True)),
    Field("back_time", "回转时间", Time()),
    Field("follow_due", "随访转诊结果期限", Day(), required=True),
)


def _always() -> bool:
    return True


def _is_not(due: date, on: date, days: int) -> bool:
    return due - on != timedelta(days=days)


def _not_in_14_days(due: date, on: date) -> bool:
    return _is_not(due, on, 14)


def _not_in_time(due: date, on: date, reason: str) -> bool:
    return _is_not(due, on, 7 if reason == _TB_SUSPECT else 14)


V1: Final = Kind(
    id="referral",
    label="双向转诊单",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FIELDS,
    checks=(
        Check(
            "reason_given",
            (),
            _always,
            "请填写转诊原因",
            missing="reason",
            unless=("reason_restricted",),
        ),
        checks.follows("reason", "9", then="reason_text", sentence_zh="请写明其他转诊原因"),
        Check(
            "result_followed_in_14_days",
            ("follow_due", ON),
            _not_in_14_days,
            "随访转诊结果期限应为转诊后 14 天",
            unless=("reason_restricted",),
        ),
        Check(
            "restricted_result_followed_in_time",
            ("follow_due", ON, "reason_restricted"),
            _not_in_time,
            "随访转诊结果期限应为转诊后 14 天，疑似肺结核为 7 天",
        ),
        checks.follows("direction", "2", then="back_dx", sentence_zh="回转时请填写诊断"),
        checks.follows("direction", "2", then="back_treatment", sentence_zh="回转时请填写治疗经过"),
        checks.follows("direction", "2", then="rehab_advice", sentence_zh="回转时请填写康复建议"),
        checks.follows("direction", "2", then="back_date", sentence_zh="回转时请填写日期"),
    ),
    neutral_label="转诊",
)
