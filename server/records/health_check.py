"""Health check (健康体检表), national specification, third edition: the whole of it.

Once a year for people of 65 and over and for managed patients (S003-5(7)-b); what each answer may
be stands in health_check_fields.py, what answers must fit each other stands here. The result of
hepatitis B surface antigen is a class B fact and waits for a kind of its own. Abdominal ultrasound,
electrocardiogram, laboratory and the day of the feedback are asked (S004-3(5)-a), and a screen of
memory from 65 on (S003-6(3)-a).
"""

from datetime import date
from typing import Any, Final

from server.records import checks, definitions
from server.records.definitions import field, known
from server.records.health_check_fields import FIELDS
from server.records.model import BIRTH, ON, Check, Code, Computed, Kind, Shape

_IS_65: Final = [">=", ["-", ["year", known("on")], ["year", known("birth")]], 65]
"""65 in this calendar year: that is how elders are listed for the yearly check."""


_DIRECT_ABOVE_TOTAL: Final = [">", field("dbil"), field("tbil")]

_FEEDBACK_BEFORE: Final = ["<", field("feedback_date"), known("on")]


def _left_before(stays: str) -> list[Any]:
    return ["some", stays, ["<", field("out_date"), field("in_date")]]


def _elder(field: str, label: str, *, warn: bool) -> Check:
    name = f"elder_has_{field}"
    said = f"65 岁及以上老年人请填写{label}"
    return Check(name, (BIRTH, ON), _IS_65, said, missing=field, warn=warn)


def _vision(field: str, label: str) -> Check:
    # The five-point chart goes from 4.0 to 5.3; 0 is blindness.
    off_the_chart = ["and", [">", ["field", field], 0], ["<", ["field", field], 40]]
    said = f"{label}应为 4.0 到 5.3 或 0"
    return Check(f"{field}_on_the_chart", (field,), off_the_chart, said)


def _other(field: str, code: str, label: str) -> Check:
    return checks.follows(field, code, then=f"{field}_other", sentence_zh=f"请写明其他{label}")


def _text(field: str, label: str) -> Check:
    return checks.follows(field, "2", then=f"{field}_text", sentence_zh=f"请写明{label}的异常")


_PRESSURE: Final = (
    Check(
        "one_arm_measured",
        (),
        True,
        "请至少填写一侧血压",
        missing="bp_l_sys",
        unless=("bp_r_sys",),
    ),
    checks.together("bp_l_sys", then="bp_l_dia", sentence_zh="请填写左侧舒张压"),
    checks.together("bp_r_sys", then="bp_r_dia", sentence_zh="请填写右侧舒张压"),
    checks.together("bp_l_dia", then="bp_l_sys", sentence_zh="请填写左侧收缩压"),
    checks.together("bp_r_dia", then="bp_r_sys", sentence_zh="请填写右侧收缩压"),
    checks.above("bp_l_sys", "bp_l_dia", sentence_zh="左侧收缩压应高于舒张压，请核对"),
    checks.above("bp_r_sys", "bp_r_dia", sentence_zh="右侧收缩压应高于舒张压，请核对"),
)
_ELDERS: Final = (
    _elder("elder_health_self", "健康状态自我评估", warn=False),
    _elder("elder_selfcare", "生活自理能力自我评估", warn=False),
    _elder("elder_cognition", "认知功能", warn=False),
    _elder("elder_emotion", "情感状态", warn=False),
    # Results of other rooms come later; the form can be saved without them.
    _elder("ecg", "心电图", warn=True),
    _elder("us_abd", "腹部 B 超", warn=True),
    _elder("chest_x", "胸部 X 线", warn=True),
    _elder("hba1c", "糖化血红蛋白", warn=True),
    _elder("fpg", "空腹血糖", warn=True),
)
_LIFESTYLE: Final = (
    checks.unlike("exercise_freq", "4", then="exercise_min", sentence_zh="请填写每次锻炼时间"),
    checks.follows("smoke", "3", then="smoke_per_day", sentence_zh="请填写日吸烟量"),
    checks.unlike("smoke", "1", then="smoke_start", sentence_zh="请填写开始吸烟年龄"),
    checks.follows("smoke", "2", then="smoke_stop", sentence_zh="请填写戒烟年龄"),
    checks.unlike("drink_freq", "1", then="drink_per_day", sentence_zh="请填写日饮酒量"),
    checks.unlike("drink_freq", "1", then="drink_kind", sentence_zh="请填写饮酒种类"),
    checks.follows("occ_hazard", "2", then="occ_job", sentence_zh="请填写接触危害因素的工种"),
    checks.follows("elder_cognition", "2", then="elder_cognition_score", sentence_zh="请填写得分"),
    checks.follows("elder_emotion", "2", then="elder_emotion_score", sentence_zh="请填写得分"),
)
_OTHERS: Final = (
    _other("symptoms", "25", "症状"),
    _other("skin", "7", "皮肤情况"),
    _other("sclera", "4", "巩膜情况"),
    _other("lymph", "4", "淋巴结情况"),
    _other("rales", "4", "罗音"),
    _other("prob_cerebro", "6", "脑血管疾病"),
    _other("prob_kidney", "6", "肾脏疾病"),
    _other("prob_heart", "7", "心脏疾病"),
    _other("prob_vessel", "4", "血管疾病"),
    _other("prob_eye", "5", "眼部疾病"),
    _other("risk_control", "7", "危险因素控制"),
    _text("prob_neuro", "神经系统"),
    _text("prob_other", "其他系统"),
    _text("ecg", "心电图"),
    _text("chest_x", "胸部 X 线"),
    _text("us_abd", "腹部 B 超"),
    _text("fundus", "眼底"),
    checks.follows("assessment", "2", then="abnormals", sentence_zh="请写明体检的异常"),
)

COMPUTED: Final = (
    definitions.age(),
    definitions.bmi(definitions.field("height")),
    Computed(
        "elder_selfcare",
        "生活自理能力",
        Code({"1": "可自理", "2": "轻度依赖", "3": "中度依赖", "4": "不能自理"}),
        definitions.known("selfcare_class"),
        definitions.SPECIFICATION,
        fills="elder_selfcare",
        sentence_zh="与今年的生活自理能力评估表不符，请核对",
    ),
)

V1: Final = Kind(
    id="health_check",
    label="健康体检表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=FIELDS,
    checks=(
        *_PRESSURE,
        *_ELDERS,
        *_LIFESTYLE,
        *_OTHERS,
        _vision("vision_l", "左眼视力"),
        _vision("vision_r", "右眼视力"),
        _vision("corrected_l", "左眼矫正视力"),
        _vision("corrected_r", "右眼矫正视力"),
        Check(
            "bilirubin_fits", ("dbil", "tbil"), _DIRECT_ABOVE_TOTAL, "结合胆红素不能高于总胆红素"
        ),
        Check(
            "inpatient_days_fit",
            ("inpatient",),
            _left_before("inpatient"),
            "出院日期不能早于入院日期",
        ),
        Check(
            "home_bed_days_fit",
            ("home_bed",),
            _left_before("home_bed"),
            "撤床日期不能早于建床日期",
        ),
        Check(
            "feedback_after_check",
            ("feedback_date", ON),
            _FEEDBACK_BEFORE,
            "反馈日期不能早于体检日期",
        ),
    ),
    neutral_label="健康体检",
    computed=COMPUTED,
)
