"""After a checkup day: records made from the parts, findings until somebody has seen to them,
feedback letters and who has them, people who did not come, what was promised to them.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class CheckupResult(Table, tablename="checkup_result"):
    """A record that was made from the parts of one person. `n`: how often, from 1; `change`: the
    newest; `sealed`: what the parts said then, under the resident's key. `facility`: performed.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    who = Bytea()
    form = Text()
    n = Integer()
    change = Bytea()
    made_at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "day", "who", "form")
    INDEX: ClassVar = (("district", "change"),)


class CheckupFinding(Table, tablename="checkup_finding"):
    """Something abnormal that a checkup found, or a value no form can hold.

    action: refer | follow_up | check. state: open | referred | agreed | told | gone (later parts
    say otherwise). `sealed`: what it is, under the resident's key; `note`: what was said of it.
    """

    district = SmallInt()
    finding = Bytea(primary_key=True)
    day = Bytea()
    who = Bytea()
    facility = Bytea()
    action = Text()
    urgent = Boolean()
    due_day = Text()
    state = Text()
    opened_at = BigInt()
    done_at = BigInt(null=True)
    done_by = Bytea(null=True)
    sealed = Bytea()
    note = Bytea(null=True)
    KEY: ClassVar = ("district", "finding")
    INDEX: ClassVar = (("district", "facility", "state"), ("district", "day", "who"))


class CheckupLetter(Table, tablename="checkup_letter"):
    """Whether somebody has the results of a day. how: hand | portal. `by`: the member of staff who
    handed the letter over, or the person who read. `change`: the amendment that says so.
    """

    district = SmallInt()
    day = Bytea(primary_key=True)
    who = Bytea()
    how = Text()
    by = Bytea()
    on_day = Text()
    told_at = BigInt()
    change = Bytea(null=True)
    undone_at = BigInt(null=True)
    KEY: ClassVar = ("district", "day", "who")


class CheckupBundle(Table, tablename="checkup_bundle"):
    """Letters of a village being written into one PDF. state: waiting | ready | failed | gone.

    `done` of `total` people; `shut`: how many archives did not open for who asked.
    """

    district = SmallInt()
    bundle = Bytea(primary_key=True)
    day = Bytea()
    village = Text()
    staff = Bytea()
    facility = Bytea()
    state = Text()
    done = Integer()
    total = Integer()
    shut = Integer()
    asked_at = BigInt()
    ready_at = BigInt(null=True)
    size = Integer()
    tries = Integer()
    KEY: ClassVar = ("district", "bundle")
    INDEX: ClassVar = (("district", "state", "asked_at"), ("district", "day"))


class CheckupBundlePart(Table, tablename="checkup_bundle_part"):
    """A piece of the PDF, sealed under the district's key."""

    district = SmallInt()
    bundle = Bytea(primary_key=True)
    n = Integer()
    sealed = Bytea()
    KEY: ClassVar = ("district", "bundle", "n")


class CheckupAbsent(Table, tablename="checkup_absent"):
    """Why somebody who was expected did not come, as noted, under the resident's key."""

    district = SmallInt()
    day = Bytea(primary_key=True)
    who = Bytea()
    noted_by = Bytea()
    noted_at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "day", "who")


class CheckupPromise(Table, tablename="checkup_promise"):
    """A service that was agreed on after a checkup day, with its day: an item of the service plan.

    rule: P64 another look at a finding, P65 a home visit to somebody who did not come. `about`: the
    finding, or the day.
    """

    district = SmallInt()
    promise = Bytea(primary_key=True)
    who = Bytea()
    rule = Text()
    about = Bytea()
    made_day = Text()
    due_day = Text()
    made_by = Bytea()
    made_at = BigInt()
    undone_at = BigInt(null=True)
    KEY: ClassVar = ("district", "promise")
    INDEX: ClassVar = (("district", "who"), ("district", "about"))
