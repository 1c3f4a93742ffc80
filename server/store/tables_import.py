"""Lists that are being read into the district: the job, its sealed content, saved mappings, and by
what an archive without a document is found again.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class ImportJob(Table, tablename="import_job"):
    """One uploaded list. state: receiving | reading | mapping | running | stopped | done | failed.

    `kind`: of the form that its lines are. `facility`: whose people alone may be in it; None for
    the county. `sealed_head`: name of the file, headings, mapping. `key` is this list's own data
    key: when the content is deleted it goes with it. `next_chunk` moves in the same transaction
    as the archives of a chunk.
    """

    district = SmallInt()
    job = Bytea(primary_key=True)
    kind = Text()
    facility = Bytea(null=True)
    staff = Bytea()
    restricted = Boolean()  # may restricted facts be read from it
    state = Text()
    told = Text()  # code of what stopped it
    format = Text()  # csv | xlsx
    encoding = Text()
    size = BigInt()  # bytes as uploaded
    key = Bytea()
    sealed_head = Bytea()
    raw_chunks = Integer()
    chunks = Integer()
    lines = Integer()
    next_chunk = Integer()
    created = Integer()
    matched = Integer()
    possible = Integer()
    refused = Integer()
    worked_ms = BigInt()
    made_at = BigInt()
    started_at = BigInt(null=True)
    ended_at = BigInt(null=True)
    deleted_at = BigInt(null=True)  # of the content; the counts stay
    owner = Text()  # which process has it in hand
    lease_until = BigInt()
    KEY: ClassVar = ("district", "job")
    INDEX: ClassVar = (("district", "made_at"), ("district", "state"))


class ImportChunk(Table, tablename="import_chunk"):
    """Part of a list, sealed. part: raw (bytes as uploaded) | lines (as read).

    `sealed_results`: what became of each line, in order; None as long as nothing did.
    """

    district = SmallInt()
    job = Bytea(primary_key=True)
    part = Text()
    n = Integer()
    lines = Integer()
    refused = Integer()
    sealed = Bytea()
    sealed_results = Bytea(null=True)
    KEY: ClassVar = ("district", "job", "part", "n")


class ImportMapping(Table, tablename="import_mapping"):
    """A mapping of headings to columns under a name, of one facility or of the county (None)."""

    district = SmallInt()
    mapping = Bytea(primary_key=True)
    facility = Bytea(null=True)
    kind = Text()
    name = Text()
    columns = Text()  # JSON {heading: column}
    staff = Bytea()
    changed_at = BigInt()
    KEY: ClassVar = ("district", "mapping")
    INDEX: ClassVar = (("district", "kind"),)


class Likeness(Table, tablename="likeness"):
    """Name, birth and sex of an archive as one keyed hash: who may be the same person."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    mark = Bytea()
    KEY: ClassVar = ("district", "resident")
    INDEX: ClassVar = (("district", "mark"),)
