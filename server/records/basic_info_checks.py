"""What the answers of the archive's own page must fit in each other.

A person is one person: birth date and sex are what the verified ID number says.
"""

from datetime import date
from typing import Final

from server.records import checks
from server.records.id_number import Holder, Valid, read_id_number
from server.records.model import ON, Check

_FOLLOWS_GB_11643: Final = {"01": Holder.CITIZEN, "05": Holder.HK_MO_TW}


def _not_a_number(id_type: str, id_no: str) -> bool:
    wanted = _FOLLOWS_GB_11643.get(id_type)
    if wanted is None:
        return False
    found = read_id_number(id_no)
    return not (isinstance(found, Valid) and found.holder is wanted)


def _other_birth(id_type: str, id_no: str, birth: date) -> bool:
    found = read_id_number(id_no) if id_type in _FOLLOWS_GB_11643 else None
    return isinstance(found, Valid) and found.birth != birth


def _other_sex(id_type: str, id_no: str, sex: str) -> bool:
    found = read_id_number(id_no) if id_type in _FOLLOWS_GB_11643 else None
    return isinstance(found, Valid) and found.sex != sex


def _too_old(birth: date, on: date) -> bool:
    return on.year - birth.year > 130


def _before_birth(since: date, birth: date) -> bool:
    return since < birth


def _none_beside_others(items: list[dict[str, object]]) -> bool:
    return len(items) > 1 and any(item["code"] == "1" for item in items)


def _none_with_a_list(answer: str, items: list[object]) -> bool:
    return answer == "1" and bool(items)


def _always() -> bool:
    return True


def _answered(name: str, label: str) -> Check:
    """An open question that may be left out only when its restricted half is answered."""
    unless = (f"{name}_restricted",)
    return Check(f"{name}_answered", (), _always, f"请填写{label}", missing=name, unless=unless)


def _list_fits(name: str, label: str) -> tuple[Check, ...]:
    said = f"{label}选择了“无”，不能再填写记录"
    needs = (name, f"{name}_list")
    return (
        Check(f"{name}_fits_its_list", needs, _none_with_a_list, said),
        checks.follows(name, "2", then=f"{name}_list", sentence_zh=f"请填写{label}记录", warn=True),
    )


CHECKS: Final = (
    checks.unlike("id_type", "99", then="id_no", sentence_zh="请填写证件号码"),
    Check(
        "id_number_is_one",
        ("id_type", "id_no"),
        _not_a_number,
        "证件号码不符合编码规则，请核对证件",
        field="id_no",
    ),
    Check(
        "birth_as_in_id_number",
        ("id_type", "id_no", "birth_date"),
        _other_birth,
        "出生日期与证件号码不一致",
        field="birth_date",
    ),
    Check(
        "sex_as_in_id_number",
        ("id_type", "id_no", "sex"),
        _other_sex,
        "性别与证件号码不一致",
        field="sex",
    ),
    Check("age_is_possible", ("birth_date", ON), _too_old, "年龄超过 130 岁，请核对"),
    Check(
        "lived_here_since_birth",
        ("residence_since", "birth_date"),
        _before_birth,
        "居住起始日不能早于出生日期",
    ),
    Check(
        "phone_asked",
        (),
        _always,
        "没有填写本人电话，确无电话的可不填",
        missing="phone",
        warn=True,
    ),
    Check(
        "no_disease_beside_diseases",
        ("hx_disease",),
        _none_beside_others,
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
