"""Targets of crypto: the clear headers of envelopes, as text and packed."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from crypto.envelope import DownHeader, EnvelopeRefused, UpHeader
from crypto.headers import read_down, read_up, write_down, write_up
from crypto.packed_headers import (
    read_packed_down,
    read_packed_up,
    write_packed_down,
    write_packed_up,
)
from tests.fuzz.case import Broken, Case, Place, Target, code_of, one_by_one
from tests.fuzz.mutate_bytes import changed
from tests.fuzz.mutate_json import changed_json
from tests.fuzz.sealed import HANDS


def header(_: Place) -> Iterator[Target]:
    """Clear headers; what is taken must mean the same to another reader of JSON, name for name."""
    ups = [write_up(one.header()) for one in HANDS]
    ups += [write_up(HANDS[0].header(counter=0)), write_up(HANDS[0].header(seq=7, replaces=(3, 5)))]
    downs = [write_down(one.answer_header()) for one in HANDS]
    places = ({}, {"counter": 0}, {"seq": 2**40, "replaces": (3, 500)})
    packed_ups = [write_packed_up(one.header(**each), 1) for one in HANDS for each in places]
    packed_downs = [write_packed_down(one.answer_header(), 1) for one in HANDS]

    def make(chance: Random) -> Case:
        up = chance.random() < 0.6
        if chance.random() < 0.4:
            some = packed_ups if up else packed_downs
            return Case(
                changed(chance.choice(some), chance, some), f"packed {'up' if up else 'down'}"
            )
        some = ups if up else downs
        data = chance.choice(some)
        if chance.random() < 0.5:
            return Case(changed(data, chance, some), "up" if up else "down")
        return Case(changed_json(json.loads(data), chance), "up" if up else "down")

    def judge(case: Case) -> str:
        if case.how.startswith("packed"):
            return _packed_judged(case)
        read: Callable[[bytes], Any] = read_up if case.how == "up" else read_down
        try:
            found = read(case.data)
        except EnvelopeRefused as refused:
            return code_of(refused, refused.kind.value)
        _means(found, case.data)
        return "read"

    yield Target(make, one_by_one(judge))


def _packed_judged(case: Case) -> str:
    """What is taken of a packed header is written again as the very same bytes."""
    try:
        if case.how == "packed up":
            again = write_packed_up(read_packed_up(case.data), case.data[2])
        else:
            again = write_packed_down(read_packed_down(case.data), case.data[2])
    except EnvelopeRefused as refused:
        return code_of(refused, refused.kind.value)
    if again != case.data:
        raise Broken("one header has two forms")
    return "read"


_UP: Final = {"s": "suite", "k": "kid", "d": "device", "a": "signer", "e": "epoch", "q": "seq",
              "c": "counter", "p": "prev", "r": "root", "x": "replaces"}  # fmt: skip
_DOWN: Final = {"s": "suite", "k": "kid", "a": "signer", "d": "device", "q": "request",
                "f": "feed_epoch", "t": "trust"}  # fmt: skip


def _means(found: UpHeader | DownHeader, data: bytes) -> None:
    pairs: list[tuple[str, Any]] = json.loads(data, object_pairs_hook=list)
    names = _UP if isinstance(found, UpHeader) else _DOWN
    if len(dict(pairs)) != len(pairs) or dict(pairs)["v"] != 1:
        raise Broken("a header with a name twice, or of another version")
    for name, value in pairs:
        if name == "v":
            continue
        meant: Any = tuple(value) if isinstance(value, list) else value
        if isinstance(value, str):
            meant = urlsafe_b64decode(value + "=" * (-len(value) % 4))
        if getattr(found, names[name]) != meant:
            raise Broken(f"two readers of a header differ about {name}")
