"""When was it written down? The tablet's stamp, corrected by what the server has evidence of.

recorded_at = stamp + the offset measured in that session, bounded below by the server time of the
last answer the tablet had applied, and above by the arrival. service_at is what the person states
and is never corrected (PROTOCOL.md section 7.5). Order never depends on any of this: it is for
people and for day-based rules.
"""

from msgspec import Struct

from sync.limits import CLOCK_AHEAD_MS


class Stamped(Struct, frozen=True):
    """ms UTC; `clamped` when the tablet's own claim could not be true."""

    at: int
    clamped: bool


def recorded(*, wall: int, offset: int | None, not_before: int, arrived: int) -> Stamped:
    """`offset` = server minus wall in that session, None when it was never measured; `not_before`
    = 0 when unknown.
    """
    at = wall + (offset or 0)
    if at > arrived:
        return Stamped(arrived, clamped=at > arrived + CLOCK_AHEAD_MS)
    if at < not_before:
        # A clock set back: what the tablet had already applied is older than the form it was
        # filled in on.
        return Stamped(min(not_before, arrived), clamped=not_before - at > CLOCK_AHEAD_MS)
    return Stamped(at, clamped=False)
