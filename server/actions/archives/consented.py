"""Membership by consent: what of a panel's standing consents reaches its tablets, no more.

A team has a copy by what was given for service and to be copied; class B as long as a consent that
names it stands. The longest of them decides until when, and when it is over the others are
asked again. The caller holds the resident's lock and flushes the ledger.
"""

from typing import Final

from server.actions.archives.ledger import ASSIGNED, Ledger
from server.actions.archives.membership import enter, leave
from server.actions.archives.standing import Membership, ResidentRow
from server.rules.consent import Manner, Purpose
from server.store.tx import Tx, one

CONSENT: Final = "consent"
CONSENT_B: Final = "consent_b"


async def settle(tx: Tx, ledger: Ledger, row: ResidentRow, panel: bytes) -> Membership | None:
    """Brings the membership to what the consents that stand give; what it is now. One that is
    assigned stays as it is.
    """
    district, who = ledger.district, row.resident
    found = await one(
        tx, "SELECT ground, until FROM member WHERE district=? AND panel=? AND resident=?",
        district, panel, who,
    )  # fmt: skip
    if found is not None and found[0] == ASSIGNED:
        return Membership(panel, ASSIGNED, found[1])
    wanted = await _wanted(tx, ledger, who, panel)
    if wanted is None:
        await leave(tx, ledger, row, panel)
        return None
    ground, until = wanted
    if found is not None and found[0] == ground:
        await tx.run(
            "UPDATE member SET until=? WHERE district=? AND panel=? AND resident=?",
            until, district, panel, who,
        )  # fmt: skip
    else:
        # Less or more than before: the tablets let the copy go and receive what is theirs now.
        await leave(tx, ledger, row, panel)
        await enter(tx, ledger, row, panel, ground=ground, until=until)
    return Membership(panel, ground, until)


async def panels_of(tx: Tx, ledger: Ledger, who: bytes) -> list[bytes]:
    """Panels that a standing consent of this resident gives a copy to."""
    rows = await tx.rows(
        "SELECT DISTINCT panel FROM consent WHERE district=? AND resident=? AND revoked_at IS NULL "
        "AND until>? AND manner=? AND purpose=? ORDER BY panel",
        ledger.district, who, ledger.now, Manner.COPY.value, Purpose.SERVICE.value,
    )  # fmt: skip
    return [row[0] for row in rows]


async def _wanted(tx: Tx, ledger: Ledger, who: bytes, panel: bytes) -> tuple[str, int] | None:
    rows = await tx.rows(
        "SELECT classes, MAX(until) FROM consent WHERE district=? AND resident=? AND panel=? AND "
        "revoked_at IS NULL AND until>? AND manner=? AND purpose=? GROUP BY classes",
        ledger.district, who, panel, ledger.now, Manner.COPY.value, Purpose.SERVICE.value,
    )  # fmt: skip
    ends: dict[str, int] = dict(rows)
    if "AB" in ends:
        return CONSENT_B, ends["AB"]
    return (CONSENT, ends["A"]) if "A" in ends else None
