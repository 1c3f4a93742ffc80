"""Values at rest: places, wraps, the key file."""

import os
import stat
from pathlib import Path

import pytest

from crypto.columns import (
    BlindIndex,
    ColumnRefused,
    DataKey,
    Kek,
    KekFileRefused,
    KekRing,
    add_kek,
    load_kek_file,
    new_data_key,
    normalise_id_number,
    place,
    rewrap,
    unwrap,
    wrap,
)

OWNER, OTHER = os.urandom(16), os.urandom(16)
ROW = os.urandom(16)
HERE = place(3, 7, ROW, OWNER, 1)
VALUE = "诊断：高血压".encode()


def test_a_value_opens_in_its_place() -> None:
    key = new_data_key()
    blob = key.seal(HERE, VALUE)
    assert key.open(HERE, blob) == VALUE
    assert VALUE not in blob
    assert len(blob) == len(VALUE) + 32
    assert key.seal(HERE, VALUE) != blob


@pytest.mark.parametrize(
    "elsewhere",
    [
        place(4, 7, ROW, OWNER, 1),
        place(3, 8, ROW, OWNER, 1),
        place(3, 7, OTHER, OWNER, 1),
        place(3, 7, ROW, OTHER, 1),
        place(3, 7, ROW, OWNER, 2),
    ],
    ids=["district", "table", "row", "resident", "revision"],
)
def test_swapped_blobs_do_not_open(elsewhere: bytes) -> None:
    key = new_data_key()
    mine, theirs = key.seal(HERE, b"mine"), key.seal(elsewhere, b"theirs")
    for spot, blob in ((HERE, theirs), (elsewhere, mine)):
        with pytest.raises(ColumnRefused):
            key.open(spot, blob)


def test_every_flipped_bit_of_a_blob_is_refused() -> None:
    key = new_data_key()
    blob = key.seal(HERE, VALUE)
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(ColumnRefused):
            key.open(HERE, bytes(changed))
    for size in range(len(blob)):
        with pytest.raises(ColumnRefused):
            key.open(HERE, blob[:size])


def test_another_residents_key_does_not_open() -> None:
    blob = new_data_key().seal(HERE, VALUE)
    with pytest.raises(ColumnRefused):
        new_data_key().open(HERE, blob)


def test_the_same_value_never_has_the_same_bytes_twice() -> None:
    key = new_data_key()
    blobs = [key.seal(HERE, VALUE) for _ in range(50)]
    # A nonce that came again would tell what two values have in common, and let a third be forged.
    assert len({blob[4:16] for blob in blobs}) == len(blobs)
    assert len(set(blobs)) == len(blobs)


def test_two_places_never_share_their_bytes() -> None:
    # a longer row id cannot borrow bytes of what follows it
    assert place(1, 1, b"ab", OWNER, 1) != place(1, 1, b"a", b"b" + OWNER[:15], 1)
    with pytest.raises(ValueError, match="16 bytes"):
        place(1, 1, b"a", b"short", 1)


def test_a_wrapped_key_opens_only_for_its_owner_and_district() -> None:
    ring, key = KekRing([Kek(1, os.urandom(32))]), new_data_key()
    blob = wrap(ring.current, district=3, owner=OWNER, key=key)
    assert unwrap(ring, district=3, owner=OWNER, blob=blob).key_bytes() == key.key_bytes()
    for district, owner in ((3, OTHER), (4, OWNER)):
        with pytest.raises(ColumnRefused):
            unwrap(ring, district=district, owner=owner, blob=blob)
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(ColumnRefused):
            unwrap(ring, district=3, owner=OWNER, blob=bytes(changed))


def test_rotation_rewraps_the_key_and_leaves_the_values() -> None:
    old = Kek(1, os.urandom(32))
    both = KekRing([old, Kek(2, os.urandom(32))])
    key = DataKey(9, os.urandom(32))
    blob = wrap(old, district=3, owner=OWNER, key=key)
    value = key.seal(HERE, VALUE)
    fresh = rewrap(both, district=3, owner=OWNER, blob=blob)
    assert fresh[1:3] == b"\x00\x02"
    found = unwrap(both, district=3, owner=OWNER, blob=fresh)
    assert (found.version, found.open(HERE, value)) == (9, VALUE)
    with pytest.raises(ColumnRefused, match="KEK 2"):
        unwrap(KekRing([old]), district=3, owner=OWNER, blob=fresh)


# ---- the key file -------------------------------------------------------------------------------

LINE = "1 " + "ab" * 32


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_highest_id_of_the_file_is_current(tmp_path: Path) -> None:
    text = f"# made 2026-01-01\n\n{LINE}\n12 {'cd' * 32}\n3 {'ef' * 32}\n"
    ring = load_kek_file(written(tmp_path / "kek", text))
    assert ring.ids() == (1, 3, 12)
    assert ring.current.id == 12


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KekFileRefused, match="missing"):
        load_kek_file(tmp_path / "kek")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o700, 0o601, 0o4600, 0o777])
def test_a_key_file_wider_than_0600_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KekFileRefused, match="0600"):
        load_kek_file(written(tmp_path / "kek", LINE, mode))


def test_a_key_file_of_mode_0400_is_taken(tmp_path: Path) -> None:
    assert load_kek_file(written(tmp_path / "kek", LINE, 0o400)).current.id == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "1 " + "ab" * 31,
        "1 " + "ab" * 33,
        "0 " + "ab" * 32,
        "65536 " + "ab" * 32,
        "01 " + "ab" * 32,
        "one " + "ab" * 32,
        "1 " + "AB" * 32,
        "1  " + "ab" * 32,
        "1 " + "zz" * 32,
        f"{LINE}\n1 {'cd' * 32}",
        f"{LINE}\n2 {'ab' * 32}",
        "密钥",
        "#" * 70_000,
    ],
)
def test_a_malformed_key_file_is_refused_without_its_content(tmp_path: Path, text: str) -> None:
    with pytest.raises(KekFileRefused) as caught:
        load_kek_file(written(tmp_path / "kek", text))
    assert "ab" * 8 not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_folder_or_a_pipe_is_no_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        path.chmod(0o600)
        with pytest.raises(KekFileRefused, match="regular"):
            load_kek_file(path)
    tmp_path.chmod(0o700)


def test_adding_keys_makes_a_private_file_and_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    assert add_kek(path).ids() == (1,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert add_kek(path).current.id == 2
    path.chmod(0o644)
    with pytest.raises(KekFileRefused):
        add_kek(path)


# ---- the blind index ----------------------------------------------------------------------------


def test_one_number_in_any_writing_has_one_index() -> None:
    index = BlindIndex(os.urandom(32))
    assert index.of_id_number("11010519491231002x") == index.of_id_number(" 11010519491231002X")
    assert index.of_id_number("110105491231002") == index.of_id_number("11010519491231002X")
    assert index.of_phone("+86 138-1234-5678") == index.of_phone("13812345678")


def test_indexes_differ_by_key_and_by_use() -> None:
    one, two = BlindIndex(os.urandom(32)), BlindIndex(os.urandom(32))
    assert one.of_phone("13812345678") != two.of_phone("13812345678")
    assert one.of_phone("13812345678") != one.of_id_number("13812345678")
    assert len(one.of_phone("1")) == 32


def test_fifteen_signs_that_are_no_digits_stay_as_they_are() -> None:
    assert normalise_id_number("护照 e12345678901234") == "护照E12345678901234"
    assert normalise_id_number("12345678901234x") == "12345678901234X"
