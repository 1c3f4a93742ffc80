"""Strict bytes to value and back: what is not exactly the message is malformed, never repeated."""

import inspect
import json
import traceback
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from sync import wire
from sync.limits import ANSWER_BYTES, CHANGE_BYTES, CHANGE_DEPTH
from sync.wire import Malformed
from sync.wire_types import Due

SECRET = "张三的病"  # stands for anything nobody may read in a log
ID, OTHER = bytes(range(16)), bytes(range(16, 32))


def b64(data: bytes) -> str:
    return b64encode(data).decode()


CHANGE: dict[str, Any] = {
    "id": b64(ID), "resident": b64(OTHER), "kind": "toy", "v": 1, "on": "2026-11-22", "at": 1,
}  # fmt: skip
BATCH: dict[str, Any] = {
    "v": 1, "app": "1.0", "schema": 1, "staff": b64(ID), "created": 1,
}  # fmt: skip
PAGE: dict[str, Any] = {"panel": b64(ID), "epoch": 1, "start": 0, "end": 3}
RECEIPT: dict[str, Any] = {
    "device": b64(ID), "epoch": 1, "seq": 1, "batch": b64(bytes(32)), "at": 1, "n": 0,
}  # fmt: skip
BUNDLE: dict[str, Any] = {
    "version": 1, "kem": [[1, 1, b64(bytes(32))]], "signing": [[1, b64(bytes(32))]],
    "audit": b64(bytes(32)), "at": 1,
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"put": "leave", "id": b64(ID), "csn": 1},
    {"put": "resident", "id": b64(ID), "rev": 1, "cls": "A", "status": "active", "cells": {}},
    {"put": "event", "rev": 1, "cls": "A", "change": CHANGE, "staff": b64(ID), "at": 1, "recv": 1},
]
READERS: list[tuple[Callable[[bytes], Any], dict[str, Any]]] = [
    (wire.change, CHANGE),
    (wire.batch, BATCH),
    (wire.answer, {"v": 1, "now": 1}),
    (wire.page, PAGE),
    (wire.receipt, RECEIPT),
    (wire.bundle, BUNDLE),
    *((wire.row, each) for each in ROWS),
]
reader = pytest.mark.parametrize(
    ("read", "plain"), READERS, ids=[f"{r.__name__}-{p.get('put', '')}" for r, p in READERS]
)


def as_bytes(plain: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(plain | more, ensure_ascii=False).encode()


def with_member(plain: dict[str, Any], name: str, text: bytes) -> bytes:
    """The message with one more member, its value word for word as given."""
    rest = {key: value for key, value in plain.items() if key != name}
    return as_bytes(rest)[:-1] + b',"' + name.encode() + b'":' + text + b"}"


def refused(read: Callable[[bytes], Any], data: bytes) -> str:
    """What a log would hold of the refusal."""
    with pytest.raises(Malformed) as caught:
        read(data)
    assert type(caught.value) is Malformed
    return "".join(traceback.format_exception(caught.value, limit=0)) + str(caught.value)


# -- every message -------------------------------------------------------------------------------


@reader
def test_the_least_message_of_its_type_is_read(read: Callable[[bytes], Any], plain: Any) -> None:
    value = read(as_bytes(plain))
    assert read(wire.encode(value)) == value


@reader
def test_an_unknown_member_is_malformed(read: Callable[[bytes], Any], plain: Any) -> None:
    assert SECRET not in refused(read, as_bytes(plain, **{SECRET: 1}))


@reader
def test_each_missing_member_is_malformed(read: Callable[[bytes], Any], plain: Any) -> None:
    for name in plain:
        refused(read, as_bytes({key: value for key, value in plain.items() if key != name}))


@reader
def test_a_member_of_another_type_is_malformed(read: Callable[[bytes], Any], plain: Any) -> None:
    for name, value in plain.items():
        if name in ("cells", "change"):
            continue  # carried as bytes, read by whoever opens it
        wrong: list[Any] = [SECRET if isinstance(value, int) else 7, None, True, [SECRET], 1.5]
        for each in wrong:
            if not (isinstance(value, list) and each == []):
                assert SECRET not in refused(read, as_bytes(plain, **{name: each})), name


@reader
@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"7", b'"' + SECRET.encode() + b'"', b"{", b"{}", b"\xef\xbb\xbf{}",
        b"\xff\xfe", b"{'v':1}", b"[" * 100_000, b'{"a":' * 100_000, b'{"\xff":1}', b"\x00",
    ],
)  # fmt: skip
def test_what_is_no_such_object_is_malformed(
    read: Callable[[bytes], Any], plain: Any, data: bytes
) -> None:
    del plain
    assert SECRET not in refused(read, data)


@reader
def test_nothing_follows_and_nothing_is_cut_off(read: Callable[[bytes], Any], plain: Any) -> None:
    whole = as_bytes(plain)
    assert read(b" \n" + whole + b"\r\n\t ") == read(whole)
    for more in (b"x", b"{}", b",", b"\x00", whole):
        refused(read, whole + more)
    for end in range(len(whole)):
        refused(read, whole[:end])


@settings(max_examples=60)
@given(st.sampled_from(READERS), st.data())
def test_damaged_bytes_are_a_message_or_malformed_and_nothing_else(
    which: tuple[Callable[[bytes], Any], dict[str, Any]], data: st.DataObject
) -> None:
    read, plain = which
    damaged = bytearray(as_bytes(plain))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Malformed):
        read(bytes(damaged))


def test_every_reader_of_this_page_is_tried() -> None:
    public = {
        name
        for name, each in inspect.getmembers(wire, inspect.isfunction)
        if each.__module__ == wire.__name__ and not name.startswith("_")
    }
    assert public == {read.__name__ for read, _ in READERS}


def test_an_answer_past_its_limit_is_not_even_looked_at() -> None:
    small = as_bytes({"v": 1, "now": 1})
    assert wire.answer(small.ljust(ANSWER_BYTES)).v == 1
    refused(wire.answer, small.ljust(ANSWER_BYTES + 1))


@reader
def test_of_a_member_named_twice_the_last_counts(read: Callable[[bytes], Any], plain: Any) -> None:
    """Changes that say something twice are refused by the intake; no reader leaves it to chance."""
    name = next(name for name, value in plain.items() if value == 1)
    twice = b'{"' + name.encode() + b'":2,' + as_bytes(plain)[1:]
    assert read(twice) == read(as_bytes(plain))


# -- one change ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 15, 17, 32])
@pytest.mark.parametrize("name", ["id", "resident", "amends", "voids", "by"])
def test_an_id_is_sixteen_bytes(name: str, size: int) -> None:
    refused(wire.change, as_bytes(CHANGE, **{name: b64(bytes(size))}))
    assert getattr(wire.change(as_bytes(CHANGE, **{name: b64(OTHER)})), name) == OTHER


@pytest.mark.parametrize("size", [0, 15, 17])
def test_an_id_that_an_editor_saw_is_sixteen_bytes(size: int) -> None:
    def seen(saw: bytes) -> bytes:
        return as_bytes(CHANGE, set={"x": {"value": 1, "saw": [b64(ID), b64(saw)]}})

    refused(wire.change, seen(bytes(size)))
    change = wire.change(seen(OTHER))
    assert change.set is not UNSET
    assert change.set["x"].saw == (ID, OTHER)


@pytest.mark.parametrize(
    "text", ["AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0ODw==\n", "AAECAwQF-gcICQoLDA0ODw=="]
)
def test_base64_is_the_padded_alphabet_of_rfc_4648_section_4(text: str) -> None:
    refused(wire.change, as_bytes(CHANGE, id=text))


@pytest.mark.parametrize("name", ["v", "at", "mono"])
@pytest.mark.parametrize(
    "text",
    [
        b"9007199254740992", b"9223372036854775808", b"18446744073709551616", b"9" * 400,
        b"9" * 5_000, b"-9007199254740992", b"-" + b"9" * 400, b"1e3", b"1.0", b"1E400", b"NaN",
        b"01", b"0x1", b"Infinity", b"true", b'"1"', b"null",
    ],
)  # fmt: skip
def test_a_number_is_an_integer_that_every_column_and_language_can_hold(
    name: str, text: bytes
) -> None:
    refused(wire.change, with_member(CHANGE, name, text))


@pytest.mark.parametrize("name", ["v", "mono"])
def test_an_index_or_a_count_is_never_negative(name: str) -> None:
    refused(wire.change, with_member(CHANGE, name, b"-1"))
    assert getattr(wire.change(with_member(CHANGE, name, b"0")), name) == 0


def test_a_clock_before_1970_is_still_a_clock() -> None:
    assert wire.change(with_member(CHANGE, "at", b"-1")).at == -1


@pytest.mark.parametrize(
    "day",
    [
        "",
        "20261122",
        "2026-W47-7",
        "2026-11-22T",
        "2026-11-22\n",
        " 2026-11-22",
        "２０２６-11-22",
    ],
)
def test_a_day_has_one_way_to_be_written_for_days_are_compared_as_text(day: str) -> None:
    refused(wire.change, as_bytes(CHANGE, on=day))


@pytest.mark.parametrize("where", ["body", "value"])
@pytest.mark.parametrize("kind", ["[]", "{}"])
def test_a_change_is_nested_to_its_limit_and_no_deeper(where: str, kind: str) -> None:
    def nested(depth: int) -> bytes:
        start = b"[" if kind == "[]" else b'{"a":'
        inner = start * depth + b"1" + kind[1].encode() * depth
        if where == "body":
            return with_member(CHANGE, "body", inner)
        return with_member(CHANGE, "set", b'{"x":{"value":' + inner + b"}}")

    above = 1 if where == "body" else 3
    assert wire.change(nested(CHANGE_DEPTH - above)).id == ID
    for depth in (CHANGE_DEPTH - above + 1, 900, 20_000):
        refused(wire.change, nested(depth))


def test_brackets_within_words_are_not_nesting() -> None:
    text = '\\"[{' * 1_000
    body = json.dumps([text, "\\", "[" * 99]).encode()
    assert wire.change(with_member(CHANGE, "body", body)).body == Raw(body)


def test_many_rows_side_by_side_are_not_nesting() -> None:
    body = json.dumps([{"a": [n]} for n in range(1_000)]).encode()
    assert wire.change(with_member(CHANGE, "body", body)).body == Raw(body)


def test_looking_for_depth_takes_time_in_proportion_to_the_bytes() -> None:
    for unit in (b'"', b"\\", b'"\\', b'\\"', b'["', b'{"\\'):
        refused(wire.change, (unit * CHANGE_BYTES)[:CHANGE_BYTES])


def test_a_body_is_carried_byte_for_byte() -> None:
    body = b'{ "z" : 1.50,"a":"\\u5f20", "new" : [ null ] }'
    change = wire.change(with_member(CHANGE, "body", body))
    assert change.body == Raw(body)
    assert body in wire.encode(change)


def test_a_broken_change_spoils_only_itself() -> None:
    good, bad = as_bytes(CHANGE), as_bytes(CHANGE, **{SECRET: 1})
    deep = with_member(CHANGE, "body", b"[" * 500 + b"]" * 500)
    changes = b"[" + b",".join([bad, good, deep, b"null", b'"\xff"', good]) + b"]"
    batch = wire.batch(with_member(BATCH, "changes", changes))
    assert [bytes(each) for each in batch.changes[:3]] == [bad, good, deep]
    fates: list[bool] = []
    for each in batch.changes:
        try:
            fates.append(wire.change(each).id == ID)
        except Malformed:
            fates.append(False)
    assert fates == [False, True, False, False, False, True]


# -- the rest of a batch -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schema", 2**31), ("trust", 2**31), ("v", 2**31), ("created", 2**53), ("oldest", 2**53),
        ("pending", 2**53), ("pending", -1), ("outcomes_seen", -1), ("checkpoint", 2**64),
        ("staff", b64(bytes(15))),
        ("cursors", [{"panel": b64(ID), "epoch": 1, "csn": -1}]),
        ("cursors", [{"panel": b64(ID), "epoch": 2**31, "csn": 1}]),
        ("cursors", [{"panel": "", "epoch": 1, "csn": 1}]),
        ("known", [{"panel": b64(ID), "epoch": 1, "csn": 2**63, "at": 1}]),
        ("known", [{"panel": b64(ID), "epoch": -1, "csn": 1, "at": 1}]),
        ("sessions", [{"id": "", "wall": 2**99, "mono": 0}]),
        ("sessions", [{"id": "", "wall": 0, "mono": 0, "offset": -(2**60)}]),
        ("purged", [{"resident": b64(bytes(17)), "at": 1}]),
        ("purged", [{"resident": b64(ID), "at": 1, "waiting": [-1]}]),
        ("reads", [{"resident": b64(ID), "at": -(2**63), "purpose": "care"}]),
        ("digests", [{"panel": b64(ID), "csn": 2**63, "root": ""}]),
    ],
)  # fmt: skip
def test_no_number_or_id_of_a_batch_is_beyond_its_column(name: str, value: Any) -> None:
    refused(wire.batch, as_bytes(BATCH, **{name: value}))


# -- there and back ------------------------------------------------------------------------------

IDS = st.binary(min_size=16, max_size=16)
COUNTS = st.integers(0, 2**53 - 1)
SMALL = st.integers(0, 2**31 - 1)
INSTANTS = st.integers(1 - 2**53, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EDITS = st.builds(wire.Edit, value=VALUES, saw=st.lists(IDS, max_size=3).map(tuple))
CHANGES = st.builds(
    wire.Change,
    id=IDS, resident=IDS, kind=TEXT, v=SMALL, on=st.dates().map(str), at=INSTANTS, mono=COUNTS,
    by=st.none() | IDS, amends=st.none() | IDS, voids=st.none() | IDS,
    body=st.just(UNSET) | VALUES.map(lambda value: Raw(msgspec.json.encode(value))),
    set=st.just(UNSET) | st.dictionaries(TEXT, EDITS, max_size=3),
    reason=TEXT, ground=st.none() | st.builds(wire.Ground, kind=TEXT, note=TEXT),
)  # fmt: skip
CURSORS = st.builds(
    wire.Cursor, panel=IDS, epoch=SMALL, csn=COUNTS,
    snap=st.none()
    | st.builds(wire.Snap, at=COUNTS, lane=SMALL, after=st.binary(max_size=40), cut=TEXT),
)  # fmt: skip
BATCHES = st.builds(
    wire.Batch,
    v=SMALL, app=TEXT, schema=SMALL, staff=IDS, created=INSTANTS, secret=st.binary(max_size=32),
    changes=st.lists(CHANGES.map(wire.encode).map(Raw), max_size=3).map(tuple),
    cursors=st.lists(CURSORS, max_size=2).map(tuple),
    outcomes_seen=COUNTS, pending=COUNTS, oldest=st.none() | INSTANTS,
    purged=st.lists(
        st.builds(wire.Purged, resident=IDS, at=INSTANTS, waiting=st.just((1, 2))), max_size=2
    ).map(tuple),
    trust=SMALL, checkpoint=COUNTS,
)  # fmt: skip


@given(CHANGES)
def test_a_change_comes_back_as_it_went(change: wire.Change) -> None:
    data = wire.encode(change)
    assert wire.change(data) == change
    assert wire.change(Raw(data)) == change
    assert wire.encode(wire.change(data)) == data


@settings(max_examples=60)
@given(BATCHES)
def test_a_batch_comes_back_as_it_went_with_its_changes_byte_for_byte(batch: wire.Batch) -> None:
    data = wire.encode(batch)
    back = wire.batch(data)
    assert back == batch
    assert [bytes(each) for each in back.changes] == [bytes(each) for each in batch.changes]
    assert wire.encode(back) == data


@given(IDS, COUNTS, st.sampled_from("AB"), TEXT, CHANGES)
def test_rows_tell_themselves_apart(
    who: bytes, number: int, cls: str, word: str, change: wire.Change
) -> None:
    for row in (
        wire.Leave(id=who, csn=number),
        wire.ResidentPut(id=who, rev=number, cls=cls, status=word, cells=Raw(b"{}"), no=word),
        wire.EventPut(
            rev=number, cls=cls, change=Raw(wire.encode(change)), staff=who, at=1, recv=2,
            credit=who, flags=(word,),
        ),
        wire.PlanPut(
            id=who, rev=number, cls=cls, year=2026, items=(Due(word, word, -31, 0, None, word),)
        ),
    ):  # fmt: skip
        assert wire.row(wire.encode(row)) == row
        page = wire.Page(panel=who, epoch=1, start=0, end=number, rows=(Raw(wire.encode(row)),))
        assert wire.row(wire.page(wire.encode(page)).rows[0]) == row


def test_a_row_of_another_sort_is_malformed_and_its_name_not_repeated() -> None:
    assert SECRET not in refused(wire.row, as_bytes(ROWS[0], put=SECRET))
