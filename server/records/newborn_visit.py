"""Home visit to a newborn (新生儿家庭访视记录表), national specification, third edition (2017).

Within seven days of leaving hospital, with the mother's own visit (P26). Sex, birth day, ID number
and address stand on the archive's own page and are printed from there, not asked again
(S004-5(6)-a). Of the parents the mother must be named; a father who is not named is questioned.
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.definitions import field, known
from server.records.form_parts import (
    NO_YES,
    ORGANISATION,
    PHONE,
    WAIVER,
    Part,
    described,
    ending,
    form,
    given_once,
    maybe,
    must,
    next_visit,
    one,
    referral,
    several,
    with_other,
)
from server.records.model import BIRTH, ON, Check, Code, Day, Int, Kind, Scaled, Shape, Text, Time

_KG: Final = Scaled(2, 40, 700, 150, 500, "kg")


def _parent(who: str, label: str) -> Part:
    return Part(
        (
            maybe(f"{who}_name", f"{label}姓名", Text(2, 30)),
            maybe(f"{who}_job", f"{label}职业", Text(1, 50)),
            maybe(f"{who}_phone", f"{label}联系电话", PHONE),
            maybe(f"{who}_birth", f"{label}出生日期", Day(past=True)),
        )
    )


_PARENTS: Final = form(
    _parent("father", "父亲"),
    _parent("mother", "母亲"),
    given_once("mother_name", (), "请填写母亲姓名"),
    given_once("mother_phone", ("father_phone",), "请填写父母一方的联系电话"),
    given_once("father_name", (), "请填写父亲姓名；不详时可以不填", warn=True),
)
_BIRTH: Final = form(
    maybe("birth_time", "出生时间", Time()),
    must("gest_week", "出生孕周", Int(22, 44, 32, 42, "周")),
    several(
        "preg_disease", "母亲妊娠期患病情况", "无", "糖尿病", "妊娠期高血压", "其他", other="4"
    ),
    must("birth_org", "助产机构名称", Text(1, 100), std=ORGANISATION),
    several(
        "birth_mode",
        "出生情况",
        "顺产",
        "胎头吸引",
        "产钳",
        "剖宫",
        "双多胎",
        "臀位",
        "其他",
        other="7",
        none="",
    ),
    must("asphyxia", "新生儿窒息", Code(NO_YES)),
    maybe("apgar_1", "阿普加评分（1 分钟）", Int(0, 10, unit="分")),
    maybe("apgar_5", "阿普加评分（5 分钟）", Int(0, 10, unit="分")),
    maybe("apgar_unknown", "阿普加评分不详", Code({"1": "不详"})),
    described("malformation", "畸型", NO_YES),
    one("hearing_screen", "新生儿听力筛查", "通过", "未通过", "未筛查", "不详"),
    several(
        "disease_screen",
        "新生儿疾病筛查",
        "未进行",
        "检查均阴性",
        "甲低",
        "苯丙酮尿症",
        "其他遗传代谢病",
        other="5",
    ),
    must("birth_weight", "新生儿出生体重", _KG),
    must("now_weight", "目前体重", _KG),
    must("birth_len", "出生身长", Scaled(1, 250, 650, 400, 580, "cm")),
)
_FEEDING: Final = form(
    one("feeding", "喂养方式", "纯母乳", "混合", "人工"),
    maybe("milk_ml", "吃奶量", Int(0, 200, 10, 150, "ml/次")),
    maybe("milk_times", "吃奶次数", Int(0, 24, 4, 16, "次/日")),
    must("vomit", "呕吐", Code(NO_YES)),
    with_other("stool", "大便", "糊状", "稀", "其他"),
    must("stool_times", "大便次数", Int(0, 20, 0, 12, "次/日")),
    checks.unlike("feeding", "1", then="milk_ml", sentence_zh="请填写吃奶量"),
    checks.unlike("feeding", "1", then="milk_times", sentence_zh="请填写吃奶次数"),
)
_EXAM: Final = form(
    must("temp", "体温", Scaled(1, 340, 420, 360, 378, "℃")),
    must("hr", "心率", Int(70, 220, 100, 180, "次/分")),
    must("rr", "呼吸频率", Int(15, 100, 30, 60, "次/分")),
    with_other("face", "面色", "红润", "黄染", "其他"),
    several("jaundice", "黄疸部位", "无", "面部", "躯干", "四肢", "手足"),
    maybe("fontanelle_long", "前囟长", Scaled(1, 0, 60, 0, 40, "cm")),
    maybe("fontanelle_wide", "前囟宽", Scaled(1, 0, 60, 0, 40, "cm")),
    with_other("fontanelle", "前囟", "正常", "膨隆", "凹陷", "其他"),
    described("eye", "眼睛"),
    described("limb", "四肢活动度"),
    described("ear", "耳外观"),
    described("neck_mass", "颈部包块", NO_YES),
    described("nose", "鼻"),
    several("skin", "皮肤", "未见异常", "湿疹", "糜烂", "其他", other="4"),
    described("mouth", "口腔"),
    described("anus", "肛门"),
    described("heart_lung", "心肺听诊"),
    described("chest", "胸部"),
    described("abdomen", "腹部触诊"),
    described("spine", "脊柱"),
    described("genital", "外生殖器"),
    with_other("cord", "脐带", "未脱", "脱落", "脐部有渗出", "其他"),
)


_SCORED: Final = ["=", field("asphyxia"), "2"]

_YELLOW_NOWHERE: Final = ["and", ["=", field("face"), "2"], ["has", field("jaundice"), "1"]]

_SCREENED_AND_NOT: Final = [
    "and",
    ["has", field("disease_screen"), "2"],
    [">", ["size", field("disease_screen")], 1],
]

_LOST_WEIGHT: Final = ["<", ["*", field("now_weight"), 10], ["*", field("birth_weight"), 9]]

_IS_OLDER: Final = [">", ["days", known("birth"), known("on")], 42]

_FORM: Final = form(
    _PARENTS,
    _BIRTH,
    _FEEDING,
    _EXAM,
    referral(),
    several(
        "guidance",
        "指导",
        "喂养指导",
        "发育指导",
        "防病指导",
        "预防伤害指导",
        "口腔保健指导",
        "其他",
        other="6",
        none="",
    ),
    must("next_place", "下次随访地点", Text(1, 100)),
    next_visit(),
    ending(),
    Check(
        "asphyxia_is_scored",
        ("asphyxia",),
        _SCORED,
        "有新生儿窒息时请填写阿普加评分，或选择不详",
        missing="apgar_1",
        unless=("apgar_unknown",),
    ),
    Check(
        "yellow_somewhere",
        ("face", "jaundice"),
        _YELLOW_NOWHERE,
        "面色黄染，但黄疸部位为无，请核对",
        field="jaundice",
        warn=True,
    ),
    Check(
        "screening_fits",
        ("disease_screen",),
        _SCREENED_AND_NOT,
        "疾病筛查选择了均阴性，不能再选其他项",
    ),
    Check(
        "weight_kept",
        ("now_weight", "birth_weight"),
        _LOST_WEIGHT,
        "目前体重比出生时低 10% 以上，请核对并考虑转诊",
        warn=True,
    ),
    Check(
        "of_a_newborn", (BIRTH, ON), _IS_OLDER, "出生已超过 42 天，请核对", field="temp", warn=True
    ),
)

V1: Final = Kind(
    id="newborn_visit",
    label="新生儿家庭访视记录表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.EVENT,
    fields=_FORM.fields,
    checks=_FORM.checks,
    waiver=WAIVER,
    neutral_label="新生儿访视",
)
