"""A sealed file opens whole and in order, or not at all (SPEC 9)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crypto.attachment import (
    CHUNK,
    AttachmentKey,
    AttachmentRefused,
    Opening,
    file_id,
    open_file,
    seal_file,
)
from tests.vectors.generate_attachment import sealed

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "attachment.json").read_text("utf-8")
)
KEY = AttachmentKey(bytes.fromhex(VECTORS["key"]))


@pytest.mark.parametrize("case", VECTORS["files"], ids=lambda case: case["name"])
def test_a_file_meets_its_expected_end(case: dict[str, Any]) -> None:
    data = sealed(KEY.key_bytes(), [tuple(part) for part in case["parts"]])
    assert file_id(data).hex() == case["id"]
    if case["opens_to"] is None:
        with pytest.raises(AttachmentRefused):
            open_file(KEY, data)
        return
    content = b"a" * case["opens_to"]
    assert open_file(KEY, data) == content
    assert seal_file(KEY, content) == data


def test_the_small_file_is_the_one_of_the_page() -> None:
    assert seal_file(KEY, bytes.fromhex(VECTORS["small_opens_to"])).hex() == VECTORS["small"]


def test_every_changed_bit_of_a_small_file_is_refused() -> None:
    data = bytes.fromhex(VECTORS["small"])
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(AttachmentRefused):
            open_file(KEY, bytes(changed))


@pytest.mark.parametrize("at", [4, 5, 4 + CHUNK, 4 + CHUNK + 15, 4 + CHUNK + 16, -17, -1])
def test_a_changed_bit_of_a_long_file_is_refused_wherever_it_is(at: int) -> None:
    changed = bytearray(seal_file(KEY, bytes(range(256)) * 300))
    changed[at] ^= 0x10
    with pytest.raises(AttachmentRefused):
        open_file(KEY, bytes(changed))


# 21 and CHUNK + 37 cut whole chunks off: what is left is good but for its end.
@pytest.mark.parametrize("cut", [1, 4, 15, 16, 17, 21, CHUNK, CHUNK + 16, CHUNK + 37])
def test_a_file_that_was_cut_is_refused(cut: int) -> None:
    with pytest.raises(AttachmentRefused):
        open_file(KEY, seal_file(KEY, bytes(2 * CHUNK + 5))[:-cut])


@pytest.mark.parametrize("piece", [1, 4_099, CHUNK + 16, CHUNK * 3])
def test_a_file_opens_as_it_comes_however_it_is_cut_into_pieces(piece: int) -> None:
    plain = bytes(range(256)) * (1 if piece == 1 else 600)
    key = AttachmentKey.fresh()
    data, opening = seal_file(key, plain), Opening(key)
    parts = [opening.take(data[n : n + piece]) for n in range(0, len(data), piece)]
    assert b"".join(parts) + opening.finish() == plain


def test_another_key_opens_nothing_and_no_key_shows() -> None:
    data = seal_file(AttachmentKey.fresh(), b"plain")
    with pytest.raises(AttachmentRefused):
        open_file(KEY, data)
    assert KEY.key_bytes().hex() not in repr(KEY)
    with pytest.raises(ValueError, match="not empty"):
        seal_file(KEY, b"")
