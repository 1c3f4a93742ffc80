"""Vaccines and where and how they are given; the windows of the 2026 edition of the programme.

Mapped by label between systems, never by number. Minimum ages in months by dose; how far doses must
lie apart takes the earlier records and is the service plan's to say.
"""

from collections.abc import Mapping
from typing import Final

OTHER: Final = "other"
VACCINES: Final = {
    "hepb": "乙肝疫苗（HepB）",
    "bcg": "卡介苗（BCG）",
    "ipv": "脊灰灭活疫苗（IPV）",
    "bopv": "二价脊灰减毒活疫苗（bOPV）",
    "dtap": "百白破疫苗（DTaP）",
    "dt": "白破疫苗（DT）",
    "mmr": "麻腮风疫苗（MMR）",
    "jel": "乙脑减毒活疫苗（JE-L）",
    "jei": "乙脑灭活疫苗（JE-I）",
    "mpsva": "A 群流脑多糖疫苗（MPSV-A）",
    "mpsvac": "A 群 C 群流脑多糖疫苗（MPSV-AC）",
    "hepal": "甲肝减毒活疫苗（HepA-L）",
    "hepai": "甲肝灭活疫苗（HepA-I）",
    "2vhpv": "双价人乳头瘤病毒疫苗（2vHPV）",
    OTHER: "非免疫规划疫苗",
}
MIN_AGE_MONTHS: Final[Mapping[str, tuple[int, ...]]] = {
    "hepb": (0, 1, 6),
    "bcg": (0,),
    # Doses of polio count on from the inactivated to the oral vaccine.
    "ipv": (2, 3, 4),
    "bopv": (4, 4, 4, 48),
    "dtap": (2, 4, 6, 18, 72),
    "dt": (72,),
    "mmr": (8, 18),
    "jel": (8, 24),
    "jei": (8, 8, 24, 72),
    "mpsva": (6, 9),
    "mpsvac": (36, 72),
    "hepal": (18,),
    "hepai": (18, 24),
    "2vhpv": (156, 162),
}
"""Vaccine -> youngest age in months of the first, second, ... dose."""

SITES: Final = {
    "1": "左上臂三角肌",
    "2": "右上臂三角肌",
    "3": "左大腿前外侧",
    "4": "右大腿前外侧",
    "5": "无（口服）",
}
BY_MOUTH: Final = "4"
ROUTES: Final = {"1": "肌内注射", "2": "皮下注射", "3": "皮内注射", BY_MOUTH: "口服"}
LIVE: Final = frozenset({"bcg", "bopv", "mmr", "jel", "hepal"})
"""Live vaccines: not given in pregnancy or with a fever."""


def doses(vaccine: str) -> int | None:
    """How many doses the programme has; None for a vaccine outside it."""
    known = MIN_AGE_MONTHS.get(vaccine)
    return len(known) if known else None
