"""A resident's consents: who may look by them, giving one, taking it back.

Giving and taking back are server/actions/archives/consent.py, which gate and tablets obey from the
commit on; here stands whose act it is, in which words, and what is told (S000-art15-b).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.archives import consent as ledger
from server.actions.archives.cards import cards_of
from server.actions.archives.consent import Terms
from server.actions.archives.standing import lock_residents
from server.actions.archives.told import facility_names, team_names
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.acting import Acting, assisted, taken_back
from server.actions.residents.people import people_of
from server.actions.residents.whose import refusal, theirs
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, NotYours, RuleSaysNo
from server.rules import consent_texts
from server.rules.consent import Manner
from server.rules.family import Act, No
from server.store.tx import Row, Tx, one

LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Given:
    """One consent as it stands. Instants in ms UTC. `by`: who gave it, "" for the resident.

    `asked`, `purged`: of the copies its end asked back, how many tablets have said they let it go.
    """

    id: bytes
    facility: str
    team: str
    purpose: str
    classes: str
    manner: str
    text_version: str
    granted_at: int
    until: int
    revoked_at: int | None
    by: str
    asked: int
    purged: int

    def stands(self, now: int) -> bool:
        return self.revoked_at is None and now < self.until


@dataclass(frozen=True, slots=True)
class Recipient:
    """A facility that can be named. `ours`: the responsible one, which can be named for research
    only. `teams`: id and name.
    """

    id: bytes
    name: str
    address: str
    ours: bool
    teams: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class Consents:
    """What the page shows. `no`: why this person may not give or take back, None when so."""

    given: tuple[Given, ...]
    recipients: tuple[Recipient, ...]
    facility: str
    explained: bool
    no: No | None


async def consents(site: Site, acting: Acting, *, full: bool = True) -> Consents:
    """`full`: past the 72 hours of a new telephone."""
    return await site.store.read(partial(_consents, site=site, acting=acting, full=full))


async def _consents(tx: Tx, site: Site, acting: Acting, full: bool) -> Consents:
    district, who = site.district, acting.resident
    rows = await tx.rows(
        "SELECT consent, facility, panel, purpose, classes, manner, text_version, granted_at, "
        "until, revoked_at, person FROM consent WHERE district=? AND resident=? "
        "ORDER BY CASE WHEN revoked_at IS NULL AND until>? THEN 0 ELSE 1 END, granted_at DESC, "
        "consent LIMIT ?",
        district, who, site.clock(), LINES,
    )  # fmt: skip
    explained = await one(
        tx, "SELECT 1 FROM explained WHERE district=? AND resident=? LIMIT 1", district, who
    )
    places = await facility_names(tx, site)
    cards = await cards_of(tx, site, [who])
    home = cards[who].facility if who in cards else None
    return Consents(
        await _given(tx, site, who, rows), await _recipients(tx, district, home),
        places.get(home or b"", ""), explained is not None,
        await refusal(tx, site, acting, Act.CONSENT, full=full),
    )  # fmt: skip


async def _given(tx: Tx, site: Site, who: bytes, rows: Sequence[Row]) -> tuple[Given, ...]:
    places = await facility_names(tx, site)
    teams = await team_names(tx, site, [row[2] for row in rows])
    people = await people_of(tx, site, {row[10] for row in rows if row[10] not in (None, who)})
    copies: dict[bytes, tuple[int, int]] = {}
    for panel in {row[2] for row in rows if row[2] and row[5] == Manner.COPY}:
        copies[panel] = await _copies(tx, site.district, who, panel)
    made: list[Given] = []
    for name, home, panel, purpose, classes, manner, version, at, until, revoked, person in rows:
        asked, purged = copies.get(panel, (0, 0)) if manner == Manner.COPY else (0, 0)
        giver = people.get(person)
        made.append(
            Given(
                name, places.get(home, ""), teams.get(panel, ""), purpose, classes, manner,
                version, at, until, revoked, giver.name if giver else "", asked, purged,
            )
        )  # fmt: skip
    return tuple(made)


async def _copies(tx: Tx, district: int, who: bytes, panel: bytes) -> tuple[int, int]:
    """(how many tablets of that team were asked to let go, how many have said so)."""
    rows = await tx.rows(
        "SELECT c.state, COUNT(*) FROM copy c JOIN device_panel p ON p.district=c.district AND "
        "p.device=c.device WHERE c.district=? AND c.resident=? AND p.panel=? AND c.state IN "
        "('asked','purged','unaccounted') GROUP BY c.state",
        district, who, panel,
    )  # fmt: skip
    counted: dict[str, int] = dict(rows)
    return sum(counted.values()), counted.get("purged", 0)


async def _recipients(tx: Tx, district: int, home: bytes | None) -> tuple[Recipient, ...]:
    rows = await tx.rows(
        "SELECT f.facility, f.name, c.address FROM facility f LEFT JOIN counter c ON "
        "c.district=f.district AND c.facility=f.facility WHERE f.district=? AND f.published=? AND "
        "f.closed_on IS NULL AND f.level='facility' ORDER BY f.name",
        district, True,
    )  # fmt: skip
    panels = await tx.rows(
        "SELECT facility, panel, name FROM panel WHERE district=? ORDER BY name", district
    )
    teams: dict[bytes, list[tuple[bytes, str]]] = {}
    for facility, panel, name in panels:
        teams.setdefault(facility, []).append((panel, name))
    return tuple(
        Recipient(who, name, address or "", who == home, tuple(teams.get(who, ())))
        for who, name, address in rows
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody agrees to. `panel` None: the whole facility. `id`: made with the form."""

    facility: bytes
    panel: bytes | None
    purpose: str
    classes: str
    manner: Manner
    until: int
    id: bytes


async def give(site: Site, acting: Acting, wish: Wish, *, full: bool = True) -> bytes:
    """Its id. Raises NotTheirAct, NotYours, RuleSaysNo with a value of rules.consent.No."""
    return await site.store.write(partial(give_in, site=site, acting=acting, wish=wish, full=full))


async def give_in(tx: Tx, site: Site, acting: Acting, wish: Wish, full: bool = True) -> bytes:
    """`give` in the caller's transaction."""
    district, who = site.district, acting.resident
    await lock_residents(tx, district, {who}, cells_of=())
    await theirs(tx, site, acting, Act.CONSENT, full=full)
    if wish.panel is not None and not await one(
        tx, "SELECT 1 FROM panel WHERE district=? AND panel=? AND facility=?",
        district, wish.panel, wish.facility,
    ):  # fmt: skip
        raise NotYours
    there = await one(
        tx, "SELECT 1 FROM consent WHERE district=? AND resident=? AND consent=?",
        district, who, wish.id,
    )  # fmt: skip
    terms = Terms(
        who, wish.facility, wish.panel, wish.purpose, wish.classes, wish.manner, wish.until,
        consent_texts.current().version, wish.id, acting.person,
    )  # fmt: skip
    made = await ledger.grant_in(tx, site, terms, asked=True)
    if there is None:
        await assisted(tx, site, acting, "consent", made)
        await tell(
            tx, site, who, "consent_given", about=made, facility=wish.facility,
            day=civil_day(site.clock()), until=civil_day(wish.until),
        )  # fmt: skip
    return made


async def take_back(site: Site, acting: Acting, consent: bytes) -> None:
    """Works at once; a second time changes nothing. Raises NotTheirAct, NotYours, RuleSaysNo.

    A fresh telephone is no reason to wait: less is given, not more.
    """
    await site.store.write(partial(take_back_in, site=site, acting=acting, consent=consent))


async def take_back_in(tx: Tx, site: Site, acting: Acting, consent: bytes) -> None:
    """`take_back` in the caller's transaction."""
    district, who = site.district, acting.resident
    await lock_residents(tx, district, {who}, cells_of=())
    await theirs(tx, site, acting, Act.CONSENT)
    try:
        ended = await ledger.revoke_in(tx, site, who, consent, acting.person)
    except (NotFound, RuleSaysNo):
        raise NotYours from None
    if not ended:
        return
    row = await one(
        tx, "SELECT facility FROM consent WHERE district=? AND resident=? AND consent=?",
        district, who, consent,
    )  # fmt: skip
    assert row is not None
    await taken_back(tx, site, who, consent)
    await assisted(tx, site, acting, "consent_end", consent)
    day = civil_day(site.clock())
    await tell(tx, site, who, "consent_ended", about=consent, facility=row[0], day=day)
