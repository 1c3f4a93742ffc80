"""When it was written down: the tablet's stamp within what the server has evidence of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import Stamped, recorded
from sync.limits import CLOCK_AHEAD_MS, DAY_MS

NOW = 1_800_000_000_000
EVER = st.integers(-(2**53), 2**53)


@pytest.mark.parametrize(
    ("wall", "offset", "not_before", "at", "clamped"),
    [
        (NOW - 1, None, 0, NOW - 1, False),
        (NOW, None, 0, NOW, False),
        # a clock that is wrong by a day, and known to be
        (NOW - 2 * DAY_MS, DAY_MS, 0, NOW - DAY_MS, False),
        (NOW + DAY_MS, -DAY_MS - 7, 0, NOW - 7, False),
        # ahead of the arrival: up to five minutes is nobody's fault
        (NOW + 1, None, 0, NOW, False),
        (NOW + CLOCK_AHEAD_MS, None, 0, NOW, False),
        (NOW + CLOCK_AHEAD_MS + 1, None, 0, NOW, True),
        (NOW, CLOCK_AHEAD_MS + 1, 0, NOW, True),
        # behind the last answer it had applied
        (NOW - 100, None, NOW - 100, NOW - 100, False),
        (NOW - 101, None, NOW - 100, NOW - 100, False),
        (NOW - 100 - CLOCK_AHEAD_MS, None, NOW - 100, NOW - 100, False),
        (NOW - 101 - CLOCK_AHEAD_MS, None, NOW - 100, NOW - 100, True),
        (0, None, NOW - 100, NOW - 100, True),
        # a tablet reset to 1970 that has never applied an answer: nothing says otherwise
        (0, None, 0, 0, False),
    ],
)
def test_a_stamp(wall: int, offset: int | None, not_before: int, at: int, clamped: bool) -> None:
    assert recorded(wall=wall, offset=offset, not_before=not_before, arrived=NOW) == Stamped(
        at, clamped
    )


@given(EVER, st.none() | EVER, EVER)
def test_nothing_is_written_down_after_it_arrived(
    wall: int, offset: int | None, not_before: int
) -> None:
    stamp = recorded(wall=wall, offset=offset, not_before=not_before, arrived=NOW)
    assert stamp.at <= NOW
    if not_before <= NOW:
        assert stamp.at >= not_before


@given(st.integers(0, NOW), st.integers(0, NOW))
def test_a_stamp_within_its_bounds_is_left_alone(not_before: int, more: int) -> None:
    wall = min(not_before + more, NOW)
    assert recorded(wall=wall, offset=None, not_before=not_before, arrived=NOW) == Stamped(
        wall, clamped=False
    )


@given(EVER, st.integers(-DAY_MS, DAY_MS), st.integers(-DAY_MS, DAY_MS))
def test_only_wall_and_offset_together_count(wall: int, offset: int, drift: int) -> None:
    one = recorded(wall=wall, offset=offset, not_before=0, arrived=NOW)
    other = recorded(wall=wall + drift, offset=offset - drift, not_before=0, arrived=NOW)
    assert one == other
