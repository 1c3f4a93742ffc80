"""The calendar of a facility (P55 to P59): windows, what counts, levels, reports of diseases."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from server.rules.organisations import Level
from server.rules.plan.facility import (
    FacilityFacts,
    FacilityItem,
    Report,
    Work,
    behind,
    facility_plan,
    lines,
    reason_of,
    report_of,
    stage_of,
    windows,
)
from server.rules.plan.model import Stage
from server.rules.plan.table import RulesBroken, rules
from tests.cast_forms import good

CENTRE, ROOM = bytes(15) + b"\x01", bytes(15) + b"\x02"


def work(kind: str, on: str, n: int = 0, *, place: bytes = CENTRE, **body: Any) -> Work:
    return Work(f"{kind}{on}{n}".encode(), kind, date.fromisoformat(on), place, body)


def talk(on: str, n: int = 0, *, place: bytes = CENTRE) -> Work:
    return work("health_education", on, n, place=place, activity="5", topic="防中风")


def centre(*records: Work, **more: Any) -> FacilityFacts:
    return FacilityFacts(CENTRE, Level.FACILITY, records=records, **more)


def room(*records: Work, **more: Any) -> FacilityFacts:
    return FacilityFacts(ROOM, Level.ROOM, records=records, **more)


def of(facts: FacilityFacts, line: str, year: int = 2026, **district: int) -> list[FacilityItem]:
    numbers = {name.replace("_", ".", 1): value for name, value in district.items()}
    return [each for each in facility_plan(facts, year, numbers) if each.line == line]


# Windows.


@pytest.mark.parametrize(
    ("year", "month", "days"),
    [(2026, 1, 31), (2026, 2, 28), (2028, 2, 29), (2100, 2, 28), (2026, 4, 30), (2026, 12, 31)],
)
def test_a_month_ends_on_its_last_day(year: int, month: int, days: int) -> None:
    window = windows(year, 1)[month - 1]
    assert (window.opens, window.ends) == (date(year, month, 1), date(year, month, days))


def test_windows_cover_the_year_without_gap_or_overlap() -> None:
    for months in (1, 2, 3, 4, 6, 12):
        every = windows(2028, months)
        assert len(every) == 12 // months
        assert (every[0].opens, every[-1].ends) == (date(2028, 1, 1), date(2028, 12, 31))
        for before, after in pairwise(every):
            assert after.opens - before.ends == timedelta(days=1)


@pytest.mark.parametrize("months", [0, 5, 24])
def test_a_window_that_does_not_divide_the_year_is_refused(months: int) -> None:
    with pytest.raises(RulesBroken):
        windows(2026, months)


# What is owed at which level (S003-5(2), S003-5(12)).


def test_a_centre_owes_what_the_clause_says() -> None:
    owed = {line: of(centre(), line) for line in [each.slot for each in lines()]}
    told = {line: (len(items), items[0].needed) for line, items in owed.items()}
    assert told == {
        "print": (1, 12), "shown": (1, 6), "board": (6, 2), "consultation": (1, 9),
        "talk": (12, 1), "food": (1, 2), "water": (1, 2), "school": (1, 2), "practice": (1, 2),
        "blood": (1, 2), "family_planning": (1, 2),
    }  # fmt: skip


@pytest.mark.parametrize("level", [Level.STATION, Level.ROOM])
def test_a_station_or_village_room_owes_less(level: Level) -> None:
    items = facility_plan(FacilityFacts(ROOM, level), 2026)
    told = [(each.slot, each.needed) for each in items]
    assert told == [
        ("print/01", 12), *((f"board/{n:02}", 1) for n in range(1, 12, 2)),
        *((f"talk/{n:02}", 1) for n in range(1, 12, 2)),
    ]  # fmt: skip


def test_every_rule_of_a_facility_names_its_clause() -> None:
    ours = {each.id: each.clause for each in rules().values() if each.subject == "facility"}
    assert ours == {
        "P55": "S003-5(11)", "P56": "S003-5(11)", "P57": "S003-5(11)", "P58": "S003-5(12)",
        "P59": "S003-5(2)",
    }  # fmt: skip


def test_a_district_may_ask_for_patrols_by_half_years() -> None:
    items = of(centre(), "water", P58_times=1, P58_months=6)
    assert [(each.opens, each.due, each.needed) for each in items] == [
        (date(2026, 1, 1), date(2026, 6, 30), 1), (date(2026, 7, 1), date(2026, 12, 31), 1),
    ]  # fmt: skip


# What counts as done.


@pytest.mark.parametrize(
    ("year", "on", "stage"),
    [
        (2026, "2026-01-31", Stage.MISSED),
        (2026, "2026-02-01", Stage.DONE),
        (2026, "2026-02-28", Stage.DONE),
        (2026, "2026-03-01", Stage.MISSED),
        (2028, "2028-02-29", Stage.DONE),
        (2028, "2028-03-01", Stage.MISSED),
    ],
)
def test_a_talk_counts_in_its_own_month_only(year: int, on: str, stage: Stage) -> None:
    february = of(centre(talk(on)), "talk", year)[1]
    assert stage_of(february, date(year, 12, 31)) == stage


def test_an_item_is_later_then_open_then_missed() -> None:
    april = of(centre(), "talk")[3]
    told = [
        stage_of(april, day)
        for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1))
    ]
    assert told == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.MISSED]
    assert reason_of(april) == "4 月至少办 1 次，记了 0 次"


def test_what_is_done_names_its_records_and_the_day_it_was_enough() -> None:
    first, second, third = talk("2026-03-02"), talk("2026-03-09"), talk("2026-04-01")
    march = of(centre(third, second, first), "talk")[2]
    assert (march.got, march.done_by, march.done_on) == (2, (first.id, second.id), first.on)


def test_another_activity_does_not_count() -> None:
    asked = work("health_education", "2026-03-02", activity="4")
    assert of(centre(asked), "talk")[2].got == 0
    assert of(centre(asked), "consultation")[0].got == 1


def test_two_boards_are_two_places() -> None:
    def board(on: str, where: str) -> Work:
        body = {"activity": "3", "place": where}
        return Work(on.encode(), "health_education", date.fromisoformat(on), CENTRE, body)

    twice = centre(board("2026-01-05", "门诊大厅"), board("2026-02-05", "门诊 大厅"))
    assert (of(twice, "board")[0].got, of(twice, "board")[0].done_on) == (1, None)
    both = centre(board("2026-01-05", "门诊大厅"), board("2026-02-28", "院门口"))
    assert of(both, "board")[0].done_on == date(2026, 2, 28)
    late = centre(board("2026-01-05", "门诊大厅"), board("2026-03-01", "院门口"))
    assert [each.got for each in of(late, "board")] == [1, 1, 0, 0, 0, 0]


def test_the_same_sheets_handed_out_again_are_no_new_kinds() -> None:
    def sheets(on: str, topic: str, kinds: int) -> Work:
        return work("health_education", on, kinds, activity="1", topic=topic, material_kinds=kinds)

    given = centre(
        sheets("2026-01-05", "高血压", 5), sheets("2026-05-05", "高血压", 5),
        sheets("2026-06-05", "高血压", 7), sheets("2026-07-05", "流感", 5),
    )  # fmt: skip
    item = of(given, "print")[0]
    assert (item.got, item.done_on) == (12, date(2026, 7, 5))
    assert reason_of(item) == "全年至少 12 种，记了 12 种；同一主题再发不加种数"


def test_a_village_rooms_patrol_counts_for_its_centre_and_its_talk_does_not() -> None:
    patrol = work("supervision_patrol", "2026-03-02", place=ROOM, item="2")
    facts = centre(patrol, talk("2026-03-02", place=ROOM))
    assert (of(facts, "water")[0].got, of(facts, "food")[0].got) == (1, 0)
    assert of(facts, "talk")[2].got == 0
    assert of(room(talk("2026-03-02", place=ROOM)), "talk")[1].got == 1
    other = work("supervision_patrol", "2026-03-03", item="2")
    assert of(room(patrol, other), "water", P58_times_below=1)[0].done_by == (patrol.id,)


# First year, closing, pace.


def test_nothing_is_owed_before_the_first_day_and_the_year_is_owed_in_part() -> None:
    opened = centre(since=date(2026, 9, 30))
    assert [each.slot for each in of(opened, "talk")] == [f"talk/{n:02}" for n in range(9, 13)]
    assert of(opened, "print")[0].needed == 4  # 12 kinds, four of twelve months
    assert of(opened, "consultation")[0].needed == 3
    assert facility_plan(centre(since=date(2027, 1, 1)), 2026)[:-1] == ()


def test_nothing_is_owed_after_it_closed() -> None:
    closed = centre(until=date(2026, 3, 1))
    assert [each.slot for each in of(closed, "talk")] == ["talk/01", "talk/02"]
    assert of(closed, "print")[0].needed == 2


@pytest.mark.parametrize(
    ("day", "short"),
    [("2026-01-01", 0), ("2026-07-02", 0), ("2026-07-03", 1), ("2026-12-31", 1)],
)
def test_two_a_year_fall_behind_in_the_middle_of_the_year(day: str, short: int) -> None:
    item = of(centre(), "water")[0]
    assert behind(item, date.fromisoformat(day)) == short
    assert stage_of(item, date.fromisoformat(day)) == Stage.OPEN


# Reports (S003-5(11)).


def report(minutes: int | None, *, urgent: bool = True) -> Report:
    diagnosed = datetime.fromisoformat("2026-02-28T23:00")
    receipt = None if minutes is None else diagnosed + timedelta(minutes=minutes)
    return Report(urgent, diagnosed, receipt)


@pytest.mark.parametrize(
    ("minutes", "stage"),
    [(0, Stage.DONE), (120, Stage.DONE), (121, Stage.MISSED), (None, Stage.OVERDUE)],
)
def test_two_hours_run_from_the_diagnosis_to_the_receipt(minutes: int | None, stage: Stage) -> None:
    (item,) = of(centre(reports=(report(minutes),)), "P55")
    assert (item.slot, stage_of(item, date(2026, 3, 31))) == ("P55/02", stage)


def test_other_diseases_have_a_day() -> None:
    facts = centre(reports=(report(24 * 60, urgent=False), report(24 * 60 + 1, urgent=False)))
    (item,) = of(facts, "P56")
    assert of(facts, "P55") == []
    assert reason_of(item) == (
        "2 月诊断 2 例，1 例有 24 小时内的回执时间，1 例超时，0 例没有记回执"
    )


def test_a_card_becomes_its_times_and_nothing_else() -> None:
    body = good(
        "infectious_report", kind="1", disease="0200", diagnosed_on="2026-11-01",
        diagnosed_time="10:00", receipt_date="2026-11-01", receipt_time="11:30",
    )  # fmt: skip
    read = report_of(body)
    ten, half_past_eleven = (
        datetime.fromisoformat(f"2026-11-01T{each}") for each in ("10:00", "11:30")
    )
    assert read == Report(True, ten, half_past_eleven)
    assert report_of({**body, "disease": "3100"}) == Report(False, ten, half_past_eleven)
    assert report_of({**body, "receipt_time": "09:59"}) == Report(True, ten, None)
    assert report_of({**body, "kind": "2"}) is None
    assert report_of({**body, "diagnosed_time": "later"}) is None


def test_incidents_are_said_to_be_kept_elsewhere() -> None:
    (item,) = of(centre(), "P57")
    assert (item.elsewhere, stage_of(item, date(2026, 12, 31))) == (True, None)
    assert "不作证明" in reason_of(item)
    assert of(room(), "P57") == []
