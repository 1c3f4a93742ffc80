"""First check before birth (第 1 次产前检查服务记录表), national specification of 2017.

Before 13 weeks (P36). Results that reveal a class B condition (hepatitis B markers, syphilis, HIV),
purple among the risk colours and mental illness in the family stand on the restricted page
(restricted_part.py): here it is only said whether that blood was taken. Laboratory results may come
days later, so a missing one is questioned and the form can be saved.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from server.records import basic_info, checks
from server.records.definitions import age, bmi, field, known, pregnancy
from server.records.form_parts import (
    AGE,
    PHONE,
    WAIVER,
    Part,
    charged,
    described,
    ending,
    form,
    given_once,
    maybe,
    must,
    next_visit,
    numbered,
    optional,
    pressure,
    referral,
    several,
)
from server.records.health_check_fields import asked
from server.records.model import (
    ON,
    Check,
    Code,
    Codes,
    Computed,
    Day,
    Field,
    Int,
    Kind,
    Scaled,
    Shape,
    Text,
)
from server.records.pregnancy import WEIGHT, of_a_woman, pressure_fits


def _awaited(field: Field) -> Check:
    return given_once(field.name, (), f"{field.label}还没有结果", warn=True)


def _count(name: str, label: str, most: int = 20) -> Field:
    return must(name, label, Int(0, most, 0, 5, "次"))


_LAB: Final = optional(
    asked(
        *("hb", "wbc", "plt", "urine_pro", "urine_glu", "urine_ket", "urine_occ"),
        *("alt", "ast", "alb", "tbil", "dbil", "cr", "bun"),
    )
)


def _blood(name: str) -> Field:
    """Asked with the answers of the archive's own page."""
    own = basic_info.V1.field(name)
    assert own is not None
    return maybe(name, own.label, own.type)


def _examined(*rows: tuple[str, str]) -> Part:
    return form(*(described(name, label) for name, label in rows))


_BEFORE: Final = form(
    must("gest_week", "孕周", Int(0, 42, 4, 41, "周")),
    must("gest_day", "孕周余天数", Int(0, 6, unit="天")),
    must("age", "孕妇年龄", Int(12, 60, 18, 45, "岁"), std=AGE),
    maybe("husband_name", "丈夫姓名", Text(2, 30)),
    maybe("husband_age", "丈夫年龄", Int(12, 100, 18, 65, "岁")),
    maybe("husband_phone", "丈夫电话", PHONE),
    must("gravida", "孕次（含本次）", Int(1, 20, 1, 8, "次")),
    _count("para_vaginal", "产次：阴道分娩", 15),
    _count("para_caesarean", "产次：剖宫产", 15),
    maybe("lmp", "末次月经", Day(past=True)),
    maybe("lmp_unknown", "末次月经不详", Code({"1": "不详"})),
    must("edd", "预产期", Day()),
    several(
        "hx",
        "既往史",
        "无",
        "心脏病",
        "肾脏疾病",
        "肝脏疾病",
        "高血压",
        "贫血",
        "糖尿病",
        "其他",
        other="8",
    ),
    several("fam_hx", "家族史", "无", "遗传性疾病史", "其他", other="3"),
    several(
        "personal",
        "个人史",
        "无特殊",
        "吸烟",
        "饮酒",
        "服用药物",
        "接触有毒有害物质",
        "接触放射线",
        "其他",
        other="7",
    ),
    described("gyn_surgery", "妇产科手术史", {"1": "无", "2": "有"}),
    _count("lost_early", "自然流产"),
    _count("lost_induced", "人工流产"),
    _count("fetal_death", "死胎"),
    _count("stillbirth", "死产"),
    _count("newborn_death", "新生儿死亡"),
    _count("defect", "出生缺陷儿"),
)
_EXAM: Final = form(
    must("height", "身高", Scaled(1, 1200, 2000, 1400, 1850, "cm")),
    must("weight", "体重", WEIGHT),
    *asked("bmi"),
    pressure(),
    _examined(
        ("heart", "心脏听诊"),
        ("lung", "肺部听诊"),
        ("vulva", "外阴"),
        ("vagina", "阴道"),
        ("cervix", "宫颈"),
        ("uterus", "子宫"),
        ("adnexa", "附件"),
    ),
    *_LAB,
    _blood("blood_abo"),
    replace(_blood("blood_rh"), charged=True),
    *(_awaited(each) for each in (*_LAB, _blood("blood_abo"))),
    charged(
        maybe("glucose", "血糖", Scaled(1, 10, 400, 35, 110, "mmol/L")),
        maybe(
            "discharge",
            "阴道分泌物",
            Codes(numbered("未见异常", "滴虫", "假丝酵母菌", "其他"), none="1"),
        ),
        maybe("discharge_other", "其他阴道分泌物", Text(1, 100)),
        maybe("cleanness", "阴道清洁度", Code(numbered("Ⅰ 度", "Ⅱ 度", "Ⅲ 度", "Ⅳ 度"))),
    ),
    checks.follows("discharge", "4", then="discharge_other", sentence_zh="请写明其他分泌物"),
    must("screen_taken", "传染病筛查采血", Code(numbered("已采血，结果另行记录", "未采血"))),
    charged(maybe("us", "B 超", Text(1, 500))),
)
_GUIDANCE: Final = (
    "生活方式",
    "心理",
    "营养",
    "避免致畸因素和疾病对胚胎的不良影响",
    "产前筛查宣传告知",
    "其他",
)


_TOO_FEW: Final = [
    "<",
    field("gravida"),
    ["+", 1, *map(field, ("para_vaginal", "para_caesarean", "lost_early", "lost_induced"))],
]

_IS_LATE: Final = [">=", field("gest_week"), 13]

_IS_OVER: Final = [">", ["days", field("edd"), known("on")], 14]
"""More than two weeks after the due day there is no first check any more."""

_FORM: Final = form(
    _BEFORE,
    _EXAM,
    described("overall", "总体评估"),
    must("risk_level", "妊娠风险分级", Code(numbered("绿色", "黄色", "橙色", "红色"))),
    several("guidance", "保健指导", *_GUIDANCE, other="6", none=""),
    referral(),
    next_visit(),
    ending(),
    of_a_woman("gest_week"),
    given_once("lmp", ("lmp_unknown",), "请填写末次月经，或选择不详"),
    Check("due_not_long_ago", ("edd", ON), _IS_OVER, "预产期已过去两周以上"),
    Check(
        "pregnancies_add_up",
        ("gravida", "para_vaginal", "para_caesarean", "lost_early", "lost_induced"),
        _TOO_FEW,
        "孕次少于产次与流产次数之和，请核对",
        warn=True,
    ),
    Check("booked_early", ("gest_week",), _IS_LATE, "已满 13 周，不是早孕建册", warn=True),
    pressure_fits("overall"),
    checks.follows("risk_level", "3", then="referral_org", sentence_zh="橙色风险应转诊", warn=True),
    checks.follows("risk_level", "4", then="referral_org", sentence_zh="红色风险应转诊", warn=True),
)

_TYPED_DAYS: Final = ["+", ["*", field("gest_week"), 7], field("gest_day")]
_DAYS, _WEEK = pregnancy(field("lmp"))
_COMPUTED: Final = (
    age(fills="age"),
    bmi(field("height")),
    replace(
        _DAYS,
        asks=[">", ["abs", ["-", _TYPED_DAYS, known("gest_days")]], 7],
        field="gest_week",
        sentence_zh="孕周与末次月经相差一周以上，请核对",
    ),
    _WEEK,
    Computed(
        "gest_day",
        "孕周余天数",
        Int(0, 6, unit="天"),
        ["rest", known("gest_days"), 7],
        "P36",
        fills="gest_day",
        asks=False,
    ),
    # Nine months and seven days after the last period.
    Computed(
        "edd",
        "预产期",
        Day(),
        ["add_days", ["add_months", field("lmp"), 9], 7],
        "national specification, third edition (2017)",
        fills="edd",
        asks=[">", ["abs", ["days", known("edd"), field("edd")]], 7],
        sentence_zh="预产期与末次月经相差一周以上，请核对",
    ),
)

V1: Final = Kind(
    id="antenatal_first",
    label="第 1 次产前检查服务记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    waiver=WAIVER,
    neutral_label="产前检查",
    computed=_COMPUTED,
)
