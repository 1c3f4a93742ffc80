"""Two-way referral (双向转诊单): up when it must be, down when stable (S003-6(4)-a, S004-3(6)-b).

The result of every referral is followed: 14 days, 7 for suspected tuberculosis (P61, P46). A
reason that reveals a class B condition makes the texts beside it class B as well.

Version 1 is one sheet of paper with both halves. From 2026 on the loop is closed by records that
name what they answer: sent (1), received (3), back with the result (2), or ended without one (4),
with the reason; each asks for its part. What is sent may name the record that asked for it.

The list of form fields says of every line of the outward half that it is required. Version 2
departs from it: who sends somebody from a village knows where to and why, but seldom the department
or the doctor there, so these, the history, the treatment, the sender and the time are asked for
(a question) and a sheet without them is saved. A sheet not written at all loses more.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field
from server.records.followup import REFERRAL_REASONS
from server.records.form_parts import ORGANISATION, needed_at
from server.records.model import (
    AccessClass,
    Check,
    Code,
    Computed,
    Day,
    Field,
    Kind,
    Ref,
    Shape,
    Text,
    Time,
)

_TB_SUSPECT: Final = "2"

SENT, BACK, RECEIVED, ENDED = "1", "2", "3", "4"
_DIRECTIONS: Final = {SENT: "转出（上转）", BACK: "回转（下转）"}
_IN_VERSION_2: Final = {**_DIRECTIONS, RECEIVED: "接诊确认", ENDED: "结束，没有回转结果"}

_FIELDS: Final = (
    Field("direction", "方向", Code(_DIRECTIONS), required=True),
    Field("from_org", "转出机构", Text(1, 100), required=True, std=ORGANISATION),
    Field("from_doctor", "转出医生", Text(1, 30), required=True),
    Field("to_org", "转入机构", Text(1, 100), required=True, std=ORGANISATION),
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


# 14 days, 7 when tuberculosis is suspected.
_FOLLOW_DUE: Final = Computed(
    "follow_due",
    "随访转诊结果期限",
    Day(),
    [
        "add_days",
        ["known", "on"],
        ["if", ["=", ["field", "reason_restricted"], _TB_SUSPECT], 7, 14],
    ],
    "P61, P46",
    fills="follow_due",
    sentence_zh="随访转诊结果期限应为转诊后 14 天，疑似肺结核为 7 天",
    warn=False,
)
_OTHER_REASON: Final = checks.follows(
    "reason", "9", then="reason_text", sentence_zh="请写明其他转诊原因"
)
_BACK: Final = (
    checks.follows("direction", BACK, then="back_dx", sentence_zh="回转时请填写诊断"),
    checks.follows("direction", BACK, then="back_treatment", sentence_zh="回转时请填写治疗经过"),
    checks.follows("direction", BACK, then="rehab_advice", sentence_zh="回转时请填写康复建议"),
    checks.follows("direction", BACK, then="back_date", sentence_zh="回转时请填写日期"),
)

V1: Final = Kind(
    id="referral",
    label="双向转诊单",
    version=1,
    valid_from=date(2017, 1, 1),
    valid_until=date(2025, 12, 31),
    shape=Shape.EVENT,
    fields=_FIELDS,
    checks=(
        Check(
            "reason_given",
            (),
            True,
            "请填写转诊原因",
            missing="reason",
            unless=("reason_restricted",),
        ),
        _OTHER_REASON,
        *_BACK,
    ),
    neutral_label="转诊",
    computed=(_FOLLOW_DUE,),
)

_KEPT: Final = frozenset({"direction", "from_org"})
_OF_SENDING: Final = tuple(each for each in _FIELDS if each.required and each.name not in _KEPT)
_ASKED: Final = {"to_org": (SENT, BACK, RECEIVED)}
_NEEDED: Final = frozenset({"to_org", "impression", "follow_due"})
"""Without these nobody is sent; the others of `_OF_SENDING` are asked for."""
_OTHERWISE: Final = "9"
_WITHOUT_RESULT: Final = Code(
    {
        "1": "居民没有去",
        "2": "居民不愿转诊",
        "3": "联系不上",
        "4": "随访时已了解结果，不再等回转单",
        "5": "已死亡或迁出",
        "6": "复查已正常，不需要转诊",
        _OTHERWISE: "其他",
    }
)


_IS_SENT: Final = ["=", field("direction"), SENT]


def _in_version_2(each: Field) -> Field:
    if each.name == "direction":
        return replace(each, type=Code(_IN_VERSION_2))
    return replace(each, required=each.name in _KEPT)


V2: Final = Kind(
    id="referral",
    label="双向转诊单",
    version=2,
    valid_from=date(2026, 1, 1),
    shape=Shape.EVENT,
    fields=(
        _in_version_2(_FIELDS[0]),
        Field("answers", "所答复的转诊单或记录", Ref("record")),
        *(_in_version_2(each) for each in _FIELDS[1:]),
        Field("received_on", "接诊日期", Day(past=True)),
        Field("ended", "没有结果的原因", _WITHOUT_RESULT),
        Field("ended_text", "没有结果的说明", Text(1, 200)),
    ),
    checks=(
        *(
            check
            for each in _OF_SENDING
            for check in needed_at(
                "direction",
                _ASKED.get(each.name, (SENT,)),
                each.name,
                each.label,
                warn=each.name not in _NEEDED,
            ).checks
        ),
        Check(
            "reason_given",
            ("direction",),
            _IS_SENT,
            "请填写转诊原因",
            missing="reason",
            unless=("reason_restricted",),
        ),
        _OTHER_REASON,
        *_BACK,
        checks.follows(
            "direction", RECEIVED, then="answers", sentence_zh="接诊确认时请选择所答复的转诊单"
        ),
        checks.follows("direction", RECEIVED, then="received_on", sentence_zh="请填写接诊日期"),
        checks.follows(
            "direction", ENDED, then="answers", sentence_zh="结束时请选择是哪张转诊单或哪份记录"
        ),
        checks.follows("direction", ENDED, then="ended", sentence_zh="请选择没有结果的原因"),
        checks.follows("ended", _OTHERWISE, then="ended_text", sentence_zh="请写明其他原因"),
        # Who was sent on paper may come back without a record to answer.
        checks.follows(
            "direction",
            BACK,
            then="answers",
            sentence_zh="回转时请选择所答复的转诊单；纸质转诊可以不填",
            warn=True,
        ),
    ),
    neutral_label="转诊",
    computed=(
        replace(
            _FOLLOW_DUE,
            expression=["if", ["=", ["field", "direction"], SENT], _FOLLOW_DUE.expression],
        ),
    ),
)


def answered(body: dict[str, object]) -> dict[str, object]:
    """A sheet of version 1 as version 2 reads it: it never said which record it answers."""
    return body
