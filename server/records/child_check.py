"""Health check of a child (儿童健康检查记录表), one form for all ages, national specification 2017.

What is asked depends on the age slot (child_slots.py), as the three printed forms for 1 to 8 and 12
to 30 months and 3 to 6 years do: gait and vitamin D stand on the second form and not on the third.
Haemoglobin comes from the laboratory and may follow, so its absence is only questioned (P31).
Growth, development, eyes and teeth are looked at each time (S003-6(3)-b); what is abnormal is
referred (S003-5(5)-c).
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from server.records import checks
from server.records.child_slots import CHILD, INFANT, SIGNS, SIGNS_AT, SLOTS, TODDLER, not_in_slot
from server.records.definitions import field, known
from server.records.form_parts import (
    NO_YES,
    UNREMARKABLE,
    Part,
    described,
    ending,
    form,
    maybe,
    must,
    needed_at,
    next_visit,
    numbered,
    referral,
    several,
    waiver,
)
from server.records.health_check_fields import asked
from server.records.model import (
    BIRTH,
    ON,
    Check,
    Code,
    Codes,
    Computed,
    FieldType,
    Int,
    Kind,
    Scaled,
    Shape,
    Text,
)

_GRADE: Final = Code(numbered("上", "中", "下"))
_ALL: Final = tuple(SLOTS)
_TO_30: Final = (*INFANT, *TODDLER)


def _at(slots: Iterable[str], name: str, label: str, kind: FieldType) -> Part:
    """A question of those ages; at others it may be answered as well."""
    return form(maybe(name, label, kind), needed_at("age_slot", slots, name, label))


def _seen(
    slots: Iterable[str], name: str, label: str, codes: dict[str, str] = UNREMARKABLE
) -> Part:
    """Looked at in those ages; what is abnormal is described."""
    text = maybe(f"{name}_text", f"{label}说明", Text(1, 200))
    said = checks.follows(name, "2", then=text.name, sentence_zh=f"请写明{label}的情况")
    return form(_at(slots, name, label, Code(codes)), text, said)


_SIZE: Final = form(
    must("age_slot", "月（年）龄", Code(SLOTS)),
    must("weight", "体重", Scaled(2, 100, 6000, 250, 4000, "kg")),
    must("weight_grade", "体重评价", _GRADE),
    must("height", "身长（高）", Scaled(1, 350, 1400, 450, 1300, "cm")),
    must("height_grade", "身长（高）评价", _GRADE),
    _at(INFANT, "head", "头围", Scaled(1, 250, 600, 320, 540, "cm")),
    _at(CHILD, "wh_ratio_grade", "体重/身高评价", _GRADE),
    _at(
        CHILD,
        "phys_eval",
        "体格发育评价",
        Codes(numbered("正常", "低体重", "消瘦", "生长迟缓", "超重", "肥胖"), none="1"),
    ),
)
_CM: Final = Scaled(1, 0, 60, 0, 40, "cm")
_VISION: Final = Scaled(1, 1, 53)
_EXAM: Final = form(
    _at(_TO_30, "face", "面色", Code(numbered("红润", "黄染", "其他"))),
    _seen(_TO_30, "skin", "皮肤"),
    _at((*INFANT, "12m", "18m", "24m"), "fontanelle", "前囟", Code(numbered("闭合", "未闭"))),
    maybe("fontanelle_long", "前囟长", _CM),
    maybe("fontanelle_wide", "前囟宽", _CM),
    checks.follows("fontanelle", "2", then="fontanelle_long", sentence_zh="前囟未闭时请填写大小"),
    checks.follows("fontanelle", "2", then="fontanelle_wide", sentence_zh="前囟未闭时请填写大小"),
    _seen(("1m", "3m", "6m"), "neck_mass", "颈部包块", NO_YES),
    _seen(_TO_30, "eye", "眼睛"),
    _seen(_TO_30, "ear", "耳外观"),
    _at(
        ("6m", "12m", "24m", "36m"),
        "hearing",
        "听力（行为测听）",
        Code(numbered("通过", "未通过")),
    ),
    _at(("4y", "5y", "6y"), "vision_l", "左眼视力", _VISION),
    _at(("4y", "5y", "6y"), "vision_r", "右眼视力", _VISION),
    _seen(INFANT, "mouth", "口腔"),
    _at(_ALL[2:], "teeth", "出牙数", Int(0, 28, unit="颗")),
    _at((*TODDLER, *CHILD), "caries", "龋齿数", Int(0, 28, unit="颗")),
    _seen(_ALL, "chest", "胸部"),
    _seen(_ALL, "abdomen", "腹部"),
    _at(("1m", "3m"), "navel", "脐部", Code(numbered("未脱", "脱落", "脐部有渗出", "其他"))),
    _seen(_TO_30, "limbs", "四肢"),
    _seen(TODDLER, "gait", "步态"),
    _at(
        ("3m", "6m", "8m"),
        "rickets_sym",
        "可疑佝偻病症状",
        Codes(numbered("无", "夜惊", "多汗", "烦躁"), none="1"),
    ),
    _at(
        (*INFANT[1:], *TODDLER),
        "rickets_sign",
        "可疑佝偻病体征",
        Codes(
            numbered(
                "无",
                "颅骨软化",
                "方颅",
                "枕秃",
                "肋串珠",
                "肋软骨沟",
                "鸡胸",
                "手足镯",
                "O 型腿",
                "X 型腿",
            ),
            none="1",
        ),
    ),
    _seen(INFANT, "genital", "肛门/外生殖器"),
    *asked("hb"),
    maybe("exam_other", "其他检查", Text(1, 200)),
)
_TIMES: Final = Int(1, 50, 1, 10, "次")
_LIFE: Final = form(
    _at(_TO_30, "outdoor", "户外活动", Scaled(1, 0, 160, 0, 80, "小时/日")),
    _at(_TO_30, "vit_d", "服用维生素 D", Int(0, 5000, 0, 1000, "IU/日")),
    _at(_ALL[1:], "dev_warn", "发育评估（预警征象）", Codes(SIGNS, none="0")),
    several("ill_between", "两次随访间患病情况", "无", "肺炎", "腹泻", "外伤", "其他", other="5"),
    maybe("ill_pneumonia", "患肺炎次数", _TIMES),
    maybe("ill_diarrhoea", "患腹泻次数", _TIMES),
    maybe("ill_injury", "外伤次数", _TIMES),
    checks.follows("ill_between", "2", then="ill_pneumonia", sentence_zh="请填写患肺炎的次数"),
    checks.follows("ill_between", "3", then="ill_diarrhoea", sentence_zh="请填写患腹泻的次数"),
    checks.follows("ill_between", "4", then="ill_injury", sentence_zh="请填写外伤的次数"),
    described("eye_care", "眼保健和视力检查"),
    referral(),
    several(
        "guidance",
        "指导",
        "科学喂养（合理膳食）",
        "生长发育",
        "疾病预防",
        "预防意外伤害",
        "口腔保健",
        "其他",
        other="6",
        none="",
    ),
    next_visit(required=False),
    ending(),
)


_HB_IS_DUE: Final = ["in", field("age_slot"), "8m", "18m", "30m", "4y", "5y", "6y"]

_OTHER_AGE: Final = [
    "or",
    *(
        ["and", ["has", field("dev_warn"), *signs], ["!=", field("age_slot"), slot]]
        for slot, signs in SIGNS_AT.items()
    ),
]

_OUTSIDE: Final = not_in_slot(field("age_slot"))

_NEXT_IS_DUE: Final = ["!=", field("age_slot"), "6y"]


_MORE_CARIES: Final = [">", field("caries"), field("teeth")]


def _chart(name: str, label: str) -> Check:
    said = f"{label}应为 0.1 到 2.0，或 4.0 到 5.3"
    # Decimal chart 0.1 to 2.0, five-point chart 4.0 to 5.3.
    off_the_charts = ["and", [">", field(name), 20], ["<", field(name), 40]]
    return Check(f"{name}_on_a_chart", (name,), off_the_charts, said)


_FITS: Final = (
    Check(
        "hb_due_by_age_slot",
        ("age_slot",),
        _HB_IS_DUE,
        "这个月龄应检查血红蛋白",
        missing="hb",
        warn=True,
    ),
    Check("signs_of_this_age", ("dev_warn", "age_slot"), _OTHER_AGE, "预警征象不是这个月龄的"),
    Check(
        "age_as_slot",
        ("age_slot", BIRTH, ON),
        _OUTSIDE,
        "检查日期不在这个月龄的范围内，请核对",
        warn=True,
    ),
    Check(
        "next_due_by_age_slot",
        ("age_slot",),
        _NEXT_IS_DUE,
        "请填写下次随访日期",
        missing="next_date",
    ),
    _chart("vision_l", "左眼视力"),
    _chart("vision_r", "右眼视力"),
    Check("caries_within_teeth", ("caries", "teeth"), _MORE_CARIES, "龋齿数不能多于牙数"),
)

_COMPUTED: Final = (
    Computed(
        "age_months",
        "月龄",
        Int(0, 1_560, unit="月"),
        ["months", known("birth"), known("on")],
        "P29, P30",
    ),
    # Any one sign is enough to guide and to refer.
    Computed(
        "delay",
        "发育评估",
        Code({"1": "未发现预警征象", "2": "可疑发育迟缓"}),
        [
            *("if", ["has", field("dev_warn"), "0"], "1"),
            *([">", ["size", field("dev_warn")], 0], "2"),
        ],
        "national specification, third edition (2017)",
        asks=["and", ["=", known("delay"), "2"], ["=", field("referral"), "1"]],
        field="referral",
        sentence_zh="有发育预警征象，应指导并建议转诊",
    ),
)

V1: Final = Kind(
    id="child_check",
    label="儿童健康检查记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=(*_SIZE.fields, *_EXAM.fields, *_LIFE.fields),
    checks=(*_SIZE.checks, *_EXAM.checks, *_LIFE.checks, *_FITS),
    waiver=waiver("age_slot"),
    neutral_label="儿童健康检查",
    computed=_COMPUTED,
)
