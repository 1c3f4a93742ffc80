"""The archive's own page of a demo resident, filled in: what the register of kind basic_info holds.

The answers that nobody counts are drawn from the resident's own id, so that the page of one person
can be made at any time and always says the same.
"""

from datetime import date
from random import Random
from typing import Any

from server.demo.model import Condition, Few, Group, Resident
from server.demo.names import FEMALE, MALE, SURNAMES

KIND, VERSION = "basic_info", 1

# GB/T 3304: Han mostly; Korean, Hui and Manchu are the larger groups of the peninsula.
_ETHNIC = ("01",) * 60 + ("03", "10", "11")
_ALLERGIES = ("1",) * 17 + ("2", "3", "4")
_FAMILY = ("1",) * 6 + ("2", "2", "3", "7")
_DISEASES = {Condition.HYPERTENSION: "2", Condition.DIABETES: "3"}
_GROUPS = {Group.ELDERLY: "1", Group.MOTHER: "7", Group.CHILD_0_6: "8"}
_GROWN_UP, _RETIRED = 22, 65


def basic_info(resident: Resident, *, today: date) -> dict[str, Any]:
    """The filled-in page as of today. The resident must have an archive."""
    assert resident.has_archive, "no archive, no page"
    rng = Random(resident.id)
    age = (today - resident.birth_date).days // 366
    return {
        "name": resident.name,
        "id_type": "01",
        "id_no": resident.id_no,
        "sex": resident.sex,
        "birth_date": resident.birth_date.isoformat(),
        **_living(resident, rng, age=age),
        "blood_abo": rng.choice("123345"),
        "blood_rh": rng.choice("22222223"),
        **_history(resident, rng, age=age, today=today),
        "env_kitchen": "2",
        "env_fuel": rng.choice("133"),
        "env_water": "1",
        "env_toilet": rng.choice("113"),
        "env_livestock": "1",
        "archive_status": "0",
        "archive_no": resident.archive_no,
        "responsible_facility": resident.facility.hex(),
        "responsible_team": resident.team.hex(),
        **_special_groups(resident),
        **_of_few(resident),
    }


def _living(resident: Resident, rng: Random, *, age: int) -> dict[str, Any]:
    child = age < _GROWN_UP
    contact = rng.choice(SURNAMES) + rng.choice(MALE) + rng.choice(FEMALE)
    return {
        "phone": resident.phone,
        "contact_name": contact,
        # The household's other phone: 19901 instead of 19900, no resident's own.
        "contact_phone": "19901" + resident.phone[5:],
        "residence_kind": rng.choice("11112"),
        "residence_since": resident.birth_date.isoformat(),
        "address_region": resident.archive_no[:12],
        "address_text": resident.address,
        "ethnic": rng.choice(_ETHNIC),
        "education": "10" if child else rng.choice("236778" if age < _RETIRED else "67889"),
        "occupation": "8" if child else rng.choice("12345"),
        "marital": "1" if child else rng.choice("2222234"),
        "pay_mode": [rng.choice("12")],
    }


def _history(resident: Resident, rng: Random, *, age: int, today: date) -> dict[str, Any]:
    diseases = [
        {
            "code": _DISEASES[each],
            "since": f"{today.year - rng.randint(2, 12)}-0{rng.randint(1, 9)}",
        }
        for each in resident.conditions
    ]
    return {
        "drug_allergy": [rng.choice(_ALLERGIES)],
        "exposure": ["1"],
        "hx_disease": diseases or [{"code": "1"}],
        "hx_surgery": "1",
        "hx_trauma": "1",
        "hx_transfusion": "1",
        "fam_father": [rng.choice(_FAMILY)],
        "fam_mother": [rng.choice(_FAMILY)],
        "fam_sibling": [rng.choice(_FAMILY)],
        "fam_child": ["1"] if age < _RETIRED else [rng.choice(_FAMILY)],
        "genetic": "1",
        "disability": ["1"],
    }


def _of_few(resident: Resident) -> dict[str, Any]:
    """What the register says of those who are in care for something rare."""
    match resident.few:
        case Few.COPD:
            return {"hx_disease": [{"code": "5", "since": "2020-06"}], "special_group": ["1", "4"]}
        case Few.DISABLED:
            return {"disability": ["5"], "special_group": ["9"]}
        case Few.MENTAL:
            return {"special_group_restricted": ["5"]}
        case Few.TUBERCULOSIS:
            return {"special_group_restricted": ["6"]}
        case _:
            return {}


def _special_groups(resident: Resident) -> dict[str, list[str]]:
    codes = [_GROUPS[each] for each in resident.groups if each in _GROUPS]
    codes += [_DISEASES[each] for each in resident.conditions]
    return {"special_group": sorted(codes)} if codes else {}
