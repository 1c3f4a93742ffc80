"""One-time codes and one-time passes of the residents' portal.

The small print that holds for all tables is in tables.py.
"""

from typing import ClassVar

from piccolo.columns import BigInt, Boolean, Bytea, SmallInt, Text
from piccolo.table import Table


class PortalCode(Table, tablename="portal_code"):
    """One asked-for code. It is written for a number of nobody as well, so that both cost alike.

    `code`: hash of a token that only the browser has. purpose: sign_in | bind | old_phone |
    new_phone. `resident`: None where nobody is meant. `id_mark`: blind index of the document that
    was typed, for the limits. `known`: asked from a browser that had signed this person in before.
    `sealed`: digits, telephone and the document, under the district's key.
    """

    district = SmallInt()
    code = Bytea(primary_key=True)
    purpose = Text()
    resident = Bytea(null=True)
    id_mark = Bytea(null=True)
    known = Boolean()
    made_at = BigInt()
    expires_at = BigInt()
    tries = SmallInt()
    used_at = BigInt(null=True)
    sealed = Bytea()
    KEY: ClassVar = ("district", "code")
    INDEX: ClassVar = (
        ("district", "id_mark", "made_at"),
        ("district", "resident", "made_at"),
        ("district", "made_at"),
    )


class PortalPass(Table, tablename="portal_pass"):
    """登录二维码: one sign-in without a short message, made at a desk for somebody who is present.

    `mark`: hash of the token in the code. `ended_at`: used, or another was made instead.
    """

    district = SmallInt()
    mark = Bytea(primary_key=True)
    resident = Bytea()
    staff = Bytea()
    facility = Bytea()
    made_at = BigInt()
    expires_at = BigInt()
    used_at = BigInt(null=True)
    ended_at = BigInt(null=True)
    KEY: ClassVar = ("district", "mark")
    INDEX: ClassVar = (("district", "resident", "made_at"),)
