"""The archive's own page (个人基本信息表), the one register: each field a cell that merges alone.

A named, verified identity before any service (S000-art11¶1), by identity card, residence permit or
another paper that can be checked (S001-art10¶2); the resident keeps the basic information right
(S000-art14¶3), the facility verifies it (S000-art12(1)). Facts that reveal a class B condition have
fields of their own, so that nobody has to cut a list in two.
"""

from datetime import date
from typing import Final

from server.records import basic_info_codes as codes
from server.records import safer
from server.records.basic_info_checks import CHECKS
from server.records.form_parts import PHONE
from server.records.model import (
    AccessClass,
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Kind,
    ListOf,
    Month,
    Ref,
    ResidentMay,
    Shape,
    Text,
)
from server.records.nationality import NATIONALITIES
from server.records.safer import Safer
from sync.policy import Policy

_NO_YES: Final = {"1": "无", "2": "有"}


def _identity(
    name: str, label: str, kind: FieldType, *, std: str | None, required: bool = True
) -> Field:
    return Field(
        name,
        label,
        kind,
        required=required,
        resident=ResidentMay.ASK,
        policy=Policy.IDENTITY,
        std=std,
    )


def _own(name: str, label: str, kind: FieldType, *, required: bool = False) -> Field:
    """Belongs to the resident: applied at once, verified later."""
    return Field(
        name,
        label,
        kind,
        required=required,
        resident=ResidentMay.CHANGE,
        policy=Policy.RESIDENT,
    )


def _clinical(
    name: str,
    label: str,
    kind: FieldType,
    *,
    required: bool = False,
    safer: Safer | None = None,
    access: AccessClass = AccessClass.A,
) -> Field:
    return Field(
        name,
        label,
        kind,
        required=required,
        access=access,
        resident=ResidentMay.ASK,
        policy=Policy.CLINICAL,
        safer=safer,
    )


def _set(
    name: str,
    label: str,
    kind: Codes | ListOf,
    *,
    required: bool = False,
    access: AccessClass = AccessClass.A,
) -> Field:
    return Field(
        name,
        label,
        kind,
        required=required,
        access=access,
        resident=ResidentMay.ASK,
        policy=Policy.SET,
    )


def _authority(name: str, label: str, kind: FieldType) -> Field:
    return Field(name, label, kind, resident=ResidentMay.NOTHING, policy=Policy.AUTHORITY)


def _diseases(name: str, label: str, diseases: dict[str, str], access: AccessClass) -> Field:
    item = (
        Field("code", "疾病", Code(diseases), required=True),
        Field("since", "确诊时间", Month(past=True)),
        Field("text", "说明", Text(1, 100)),
    )
    return _set(name, label, ListOf(item, most=len(diseases), key="code"), access=access)


def _happened(name: str, label: str, what: str) -> tuple[Field, ...]:
    """Operations, injuries, transfusions: yes or no, and a list whose items have ids."""
    item = (
        Field("id", "编号", Ref("item"), required=True),
        Field("name", what, Text(1, 100), required=True),
        Field("since", "时间", Month(past=True)),
    )
    return (
        _clinical(name, label, Code(_NO_YES), required=True, safer=safer.highest),
        _set(f"{name}_list", f"{label}记录", ListOf(item, most=20, key="id")),
    )


def _relative(name: str, label: str) -> tuple[Field, ...]:
    restricted = Codes(codes.FAMILY_RESTRICTED)
    return (
        _set(name, f"家族史（{label}）", Codes(codes.FAMILY, none="1")),
        _set(
            f"{name}_restricted",
            f"家族史（{label}，限制）",
            restricted,
            access=AccessClass.B,
        ),
    )


_WHO: Final = (
    _identity("name", "姓名", Text(2, 30), std="DE02.01.039.00"),
    _identity("id_type", "证件类型", Code(codes.ID_TYPES), std=None),
    _identity("id_no", "证件号码", Text(4, 18), std="DE02.01.030.00", required=False),
    _identity("sex", "性别", Code(codes.SEXES), std="DE02.01.040.00"),
    _identity("birth_date", "出生日期", Day(past=True), std="DE02.01.005.01"),
)
_LIFE: Final = (
    _own("phone", "本人电话", PHONE),
    _own("contact_name", "联系人姓名", Text(2, 30), required=True),
    _own("contact_phone", "联系人电话", PHONE, required=True),
    _own("work_unit", "工作单位", Text(1, 70)),
    _own("residence_kind", "常住类型", Code({"1": "户籍", "2": "非户籍"}), required=True),
    _clinical("residence_since", "居住起始日", Day(past=True), required=True),
    _own("address_region", "现住址区划", Text(9, 12, "[0-9]{9}|[0-9]{12}"), required=True),
    _own("address_text", "现住址", Text(1, 100), required=True),
    _own("ethnic", "民族", Code(NATIONALITIES), required=True),
    _own("education", "文化程度", Code(codes.EDUCATION), required=True),
    _own("occupation", "职业", Code(codes.OCCUPATIONS), required=True),
    _own(
        "marital",
        "婚姻状况",
        Code({"1": "未婚", "2": "已婚", "3": "丧偶", "4": "离婚", "5": "未说明的婚姻状况"}),
        required=True,
    ),
    _set("pay_mode", "医疗费用支付方式", Codes(codes.PAY_MODES), required=True),
)
_BLOOD: Final = (
    # In doubt nobody may rely on a group; of the Rhesus factor the one that harms nobody.
    _clinical(
        "blood_abo",
        "血型",
        Code({"1": "A 型", "2": "B 型", "3": "O 型", "4": "AB 型", "5": "不详"}),
        required=True,
        safer=safer.known_only_if_agreed("5"),
    ),
    _clinical(
        "blood_rh",
        "RH",
        Code({"1": "阴性", "2": "阳性", "3": "不详"}),
        required=True,
        safer=safer.prefer("3", "1", "2"),
    ),
)
_HISTORY: Final = (
    _set(
        "drug_allergy",
        "药物过敏史",
        Codes({"1": "无", "2": "青霉素", "3": "磺胺", "4": "链霉素", "5": "其他"}, none="1"),
        required=True,
    ),
    _clinical("drug_allergy_other", "其他过敏药物", Text(1, 100)),
    _set(
        "exposure",
        "暴露史",
        Codes({"1": "无", "2": "化学品", "3": "毒物", "4": "射线"}, none="1"),
        required=True,
    ),
    _diseases("hx_disease", "既往史（疾病）", codes.DISEASES, AccessClass.A),
    _diseases(
        "hx_disease_restricted", "既往史（疾病，限制）", codes.DISEASES_RESTRICTED, AccessClass.B
    ),
    *_happened("hx_surgery", "手术", "手术名称"),
    *_happened("hx_trauma", "外伤", "外伤名称"),
    *_happened("hx_transfusion", "输血", "输血原因"),
    *_relative("fam_father", "父亲"),
    *_relative("fam_mother", "母亲"),
    *_relative("fam_sibling", "兄弟姐妹"),
    *_relative("fam_child", "子女"),
    _clinical("genetic", "遗传病史", Code(_NO_YES), required=True, safer=safer.highest),
    _clinical("genetic_text", "遗传病名称", Text(1, 100)),
    _set(
        "disability",
        "残疾情况",
        Codes(
            {
                "1": "无残疾",
                "2": "视力残疾",
                "3": "听力残疾",
                "4": "言语残疾",
                "5": "肢体残疾",
                "6": "智力残疾",
                "8": "其他残疾",
            },
            none="1",
        ),
    ),
    _set(
        "disability_restricted",
        "残疾情况（限制）",
        Codes({"7": "精神残疾"}),
        access=AccessClass.B,
    ),
    # The number's nineteenth digit is the type of disability.
    _clinical(
        "disability_cert",
        "残疾证号",
        Text(20, 20, "[0-9]{17}[0-9X][1-7][1-4]"),
        access=AccessClass.B,
    ),
)
_HOME: Final = (
    _own("env_kitchen", "厨房排风设施", Code(codes.KITCHEN)),
    _own("env_fuel", "燃料类型", Code(codes.FUEL)),
    _own("env_water", "饮水", Code(codes.WATER)),
    _own("env_toilet", "厕所", Code(codes.TOILET)),
    _own("env_livestock", "禽畜栏", Code(codes.LIVESTOCK)),
)
_MANAGEMENT: Final = (
    _authority("archive_no", "档案编号", Text(17, 17, "[0-9]{17}")),
    _authority("responsible_facility", "责任单位", Ref("facility")),
    _authority("responsible_team", "责任团队", Ref("team")),
    _authority("responsible_doctor", "责任医生", Ref("staff")),
    _set("special_group", "特殊人群标记", Codes(codes.GROUPS)),
    _set(
        "special_group_restricted",
        "特殊人群标记（限制）",
        Codes(codes.GROUPS_RESTRICTED),
        access=AccessClass.B,
    ),
    _clinical(
        "management_class",
        "管理级别",
        Code({"1": "一级管理", "2": "二级管理", "3": "三级管理"}),
        safer=safer.highest,
    ),
    Field(
        "archive_status",
        "档案状态",
        Code(codes.ARCHIVE_STATUS),
        required=True,
        resident=ResidentMay.NOTHING,
        policy=Policy.TERMINAL,
    ),
    Field("remarks", "备注", Text(1, 500), resident=ResidentMay.COMMENT, policy=Policy.NOTE),
)

V1: Final = Kind(
    id="basic_info",
    label="个人基本信息表",
    version=1,
    valid_from=date(2017, 1, 1),
    shape=Shape.REGISTER,
    fields=(*_WHO, *_LIFE, *_BLOOD, *_HISTORY, *_HOME, *_MANAGEMENT),
    checks=CHECKS,
    neutral_label="基本信息",
)
