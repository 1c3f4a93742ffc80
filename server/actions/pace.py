"""How often in the last minute, for a bounded number of names (addresses, codes, logins).

It is kept in memory, one a process: with several workers the bound is that many times as high.
"""

from collections import OrderedDict, deque
from typing import Final

REMEMBERED: Final = 4_096
_MINUTE_MS: Final = 60_000


class Pace:
    """`note` each event; `full` says that a name had `most` of them within the last minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: OrderedDict[bytes, deque[int]] = OrderedDict()

    def full(self, name: bytes, now: int) -> bool:
        times = self._seen.get(name)
        return times is not None and len(times) == self._most and 0 <= now - times[0] < _MINUTE_MS

    def note(self, name: bytes, now: int) -> None:
        self._seen.setdefault(name, deque(maxlen=self._most)).append(now)
        self._seen.move_to_end(name)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
