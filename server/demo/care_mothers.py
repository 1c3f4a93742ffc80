"""Pregnancies: the first check, four more, the visit after birth, the check after six weeks; and
the page for what was screened, which only the specialist reads.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from server.demo.care import Care, Done
from server.records.ages import months_later

FIRST_DAY: Final = 74  # of the pregnancy
NEXT_WEEKS: Final = (18, 23, 32, 38)
TERM_DAYS: Final = 278
GAIN_A_WEEK: Final = 4  # tenths of kg since the first check
SCREENED: Final = 0.5  # of the results, those that are in already


def delivered(care: Care) -> Iterator[Done]:
    """Somebody who gave birth within the year."""
    born = care.today - timedelta(days=12 + care.rng.randrange(320))
    yield from _pregnant(care, born - timedelta(days=TERM_DAYS), until=born)
    home = born + timedelta(days=3)
    yield home + timedelta(days=4), "postpartum_visit", _visit(care, born, home)
    if care.rng.random() < 0.9:
        yield born + timedelta(days=44), "postpartum_42", _day_42(care, born, home)


def expecting(care: Care) -> Iterator[Done]:
    """Somebody who is pregnant now."""
    lmp = care.today - timedelta(days=80 + care.rng.randrange(170))
    yield from _pregnant(care, lmp, until=care.today)


def _pregnant(care: Care, lmp: date, *, until: date) -> Iterator[Done]:
    first = lmp + timedelta(days=FIRST_DAY)
    yield first, "antenatal_first", _first(care, lmp, first)
    if care.rng.random() < SCREENED:
        yield first + timedelta(days=3), "restricted_part", _screened(care, first)
    for number, week in enumerate(NEXT_WEEKS, start=2):
        on = lmp + timedelta(days=7 * week + 2)
        if on < until and care.rng.random() < 0.92:
            yield on, "antenatal_next", _next(care, number, week, on)


def _first(care: Care, lmp: date, on: date) -> dict[str, Any]:
    rng = care.rng
    person = care.habitus
    weight = person.weight(person.bmi)
    birth = care.person.birth_date
    age = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    return {
        "gest_week": FIRST_DAY // 7, "gest_day": FIRST_DAY % 7, "age": age,
        "husband_name": care.relative(female=False), "gravida": 1, "para_vaginal": 0,
        "para_caesarean": 0, "lmp": lmp.isoformat(),
        "edd": (months_later(lmp, 9) + timedelta(days=7)).isoformat(),
        "hx": ["1"], "fam_hx": ["1"], "personal": ["1"], "gyn_surgery": "1", "lost_early": 0,
        "lost_induced": 0, "fetal_death": 0, "stillbirth": 0, "newborn_death": 0, "defect": 0,
        "height": person.height, "weight": weight, "bmi": person.bmi,
        "sbp": 108 + rng.randrange(14), "dbp": 66 + rng.randrange(12), "heart": "1", "lung": "1",
        "vulva": "1", "vagina": "1", "cervix": "1", "uterus": "1", "adnexa": "1", "hb": 1240,
        "wbc": 78, "plt": 220, "urine_pro": "0", "urine_glu": "0", "urine_ket": "0",
        "urine_occ": "0", "alt": 210, "ast": 190, "alb": 420, "tbil": 110, "dbil": 30, "cr": 560,
        "bun": 350, "blood_abo": "1", "blood_rh": "2", "screen_taken": "1", "overall": "1",
        "risk_level": "2" if rng.random() < 0.2 else "1", "guidance": ["1", "3"], "referral": "1",
        "next_date": (on + timedelta(days=50)).isoformat(), "doctor": care.doctor,
    }  # fmt: skip


def _screened(care: Care, first: date) -> dict[str, Any]:
    return {
        "beside": "2", "hbsag": "1", "syphilis": "1", "hiv": "1",
        "tested_on": first.isoformat(), "doctor": care.doctor,
    }  # fmt: skip


def _next(care: Care, number: int, week: int, on: date) -> dict[str, Any]:
    person = care.habitus
    gained = GAIN_A_WEEK * (week - FIRST_DAY // 7)
    body: dict[str, Any] = {
        "seq": number, "kind": "1", "gest_week": week,
        "weight": person.weight(person.bmi) + gained,
        "fundus": 10 * week - 20, "abdomen": 760 + 6 * week, "fhr": 138 + care.rng.randrange(12),
        "sbp": 110 + care.rng.randrange(14), "dbp": 68 + care.rng.randrange(10), "hb": 1180,
        "urine_pro": "0", "class": "1", "guidance": ["1", "5"], "referral": "1",
        "next_date": (on + timedelta(days=28)).isoformat(), "doctor": care.doctor,
    }  # fmt: skip
    if week >= 28:
        body["position"] = "loa"
    return body


def _well(care: Care, born: date, home: date) -> dict[str, Any]:
    return {
        "delivery_date": born.isoformat(), "discharge_date": home.isoformat(), "general": "良好",
        "psych": "情绪平稳", "sbp": 112 + care.rng.randrange(10), "dbp": 70, "breast": "1",
        "lochia": "1", "uterus": "1", "wound": "1", "class": "1", "doctor": care.doctor,
    }  # fmt: skip


def _visit(care: Care, born: date, home: date) -> dict[str, Any]:
    return {
        **_well(care, born, home), "temp": 366, "guidance": ["1", "4", "5"], "referral": "1",
        "next_date": (born + timedelta(days=44)).isoformat(),
    }  # fmt: skip


def _day_42(care: Care, born: date, home: date) -> dict[str, Any]:
    return {**_well(care, born, home), "guidance": ["1", "2"], "disposal": "1"}
