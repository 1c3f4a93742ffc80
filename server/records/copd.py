"""Chronic obstructive lung disease: the special archive and the follow-up (慢阻肺).

DRAFT. The official form of 2024-09-13 was not at hand: fields follow a system in use, and how
often the follow-up is due is a setting of the district (P52, 4 a year by default). The follow-up
has the paragraphs of the other chronic diseases, so that a combined visit asks once (S003-6(4)-b).
"""

from datetime import date
from typing import Final

from server.records import checks, definitions, followup
from server.records.definitions import field
from server.records.form_parts import (
    HEIGHT,
    LOST_CHECK,
    NEXT_AFTER_VISIT,
    ORGANISATION,
    WAIVER,
    doctor,
    form,
    maybe,
    must,
    named_when,
    numbered,
    one,
    pressure,
    several,
)
from server.records.health_check_fields import asked
from server.records.model import (
    Check,
    Code,
    Codes,
    Computed,
    Int,
    Kind,
    Month,
    Scaled,
    Shape,
    Text,
)

_SINCE: Final = date(2024, 9, 13)
_SMOKER: Final = "1"
EXACERBATED: Final = "3"

_RECORD: Final = form(
    one("family_hx", "慢阻肺家族史", "有", "无", "不知道"),
    several(
        "risk_factors",
        "危险因素",
        "吸烟或二手烟",
        "职业粉尘",
        "化学物质",
        "生物燃料",
        "14 岁前严重呼吸道感染",
        "肺部手术或其他",
        "空气污染",
        "家族史",
        none="",
    ),
    must("dx_date", "确诊年月", Month(past=True)),
    must("dx_org", "确诊单位", Text(1, 100), std=ORGANISATION),
    must("height", "身高", Scaled(1, 1000, 3000, 1300, 2000, "cm")),
    must("weight", "体重", Scaled(1, 300, 5000, 350, 1500, "kg")),
    must(
        "source",
        "病例来源",
        Code(
            {
                "1": "健康档案",
                "2": "社区门诊",
                "3": "流行病学调查",
                "5": "病房",
                "6": "社区",
                "99": "其他",
            }
        ),
    ),
    maybe("source_other", "其他病例来源", Text(1, 100)),
    named_when("source", "99", "病例来源"),
    doctor("建档医生"),
)


_WITHOUT_FAMILY: Final = [
    "and",
    ["has", field("risk_factors"), "8"],
    ["=", field("family_hx"), "2"],
]

RECORD_V1: Final = Kind(
    id="copd_record",
    label="慢性阻塞性肺疾病患者专项档案",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=_RECORD.fields,
    checks=(
        *_RECORD.checks,
        Check(
            "family_risk_fits",
            ("risk_factors", "family_hx"),
            _WITHOUT_FAMILY,
            "危险因素选择了家族史，但慢阻肺家族史为无",
        ),
    ),
    neutral_label="专项档案",
    draft=True,
)


_MORE_ADMITTED: Final = [">", field("exac_hosp"), field("exac")]

_LOW_OXYGEN: Final = ["<", field("spo2"), 90]

_SYMPTOMS: Final = numbered("无症状", "咳嗽", "咳痰", "气急", "喘憋", "呼吸困难", "咯血", "乏力")
_GRADES: Final = numbered(
    "GOLD 1（≥80%）", "GOLD 2（50%～79%）", "GOLD 3（30%～49%）", "GOLD 4（＜30%）"
)
_GROUPS: Final = {"a": "A 组", "b": "B 组", "e": "E 组"}
_TIMES: Final = Int(0, 50, 0, 10, "次/年")
_FOLLOWUP: Final = form(
    followup.mode(),
    must("symptoms", "症状", Codes(_SYMPTOMS, none="1")),
    must("height", "身高", HEIGHT),
    *(each for each in followup.body_size() if each.name in ("weight", "weight_target")),
    pressure(),
    *asked("heart_rate", "resp"),
    must("spo2", "血氧饱和度", Int(50, 100, 90, 100, "%")),
    maybe(
        "signs",
        "其他体征",
        Codes(
            numbered(
                "桶状胸",
                "双下肢浮肿",
                "杵状指",
                "口唇紫绀",
                "甲床紫绀",
                "呼吸音减弱",
                "肺部啰音",
                "颈静脉怒张",
            )
        ),
    ),
    must("exac", "年内急性加重次数", _TIMES),
    must("exac_hosp", "年内因急性加重住院次数", _TIMES),
    *(each for each in followup.smoke_and_drink() if each.name.startswith("smoke")),
    *followup.exercise(),
    *followup.mind(),
    maybe("fev1", "第一秒用力呼气容积", Scaled(2, 10, 800, 30, 600, "L")),
    maybe("fev1_fvc", "一秒率", Scaled(1, 100, 1000, 200, 950, "%")),
    maybe("fev1_pred", "第一秒用力呼气容积占预计值百分比", Scaled(1, 50, 1500, 150, 1300, "%")),
    maybe("cat", "CAT 评分", Int(0, 40, unit="分")),
    must("mmrc", "mMRC 分级", Int(0, 4, unit="级")),
    maybe("gold_grade", "气流受限分级", Code(_GRADES)),
    maybe("gold_group", "综合评估分组", Code(_GROUPS)),
    one("level", "管理等级", "稳定期低风险", "稳定期高风险", "急性加重期"),
    one("med_adherence", "用药依从性", "规律", "间断", "不用药"),
    one("adr", "药物不良反应", "无", "轻微", "严重"),
    maybe("adr_text", "不良反应说明", Text(1, 200)),
    one("inhaler", "吸入装置使用", "熟练", "不熟练", "未掌握"),
    maybe("oxygen", "氧疗", Text(1, 200)),
    maybe("niv", "无创通气", Text(1, 200)),
    maybe("rehab", "康复", Text(1, 200)),
    maybe("vaccines", "疫苗接种", Codes(numbered("流感疫苗", "肺炎疫苗"))),
    followup.drugs(),
    *followup.ending(),
    NEXT_AFTER_VISIT,
    checks.unlike("adr", "1", then="adr_text", sentence_zh="有药物不良反应时请写明"),
    checks.together(
        "referral_reason", then="referral_org", sentence_zh="转诊时请写明转往的机构及科别"
    ),
    LOST_CHECK,
    checks.follows(
        "level",
        EXACERBATED,
        then="referral_reason",
        sentence_zh="急性加重期应建议转诊",
        warn=True,
    ),
    Check(
        "low_oxygen_is_referred",
        ("spo2",),
        _LOW_OXYGEN,
        "血氧饱和度低于 90%，应建议转诊",
        missing="referral_reason",
        warn=True,
    ),
    Check(
        "hospital_within_all",
        ("exac_hosp", "exac"),
        _MORE_ADMITTED,
        "住院次数不能多于急性加重次数",
    ),
)

_FOLLOWUP_COMPUTED: Final = (
    definitions.age(),
    definitions.bmi(field("height"), asks=False),
    # FEV1 as tenths of a percent of the predicted value.
    Computed(
        "gold_grade",
        "气流受限分级",
        Code(_GRADES),
        [
            *("if", [">=", field("fev1_pred"), 800], "1"),
            *([">=", field("fev1_pred"), 500], "2"),
            *([">=", field("fev1_pred"), 300], "3"),
            *(["given", field("fev1_pred")], "4"),
        ],
        "GOLD",
        fills="gold_grade",
        sentence_zh="气流受限分级与肺功能不符",
        warn=False,
    ),
    # Two exacerbations or one in hospital are E since 2023, else it goes by symptoms.
    Computed(
        "gold_group",
        "综合评估分组",
        Code(_GROUPS),
        [
            *("if", ["or", [">=", field("exac"), 2], [">=", field("exac_hosp"), 1]], "e"),
            *(["not", ["and", ["given", field("exac")], ["given", field("exac_hosp")]]], None),
            *(["or", [">=", field("cat"), 10], [">=", field("mmrc"), 2]], "b"),
            *(["and", ["given", field("cat")], ["given", field("mmrc")]], "a"),
        ],
        "GOLD 2023",
        fills="gold_group",
        sentence_zh="综合评估分组与症状、急性加重次数不符",
        warn=False,
    ),
)

FOLLOWUP_V1: Final = Kind(
    id="copd_followup",
    label="慢性阻塞性肺疾病患者随访服务记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=_FOLLOWUP.fields,
    checks=_FOLLOWUP.checks,
    waiver=WAIVER,
    draft=True,
    computed=_FOLLOWUP_COMPUTED,
)
