"""The life of an archive: its number, the steps it went through, kin, and two that were one person.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class ArchiveSerial(Table, tablename="archive_serial"):
    """The next serial of an area: 12 digits of county, township, village (domain, 1.1)."""

    district = SmallInt()
    area = Text(primary_key=True)
    next = Integer()
    KEY: ClassVar = ("district", "area")


class LifeStep(Table, tablename="life_step"):
    """One step of an archive from a state to the next, in order; the newest may be taken back."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    n = Integer()
    before = Text()  # state left
    after = Text()  # state reached
    day = Text()  # on which it happened, as said by the evidence
    at = BigInt()
    staff = Bytea()
    change = Bytea()  # the decision that wrote it into the register
    phone_index = Bytea(null=True)  # sign-in that was closed, kept for taking the step back
    sealed = Bytea()  # evidence, in the writer's words
    undone_at = BigInt(null=True)
    undone_by = Bytea(null=True)
    KEY: ClassVar = ("district", "resident", "n")


class Stay(Table, tablename="stay"):
    """A temporary archive whose months are counted. state: waiting | over | kept (temporary, as a
    person said).
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    state = Text()
    said = Text()  # first day here as the register says, "" for none
    counted = Text()  # the day from which the months count
    KEY: ClassVar = ("district", "resident")
    INDEX: ClassVar = (("district", "state", "counted"),)


class LifeTry(Table, tablename="life_try"):
    """One attempt to reach a resident who does not come."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    attempt = Bytea()
    day = Text()
    at = BigInt()
    staff = Bytea()
    sealed = Bytea()  # how it was tried and what was found
    KEY: ClassVar = ("district", "resident", "attempt")


class Kin(Table, tablename="kin"):
    """Who is whose child. relation: mother; `birth_order` counts the children of one birth."""

    district = SmallInt()
    child = Bytea(primary_key=True)
    parent = Bytea()
    relation = Text()
    birth_order = Integer()
    at = BigInt()
    staff = Bytea()
    KEY: ClassVar = ("district", "child", "parent")
    INDEX: ClassVar = (("district", "parent"),)


class KinRequest(Table, tablename="kin_request"):
    """Close kin ask for what a dead resident's archive holds. state: asked | given | refused."""

    district = SmallInt()
    request = Bytea(primary_key=True)
    resident = Bytea()
    state = Text()
    asked_at = BigInt()
    staff = Bytea()
    sealed = Bytea()  # who asks, the relation, the document seen, what for
    decided_at = BigInt(null=True)
    decided_by = Bytea(null=True)
    KEY: ClassVar = ("district", "request")
    INDEX: ClassVar = (("district", "resident"),)


class Twin(Table, tablename="twin"):
    """Two archives that look like one person. state: open | merged | apart."""

    district = SmallInt()
    twin = Bytea(primary_key=True)
    first = Bytea()  # the smaller id
    second = Bytea()
    ground = Text()
    state = Text()
    noted_at = BigInt()
    decided_at = BigInt(null=True)
    decided_by = Bytea(null=True)
    KEY: ClassVar = ("district", "twin")
    UNIQUE: ClassVar = (("district", "first", "second"),)
    INDEX: ClassVar = (("district", "second"),)


class Merge(Table, tablename="merge"):
    """One merge of two archives with what takes it back again."""

    district = SmallInt()
    merge = Bytea(primary_key=True)
    gone = Bytea()
    kept = Bytea()
    at = BigInt()
    staff = Bytea()
    change = Bytea()  # the decision in the register of the one that is kept
    sealed = Bytea()  # what was moved, and the cells as they were, under the kept one's key
    undone_at = BigInt(null=True)
    undone_by = Bytea(null=True)
    KEY: ClassVar = ("district", "merge")
    INDEX: ClassVar = (("district", "gone"), ("district", "kept"))


class Merged(Table, tablename="merged"):
    """Which archive stands now for one that is gone: what comes for it goes there."""

    district = SmallInt()
    gone = Bytea(primary_key=True)
    kept = Bytea()
    KEY: ClassVar = ("district", "gone")
    INDEX: ClassVar = (("district", "kept"),)
