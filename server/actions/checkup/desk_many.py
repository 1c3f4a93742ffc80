"""Many steps written at a desk at once, for people who are on the day: a laboratory's list.

The same changes and the same sum as one by one (desk_steps.py); each archive's key is read once,
the day is locked and added up once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Raw

from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import Ledger, first_rev
from server.actions.checkup.day_reading import held as held_day
from server.actions.checkup.desk_steps import AT_DESK
from server.actions.checkup.hall import noted
from server.actions.checkup.taking import take
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import checked_again, civil_day
from server.errors import NotYours, RuleSaysNo
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_CHANGE
from sync import wire
from sync.reconcile import Credit, Reason, State


@dataclass(frozen=True, slots=True)
class NewStep:
    """One step to be written. `body`: its form without the day."""

    who: bytes
    kind: str
    body: Mapping[str, Any]


async def save_steps_in(
    tx: Tx, site: Site, signed: Signed, day: bytes, steps: Sequence[NewStep]
) -> None:
    """All of them, in the caller's transaction, in this order. Raises NotYours for somebody who is
    not on the day, RuleSaysNo for a value the form cannot have.
    """
    if not steps:
        return
    held = await held_day(tx, site, signed, day)
    keys = await _keys(tx, site, day, steps)
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    now, on = site.clock(), min(held.on, civil_day(site.clock())).isoformat()
    ledger = Ledger(site.district, site.vault, now, epoch[0])
    made: list[wire.Change] = []
    for each in steps:
        step = wire.Change(
            id=new_id(now), resident=each.who, kind=each.kind, v=1, on=on, at=now,
            body=Raw(wire.encode({"day": day.hex(), **each.body})),
        )  # fmt: skip
        raw = wire.encode(step)
        arrived = checked_again(raw, bytes(16), step, max(held.on, civil_day(now)))
        if arrived.fault is not Reason.NONE:
            raise RuleSaysNo(arrived.fault.value)
        under, owner, wrapped = keys[each.who]
        place = site.vault.at(T_CHANGE, step.id, each.who)
        sealed = site.vault.key(owner, wrapped).seal(place, bytes(16) + raw)
        row: Row = (
            site.district, each.who, step.id, step.kind if arrived.cls == "A" else None,
            arrived.cls, "step", State.APPLIED.value, "", None, first_rev(epoch[0]), on, now, now,
            None, 0, 0, 0, signed.staff, "staff", Credit.NONE.value, None, AT_DESK, None, 0, 0,
            under, sealed,
        )  # fmt: skip
        ledger.changes.append(row)
        made.append(step)
    await ledger.flush(tx, "act", b"hall-steps" + b"".join(each.id for each in made[:64]))
    await take(
        tx, site,
        [noted(each, each.resident, at=now, device=NOBODY, staff=signed.staff) for each in made],
    )  # fmt: skip


async def _keys(
    tx: Tx, site: Site, day: bytes, steps: Sequence[NewStep]
) -> dict[bytes, tuple[str, bytes, bytes]]:
    """Under which key each person's changes are sealed: (name, owner, wrapped)."""
    whos = sorted({each.who for each in steps})
    rows = await tx.rows_in(
        "SELECT p.who, r.key FROM checkup_person p LEFT JOIN resident r ON r.district=p.district "
        "AND r.resident=p.who WHERE p.district=? AND p.day=? AND p.who {ids}",
        whos, site.district, day,
    )  # fmt: skip
    if {row[0] for row in rows} != set(whos):
        raise NotYours("person")
    ours = await district_key_blob(tx, site.district)
    return {
        who: ("district", NOBODY, ours) if key is None else ("resident", who, key)
        for who, key in rows
    }
