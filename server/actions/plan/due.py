"""Due lists: what is owed to the residents of a team or a facility, by day and village, for those
who serve them. Every item is the matter of one team (S003-8(6)); the list to call from is the
file by which streets and villages help to reach people (S001-art21).

Read from `plan_due` alone, so a page opens cards and never archives. What somebody without the
scope may not see is not counted either. A page that is shown is written down like a search, with
whom it showed; a list to call from like an opening of each archive on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.search import note_shown
from server.actions.archives.to_call import LIST_MAX, open_each, phones_of
from server.actions.figures.board_people import villages_of
from server.actions.keeping.site import Site
from server.actions.plan.kept import FOREVER
from server.actions.tablets.intake import civil_day
from server.errors import NotYours
from server.rules.accounts import FACILITY_ROLES
from server.rules.consent import Purpose
from server.rules.plan.dose_names import RULE, DoseName, dose_name
from server.store.tx import Row, Tx

PAGE: Final = 100  # rows of a page
WEEK: Final = 7  # days, today the first
RESTRICTED: Final = "restricted"  # in place of a rule: all of class B together
TO_CALL: Final = "list to call from"


class View(StrEnum):
    """Which days. `week`: within seven days; `open`: may be done already, due after them."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    OPEN = "open"


class Order(StrEnum):
    VILLAGE = "village"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Which:
    """Which list. `panel` None: the whole facility; `view` None: the first that is not empty.

    `village`, `rule`: "" for all.
    """

    panel: bytes | None = None
    view: View | None = None
    village: str = ""
    rule: str = ""
    order: Order = Order.VILLAGE
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is owed. `rule`: "" for class B, which lists name neutrally.

    `closes` None: it stays owed until it is done. `dose`: which one, of a vaccination.
    """

    card: Card
    rule: str
    village: str
    opens: date
    due: date
    closes: date | None
    dose: DoseName | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """One person of a list to call from, with all that is on the list for them."""

    card: Card
    village: str
    lines: tuple[Line, ...]
    phone: str
    contact: str
    contact_phone: str


@dataclass(frozen=True, slots=True)
class Due:
    """A page of a list. `counts`: rows by view, of all services and villages; `rules` and
    `villages`: (code, rows) in the view; `total`: rows of the view with both filters.
    """

    which: Which
    view: View
    teams: tuple[tuple[bytes, str], ...]
    counts: Mapping[View, int]
    rules: tuple[tuple[str, int], ...]
    villages: tuple[tuple[str, str, int], ...]
    total: int
    pages: int
    lines: tuple[Line, ...]
    today: date


async def due_list(site: Site, signed: Signed, which: Which) -> Due:
    """One page, written down with whom it showed. Raises NotYours."""
    _check(signed)

    async def work(tx: Tx) -> Due:
        found = await _due(tx, site, signed, which)
        if found.lines:
            said = " ".join(filter(None, ("due", found.view, which.rule, which.village)))
            await note_shown(
                tx, site, signed, "due", said, {each.card.resident for each in found.lines}
            )
        return found

    return await site.store.write(work)


async def to_call(site: Site, signed: Signed, which: Which) -> tuple[Called, ...]:
    """Everybody of the list with telephone numbers, up to LIST_MAX; logged for each of them."""
    _check(signed)

    async def work(tx: Tx) -> tuple[Called, ...]:
        found = await _due(tx, site, signed, replace(which, page=1), most=LIST_MAX)
        cards = {each.card.resident: each.card for each in found.lines}
        seen = await open_each(
            tx, site, signed, cards.values(), Purpose.SERVICE, TO_CALL,
            restricted={each.card.resident for each in found.lines if not each.rule},
        )  # fmt: skip
        phones = await phones_of(tx, site, list(seen))
        lines: dict[bytes, list[Line]] = {}
        for each in found.lines:
            if each.card.resident in seen:
                lines.setdefault(each.card.resident, []).append(each)
        return tuple(
            Called(cards[who], theirs[0].village, tuple(theirs), *phones[who])
            for who, theirs in lines.items()
        )

    return await site.store.write(work)


def _check(signed: Signed) -> None:
    if signed.role not in FACILITY_ROLES:
        raise NotYours


async def _due(tx: Tx, site: Site, signed: Signed, which: Which, *, most: int = 0) -> Due:
    teams = await tx.rows(
        "SELECT panel, name FROM panel WHERE district=? AND facility=? ORDER BY name",
        site.district,
        signed.facility,
    )
    if which.panel is not None and which.panel not in {row[0] for row in teams}:
        raise NotYours
    today = civil_day(site.clock())
    mine = _Rows(site.district, signed, which, today)
    counts, rules = await _counts(tx, mine)
    view = which.view or next((each for each in View if counts[each]), View.TODAY)
    villages = await _villages(tx, mine, view)
    total = sum(n for code, _, n in villages if which.village in ("", code))
    rows = await _page(tx, mine, view, most)
    return Due(
        which=which, view=view, teams=tuple((row[0], row[1]) for row in teams),
        counts={each: counts[each] for each in View},
        rules=tuple(sorted((name, each[view]) for name, each in rules.items() if each[view])),
        villages=villages, total=total, pages=max(1, -(-total // PAGE)),
        lines=await _lines(tx, site, rows, which.order), today=today,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of `plan_due` somebody may be shown, as a condition. Without the scope class B is
    left out (its rows name no rule).
    """

    district: int
    signed: Signed
    which: Which
    today: date

    def where(self, view: View | None = None, *, village: bool = False) -> tuple[str, list[Any]]:
        column, place = "facility", self.signed.facility
        if self.which.panel is not None:
            column, place = "panel", self.which.panel
        said: list[str] = [f"district=? AND {column}=?"]
        args: list[Any] = [self.district, place]
        if view is None:
            said.append("closes>=?")
            args.append(self.today.isoformat())
        else:
            said.append(_DAYS[view])
            args += self.days(view)
        if not self.signed.restricted:
            said.append("rule<>''")
        if view is not None and self.which.rule:
            said.append("rule=?")
            args.append("" if self.which.rule == RESTRICTED else self.which.rule)
        if village and self.which.village:
            said.append("village=?")
            args.append(self.which.village)
        return " AND ".join(said), args

    def days(self, view: View) -> list[str]:
        now = self.today.isoformat()
        last = (self.today + timedelta(days=WEEK - 1)).isoformat()
        return {
            View.OVERDUE: [now, now], View.TODAY: [now], View.WEEK: [now, last],
            View.OPEN: [last, now],
        }[view]  # fmt: skip


_DAYS: Final = {
    View.OVERDUE: "due<? AND closes>=?",
    View.TODAY: "due=?",
    View.WEEK: "due>? AND due<=?",
    View.OPEN: "due>? AND opens<=?",
}


async def _counts(
    tx: Tx, mine: _Rows
) -> tuple[Mapping[View, int], Mapping[str, Mapping[View, int]]]:
    """Rows by view: of all services, and by service ("" for class B)."""
    where, args = mine.where()
    sums = ", ".join(f"SUM(CASE WHEN {_DAYS[view]} THEN 1 ELSE 0 END)" for view in View)
    days = [day for view in View for day in mine.days(view)]
    found = await tx.rows(
        f"SELECT rule, {sums} FROM plan_due WHERE {where} GROUP BY rule",
        *days, *args,
    )  # fmt: skip
    by_rule = {row[0]: dict(zip(View, row[1:], strict=True)) for row in found}
    return {view: sum(each[view] for each in by_rule.values()) for view in View}, by_rule


async def _villages(tx: Tx, mine: _Rows, view: View) -> tuple[tuple[str, str, int], ...]:
    """(code, name, rows) in the view and of the service."""
    where, args = mine.where(view)
    rows = await tx.rows(
        f"SELECT village, COUNT(*) FROM plan_due WHERE {where} GROUP BY village ORDER BY village",
        *args,
    )
    names = await villages_of(tx, mine.district, {row[0] for row in rows})
    return tuple((code, names.get(code, code), n) for code, n in rows)


async def _page(tx: Tx, mine: _Rows, view: View, most: int) -> Sequence[Row]:
    where, args = mine.where(view, village=True)
    # What a person is owed stands together, by what is due first.
    order = {Order.VILLAGE: "village, first, resident, due", Order.DAY: "due, village, resident"}
    limit, offset = (most, 0) if most else (PAGE, (mine.which.page - 1) * PAGE)
    return await tx.rows(
        "SELECT resident, rule, village, opens, due, closes, key, "
        "MIN(due) OVER (PARTITION BY village, resident) AS first FROM plan_due "
        f"WHERE {where} ORDER BY {order[mine.which.order]}, key LIMIT ? OFFSET ?",
        *args, limit, offset,
    )  # fmt: skip


async def _lines(tx: Tx, site: Site, rows: Sequence[Row], order: Order) -> tuple[Line, ...]:
    cards = await cards_of(tx, site, {row[0] for row in rows})
    names = await villages_of(tx, site.district, {row[2] for row in rows})
    return tuple(
        Line(
            cards[who], rule, names.get(village, village), date.fromisoformat(opens),
            date.fromisoformat(due), None if closes == FOREVER else date.fromisoformat(closes),
            _dose(cards[who], rule, key),
        )
        for who, rule, village, opens, due, closes, key, _ in _by_name(rows, order, cards)
        if who in cards
    )  # fmt: skip


def _by_name(rows: Sequence[Row], order: Order, cards: Mapping[bytes, Card]) -> Sequence[Row]:
    """The rows of a page; who is due on one day in a village, by name, which is sealed at rest."""
    if order is not Order.VILLAGE:
        return rows
    return sorted(
        rows,
        key=lambda row: (row[2], row[7], cards[row[0]].name if row[0] in cards else "", row[0]),
    )


def _dose(card: Card, rule: str, key: str) -> DoseName | None:
    if rule != RULE or not card.birth:
        return None
    return dose_name(key.partition("/")[2], date.fromisoformat(card.birth))
