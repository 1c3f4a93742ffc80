"""现在谁能看: the same rule that opens the door (server/rules/access.py), asked for everybody who
works here, with what they would have to say. And which tablets hold a copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.access import actor_of, facts_of
from server.actions.accounts.sessions import PLACE
from server.actions.archives.cards import cards_of
from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.links import Link, links_of
from server.actions.residents.looked import may_see
from server.actions.residents.reading import ArchiveShut
from server.actions.tablets.intake import civil_day
from server.records.model import AccessClass
from server.rules.access import Actor, Allowed, Ground, ResidentFacts, may
from server.rules.accounts import FACILITY_ROLES
from server.rules.consent import Grant, Purpose
from server.store.tx import Tx

_ASKED: Final = (Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.REVIEW, Purpose.RESEARCH)
_SAID: Final = "said"  # a reason, as somebody would have to write one down
NAMED: Final = 12  # people of a group that are named; more are counted


@dataclass(frozen=True, slots=True)
class Group:
    """Who may, on one ground, at one place. `names`: the first of them; `count`: all. `classes`:
    what, as letters. `until`: of a consent, ms.
    """

    ground: Ground
    facility: str
    names: tuple[str, ...]
    count: int
    classes: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Could:
    """`emergency`: how many people elsewhere could in an emergency, told afterwards."""

    groups: Sequence[Group]
    family: Sequence[Link]
    emergency: int


async def could(site: Site, acting: Acting) -> Could:
    """Who could open the archive at this moment. Raises FamilyMayNot."""
    return await site.store.read(partial(_could, site=site, acting=acting))


async def _could(tx: Tx, site: Site, acting: Acting) -> Could:
    await may_see(tx, site, acting)
    who, now = acting.resident, site.clock()
    card = (await cards_of(tx, site, {who})).get(who)
    today = civil_day(now)
    if card is None:
        raise ArchiveShut("resident")
    birth = today if not card.birth else type(today).fromisoformat(card.birth)
    facts = await facts_of(tx, site.vault, who, birth, now)
    assert facts is not None
    found: dict[tuple[Ground, bytes | None, str], list[bytes]] = {}
    emergency = 0
    for actor, place, treats in await _everybody(tx, site):
        best = _most(actor, facts)
        if best is None:
            emergency += treats and _may(actor, facts, AccessClass.A, Purpose.EMERGENCY) is not None
            continue
        ground, classes = best
        found.setdefault((ground, place, classes), []).append(actor.person)
    groups = await _groups(tx, site, found, facts)
    return Could(groups, await links_of(tx, site, who), emergency)


def _most(actor: Actor, facts: ResidentFacts) -> tuple[Ground, str] | None:
    """The ground and the classes that the rule gives for ordinary work; None for nothing."""
    for purpose in _ASKED:
        grounds = {cls: _may(actor, facts, cls, purpose) for cls in (AccessClass.A, AccessClass.B)}
        given = {cls: ground for cls, ground in grounds.items() if ground is not None}
        if given:
            ground = given.get(AccessClass.A) or given[AccessClass.B]
            return ground, "".join(cls.value for cls in given)
    return None


def _may(actor: Actor, facts: ResidentFacts, cls: AccessClass, purpose: Purpose) -> Ground | None:
    answer = may(actor, facts, cls, purpose, reason=_SAID)
    return answer.ground if isinstance(answer, Allowed) else None


async def _everybody(tx: Tx, site: Site) -> list[tuple[Actor, bytes | None, bool]]:
    """Every member of staff as the rule knows them, with the place they work at, and whether they
    treat people.
    """
    today = civil_day(site.clock()).isoformat()
    served: dict[bytes, set[bytes]] = {}
    for panel, staff in await tx.rows(
        "SELECT panel, staff FROM team_member WHERE district=? AND from_day<=? AND "
        "(until_day IS NULL OR until_day>?)",
        site.district, today, today,
    ):  # fmt: skip
        served.setdefault(staff, set()).add(panel)
    rows = await tx.rows(
        f"SELECT s.staff, s.role, s.panel, s.restricted, {PLACE}, f.facility FROM staff s JOIN "
        "facility f ON f.district=s.district AND f.facility=s.facility WHERE s.district=? AND "
        "s.active=?",
        site.district, True,
    )  # fmt: skip
    return [
        (
            actor_of(
                role=role, staff=staff, facility=served_at, restricted=bool(restricted),
                panels=frozenset(served.get(staff, set()) | ({panel} if panel else set())),
            ),
            place,
            role in FACILITY_ROLES,
        )
        for staff, role, panel, restricted, served_at, place in rows
    ]  # fmt: skip


_ORDER: Final = (
    Ground.PANEL, Ground.SPECIALIST, Ground.DUTY, Ground.CONSENT, Ground.GUEST, Ground.COUNTY_CASE,
)  # fmt: skip


async def _groups(
    tx: Tx, site: Site, found: Mapping[tuple[Ground, bytes | None, str], Sequence[bytes]],
    facts: ResidentFacts,
) -> tuple[Group, ...]:  # fmt: skip
    wanted = {each for some in found.values() for each in sorted(some)[:NAMED]}
    names, places = await staff_names(tx, site, wanted), await facility_names(tx, site)
    ends = {each.recipient: each.until_ms for each in facts.consents if isinstance(each, Grant)}
    made = [
        Group(
            ground, places.get(place, "") if place else "",
            tuple(sorted(names[who] for who in sorted(some)[:NAMED] if who in names)),
            len(some), classes,
            ends.get(place or b"") if ground is Ground.CONSENT else None,
        )
        for (ground, place, classes), some in found.items()
    ]  # fmt: skip
    rank = {ground: n for n, ground in enumerate(_ORDER)}
    return tuple(
        sorted(made, key=lambda each: (rank.get(each.ground, 99), each.facility, each.classes))
    )


# Tablets.


@dataclass(frozen=True, slots=True)
class Copy:
    """A tablet that was given the archive. state: possible | asked | purged | unaccounted."""

    label: str
    facility: str
    holder: str
    state: str
    since: int
    changed_at: int
    last_contact: int


async def copies(site: Site, acting: Acting) -> tuple[Copy, ...]:
    """Every tablet that was ever given the archive, those that still may hold it first. Raises
    FamilyMayNot.
    """
    return await site.store.read(partial(_copies, site=site, acting=acting))


async def _copies(tx: Tx, site: Site, acting: Acting) -> tuple[Copy, ...]:
    await may_see(tx, site, acting)
    rows = await tx.rows(
        "SELECT d.label, d.facility, c.state, c.since, c.changed_at, d.last_contact, "
        "(SELECT k.staff FROM device_key k WHERE k.district=d.district AND k.device=d.device "
        "AND k.until IS NULL ORDER BY k.key LIMIT 1) FROM copy c JOIN device d ON "
        "d.district=c.district AND d.device=c.device WHERE c.district=? AND c.resident=? "
        "ORDER BY CASE c.state WHEN 'purged' THEN 1 ELSE 0 END, d.label",
        site.district, acting.resident,
    )  # fmt: skip
    names = await staff_names(tx, site, {row[6] for row in rows if row[6] is not None})
    places = await facility_names(tx, site)
    return tuple(
        Copy(
            label, places.get(where, ""), names.get(holder, "") if holder else "", state, since,
            changed, last,
        )
        for label, where, state, since, changed, last, holder in rows
    )  # fmt: skip
