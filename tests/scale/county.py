"""The county that is filled: who is where, by number alone, so that any part can be made at any
time and is the same.

A panel has up to 2,000 residents (S004-2(11)); every fifth panel is of facility 0, which so becomes
the largest by far, the others are spread over fifteen.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final

from server.settings import CIVIL
from tests.world import check_digit

FACILITIES: Final = 16
EVERY: Final = 5  # one panel of so many is of the largest facility
DEVICES: Final = 2  # tablets of a panel that hold a copy of everybody in it
BEGUN_MS: Final = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯"
    "于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
_GIVEN: Final = (
    "建国军明华强志伟平海波勇斌涛辉刚杰峰磊鹏飞超浩宇轩泽豪俊文博庆德福光荣永成新春秀英桂兰芳丽娟敏静霞燕玲"
    "红梅莉萍娜颖慧洁琳雪倩婷怡欣雨涵"
)
_NAMES: Final = len(_SURNAMES) * len(_GIVEN) ** 2
_STRIDE: Final = 104_729  # a prime that divides none of them: neighbours have different names


@dataclass(frozen=True, slots=True)
class Size:
    """How much: so many residents, each with so many changes, the opening of the archive first."""

    residents: int
    changes: int  # of one resident
    panel: int = 2_000
    seed: int = 8

    @property
    def panels(self) -> int:
        return -(-self.residents // self.panel)

    def people(self, panel: int) -> range:
        """The numbers of those who are in a panel."""
        return range(panel * self.panel, min(self.residents, (panel + 1) * self.panel))

    def panel_id(self, panel: int) -> bytes:
        return made_id(f"{self.seed}/panel/{panel}", BEGUN_MS)

    def facility_id(self, facility: int) -> bytes:
        return made_id(f"{self.seed}/facility/{facility}", BEGUN_MS)

    def doctor_id(self, panel: int) -> bytes:
        return made_id(f"{self.seed}/doctor/{panel}", BEGUN_MS)

    def desk_id(self, facility: int) -> bytes:
        return made_id(f"{self.seed}/desk/{facility}", BEGUN_MS)

    def device_id(self, panel: int, n: int) -> bytes:
        return made_id(f"{self.seed}/device/{panel}/{n}", BEGUN_MS)

    def resident_id(self, number: int) -> bytes:
        """Rising with the number: rows of a panel lie together."""
        return made_id(f"{self.seed}/resident/{number}", BEGUN_MS + number * 60_000)

    def change_id(self, number: int, n: int, at_ms: int) -> bytes:
        return made_id(f"{self.seed}/change/{number}/{n}", at_ms)


def noon_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=CIVIL).timestamp() * 1000)


def facility_of(panel: int) -> int:
    return 0 if panel % EVERY == 0 else 1 + (panel - panel // EVERY - 1) % (FACILITIES - 1)


def made_id(name: str, at_ms: int) -> bytes:
    """A UUIDv7 whose random part comes from a name."""
    rest = bytearray(sha256(name.encode()).digest()[:10])
    rest[0] = 0x70 | rest[0] & 0x0F
    rest[2] = 0x80 | rest[2] & 0x3F
    return at_ms.to_bytes(6) + bytes(rest)


def name_of(number: int) -> str:
    """Three signs; no two of the first 200,000 in a row are the same."""
    turn = number * _STRIDE % _NAMES
    turn, first = divmod(turn, len(_SURNAMES))
    second, third = divmod(turn, len(_GIVEN))
    return _SURNAMES[first] + _GIVEN[second] + _GIVEN[third]


def id_number_of(model: int, turn: int, birth: str, *, male: bool) -> str:
    """Valid, and nobody else's: `turn` counts the people made after one model."""
    serial = turn % 500 * 2 + male
    base = f"37{model * 20 + turn // 500:04d}{birth.replace('-', '')}{serial:03d}"
    return base + check_digit(base)


def spellings(value: bytes) -> tuple[bytes, bytes, bytes]:
    """An id as it stands in rows, in forms and on the wire."""
    return value, value.hex().encode(), b64encode(value)
