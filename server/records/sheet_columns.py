"""Which column of a list is which field: the fields that lists may have, and what headings are
usually called. A guess is only proposed; a person looks at it before anything is read.

A list holds residents, records of one kind of the catalogue, or who is registered in another
system for one condition (sheet_registered.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from server.records.kinds import REGISTER, everything, get
from server.records.model import AccessClass, Kind, Ref, Shape, Subject
from server.records.sheet_values import normal, readable
from server.records.upcast import newest
from sync.policy import Policy

# Columns that are no field of the form.
SINCE: Final = "@since"
FACILITY: Final = "@facility"
TEAM: Final = "@team"
VILLAGE: Final = "@village"
OLD_NO: Final = "@old_no"
ID_NO: Final = "@id_no"
ON: Final = "@on"
NAME: Final = "@name"
REG_NO: Final = "@reg_no"
STATE: Final = "@state"

PEOPLE: Final = REGISTER.id
_OLD_RECORDS: Final = ("health_check", "htn_followup", "dm_followup")
RECORD_KINDS: Final = tuple(
    dict.fromkeys(
        (
            *_OLD_RECORDS,
            *(
                kind.id
                for kind in everything()
                if kind.shape is Shape.EVENT
                and kind.subject is Subject.RESIDENT
                and not kind.by_resident
            ),
        )
    )
)
"""Every kind whose records a list may hold: those that old systems are left with come first."""

REGISTERED: Final[Mapping[str, tuple[str, ...]]] = {
    "registered_smd": ("smd_supplement", "smd_followup"),
    "registered_tb": ("tb_first", "tb_followup"),
    "registered_infectious": ("infectious_report",),
    "registered_vaccination": ("vaccination",),
}
"""Lists of who is registered in another system, each with the kinds that register here."""


@dataclass(frozen=True, slots=True)
class Column:
    """One thing a column can say. `name`: a field's name, or one of the @ words above."""

    name: str
    label: str
    also: tuple[str, ...] = ()
    needed: bool = False


_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("居民姓名", "患者姓名", "本人姓名"),
    "id_no": ("身份证号", "身份证号码", "身份证", "证件号", "公民身份号码", "居民身份证号"),
    "sex": ("性别名称",),
    "birth_date": ("生日", "出生年月日", "出生年月"),
    "phone": ("电话", "联系电话", "手机", "手机号", "手机号码", "电话号码", "本人联系电话"),
    "contact_name": ("联系人",),
    "contact_phone": ("联系人手机", "联系人手机号", "家属电话"),
    "work_unit": ("单位",),
    "residence_kind": ("户籍类型", "户籍标识", "是否户籍", "人口类型"),
    "residence_since": ("居住日期", "入住日期"),
    "address_region": (
        "区划代码", "行政区划", "行政区划代码", "地区编码", "村代码", "村居代码", "居委会代码",
        "统计用区划代码",
    ),
    "address_text": ("地址", "住址", "详细地址", "现住地址", "居住地址", "家庭住址", "家庭地址"),
    "education": ("学历",),
    "marital": ("婚姻",),
    "pay_mode": ("医保类型", "付费方式", "支付方式", "费用支付方式"),
    "blood_abo": ("ABO血型",),
    "blood_rh": ("RH血型",),
    "drug_allergy": ("过敏史", "药物过敏"),
    "hx_disease": ("既往史", "既往疾病", "疾病史", "慢病", "慢性病"),
    "fam_father": ("父亲", "父亲家族史"),
    "fam_mother": ("母亲", "母亲家族史"),
    "fam_sibling": ("兄弟姐妹", "兄弟姐妹家族史"),
    "fam_child": ("子女", "子女家族史"),
    "genetic": ("遗传病",),
    "disability": ("残疾", "残疾类型"),
    "special_group": ("特殊人群", "人群分类", "人群标记", "重点人群"),
    "remarks": ("说明",),
    "sbp": ("高压", "收缩压mmHg"),
    "dbp": ("低压", "舒张压mmHg"),
    "fpg": ("空腹血糖值", "血糖"),
    "vaccine": ("疫苗名称", "疫苗种类"),
    "dose_no": ("针次", "接种剂次"),
    "batch": ("批号", "疫苗批次"),
    "expiry": ("有效期", "失效日期"),
    "maker": ("生产厂家", "厂家"),
    "site": ("部位",),
    "vaccinator": ("接种医生", "接种者"),
}  # fmt: skip
_PEOPLE_TOO: Final = (
    Column(SINCE, "建档日期", ("建档时间", "建档日", "档案建立日期")),
    Column(FACILITY, "责任机构", (
        "管理机构", "所属机构", "建档机构", "建档单位", "管理单位", "责任单位", "机构名称",
    )),
    Column(TEAM, "责任团队", ("团队", "家庭医生团队", "签约团队", "团队名称")),
    Column(VILLAGE, "村（居）名称", (
        "村", "村居", "居委会", "村委会", "所属村居", "村居名称", "行政村", "社区", "村居委会",
    )),
    Column(OLD_NO, "原档案编号", ("档案编号", "档案号", "健康档案编号", "居民健康档案编号")),
)  # fmt: skip
_NAME_COLUMN: Final = Column(NAME, "姓名", _ALSO["name"])
_FACILITY_WORDS: Final = ("体检机构", "随访机构", "机构名称", "管理机构", "接种门诊", "接种点")
_REGISTERED_COLUMNS: Final = (
    Column(ID_NO, "证件号码", _ALSO["id_no"], needed=True),
    Column(NAME, "姓名", _ALSO["name"], needed=True),
    Column(REG_NO, "登记号", ("患者编号", "登记编号", "卡片编号", "接种证号", "编号", "病案号")),
    Column(SINCE, "登记日期", ("建卡日期", "录入日期", "登记时间", "报告日期", "确诊日期")),
    Column(STATE, "在管状态", ("管理状态", "状态", "患者状态", "在册情况", "转归", "是否在管")),
    Column(FACILITY, "管理机构", (
        "现管单位", "管理单位", "所属机构", "责任机构", "机构名称", "接种单位", "报告单位",
    )),
)  # fmt: skip
_DAYS: Final = {
    "health_check": "体检日期", "htn_followup": "随访日期", "dm_followup": "随访日期",
    "smd_followup": "随访日期", "tb_first": "随访日期", "tb_followup": "随访日期",
    "copd_followup": "随访日期", "vaccination": "接种日期", "smd_supplement": "填表日期",
    "infectious_report": "填卡日期",
}  # fmt: skip
_DAY_WORDS: Final = (
    "日期", "服务日期", "检查日期", "本次随访日期", "随访日期", "填表日期", "填卡日期", "报告日期",
    "接种时间", "建档日期",
)  # fmt: skip
_LEFT_OUT: Final = frozenset({"archive_status", "doctor"})


@cache
def columns_of(kind_id: str) -> tuple[Column, ...]:
    """The columns that a list of this kind may have, in the order people look for them."""
    if kind_id in REGISTERED:
        return _REGISTERED_COLUMNS
    kind = kind_of(kind_id)
    own = tuple(
        Column(f.name, f.label, _ALSO.get(f.name, ()), needed=f.name == "name")
        for f in kind.fields
        if f.policy is not Policy.AUTHORITY
        and f.name not in _LEFT_OUT
        and not f.name.endswith("_restricted")
        and not isinstance(f.type, Ref)
        and readable(f)
    )
    if kind.shape is Shape.REGISTER:
        return (*own[:4], *own[4:5], *_PEOPLE_TOO, *own[5:])
    return (
        Column(ID_NO, "证件号码", _ALSO["id_no"], needed=True),
        _NAME_COLUMN,
        Column(ON, _DAYS.get(kind_id, "服务日期"), _DAY_WORDS, needed=True),
        Column(FACILITY, "服务机构", _FACILITY_WORDS),
        *own,
    )


def kind_of(kind_id: str) -> Kind:
    """The form in the version that lists are read into: the newest. Raises UnknownKind."""
    return get(kind_id, newest(kind_id))


def is_restricted(kind_id: str) -> bool:
    """Whether that somebody is in such a list at all is class B. Raises UnknownKind."""
    kinds = REGISTERED.get(kind_id, (kind_id,))
    return any(kind_of(each).access is not AccessClass.A for each in kinds)


def guess(kind_id: str, headings: Sequence[str]) -> dict[int, str]:
    """{column from 0: name}: which heading is clearly which column; each name once, the first
    column that is called so.
    """
    known = _by_word(kind_id)
    found: dict[int, str] = {}
    taken: set[str] = set()
    for at, heading in enumerate(headings):
        name = known.get(normal(heading))
        if name is not None and name not in taken:
            found[at] = name
            taken.add(name)
    return found


def like_people(headings: Sequence[str]) -> bool:
    """Whether these are clearly the headings of a list of residents."""
    names = set(guess(PEOPLE, headings).values())
    return "id_no" in names or {"name", "sex", "birth_date"} <= names


def like_offices(headings: Sequence[str]) -> bool:
    """Whether these are the headings of organisations, villages or staff."""
    said = {normal(each) for each in headings}
    return "机构代码" in said and bool(said & {"级别", "村居名称", "岗位"})


@cache
def _by_word(kind_id: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for each in columns_of(kind_id):
        words.setdefault(normal(each.label), each.name)
    for each in columns_of(kind_id):
        for word in each.also:
            words.setdefault(normal(word), each.name)
    return words


def missing(kind_id: str, mapping: Mapping[int, str]) -> tuple[str, ...]:
    """Labels of columns without which no line can be read."""
    there = set(mapping.values())
    if kind_id == PEOPLE and not there & {"id_no"} and not {"sex", "birth_date"} <= there:
        lacks = ("证件号码，或者性别和出生日期",)
    else:
        lacks = ()
    own = tuple(c.label for c in columns_of(kind_id) if c.needed and c.name not in there)
    return (*own, *lacks)
