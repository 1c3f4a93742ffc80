"""An archive of ten years for tests and the bench: checkups, follow-ups and what stands around."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from server.actions.archives import afterwork
from server.actions.plan import nightly
from tests.cast_forms import LEFT_OUT, good
from tests.world import SU, TEAM_A, World, field

FOLLOWUPS: Final = 6  # a year


@dataclass(frozen=True, slots=True)
class Past:
    """One record of the past."""

    kind: str
    on: date
    body: dict[str, Any]


def ten_years(today: date, *, years: int = 10, seed: str = "ten") -> Iterator[Past]:
    """Every year a checkup and six follow-ups of pressure, four of glucose, and the elders' forms;
    the newest pressure is out of target, glucose has risen two years in a row.
    """
    rng = random.Random(seed)
    for back in reversed(range(years)):
        year = today.year - back
        for n in range(FOLLOWUPS):
            on = date(year, 1, 20) + timedelta(days=n * 55 + rng.randrange(9))
            if on < today:
                late = back == 0 and on + timedelta(days=60) > today
                yield _pressure(rng, on, high=late)
                if n % 2 == 0:
                    yield Past("dm_followup", on, good("dm_followup", fpg=60 + rng.randrange(20),
                               next_date=(on + timedelta(days=90)).isoformat()))  # fmt: skip
        on = date(year, 5, 8) + timedelta(days=rng.randrange(20))
        rise = 40 * max(0, 3 - back)
        yield Past("health_check", on, good(
            "health_check", fpg=560 + rise, weight=612 - back, height=1580,
            bmi=(612 - back) * 1_000_000 // 1580**2,
            tc=540 - 25 * (3 - back) if back < 4 else 520, bp_l_sys=142, bp_l_dia=84,
            feedback_date=(on + timedelta(days=2)).isoformat(),
            hb=1280 + rng.randrange(40), tg=LEFT_OUT if back == 1 else 150,
        ))  # fmt: skip
        yield Past("elder_tcm", on, good("elder_tcm"))
        yield Past("elder_selfcare", on, good("elder_selfcare"))


def _pressure(rng: random.Random, on: date, *, high: bool) -> Past:
    sbp = 156 if high else rng.choice((138, 142, 144, 145, 146, 148, 149, 152))
    body = good(
        "htn_followup", sbp=sbp, dbp=88 if high else rng.randrange(78, 88),
        next_date=(on + timedelta(days=14 if high else 90)).isoformat(),
        weight=610 + rng.randrange(6),
        **{"class": "2" if sbp >= 150 else "1"},
    )  # fmt: skip
    return Past("htn_followup", on, body)


async def remember(
    world: World, who: bytes, past: Iterator[Past] | list[Past], *, staff: bytes = SU,
    panel: bytes = TEAM_A,
) -> list[bytes]:  # fmt: skip
    """Writes these records on a tablet of the team and makes what is derived from them; their ids
    in the order given.
    """
    tablet = await field(world, f"memory {len(who)}{who.hex()[-4:]}", staff=staff, panels=(panel,))
    await tablet.settle()
    made = [
        tablet.tablet.save_event(who, each.kind, each.on.isoformat(), each.body) for each in past
    ]
    await tablet.settle()
    fates = {tablet.tablet.fate(each) for each in made}
    assert {each[0] for each in fates} == {"applied"}, fates
    await afterwork.catch_up(world.site)
    await nightly.keep(world.site)
    return made
