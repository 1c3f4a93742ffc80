"""What is known of one person on a checkup day is a sum: order, repeats, splits do not matter."""

import json
from random import Random
from typing import Any

import msgspec
import pytest

from server.rules import checkup
from sync.hall import (
    CHECK_IN,
    CHECK_OUT,
    DONE,
    INS_MOST,
    NOTHING,
    PART,
    TAKEN_BACK,
    Phase,
    State,
    Step,
    join,
    of_step,
    progress,
)
from tests.hall_steps import CRITICAL, DAY, NOON, STATIONS, drawn, summed, values_of
from tests.vectors import generate_hall


def at(minute: int, kind: str, device: int = 1, **body: Any) -> Step:
    when = NOON + minute * 60_000
    name = when.to_bytes(6) + bytes([device]) * 10
    return Step(name, kind, when, bytes([device]) * 16, bytes(16), {"day": DAY, **body})


def came(minute: int, ticket: str, device: int = 1) -> Step:
    return at(minute, CHECK_IN, device, how="1", ticket=ticket)


def did(minute: int, station: str, mark: str = DONE, device: int = 1, **body: Any) -> Step:
    return at(minute, PART, device, station=station, mark=mark, **body)


@pytest.mark.parametrize("seed", range(120))
def test_any_order_any_repeat_and_any_split_give_the_same_state(seed: int) -> None:
    steps = drawn(seed)
    whole = summed(steps)
    dice = Random(seed)
    for _ in range(6):
        shuffled = [*steps, *dice.sample(steps, dice.randint(0, len(steps)))]
        dice.shuffle(shuffled)
        cut = dice.randint(0, len(shuffled))
        halves = summed(shuffled[:cut]), summed(shuffled[cut:])
        assert join(*halves) == join(*reversed(halves)) == whole
    assert join(whole, whole) == join(whole, NOTHING) == whole


@pytest.mark.parametrize("seed", range(60))
def test_a_state_travels_as_json_and_comes_back_the_same(seed: int) -> None:
    state = summed(drawn(seed))
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state


def test_two_tablets_check_one_person_in_and_it_counts_once() -> None:
    one, two = came(0, "B001", 1), came(3, "C001", 2)
    for steps in ([one, two], [two, one]):
        seen = progress(summed(steps), STATIONS)
        assert (seen.phase, seen.ticket, seen.doubled) == (Phase.REGISTERED, "B001", 1)
        assert seen.arrived_at == NOON


def test_a_ticket_given_at_booking_goes_before_one_of_a_tablet() -> None:
    assert progress(summed([came(0, "B001")]), STATIONS, "A036").ticket == "A036"


def test_a_person_waits_at_the_next_station_of_the_route() -> None:
    steps = [came(0, "B001"), did(5, "blood")]
    seen = progress(summed(steps), STATIONS)
    assert (seen.phase, seen.next) == (Phase.UNDER_WAY, "basic")
    assert seen.missing == ("basic", "ecg", "review")


def test_what_was_taken_back_is_missing_again_and_done_again_counts() -> None:
    steps = [came(0, "B001"), did(5, "blood"), did(6, "blood", TAKEN_BACK)]
    assert "blood" in progress(summed(steps), STATIONS).missing
    assert "blood" not in progress(summed([*steps, did(7, "blood")]), STATIONS).missing


def test_somebody_with_every_station_settled_is_finished_even_after_leaving() -> None:
    steps = [came(0, "B001"), *(did(n + 1, name) for n, name in enumerate(STATIONS))]
    seen = progress(summed([*steps, at(30, CHECK_OUT)]), STATIONS)
    assert (seen.phase, seen.done_at) == (Phase.FINISHED, NOON + 4 * 60_000)


def test_who_left_and_came_back_is_under_way_again() -> None:
    steps = [came(0, "B001"), did(1, "basic"), at(2, CHECK_OUT)]
    assert progress(summed(steps), STATIONS).phase is Phase.LEFT
    assert progress(summed([*steps, did(3, "ecg")]), STATIONS).phase is Phase.UNDER_WAY


def test_a_result_written_at_a_desk_brings_nobody_back_and_a_check_in_does() -> None:
    steps = [came(0, "B001"), did(1, "basic"), at(2, CHECK_OUT), did(3, "blood", device=0)]
    assert progress(summed(steps), STATIONS).phase is Phase.LEFT
    assert progress(summed([*steps, came(4, "B009")]), STATIONS).phase is Phase.UNDER_WAY


def test_a_station_that_knows_somebody_who_never_checked_in_counts_them_as_there() -> None:
    seen = progress(summed([did(1, "basic")]), STATIONS)
    assert (seen.phase, seen.arrived_at) == (Phase.UNDER_WAY, NOON + 60_000)


def test_a_critical_value_stays_open_until_somebody_acts_on_it() -> None:
    part = did(1, "basic", form="health_check", values='{"bp_l_sys": 204}')
    better = did(9, "basic", form="health_check", values='{"bp_l_sys": 150}')
    act = at(11, "critical_acted", part=part.id.hex(), field="bp_l_sys", did="1")
    steps = [came(0, "B001"), part, better]
    (alarm,) = progress(summed(steps), STATIONS).open
    assert (alarm.field, alarm.value, alarm.station) == ("bp_l_sys", 204, "basic")
    for order in ([*steps, act], [act, *steps]):
        assert progress(summed(order), STATIONS).open == ()


def test_of_two_critical_values_of_one_part_each_has_to_be_acted_on() -> None:
    part = did(1, "basic", form="health_check", values='{"bp_l_sys": 204}', urgent=["block"])
    act = at(11, "critical_acted", part=part.id.hex(), field="bp_l_sys", did="1")
    left = progress(summed([came(0, "B001"), part, act]), STATIONS).open
    assert [alarm.field for alarm in left] == ["urgent:block"]


def test_what_an_operator_finds_critical_alarms_too() -> None:
    step = did(1, "ecg", urgent=["block"])
    (alarm,) = of_step(step, values_of(step), CRITICAL).alarms
    assert alarm.field == "urgent:block"
    assert checkup.sentence_of(alarm.field, alarm.value, {}) == "二度 II 型以上房室传导阻滞"


def test_check_ins_without_end_are_kept_up_to_a_bound_in_any_order() -> None:
    many = [came(n, f"B{n:03d}") for n in range(INS_MOST + 10)]
    assert summed(many) == summed(many[::-1])
    assert len(summed(many).ins) == INS_MOST


def test_the_table_of_stations_fits_the_forms_and_the_clauses() -> None:
    assert checkup.faults() == []


def test_a_district_has_its_own_critical_pressure() -> None:
    ours = checkup.critical({"P10.sbp": 200})
    assert list(ours("health_check", {"bp_l_sys": 190})) == []
    assert list(ours("health_check", {"bp_l_sys": 200})) == [("bp_l_sys", 200)]
    assert list(CRITICAL("health_check", {"fpg": 1670, "k": 279})) == [("fpg", 1670), ("k", 279)]


def test_a_route_is_of_all_groups_and_only_of_what_the_day_offers() -> None:
    assert checkup.route_of(("htn", "disabled"), ("review", "basic", "disability")) == (
        "basic", "disability", "review",
    )  # fmt: skip
    assert checkup.route_of((), checkup.stations()) == checkup.groups()["other"].route


def test_the_vectors_for_the_app_are_what_the_server_says() -> None:
    assert json.loads(generate_hall.FILE.read_text("utf-8")) == generate_hall.made()
