"""Card of a notifiable disease (传染病报告卡), class B: no resident reads or changes it here.

Filled in by the doctor who diagnoses first, within 2 or 24 hours (infectious_diseases.py;
S003-5(11), S004-3(10)). Name, ID number, sex and birth day are the archive's and are printed from
there. The receipt of the national system is typed in or imported; nothing here claims that a card
was reported.
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field, known
from server.records.form_parts import (
    ORGANISATION,
    PHONE,
    as_class,
    before,
    doctor,
    form,
    maybe,
    must,
    numbered,
)
from server.records.infectious_diseases import DISEASES, STAGED, UNNAMED
from server.records.model import (
    BIRTH,
    ON,
    AccessClass,
    Check,
    Code,
    Day,
    Kind,
    ResidentMay,
    Shape,
    Text,
    Time,
)

CROWDS: Final = {
    "1": "幼托儿童",
    "2": "散居儿童",
    "3": "学生（大中小学）",
    "4": "教师",
    "5": "保育员及保姆",
    "6": "餐饮食品业",
    "8": "商业服务",
    "9": "医务人员",
    "16": "工人",
    "17": "民工",
    "18": "农民",
    "19": "牧民",
    "20": "渔（船）民",
    "22": "干部职员",
    "23": "离退人员",
    "24": "家务及待业",
    "28": "不详",
    "29": "其他",
}
_CARRIER: Final = "4"


_NEEDS_A_PARENT: Final = ["<=", ["years", known("birth"), known("on")], 14]

_IS_STAGED: Final = ["in", field("disease"), *sorted(STAGED)]

_IS_UNNAMED: Final = ["in", field("disease"), *sorted(UNNAMED)]

_UNBORN: Final = ["<", field("onset"), known("birth")]

_FORM: Final = form(
    must("kind", "报卡类别", Code(numbered("初次报告", "订正报告"))),
    maybe("parent_name", "患儿家长姓名", Text(2, 30)),
    maybe("unit", "工作单位（学校）", Text(1, 100)),
    must("phone", "联系电话", PHONE),
    must(
        "belong",
        "病人属于",
        Code(numbered("本县区", "本市其他县区", "本省其他地市", "外省", "港澳台", "外籍")),
    ),
    must("address_region", "现住址（行政区划）", Text(9, 12, "[0-9]{9}([0-9]{3})?")),
    must("address_text", "现住址", Text(1, 200)),
    must("crowd", "人群分类", Code(CROWDS)),
    maybe("crowd_other", "其他人群", Text(1, 50)),
    checks.follows("crowd", "29", then="crowd_other", sentence_zh="请写明其他人群"),
    must("case_class", "病例分类", Code(numbered("临床诊断", "确诊", "疑似", "病原携带者"))),
    maybe("acute", "急慢性", Code({"0": "未分型", "1": "急性", "2": "慢性"})),
    must("onset", "发病日期", Day(past=True)),
    must("diagnosed_on", "诊断日期", Day(past=True)),
    must("diagnosed_time", "诊断时间", Time()),
    maybe("death", "死亡日期", Day(past=True)),
    must("disease", "病名", Code(DISEASES)),
    maybe("disease_other", "其他病名", Text(1, 60)),
    maybe("fix_reason", "订正原因", Text(1, 200)),
    checks.follows("kind", "2", then="fix_reason", sentence_zh="订正时请写明原因"),
    must("report_unit", "报告单位", Text(1, 100), std=ORGANISATION),
    doctor("报告医生"),
    must("fill_time", "填卡时间", Time()),
    maybe("receipt_date", "网络直报回执日期", Day(past=True)),
    maybe("receipt_time", "网络直报回执时间", Time()),
    maybe("remarks", "备注", Text(1, 500)),
    checks.together("receipt_date", then="receipt_time", sentence_zh="请填写回执时间"),
    before("onset", "diagnosed_on", "发病日期不能晚于诊断日期"),
    before("diagnosed_on", ON, "诊断日期不能晚于填卡日期"),
    before("onset", "death", "发病日期不能晚于死亡日期"),
    before("diagnosed_on", "receipt_date", "诊断日期不能晚于回执日期"),
    Check(
        "born_before_onset", (BIRTH, "onset"), _UNBORN, "发病日期不能早于出生日期", field="onset"
    ),
    Check(
        "child_has_a_parent",
        (BIRTH, ON),
        _NEEDS_A_PARENT,
        "14 岁及以下请填写家长姓名",
        missing="parent_name",
    ),
    Check(
        "acute_or_chronic", ("disease",), _IS_STAGED, "这种疾病请填写急性或慢性", missing="acute"
    ),
    Check("disease_is_named", ("disease",), _IS_UNNAMED, "请写明病名", missing="disease_other"),
)

V1: Final = Kind(
    id="infectious_report",
    label="传染病报告卡",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=as_class(_FORM.fields, AccessClass.B, ResidentMay.NOTHING),
    checks=_FORM.checks,
    access=AccessClass.B,
    after_death=True,
)
