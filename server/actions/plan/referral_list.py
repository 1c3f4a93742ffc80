"""The referrals of a facility by how far they have come: to be made, sent, received, overdue; and
those whose result came back in the last weeks.

What waits is read from `plan_due`, so a page opens cards and no archives. Class B is sealed there:
only for somebody with the scope are those rows opened, to tell referrals from other services. What
came back is found by the referrals that arrived in the last weeks and read from the kept plans of
those residents. A page that is shown is written down like a search, with whom it showed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.search import note_shown
from server.actions.archives.standing import ResidentRow
from server.actions.figures.board_people import villages_of
from server.actions.keeping.site import Site
from server.actions.plan.kept import decode_items, open_due
from server.actions.plan.remake import kept_of
from server.actions.tablets.intake import civil_day
from server.errors import NotYours
from server.rules.accounts import FACILITY_ROLES
from server.rules.plan.model import Item
from server.rules.plan.referrals import LOOP_RULES, RULE, state_of
from server.rules.referrals import State
from server.store.tx import Row, Tx
from sync.limits import DAY_MS

PAGE: Final = 100  # rows of a page
MOST: Final = 5_000  # rows of a facility that are looked at
BACK_DAYS: Final = 30  # a result is shown as news for so long
BACK_MOST: Final = 300  # residents whose plans are opened for it


class View(StrEnum):
    """Which loops."""

    OVERDUE = "overdue"
    NEEDED = "needed"
    SENT = "sent"
    RECEIVED = "received"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Which:
    """Which list. `panel` None: the whole facility; `view` None: the first that is not empty."""

    panel: bytes | None = None
    view: View | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One loop. `rule`: "" for class B, which lists name neutrally. `due`: of what came back, the
    day of the result.
    """

    card: Card
    rule: str
    state: State
    village: str
    opens: date
    due: date


@dataclass(frozen=True, slots=True)
class Referrals:
    """A page of a list. `counts`: loops by view; a late one counts as late only."""

    which: Which
    view: View
    teams: tuple[tuple[bytes, str], ...]
    counts: Mapping[View, int]
    pages: int
    lines: tuple[Line, ...]
    today: date


@dataclass(frozen=True, slots=True)
class _Found:
    """One loop before its card is opened."""

    resident: bytes
    rule: str
    state: State
    village: str
    opens: date
    due: date

    def view(self, today: date) -> View:
        if self.state is State.BACK:
            return View.BACK
        return View.OVERDUE if self.due < today else View(self.state.value)


async def referral_list(site: Site, signed: Signed, which: Which) -> Referrals:
    """One page, written down with whom it showed. Raises NotYours."""
    if signed.role not in FACILITY_ROLES:
        raise NotYours

    async def work(tx: Tx) -> Referrals:
        found = await _referrals(tx, site, signed, which)
        if found.lines:
            said = f"referrals {found.view}"
            shown = {each.card.resident for each in found.lines}
            await note_shown(tx, site, signed, "due", said, shown)
        return found

    return await site.store.write(work)


async def _referrals(tx: Tx, site: Site, signed: Signed, which: Which) -> Referrals:
    teams = await tx.rows(
        "SELECT panel, name FROM panel WHERE district=? AND facility=? ORDER BY name",
        site.district,
        signed.facility,
    )
    if which.panel is not None and which.panel not in {row[0] for row in teams}:
        raise NotYours
    today = civil_day(site.clock())
    mine = _Mine(site, signed, which, today)
    found = [*await _open(tx, mine), *await _back(tx, mine)]
    views = {view: [each for each in found if each.view(today) is view] for view in View}
    view = which.view or next((each for each in View if views[each]), View.OVERDUE)
    some = sorted(
        views[view],
        key=lambda each: (each.due, each.resident, each.rule),
        reverse=view is View.BACK,
    )
    page = some[(which.page - 1) * PAGE : which.page * PAGE]
    return Referrals(
        which=which, view=view, teams=tuple((row[0], row[1]) for row in teams),
        counts={each: len(theirs) for each, theirs in views.items()},
        pages=max(1, -(-len(some) // PAGE)), lines=await _lines(tx, site, page), today=today,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mine:
    """Whose loops are asked for, by whom, on which day."""

    site: Site
    signed: Signed
    which: Which
    today: date

    @property
    def place(self) -> tuple[str, bytes]:
        """The column that says whose, and the value."""
        if self.which.panel is not None:
            return "panel", self.which.panel
        return "facility", self.signed.facility


# What waits.


async def _open(tx: Tx, mine: _Mine) -> list[_Found]:
    column, place = mine.place
    named = sorted(LOOP_RULES)
    marks = ",".join("?" * len(named))
    scoped = " OR rule=''" if mine.signed.restricted else ""
    rows = await tx.rows(
        "SELECT resident, key, rule, village, opens, due, sealed FROM plan_due WHERE district=? "
        f"AND {column}=? AND closes>=? AND (rule IN ({marks}){scoped}) ORDER BY due LIMIT {MOST}",
        mine.site.district, place, mine.today.isoformat(), *named,
    )  # fmt: skip
    found = [made for row in rows if row[2] and (made := _told(row)) is not None]
    return found + await _restricted(tx, mine, [row for row in rows if not row[2]])


def _told(row: Row) -> _Found | None:
    """A row of class A: its key names rule and slot."""
    resident, key, rule, village, opens, due, _ = row
    state = state_of(rule, str(key).partition("/")[2])
    if state is None:
        return None
    return _Found(
        resident, rule, state, village, date.fromisoformat(opens), date.fromisoformat(due)
    )


async def _restricted(tx: Tx, mine: _Mine, rows: Sequence[Row]) -> list[_Found]:
    """Of the sealed rows those of a referral."""
    if not rows:
        return []
    site = mine.site
    people = await tx.rows_in(
        "SELECT r.resident, r.key, p.rev_restricted FROM resident r JOIN plan p ON "
        "p.district=r.district AND p.resident=r.resident WHERE r.district=? AND r.resident {ids}",
        sorted({row[0] for row in rows}),
        site.district,
    )
    keys = {who: (wrapped, rev) for who, wrapped, rev in people}
    found: list[_Found] = []
    for who, name, _, village, _, _, sealed in rows:
        if who not in keys:
            continue
        wrapped, rev = keys[who]
        item = open_due(site, site.vault.key(who, wrapped), who, name, rev, sealed)
        state = state_of(item.rule, item.slot)
        if state is not None:
            found.append(_Found(who, "", state, village, item.opens, item.due))
    return found


# What came back.


async def _back(tx: Tx, mine: _Mine) -> list[_Found]:
    """Results of the last weeks, of referrals of class A that were written down here."""
    site = mine.site
    column, place = mine.place
    since = site.clock() - BACK_DAYS * DAY_MS
    found = await tx.rows(
        "SELECT r.resident, r.key, r.status FROM resident r JOIN plan p ON p.district=r.district "
        f"AND p.resident=r.resident WHERE r.district=? AND p.{column}=? AND r.resident IN (SELECT "
        "resident FROM change WHERE district=? AND kind='referral' AND received_at>=?) "
        f"LIMIT {BACK_MOST}",
        site.district, place, site.district, since,
    )  # fmt: skip
    rows = {
        who: ResidentRow(who, None, None, key, 0, 0, b"", b"", status) for who, key, status in found
    }
    kept = await kept_of(tx, site, rows) if rows else {}
    first = mine.today - timedelta(days=BACK_DAYS)
    return [
        made
        for who, plan in kept.items()
        for made in _known(who, plan.place.village, decode_items(plan.content["A"], "A"), first)
    ]


def _known(who: bytes, village: str, items: Iterable[Item], first: date) -> Iterable[_Found]:
    for each in items:
        known = each.rule == RULE and each.why == State.BACK.value
        if known and each.done_on is not None and each.done_on >= first:
            yield _Found(who, each.rule, State.BACK, village, each.opens, each.done_on)


async def _lines(tx: Tx, site: Site, page: Sequence[_Found]) -> tuple[Line, ...]:
    cards = await cards_of(tx, site, {each.resident for each in page})
    names: Mapping[str, Any] = await villages_of(tx, site.district, {each.village for each in page})
    return tuple(
        Line(
            cards[each.resident], each.rule, each.state, names.get(each.village, each.village),
            each.opens, each.due,
        )
        for each in page
        if each.resident in cards
    )  # fmt: skip
