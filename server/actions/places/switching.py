"""A resident's switch at the desk: what the rule says, what may be chosen, the act and its undoing.

Nothing here asks the facility that the resident leaves (S000-art11).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.opening import AskWhy, Given, open_for, still_open
from server.actions.archives.standing import ResidentRow, lock_residents
from server.actions.archives.told import facility_names, team_names
from server.actions.keeping.site import Site
from server.actions.places import case_ends, move
from server.actions.residents.acting import Acting, Helper, assisted, taken_back
from server.actions.residents.presence import until_in
from server.actions.residents.whose import Present, theirs, who_may
from server.actions.tablets.intake import civil_day
from server.errors import NotAllowed, NotYours
from server.rules import switch as rule
from server.rules.access import Ground
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.consent import Purpose
from server.rules.family import Act
from server.store.ids import new_id
from server.store.tx import Tx, one

DESKS: Final = FACILITY_ROLES | {StaffRole.COUNTY}


@dataclass(frozen=True, slots=True)
class Was:
    """One row of the history of responsible facilities."""

    facility: str
    team: str
    from_day: date
    cause: str
    undone: bool


@dataclass(frozen=True, slots=True)
class Team:
    """A team that may be chosen; `full` past the district's number (S004-2(11))."""

    panel: bytes
    name: str
    residents: int
    full: bool


@dataclass(frozen=True, slots=True)
class Scheduled:
    facility: str
    team: str
    from_day: date
    to: bytes  # the facility


@dataclass(frozen=True, slots=True)
class Standing:
    """What the desk sees before a switch. `free_from`: None when it may be any day. `newest`: the
    switch that taking back would take back. `began`: from when the year runs. `present`: who may
    choose when they stand at a desk.
    """

    card: Card
    facility: str
    team: str
    history: tuple[Was, ...]
    free_from: date | None
    may_undo: bool
    undo_until: date | None
    scheduled: Scheduled | None
    facilities: tuple[tuple[bytes, str], ...]  # published, but the present one
    chosen: bytes | None
    teams: tuple[Team, ...]
    asked: bytes | None  # a special case that waits
    present: tuple[Present, ...] = ()
    newest: bytes | None = None
    began: date | None = None


async def standing(
    site: Site, signed: Signed, resident: bytes, facility: bytes | None, reason: str
) -> Standing:
    """Raises NotYours, NotAllowed; the opening is logged."""
    await open_file(site, signed, resident, reason)
    return await site.store.read(
        partial(read_standing, site=site, resident=resident, facility=facility)
    )


async def open_file(site: Site, signed: Signed, resident: bytes, reason: str) -> Opened:
    """Through the gate: the own facility and the county with this purpose; another facility's
    desk where the resident is present and was opened so.
    """
    if signed.role not in DESKS:
        raise NotYours
    cards = await site.store.read(partial(cards_of, site=site, ids=[resident]))
    ours = resident in cards and cards[resident].facility == signed.facility
    opened = await open_for(site, signed, resident, _given(signed, reason, ours=ours))
    if isinstance(opened, AskWhy) or opened.ground == Ground.EMERGENCY:
        raise NotAllowed  # a look in an emergency moves nobody
    there = partial(_may_move, site=site, signed=signed, resident=resident, ours=ours)
    if not await site.store.read(there):
        raise NotAllowed
    return opened


async def _may_move(tx: Tx, site: Site, signed: Signed, resident: bytes, *, ours: bool) -> bool:
    """Elsewhere only where the resident stands there: who may look by a consent moves nobody."""
    if ours or signed.role is StaffRole.COUNTY:
        return True
    return await until_in(tx, site, signed, resident) is not None


def _given(signed: Signed, reason: str, *, ours: bool) -> Given | None:
    """None: elsewhere, where only what the resident's presence has opened counts."""
    if signed.role is StaffRole.COUNTY:
        return Given(Purpose.REVIEW, reason)
    return Given(Purpose.SERVICE, reason) if ours else None


async def hold_file(
    tx: Tx, site: Site, signed: Signed, resident: bytes, reason: str
) -> dict[bytes, ResidentRow]:
    """The resident's row locked, and the gate asked again under the lock. Raises NotYours."""
    rows = await lock_residents(tx, site.district, {resident}, cells_of=())
    ours = resident in rows and rows[resident].facility == signed.facility
    given = _given(signed, reason, ours=ours)
    if not await still_open(tx, site, signed, resident, given) or not await _may_move(
        tx, site, signed, resident, ours=ours
    ):
        raise NotYours
    return rows


async def read_standing(tx: Tx, site: Site, resident: bytes, facility: bytes | None) -> Standing:
    district, today = site.district, civil_day(site.clock())
    card = (await cards_of(tx, site, [resident]))[resident]
    places = await facility_names(tx, site)
    history = await move.assignments(tx, district, resident)
    published = await tx.rows(
        "SELECT facility, name FROM facility WHERE district=? AND published=? AND closed_on IS "
        "NULL AND level='facility' ORDER BY name",
        district, True,
    )  # fmt: skip
    waiting = await one(
        tx,
        "SELECT facility, panel, from_day FROM switch WHERE district=? AND resident=? AND "
        "status='scheduled'",
        district, resident,
    )  # fmt: skip
    asked = await one(
        tx,
        "SELECT special_case FROM special_case WHERE district=? AND resident=? AND state='asked'",
        district, resident,
    )  # fmt: skip
    newest = await one(
        tx,
        "SELECT switch FROM switch WHERE district=? AND resident=? AND status IN "
        "('scheduled','done') ORDER BY asked_at DESC, switch DESC LIMIT 1",
        district, resident,
    )  # fmt: skip
    teams = await team_names(tx, site, [card.panel, waiting[1] if waiting else None])
    last = [each for each in history if each.undone_on is None][-1:]
    return Standing(
        card=card, facility=places.get(card.facility or b"", ""),
        team=teams.get(card.panel or b"", ""), history=await _history(tx, site, resident, places),
        free_from=_later(rule.free_from(site.rules, history), today),
        may_undo=waiting is not None or rule.may_undo(site.rules, history, today),
        undo_until=rule.undo_until(site.rules, last[0]) if last else None,
        scheduled=Scheduled(
            places.get(waiting[0], ""), teams.get(waiting[1], ""), date.fromisoformat(waiting[2]),
            waiting[0],
        ) if waiting else None,
        facilities=tuple((row[0], row[1]) for row in published if row[0] != card.facility),
        chosen=facility, teams=await _teams(tx, site, facility) if facility else (),
        asked=asked[0] if asked else None, newest=newest[0] if newest else None,
        began=rule.clock_began(history),
        present=tuple(await who_may(tx, site, resident, Act.CHOOSE)),
    )  # fmt: skip


def _later(day: date | None, today: date) -> date | None:
    return day if day is not None and day > today else None


async def _history(
    tx: Tx, site: Site, resident: bytes, places: dict[bytes, str]
) -> tuple[Was, ...]:
    rows = await tx.rows(
        "SELECT facility, panel, from_day, ground, undone FROM assignment WHERE district=? AND "
        "resident=? ORDER BY n DESC",
        site.district,
        resident,
    )
    teams = await team_names(tx, site, [row[1] for row in rows])
    return tuple(
        Was(places.get(f, ""), teams.get(p, ""), date.fromisoformat(day), ground, bool(undone))
        for f, p, day, ground, undone in rows
    )


async def _teams(tx: Tx, site: Site, facility: bytes) -> tuple[Team, ...]:
    panels = await tx.rows(
        "SELECT p.panel, p.name, (SELECT COUNT(*) FROM member m WHERE m.district=p.district AND "
        "m.panel=p.panel AND m.ground='assigned') FROM panel p WHERE p.district=? AND "
        "p.facility=? ORDER BY p.name",
        site.district, facility,
    )  # fmt: skip
    most = site.rules.panel_max
    return tuple(Team(panel, name, n, n >= most) for panel, name, n in panels)


# An ordinary switch.


@dataclass(frozen=True, slots=True)
class Wish:
    """What the resident wants, said at the desk. `task`: a tablet's request that this answers.

    `person`: who stands there, None for the resident; `id`: made with the form.
    """

    resident: bytes
    panel: bytes
    ground: str
    day: date | None
    task: bytes | None
    reason: str
    person: bytes | None = None
    id: bytes | None = None

    @property
    def stands_there(self) -> bytes:
        return self.person or self.resident


async def switch(site: Site, signed: Signed, wish: Wish) -> rule.Outcome:
    """The outcome of the rule; granted, it is recorded, and the resident is told who held the pen.

    Raises NotYours, NotAllowed, RuleSaysNo.
    """
    await open_file(site, signed, wish.resident, wish.reason)
    return await site.store.write(partial(_switch, site=site, signed=signed, wish=wish))


async def _switch(tx: Tx, site: Site, signed: Signed, wish: Wish) -> rule.Outcome:
    await hold_file(tx, site, signed, wish.resident, wish.reason)
    facility = await one(
        tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, wish.panel
    )
    if facility is None:
        raise NotYours
    here = facility[0] == signed.facility
    acting = Acting(wish.stands_there, wish.resident, Helper(signed.staff, signed.facility))
    await theirs(tx, site, acting, Act.CHOOSE)
    name = wish.id or new_id(site.clock())
    again = await one(
        tx, "SELECT 1 FROM switch WHERE district=? AND resident=? AND switch=?",
        site.district, wish.resident, name,
    )  # fmt: skip
    ask = move.Ask(
        resident=wish.resident, panel=wish.panel, ground=wish.ground, by=signed.staff,
        from_day=wish.day, at_new_desk=here, person=acting.person, id=name,
    )  # fmt: skip
    outcome = await move.switch_in(tx, site, ask)
    if isinstance(outcome, rule.Granted) and again is None:
        await assisted(tx, site, acting, "switch", name)
    if isinstance(outcome, rule.Granted) and wish.task is not None:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='switched' WHERE district=? AND "
            "kind='switch_request' AND subject=? AND resident=? AND closed_at IS NULL",
            site.clock(), signed.staff, site.district, wish.task, wish.resident,
        )  # fmt: skip
    return outcome


async def undo(
    site: Site, signed: Signed, resident: bytes, reason: str, *, of: bytes | None = None,
    person: bytes | None = None,
) -> None:  # fmt: skip
    """The resident takes it back in time. `of`: the switch that the page showed; `person`: who
    stands there, None for the resident. Raises NotYours, NotAllowed, RuleSaysNo.
    """
    await open_file(site, signed, resident, reason)

    async def write(tx: Tx) -> None:
        await hold_file(tx, site, signed, resident, reason)
        acting = Acting(person or resident, resident, Helper(signed.staff, signed.facility))
        await theirs(tx, site, acting, Act.CHOOSE)
        if await move.undo_in(tx, site, resident, of):
            if of is not None:
                await taken_back(tx, site, resident, of)
            await case_ends.end_needless(tx, site, resident, signed.staff)
            await assisted(tx, site, acting, "switch_undo", of or resident)

    await site.store.write(write)


def grounds(site: Site) -> Sequence[tuple[str, str]]:
    """Ordinary grounds of the district's table: code, label."""
    return [(each.code, each.label) for each in site.rules.grounds]
