"""A resident's plan is made again when the archive has changed: at once after a sync, and by the
nightly job when a year begins or the rules have changed.

A plan is a function of facts and year alone (server/rules/plan), so one that is kept equals one
that is made from nothing. What is the same is not written; tablets are told of a plan when what
they hold of it differs, each access class by itself. Derived from the archive: no audit leaf.

Lock order: the caller holds the residents' locks; panels are locked here, last.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from crypto.columns import ColumnRefused, DataKey
from server.actions.archives.content import Content, contents
from server.actions.archives.ledger import WHOLE, Ledger, next_rev
from server.actions.archives.standing import MERGED, ResidentRow
from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers, facts_of
from server.actions.plan.kept import (
    Place,
    compact,
    decode_items,
    due_rows,
    encode_items,
    open_items,
    seal_items,
)
from server.actions.tablets.intake import civil_day
from server.logs import log
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item, Plan
from server.rules.plan.table import RulesBroken
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY

VILLAGE: Final = 12  # digits of an area code
KEY: Final = ("district", "resident")
PUT: Final = (
    "year", "until", "made_at", "rev", "rev_restricted", "facility", "panel", "village",
    "sealed_open", "sealed_restricted",
)  # fmt: skip
OPS: Final[Mapping[str, str]] = {"A": "plan", "B": "plan_restricted"}
"""Of the feed: a tablet that gets no class B is told nothing by a change of class B."""
OVER: Final = "plan_over"  # of the feed: a tablet that gets no class B any more lets its list go


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `plan`, its contents opened."""

    year: int
    until: str
    revs: Mapping[str, int]
    place: Place
    content: Mapping[str, bytes]  # by access class, as `encode_items` writes it
    sealed: Mapping[str, bytes | None]

    def items(self) -> tuple[Item, ...]:
        """Of both classes, in the order of the plan."""
        made = [
            each for cls, data in self.content.items() if data for each in decode_items(data, cls)
        ]
        return tuple(sorted(made, key=lambda each: (each.due, each.rule, each.slot)))


@dataclass(slots=True)
class _Writes:
    """What one transaction writes."""

    fresh: list[Row]
    again: list[Row]
    due: list[Row]
    due_of: list[bytes]  # whose rows of lists are made anew
    told: dict[bytes, list[str]]  # resident -> classes in which a tablet sees a difference
    afresh: bool  # rows of lists are made anew for everybody
    later: list[Row] = field(default_factory=list[Row])  # plans that could not be made


async def remake(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    known: Mapping[bytes, Content] | None = None,
    *,
    afresh: bool = False,
) -> None:
    """Makes the plans of these locked archives. `known`: what stands in them, when the caller has
    opened them already, with the records of all years. `afresh`: rows that should be right are
    written again. A plan that was altered is replaced: it follows from the archive, and the work
    behind it does not wait for somebody to look.
    """
    await drop(tx, site.district, [who for who, row in rows.items() if row.status == MERGED])
    living = {who: row for who, row in rows.items() if row.status != MERGED}
    if not living:
        return
    if known is None:
        known = await contents(tx, site, living)
    year = civil_day(site.clock()).year
    facts = await facts_of(tx, site, living, known)
    kept = await kept_of(tx, site, living, altered=True)
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    numbers = district_numbers(site, year)
    writes = _Writes([], [], [], [], {}, afresh)
    for who, row in living.items():
        plan = made_of(facts[who], year, numbers)
        if plan is None:
            tomorrow = (civil_day(site.clock()) + timedelta(days=1)).isoformat()
            writes.later.append((site.district, who, tomorrow))
            continue
        village = known[who].open.text("address_region")[:VILLAGE]
        place = Place(row.facility or NOBODY, row.panel or NOBODY, village)
        key = site.vault.key(who, row.key)
        _compare(site, key, who, plan, place, kept.get(who), epoch[0], writes)
    await _write(tx, site, writes, epoch[0])


def made_of(facts: Facts, year: int, numbers: Mapping[str, int]) -> Plan | None:
    """None where a rule stumbles over what somebody wrote down: that blocks one plan, which stays
    as it was and is tried again each night, and not the work behind it. `plan check` counts it.
    """
    try:
        return plan_of(facts, year, district=numbers)
    except RulesBroken:
        raise
    except Exception as error:  # noqa: BLE001 (logged without content)
        log.fault("job", error, job="plans")
        return None


def _compare(
    site: Site,
    key: DataKey,
    who: bytes,
    plan: Plan,
    place: Place,
    old: Kept | None,
    epoch: int,
    writes: _Writes,
) -> None:
    """What is to be written of one resident: nothing when all is as it was."""
    content = content_of(plan.items)
    revs = dict(old.revs) if old else {"A": 0, "B": 0}
    sealed: dict[str, bytes | None] = dict(old.sealed) if old else {}
    told: list[str] = []
    for cls, data in content.items():
        before = old.content[cls] if old else b""
        if old is not None and before == data and old.year == plan.year:
            continue
        if _seen(before, cls, old.year if old else plan.year) != _seen(data, cls, plan.year):
            told.append(cls)
        if cls in told or not revs[cls]:
            revs[cls] = next_rev(revs[cls], epoch)
        sealed[cls] = None
        if data:
            sealed[cls] = seal_items(site, key, who, cls, revs[cls], data)
    until = date(plan.year + 1, 1, 1).isoformat()
    made = (plan.year, until, revs, place, content, sealed)
    same = old is not None and made == (
        old.year, old.until, old.revs, old.place, old.content, old.sealed
    )  # fmt: skip
    if same and not writes.afresh:
        return
    row: Row = (
        site.district, who, plan.year, until, site.clock(), revs["A"], revs["B"], place.facility,
        place.panel, place.village, sealed["A"], sealed["B"],
    )  # fmt: skip
    (writes.fresh if old is None else writes.again).append(row)
    if told:
        writes.told[who] = told
    if told or writes.afresh or _lists_differ(old, place, content):
        writes.due_of.append(who)
        writes.due += due_rows(site, key, who, plan.items, place, revs["B"])


def _lists_differ(old: Kept | None, place: Place, content: Mapping[str, bytes]) -> bool:
    """Whether rows of lists say something else, though tablets would see no difference."""
    return old is not None and (old.place != place or old.content["B"] != content["B"])


def content_of(items: Iterable[Item]) -> dict[str, bytes]:
    """Bytes to keep, by access class; of class B none for none."""
    made: dict[str, list[Item]] = {"A": [], "B": []}
    for each in items:
        made["A" if each.cls == "A" else "B"].append(each)
    return {cls: encode_items(part) if part or cls == "A" else b"" for cls, part in made.items()}


def _seen(data: bytes, cls: str, year: int) -> object:
    """What a tablet holds of this content."""
    found = compact(decode_items(data, cls), year) if data else ()
    return (year, found) if found else None


async def kept_of(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], *, altered: bool = False
) -> dict[bytes, Kept]:
    """The plans that are kept of these archives. Raises ColumnRefused for one that was altered;
    with `altered` such a one counts as empty.
    """
    found = await tx.rows_in(
        f"SELECT resident, {', '.join(PUT)} FROM plan WHERE district=? AND resident {{ids}}",
        sorted(rows),
        site.district,
    )
    made: dict[bytes, Kept] = {}
    for row in found:
        try:
            made[row[0]] = opened(site, site.vault.key(row[0], rows[row[0]].key), row)
        except ColumnRefused as error:
            if not altered:
                raise
            log.fault("job", error, job="plans")
            made[row[0]] = replace(_nothing(row), sealed={"A": None, "B": None})
    return made


def _nothing(row: Row) -> Kept:
    _, year, until, _, rev, rev_restricted, facility, panel, village, *_ = row
    return Kept(
        year, until, {"A": rev, "B": rev_restricted}, Place(facility, panel, village),
        {"A": b"", "B": b""}, {},
    )  # fmt: skip


def opened(site: Site, key: DataKey, row: Row) -> Kept:
    """A row of `plan`: resident and PUT."""
    empty, sealed = _nothing(row), {"A": row[-2], "B": row[-1]}
    content = {
        cls: open_items(site, key, row[0], cls, empty.revs[cls], blob) if blob else b""
        for cls, blob in sealed.items()
    }
    return replace(empty, content=content, sealed=sealed)


# Writing.


async def _write(tx: Tx, site: Site, writes: _Writes, epoch: int) -> None:
    await tx.insert("plan", writes.fresh)
    await tx.update("plan", KEY, PUT, writes.again)
    await tx.update("plan", KEY, ("until",), writes.later)
    if writes.due_of:
        await tx.rows_in(
            "DELETE FROM plan_due WHERE district=? AND resident {ids}",
            writes.due_of,
            site.district,
        )
    await tx.insert("plan_due", writes.due)
    await _tell(tx, site, writes.told, epoch)


async def _tell(tx: Tx, site: Site, told: Mapping[bytes, Collection[str]], epoch: int) -> None:
    """A feed row in every panel whose tablets hold what has changed."""
    if not told:
        return
    ledger = Ledger(site.district, site.vault, site.clock(), epoch)
    for who, panel, ground in await tx.rows_in(
        "SELECT resident, panel, ground FROM member WHERE district=? AND resident {ids} "
        "ORDER BY panel, resident",
        sorted(told),
        site.district,
    ):
        for cls in told[who]:
            if cls == "A" or ground in WHOLE:
                ledger.feed.setdefault(panel, {})[OPS[cls], who] = who
    await ledger.place(tx)


async def drop(tx: Tx, district: int, residents: Collection[bytes]) -> None:
    """Takes the plans of archives away that were merged into another or are destroyed, in the
    transaction that does it.
    """
    if not residents:
        return
    for table in ("plan", "plan_due"):
        await tx.rows_in(
            f"DELETE FROM {table} WHERE district=? AND resident {{ids}}",
            sorted(residents),
            district,
        )


async def moved(
    tx: Tx, district: int, places: Mapping[bytes, tuple[bytes | None, bytes | None]]
) -> None:
    """Residents have another facility and panel: their rows go with them, in the transaction of
    the move. A plan does not depend on whose the resident is.
    """
    rows: list[Row] = [
        (district, who, facility or NOBODY, panel or NOBODY)
        for who, (facility, panel) in sorted(places.items())
    ]
    for table in ("plan", "plan_due"):
        await tx.update(table, KEY, ("facility", "panel"), rows)
