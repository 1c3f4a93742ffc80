"""The yearly round of the elderly beside the check itself, and the agreements of those in care."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from server.demo.care import Care, Done
from server.records.ages import months_later

CONSTITUTION: Final = 0.8  # of the elderly who had their check
ELDER_YEARS: Final = 65
TYPES: Final = ("qi", "yang", "yin", "phlegm", "damp", "blood", "gloom", "special")
_HASH: Final = "5f" * 32


def beside_the_check(care: Care, on: date, bmi: int, waist: int) -> Iterator[Done]:
    """What is filled in on the day of an elder's health check."""
    if on < months_later(care.person.birth_date, 12 * ELDER_YEARS):
        return
    yield on, "elder_selfcare", _selfcare(care)
    if care.rng.random() < CONSTITUTION:
        yield on, "elder_tcm", _constitution(care, bmi, waist)


def _selfcare(care: Care) -> dict[str, Any]:
    slower = care.rng.random() < 0.2
    return {
        "eat": "0", "wash": "1" if slower else "0", "dress": "0", "toilet": "0",
        "move": "1" if slower else "0", "total": 2 if slower else 0, "doctor": care.doctor,
    }  # fmt: skip


def _constitution(care: Care, bmi: int, waist: int) -> dict[str, Any]:
    """Everything calm; the two answers that follow from size are those of this person."""
    heavy = sum(bmi >= each for each in (240, 250, 260, 280)) + 1
    round_ = sum(waist >= each for each in (800, 860, 910, 1060)) + 1
    answers = {f"q{number}": "1" for number in range(1, 34)} | {"q1": "5"}
    answers |= {"q9": str(heavy), "q28": str(round_)}
    phlegm = heavy + round_ + 2
    found = "1" if phlegm >= 11 else "2" if phlegm >= 9 else "3"
    calm = phlegm <= 10
    body: dict[str, Any] = {
        **answers, **{f"score_{each}": 4 for each in TYPES},
        **{f"is_{each}": "3" for each in TYPES}, "score_phlegm": phlegm, "is_phlegm": found,
        "score_balanced": 25, "is_balanced": ("1" if phlegm <= 8 else "2") if calm else "3",
        "doctor": care.doctor,
    }  # fmt: skip
    if found != "3":
        body["advice_phlegm"] = ["2", "4"]
    if calm:
        body["advice_balanced"] = ["2", "3"]
    return body


def agreement(care: Care, groups: list[str], items: list[str]) -> Iterator[Done]:
    """A year's agreement with the family doctor; some end soon."""
    begin = care.today - timedelta(days=care.rng.randrange(360))
    end = months_later(begin, 12) - timedelta(days=1)
    person = care.person
    yield begin, "fd_contract", {
        "agreement_no": f"HC-{begin.year}-{person.archive_no[-8:]}",
        "facility": person.facility.hex(), "team": person.team.hex(), "leader": care.doctor,
        "signer": "1", "group": groups,
        "packages": [{"code": "basic", "name": "基础包", "price": 3000, "payer": "2"}],
        "paid_insurance": 0, "paid_public": 3000, "paid_own": 0, "channel": "0",
        "sign_date": begin.isoformat(), "begin": begin.isoformat(), "end": end.isoformat(),
        "state": "1", "consent_text_hash": _HASH, "signature": _HASH,
        "items": [{"name": each, "due": 4, "done": 0} for each in items],
    }  # fmt: skip
