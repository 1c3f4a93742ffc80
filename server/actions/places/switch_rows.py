"""What is there of a resident's switches: the history that the rule reads, requests by their id."""

from datetime import date

from server.errors import NotFound, RuleSaysNo
from server.rules import switch as rule
from server.store.tx import Tx, one


async def assignments(tx: Tx, district: int, resident: bytes) -> list[rule.Assignment]:
    """The history the rule reads, in order."""
    rows = await tx.rows(
        "SELECT facility, from_day, ground, undone FROM assignment WHERE district=? "
        "AND resident=? ORDER BY n",
        district,
        resident,
    )
    return [
        rule.Assignment(
            facility,
            date.fromisoformat(day),
            rule.Cause(ground),
            date.fromisoformat(day) if undone else None,
        )
        for facility, day, ground, undone in rows
    ]


async def sent_before(
    tx: Tx, district: int, resident: bytes, name: bytes | None
) -> rule.Granted | None:
    """What the same form was answered when it came the first time."""
    if name is None:
        return None
    row = await one(
        tx, "SELECT from_day, cause FROM switch WHERE district=? AND resident=? AND switch=?",
        district, resident, name,
    )  # fmt: skip
    return rule.Granted(date.fromisoformat(row[0]), rule.Cause(row[1])) if row else None


async def asked_since(tx: Tx, district: int, resident: bytes, signed: int) -> bool:
    """Whether the resident has asked for something else after this was signed: the last word that
    was said counts, not the last one that arrived.
    """
    row = await one(
        tx, "SELECT 1 FROM switch WHERE district=? AND resident=? AND asked_at>? AND status "
        "IN ('scheduled','done') LIMIT 1", district, resident, signed,
    )  # fmt: skip
    return row is not None


async def is_over(tx: Tx, district: int, resident: bytes, of: bytes) -> bool:
    """Whether that switch was taken back before. Raises RuleSaysNo for one that a newer one has
    replaced, NotFound for one of somebody else.
    """
    rows = await tx.rows(
        "SELECT switch, status FROM switch WHERE district=? AND resident=? ORDER BY asked_at, "
        "switch",
        district, resident,
    )  # fmt: skip
    states: dict[bytes, str] = dict(rows)
    if of not in states:
        raise NotFound("switch")
    if states[of] in ("withdrawn", "undone"):
        return True
    standing = [name for name, state in rows if state in ("scheduled", "done")]
    if standing[-1] != of:
        raise RuleSaysNo("replaced")
    return False
