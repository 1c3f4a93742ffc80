"""The per-tablet hash chain of batches: what a new envelope is, judged by what the server already
holds.

A batch is its bytes. Each names its place (epoch, seq) and the SHA-256 of the envelope before it,
so a repeat, a gap, a fork and a fresh start after a restore look different and are answered
differently (PROTOCOL.md section 4).
"""

from dataclasses import dataclass
from typing import Final

GENESIS: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """The last batch of the chain the server accepted; seq 0 and zeros before the first."""

    epoch: int
    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where an envelope says it stands."""

    epoch: int
    seq: int
    prev: bytes
    replaces: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """Continues the chain: apply it, the head moves."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A named re-cut of a seq the server took meanwhile: what is new counts, the head stays."""


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """A tablet that found its head behind the server's starts again after it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Earlier batches are missing: send from `expected` on."""

    expected: Head


@dataclass(frozen=True, slots=True)
class Fork:
    """A second, unnamed envelope for a taken place, or one that does not follow the head."""

    why: str


Verdict = Next | Replacement | NewEpoch | Gap | Fork


def judge(head: Head, place: Place) -> Verdict:
    """`place` is of an envelope whose bytes the ledger does not know (a known one is answered as
    stored).
    """
    if place.epoch == head.epoch + 1 and place.seq == 1:
        return NewEpoch() if place.prev == head.digest else Fork("prev")
    if place.epoch != head.epoch:
        return Gap(head) if place.epoch > head.epoch else Fork("old_epoch")
    if place.seq > head.seq + 1:
        return Gap(head)
    if place.seq == head.seq + 1:
        if place.prev == head.digest:
            return Next()
        return Replacement() if place.replaces else Fork("prev")
    return Replacement() if place.seq in place.replaces else Fork("second")
