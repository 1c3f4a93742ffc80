"""A centre's own work of the year so far: patrols of what it helps to supervise, health education.

Like the rest of the demo it leaves something to do: the patrols of this half-year are begun, and
last month's talk is the newest.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final

from server.demo.identities import instant_ms, uuid7
from server.demo.model import Facility, FacilityWork, Staff

PATROL, EDUCATION = "supervision_patrol", "health_education"
VERSION: Final = 1
_SITES: Final = {
    "1": "镇中心农贸市场", "2": "镇供水站", "3": "镇中心小学", "4": "镇东药店",
    "5": "镇卫生院检验室", "6": "镇计生服务站",
}  # fmt: skip
_TOPICS: Final = (
    "高血压的预防", "糖尿病饮食", "老年人防跌倒", "儿童预防接种", "合理用药", "冬季呼吸道疾病",
)  # fmt: skip
_BOARDS: Final = ("演示门诊楼前", "演示候诊厅")
PRINTED, SHOWN, BOARD, CONSULTED, TALK = "1", "2", "3", "4", "5"


def work_of(facility: Facility, doctor: Staff, today: date) -> Iterator[FacilityWork]:
    """What one centre did from 1 January to today, oldest first."""
    rng = Random(facility.id + b"work")
    done = [*_patrols(rng, today), *_education(facility, rng, today)]
    for n, (on, kind, body) in enumerate(sorted(done, key=lambda each: (each[0], each[1]))):
        at_ms = instant_ms(on.toordinal(), hour=15)
        mark = sha256(facility.id + kind.encode() + n.to_bytes(2)).digest()
        yield FacilityWork(
            id=uuid7(at_ms, int.from_bytes(mark[:10]) >> 6), facility=facility.id,
            staff=doctor.id, kind=kind, version=VERSION, on=on, at_ms=at_ms,
            body={**body, "doctor": doctor.id.hex()},
        )  # fmt: skip


_Done = tuple[date, str, dict[str, Any]]


def _days(year: int, every: int, rng: Random, today: date) -> Iterator[date]:
    """A day in each window of so many months that has begun, none in the future."""
    for month in range(1, 13, every):
        on = date(year, month, 1) + timedelta(days=4 + rng.randrange(18))
        if on < today:
            yield on


def _patrols(rng: Random, today: date) -> Iterator[_Done]:
    for item, site in _SITES.items():
        for on in _days(today.year, 6, rng, today):
            yield on, PATROL, {
                "site": f"演示{site}", "address": f"演示路 {5 + int(item)} 号", "item": item,
                "found": "1",
            }  # fmt: skip


def _education(facility: Facility, rng: Random, today: date) -> Iterator[_Done]:
    def act(activity: str, topic: str, **more: Any) -> dict[str, Any]:
        return {
            "activity": activity, "time": "09:00", "place": "演示村文化大院", "topic": topic,
            "topic_code": ["3"], "organiser": facility.name, "kept": ["2", "5"], "photo_count": 2,
            **more,
        }  # fmt: skip

    for n, on in enumerate(_days(today.year, 1, rng, today)):
        topic = _TOPICS[n % len(_TOPICS)]
        yield on, EDUCATION, act(
            TALK, topic, speaker="演示医生", hearers_kind="中老年村民",
            hearers=30 + rng.randrange(40),
        )  # fmt: skip
        if n % 4 != 3:
            later = on + timedelta(days=3)
            if later < today:
                yield later, EDUCATION, act(
                    CONSULTED, topic, hearers_kind="村民", hearers=60 + rng.randrange(60)
                )  # fmt: skip
    for n, on in enumerate(_days(today.year, 2, rng, today)):
        for board in (1, 2):
            yield on + timedelta(days=board - 1), EDUCATION, act(
                BOARD, _TOPICS[n % len(_TOPICS)], place=_BOARDS[board - 1]
            )  # fmt: skip
    first = date(today.year, 2, 10)
    if first < today:
        yield first, EDUCATION, act(PRINTED, "健康素养 66 条", material_kinds=12, copies=3_000)
        yield first, EDUCATION, act(SHOWN, "候诊区播放", material_kinds=4, copies=200)
