"""Filled-in forms that look like a year of ordinary care; check() has nothing to say about them.

A person has one height, one build and one set of habits (`Habitus`), so that the visits of a year
tell one story: pressure goes up, the next visit is two weeks later, and it comes down again.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

HTN_DRUGS = (
    {"name": "苯磺酸氨氯地平片", "times_per_day": 1, "dose": "5mg"},
    {"name": "硝苯地平缓释片", "times_per_day": 2, "dose": "20mg"},
    {"name": "缬沙坦胶囊", "times_per_day": 1, "dose": "80mg"},
    {"name": "厄贝沙坦片", "times_per_day": 1, "dose": "150mg"},
)
DM_DRUGS = (
    {"name": "盐酸二甲双胍片", "times_per_day": 3, "dose": "0.5g"},
    {"name": "格列美脲片", "times_per_day": 1, "dose": "2mg"},
    {"name": "阿卡波糖片", "times_per_day": 3, "dose": "50mg"},
)
ADVERSE = ("干咳", "脚踝轻度水肿", "服药后胃部不适", "偶有头晕")
EXAMINED = ("心电图：窦性心律", "尿常规未见异常", "血钾 4.2 mmol/L", "未查")

CONTROLLED, NOT_CONTROLLED, ADVERSE_REACTION = "1", "2", "3"
CONTROLLED_DAYS = 85
NOT_CONTROLLED_DAYS = 14


@dataclass(frozen=True, slots=True)
class Habitus:
    """What stays the same from visit to visit. Sizes in tenths of cm, kg/m²; drink in 0.1 两;
    exercise in times a week and minutes; `smoke_start` in years of age.
    """

    male: bool
    height: int
    bmi: int
    waist: int
    smoke: int
    drink: int
    exercise_times: int
    exercise_min: int
    smoke_start: int

    @classmethod
    def of(cls, resident: bytes, *, male: bool) -> "Habitus":
        """That resident as a grown-up: drawn from the id alone, so that whoever visits, whenever
        and on which tablet, meets the same body and the same habits.
        """
        chance = Random(resident + b"habitus").random
        bmi = 205 + int(chance() * 90)
        times = int(chance() * 8)
        return cls(
            male=male,
            height=(1580 if male else 1490) + int(chance() * 220),
            bmi=bmi,
            waist=3 * bmi + 130 + int(chance() * 60),
            smoke=5 + int(chance() * 16) if male and chance() < 0.35 else 0,
            drink=5 + int(chance() * 25) if male and chance() < 0.3 else 0,
            exercise_times=times,
            exercise_min=20 + 10 * int(chance() * 4) if times else 0,
            smoke_start=18 + int(chance() * 12),
        )

    def weight(self, bmi: int) -> int:
        """Tenths of kg at that BMI (tenths)."""
        return (bmi * self.height * self.height + 500_000) // 1_000_000


def followup_class(rng: Random) -> str:
    """Three of four visits find things under control."""
    chance = rng.random()
    return CONTROLLED if chance < 0.76 else NOT_CONTROLLED if chance < 0.98 else ADVERSE_REACTION


def next_visit(on: date, grade: str) -> date:
    """When the form says the next visit is due: within three months, or two weeks."""
    return on + timedelta(CONTROLLED_DAYS if grade == CONTROLLED else NOT_CONTROLLED_DAYS)


def htn_followup(
    rng: Random, person: Habitus, *, grade: str, on: date, doctor: str
) -> dict[str, Any]:
    """Hypertension follow-up; `grade` is the class of the visit, `doctor` 32 hex digits."""
    chance = rng.random
    calm = grade != NOT_CONTROLLED
    body = {
        "mode": "1" if chance() < 0.4 else "2",
        "symptoms": ["1"] if calm or chance() < 0.5 else ["2", "8"],
        "sbp": (116 if calm else 146) + int(chance() * 23),
        "dbp": (68 if calm else 86) + int(chance() * 18),
        **_body_size(person),
        "heart_rate": 60 + int(chance() * 32),
        **_habits(person),
        "salt_now": "2" if chance() < 0.6 else "1",
        "salt_target": "1",
        **_mind(rng),
        **_medication(rng, grade=grade, drugs=HTN_DRUGS),
        "next_date": next_visit(on, grade).isoformat(),
        "doctor": doctor,
    }
    if chance() < 0.3:
        body["aux_exam"] = EXAMINED[int(chance() * len(EXAMINED))]
    return body


def dm_followup(
    rng: Random, person: Habitus, *, grade: str, on: date, doctor: str
) -> dict[str, Any]:
    """Diabetes follow-up; fasting glucose in tenths of mmol/L decides whether it is controlled."""
    chance = rng.random
    calm = grade != NOT_CONTROLLED
    return {
        "mode": "1" if chance() < 0.4 else "2",
        "symptoms": ["1"] if calm or chance() < 0.5 else ["2", "4"],
        "sbp": 114 + int(chance() * 24),
        "dbp": 66 + int(chance() * 20),
        **_body_size(person),
        "dorsalis": "1",
        **_habits(person),
        "staple_now": 250 + 10 * int(chance() * 20),
        "staple_target": 250,
        **_mind(rng),
        "fpg": (48 if calm else 76) + int(chance() * 21),
        "hypo": "1",
        **_medication(rng, grade=grade, drugs=DM_DRUGS),
        "next_date": next_visit(on, grade).isoformat(),
        "doctor": doctor,
    }


def taken_again(visit: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The same visit with the pressure that another form of that day has: it is taken once."""
    return {**visit, "sbp": before["sbp"], "dbp": before["dbp"]}


def _body_size(person: Habitus) -> dict[str, int]:
    aim = min(person.bmi, 239)
    return {
        "weight": person.weight(person.bmi),
        "weight_target": person.weight(aim),
        "bmi": person.bmi,
        "bmi_target": aim,
    }


def _habits(person: Habitus) -> dict[str, int]:
    return {
        "smoke_now": person.smoke,
        "smoke_target": person.smoke // 2,
        "drink_now": person.drink,
        "drink_target": person.drink // 2,
        "exercise_freq_now": person.exercise_times,
        "exercise_min_now": person.exercise_min,
        "exercise_freq_target": max(5, person.exercise_times),
        "exercise_min_target": 30,
    }


def _mind(rng: Random) -> dict[str, str]:
    return {
        "psych": "1" if rng.random() < 0.8 else "2",
        "compliance": "1" if rng.random() < 0.8 else "2",
    }


def _medication(rng: Random, *, grade: str, drugs: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    chance = rng.random
    answers: dict[str, Any] = {
        "med_adherence": "1" if chance() < 0.85 else "2",
        "adr": "2" if grade == ADVERSE_REACTION else "1",
        "class": grade,
        "meds": [drugs[int(chance() * len(drugs))]],
    }
    if grade == ADVERSE_REACTION:
        answers["adr_text"] = ADVERSE[int(chance() * len(ADVERSE))]
    return answers
