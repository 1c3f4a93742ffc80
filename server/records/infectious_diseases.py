"""Notifiable diseases and within how many hours each is reported (法定传染病).

Only 0100, 0200 and 0300 are numbers of the national list that were at hand; the others are this
catalogue's own, in the order of the law, and are mapped by label when a file is exchanged. Two
hours: class A, those managed like it, and new or imported diseases (national specification 2017,
P55); all others 24 hours (P56). To be checked again before a district goes live.
"""

from collections.abc import Mapping
from typing import Final

_TWO_HOURS: Final = (
    ("0100", "鼠疫"),
    ("0200", "霍乱"),
    ("2701", "传染性非典型肺炎"),
    ("1901", "炭疽（肺炭疽）"),
    ("0900", "脊髓灰质炎"),
    ("2702", "人感染高致病性禽流感"),
    ("2703", "人感染 H7N9 禽流感"),
    ("9100", "其他新发或输入的传染病"),
)
_A_DAY: Final = (
    ("0300", "病毒性肝炎"),
    ("0301", "甲型肝炎"),
    ("0302", "乙型肝炎"),
    ("0303", "丙型肝炎"),
    ("0304", "丁型肝炎"),
    ("0305", "戊型肝炎"),
    ("0306", "病毒性肝炎（未分型）"),
    ("0401", "细菌性痢疾"),
    ("0402", "阿米巴性痢疾"),
    ("0501", "伤寒"),
    ("0502", "副伤寒"),
    ("0600", "艾滋病"),
    ("0601", "HIV 感染者"),
    ("0700", "淋病"),
    ("0800", "梅毒"),
    ("1000", "麻疹"),
    ("1100", "百日咳"),
    ("1200", "白喉"),
    ("1300", "流行性脑脊髓膜炎"),
    ("1400", "猩红热"),
    ("1500", "流行性出血热"),
    ("1600", "狂犬病"),
    ("1700", "钩端螺旋体病"),
    ("1800", "布鲁氏菌病"),
    ("1902", "炭疽（皮肤炭疽及其他）"),
    ("2100", "流行性乙型脑炎"),
    ("2300", "疟疾"),
    ("2400", "登革热"),
    ("2500", "新生儿破伤风"),
    ("2600", "肺结核"),
    ("2800", "血吸虫病"),
    ("2900", "新型冠状病毒感染"),
    ("3100", "流行性感冒"),
    ("3200", "流行性腮腺炎"),
    ("3300", "风疹"),
    ("3400", "急性出血性结膜炎"),
    ("3500", "麻风病"),
    ("3600", "斑疹伤寒"),
    ("3700", "黑热病"),
    ("3800", "包虫病"),
    ("3900", "丝虫病"),
    ("4000", "其他感染性腹泻病"),
    ("4100", "手足口病"),
    ("9200", "其他需要报告的传染病"),
)
DISEASES: Final = dict((*_TWO_HOURS, *_A_DAY))
HOURS: Final[Mapping[str, int]] = {
    **{code: 2 for code, _ in _TWO_HOURS},
    **{code: 24 for code, _ in _A_DAY},
}
"""Disease -> hours from diagnosis within which its card is in the national system."""

STAGED: Final = frozenset({"0300", "0302", "0303", "2800"})
"""Diseases whose card says acute or chronic."""
UNNAMED: Final = frozenset({"9100", "9200"})
