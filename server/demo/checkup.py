"""A yearly health check of an elderly person, filled in; the demo's longest form."""

from random import Random
from typing import Any

from server.demo.bodies import Habitus

# Everything that nearly everybody answers the same way: nothing found.
_NOTHING_FOUND: dict[str, Any] = {
    "symptoms": ["1"],
    "elder_selfcare": "1",
    "elder_cognition": "1",
    "elder_emotion": "1",
    "diet": ["1"],
    "occ_hazard": "1",
    "lips": "1",
    "throat": "1",
    "hearing": "1",
    "motor": "1",
    "skin": "1",
    "sclera": "1",
    "lymph": "1",
    "barrel": "1",
    "breath": "1",
    "rales": "1",
    "rhythm": "1",
    "murmur": "1",
    "abd_tender": "1",
    "abd_mass": "1",
    "abd_liver": "1",
    "abd_spleen": "1",
    "abd_dull": "1",
    "edema": "1",
    "dorsalis": "2",
    "prob_cerebro": ["1"],
    "prob_kidney": ["1"],
    "prob_heart": ["1"],
    "prob_vessel": ["1"],
    "prob_neuro": "1",
    "prob_other": "1",
    "urine_pro": "0",
    "urine_glu": "0",
    "urine_ket": "0",
    "urine_occ": "0",
    "ecg": "1",
    "chest_x": "1",
    "us_abd": "1",
    "assessment": "1",
}

# Laboratory values: (lowest, number of steps) in the unit and scale of the form.
_LABORATORY = {
    "hb": (1180, 400),
    "wbc": (42, 50),
    "plt": (140, 160),
    "fpg": (460, 140),
    "hba1c": (48, 14),
    "alt": (110, 250),
    "ast": (130, 220),
    "alb": (390, 90),
    "tbil": (80, 100),
    "dbil": (20, 40),
    "cr": (520, 400),
    "bun": (380, 350),
    "k": (370, 110),
    "na": (1370, 70),
    "tc": (380, 170),
    "tg": (70, 120),
    "ldl": (180, 150),
    "hdl": (105, 70),
}


# What was found of those in whom something was: (the field's answers, the finding as said, advice).
_FINDINGS: tuple[tuple[dict[str, Any], str, list[str]], ...] = (
    ({"us_abd": "2", "us_abd_text": "脂肪肝"}, "脂肪肝", ["2"]),
    ({"ecg": "2", "ecg_text": "偶发室性早搏"}, "心电图：偶发室性早搏", ["2"]),
    ({"ecg": "2", "ecg_text": "ST 段压低"}, "心电图：ST 段压低", ["3"]),
    ({"bp_l_sys": 152, "bp_l_dia": 88}, "血压偏高", ["2"]),
    ({"us_abd": "2", "us_abd_text": "胆囊结石"}, "胆囊结石", ["2"]),
)
FOUND = 0.28  # of the elderly


def with_finding(rng: Random, check: dict[str, Any]) -> dict[str, Any]:
    """The same check, of some with something found."""
    if rng.random() > FOUND:
        return check
    answers, said, advice = _FINDINGS[rng.randrange(len(_FINDINGS))]
    return {
        **check, **answers, "assessment": "2", "abnormals": [{"text": said}], "guidance": advice,
    }  # fmt: skip


HIGH_SYS, HIGH_DIA = 140, 90


def taken_again(check: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The same check with the pressure a follow-up of that day has; a high one is a finding."""
    sbp, dbp = before["sbp"], before["dbp"]
    found = {**check, "bp_l_sys": sbp, "bp_l_dia": dbp}
    if check["assessment"] == "2" or (sbp < HIGH_SYS and dbp < HIGH_DIA):
        return found
    return {**found, "assessment": "2", "abnormals": [{"text": "血压偏高"}], "guidance": ["2"]}


def health_check(rng: Random, person: Habitus) -> dict[str, Any]:
    """One check of somebody of 65 or older, laboratory included; nothing found."""
    chance = rng.random
    exercise = "1" if person.exercise_times >= 6 else "2" if person.exercise_times else "4"
    body = {
        **_NOTHING_FOUND,
        "temp": 361 + int(chance() * 9),
        "pulse": 60 + int(chance() * 30),
        "resp": 15 + int(chance() * 6),
        "bp_l_sys": 118 + int(chance() * 20),
        "bp_l_dia": 68 + int(chance() * 18),
        "height": person.height,
        "weight": person.weight(person.bmi),
        "waist": person.waist,
        "bmi": person.bmi,
        "elder_health_self": "1" if chance() < 0.5 else "2",
        "exercise_freq": exercise,
        "smoke": "3" if person.smoke else "1",
        "drink_freq": "3" if person.drink else "1",
        "teeth": ["1"] if chance() < 0.3 else ["2"],
        "vision_l": 42 + int(chance() * 8),
        "vision_r": 42 + int(chance() * 8),
        "heart_rate": 60 + int(chance() * 30),
        "prob_eye": ["1"] if chance() < 0.7 else ["4"],
        **{name: low + int(chance() * steps) for name, (low, steps) in _LABORATORY.items()},
    }
    if person.exercise_times:
        body |= {"exercise_min": person.exercise_min, "exercise_years": 5 + int(chance() * 20)}
    if person.smoke:
        body |= {"smoke_per_day": person.smoke, "smoke_start": person.smoke_start}
    if person.drink:
        body |= {"drink_per_day": person.drink, "drink_kind": ["1"], "drink_stop": "1"}
    return body
