"""The day report is a sum over states: by group, station and age, the same in every order."""

from datetime import date
from random import Random

from server.rules.checkup_report import Visitor, report_of
from sync.hall import (
    CHECK_IN,
    DONE,
    NOT_DONE,
    NOTHING,
    PART,
    State,
    Step,
    join,
    of_step,
    progress,
)

ON = date(2026, 11, 20)
NINE = 1_795_136_400_000
ROUTE = ("basic", "ecg")


def stated(*steps: Step) -> State:
    state = NOTHING
    for each in steps:
        state = join(state, of_step(each, {}, lambda *_: ()))
    return state


def step(n: int, kind: str, minute: int, **body: str) -> Step:
    return Step(n.to_bytes(16), kind, NINE + minute * 60_000, bytes(16), bytes(16), body)


def visitor(
    state: State = NOTHING, *, invited: bool = True, guest: bool = False, sex: str = "2",
    birth: date | None = date(1950, 1, 1), groups: tuple[str, ...] = ("elder",),
) -> Visitor:  # fmt: skip
    return Visitor(invited, guest, groups, ROUTE, sex, birth, state, progress(state, ROUTE))


def people() -> list[Visitor]:
    whole = stated(
        step(1, CHECK_IN, 0, how="1", ticket="B001"), step(2, CHECK_IN, 2, how="1", ticket="C001"),
        step(3, PART, 10, station="basic", mark=DONE),
        step(4, PART, 40, station="ecg", mark=NOT_DONE),
    )  # fmt: skip
    part = stated(step(5, CHECK_IN, 35, how="4"), step(6, PART, 50, station="basic", mark=DONE))
    guest = stated(step(7, CHECK_IN, 5, how="6"))
    return [
        visitor(whole, groups=("elder", "htn")), visitor(part, sex="1"), visitor(),
        visitor(guest, invited=False, guest=True, birth=None, groups=()),
    ]  # fmt: skip


def test_groups_count_who_was_invited_who_came_and_who_finished() -> None:
    made = report_of(people(), ROUTE, ON)
    assert (made.whole.invited, made.whole.came, made.whole.percent) == (3, 2, 67)
    assert (made.whole.finished, made.whole.beside) == (1, 1)
    elder, htn = made.groups
    assert (elder.group, elder.invited, elder.came, elder.finished) == ("elder", 3, 2, 1)
    assert (htn.group, htn.percent) == ("htn", 100)


def test_stations_count_done_not_done_and_missing_of_those_who_came() -> None:
    basic, ecg = report_of(people(), ROUTE, ON).stations
    assert (basic.wanted, basic.done, basic.missing) == (3, 2, 1)
    assert (ecg.done, ecg.not_done, ecg.missing) == (0, 1, 2)


def test_times_doubles_guests_and_ages() -> None:
    made = report_of(people(), ROUTE, ON)
    assert made.hours == ((NINE, 2), (NINE + 30 * 60_000, 1))
    assert (made.middle_minutes, made.longest_minutes) == (40, 40)
    assert (made.doubled, made.guests, made.unknown_age) == (1, 1, 1)
    assert made.ages[70, 79] == {"1": 1, "2": 1, "": 0}


def test_a_day_at_which_nobody_was_has_no_share_and_no_times() -> None:
    made = report_of([], ROUTE, ON)
    assert made.whole.percent is None
    assert made.first_at is None
    assert made.hours == ()


def test_the_order_of_people_changes_nothing() -> None:
    everybody, dice = people(), Random(3)
    expected = report_of(everybody, ROUTE, ON)
    for _ in range(5):
        dice.shuffle(everybody)
        assert report_of(everybody, ROUTE, ON) == expected
