"""What the answers of the archive's own page must fit in each other.

A person is one person: birth date and sex are what the verified ID number says.
"""

from typing import Final

from server.records import checks
from server.records.definitions import field, known
from server.records.id_number import Holder
from server.records.model import ON, Check

_FOLLOWS_GB_11643: Final = {"01": Holder.CITIZEN, "05": Holder.HK_MO_TW}


_HOLDER: Final = ["look", field("id_type"), {k: str(v) for k, v in _FOLLOWS_GB_11643.items()}]
_TOLD: Final = ["id_holder", field("id_no")]
_CODES: Final = ["each", "hx_disease", "code"]

_NOT_A_NUMBER: Final = [
    "and",
    ["given", _HOLDER],
    ["not", ["and", ["given", _TOLD], ["=", _TOLD, _HOLDER]]],
]

_OTHER_BIRTH: Final = [
    "and",
    ["given", _HOLDER],
    ["!=", ["id_birth", field("id_no")], field("birth_date")],
]

_OTHER_SEX: Final = ["and", ["given", _HOLDER], ["!=", ["id_sex", field("id_no")], field("sex")]]

_TOO_OLD: Final = [">", ["-", ["year", known("on")], ["year", field("birth_date")]], 130]

_BEFORE_BIRTH: Final = ["<", field("residence_since"), field("birth_date")]

_NONE_BESIDE_OTHERS: Final = ["and", [">", ["size", _CODES], 1], ["has", _CODES, "1"]]


def _answered(name: str, label: str) -> Check:
    """An open question that may be left out only when its restricted half is answered."""
    unless = (f"{name}_restricted",)
    return Check(f"{name}_answered", (), True, f"请填写{label}", missing=name, unless=unless)


def _list_fits(name: str, label: str) -> tuple[Check, ...]:
    said = f"{label}选择了“无”，不能再填写记录"
    needs = (name, f"{name}_list")
    none_with_a_list = [
        "and", ["=", field(name), "1"], [">", ["size", ["each", f"{name}_list", "id"]], 0]
    ]  # fmt: skip
    return (
        Check(f"{name}_fits_its_list", needs, none_with_a_list, said),
        checks.follows(name, "2", then=f"{name}_list", sentence_zh=f"请填写{label}记录", warn=True),
    )


CHECKS: Final = (
    checks.unlike("id_type", "99", then="id_no", sentence_zh="请填写证件号码"),
    Check(
        "id_number_is_one",
        ("id_type", "id_no"),
        _NOT_A_NUMBER,
        "证件号码不符合编码规则，请核对证件",
        field="id_no",
    ),
    Check(
        "birth_as_in_id_number",
        ("id_type", "id_no", "birth_date"),
        _OTHER_BIRTH,
        "出生日期与证件号码不一致",
        field="birth_date",
    ),
    Check(
        "sex_as_in_id_number",
        ("id_type", "id_no", "sex"),
        _OTHER_SEX,
        "性别与证件号码不一致",
        field="sex",
    ),
    Check("age_is_possible", ("birth_date", ON), _TOO_OLD, "年龄超过 130 岁，请核对"),
    Check(
        "lived_here_since_birth",
        ("residence_since", "birth_date"),
        _BEFORE_BIRTH,
        "居住起始日不能早于出生日期",
    ),
    Check(
        "phone_asked",
        (),
        True,
        "没有填写本人电话，确无电话的可不填",
        missing="phone",
        warn=True,
    ),
    Check(
        "no_disease_beside_diseases",
        ("hx_disease",),
        _NONE_BESIDE_OTHERS,
        "既往史选择了“无”，不能再选其他疾病",
    ),
    _answered("hx_disease", "既往史（疾病）"),
    _answered("fam_father", "父亲的家族史"),
    _answered("fam_mother", "母亲的家族史"),
    _answered("fam_sibling", "兄弟姐妹的家族史"),
    _answered("fam_child", "子女的家族史"),
    _answered("disability", "残疾情况"),
    *_list_fits("hx_surgery", "手术"),
    *_list_fits("hx_trauma", "外伤"),
    *_list_fits("hx_transfusion", "输血"),
    checks.follows(
        "drug_allergy", "5", then="drug_allergy_other", sentence_zh="请写明其他过敏药物"
    ),
    checks.follows("genetic", "2", then="genetic_text", sentence_zh="请写明遗传病名称"),
)
