"""What a new form begins with and what is known beside it, for the server and the tablet's app.

Run: python -m tests.vectors.generate_prefill. A case is a form on a day, the records before it and
the answers of the archive's own page.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from server.records.kinds import get
from server.records.known import known_of, last_of
from server.records.prefill import Written, last_values, prefilled
from server.records.upcast import newest
from tests.cast_forms import ON, good

FILE: Final = Path(__file__).with_name("prefill.json")
BASICS: Final = {"blood_abo": "2", "blood_rh": "1", "phone": "13800000000", "work_unit": "果园"}
FORMS: Final = (
    *("htn_followup", "dm_followup", "health_check", "copd_followup", "antenatal_first"),
    *(
        "antenatal_next",
        "child_check",
        "encounter",
        "referral",
        "infectious_report",
        "smd_followup",
    ),
    *("elder_selfcare", "elder_tcm", "tb_followup"),
)


def written(kind: str, days: int, **changes: Any) -> Written:
    """A good record so many days before the day of the form."""
    return Written(kind, newest(kind), ON - timedelta(days=days), good(kind, **changes))


def histories() -> Iterator[list[Written]]:
    yield []
    yield [written("htn_followup", 90, sbp=149), written("htn_followup", 180, sbp=160)]
    yield [written("dm_followup", 0, sbp=132, weight=650), written("htn_followup", 30)]
    yield [written("health_check", 0), written("elder_selfcare", 60), written("dm_followup", 5)]
    yield [written("elder_selfcare", 100), written("copd_followup", 1)]
    yield [written("antenatal_first", 40), written("child_check", 0), written("encounter", 0)]
    yield [written("antenatal_first", 200), written("postpartum_visit", 20)]
    yield [written("antenatal_first", 330), written("referral", 0), written("smd_followup", 3)]
    yield [written("smd_followup", 0), written("tb_followup", 0), written("infectious_report", 0)]
    yield [written("dm_followup", -3), written("htn_followup", -1)]


def told(each: Written) -> dict[str, Any]:
    return {
        "kind": each.kind, "v": each.version, "on": each.on.isoformat(), "body": dict(each.body),
    }  # fmt: skip


def case(kind_id: str, after: int, basics: dict[str, Any]) -> dict[str, Any]:
    before = HISTORIES[after]
    kind = get(kind_id, newest(kind_id))
    birth = date(1955, 6, 30)
    last = last_values(kind, before)
    return {
        "kind": kind_id,
        "on": ON.isoformat(),
        "after": after,
        "basics": basics,
        "birth": birth.isoformat(),
        "values": prefilled(kind, before, ON, basics),
        "last": {name: [each.value, each.on.isoformat(), each.kind] for name, each in last.items()},
        "known": known_of(before, ON, birth=birth, sex="2"),
        "before": last_of(kind_id, before, ON),
    }


HISTORIES: Final = tuple(histories())


def text() -> str:
    """The file: the histories, then a case a line."""
    before = [json.dumps([told(one) for one in each], ensure_ascii=False) for each in HISTORIES]
    cases = [
        json.dumps(case(kind, after, BASICS if after % 2 else {}), ensure_ascii=False)
        for kind in FORMS
        for after in range(len(HISTORIES))
    ]
    lines = ",\n".join
    return f'{{"histories": [\n{lines(before)}],\n"cases": [\n{lines(cases)}]}}\n'


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
