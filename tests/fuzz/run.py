"""The loop over the cases of a target, and the promises that are the same for all of them."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import gettempdir
from typing import Final

from tests.fuzz.case import Broken, Case, Target

CPU_MOST_S: Final = 20  # of one hand-in; far more than any takes on any machine
LOOKED_AT: Final = 100  # memory is looked at once in so many cases
PROC: Final = Path("/proc/self")


class Failed(Exception):
    """A promise did not hold; the text says how to see it again."""


@dataclass(slots=True)
class Tally:
    """What became of the cases, and what they cost."""

    found: Counter[str] = field(default_factory=Counter[str])
    cpu_s: float = 0
    memory: int = 0  # the most that any hundred of them took on top of what was there

    @property
    def cases(self) -> int:
        return self.found.total()


def case_of(name: str, target: Target, seed: int, number: int) -> Case:
    return target.make(Random(f"{name} {seed} {number}"))


def run(
    name: str, target: Target, numbers: range, *, seed: int = 0,
    look: Callable[[Tally], object] = lambda _: None,
) -> Tally:  # fmt: skip
    """Every case of these numbers. Raises Failed at the first that breaks a promise. `look` is
    given what became of them so far, now and then.
    """
    tally, began = Tally(), time.process_time()
    with _bounded_time():
        for start in numbers[:: max(LOOKED_AT, target.block)]:
            part = range(start, min(start + max(LOOKED_AT, target.block), numbers.stop))
            before = _restarted()
            for at in part[:: target.block]:
                some = range(at, min(at + target.block, part.stop))
                tally.found.update(_handed_in(name, target, some, seed))
            grown = _memory("VmHWM") - before
            tally.memory = max(tally.memory, grown)
            if grown > target.memory:
                raise _failed(name, part, seed, f"they took {grown >> 20} MiB", ())
            look(tally)
    try:
        target.finish()
    except Exception as error:
        raise _failed(name, numbers, seed, _told(error), ()) from error
    tally.cpu_s = time.process_time() - began
    return tally


def _handed_in(name: str, target: Target, numbers: range, seed: int) -> Sequence[str]:
    cases = [case_of(name, target, seed, number) for number in numbers]
    signal_left = threading.current_thread() is threading.main_thread()
    if signal_left:
        signal.setitimer(signal.ITIMER_PROF, CPU_MOST_S)
    try:
        found = target.judge(cases)
    except Exception as error:
        raise _failed(name, *_smallest(name, target, numbers, seed, error)) from error
    assert len(found) == len(cases)
    return found


def _smallest(
    name: str, target: Target, numbers: range, seed: int, error: Exception
) -> tuple[range, int, str, Sequence[Case]]:
    """The one case of a block that breaks by itself, or else the block."""
    for number in numbers if len(numbers) > 1 else ():
        alone = case_of(name, target, seed, number)
        try:
            target.judge([alone])
        except Exception as again:  # noqa: BLE001 (any of them is a finding)
            return range(number, number + 1), seed, _told(again), [alone]
    cases = [case_of(name, target, seed, number) for number in numbers]
    return numbers, seed, _told(error), cases


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"


def _failed(name: str, numbers: range, seed: int, why: str, cases: Sequence[Case]) -> Failed:
    only = f"{numbers.start}:{numbers.stop}"
    lines = [
        f"{name}: {why}",
        f"  python -m tests.fuzz --target {name} --seed {seed} --only {only}",
    ]
    for case in cases[:1]:
        kept = Path(gettempdir()) / f"fuzz-{name}-{seed}-{numbers.start}.hex"
        kept.write_text(f"{case.how}\n{case.data.hex()}\n")
        lines.append(f"  python -m tests.fuzz --target {name} --hex {kept}")
        lines.append(f"  how: {case.how}; its first bytes: {case.data[:200]!r}")
    return Failed("\n".join(lines))


# ---- time and memory ----------------------------------------------------------------------------


@contextmanager
def _bounded_time() -> Iterator[None]:
    """One hand-in may take CPU_MOST_S of the processor; what goes on for ever is cut off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def too_long(_signal: int, _frame: object) -> None:
        raise Broken(f"it took more than {CPU_MOST_S} s of a processor")

    before = signal.signal(signal.SIGPROF, too_long)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _restarted() -> int:
    """What the process takes now; from here its peak is counted anew."""
    try:
        (PROC / "clear_refs").write_text("5")
    except OSError:  # not on this system: then the peak so far is where counting begins
        return _memory("VmHWM")
    return _memory("VmRSS")


def _memory(which: str) -> int:
    """Bytes, by the kernel's own count; 0 where it keeps none."""
    try:
        status = (PROC / "status").read_text("ascii")
    except OSError:
        return 0
    return int(status.partition(f"{which}:")[2].split(maxsplit=1)[0]) * 1024
