"""What every message of the wire is made of: bounded scalars, bounded depth, one frozen struct.

Instants are int ms UTC, days ISO dates, `bytes` RFC 4648 section 4 base64.
"""

from re import finditer
from typing import Annotated

from msgspec import Meta, Struct

# What a tablet sends is bounded here: a number too large for its column at the server would fail
# the same batch again at every repeat.
Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Small = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Instant = Annotated[int, Meta(ge=1 - 2**53, le=2**53 - 1)]  # ms UTC, or a difference of two
Offset = Annotated[int, Meta(ge=-40_000, le=40_000)]  # days from 1 January of a plan's year
Whole = Annotated[int, Meta(ge=1 - 2**53, le=2**53 - 1)]  # its own bounds are checked later
Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]  # compared as text


class Malformed(ValueError):
    """The bytes are not the message that was expected. The text never repeats content."""


class Message(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False
):
    """What all messages share."""


class Due(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One thing owed, its days counted from 1 January of the plan's year: an array on the wire.

    `reason` is a sentence for people; tablets before schema 4 are sent the first five only.
    """

    rule: str
    slot: str
    opens: Offset
    due: Offset
    closes: Offset | None
    reason: str = ""


class Fix(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """The position of the tablet when a change was saved; `index`: of the change in its batch.

    An array on the wire. Degrees are times 100000; its bounds hold for one change and not for the
    batch, so they are checked where the change is read.
    """

    index: Small
    lat: Whole
    lon: Whole
    acc: Whole  # metres
    at: Instant  # of the fix, by the tablet's wall clock


def deeper_than(data: bytes, limit: int) -> bool:
    """Whether objects and lists stand in each other more than `limit` deep."""
    if data.count(b"{") + data.count(b"[") <= limit:
        return False
    depth = 0
    for found in finditer(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', data):
        sign = found[0]
        if sign in (b"{", b"["):
            depth += 1
            if depth > limit:
                return True
        elif sign in (b"}", b"]"):
            depth -= 1
    return False
