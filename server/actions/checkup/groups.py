"""Who of a facility belongs to which group of a checkup day, and who owes a checkup on it: from the
service plan and the yearly figures as they are kept, so no archive is opened.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.rules.checkup_days import COUNTED, RULES, groups_of
from server.store.tx import Row, Tx

_RULES = ",".join(f"'{each}'" for each in RULES)
_ITEMS = ",".join(f"'{each}'" for each in COUNTED)


async def groups_in(
    tx: Tx, site: Site, facility: bytes, on: date, whos: Collection[bytes] | None = None, *,
    owed: bool = False,
) -> Mapping[bytes, tuple[str, ...]]:  # fmt: skip
    """Groups by resident of a facility; `whos`: only of these; nobody without a group is there.

    `owed`: only groups in which a checkup is owed on that day. Of a day next year nobody has a plan
    yet: then everybody owes one who counts this year.
    """
    today = civil_day(site.clock())
    rules = await _rules(tx, site, facility, on if on.year == today.year else today, whos)
    items: Mapping[bytes, set[str]] = {}
    if not owed or on.year != today.year:
        items = await _items(tx, site, facility, today.year, whos)
    return {
        who: groups
        for who in sorted(rules.keys() | items.keys())
        if (groups := groups_of(rules.get(who, ()), items.get(who, ())))
    }


async def _rules(
    tx: Tx, site: Site, facility: bytes, on: date, whos: Collection[bytes] | None
) -> dict[bytes, set[str]]:
    sql = (
        "SELECT resident, rule FROM plan_due WHERE district=? AND facility=? AND opens<=? AND "
        f"closes>=? AND rule IN ({_RULES})"
    )
    args = (site.district, facility, on.isoformat(), on.isoformat())
    return _by_resident(await _rows(tx, sql, args, whos))


async def _items(
    tx: Tx, site: Site, facility: bytes, year: int, whos: Collection[bytes] | None
) -> dict[bytes, set[str]]:
    sql = (
        "SELECT resident, item FROM figure_flag WHERE district=? AND facility=? AND year=? AND "
        f"item IN ({_ITEMS})"
    )
    return _by_resident(await _rows(tx, sql, (site.district, facility, year), whos))


async def _rows(
    tx: Tx, sql: str, args: tuple[object, ...], whos: Collection[bytes] | None
) -> Sequence[Row]:
    if whos is None:
        return await tx.rows(sql, *args)
    if not whos:
        return ()
    return await tx.rows_in(f"{sql} AND resident {{ids}}", sorted(whos), *args)


def _by_resident(rows: Sequence[Row]) -> dict[bytes, set[str]]:
    found: dict[bytes, set[str]] = {}
    for who, name in rows:
        found.setdefault(who, set()).add(name)
    return found
