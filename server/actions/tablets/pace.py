"""How often in the last minute or hour, for a bounded number of names (addresses, codes, logins).

It is kept in memory by the site (`Site.pace`), one a process: with several workers the bound is
that many times as high.
"""

from collections import OrderedDict, deque
from typing import Final

REMEMBERED: Final = 4_096
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS


class Pace:
    """`note` each event; `full` says that a name had `most` of them within the last `within` ms."""

    def __init__(self, most: int, within: int = MINUTE_MS) -> None:
        self._most, self._within = most, within
        self._seen: OrderedDict[bytes, deque[int]] = OrderedDict()

    def full(self, name: bytes, now: int) -> bool:
        times = self._seen.get(name)
        if times is None or len(times) < self._most:
            return False
        return 0 <= now - times[0] < self._within

    def note(self, name: bytes, now: int) -> None:
        self._seen.setdefault(name, deque(maxlen=self._most)).append(now)
        self._seen.move_to_end(name)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
