"""Pictures that belong to a change, a correction or a facility's record, and their sealed pieces.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, Integer, SmallInt, Text
from piccolo.table import Table


class Attachment(Table, tablename="attachment"):
    """One picture by its id (SHA-256 of sealed bytes, 32) and the tablet that named it; 16 zero
    bytes stand for none: a picture sent in a form.

    state: waiting | taken | refused | missing of a tablet's; loose | taken of a form's, loose as
    long as nothing names it. `resident`: whose archive the change is signed for, 16 zero bytes for
    a facility's own work. `subject`: the change, correction or record it belongs to. `size`,
    `arrived`: bytes of the tablet's sealed file, and how many of them are here. `sealed` (place:
    table 24): key of the stored file, type, what it measures; before it is complete the tablet's
    key. `under`: resident | district, whose key sealed it. `reason`: why it was refused.
    """

    district = SmallInt()
    attachment = Bytea(primary_key=True)
    device = Bytea()
    resident = Bytea()
    subject = Bytea(null=True)
    cls = Text()
    under = Text()
    state = Text()
    reason = Text()
    size = BigInt()
    arrived = BigInt()
    made_at = BigInt()
    changed_at = BigInt()
    staff = Bytea()  # who named or sent it
    receipt = Bytea(null=True)  # the signed receipt, as the tablet gets it at every repeat
    sealed = Bytea()
    KEY: ClassVar = ("district", "attachment", "device")
    INDEX: ClassVar = (
        ("district", "resident"),
        ("district", "subject"),
        ("district", "device", "state"),
        ("district", "state", "changed_at"),
    )


class AttachmentPart(Table, tablename="attachment_part"):
    """A piece of the sealed file: as it came while it arrives, then of the one made here."""

    district = SmallInt()
    attachment = Bytea(primary_key=True)
    device = Bytea()
    n = Integer()
    body = Bytea()
    KEY: ClassVar = ("district", "attachment", "device", "n")
