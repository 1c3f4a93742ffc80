"""Doctors who record visits and push them without rest, whatever becomes of the server."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import msgspec

from crypto.primitives import sha256
from server.settings import now_ms
from server.store.ids import new_id
from sync import wire
from sync.tablet import Tablet
from sync.tablet_trust import opened
from tests.cast_forms import good
from tests.real.installation import DONE_WITHIN_S, PASSPHRASE, TABLETS, Installation, waits_for
from tests.real.line import Cut, Line

DAY: Final = "2026-11-20"
A_BATCH: Final = 4
COMES_AGAIN: Final = (500, 503)  # the tablet tries again; everything else is a fault here
KEPT: Final = 60  # exchanges a doctor remembers, to ask them once more
PAUSE_S: Final = 0.05
LEAVES_WITHIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """An exchange that was answered, with what has to come back byte for byte."""

    request: bytes
    receipt: bytes
    signature: bytes


@dataclass(slots=True)
class Doctor(threading.Thread):
    """One tablet in the hands of one doctor."""

    here: Installation
    name_: str
    seed: str = "doctor"
    pause_s: float = PAUSE_S
    a_batch: int = A_BATCH
    saves_every: int = 1  # exchanges; the others bring nothing new
    saved: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    acknowledged: set[bytes] = field(default_factory=set[bytes])
    answers: dict[str, tuple[float, set[bytes]]] = field(
        default_factory=dict[str, tuple[float, set[bytes]]]
    )  # under the name of their request: when they were here, what they acknowledged
    asked: list[Asked] = field(default_factory=list[Asked])
    failures: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    took_s: list[float] = field(default_factory=list[float])
    enough: threading.Event = field(default_factory=threading.Event)
    repeats: int = 0
    asks_at_rest: bool = True
    again: int = 0  # how many repeats somebody wants
    line: Line = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, name=f"tablet {self.name_}", daemon=True)
        self.chance = random.Random(f"{self.seed}/{self.name_}")
        self.line = Line(self.here.address, random.Random(f"{self.seed}/{self.name_}/line"))

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 (told to whoever looks at this doctor)
            self.faults.append(f"{type(error).__name__}: {error}")
        finally:
            self.line.close()

    def _work(self) -> None:
        tablet = Tablet.open(
            self.here.folder / f"{self.name_}.tablet", PASSPHRASE, clock=now_ms, new_id=new_id
        )
        residents = TABLETS[self.name_][2]
        for turn in itertools.count():
            if self.enough.is_set() or self.faults:
                break
            for n in range(self.a_batch if turn % self.saves_every == 0 else 0):
                who = self.chance.choice(residents)
                form = good("htn_followup", next_date="2027-02-18", sbp=120 + n)
                self.saved[tablet.save_event(who, "htn_followup", DAY, form)] = who
            self._push(tablet)
            if self.again:
                self._ask_again(tablet)
            time.sleep(self.pause_s)
        while not self.faults:  # until neither side has more
            more = self._push(tablet)
            if more is False and not tablet.waiting:
                break
        if self.asks_at_rest:
            self._ask_again(tablet)
        self._rests(tablet)
        tablet.close()

    def _push(self, tablet: Tablet) -> bool | None:
        """Whether there is more; None when no answer came."""
        request = tablet.request()
        assert request is not None
        began = time.monotonic()
        told = self._post(request)
        if told is None:
            return None
        status, body, name = told
        if status != 200:
            return None
        here_at = time.time()
        self.took_s.append(time.monotonic() - began)
        assert tablet._keys is not None
        answer, _ = opened(tablet._keys, tablet.state, request, body)
        result = tablet.take(request, body)
        new = {each for each in self.saved if each not in self.acknowledged}
        new = {each for each in new if tablet.fate(each)[0]}
        self.acknowledged |= new
        self.answers[name] = here_at, new
        if answer.receipt is not None:
            self._remember(request, answer.receipt)
        if result.agrees is False or result.refused:
            self.faults.append(f"digest {result.agrees}, refused {result.refused!r}")
        return result.more or bool(result.receipts)

    def _post(self, request: bytes) -> tuple[int, bytes, str] | None:
        try:
            answer = self.line.post(request)
        except Cut as cut:
            self.failures[str(cut)] += 1
            time.sleep(self.pause_s)
            return None
        if answer.status != 200:
            self.failures[_named(answer.status, answer.body)] += 1
            if answer.status not in COMES_AGAIN:
                self.faults.append(f"{answer.status} {answer.body[:300]!r}")
            time.sleep(self.pause_s)
        return answer.status, answer.body, answer.id

    # ---- receipts ---------------------------------------------------------------------------

    def _remember(self, request: bytes, receipt: wire.SignedReceipt) -> None:
        made = Asked(request, bytes(receipt.receipt), receipt.signature)
        if len(self.asked) >= KEPT:
            self.asked.pop(self.chance.randrange(len(self.asked)))
        self.asked.append(made)

    def _ask_again(self, tablet: Tablet) -> None:
        """Old envelopes once more: the stored receipt comes back byte for byte."""
        assert tablet._keys is not None
        for each in self.chance.sample(self.asked, min(3, len(self.asked))):
            told = self._post(each.request)
            if told is None or told[0] != 200:
                return
            answer, _ = opened(tablet._keys, tablet.state, each.request, told[1])
            same = answer.receipt is not None and (
                (bytes(answer.receipt.receipt), answer.receipt.signature)
                == (each.receipt, each.signature)
            )
            if not same:
                self.faults.append(f"another receipt for {sha256(each.request).hex()}")
            self.repeats += 1
        self.again = max(0, self.again - 1)

    def _rests(self, tablet: Tablet) -> None:
        """At rest: every change has its receipt and the digests agree."""
        if not self.faults and (tablet.waiting or tablet.state.misses):
            self.faults.append(f"{tablet.waiting} wait, {tablet.state.misses} digests differ")


def _named(status: int, body: bytes) -> str:
    try:
        return f"{status} {msgspec.json.decode(body)['code']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return str(status)


def faults_of(doctors: Sequence[Doctor]) -> list[str]:
    return [f"{each.name_}: {fault}" for each in doctors for fault in each.faults]


def each_has_one_more_answer(doctors: Sequence[Doctor]) -> None:
    """Waits until everybody's pushes go through again."""
    before = [len(doctor.acknowledged) for doctor in doctors]

    def through() -> bool:
        assert faults_of(doctors) == []
        now = (len(doctor.acknowledged) for doctor in doctors)
        return all(more > less for less, more in zip(before, now, strict=True))

    waits_for(through, "no push went through")


@contextmanager
def at_work(doctors: Sequence[Doctor]) -> Generator[None]:
    for doctor in doctors:
        doctor.start()
    try:
        yield
    finally:
        for doctor in doctors:
            doctor.enough.set()
        for doctor in doctors:  # their tablets lie in a folder that is removed
            doctor.join(LEAVES_WITHIN_S)


def come_to_rest(doctors: Sequence[Doctor]) -> None:
    """Nothing new any more; what waits goes."""
    for doctor in doctors:
        doctor.line.cutting = 0.0
        doctor.enough.set()
    for doctor in doctors:
        doctor.join(DONE_WITHIN_S)
        assert not doctor.is_alive(), f"tablet {doctor.name_} does not come to rest"
    assert faults_of(doctors) == []
