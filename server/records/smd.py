"""Severe mental disorder: the supplement at intake and the follow-up, class B as a whole.

严重精神障碍患者个人信息补充表, once; 随访服务记录表, at least four a year, the next one by this
visit's class: two weeks, a month, three months (P41 to P44), with informed
consent (S003-5(8)). In most districts the national system is where they are
first written. No list, notice or family page names these forms.
"""

from datetime import date
from typing import Any, Final

from server.records import checks
from server.records.definitions import field, known
from server.records.followup import drugs
from server.records.form_parts import (
    NEXT_AFTER_VISIT,
    NO_YES,
    ORGANISATION,
    PHONE,
    Part,
    as_class,
    before,
    choices,
    described,
    doctor,
    form,
    maybe,
    must,
    named_when,
    numbered,
    one,
)
from server.records.model import (
    ON,
    AccessClass,
    Check,
    Code,
    Codes,
    Computed,
    Day,
    Field,
    Int,
    Kind,
    ListOf,
    Month,
    ResidentMay,
    Shape,
    Text,
    Waiver,
)

_SINCE: Final = date(2017, 1, 1)
SYMPTOMS: Final = numbered(
    "幻觉",
    "交流困难",
    "猜疑",
    "喜怒无常",
    "行为怪异",
    "兴奋话多",
    "伤人毁物",
    "悲观厌世",
    "无故外走",
    "自语自笑",
    "孤僻懒散",
    "其他",
)
_NO_ACT: Final = "7"
_ACTS: Final = numbered("轻度滋事", "肇事", "肇祸", "其他危害行为", "自伤", "自杀未遂", "无")
_ACT: Final = (
    Field("code", "危险行为", Code(_ACTS), required=True),
    Field("times", "次数", Int(1, 99, 1, 20, "次")),
)
_LOCK: Final = ("无关锁", "关锁", "关锁已解除")


_NONE_BESIDE_ACTS: Final = [
    "and",
    [">", ["size", ["each", "risk_acts", "code"]], 1],
    ["has", ["each", "risk_acts", "code"], _NO_ACT],
]

_UNCOUNTED: Final = [
    "some",
    "risk_acts",
    ["and", ["!=", field("code"), _NO_ACT], ["not", ["given", field("times")]]],
]


def _acts() -> Part:
    return form(
        must("risk_acts", "危险行为", ListOf(_ACT, most=len(_ACTS), key="code")),
        Check(
            "no_act_beside_acts",
            ("risk_acts",),
            _NONE_BESIDE_ACTS,
            "危险行为选择了无，不能再选其他项",
        ),
        Check("acts_are_counted", ("risk_acts",), _UNCOUNTED, "请填写各种危险行为的次数"),
    )


_FELL_ILL_LATER: Final = [">", field("onset"), field("diagnosed_on")]

_SUPPLEMENT: Final = form(
    must("guardian_name", "监护人姓名", Text(2, 30)),
    must("guardian_tie", "与患者关系", Text(1, 20)),
    must("guardian_address", "监护人住址", Text(1, 200)),
    must("guardian_phone", "监护人电话", PHONE),
    must("village_contact", "辖区村（居）委会联系人", Text(2, 30)),
    must("village_phone", "联系人电话", PHONE),
    one("hukou", "户别", "城镇", "农村"),
    one(
        "employment",
        "就业情况",
        "在岗工人",
        "在岗管理者",
        "农民",
        "下岗或无业",
        "在校学生",
        "退休",
        "专业技术人员",
        "其他",
        "不详",
    ),
    must("consent", "知情同意", Code({"1": "同意参加管理", "0": "不同意参加管理"})),
    must("consent_signer", "签字", Text(2, 30)),
    must("consent_date", "签字日期", Day(past=True)),
    must("onset", "初次发病时间", Month(past=True)),
    choices("past_symptom", "既往主要症状", SYMPTOMS, other="12"),
    one("lock", "既往关锁情况", *_LOCK),
    one("outpatient", "既往门诊治疗情况", "未治", "间断门诊治疗", "连续门诊治疗"),
    maybe("first_drug", "首次抗精神病药治疗时间", Month(past=True)),
    must("admissions", "曾住精神专科医院次数", Int(0, 99, 0, 30, "次")),
    one(
        "diagnosis",
        "目前诊断",
        "精神分裂症",
        "分裂情感性障碍",
        "偏执性精神病",
        "双相情感障碍",
        "癫痫所致精神障碍",
        "精神发育迟滞伴发精神障碍",
    ),
    must("diagnosed_by", "确诊医院", Text(1, 100), std=ORGANISATION),
    must("diagnosed_on", "确诊日期", Day(past=True)),
    one("last_effect", "最近一次治疗效果", "临床痊愈", "好转", "无变化", "加重"),
    _acts(),
    one("economy", "经济状况", "贫困", "非贫困", "不详"),
    must("specialist_opinion", "专科医生意见", Text(1, 1000)),
    doctor("医生"),
    Check(
        "onset_before_diagnosis",
        ("onset", "diagnosed_on"),
        _FELL_ILL_LATER,
        "初次发病时间不能晚于确诊日期",
    ),
    before("diagnosed_on", ON, "确诊日期不能晚于填表日期"),
    before("consent_date", ON, "签字日期不能晚于填表日期"),
)

SUPPLEMENT_V1: Final = Kind(
    id="smd_supplement",
    label="严重精神障碍患者个人信息补充表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=as_class(_SUPPLEMENT.fields, AccessClass.B, ResidentMay.COMMENT),
    checks=_SUPPLEMENT.checks,
    access=AccessClass.B,
)

_DEATH: Final = "9"
_NOT_MET, _UNSTABLE, _NEARLY, _STABLE = "0", "1", "2", "3"
RISKS: Final = {
    "0": "无符合以下 1～5 级中的任何行为",
    "1": "口头威胁，喊叫，但没有打砸行为",
    "2": "打砸行为，局限在家里，针对财物，能被劝说制止",
    "3": "明显打砸行为，不分场合，针对财物，不能接受劝说而停止",
    "4": "持续的打砸行为，不分场合，针对财物或人，不能接受劝说而停止（包括自伤、自杀）",
    "5": "持械针对人的任何暴力行为，或者纵火、爆炸等行为",
}
_CLASSES: Final = {_UNSTABLE: "不稳定", _NEARLY: "基本稳定", _STABLE: "稳定", _NOT_MET: "未访到"}
_FUNCTIONS: Final = ("self_care", "housework", "work", "study", "social")
_RISK: Final = ["look", ["field", "risk"], {each: int(each) for each in RISKS}]
_LEVEL: Final = ["known", "risk_level"]
_GOOD_FAIR_BAD: Final = ("良好", "一般", "较差")
_SOCIAL: Final = {"1": "良好", "2": "一般", "3": "较差", "9": "此项不适用"}
_APART: Final = {"1": 14, "2": 31, "3": 92}


# Not stable without any risk: insight incomplete, a symptom left, a severe reaction. The form has
# no answer for how severe; a reaction that came with a referral is taken as such.
_SHORT: Final[tuple[list[Any], ...]] = (
    ["=", ["field", "insight"], "2"],
    ["has", ["field", "symptom"], *SYMPTOMS],
    ["and", ["=", ["field", "adr"], "2"], ["=", ["field", "referral"], "2"]],
)


def _poor(function: str) -> list[Any]:
    return ["=", ["field", function], "3"]


_MET_AND_LOST: Final = ["!=", field("class"), _NOT_MET]

_TOO_LATE: Final = [
    ">",
    ["days", known("on"), field("next_date")],
    ["look", field("class"), dict(_APART)],
]

_LOST: Final = form(
    maybe(
        "lost_reason",
        "失访（死亡）原因",
        Code(
            {
                "1": "外出打工",
                "2": "迁居他处",
                "3": "走失",
                "4": "连续 3 次未到访",
                "5": "其他",
                "6": "拒绝",
                _DEATH: "死亡",
            }
        ),
    ),
    maybe("lost_date", "失访日期", Day(past=True)),
    maybe("death_date", "死亡日期", Day(past=True)),
    maybe(
        "death_cause",
        "死亡原因",
        Code(
            {
                "11": "躯体疾病：传染病和寄生虫病",
                "12": "躯体疾病：肿瘤",
                "13": "躯体疾病：心脏病",
                "14": "躯体疾病：脑血管病",
                "15": "躯体疾病：呼吸系统疾病",
                "16": "躯体疾病：消化系统疾病",
                "17": "躯体疾病：其他疾病",
                "18": "躯体疾病：不详",
                "2": "自杀",
                "3": "他杀",
                "4": "意外",
                "5": "精神疾病相关并发症",
                "6": "其他",
            }
        ),
    ),
    checks.follows("lost_reason", _DEATH, then="death_date", sentence_zh="请填写死亡日期"),
    checks.follows("lost_reason", _DEATH, then="death_cause", sentence_zh="请填写死亡原因"),
    before("death_date", ON, "死亡日期不能晚于随访日期"),
)
_FOLLOWUP: Final = form(
    one("mode", "随访形式", "门诊", "家庭访视", "电话"),
    _LOST,
    must("risk", "危险性评估", Code(RISKS)),
    choices("symptom", "目前症状", {**SYMPTOMS, "0": "无"}, other="12", none="0"),
    one("insight", "自知力", "自知力完全", "自知力不全", "自知力缺失"),
    one("sleep", "睡眠情况", *_GOOD_FAIR_BAD),
    one("diet", "饮食情况", *_GOOD_FAIR_BAD),
    one("self_care", "个人生活料理", *_GOOD_FAIR_BAD),
    one("housework", "家务劳动", *_GOOD_FAIR_BAD),
    must("work", "生产劳动及工作", Code(_SOCIAL)),
    one("study", "学习能力", *_GOOD_FAIR_BAD),
    one("social", "社会人际交往", *_GOOD_FAIR_BAD),
    _acts(),
    one("lock", "两次随访期间关锁情况", *_LOCK),
    must(
        "hospital",
        "两次随访期间住院情况",
        Code({"0": "未住院", "1": "目前正在住院", "2": "曾住院，现未住院"}),
    ),
    maybe("hospital_left", "末次出院时间", Day(past=True)),
    checks.follows("hospital", "2", then="hospital_left", sentence_zh="请填写末次出院时间"),
    described("lab", "实验室检查", NO_YES),
    one(
        "med_adherence",
        "用药依从性",
        "按医嘱规律用药",
        "间断用药",
        "不用药",
        "医嘱无需用药",
    ),
    must("adr", "药物不良反应", Code({**NO_YES, "9": "此项不适用"})),
    maybe("adr_text", "不良反应说明", Text(1, 200)),
    checks.follows("adr", "2", then="adr_text", sentence_zh="有药物不良反应时请写明"),
    must(
        "effect",
        "治疗效果",
        Code({"1": "痊愈", "2": "好转", "3": "无变化", "4": "加重", "9": "此项不适用"}),
    ),
    must("referral", "是否转诊", Code({"1": "否", "2": "是"})),
    maybe("referral_reason", "转诊原因", Text(1, 200)),
    maybe("referral_org", "转诊至机构及科室", Text(1, 100)),
    checks.follows("referral", "2", then="referral_reason", sentence_zh="转诊时请写明原因"),
    checks.follows("referral", "2", then="referral_org", sentence_zh="转诊时请写明机构及科室"),
    drugs(most=3),
    maybe("meds_advised", "用药指导", drugs(most=3).type),
    maybe(
        "rehab",
        "康复措施",
        Codes(numbered("生活劳动能力", "职业训练", "学习能力", "社会交往", "其他")),
    ),
    maybe("rehab_other", "其他康复措施", Text(1, 200)),
    named_when("rehab", "5", "康复措施"),
    must(
        "class",
        "本次随访分类",
        Code(_CLASSES),
    ),
    must("next_date", "下次随访日期", Day()),
    doctor(),
    NEXT_AFTER_VISIT,
)
_CLASS: Final = (
    Check(
        "not_met_when_lost", ("lost_reason", "class"), _MET_AND_LOST, "失访或死亡时分类应为未访到"
    ),
    checks.follows("class", _NOT_MET, then="lost_reason", sentence_zh="未访到时请填写原因"),
    checks.follows(
        "class", _UNSTABLE, then="referral_org", sentence_zh="不稳定者应转诊", warn=True
    ),
    Check(
        "next_by_class",
        ("next_date", ON, "class"),
        _TOO_LATE,
        "下次随访不宜晚于 2 周（不稳定）、1 个月（基本稳定）、3 个月（稳定）",
        warn=True,
    ),
)

_ACTED: Final = ["each", "risk_acts", "code"]
_COMPUTED: Final = (
    # What was assessed, and not less than what happened: harm to oneself is level 4, and who did
    # anything dangerous is not without risk.
    Computed(
        "risk_level",
        "危险性等级",
        Int(0, 5, unit="级"),
        [
            *("if", ["has", _ACTED, "5", "6"], ["max", _RISK, 4]),
            *(["has", _ACTED, "1", "2", "3", "4"], ["max", _RISK, 1]),
            _RISK,
        ],
        "P42 to P44",
        asks=["<", _RISK, ["known", "risk_level"]],
        field="risk",
        sentence_zh="危险性评估低于所填的危险行为，请核对",
    ),
    # A doctor may have reasons for a worse class, so only a better one is asked about.
    Computed(
        "stability",
        "病情分类",
        Code(_CLASSES),
        [
            *("if", ["given", ["field", "lost_reason"]], _NOT_MET),
            *(["or", [">=", _LEVEL, 3], ["=", ["field", "insight"], "3"]], _UNSTABLE),
            *(["or", [">=", _LEVEL, 1], *(_poor(name) for name in _FUNCTIONS), *_SHORT], _NEARLY),
            *(["and", ["given", _LEVEL], ["given", ["field", "insight"]]], _STABLE),
        ],
        "P42 to P44",
        fills="class",
        asks=[
            "and",
            ["!=", ["known", "stability"], _NOT_MET],
            [">", ["field", "class"], ["known", "stability"]],
        ],
        sentence_zh="所选分类比危险性、症状、自知力和社会功能显示的要好，请核对",
    ),
)

FOLLOWUP_V1: Final = Kind(
    id="smd_followup",
    label="严重精神障碍患者随访服务记录表",
    version=1,
    valid_from=_SINCE,
    shape=Shape.EVENT,
    fields=as_class(_FOLLOWUP.fields, AccessClass.B, ResidentMay.COMMENT),
    checks=(*_FOLLOWUP.checks, *_CLASS),
    access=AccessClass.B,
    waiver=Waiver("lost_reason", keeps=("mode", "doctor")),
    computed=_COMPUTED,
)
