"""The tamper-evident tree: every proof of every size, and none of a tree that was changed."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import audit
from crypto.audit import (
    Checkpoint,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    nodes_of,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from crypto.keys import SigningKeyPair, Suite

SIZE = 34
LEAVES = [leaf_hash(bytes([number])) for number in range(SIZE)]


def grown(leaves: list[bytes]) -> tuple[Frontier, dict[tuple[int, int], bytes]]:
    frontier, nodes = Frontier(), dict[tuple[int, int], bytes]()
    for leaf in leaves:
        nodes |= {(node.level, node.index): node.hash for node in frontier.append(leaf)}
    return frontier, nodes


FRONTIER, NODES = grown(LEAVES)


def get_node(level: int, index: int) -> bytes:
    return NODES[level, index]


def test_the_frontier_and_the_stored_nodes_give_the_root_of_every_size() -> None:
    for size in range(SIZE + 1):
        frontier, _ = grown(LEAVES[:size])
        expected = root_of(LEAVES[:size])
        assert frontier.root() == expected == root_at(size, get_node)
        again = Frontier.parse(frontier.serialise())
        assert (again.size, again.root()) == (size, expected)
        assert len(frontier.serialise()) == 8 + 32 * size.bit_count()


def test_a_frontier_goes_on_after_being_stored() -> None:
    half = Frontier.parse(grown(LEAVES[:13])[0].serialise())
    for leaf in LEAVES[13:]:
        half.append(leaf)
    assert half.root() == FRONTIER.root()
    for broken in (b"", half.serialise()[:-1], half.serialise() + bytes(32)):
        with pytest.raises(ValueError, match="frontier"):
            Frontier.parse(broken)
    with pytest.raises(ValueError, match="32 bytes"):
        half.append(b"short")


def test_every_leaf_of_every_size_is_proved_there_and_nowhere_else() -> None:
    for size in range(1, SIZE + 1):
        root = root_of(LEAVES[:size])
        for index in range(size):
            path = list(inclusion_path(index, size, get_node))
            assert list(audit.path_of(LEAVES[:size], index)) == path
            check = partial(verify_inclusion, size=size, root=root)
            assert check(LEAVES[index], index=index, path=path)
            assert not check(LEAVES[index], index=index, path=[*path, root])
            assert not check(leaf_hash(b"other"), index=index, path=path)
            assert not check(LEAVES[index], index=size, path=path)
            deeper = {"index": index, "size": 4 * size, "path": path, "root": root}
            assert not verify_inclusion(LEAVES[index], **deeper)
            if path:
                assert not check(LEAVES[index], index=index ^ 1, path=path)
                assert not check(LEAVES[index], index=index, path=path[:-1])
                assert not check(LEAVES[index], index=index, path=[root, *path[1:]])


def test_every_tree_is_proved_to_start_with_every_smaller_one() -> None:
    for new in range(SIZE + 1):
        for old in range(new + 1):
            path = list(consistency_path(old, new, get_node))
            first, second = root_of(LEAVES[:old]), root_of(LEAVES[:new])
            check = partial(verify_consistency, old_size=old, new_size=new)
            assert check(old_root=first, new_root=second, path=path), (old, new)
            assert not check(old_root=first, new_root=second, path=[*path, bytes(32)])
            if 0 < old < new:
                assert not check(old_root=first, new_root=bytes(32), path=path)
                assert not check(old_root=bytes(32), new_root=second, path=path)
                assert not check(old_root=first, new_root=second, path=path[:-1])
                deeper = partial(verify_consistency, old_size=old, new_size=4 * new)
                assert not deeper(old_root=first, new_root=second, path=path)
                assert not check(old_root=first, new_root=second, path=[bytes(32), *path[1:]])


def test_a_rewritten_past_has_no_consistency_proof() -> None:
    forged = [*LEAVES[:5], leaf_hash(b"forged"), *LEAVES[6:]]
    _, nodes = grown(forged)
    path = list(consistency_path(9, SIZE, lambda level, index: nodes[level, index]))
    assert not verify_consistency(
        old_size=9,
        new_size=SIZE,
        old_root=root_of(LEAVES[:9]),
        new_root=root_of(forged),
        path=path,
    )


def test_a_tree_does_not_shrink_and_has_no_leaf_beyond_its_size() -> None:
    with pytest.raises(IndexError):
        list(consistency_path(5, 4, get_node))
    with pytest.raises(IndexError):
        list(inclusion_path(4, 4, get_node))
    assert not verify_consistency(
        old_size=5, new_size=4, old_root=bytes(32), new_root=bytes(32), path=[]
    )


def test_the_nodes_of_a_proof_are_known_before_it_is_made() -> None:
    asked = nodes_of(partial(inclusion_path, 5, SIZE))
    fetched = {key: NODES[key] for key in asked}
    path = list(inclusion_path(5, SIZE, lambda level, index: fetched[level, index]))
    assert path == list(inclusion_path(5, SIZE, get_node))
    assert len(asked) <= 2 * SIZE.bit_length()


@given(st.lists(st.binary(max_size=40), max_size=40))
def test_a_leaf_is_never_read_as_a_node(entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    if len(leaves) >= 2:
        assert leaf_hash(leaves[0] + leaves[1]) != audit.node_hash(leaves[0], leaves[1])
    assert grown(leaves)[0].root() == root_of(leaves)


@pytest.mark.parametrize("suite", list(Suite))
def test_a_checkpoint_is_signed_as_a_whole(suite: Suite) -> None:
    key = SigningKeyPair.generate(suite)
    point = Checkpoint(origin="渝北区", size=7, root=bytes(32), at_ms=1_790_000_000_000)
    signature = point.sign(key)
    assert point.verify(key.public, signature)
    others = [
        Checkpoint(origin="渝中区", size=7, root=bytes(32), at_ms=1_790_000_000_000),
        Checkpoint(origin="渝北区", size=8, root=bytes(32), at_ms=1_790_000_000_000),
        Checkpoint(origin="渝北区", size=7, root=b"\x01" * 32, at_ms=1_790_000_000_000),
        Checkpoint(origin="渝北区", size=7, root=bytes(32), at_ms=1_790_000_000_001),
    ]
    assert not any(other.verify(key.public, signature) for other in others)
    assert not point.verify(SigningKeyPair.generate(suite).public, signature)


def test_a_checkpoint_has_an_origin_and_a_whole_root() -> None:
    for origin, root in (("", bytes(32)), ("x" * 256, bytes(32)), ("x", bytes(31))):
        with pytest.raises(ValueError, match="checkpoint"):
            Checkpoint(origin=origin, size=1, root=root, at_ms=1).signed_bytes()
