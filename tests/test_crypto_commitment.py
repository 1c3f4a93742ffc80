"""One change of a batch proved alone, and nothing else with it."""

import os

import pytest

from crypto import commitment

SECRET = os.urandom(32)


def batch(count: int) -> list[bytes]:
    return [f'{{"change":{number}}}'.encode() for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 13, 200])
def test_each_change_is_proved_and_no_other_in_its_stead(count: int) -> None:
    items = batch(count)
    made = commitment.commit(SECRET, items)
    every = [commitment.prove(made.leaves, index) for index in range(count)]
    assert commitment.prove_all(made.leaves) == every
    for index in range(count):
        path, key = commitment.prove(made.leaves, index), made.keys[index]
        proved = (made.root, count, index, key)
        assert commitment.verify(*proved, items[index], path)
        assert not commitment.verify(*proved, items[index] + b" ", path)
        assert not commitment.verify(made.root, count, index + 1, key, items[index], path)
        assert not commitment.verify(made.root, count, -1, key, items[index], path)
        assert not commitment.verify(os.urandom(32), count, index, key, items[index], path)
        assert not commitment.verify(*proved[:3], os.urandom(16), items[index], path)
        assert not commitment.verify(*proved[:3], key[:-1], items[index], path)
        # HMAC pads keys with zeros, so a longer key would pass if its size were not checked
        assert not commitment.verify(*proved[:3], key + b"\x00", items[index], path)
        assert not commitment.verify(*proved, items[index], [*path, bytes(32)])
        if path:
            assert not commitment.verify(*proved, items[index], path[:-1])
            assert not commitment.verify(*proved, items[index], [*path[:-1], path[-1][:-1]])


def test_a_leaf_says_nothing_to_who_guesses_the_content() -> None:
    one = commitment.commit(SECRET, [b"same"] * 3)
    two = commitment.commit(os.urandom(32), [b"same"] * 3)
    assert len({*one.leaves, *two.leaves}) == 6
    assert len({*one.keys, *two.keys}) == 6


def test_order_and_bytes_of_the_changes_make_the_root() -> None:
    items = batch(4)
    roots = {
        commitment.commit(SECRET, items).root,
        commitment.commit(SECRET, items[::-1]).root,
        commitment.commit(SECRET, items[:3]).root,
        commitment.commit(SECRET, [*items[:3], b"other"]).root,
    }
    assert len(roots) == 4


def test_a_commitment_prints_no_keys() -> None:
    made = commitment.commit(SECRET, batch(2))
    assert made.keys[0].hex() not in repr(made)
    assert repr(made.keys[0])[2:10] not in repr(made)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 or 32 bytes"):
        commitment.commit(bytes(15), batch(1))
    with pytest.raises(IndexError):
        commitment.prove(commitment.commit(SECRET, batch(2)).leaves, 2)
