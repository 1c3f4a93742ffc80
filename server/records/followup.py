"""What the follow-ups of chronic diseases have in common, defined once (S004-5(6)-a).

Each function makes the fields of one paragraph of the form; the forms put them in their own order.
"""

from typing import Final

from server.records import checks, form_parts
from server.records.definitions import field, known
from server.records.model import (
    ON,
    Check,
    Code,
    Codes,
    Day,
    Field,
    Int,
    ListOf,
    Scaled,
    Text,
)

ADHERENCE: Final = {"1": "规律", "2": "间断", "3": "不服药"}
_GOOD_FAIR_POOR: Final = {"1": "良好", "2": "一般", "3": "差"}
REFERRAL_REASONS: Final = {
    "1": "连续两次控制不满意",
    "2": "药物不良反应难以控制",
    "3": "出现新的并发症",
    "4": "原有并发症加重",
    "5": "危急情况",
}


def mode() -> Field:
    """How the visit took place; by telephone does not count as face to face (P05)."""
    return Field("mode", "随访方式", Code({"1": "门诊", "2": "家庭", "3": "电话"}), required=True)


def symptoms(codes: dict[str, str]) -> tuple[Field, ...]:
    """The list of symptoms, 1 being none and 10 any other."""
    return (
        Field("symptoms", "症状", Codes(codes, none="1"), required=True),
        Field("symptoms_other", "其他症状", Text(1, 200)),
    )


def blood_pressure() -> tuple[Field, ...]:
    """Systolic and diastolic; the soft band ends where the emergency of P10 begins."""
    return form_parts.pressure().fields


def body_size() -> tuple[Field, ...]:
    """Weight and BMI, now and aimed at."""
    kg = Scaled(1, 200, 2500, 350, 1500, "kg")
    index = Scaled(1, 100, 600, 150, 400, "kg/m²")
    return (
        Field("weight", "体重", kg, required=True),
        Field("weight_target", "目标体重", kg, required=True),
        Field("bmi", "体质指数", index, required=True),
        Field("bmi_target", "目标体质指数", index, required=True),
    )


def smoke_and_drink() -> tuple[Field, ...]:
    """Cigarettes and liquor a day, now and aimed at (beer/10, red wine/4, rice wine/5)."""
    cigarettes = Int(0, 200, 0, 60, "支/天")
    liquor = Scaled(1, 0, 500, 0, 100, "两/天")
    return (
        Field("smoke_now", "日吸烟量", cigarettes, required=True),
        Field("smoke_target", "目标日吸烟量", cigarettes, required=True),
        Field("drink_now", "日饮酒量", liquor, required=True),
        Field("drink_target", "目标日饮酒量", liquor, required=True),
    )


def exercise() -> tuple[Field, ...]:
    """Times a week and minutes a time, now and aimed at."""
    times = Int(0, 21, 0, 14, "次/周")
    minutes = Int(0, 360, 0, 240, "分钟/次")
    return (
        Field("exercise_freq_now", "每周运动次数", times, required=True),
        Field("exercise_min_now", "每次运动时间", minutes, required=True),
        Field("exercise_freq_target", "目标每周运动次数", times, required=True),
        Field("exercise_min_target", "目标每次运动时间", minutes, required=True),
    )


def mind() -> tuple[Field, ...]:
    """Psychological adjustment and following of advice."""
    return (
        Field("psych", "心理调整", Code(_GOOD_FAIR_POOR), required=True),
        Field("compliance", "遵医行为", Code(_GOOD_FAIR_POOR), required=True),
    )


def drugs(most: int = 4) -> Field:
    """What is taken, how often and how much; taken over from the last visit."""
    drug = (
        Field("name", "药物名称", Text(1, 50), required=True),
        Field("times_per_day", "每日次数", Int(1, 24, 1, 6, "次/天")),
        Field("dose", "每次剂量", Text(1, 30)),
    )
    return Field("meds", "用药情况", ListOf(drug, most=most))


def medication(class_codes: dict[str, str]) -> tuple[Field, ...]:
    """Adherence, adverse reaction, this visit's class, drugs taken."""
    return (
        Field("med_adherence", "服药依从性", Code(ADHERENCE), required=True),
        Field("adr", "药物不良反应", Code(form_parts.NO_YES), required=True),
        Field("adr_text", "不良反应说明", Text(1, 200)),
        Field("class", "此次随访分类", Code(class_codes), required=True),
        drugs(),
    )


def ending() -> tuple[Field, ...]:
    """Referral, the next visit, who did this one, and what was the end of it."""
    return (
        Field("referral_reason", "转诊原因", Code(REFERRAL_REASONS)),
        Field("referral_org", "转诊机构及科别", Text(1, 100)),
        Field("next_date", "下次随访日期", Day(), required=True),
        form_parts.doctor(),
        *form_parts.lost(),
    )


WAIVER: Final = form_parts.WAIVER


_TO_NEXT: Final = ["days", known("on"), field("next_date")]
_TOO_LATE_WHEN_CONTROLLED: Final = ["and", ["=", field("class"), "1"], [">", _TO_NEXT, 92]]

_TOO_LATE_WHEN_NOT: Final = ["and", ["!=", field("class"), "1"], [">", _TO_NEXT, 14]]

_IS_EMERGENCY: Final = ["or", [">=", field("sbp"), 180], [">=", field("dbp"), 110]]

CHECKS: Final = (
    *form_parts.pressure().checks,
    form_parts.NEXT_AFTER_VISIT,
    # P07: at goal within three months. P08: not at goal, or side effects, within two weeks.
    Check(
        "next_within_three_months",
        ("next_date", ON, "class"),
        _TOO_LATE_WHEN_CONTROLLED,
        "控制满意者下次随访不宜超过 3 个月",
        warn=True,
    ),
    Check(
        "next_within_two_weeks",
        ("next_date", ON, "class"),
        _TOO_LATE_WHEN_NOT,
        "控制不满意、有不良反应或并发症者应在 2 周内随访",
        warn=True,
    ),
    checks.follows("symptoms", "10", then="symptoms_other", sentence_zh="选择其他症状时请写明症状"),
    checks.follows("adr", "2", then="adr_text", sentence_zh="有药物不良反应时请写明"),
    checks.together(
        "referral_reason", then="referral_org", sentence_zh="转诊时请写明转往的机构及科别"
    ),
    Check(
        "emergency_is_referred",
        ("sbp", "dbp"),
        _IS_EMERGENCY,
        "血压达到危急值，应紧急转诊并在 2 周内随访",
        missing="referral_reason",
        warn=True,
    ),
    checks.follows(
        "class", "4", then="referral_reason", sentence_zh="出现并发症应建议转诊", warn=True
    ),
    form_parts.LOST_CHECK,
)
