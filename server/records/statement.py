"""What a resident says beside a record (居民的话); the record stays as it is (S000-art14¶3).

A measured value is nobody's to overwrite, so a resident who doubts one adds a statement to it: a
record of its own, immutable like any other, on the doctor's tablet with the next page. It is of the
class of the record it is about, and only the portal or a desk where the resident is present writes
it.
"""

from datetime import date
from typing import Final

from server.records.model import Code, Field, Kind, Ref, Shape, Text

STATEMENT: Final = "statement"
TEXT_MOST: Final = 500

REASONS: Final = {
    "1": "当时漏写了",
    "2": "写错了",
    "3": "情况变了",
    "4": "说不清",
}
"""Why somebody wants something put right; the same choices for every lane of a correction."""

V1: Final = Kind(
    id=STATEMENT,
    label="居民的话",
    version=1,
    valid_from=date(2026, 1, 1),
    shape=Shape.EVENT,
    fields=(
        # A statement without a record is about the archive's own page.
        Field("record", "说的是哪份记录", Ref("record")),
        # The name of a field of that record's form, as the form has it.
        Field("field", "说的是哪一项", Text(1, 60, "[a-z][a-z0-9_]*")),
        Field("why", "为什么", Code(REASONS), required=True),
        Field("text", "居民的话", Text(1, TEXT_MOST), required=True),
    ),
    neutral_label="居民的话",
    by_resident=True,
)
