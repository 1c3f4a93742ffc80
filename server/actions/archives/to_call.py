"""Lists that leave the screen: whole telephone numbers of many residents at once. Making one is an
opening of every archive on it, asked of the rule and written down for each of them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card
from server.actions.archives.ledger import audit
from server.actions.archives.opening import actor_of
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.records.kinds import REGISTER
from server.records.model import AccessClass
from server.rules.access import Allowed, ResidentFacts, may
from server.rules.consent import Purpose
from server.store.ids import new_id
from server.store.tx import Row, Tx
from server.store.vault import T_CELLS
from sync.merge import EMPTY, choose, decode_cells

LIST_MAX: Final = 2_000  # people in one list


async def open_each(
    tx: Tx,
    site: Site,
    signed: Signed,
    cards: Iterable[Card],
    purpose: Purpose,
    reason: str,
    *,
    restricted: Collection[bytes] = (),
) -> Mapping[bytes, bytes]:
    """Asks the rule for each, writes each opening down, and one leaf for all. `restricted`: of
    whom something of class B is on the list, which is asked for as well.

    {resident: entry in the access log} of those who may be seen.
    """
    now = site.clock()
    today, actor = civil_day(now), actor_of(signed)
    rows: list[Row] = []
    seen: dict[bytes, bytes] = {}
    for card in cards:
        birth = date.fromisoformat(card.birth) if card.birth else today
        facts = ResidentFacts(
            resident=card.resident, facility=card.facility, team=card.panel, doctor=None,
            birth=birth, today=today, now_ms=now,
        )  # fmt: skip
        asked = [AccessClass.A, AccessClass.B][: 2 if card.resident in restricted else 1]
        answers = [may(actor, facts, cls, purpose, reason=reason) for cls in asked]
        first = answers[0]
        if card.resident in seen or not isinstance(first, Allowed):
            continue
        if not all(isinstance(each, Allowed) for each in answers):
            continue
        entry = seen[card.resident] = new_id(now)
        rows.append(
            (
                site.district, card.resident, entry, now, now, actor.person, actor.facility,
                None, purpose.value, first.ground.value, "".join(asked), "online",
            )
        )  # fmt: skip
    await tx.insert("access_log", rows)
    if rows:
        detail = actor.person + b"".join(row[1] + row[2] for row in rows)
        await audit(tx, site.district, "opening", detail, now)
    return seen


async def phones_of(
    tx: Tx, site: Site, residents: Collection[bytes]
) -> dict[bytes, tuple[str, str, str]]:
    """Own telephone, name and telephone of the contact; "" where nothing is known."""
    if not residents:
        return {}
    rows = await tx.rows_in(
        "SELECT resident, key, rev, sealed_cells FROM resident WHERE district=? AND resident {ids}",
        sorted(residents),
        site.district,
    )
    return {row[0]: _phones(site, row) for row in rows}


def _phones(site: Site, row: Row) -> tuple[str, str, str]:
    who, wrapped, rev, sealed = row
    key = site.vault.key(who, wrapped)
    cells = decode_cells(key.open(site.vault.at(T_CELLS, who, who, rev), sealed))

    def shown(name: str) -> str:
        found = choose(
            cells.get(name, EMPTY), REGISTER.policy_of(name), REGISTER.safer_of(name)
        ).value
        return found if isinstance(found, str) else ""

    return shown("phone"), shown("contact_name"), shown("contact_phone")
