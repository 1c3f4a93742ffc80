"""The tree of organisations: what stands under what, who sets up what (S000-art3, S001-art23)."""

import pytest

from server.rules.accounts import StaffRole
from server.rules.organisations import (
    ABOVE,
    Level,
    is_open,
    may_set_up,
    may_stand_under,
    services,
)

CITY, COUNTY, QINGHE, LIUWAN = b"c", b"y", b"q", b"l"


def test_every_level_stands_under_exactly_one_other() -> None:
    allowed = {(a, b) for a in Level for b in (None, *Level) if may_stand_under(a, b)}
    assert allowed == set(ABOVE.items())


@pytest.mark.parametrize(
    ("role", "own", "level", "parent", "grandparent", "expected"),
    [
        (StaffRole.CITY, CITY, Level.COUNTY, CITY, None, True),
        (StaffRole.CITY, CITY, Level.FACILITY, COUNTY, CITY, False),
        (StaffRole.COUNTY, COUNTY, Level.FACILITY, COUNTY, CITY, True),
        (StaffRole.COUNTY, COUNTY, Level.ROOM, QINGHE, COUNTY, True),
        (StaffRole.COUNTY, COUNTY, Level.COUNTY, CITY, None, False),
        (StaffRole.MANAGER, QINGHE, Level.ROOM, QINGHE, COUNTY, True),
        (StaffRole.MANAGER, QINGHE, Level.STATION, LIUWAN, COUNTY, False),
        (StaffRole.MANAGER, QINGHE, Level.FACILITY, COUNTY, CITY, False),
        (StaffRole.AUDITOR, COUNTY, Level.FACILITY, COUNTY, CITY, False),
        (StaffRole.DOCTOR, QINGHE, Level.ROOM, QINGHE, COUNTY, False),
        (StaffRole.DESK, QINGHE, Level.ROOM, QINGHE, COUNTY, False),
    ],
)
def test_each_sets_up_only_what_is_below_the_own_place(
    role: StaffRole, own: bytes, level: Level, parent: bytes, grandparent: bytes | None,
    expected: bool,
) -> None:  # fmt: skip
    given = may_set_up(role, level, own=own, parent=parent, grandparent=grandparent)
    assert given is expected


def test_services_have_codes_and_labels() -> None:
    assert services()["archive"] == "居民健康档案"
    assert len(set(services().values())) == len(services()) == 14


def test_a_facility_is_open_from_its_first_day_until_the_day_before_it_closes() -> None:
    assert is_open("", None, "2026-11-20")
    assert not is_open("2026-11-21", None, "2026-11-20")
    assert is_open("2020-01-01", "2026-11-21", "2026-11-20")
    assert not is_open("2020-01-01", "2026-11-20", "2026-11-20")
