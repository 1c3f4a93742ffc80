"""What the board says of a hall is a sum over what happened there, in whatever order it is told."""

from itertools import pairwise
from random import Random

from server.rules.checkup_board import DESK, MINUTE_MS, Station, There, figures
from sync.hall import Alarm, Arrived, Mark, Out, State, join
from tests.world import START_MS, an_id

ROUTE = ("basic", "blood", "ecg")
HALL = (Station("basic", 4), Station("blood", 3, tubes=True), Station("ecg", 5))
ONE, TWO = an_id("平板 01"), an_id("平板 02")
AT = START_MS


def at(minutes: float) -> int:
    return AT + int(minutes * MINUTE_MS)


def an_id_at(minutes: float, n: int = 0) -> bytes:
    """Ids rise with time, as those of changes do."""
    return (at(minutes) + 1).to_bytes(6) + n.to_bytes(10)


def came(minutes: float, ticket: str = "", n: int = 0) -> State:
    return State(ins=(Arrived(an_id_at(minutes, n), at(minutes), ticket, ONE, "1"),))


def did(station: str, minutes: float, device: bytes = ONE, mark: str = "1") -> State:
    return State(st={station: Mark(an_id_at(minutes, 7), mark, at(minutes), device)})


def left(minutes: float) -> State:
    return State(out=Out(an_id_at(minutes, 9), at(minutes)))


def there(name: str, *states: State, ticket: str = "") -> There:
    state = State()
    for each in states:
        state = join(state, each)
    return There(an_id(name), state, ROUTE, ticket)


def test_everybody_who_came_is_in_one_of_four_places() -> None:
    found = figures(
        [
            there("周谷雨"),
            there("吴𠮷祥", came(0)),
            there("郑㛃", came(1), did("basic", 5)),
            there("王䶮", came(2), *(did(each, 9 + n) for n, each in enumerate(ROUTE))),
            there("杨白露", came(3, "B001"), did("basic", 8), left(20)),
        ],
        HALL, {}, at(30),
    )  # fmt: skip
    assert (found.arrived, found.registered, found.under_way, found.finished) == (4, 1, 1, 1)
    (gone,) = found.gone
    assert (gone.ticket, gone.missing, gone.at) == ("B001", ("blood", "ecg"), at(20))
    assert found.average_min == 9
    waiting = {each.station: each.waiting for each in found.stations}
    assert waiting == {"basic": 1, "blood": 1, "ecg": 0}


def test_somebody_checked_in_twice_is_there_once() -> None:
    found = figures([there("周谷雨", came(0), came(0.2, n=3))], HALL, {}, at(1))
    assert (found.arrived, found.doubled, found.registered) == (1, 1, 1)
    assert [n for _, n in found.bars] == [1]


def test_the_wait_is_what_the_last_half_hour_took() -> None:
    waiting = [there(f"等着的{n}", came(n)) for n in range(6)]
    done = [there(f"做过的{n}", came(-40 + n), did("basic", n * 3)) for n in range(1, 11)]
    basic = figures([*waiting, *done], HALL, {ONE: at(30)}, at(30)).stations[0]
    assert (basic.waiting, basic.done, basic.wait_min) == (6, 10, 18)
    slower = figures([*waiting, *done[5:]], HALL, {ONE: at(30)}, at(30)).stations[0]
    assert slower.wait_min == 36
    assert slower.is_long


def test_a_tablet_that_is_silent_has_not_stopped_working() -> None:
    """Of the time after its last word nothing is known: the pace before it goes on counting."""
    people = [
        *(there(f"等着的{n}", came(n)) for n in range(6)),
        *(there(f"做过的{n}", came(-40 + n), did("basic", n * 3)) for n in range(1, 11)),
    ]
    heard = figures(people, HALL, {ONE: at(30)}, at(30)).stations[0].wait_min
    later = figures(people, HALL, {ONE: at(30)}, at(55)).stations[0]
    assert later.wait_min == heard
    assert later.devices == ((ONE, at(30)),)


def test_where_nobody_was_done_yet_the_plan_stands_in() -> None:
    found = figures([there(f"等着的{n}", came(n)) for n in range(5)], HALL, {}, at(5))
    assert found.stations[0].wait_min == 20


def test_a_laboratory_brings_nobody_back_and_is_nobodys_last_minute() -> None:
    gone = there("周谷雨", came(0), did("basic", 5), left(10), did("blood", 600, DESK))
    done = there(
        "郑㛃", came(0), did("basic", 5), did("ecg", 12), did("blood", 8), did("blood", 700, DESK)
    )
    found = figures([gone, done], HALL, {}, at(800))
    assert [each.missing for each in found.gone] == [("ecg",)]
    assert (found.finished, found.under_way, found.average_min) == (1, 0, 12)


def test_who_comes_back_to_a_station_has_not_left() -> None:
    back = there("周谷雨", came(0), did("basic", 5), left(10), did("blood", 15, TWO))
    found = figures([back], HALL, {}, at(20))
    assert (found.gone, found.under_way) == ((), 1)


def test_open_alarms_are_the_oldest_first_and_say_nothing_of_a_value() -> None:
    alarm = State(alarms=(Alarm(an_id_at(5), "bp_l_sys", 186, "basic", at(5)),))
    (found,) = figures([there("周谷雨", came(0), alarm)], HALL, {}, at(9)).open
    assert (found.station, found.at, found.field) == ("basic", at(5), "bp_l_sys")
    assert not hasattr(found, "value")


def test_bars_cover_the_day_without_a_gap_and_widen_for_a_clock_that_is_wrong() -> None:
    people = [there(f"来的{n}", came(n * 5)) for n in range(40)]
    found = figures(people, HALL, {}, at(300))
    assert found.bar_min == 15
    assert sum(n for _, n in found.bars) == 40
    assert all(b - a == 15 * MINUTE_MS for (a, _), (b, _) in pairwise(found.bars))
    wrong = figures([*people, there("钟错的", came(60 * 24 * 9))], HALL, {}, at(300))
    assert len(wrong.bars) <= 40
    assert sum(n for _, n in wrong.bars) == 41


def test_the_order_in_which_people_are_read_changes_nothing() -> None:
    people = [
        there(f"第{n}位", came(n), *(did(each, n + 5, TWO) for each in ROUTE[: n % 4]),
              *((left(90 + n),) if n % 5 == 0 else ()))
        for n in range(60)
    ]  # fmt: skip
    once = figures(people, HALL, {ONE: at(80)}, at(100))
    Random(7).shuffle(people)
    assert figures(people, HALL, {ONE: at(80)}, at(100)) == once
    assert once.arrived == once.registered + once.under_way + once.finished + len(once.gone)
