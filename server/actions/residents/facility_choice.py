"""A resident's choice of facility and team: what can be chosen, the act, its receipt, its undoing.

The same functions serve the portal and a desk at which the resident stands: server/actions/places
(move.py, cases.py) records and carries out, and nothing here or there asks the facility that is
left (S000-art11¶3-c).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from server.actions.archives.standing import lock_residents
from server.actions.archives.told import facility_names, staff_names, team_names
from server.actions.keeping.site import Site
from server.actions.places import case_ends, cases, move
from server.actions.places.cases import CaseShown, Claim
from server.actions.places.switching import Standing, read_standing
from server.actions.residents.acting import Acting, assisted, taken_back
from server.actions.residents.whose import refusal, theirs
from server.errors import NotFound, NotYours
from server.rules import switch as rule
from server.rules.family import Act, No
from server.store.tx import Tx, one
from server.store.vault import T_SWITCH


@dataclass(frozen=True, slots=True)
class Place:
    """A facility that can be chosen. `near`: 2 it serves the resident's village, 1 the township."""

    id: bytes
    name: str
    phone: str
    hours: str
    address: str
    teams: int
    full: bool
    near: int


@dataclass(frozen=True, slots=True)
class Moves:
    """What a switch changes beside the facility: tablets that hold a copy now, what is owed, and
    consents that end because they were given to the present facility.
    """

    tablets: int
    owed: int
    consents: int
    staying: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What the page of the switch shows. `no`: why this person may not choose, None when so.

    `doctors`: of the chosen facility's teams, by team.
    """

    standing: Standing
    places: tuple[Place, ...]
    moves: Moves
    cases: tuple[CaseShown, ...]
    no: No | None
    doctors: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What of switching is to come or waits."""

    standing: Standing
    cases: tuple[CaseShown, ...]


async def choice(site: Site, acting: Acting, facility: bytes | None = None) -> Choice:
    """What can be chosen; `facility`: whose teams are wanted as well."""
    return await site.store.read(partial(_choice, site=site, acting=acting, facility=facility))


async def ahead(site: Site, acting: Acting) -> Ahead:
    """For a page that offers no choice: no place is looked at, nobody in a team is counted."""

    async def read(tx: Tx) -> Ahead:
        standing = await read_standing(tx, site, acting.resident, None)
        no = await refusal(tx, site, acting, Act.CHOOSE)
        asked = await cases.cases_of(tx, site, acting.resident) if no is None else ()
        return Ahead(standing, asked)

    return await site.store.read(read)


async def _choice(tx: Tx, site: Site, acting: Acting, facility: bytes | None) -> Choice:
    standing = await read_standing(tx, site, acting.resident, facility)
    no = await refusal(tx, site, acting, Act.CHOOSE)
    # What a case rests on (a pregnancy, an illness) is for who may ask for one.
    asked = await cases.cases_of(tx, site, acting.resident) if no is None else ()
    return Choice(
        standing, await _places(tx, site, standing), await _moves(tx, site, standing), asked, no,
        await _doctors(tx, site, facility),
    )  # fmt: skip


async def _doctors(tx: Tx, site: Site, facility: bytes | None) -> dict[bytes, str]:
    """The first doctor of each team of a facility."""
    rows = await tx.rows(
        "SELECT panel, staff FROM staff WHERE district=? AND facility=? AND role='doctor' AND "
        "active=? AND panel IS NOT NULL ORDER BY staff DESC",
        site.district, facility or b"", True,
    )  # fmt: skip
    first: dict[bytes, bytes] = dict(rows)
    names = await staff_names(tx, site, set(first.values()))
    return {panel: names.get(staff, "") for panel, staff in first.items()}


async def _places(tx: Tx, site: Site, standing: Standing) -> tuple[Place, ...]:
    district, village = site.district, standing.card.village
    counters = await tx.rows(
        "SELECT facility, phone, hours, address FROM counter WHERE district=?", district
    )
    told: dict[bytes, tuple[str, str, str]] = {row[0]: (row[1], row[2], row[3]) for row in counters}
    areas = await tx.rows(
        "SELECT facility, code FROM service_area WHERE district=? AND code IN (?,?)",
        district, village[:12] or "-", village[:9] or "-",
    )  # fmt: skip
    near: dict[bytes, int] = {}
    for home, code in areas:
        near[home] = max(near.get(home, 0), 2 if len(code) == 12 else 1)
    teams: dict[bytes, int] = dict(
        await tx.rows(
            "SELECT facility, COUNT(*) FROM panel WHERE district=? GROUP BY facility", district
        )
    )
    # The first team with room ends the counting at a facility: a county has half a million members.
    open_to = {
        row[0]
        for row in await tx.rows(
            "SELECT f.facility FROM facility f WHERE f.district=? AND EXISTS (SELECT 1 FROM panel "
            "p WHERE p.district=f.district AND p.facility=f.facility AND (SELECT COUNT(*) FROM "
            "member m WHERE m.district=p.district AND m.panel=p.panel AND m.ground='assigned') < ?"
            " LIMIT 1)",
            district, site.rules.panel_max,
        )
    }  # fmt: skip
    made = [
        Place(
            who, name, *told.get(who, ("", "", "")), teams.get(who, 0), who not in open_to,
            near.get(who, 0),
        )
        for who, name in standing.facilities
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda each: (-each.near, each.name)))


async def _moves(tx: Tx, site: Site, standing: Standing) -> Moves:
    district, card, now = site.district, standing.card, site.clock()
    held = await one(
        tx,
        "SELECT COUNT(DISTINCT c.device) FROM copy c JOIN device_panel p ON p.district=c.district "
        "AND p.device=c.device WHERE c.district=? AND c.resident=? AND c.state='possible' AND "
        "p.panel=?",
        district, card.resident, card.panel or b"",
    )  # fmt: skip
    owed = await one(
        tx, "SELECT COUNT(*) FROM plan_due WHERE district=? AND resident=? AND cls='A'",
        district, card.resident,
    )  # fmt: skip
    given = await tx.rows(
        "SELECT facility FROM consent WHERE district=? AND resident=? AND revoked_at IS NULL AND "
        "until>?",
        district, card.resident, now,
    )  # fmt: skip
    assert held is not None
    assert owed is not None
    ending = sum(row[0] == card.facility for row in given)
    return Moves(held[0], owed[0], ending, len(given) - ending)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which team, on which ground, from which day (None: as the district says). `id`: made with the
    form, so that a form sent twice is one switch. `signed_at`: ms UTC, of one that was signed
    without a network.
    """

    panel: bytes
    ground: str
    day: date | None
    id: bytes
    signed_at: int | None = None


async def choose(site: Site, acting: Acting, wish: Wish) -> rule.Outcome:
    """The outcome of the rule; granted, it is recorded. Raises NotTheirAct, RuleSaysNo."""
    return await site.store.write(partial(choose_in, site=site, acting=acting, wish=wish))


async def choose_in(tx: Tx, site: Site, acting: Acting, wish: Wish) -> rule.Outcome:
    """`choose` in the caller's transaction."""
    await lock_residents(tx, site.district, {acting.resident}, cells_of=())
    await theirs(tx, site, acting, Act.CHOOSE)
    home = await one(
        tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, wish.panel
    )
    if home is None:
        raise NotYours
    ask = move.Ask(
        resident=acting.resident, panel=wish.panel, ground=wish.ground, by=acting.hand,
        from_day=wish.day, person=acting.person, id=wish.id, signed_at=wish.signed_at,
        at_new_desk=acting.helper is not None and acting.helper.facility == home[0],
    )  # fmt: skip
    again = await one(
        tx, "SELECT 1 FROM switch WHERE district=? AND resident=? AND switch=?",
        site.district, acting.resident, wish.id,
    )  # fmt: skip
    outcome = await move.switch_in(tx, site, ask)
    if isinstance(outcome, rule.Granted) and again is None:
        await assisted(tx, site, acting, "switch", wish.id)
    return outcome


async def sent_before(site: Site, resident: bytes, name: bytes) -> bool:
    """Whether a form with this id has been taken already, as a switch or as a special case."""
    found = await site.store.read(
        lambda tx: tx.rows(
            "SELECT 1 FROM switch WHERE district=? AND resident=? AND switch=? UNION ALL "
            "SELECT 1 FROM special_case WHERE district=? AND resident=? AND special_case=?",
            site.district, resident, name, site.district, resident, name,
        )
    )  # fmt: skip
    return bool(found)


async def undo(site: Site, acting: Acting, of: bytes) -> bool:
    """Takes a switch back, before its day or in time after it. Whether this took it back: a form
    sent twice changes nothing the second time. Raises NotTheirAct, NotYours, RuleSaysNo.
    """
    return await site.store.write(partial(undo_in, site=site, acting=acting, of=of))


async def undo_in(tx: Tx, site: Site, acting: Acting, of: bytes) -> bool:
    """`undo` in the caller's transaction."""
    await lock_residents(tx, site.district, {acting.resident}, cells_of=())
    await theirs(tx, site, acting, Act.CHOOSE)
    try:
        done = await move.undo_in(tx, site, acting.resident, of)
    except NotFound:
        raise NotYours from None
    if done:
        await taken_back(tx, site, acting.resident, of)
        await case_ends.end_needless(tx, site, acting.resident, acting.hand)
        await assisted(tx, site, acting, "switch_undo", of)
    return done


async def ask_case(site: Site, acting: Acting, claim: Claim) -> bytes:
    """Puts a special case before the county; its id. Raises NotTheirAct, NotYours, RuleSaysNo."""

    async def write(tx: Tx) -> bytes:
        rows = await lock_residents(tx, site.district, {acting.resident}, cells_of=())
        await theirs(tx, site, acting, Act.CHOOSE)
        there = claim.id is not None and await one(
            tx, "SELECT 1 FROM special_case WHERE district=? AND special_case=?",
            site.district, claim.id,
        )  # fmt: skip
        name = await cases.ask_in(tx, site, rows, claim, acting.hand)
        if not there:
            await assisted(tx, site, acting, "switch", name)
        return name

    return await site.store.write(write)


async def withdraw_case(site: Site, acting: Acting, name: bytes) -> None:
    """Takes a special case that waits back; sent twice it changes nothing. Raises NotTheirAct,
    NotYours, RuleSaysNo for one that the county has decided.
    """

    async def write(tx: Tx) -> None:
        await lock_residents(tx, site.district, {acting.resident}, cells_of=())
        await theirs(tx, site, acting, Act.CHOOSE)
        await case_ends.withdraw_in(tx, site, acting, name)

    await site.store.write(write)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One switch as it stands. status: scheduled | done | withdrawn | undone. `can_undo`: this one
    can be taken back now, until `undo_until`. `seen`: "" while the new facility has not looked.
    """

    id: bytes
    facility: str
    team: str
    phone: str
    hours: str
    address: str
    ground: str
    from_day: date
    asked_at: int
    status: str
    can_undo: bool
    undo_until: date
    seen: str
    left: str  # the facility that was left; "" where none was
    tablets: Sequence[str]  # state of each copy that the left facility's tablets had


async def receipt(site: Site, resident: bytes, name: bytes) -> Receipt:
    """Raises NotYours, for a switch of somebody else as for one of nobody."""
    return await site.store.read(partial(_receipt, site=site, resident=resident, name=name))


async def _receipt(tx: Tx, site: Site, resident: bytes, name: bytes) -> Receipt:
    row = await one(
        tx,
        "SELECT s.facility, s.panel, s.from_day, s.asked_at, s.status, s.cause, s.sealed, r.key, "
        "c.phone, c.hours, c.address FROM switch s JOIN resident r ON r.district=s.district AND "
        "r.resident=s.resident LEFT JOIN counter c ON c.district=s.district AND "
        "c.facility=s.facility WHERE s.district=? AND s.resident=? AND s.switch=?",
        site.district, resident, name,
    )  # fmt: skip
    if row is None:
        raise NotYours
    home, panel, day, asked_at, status, _, sealed, key, phone, hours, address = row
    standing = await read_standing(tx, site, resident, None)
    places, teams = await facility_names(tx, site), await team_names(tx, site, [panel])
    code = ""
    if sealed is not None:
        place = site.vault.at(T_SWITCH, name, resident)
        code = site.vault.key(resident, key).open(place, sealed).decode()
    labels = {each.code: each.label for each in (*site.rules.grounds, *site.rules.special_cases)}
    seen, left, tablets = await _handed_over(tx, site, resident, panel, asked_at)
    from_day = date.fromisoformat(day)
    as_switched = rule.Assignment(home, from_day, rule.Cause.CHOICE)
    last = rule.undo_until(site.rules, as_switched)
    assert last is not None
    return Receipt(
        name, places.get(home, ""), teams.get(panel, ""), phone or "", hours or "", address or "",
        labels.get(code, code), from_day, asked_at, status,
        standing.newest == name and standing.may_undo, last, seen, left, tablets,
    )  # fmt: skip


async def _handed_over(
    tx: Tx, site: Site, resident: bytes, panel: bytes, asked_at: int
) -> tuple[str, str, tuple[str, ...]]:
    """(what the new facility did, which was left, state of each of its copies)."""
    row = await one(
        tx,
        "SELECT h.result, h.from_panel, f.name FROM handover h LEFT JOIN facility f ON "
        "f.district=h.district AND f.facility=h.from_facility WHERE h.district=? AND "
        "h.resident=? AND h.to_panel=? AND h.at>=? ORDER BY h.at LIMIT 1",
        site.district, resident, panel, asked_at,
    )  # fmt: skip
    if row is None:
        return "", "", ()
    copies = await tx.rows(
        "SELECT c.state FROM copy c JOIN device_panel p ON p.district=c.district AND "
        "p.device=c.device WHERE c.district=? AND c.resident=? AND p.panel=? ORDER BY c.device",
        site.district, resident, row[1],
    )  # fmt: skip
    return row[0], row[2] or "", tuple(each[0] for each in copies)
