"""What a child is owed and was given: the visit after birth, the checks, the massage, the doses.

Days follow from the birth date; what was missed and what is still open is drawn, so that a team has
something to do.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from server.demo.care import Care, Done
from server.records.ages import months_later
from server.records.child_slots import CHILD, INFANT, SLOTS, TODDLER

KEPT: Final = 0.88  # of the checks of the past
SLOW: Final = 0.04  # with one warning sign
KEPT_OPEN: Final = 0.5  # of those whose window is open now
_TO_30: Final = (*INFANT, *TODDLER)
_ALL: Final = tuple(SLOTS)

# Slot -> weight in 10 g, length in mm of an ordinary child.
_SIZE: Final = {
    "1m": (430, 545), "3m": (640, 615), "6m": (795, 675), "8m": (870, 705), "12m": (965, 758),
    "18m": (1100, 820), "24m": (1225, 878), "30m": (1340, 925), "36m": (1440, 965),
    "4y": (1640, 1035), "5y": (1840, 1105), "6y": (2080, 1170),
}  # fmt: skip
_TEETH: Final = {"6m": 0, "8m": 3, "12m": 6, "18m": 12, "24m": 16}
_SEEN: Final[tuple[tuple[tuple[str, ...], dict[str, Any]], ...]] = (
    (INFANT, {"mouth": "1", "genital": "1"}),
    (CHILD, {"wh_ratio_grade": "2", "phys_eval": ["1"]}),
    (_TO_30, {"face": "1", "skin": "1", "eye": "1", "ear": "1", "limbs": "1", "outdoor": 20,
              "vit_d": 400}),
    (("1m", "3m", "6m"), {"neck_mass": "1"}),
    (("1m", "3m"), {"navel": "2"}),
    (("1m", "3m", "6m", "8m", "12m"), {"fontanelle": "2", "fontanelle_long": 15,
                                       "fontanelle_wide": 15}),
    (("18m", "24m"), {"fontanelle": "1"}),
    (("6m", "12m", "24m", "36m"), {"hearing": "1"}),
    (("4y", "5y", "6y"), {"vision_l": 49, "vision_r": 49}),
    (("3m", "6m", "8m"), {"rickets_sym": ["1"]}),
    ((*INFANT[1:], *TODDLER), {"rickets_sign": ["1"]}),
    (TODDLER, {"gait": "1"}),
    ((*TODDLER, *CHILD), {"caries": 0}),
    (("8m", "18m", "30m", "4y", "5y", "6y"), {"hb": 1200}),
    (_ALL[1:], {"dev_warn": ["0"]}),
)  # fmt: skip
_HEAD: Final = {"1m": 370, "3m": 400, "6m": 430, "8m": 445}
_SIGN: Final = {"12m": "12m4", "18m": "18m1", "24m": "24m1"}
_TECHNIQUE: Final = {6: "1", 12: "1", 18: "2", 24: "2", 30: "3", 36: "3"}

# Vaccine, dose, age in months at which it is given here: right by the schedules of 2021 and 2026.
_DOSES: Final = (
    ("hepb", 1, 0), ("bcg", 1, 0), ("hepb", 2, 1), ("ipv", 1, 2), ("ipv", 2, 3), ("dtap", 1, 3),
    ("bopv", 3, 4), ("dtap", 2, 5), ("hepb", 3, 6), ("mpsva", 1, 6), ("dtap", 3, 7), ("mmr", 1, 8),
    ("jel", 1, 8), ("mpsva", 2, 9), ("dtap", 4, 18), ("mmr", 2, 18), ("hepal", 1, 18),
    ("jel", 2, 24), ("mpsvac", 1, 36), ("bopv", 4, 48), ("dtap", 5, 72), ("mpsvac", 2, 72),
)  # fmt: skip
NEW_SCHEDULE: Final = date(2024, 11, 1)
DT_UNTIL: Final = date(2018, 12, 31)  # born by then: the dose at six is DT
_EARLIER: Final = {("dtap", 1): 2, ("dtap", 2): 4, ("dtap", 3): 6}  # of those born since


def done(care: Care) -> Iterator[Done]:
    """Everything a child has had."""
    rng = care.rng
    birth = care.person.birth_date
    if rng.random() < KEPT:
        yield birth + timedelta(days=5 + rng.randrange(3)), "newborn_visit", _newborn(care)
    for slot in SLOTS:
        day, last = _window(slot, birth)
        on = day + timedelta(days=rng.randrange(14))
        if rng.random() < (KEPT if last < care.today else KEPT_OPEN):
            yield on, "child_check", _check(care, slot, on)
    for months, technique in _TECHNIQUE.items():
        on = months_later(birth, months) + timedelta(days=rng.randrange(20))
        if rng.random() < KEPT:
            yield on, "child_tcm", _massage(care, months, technique, on)
    yield from doses(care)


def doses(care: Care) -> Iterator[Done]:
    """What a child was vaccinated with, by its age."""
    rng, birth = care.rng, care.person.birth_date
    late = rng.randrange(8)
    for vaccine, dose, months in _schedule(birth):
        on = months_later(birth, months) + timedelta(days=late if months else 0)
        recent = on > care.today - timedelta(days=60)
        if not recent or not months or rng.random() < KEPT_OPEN:
            yield on, "vaccination", _dose(care, vaccine, dose, on)


def _schedule(birth: date) -> Iterator[tuple[str, int, int]]:
    """The doses of somebody born that day: vaccine, dose, age in months."""
    for vaccine, dose, months in _DOSES:
        if (vaccine, dose) == ("dtap", 5) and birth <= DT_UNTIL:
            yield "dt", 1, months
        elif birth >= NEW_SCHEDULE:
            yield vaccine, dose, _EARLIER.get((vaccine, dose), months)
        else:
            yield vaccine, dose, months


def _window(slot: str, birth: date) -> tuple[date, date]:
    """First and last day of a check."""
    number = int(slot[:-1])
    if slot == "1m":
        return birth + timedelta(days=28), birth + timedelta(days=42)
    if slot.endswith("y"):
        first = months_later(birth, 12 * number)
        return first, months_later(first, 12) - timedelta(days=1)
    first = months_later(birth, number)
    return first, first + timedelta(days=29)


def _newborn(care: Care) -> dict[str, Any]:
    rng = care.rng
    weight = 280 + rng.randrange(100)
    return {
        "mother_name": care.relative(female=True), "father_name": care.relative(female=False),
        "mother_phone": care.person.phone, "gest_week": 38 + rng.randrange(4),
        "preg_disease": ["1"], "birth_org": "环翠区妇幼保健院", "birth_mode": [rng.choice("114")],
        "asphyxia": "1", "malformation": "1", "hearing_screen": "1", "disease_screen": ["2"],
        "birth_weight": weight, "now_weight": weight + 5, "birth_len": 490 + rng.randrange(30),
        "feeding": "1", "vomit": "1", "stool": "1", "stool_times": 4, "temp": 366, "hr": 130,
        "rr": 42, "face": "1", "jaundice": ["1"], "fontanelle_long": 20, "fontanelle_wide": 20,
        "fontanelle": "1", "skin": ["1"], "cord": "2", "referral": "1", "guidance": ["1", "2"],
        **dict.fromkeys(
            ("eye", "limb", "ear", "neck_mass", "nose", "mouth", "anus", "heart_lung", "chest",
             "abdomen", "spine", "genital"),
            "1",
        ),
        "next_place": care.facility,
        "next_date": (care.person.birth_date + timedelta(days=30)).isoformat(),
        "doctor": care.doctor,
    }  # fmt: skip


def _check(care: Care, slot: str, on: date) -> dict[str, Any]:
    rng: Random = care.rng
    weight, height = _SIZE[slot]
    body: dict[str, Any] = {
        "age_slot": slot, "weight": weight + rng.randrange(-40, 60),
        "weight_grade": "2", "height": height + rng.randrange(-15, 20), "height_grade": "2",
        "chest": "1", "abdomen": "1", "ill_between": ["1"], "eye_care": "1", "referral": "1",
        "guidance": ["1", "2"], "doctor": care.doctor,
    }  # fmt: skip
    for slots, answers in _SEEN:
        if slot in slots:
            body |= answers
    if slot in _SIGN and rng.random() < SLOW:
        body |= {"dev_warn": [_SIGN[slot]], "referral": "2", "referral_reason": "可疑发育迟缓",
                 "referral_org": "演示妇幼保健院儿童保健科"}  # fmt: skip
    if slot in _HEAD:
        body["head"] = _HEAD[slot]
    if slot in _ALL[2:]:
        body["teeth"] = _TEETH.get(slot, 20)
    if slot != "6y":
        following = _ALL[_ALL.index(slot) + 1]
        due = _window(following, care.person.birth_date)[0]
        body["next_date"] = max(due, on + timedelta(days=10)).isoformat()
    return body


def _massage(care: Care, months: int, technique: str, on: date) -> dict[str, Any]:
    body = {
        "month": str(months), "services": ["1", "2", "3"], "technique": technique,
        "doctor": care.doctor,
    }  # fmt: skip
    if months != 36:
        body["next_date"] = (on + timedelta(days=180)).isoformat()
    return body


def _dose(care: Care, vaccine: str, dose: int, on: date) -> dict[str, Any]:
    by_mouth = vaccine == "bopv"
    return {
        "cert_no": f"{care.person.archive_no}0"[:18], "vaccine": vaccine, "dose_no": dose,
        "time": "09:10", "batch": f"{on.year}0{dose}A{care.rng.randrange(100, 999)}",
        "expiry": (on + timedelta(days=400)).isoformat(), "maker": "演示生物制品研究所",
        "site": "5" if by_mouth else "3" if (on - care.person.birth_date).days < 365 else "1",
        "route": "4" if by_mouth else "3" if vaccine == "bcg" else "2" if vaccine in
        ("mmr", "jel", "hepal") else "1",
        "precheck": ["1"], "temp": 366, "verify_by": "2", "observed": "1",
        "observed_until": "09:42", "aefi": "1", "clinic": f"{care.facility}接种门诊",
        "vaccinator": "演示护士",
    }  # fmt: skip
