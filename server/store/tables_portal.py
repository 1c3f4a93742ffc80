"""What the residents' portal stands on: bound telephones, sessions, drafts, family, first openings.

A resident is named by the id of the archive; whoever acts for somebody else is named by the id of
their own. The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Bytea, SmallInt, Text
from piccolo.table import Table


class BoundPhone(Table, tablename="bound_phone"):
    """The telephone with which somebody signs in; bound face to face, the document seen.

    It is not the contact telephone of the register. `phone_index`: blind index. `sealed`: the
    number, under the resident's key. how: desk | visit | checkup | old_phone. From `full_at` on
    the sign-in reaches export, sharing and family rights (72 hours after a change).
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    bound = Bytea()
    phone_index = Bytea()
    sealed = Bytea()
    how = Text()
    bound_at = BigInt()
    bound_by = Bytea()  # the member of staff who saw the document, or the resident
    full_at = BigInt()
    ended_at = BigInt(null=True)
    ended_why = Text()
    KEY: ClassVar = ("district", "resident", "bound")
    INDEX: ClassVar = (("district", "phone_index", "ended_at"),)


class PortalSession(Table, tablename="portal_session"):
    """Who is signed in to the portal: the hash of a token that only the browser has.

    `person`: who signed in; None until one of several archives of the telephone is picked.
    `resident`: whose archive is open. `phone_index`: the telephone that received the code; None
    after a pass of the desk. how: code | pass.
    """

    district = SmallInt()
    session = Bytea(primary_key=True)
    person = Bytea(null=True)
    resident = Bytea(null=True)
    phone_index = Bytea(null=True)
    how = Text()
    began_at = BigInt()
    seen_at = BigInt()
    ended = Text()
    KEY: ClassVar = ("district", "session")
    INDEX: ClassVar = (("district", "person"),)


class PortalDraft(Table, tablename="portal_draft"):
    """What a resident had typed when the session ran out; `sealed` under the person's key."""

    district = SmallInt()
    person = Bytea(primary_key=True)
    draft = Bytea()
    resident = Bytea()
    path = Text()
    at = BigInt()
    sealed = Bytea()
    KEY: ClassVar = ("district", "person", "draft")


class FamilyLink(Table, tablename="family_link"):
    """Somebody who may act for or look after a resident.

    tie: parent | appointed | helper. scopes: letters of what was added (A archive, B restricted, D
    acts, R reproductive). state: standing | ended | moved (with a merge) | died. `frozen_at`: shut
    by a member of staff until the county has looked at it. `sealed`, under the resident's key:
    evidence and remarks.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    link = Bytea()
    person = Bytea()
    tie = Text()
    scopes = Text()
    from_day = Text()
    until_day = Text()
    state = Text()
    frozen_at = BigInt(null=True)
    made_at = BigInt()
    made_by = Bytea()  # the person or the member of staff
    ended_at = BigInt(null=True)
    sealed = Bytea()
    KEY: ClassVar = ("district", "resident", "link")
    INDEX: ClassVar = (("district", "person", "state"), ("district", "state", "until_day"))


class FirstOpening(Table, tablename="first_opening"):
    """The notice was read and agreed to; before that nothing of the archive is shown.

    `person`: who agreed, the resident or a guardian. `staff`: who wrote it down at a desk.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    opening = Bytea()
    text_version = Text()
    person = Bytea()
    staff = Bytea(null=True)
    at = BigInt()
    ended_at = BigInt(null=True)
    KEY: ClassVar = ("district", "resident", "opening")


class Explained(Table, tablename="explained"):
    """Class B was explained face to face; from then on the portal shows it (S001-art11)."""

    district = SmallInt()
    resident = Bytea(primary_key=True)
    explained = Bytea()
    staff = Bytea()
    facility = Bytea()
    at = BigInt()
    KEY: ClassVar = ("district", "resident", "explained")


class Assisted(Table, tablename="assisted"):
    """代办: what a member of staff did for a resident who was present, and until when it is undone.

    `what`: code of the act; `subject`: the row it made.
    """

    district = SmallInt()
    resident = Bytea(primary_key=True)
    act = Bytea()
    staff = Bytea()
    facility = Bytea()
    what = Text()
    subject = Bytea()
    at = BigInt()
    undo_until = BigInt(null=True)
    undone_at = BigInt(null=True)
    KEY: ClassVar = ("district", "resident", "act")


class Counter(Table, tablename="counter"):
    """What residents are told of a facility beside its name: whom to ring, when it is open."""

    district = SmallInt()
    facility = Bytea(primary_key=True)
    phone = Text()
    hours = Text()
    address = Text()
    KEY: ClassVar = ("district", "facility")
