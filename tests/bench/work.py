"""The work: follow-ups of 500 residents a tablet, the same in every run (seeded), valid forms.

A follow-up is about 920 bytes of JSON with 29 fields and Chinese text. Each tablet visits its 500
residents four times, a quarter of a year apart, in rounds: so a batch of 200 touches 200 archives.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

from msgspec import Raw

from sync import wire

SEED: Final = 20261120
# Findings with numbers of their own, as doctors write them: repeats that compression can use, but
# no two alike.
_FINDINGS: Final = (
    "心电图：窦性心律，心率 {a} 次/分，大致正常",
    "空腹血糖 {c}.{d} mmol/L，尿常规未见异常",
    "总胆固醇 {c}.{d}{e}，甘油三酯 1.{a}，低密度脂蛋白 2.{b} mmol/L",
    "肌酐 {a} μmol/L，尿素氮 {c}.{e} mmol/L，尿微量白蛋白 {b} mg/L",
    "颈动脉内中膜厚 1.{d} mm，右侧斑块 {e}.{c} mm",
    "眼底动脉硬化 Ⅰ 级，家庭自测血压 1{b}/{a} mmHg",
)
_SIGNS: Final = (
    "双下肢无水肿", "双下肢轻度凹陷性水肿", "心律齐，未闻及杂音", "双肺呼吸音清，腹软无压痛",
    "颈静脉无怒张，面色红润", "步态平稳，腰围 {a} 厘米",
)  # fmt: skip
_DRUGS: Final = (
    ("硝苯地平缓释片", 2, "20mg"), ("苯磺酸氨氯地平片", 1, "5mg"), ("厄贝沙坦片", 1, "150mg"),
    ("缬沙坦胶囊", 1, "80mg"), ("酒石酸美托洛尔片", 2, "25mg"), ("吲达帕胺缓释片", 1, "1.5mg"),
    ("马来酸依那普利片", 2, "10mg"), ("氢氯噻嗪片", 1, "12.5mg"),
)  # fmt: skip


def id_of(name: str, at_ms: int) -> bytes:
    """A UUIDv7 whose random part comes from a name: the same in every run."""
    rest = bytearray(sha256(f"{SEED}/{name}".encode()).digest()[:10])
    rest[0] = 0x70 | rest[0] & 0x0F
    rest[2] = 0x80 | rest[2] & 0x3F
    return at_ms.to_bytes(6) + bytes(rest)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of the work: the full one, or a short run for the tests."""

    tablets: int = 8
    residents: int = 500  # of one tablet; a team has two tablets and one panel
    visits: int = 4  # of each resident
    batch: int = 200
    slices: int = 5  # the push is cut into these, with the limits measured between them
    edits: int = 50
    small: int = 10_000  # records held in the smallest of the districts of the growth figures
    large: int = 100_000
    huge: int = 500_000
    long: int = 0  # one more district, when asked for
    storm: int = 500  # tablets that come at once after an outage
    rounds: int = 25  # blocks of pulls of 50 changes; eight empty exchanges each
    conflicts_same: int = 16
    conflicts_other: int = 8
    people: int = 100_000  # of the facility that is searched
    listed: int = 10_000  # lines of a list that is read in
    planned: int = 40  # 1:n of the demo district, for plans
    district: int = 20_000  # residents of the portal; the whole county: tests/bench/portal.py
    web_residents: int = 2_000  # of the panel on a tablet of the app
    web_records: int = 50_000

    @property
    def records(self) -> int:
        """Follow-ups a tablet pushes."""
        return self.residents * self.visits

    @property
    def grown(self) -> "Size":
        """The same people in fewer and larger panels: one is a panel of 2,000."""
        return replace(self, tablets=4, residents=2 * self.residents)


FULL: Final = Size()
LONG: Final = replace(FULL, long=2_000_000)
QUICK: Final = Size(
    tablets=4,
    residents=60,
    visits=8,
    batch=40,
    slices=2,
    edits=16,
    small=300,
    large=900,
    huge=1_500,
    storm=20,
    rounds=2,
    people=3_000,
    listed=500,
    planned=1_000,
    district=2_000,
    web_residents=30,
    web_records=120,
)


def _text(rng: random.Random, phrases: tuple[str, ...]) -> str:
    numbers = {"a": rng.randint(58, 99), "b": rng.randint(10, 89)}
    digits = {name: rng.randint(1, 9) for name in "cde"}
    return rng.choice(phrases).format(**numbers, **digits)


def follow_up(rng: random.Random, doctor: bytes, on: date) -> dict[str, Any]:
    """One filled-in form of kind htn_followup."""
    sbp, dbp = rng.randint(112, 172), rng.randint(64, 98)
    good = sbp < 140 and dbp < 90
    weight, height = rng.randint(480, 920), rng.randint(150, 180)
    bmi = round(weight * 10_000 / height**2)
    smoke, drink = rng.choice((0, 0, rng.randint(1, 40))), rng.choice((0, 0, rng.randint(1, 60)))
    times, minutes = rng.randint(0, 7), rng.randint(2, 18) * 5
    drugs = rng.sample(_DRUGS, rng.choice((1, 1, 2, 3)))
    return {
        "mode": rng.choice("112"),
        "symptoms": ["1"] if rng.random() < 0.7 else sorted(rng.sample("23468", 2)),
        "sbp": sbp,
        "dbp": dbp,
        "weight": weight,
        "weight_target": weight - rng.randint(0, 40),
        "bmi": bmi,
        "bmi_target": bmi - rng.randint(0, 15),
        "heart_rate": rng.randint(56, 96),
        "sign_other": _text(rng, _SIGNS),
        "smoke_now": smoke,
        "smoke_target": smoke // 2,
        "drink_now": drink,
        "drink_target": drink // 2,
        "exercise_freq_now": times,
        "exercise_min_now": minutes,
        "exercise_freq_target": min(7, times + 2),
        "exercise_min_target": minutes + rng.choice((0, 10, 15)),
        "salt_now": rng.choice("123"),
        "salt_target": "1",
        "psych": rng.choice("112"),
        "compliance": rng.choice("112"),
        "aux_exam": f"{_text(rng, _FINDINGS)}；{_text(rng, _FINDINGS)}",
        "med_adherence": rng.choice("1112"),
        "adr": "1",
        "class": "1" if good else "2",
        "meds": [{"name": n, "times_per_day": t, "dose": d} for n, t, d in drugs],
        "next_date": (on + timedelta(days=rng.randint(80, 90) if good else 14)).isoformat(),
        "doctor": doctor.hex(),
    }


def visit(
    rng: random.Random, name: str, resident: bytes, doctor: bytes, on: date, at_ms: int
) -> bytes:
    """The change as the tablet writes it."""
    return wire.encode(
        wire.Change(
            id=id_of(name, at_ms), resident=resident, kind="htn_followup", v=1,
            on=on.isoformat(), at=at_ms, mono=at_ms % 10**7,
            body=Raw(wire.encode(follow_up(rng, doctor, on))),
        )
    )  # fmt: skip


def visits(
    size: Size, tablet: int, residents: list[bytes], doctor: bytes, today: date, now_ms: int
) -> Iterator[bytes]:
    """All follow-ups of one tablet, in the order in which they were recorded."""
    rng = random.Random(f"{SEED}/visits/{tablet}")
    for quarter in range(size.visits):
        back = (size.visits - 1 - quarter) * 90 + 1
        for place, resident in enumerate(residents):
            on = today - timedelta(days=back + place * 20 // max(1, len(residents)))
            at_ms = now_ms - (today - on).days * 86_400_000 + rng.randint(-3_600_000, 3_600_000)
            yield visit(rng, f"visit/{tablet}/{quarter}/{place}", resident, doctor, on, at_ms)


def bare_archive(
    district: int, who: bytes, facility: bytes, panel: bytes, status: str
) -> tuple[Any, ...]:
    """A row of `resident` for work that reads cards: where the archive is, and nothing in it."""
    sums = bytes(16)
    return (
        district, who, panel, facility, status, "", None, None, b"", 1, 0, sums, sums, b"", None,
    )  # fmt: skip
