"""Good example bodies, one for each kind, for every test that needs a filled-in form.

`good("htn_followup", sbp=150)` is a dict that check() has nothing to say about, with the changes
made; a change to `LEFT_OUT` removes the field. `good_bytes` is the same as compact JSON.
"""

from copy import deepcopy
from datetime import date
from typing import Any, Final

import msgspec

from tests import cast_forms_acts, cast_forms_families, cast_forms_hall, cast_forms_others
from tests.cast_ids import DOCTOR, FACILITY, OTHER_FACILITY, TEAM

ON: Final = date(2026, 3, 10)
"""A service day that fits every example."""
TODAY: Final = date(2026, 3, 11)
LEFT_OUT: Final = object()

__all__ = [
    "DOCTOR",
    "FACILITY",
    "LEFT_OUT",
    "ON",
    "OTHER_FACILITY",
    "TEAM",
    "TODAY",
    "good",
    "good_bytes",
]


def good(kind_id: str, **changes: Any) -> dict[str, Any]:
    """A fresh good body of that kind with `changes` made. Raises KeyError for an unknown kind."""
    body = deepcopy(_GOOD[kind_id])
    body.update(changes)
    return {name: value for name, value in body.items() if value is not LEFT_OUT}


def good_bytes(kind_id: str, **changes: Any) -> bytes:
    """The same as compact UTF-8 JSON."""
    return msgspec.json.encode(good(kind_id, **changes))


_FOLLOWUP: Final[dict[str, Any]] = {
    "mode": "2",
    "symptoms": ["1"],
    "sbp": 138,
    "dbp": 84,
    "weight": 705,
    "weight_target": 680,
    "bmi": 248,
    "bmi_target": 239,
    "smoke_now": 10,
    "smoke_target": 5,
    "drink_now": 15,
    "drink_target": 10,
    "exercise_freq_now": 3,
    "exercise_min_now": 30,
    "exercise_freq_target": 5,
    "exercise_min_target": 30,
    "psych": "1",
    "compliance": "1",
    "med_adherence": "1",
    "adr": "1",
    "class": "1",
    "next_date": "2026-06-08",
    "doctor": DOCTOR,
}

_GOOD: Final[dict[str, dict[str, Any]]] = {
    "htn_followup": {
        **_FOLLOWUP,
        "heart_rate": 76,
        "salt_now": "2",
        "salt_target": "1",
        "meds": [{"name": "硝苯地平缓释片", "times_per_day": 2, "dose": "20mg"}],
    },
    "dm_followup": {
        **_FOLLOWUP,
        "dorsalis": "1",
        "staple_now": 300,
        "staple_target": 250,
        "fpg": 64,
        "hba1c": 65,
        "hba1c_date": "2026-02-20",
        "hypo": "1",
        "meds": [{"name": "二甲双胍片", "times_per_day": 3, "dose": "0.5g"}],
        "insulin": [{"kind": "甘精胰岛素", "usage": "睡前 10 单位"}],
    },
    "health_check": {
        "symptoms": ["1"],
        "temp": 365,
        "pulse": 72,
        "resp": 18,
        "bp_l_sys": 132,
        "bp_l_dia": 82,
        "bp_r_sys": 130,
        "bp_r_dia": 80,
        "height": 1660,
        "weight": 665,
        "waist": 850,
        "bmi": 241,
        "elder_health_self": "1",
        "elder_selfcare": "1",
        "elder_cognition": "1",
        "elder_emotion": "1",
        "exercise_freq": "1",
        "exercise_min": 40,
        "exercise_years": 10,
        "exercise_way": "散步",
        "diet": ["1"],
        "smoke": "1",
        "drink_freq": "1",
        "occ_hazard": "1",
        "lips": "1",
        "teeth": ["2", "4"],
        "throat": "1",
        "vision_l": 48,
        "vision_r": 49,
        "hearing": "1",
        "motor": "1",
        "skin": "1",
        "sclera": "1",
        "lymph": "1",
        "barrel": "1",
        "breath": "1",
        "rales": "1",
        "heart_rate": 72,
        "rhythm": "1",
        "murmur": "1",
        "abd_tender": "1",
        "abd_mass": "1",
        "abd_liver": "1",
        "abd_spleen": "1",
        "abd_dull": "1",
        "edema": "1",
        "hb": 1350,
        "wbc": 62,
        "plt": 210,
        "urine_pro": "0",
        "urine_glu": "0",
        "urine_ket": "0",
        "urine_occ": "1",
        "fpg": 561,
        "ecg": "1",
        "hba1c": 58,
        "alt": 215,
        "ast": 230,
        "alb": 425,
        "tbil": 128,
        "dbil": 41,
        "cr": 768,
        "bun": 553,
        "k": 421,
        "na": 1402,
        "tc": 487,
        "tg": 132,
        "ldl": 268,
        "hdl": 131,
        "chest_x": "1",
        "us_abd": "1",
        "prob_cerebro": ["1"],
        "prob_kidney": ["1"],
        "prob_heart": ["1"],
        "prob_vessel": ["1"],
        "prob_eye": ["4"],
        "prob_neuro": "1",
        "prob_other": "1",
        "meds": [{"name": "氨氯地平片", "usage": "口服", "dose": "5mg", "adherence": "1"}],
        "assessment": "2",
        "abnormals": [{"text": "白内障"}],
        "guidance": ["1"],
        "risk_control": ["4"],
        "feedback_date": "2026-03-12",
    },
    "encounter": {
        "time": "09:30",
        "subjective": "咽痛两天，无发热",
        "objective": "咽部充血，扁桃体不大",
        "assessment": "急性咽炎",
        "icd10": [{"code": "J02.9", "name": "急性咽炎"}],
        "plan": "多饮水，三天后复诊",
        "doctor": DOCTOR,
    },
    "statement": {"why": "2", "text": "那天刚爬完楼，歇一会儿再量是一百三十二"},
    "referral": {
        "direction": "1",
        "from_org": "张村镇卫生院",
        "from_doctor": "王医生",
        "to_org": "环翠区人民医院",
        "to_dept": "心血管内科",
        "to_doctor": "李医生",
        "impression": "高血压 3 级",
        "history": "高血压十年，近一月头晕",
        "treatment": "氨氯地平 5mg 每日一次，控制不佳",
        "reason": "1",
        "out_time": "15:20",
        "follow_due": "2026-03-24",
    },
    "basic_info": {
        "name": "张秀兰",
        "id_type": "01",
        "id_no": "11010519491231002X",
        "sex": "2",
        "birth_date": "1949-12-31",
        "phone": "13800138000",
        "contact_name": "李建国",
        "contact_phone": "0631-5223344",
        "residence_kind": "1",
        "residence_since": "1975-05-01",
        "address_region": "371002100001",
        "address_text": "张村镇前双岛村 12 号",
        "ethnic": "01",
        "education": "8",
        "occupation": "4",
        "marital": "2",
        "blood_abo": "1",
        "blood_rh": "2",
        "pay_mode": ["2"],
        "drug_allergy": ["2"],
        "exposure": ["1"],
        "hx_disease": [{"code": "2", "since": "2011-05"}],
        "hx_surgery": "2",
        "hx_surgery_list": [
            {
                "id": "0190a1b2c3d4708090a0b0c0d0e0f0aa",
                "name": "阑尾切除术",
                "since": "1988-07",
            }
        ],
        "hx_trauma": "1",
        "hx_transfusion": "1",
        "fam_father": ["2"],
        "fam_mother": ["1"],
        "fam_sibling": ["1"],
        "fam_child": ["1"],
        "genetic": "1",
        "disability": ["1"],
        "env_kitchen": "2",
        "env_fuel": "1",
        "env_water": "1",
        "env_toilet": "1",
        "env_livestock": "1",
        "special_group": ["1", "2"],
        "archive_status": "0",
    },
}
_GOOD.update(cast_forms_families.GOOD)
_GOOD.update(cast_forms_others.GOOD)
_GOOD.update(cast_forms_acts.GOOD)
_GOOD.update(cast_forms_hall.GOOD)
_GOOD["disabled_check"] = {
    **_GOOD["health_check"],
    "cert_seen": "1",
    "disability_type": "4",
    "disability_grade": "3",
    "need_rehab": ["3"],
    "devices": ["3"],
    "support_record": [{"date": "2026-02-12", "item": "康复训练指导", "doctor": "王医生"}],
    "cmp_3y": "3",
}
