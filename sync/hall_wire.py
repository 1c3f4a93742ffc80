"""What tablets are told of a checkup day (体检日): messages of PROTOCOL.md, section 8.11.

A day comes to the tablets that are used on it, and goes when it is over. What it holds of a person
is what a hall needs with no network: to find and greet them, and to know what is still to be done.
ID and archive numbers come as marks only: `mark_of(key, label, text)` is HMAC-SHA-256 under the
day's own key over `label | text`, first 16 bytes; `text` is normalised (an ID number of 18 signs,
a final X in upper case). So a list on a tablet spells nobody's number.
"""

import hmac
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw

from sync.wire_types import Bytes32, Count, Day, Id, Malformed, Message, Small

NUMBER_LABEL: Final = b"gongwei/hall/number\x00"
ARCHIVE_LABEL: Final = b"gongwei/hall/archive\x00"
CODES_LABEL: Final = b"gongwei/codes\x00"
"""What the signature of a list of codes is over, with the exact bytes of the list behind it."""

Mark = Annotated[bytes, Meta(min_length=16, max_length=16)]


class HallCursor(Message, frozen=True):
    """How far a tablet has got with one day. epoch 0: nothing received yet."""

    day: Id
    epoch: Small = 0  # feed epoch under which `csn` counts
    csn: Count = 0
    version: Count = 0  # of the HallInfo held


class CodeList(Message, frozen=True):
    """Which keys sign codes, and which codes no longer count.

    A tablet refuses a list with a lower `counter` than it holds under the same feed epoch.
    """

    v: Small
    counter: Count
    at: int
    keys: tuple[tuple[int, bytes], ...]  # key id in a code -> Ed25519 public key
    revoked: tuple[Id, ...] = ()


class SignedCodes(Message, frozen=True):
    """`signature` by the pinned trust key of the tablet's suite, over CODES_LABEL | codes."""

    codes: Raw  # CodeList, byte for byte
    signature: bytes


class Tube(Message, frozen=True):
    """One container that is labelled. `digit` stands in its specimen number."""

    id: str
    label: str
    digit: Small


class StationForm(Message, frozen=True):
    """Which fields of a form a station fills in; none: the whole form."""

    kind: str
    v: Small
    fields: tuple[str, ...] = ()


class Station(Message, frozen=True):
    """One place in the hall, in the order in which people walk."""

    id: str
    label: str
    short: str
    forms: tuple[StationForm, ...] = ()
    tubes: tuple[str, ...] = ()
    minutes: Small = 5  # that one person takes, as planned
    note: str = ""  # for the person: 请空腹
    urgent: tuple[tuple[str, str], ...] = ()  # what an operator may find critical: code, words


class CriticalRule(Message, frozen=True):
    """A value that somebody must act on at once. `when`: an expression over the form's values."""

    name: str
    form: str
    field: str
    when: Raw
    sentence: str


class HallInfo(Message, frozen=True):
    """One day, as all its tablets know it. `series`: of this tablet alone (tickets, specimens)."""

    day: Id
    facility: Id
    name: str  # of the facility
    on: Day
    place: str
    opens: str
    closes: str
    lead: tuple[Id, str]
    doctors: tuple[tuple[Id, str], ...]
    series: Small
    serial: Small  # of the day in its district, first part of a specimen number
    key: Bytes32
    stations: tuple[Station, ...]
    tubes: tuple[Tube, ...]
    critical: tuple[CriticalRule, ...]
    groups: tuple[tuple[str, str, tuple[str, ...]], ...]  # id, label, route
    codes: SignedCodes | None = None


class HallRow(Message, frozen=True):
    """One person of one day. `status` removed: the tablet forgets who it is; `now`: a guest it
    named turned out to be that resident, whose row comes by itself.
    """

    who: Id
    status: str  # invited | walk_in | guest | removed
    name: str = ""
    sex: str = ""
    birth: str = ""
    id: bytes = b""  # mark of the ID number
    no: bytes = b""  # mark of the archive number
    tail: str = ""  # last four signs of the ID number
    groups: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    slot: str = ""  # "08:30"
    ticket: str = ""  # given at booking
    codes: tuple[Id, ...] = ()
    state: Raw = Raw(b"{}")  # sync.hall.State
    now: bytes = b""


class HallPage(Message, frozen=True):
    """What changed of one day since the cursor; `ended`: forget it, all of it."""

    day: Id
    epoch: Small
    csn: Count
    version: Count
    info: HallInfo | None = None
    rows: tuple[Raw, ...] = ()
    more: bool = False
    ended: bool = False


_row = msgspec.json.Decoder(HallRow)
_codes = msgspec.json.Decoder(CodeList)


def hall_row(data: bytes | Raw) -> HallRow:
    """Raises Malformed."""
    try:
        return _row.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a valid row of a checkup day") from None


def code_list(data: bytes | Raw) -> CodeList:
    """Raises Malformed."""
    try:
        return _codes.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a valid list of codes") from None


def mark_of(key: bytes, label: bytes, text: str) -> bytes:
    """The mark under which a number stands on tablets, 16 bytes."""
    return hmac.digest(key, label + text.encode(), sha256)[:16]
