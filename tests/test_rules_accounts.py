"""Whose accounts each may make, what a password must be, how long an account is shut."""

import pytest

from server.rules.accounts import LOGIN, MAKES, Place, StaffRole, lock_minutes, may_make_at
from server.rules.passwords import PasswordFault, fault_of

CITY = Place(b"city", "city")
COUNTY = Place(b"county", "county", (b"city",))
CENTRE = Place(b"centre", "facility", (b"county", b"city"))
OTHER = Place(b"other", "facility", (b"county", b"city"))
STATION = Place(b"station", "station", (b"centre", b"county", b"city"))
ROOM = Place(b"room", "room", (b"station", b"centre", b"county", b"city"))


@pytest.mark.parametrize(
    ("maker", "own", "role", "at", "may"),
    [
        (StaffRole.CITY, CITY, StaffRole.COUNTY, COUNTY, True),
        (StaffRole.CITY, CITY, StaffRole.MANAGER, CENTRE, False),
        (StaffRole.COUNTY, COUNTY, StaffRole.COUNTY, COUNTY, False),
        (StaffRole.COUNTY, COUNTY, StaffRole.MANAGER, CENTRE, True),
        (StaffRole.COUNTY, COUNTY, StaffRole.MANAGER, STATION, False),
        (StaffRole.COUNTY, COUNTY, StaffRole.AUDITOR, COUNTY, True),
        (StaffRole.COUNTY, COUNTY, StaffRole.DOCTOR, CENTRE, False),
        (StaffRole.MANAGER, CENTRE, StaffRole.DESK, CENTRE, True),
        (StaffRole.MANAGER, CENTRE, StaffRole.DOCTOR, ROOM, True),
        (StaffRole.MANAGER, CENTRE, StaffRole.DOCTOR, OTHER, False),
        (StaffRole.MANAGER, CENTRE, StaffRole.MANAGER, CENTRE, False),
        (StaffRole.DESK, CENTRE, StaffRole.DESK, CENTRE, False),
        (StaffRole.AUDITOR, COUNTY, StaffRole.AUDITOR, COUNTY, False),
    ],
)
def test_a_level_makes_the_level_below_in_its_own_place(
    maker: StaffRole, own: Place, role: StaffRole, at: Place, may: bool
) -> None:
    assert may_make_at(maker, own, role, at) is may


def test_nobody_makes_a_peer_or_somebody_above() -> None:
    order = [StaffRole.CITY, StaffRole.COUNTY, StaffRole.MANAGER]
    for n, maker in enumerate(order):
        assert MAKES[maker].isdisjoint(order[: n + 1])


def test_an_account_is_shut_twice_as_long_each_time_and_a_day_at_most() -> None:
    assert [lock_minutes(n) for n in (0, 4, 5, 6, 10, 15, 20)] == [0, 0, 15, 0, 30, 60, 120]
    assert lock_minutes(5_000) == 24 * 60


@pytest.mark.parametrize("login", ["su.qm", "he_xm", "q01"])
def test_a_login_is_short_and_plain(login: str) -> None:
    assert LOGIN.fullmatch(login)


@pytest.mark.parametrize(
    "login", ["", "su", "371002195503120028", "19900001234", "苏清明", "Su.QM"]
)
def test_numbers_and_names_are_no_login(login: str) -> None:
    assert not LOGIN.fullmatch(login)


@pytest.mark.parametrize(
    "password",
    [
        "春天的茶园在山坡上面呢",
        "correct horse battery",
        "q8#vMx2!pLw9",
        "two rivers 1988",
        "a" * 5 + "bcd 茶 zw",
    ],
)
def test_a_long_password_of_any_signs_is_taken(password: str) -> None:
    assert fault_of(password, login="su.qm", name="苏清明") is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("nine sign", PasswordFault.SHORT),
        ("x y z" * 30, PasswordFault.LONG),
        ("this is su.qm here", PasswordFault.OWN),
        ("我就是苏清明没错的啊", PasswordFault.OWN),
        ("aaaaaaaaaaaa", PasswordFault.PATTERN),
        ("ababababab", PasswordFault.PATTERN),
        ("0123456789", PasswordFault.PATTERN),
        ("9876543210", PasswordFault.PATTERN),
        ("qwertyuiop12", PasswordFault.PATTERN),
        ("Password1234567", PasswordFault.PATTERN),
        ("１２３４５６７８９０", PasswordFault.PATTERN),
        ("1qaz2wsx3edc", PasswordFault.PATTERN),
    ],
)  # fmt: skip
def test_a_password_that_is_tried_first_is_not_taken(password: str, fault: PasswordFault) -> None:
    assert fault_of(password, login="su.qm", name="苏清明") is fault
