"""Checkup days: who is expected, what happened to them in the hall, which codes were given out.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class CheckupDay(Table, tablename="checkup_day"):
    """One day of one facility at one place. state: draft | ready | open | closed | cancelled.

    `version` counts what all its tablets are told (place, stations, doctors); `csn` counts what
    they are told of persons, under the lock of this row. `serial`: first part of its specimen
    numbers. `key` seals nothing: ID and archive numbers come to tablets as marks under it.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    facility = Bytea()
    on_day = Text()
    place = Text()
    opens_at = Text()
    closes_at = Text()
    lead = Bytea()
    state = Text()
    version = Integer()
    csn = BigInt()
    serial = Integer()
    stations = Text()
    key = Bytea()
    made_by = Bytea()
    made_at = BigInt()
    closed_at = BigInt(null=True)
    KEY: ClassVar = ("district", "day")
    UNIQUE: ClassVar = (("district", "serial"),)
    INDEX: ClassVar = (("district", "facility", "on_day"), ("district", "state", "on_day"))


class CheckupSlot(Table, tablename="checkup_slot"):
    """A span of a day with room for so many; `taken` is kept under the day's lock."""

    district = SmallInt()
    day = Bytea(primary_key=True)
    slot = Integer()
    start_at = Text()
    end_at = Text()
    capacity = Integer()
    taken = Integer()
    KEY: ClassVar = ("district", "day", "slot")


class CheckupPerson(Table, tablename="checkup_person"):
    """One person of one day; `who`: a resident, or a guest nobody has recognised.

    status: invited | walk_in | guest | removed. source: plan | hand | list | booked | hall.
    `state`: sync.hall.State sealed under the district's key; arrived_at, done_at, left_at and
    `alarms` (open ones) are taken from it. `changed_at`: of the newest step; `compiled_at`: up to
    which of them records were made.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    who = Bytea()
    csn = BigInt()
    status = Text()
    source = Text()
    groups = Text()
    route = Text()
    slot = Integer(null=True)
    ticket = Text()
    booked_at = BigInt(null=True)
    state = Bytea(null=True)
    arrived_at = BigInt(null=True)
    done_at = BigInt(null=True)
    left_at = BigInt(null=True)
    alarms = Integer()
    changed_at = BigInt()
    compiled_at = BigInt()
    KEY: ClassVar = ("district", "day", "who")
    INDEX: ClassVar = (("district", "day", "csn"), ("district", "who"), ("district", "alarms"))


class CheckupStep(Table, tablename="checkup_step"):
    """One step, by the id of its change; what it says stands sealed in that change.

    `who` as the change was signed, or whose it turned out to be.
    """

    district = SmallInt()
    change = Bytea(primary_key=True)
    day = Bytea()
    who = Bytea()
    kind = Text()
    station = Text()
    at = BigInt()
    device = Bytea()
    staff = Bytea()
    KEY: ClassVar = ("district", "change")
    INDEX: ClassVar = (("district", "day", "who"),)


class CheckupGuest(Table, tablename="checkup_guest"):
    """Somebody who stood on no list of the tablet: who it is, once that is known.

    state: waiting | differs (the document is somebody's of another name) | matched. `person`: the
    resident, or the first guest with the same number.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    guest = Bytea()
    person = Bytea(null=True)
    blind = Bytea()
    sealed = Bytea()
    state = Text()
    KEY: ClassVar = ("district", "day", "guest")
    INDEX: ClassVar = (("district", "day", "blind"),)


class CheckupTablet(Table, tablename="checkup_tablet"):
    """A tablet that is used on a day. sent_csn: what it was given; ended_at: told to forget the
    day; purged_at: showed that it has.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    device = Bytea()
    sent_csn = BigInt()
    ended_at = BigInt(null=True)
    purged_at = BigInt(null=True)
    KEY: ClassVar = ("district", "day", "device")
    INDEX: ClassVar = (("district", "device"),)


class CheckupSeries(Table, tablename="checkup_series"):
    """Which series of tickets and specimen numbers a tablet counts in; a new one for each epoch of
    its chain, so that a copy of a tablet never gives out the same number.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    device = Bytea()
    epoch = Integer()
    series = Integer()
    KEY: ClassVar = ("district", "day", "device", "epoch")
    UNIQUE: ClassVar = (("district", "day", "series"),)


class CheckupCode(Table, tablename="checkup_code"):
    """A code that was given out. type: 1 card, 2 day code (then `day`). Identifies, opens nothing.

    `digits`: the twelve digits below it.
    """

    district = SmallInt()
    code = Bytea(primary_key=True)
    resident = Bytea()
    type = SmallInt()
    day = Bytea(null=True)
    key_id = Integer()
    issued_at = BigInt()
    issued_by = Bytea(null=True)
    expires_at = BigInt()
    revoked_at = BigInt(null=True)
    revoked_by = Bytea(null=True)
    reason = Text()
    digits = Text()
    KEY: ClassVar = ("district", "code")
    UNIQUE: ClassVar = (("district", "digits"),)
    INDEX: ClassVar = (("district", "resident"), ("district", "day"), ("district", "revoked_at"))
