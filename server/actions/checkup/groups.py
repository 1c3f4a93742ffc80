"""Who of a facility belongs to which group of a checkup day, and who owes a checkup on it: from the
service plan and the yearly figures as they are kept, so no archive is opened.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.rules.checkup_days import COUNTED, RULES, groups_of, may_be_invited
from server.store.tx import Row, Tx, sharing

_RULES: Final = ",".join(f"'{each}'" for each in RULES)
_ITEMS: Final = ",".join(f"'{each}'" for each in COUNTED)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who owes a checkup. `village`: area code, "" for none; `panel`: zeros for none."""

    who: bytes
    groups: tuple[str, ...]
    village: str
    panel: bytes


@dataclass(slots=True)
class _Known:
    rules: set[str] = field(default_factory=set[str])
    items: set[str] = field(default_factory=set[str])
    village: str = ""
    panel: bytes = b""


async def candidates_in(
    tx: Tx, site: Site, facility: bytes, on: date, whos: Collection[bytes] | None = None, *,
    owed: bool = False,
) -> dict[bytes, Candidate]:  # fmt: skip
    """By resident of a facility; `whos`: only of these; nobody without a group is there.

    `owed`: only groups in which a checkup is owed on that day. Of a day next year nobody has a plan
    yet: then everybody owes one who counts this year.
    """
    today = civil_day(site.clock())
    same_year = on.year == today.year
    seen: dict[bytes, _Known] = {}
    day = (on if same_year else today).isoformat()
    for who, rule, village, panel in await _rows(
        tx,
        "SELECT resident, rule, village, panel FROM plan_due WHERE district=? AND facility=? AND "
        f"opens<=? AND closes>=? AND rule IN ({_RULES})",
        (site.district, facility, day, day), whos,
    ):  # fmt: skip
        known = seen.setdefault(who, _Known())
        known.rules.add(rule)
        known.village, known.panel = village, panel
    if not owed or not same_year:
        for who, item, village, panel in await _rows(
            tx,
            "SELECT resident, item, village, panel FROM figure_flag WHERE district=? AND "
            f"facility=? AND year=? AND item IN ({_ITEMS})",
            (site.district, facility, today.year), whos,
        ):  # fmt: skip
            known = seen.setdefault(who, _Known())
            known.items.add(item)
            known.village, known.panel = known.village or village, known.panel or panel
    return {
        who: Candidate(who, groups, known.village, known.panel)
        for who, known in seen.items()
        if (groups := groups_of(known.rules, known.items))
    }


async def groups_in(
    tx: Tx, site: Site, facility: bytes, on: date, whos: Collection[bytes], *, owed: bool = False
) -> Mapping[bytes, tuple[str, ...]]:
    """The groups of these, as `candidates_in`."""
    found = await candidates_in(tx, site, facility, on, whos, owed=owed)
    return {who: each.groups for who, each in found.items()}


async def _rows(
    tx: Tx, sql: str, args: tuple[object, ...], whos: Collection[bytes] | None
) -> Sequence[Row]:
    if whos is None:
        return await tx.rows(sql, *args)
    if not whos:
        return ()
    return await tx.rows_in(f"{sql} AND resident {{ids}}", sorted(whos), *args)


async def served_at(
    tx: Tx, site: Site, facility: bytes, whos: Collection[bytes], *, lock: bool = False
) -> set[bytes]:
    """Which of these live, are here, stand for themselves and are this facility's. `lock`: and stay
    so until this transaction ends; asked before the day is locked.
    """
    if not whos:
        return set()
    tail = f" ORDER BY resident{sharing(tx)}" if lock else ""
    rows = await tx.rows_in(
        f"SELECT resident, status, facility FROM resident WHERE district=? AND resident {{ids}}"
        f"{tail}",
        sorted(set(whos)), site.district,
    )  # fmt: skip
    return {who for who, status, at in rows if may_be_invited(status, at, facility)}
