"""The chain of one tablet: what goes on, is missing, was cut anew, or is a second tablet."""

from dataclasses import dataclass, field
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.journal import (
    GENESIS,
    Fork,
    Gap,
    Head,
    NewEpoch,
    Next,
    Place,
    Replacement,
    Verdict,
    judge,
)

D3, D4, D5, OTHER = (bytes([n]) * 32 for n in (3, 4, 5, 99))
HEAD = Head(epoch=2, seq=5, digest=D5)


@pytest.mark.parametrize(
    ("place", "verdict"),
    [
        # the same epoch
        (Place(2, 6, D5), Next()),
        (Place(2, 6, D5, (6, 7)), Next()),
        (Place(2, 6, OTHER), Fork("prev")),
        (Place(2, 6, OTHER, (5,)), Replacement()),  # second half of a re-cut 5
        (Place(2, 7, OTHER), Gap(HEAD)),
        (Place(2, 7, D5), Gap(HEAD)),
        (Place(2, 7, OTHER, (5,)), Gap(HEAD)),
        (Place(2, 99, OTHER), Gap(HEAD)),
        (Place(2, 5, D4), Fork("second")),
        (Place(2, 5, D4, (5,)), Replacement()),
        (Place(2, 4, D3), Fork("second")),
        (Place(2, 4, D3, (4, 5)), Replacement()),
        (Place(2, 1, GENESIS), Fork("second")),
        # naming others does not make a second envelope a named one
        (Place(2, 5, D4, (6,)), Fork("second")),
        (Place(2, 4, D3, (5,)), Fork("second")),
        # the next epoch
        (Place(3, 1, D5), NewEpoch()),
        (Place(3, 1, D4), Fork("prev")),
        (Place(3, 1, GENESIS), Fork("prev")),
        (Place(3, 2, OTHER), Gap(HEAD)),
        # further away
        (Place(4, 1, D5), Gap(HEAD)),
        (Place(1, 1, GENESIS), Fork("old_epoch")),
        (Place(1, 6, D5), Fork("old_epoch")),
        (Place(1, 6, D5, (6,)), Fork("old_epoch")),
    ],
)
def test_what_an_envelope_is_beside_head_five_of_epoch_two(place: Place, verdict: Verdict) -> None:
    assert judge(HEAD, place) == verdict


def test_the_first_batch_of_a_tablet_follows_nothing() -> None:
    empty = Head(epoch=1, seq=0, digest=GENESIS)
    assert judge(empty, Place(1, 1, GENESIS)) == Next()
    assert judge(empty, Place(1, 1, OTHER)) == Fork("prev")
    assert judge(empty, Place(1, 2, OTHER)) == Gap(empty)
    assert judge(empty, Place(2, 1, GENESIS)) == NewEpoch()


@given(
    st.integers(1, 4), st.integers(0, 6), st.integers(1, 4), st.integers(1, 8),
    st.sampled_from([GENESIS, D4, D5]), st.sets(st.integers(1, 8)).map(sorted),
)  # fmt: skip
def test_the_head_moves_only_for_what_follows_it(
    epoch: int, seq: int, at_epoch: int, at_seq: int, prev: bytes, replaces: list[int]
) -> None:
    head = Head(epoch, seq, D5)
    verdict = judge(head, Place(at_epoch, at_seq, prev, tuple(replaces)))
    follows = prev == D5 and (at_epoch, at_seq) in {(epoch, seq + 1), (epoch + 1, 1)}
    assert isinstance(verdict, Next | NewEpoch) == follows
    if isinstance(verdict, Gap):
        assert verdict.expected == head
        assert (at_epoch, at_seq) > (epoch, seq + 1)
    if isinstance(verdict, Replacement):
        assert replaces


@dataclass(frozen=True)
class Envelope:
    place: Place
    digest: bytes


BEGINNING = Head(1, 0, GENESIS)


@dataclass
class Server:
    """The ledger of envelopes and the head, as the server keeps them."""

    head: Head = BEGINNING
    ledger: set[bytes] = field(default_factory=set[bytes])
    verdicts: list[Verdict] = field(default_factory=list[Verdict])

    def take(self, envelope: Envelope) -> None:
        if envelope.digest in self.ledger:
            return
        verdict = judge(self.head, envelope.place)
        self.verdicts.append(verdict)
        if isinstance(verdict, Gap):
            return
        self.ledger.add(envelope.digest)
        if isinstance(verdict, Next | NewEpoch):
            self.head = Head(envelope.place.epoch, envelope.place.seq, envelope.digest)


@dataclass
class Tablet:
    """An honest one: seals ahead, sends in order, repeats bytes; cuts anew only above the head of
    a signed answer, naming what it had sealed there; and once more what the head turns out not to
    be before.
    """

    epoch: int = 1
    told: Head = BEGINNING
    seq: int = 0
    prev: bytes = GENESIS
    outbox: list[Envelope] = field(default_factory=list[Envelope])
    used: set[int] = field(default_factory=set[int])  # numbers sealed above `told`
    made: int = 0

    def seal(self, replaces: tuple[int, ...] = ()) -> None:
        self.made += 1
        if not replaces and self.seq + 1 in self.used:
            replaces = (self.seq + 1,)
        place = Place(self.epoch, self.seq + 1, self.prev, replaces)
        digest = sha256(f"{self.made}".encode()).digest()
        self.outbox.append(Envelope(place, digest))
        self.used.add(place.seq)
        self.seq, self.prev = place.seq, digest

    def cut_anew(self, count: int) -> None:
        replaces = tuple(sorted(self.used))
        self.outbox.clear()
        self.seq, self.prev = self.told.seq, self.told.digest
        for _ in range(count):
            self.seal(replaces)

    def answered(self, server: Server) -> None:
        """A signed answer: receipts for what the server holds, and its head."""
        self.outbox = [each for each in self.outbox if each.digest not in server.ledger]
        self.told = server.head
        if not self.outbox:
            self.seq, self.prev = self.told.seq, self.told.digest
            self.used.clear()
        elif self.outbox[0].place.prev != self.told.digest:
            self.cut_anew(len(self.outbox))


STEPS = st.lists(
    st.sampled_from(["seal", "send", "lose answer", "lose request", "repeat", "cut 1", "cut 3"]),
    max_size=40,
)


@settings(max_examples=150)
@given(STEPS)
def test_an_honest_tablet_never_forks_whatever_the_line_loses(steps: list[str]) -> None:
    server, tablet, sent = Server(), Tablet(), list[Envelope]()
    for step in steps:
        match step:
            case "seal":
                tablet.seal()
            case "send" if tablet.outbox:
                sent.append(tablet.outbox[0])
                server.take(sent[-1])
                tablet.answered(server)
            case "lose answer" if tablet.outbox:
                sent.append(tablet.outbox[0])
                server.take(sent[-1])
            case "repeat" if sent:
                server.take(sent[-1])
            case "cut 1" | "cut 3" if tablet.outbox:
                tablet.cut_anew(int(step[-1]))
            case _:
                pass
    while tablet.outbox:
        server.take(tablet.outbox[0])
        tablet.answered(server)
    assert not [each for each in server.verdicts if isinstance(each, Fork)]
    assert (tablet.told, tablet.outbox) == (server.head, [])


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_restored_server_asks_for_what_it_lost_and_takes_it_byte_for_byte(
    made: int, kept: int
) -> None:
    tablet, before, after = Tablet(), Server(), Server()
    for _ in range(made):
        tablet.seal()
    sealed = list(tablet.outbox)
    for each in sealed:
        before.take(each)
    for each in sealed[:kept]:
        after.take(each)
    if kept < made - 1:
        assert judge(after.head, sealed[-1].place) == Gap(after.head)
    for each in sealed:  # from any point before the gap, repeats included
        after.take(each)
    assert (after.head, after.ledger) == (before.head, before.ledger)
    assert all(isinstance(each, Next) for each in after.verdicts)


@given(st.integers(0, 5), st.integers(1, 5), st.integers(1, 5))
def test_two_copies_of_one_tablet_are_noticed_at_the_first_batch_of_the_slower(
    shared: int, fast: int, slow: int
) -> None:
    server, one = Server(), Tablet()
    for _ in range(shared):
        one.seal()
        server.take(one.outbox[-1])
    other = Tablet(seq=one.seq, prev=one.prev, made=1000)
    for _ in range(fast):
        one.seal()
        server.take(one.outbox[-1])
    other.seal()
    for _ in range(slow - 1):
        other.seal()
    head = server.head
    server.take(other.outbox[0])
    assert server.verdicts[-1] == Fork("second")
    assert server.head == head, "a fork never moves the head"


def test_a_tablet_behind_its_own_head_goes_on_in_the_next_epoch() -> None:
    server = Server(head=HEAD)
    restored = Tablet(epoch=3, seq=0, prev=HEAD.digest)
    for _ in range(3):
        restored.seal()
        server.take(restored.outbox[-1])
    assert server.verdicts == [NewEpoch(), Next(), Next()]
    assert judge(server.head, Place(2, 6, D5)) == Fork("old_epoch")
