"""Steps written at a desk of the day's facility: the same change and the same sum as a tablet's.

The id of the step is made when its form is opened: sent twice it is noted once.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from msgspec import Raw

from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import Ledger, first_rev
from server.actions.checkup.day_reading import held as held_day
from server.actions.checkup.hall import noted
from server.actions.checkup.taking import take
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import checked_again, civil_day
from server.errors import NotYours, Refusal, RuleSaysNo
from server.store.ids import new_id
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_CHANGE
from sync import wire
from sync.hall import ACTED, CHECK_IN
from sync.reconcile import Credit, Reason, State

AT_DESK: Final = "desk"
_FIRST_COUNTS: Final = frozenset({CHECK_IN, ACTED})  # of these the lowest id counts
_MS: Final = 6  # bytes of an id that say when it was made
_LAST_MS: Final = (1 << 8 * _MS) - 1


async def save_step(
    site: Site, signed: Signed, day: bytes, who: bytes, kind: str, body: Mapping[str, Any], *,
    change: bytes | None = None,
) -> bytes:  # fmt: skip
    """One step of somebody who is on the day; its id. Raises NotYours, RuleSaysNo (a value the
    form cannot have).
    """
    return await site.store.write(
        partial(
            save_step_in, site=site, signed=signed, day=day, who=who, kind=kind, body=body,
            change=change,
        )
    )  # fmt: skip


async def save_step_in(
    tx: Tx, site: Site, signed: Signed, day: bytes, who: bytes, kind: str,
    body: Mapping[str, Any], change: bytes | None = None,
) -> bytes:  # fmt: skip
    """`save_step` in the caller's transaction."""
    found = await held_day(tx, site, signed, day)
    there = await one(
        tx, "SELECT 1 FROM checkup_person WHERE district=? AND day=? AND who=?",
        site.district, day, who,
    )  # fmt: skip
    if there is None and not await _is_ours(tx, site, signed, who):
        raise NotYours("person")
    name = change or new_id(site.clock())
    if await _noted_before(tx, site, name, who):
        return name
    if kind not in _FIRST_COUNTS:
        ahead = await _ids_ahead(tx, site, day, who)
        again = next((each for each in ahead if each[_MS:] == name[_MS:]), None)
        if again is not None:
            return again
        name = _behind(ahead, name)
    step = wire.Change(
        id=name, resident=who, kind=kind, v=1,
        on=min(found.on, civil_day(site.clock())).isoformat(), at=site.clock(),
        body=Raw(wire.encode({"day": day.hex(), **body})),
    )  # fmt: skip
    await _write(tx, site, signed, step, on=found.on)
    return name


async def _ids_ahead(tx: Tx, site: Site, day: bytes, who: bytes) -> list[bytes]:
    """Steps of somebody that were noted by a clock ahead of ours, by rising id."""
    rows = await tx.rows(
        "SELECT change FROM checkup_step WHERE district=? AND day=? AND who=? AND change>? ORDER "
        "BY change",
        site.district, day, who, (site.clock() + 1).to_bytes(_MS) + bytes(10),
    )  # fmt: skip
    return [row[0] for row in rows]


def _behind(ahead: list[bytes], name: bytes) -> bytes:
    """The id by which a desk has the last word: a clock years ahead does not have it for years."""
    last = int.from_bytes(ahead[-1][:_MS]) if ahead else _LAST_MS
    return name if last >= _LAST_MS else (last + 1).to_bytes(_MS) + name[_MS:]


async def _is_ours(tx: Tx, site: Site, signed: Signed, who: bytes) -> bool:
    row = await one(
        tx, "SELECT facility FROM resident WHERE district=? AND resident=?", site.district, who
    )
    return row is not None and row[0] == signed.facility


async def _noted_before(tx: Tx, site: Site, name: bytes, who: bytes) -> bool:
    row = await one(
        tx, "SELECT resident FROM change WHERE district=? AND change=?", site.district, name
    )
    if row is not None and row[0] != who:
        raise NotYours("change")
    return row is not None


async def _write(tx: Tx, site: Site, signed: Signed, step: wire.Change, *, on: date) -> None:
    raw, now = wire.encode(step), site.clock()
    arrived = checked_again(raw, bytes(16), step, max(on, civil_day(now)))
    if arrived.fault is not Reason.NONE:
        refused: Refusal = RuleSaysNo(arrived.fault.value)
        raise refused
    row = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, step.resident
    )
    under = "resident" if row is not None else "district"
    wrapped = row[0] if row is not None else await district_key_blob(tx, site.district)
    key = site.vault.key(step.resident if row is not None else NOBODY, wrapped)
    sealed = key.seal(site.vault.at(T_CHANGE, step.id, step.resident), bytes(16) + raw)
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    ledger = Ledger(site.district, site.vault, now, epoch[0])
    ledger.changes.append(
        (
            site.district, step.resident, step.id, step.kind if arrived.cls == "A" else None,
            arrived.cls, "step", State.APPLIED.value, "", None, first_rev(epoch[0]), step.on, now,
            now, None, 0, 0, 0, signed.staff, "staff", Credit.NONE.value, None, AT_DESK, None, 0, 0,
            under, sealed,
        )
    )  # fmt: skip
    await ledger.flush(tx, "act", b"hall-step" + step.id)
    await take(tx, site, [noted(step, step.resident, at=now, device=NOBODY, staff=signed.staff)])
