"""Sums that say whether two sides hold the same, and where they do not."""

import inspect
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import digest
from sync.limits import DIGEST_BUCKETS

IDS = st.binary(min_size=16, max_size=16)
ENTRIES = st.tuples(IDS, st.sampled_from("AB"), st.integers(0, 2**63 - 1))
MAX = bytes([255]) * 16


def total(entries: list[tuple[bytes, str, int]]) -> bytes:
    return digest.add(digest.ZERO, *(digest.leaf(*each) for each in entries))


@given(st.lists(ENTRIES), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    entries: list[tuple[bytes, str, int]], random: Random
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert total(shuffled) == total(entries)
    one_by_one = digest.ZERO
    for each in shuffled:
        one_by_one = digest.add(one_by_one, digest.leaf(*each))
    assert one_by_one == total(entries)


@given(st.lists(ENTRIES), ENTRIES, st.integers(0, 2**63 - 1))
def test_a_new_revision_is_one_subtraction_and_one_addition(
    others: list[tuple[bytes, str, int]], entry: tuple[bytes, str, int], rev: int
) -> None:
    entity, cls, _ = entry
    before = total([*others, entry])
    after = digest.add(digest.subtract(before, digest.leaf(*entry)), digest.leaf(entity, cls, rev))
    assert after == total([*others, (entity, cls, rev)])
    difference = digest.leaf(entity, cls, rev) - digest.leaf(*entry)
    assert digest.add(before, difference) == after


@given(st.lists(st.lists(ENTRIES, max_size=4), min_size=1), st.lists(st.lists(ENTRIES, max_size=4)))
def test_a_resident_moves_whole_from_one_panel_to_the_other(
    here: list[list[tuple[bytes, str, int]]], there: list[list[tuple[bytes, str, int]]]
) -> None:
    mover = total(here[0])
    old = digest.sum_of(map(total, here))
    new = digest.sum_of(map(total, there))
    assert digest.subtract(old, digest.value(mover)) == digest.sum_of(map(total, here[1:]))
    assert digest.add(new, digest.value(mover)) == digest.sum_of(map(total, [*there, here[0]]))
    back = digest.add(digest.subtract(old, digest.value(mover)), digest.value(mover))
    assert back == old


@pytest.mark.parametrize("start", [digest.ZERO, MAX])
def test_sums_wrap_around_and_never_grow(start: bytes) -> None:
    assert digest.subtract(digest.add(start, 1), 1) == start
    assert digest.add(MAX, 1) == digest.ZERO
    assert digest.subtract(digest.ZERO, 1) == MAX
    assert digest.sum_of([MAX, MAX]) == digest.subtract(digest.ZERO, 2)
    assert len(digest.add(start, 2**200)) == 16


def test_nothing_held_is_zero() -> None:
    assert digest.sum_of([]) == digest.ZERO == digest.add(digest.ZERO)
    assert digest.buckets([]) == (digest.ZERO,) * DIGEST_BUCKETS


def test_a_leaf_depends_on_each_of_entity_class_and_revision() -> None:
    entity, other = bytes(16), bytes(15) + b"\x01"
    rev = 1 << 32
    leaves = {
        digest.leaf(who, cls, n) for who in (entity, other) for cls in "AB" for n in (rev, rev + 1)
    }
    assert len(leaves) == 8
    assert all(0 <= each < 2**128 for each in leaves)


def test_a_leaf_cannot_be_told_content() -> None:
    assert list(inspect.signature(digest.leaf).parameters) == ["entity", "cls", "rev"]


def test_a_leaf_is_the_same_in_every_language() -> None:
    """A fixed value: label, 16 bytes of id, one letter, eight bytes of revision, big end first."""
    entity = bytes(range(16))
    assert digest.leaf(entity, "A", (1 << 32) + 1).to_bytes(16).hex() == (
        "809188917514365369f1117dbb3d8f1e"
    )
    assert digest.bucket(entity) == 23


PANEL = st.dictionaries(IDS, IDS, min_size=1, max_size=40)


@given(PANEL)
def test_the_buckets_add_up_to_the_root(panel: dict[bytes, bytes]) -> None:
    assert digest.sum_of(digest.buckets(panel.items())) == digest.sum_of(panel.values())


@given(PANEL, st.data())
def test_bucket_sums_find_exactly_the_buckets_that_differ(
    panel: dict[bytes, bytes], data: st.DataObject
) -> None:
    held = dict(panel)
    touched: set[bytes] = set()
    for who in data.draw(st.sets(st.sampled_from(sorted(panel)), max_size=5)):
        change = data.draw(st.integers(1, 2**128 - 1))
        held[who] = digest.add(panel[who], change)
        touched.add(who)
    ours, theirs = digest.buckets(panel.items()), digest.buckets(held.items())
    differ = {n for n in range(DIGEST_BUCKETS) if ours[n] != theirs[n]}
    expected = {
        n
        for n in range(DIGEST_BUCKETS)
        if digest.sum_of(panel[who] for who in touched if digest.bucket(who) == n)
        != digest.sum_of(held[who] for who in touched if digest.bucket(who) == n)
    }
    assert differ == expected
    assert len(touched) != 1 or differ == {digest.bucket(each) for each in touched}


@given(PANEL)
def test_a_resident_one_side_does_not_have_is_found_by_the_bucket(
    panel: dict[bytes, bytes],
) -> None:
    missing = min(panel)
    panel[missing] = digest.add(digest.ZERO, 1 + digest.value(panel[missing]) // 2)
    ours = digest.buckets(panel.items())
    theirs = digest.buckets((who, each) for who, each in panel.items() if who != missing)
    assert [n for n in range(DIGEST_BUCKETS) if ours[n] != theirs[n]] == [digest.bucket(missing)]


def test_ids_made_in_the_same_moment_are_spread_over_the_buckets() -> None:
    random = Random(7)
    moment = (1_800_000_000_000).to_bytes(6)
    filled = [digest.bucket(moment + random.randbytes(10)) for _ in range(6_400)]
    counts = [filled.count(n) for n in range(DIGEST_BUCKETS)]
    assert min(counts) > 50
    assert max(counts) < 150
