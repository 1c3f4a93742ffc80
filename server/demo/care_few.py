"""The few of whom there are some in every county: what they were given, each by its own cycle."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from server.demo import checkup
from server.demo.bodies import Habitus
from server.demo.care import Care, Done

FAR_BACK: Final = 300  # days since the first of a year's visits

HIGH: Final = 0.2  # of the pressures of ordinary visits
SENT: Final = 0.15  # of those who were not at goal
BACK: Final = 0.7  # of those who were sent
_UNSTABLE: Final = "unstable"
_STATES: Final = ("", "", "", "basically", _UNSTABLE)
CHECKED: Final = 0.5  # of the yearly checks of those in care
LOOKED_AT: Final = 0.8  # of findings at a check
ANSWERED: Final = 0.9  # of the referrals that came of them
_FOUND: Final = "2"
_REGULAR: Final = "1"
_NOT_AT_GOAL: Final = "2"


def mental(care: Care) -> Iterator[Done]:
    """Severe mental disorder, stable: taken in, then every three months; the last may be late."""
    begun = care.today - timedelta(days=FAR_BACK + care.rng.randrange(60))
    yield begun, "smd_supplement", _supplement(care, begun)
    state = care.rng.choice(_STATES)
    for n in range(3 + care.rng.randrange(2)):
        on = begun + timedelta(days=88 * n + 3)
        yield on, "smd_followup", _mental_visit(care, on)
        if n == 1 and state:
            again = on + timedelta(days=30)
            yield again, "smd_followup", {**_mental_visit(care, again), **_unwell(state, again)}
    if care.rng.random() < CHECKED:
        seen = care.today - timedelta(days=30 + care.rng.randrange(60))
        check = checkup.health_check(care.rng, care.habitus)
        yield seen, "health_check", {
            name: value for name, value in check.items() if not name.startswith("elder_")
        }  # fmt: skip


def _unwell(state: str, on: date) -> dict[str, Any]:
    """A visit that found somebody less well: what is done and when to come again."""
    if state == _UNSTABLE:
        return {
            "risk": "3", "symptom": ["3"], "insight": "2", "class": "1", "effect": "3",
            "referral": "2", "referral_reason": "病情不稳定", "referral_org": "演示精神卫生中心",
            "next_date": (on + timedelta(days=14)).isoformat(),
        }  # fmt: skip
    return {
        "risk": "1", "symptom": ["3"], "insight": "2", "class": "2",
        "next_date": (on + timedelta(days=14)).isoformat(),
    }  # fmt: skip


def _supplement(care: Care, on: date) -> dict[str, Any]:
    return {
        "guardian_name": care.relative(female=False), "guardian_tie": "父亲",
        "guardian_address": care.person.address, "guardian_phone": care.person.phone,
        "village_contact": care.relative(female=True), "village_phone": care.person.phone,
        "hukou": "2", "employment": "3", "consent": "1", "consent_signer": "演示监护人",
        "consent_date": on.isoformat(), "onset": "2012-09", "past_symptom": ["1", "3"],
        "lock": "1", "outpatient": "3", "first_drug": "2012-11", "admissions": 1,
        "diagnosis": "1", "diagnosed_by": "演示精神卫生中心", "diagnosed_on": "2012-11-03",
        "last_effect": "2", "risk_acts": [{"code": "7"}], "economy": "2",
        "specialist_opinion": "规律服药，门诊随访", "doctor": care.doctor,
    }  # fmt: skip


def _mental_visit(care: Care, on: date) -> dict[str, Any]:
    return {
        "mode": "2", "risk": "0", "symptom": ["0"], "insight": "1", "sleep": "1", "diet": "1",
        "self_care": "1", "housework": "1", "work": "9", "study": "2", "social": "2",
        "risk_acts": [{"code": "7"}], "lock": "1", "hospital": "0", "lab": "1",
        "med_adherence": _REGULAR, "adr": "1", "effect": "2", "referral": "1",
        "meds": [{"name": "奥氮平片", "times_per_day": 1, "dose": "10mg"}], "rehab": ["1"],
        "class": "3", "next_date": (on + timedelta(days=88)).isoformat(), "doctor": care.doctor,
    }  # fmt: skip


def tuberculosis(care: Care) -> Iterator[Done]:
    """Tuberculosis in its third month: every ten days at first, monthly since."""
    begun = care.today - timedelta(days=100)
    yield begun, "tb_first", _tb_first(care, begun)
    for n, days in enumerate((10, 20, 30, 40, 50, 60, 90), start=1):
        on = begun + timedelta(days=days)
        if on <= care.today:
            yield on, "tb_followup", _tb_visit(care, on, month=(days - 1) // 30 + 1, n=n)


def _habits(person: Habitus) -> dict[str, Any]:
    return {
        "smoke_now": person.smoke, "smoke_target": 0, "drink_now": person.drink, "drink_target": 0,
    }  # fmt: skip


def _tb_first(care: Care, on: date) -> dict[str, Any]:
    taught = ("card", "storage", "course", "irregular", "adr", "review", "travel", "habits",
              "contacts")  # fmt: skip
    return {
        "time": "14:30", "mode": "2", "patient_type": "1", "sputum": "1", "resist": "2",
        "symptoms": ["1", "2"], "regimen": "2HRZE/4HR", "usage": "1", "drug_form": ["1"],
        "supervisor": "2", "room": "1", "vent": "1", **_habits(care.habitus),
        "pickup_place": "演示结核病防治所", "pickup_date": (on + timedelta(days=10)).isoformat(),
        **{f"edu_{each}": "1" for each in taught},
        "next_date": (on + timedelta(days=10)).isoformat(), "doctor": care.doctor,
    }  # fmt: skip


def _tb_visit(care: Care, on: date, *, month: int, n: int) -> dict[str, Any]:
    following = 10 if n < 6 else 30
    return {
        "month_no": month, "supervisor": "2", "mode": "2", "symptoms": ["0"],
        **_habits(care.habitus), "regimen": "2HRZE/4HR", "usage": "1", "drug_form": ["1"],
        "missed": 0, "adr": "1", "comorbid": "1", "advice": "继续服药，按时复查",
        "next_date": (on + timedelta(days=following)).isoformat(), "doctor": care.doctor,
    }  # fmt: skip


def reported(care: Care) -> Iterator[Done]:
    """A notifiable disease: one card."""
    on = care.today - timedelta(days=40 + care.rng.randrange(60))
    yield on, "infectious_report", {
        "kind": "1", "phone": care.person.phone, "belong": "1",
        "address_region": care.person.archive_no[:12], "address_text": care.person.address,
        "crowd": "18", "case_class": "2", "acute": "1",
        "onset": (on - timedelta(days=4)).isoformat(), "diagnosed_on": on.isoformat(),
        "diagnosed_time": "10:20", "disease": "0302", "report_unit": care.facility,
        "fill_time": "10:50", "receipt_date": on.isoformat(), "receipt_time": "11:20",
        "doctor": care.doctor,
    }  # fmt: skip


def lungs(care: Care) -> Iterator[Done]:
    """Chronic obstructive lung disease: the special archive and three follow-ups."""
    person = care.habitus
    begun = care.today - timedelta(days=FAR_BACK)
    size = {"height": person.height, "weight": person.weight(person.bmi)}
    yield begun, "copd_record", {
        "family_hx": "2", "risk_factors": ["1", "2"], "dx_date": f"{care.today.year - 4}-06",
        "dx_org": "演示人民医院", **size, "source": "2", "doctor": care.doctor,
    }  # fmt: skip
    for n in range(3):
        on = begun + timedelta(days=5 + 90 * n)
        yield on, "copd_followup", {
            "mode": "1", "symptoms": ["2", "3"], **size, "weight_target": size["weight"],
            "sbp": 128, "dbp": 78, "heart_rate": 82, "resp": 18, "spo2": 95, "exac": 1,
            "exac_hosp": 0, "smoke_now": person.smoke, "smoke_target": 0,
            "exercise_freq_now": person.exercise_times,
            "exercise_min_now": person.exercise_min,
            "exercise_freq_target": max(5, person.exercise_times), "exercise_min_target": 30,
            "psych": "1", "compliance": "1", "fev1": 165, "fev1_fvc": 620, "fev1_pred": 610,
            "cat": 12, "mmrc": 1, "gold_grade": "2", "gold_group": "b", "level": "1",
            "med_adherence": _REGULAR, "adr": "1", "inhaler": "1", "vaccines": ["1"],
            "meds": [{"name": "布地奈德福莫特罗", "times_per_day": 2, "dose": "1 吸"}],
            "next_date": (on + timedelta(days=90)).isoformat(), "doctor": care.doctor,
        }  # fmt: skip


def disabled(care: Care) -> Iterator[Done]:
    """Somebody with a certificate: the yearly check, for every second one done."""
    if care.rng.random() < 0.5:
        return
    on = care.today - timedelta(days=20 + care.rng.randrange(200))
    check = checkup.health_check(care.rng, care.habitus)
    yield on, "disabled_check", {
        **{name: value for name, value in check.items() if not name.startswith("elder_")},
        "cert_seen": "1", "disability_type": "4", "disability_grade": "3",
        "support_record": [
            {"date": on.isoformat(), "item": "康复指导", "doctor": "演示医生"},
        ],
        "cmp_3y": "1",
    }  # fmt: skip


def met(care: Care) -> Iterator[Done]:
    """An ordinary encounter."""
    on = care.today - timedelta(days=5 + care.rng.randrange(200))
    pressure = {"sbp": 152, "dbp": 94} if care.rng.random() < HIGH else {"sbp": 126, "dbp": 78}
    yield on, "encounter", {
        **pressure, "time": "09:20", "subjective": "咽痛两天，无发热",
        "objective": "体温 36.6℃，咽部充血",
        "assessment": "上呼吸道感染", "icd10": [{"code": "J06.9", "name": "急性上呼吸道感染"}],
        "plan": "多饮水，对症处理，三天后复诊", "doctor": care.doctor,
    }  # fmt: skip


def referred(care: Care, visits: Sequence[tuple[date, dict[str, Any]]]) -> Iterator[Done]:
    """Of those who were not at goal some were sent to the hospital; most of them are back."""
    off_goal = [on for on, body in visits if body.get("class") == _NOT_AT_GOAL]
    if not off_goal or care.rng.random() > SENT:
        return
    yield from _sent(care, off_goal[-1], reason="1", found="控制不满意", back=BACK)


def found_at_a_check(care: Care, on: date, check: dict[str, Any]) -> Iterator[Done]:
    """What a check found is looked at in the hospital; of most the answer is there."""
    if check.get("assessment") == _FOUND and care.rng.random() < LOOKED_AT:
        what = "、".join(each["text"] for each in check.get("abnormals", ()))
        yield from _sent(care, on + timedelta(days=1), reason="6", found=what, back=ANSWERED)


def _sent(care: Care, on: date, *, reason: str, found: str, back: float) -> Iterator[Done]:
    """A referral, and what came back of it with that chance."""
    sent = {
        "direction": "1", "from_org": care.facility, "from_doctor": "演示医生",
        "to_org": "演示人民医院", "to_dept": "内科", "to_doctor": "演示专科医生",
        "impression": found, "history": f"{found}，一般情况好", "treatment": "未调整用药",
        "reason": reason, "out_time": "10:20",
        "follow_due": (on + timedelta(days=14)).isoformat(),
    }  # fmt: skip
    yield on, "referral", sent
    if care.rng.random() < back:
        day = on + timedelta(days=6)
        yield day, "referral", {
            "direction": "2", "answers": care.id_of("referral", on, sent).hex(),
            "from_org": "演示人民医院", "to_org": care.facility, "back_dx": f"{found}，已复查",
            "back_treatment": "门诊观察", "rehab_advice": "低盐饮食，三个月后复查",
            "back_date": day.isoformat(),
        }  # fmt: skip
