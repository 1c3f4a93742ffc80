"""Ids of things: they rise with time, also where a process makes many in one millisecond."""

from itertools import pairwise
from uuid import UUID

from server.store.ids import new_id

AT = 1_795_000_000_123


def test_ten_thousand_ids_of_one_millisecond_rise_and_each_is_a_version_seven() -> None:
    made = [new_id(AT) for _ in range(10_000)]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert {(UUID(bytes=each).version, int.from_bytes(each[:6])) for each in made} == {(7, AT)}
    assert {each[8] >> 6 for each in made} == {0b10}


def test_ids_of_a_later_millisecond_come_after_those_of_an_earlier_one() -> None:
    assert new_id(AT) < new_id(AT + 1) < new_id(AT + 2)


def test_two_ids_tell_little_of_each_other() -> None:
    one, two = (int.from_bytes(new_id(AT + n)[8:]) for n in (5, 7))
    assert abs(one - two) > 1 << 20
