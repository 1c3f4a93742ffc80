"""People of the demo who use the portal: an elder with years of checkups, a mother who looks after
her child and helps the elder, and what is going on in their archives.

What they do goes through the actions of portal and desk, after the field day, so the report of the
day stays as it was. Whoever serves the demo again gets new passes; the rest is done once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any, Final

import msgspec

from server.actions.accounts.sessions import Signed
from server.actions.archives import afterwork, consent, desk
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.content import contents
from server.actions.archives.opening import AskWhy, open_for
from server.actions.archives.standing import lock_residents
from server.actions.confirmations import answers
from server.actions.confirmations.answers import Saying
from server.actions.keeping.site import Site
from server.actions.residents import binding, corrections, links, opening, sign_in
from server.actions.residents.acting import Acting, Helper
from server.actions.residents.binding import Binding
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.sign_in import ForPass
from server.actions.tablets.intake import civil_day
from server.demo import checkup
from server.demo.bodies import Habitus
from server.demo.entrances import Team, team_of
from server.errors import StartRefused
from server.records.upcast import newest
from server.rules import family
from server.rules.access import Tie
from server.rules.accounts import StaffRole
from server.rules.confirmations import Answer, Channel
from server.rules.consent import Manner, Purpose
from server.store.tx import Row, Tx, one
from sync import wire
from sync.limits import DAY_MS

CHECK: Final = "health_check"
OLD, MOTHERS, CHILD = 68, range(24, 46), range(1, 7)  # completed years
NEAR_DEATH: Final = 95
EARLIER: Final = (
    365 + 11,
    2 * 365 - 9,
    3 * 365 - 20,
)  # days before today of the checkups that came before
PHONES: Final = ("19900001001", "19900001002")
CONSENT_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Visitor:
    """One person who can sign in. `number`: the whole document number, `token`: of a pass."""

    what: str  # resident | guardian
    name: str
    place: str
    number: str
    phone: str
    token: str

    def __repr__(self) -> str:
        return f"Visitor({self.what})"


@dataclass(frozen=True, slots=True)
class Cast:
    elder: bytes
    mother: bytes
    child: bytes


async def opened(site: Site) -> tuple[Visitor, ...]:
    """The people, prepared if they are not yet, each with a new pass. Raises StartRefused."""
    team = await site.store.read(lambda tx: team_of(tx, site.district))
    cast = await _ready(site, team)
    return await site.store.write(partial(_passes, site=site, team=team, cast=cast))


async def elder_of(site: Site) -> bytes:
    """The elder who uses the portal, prepared if need be. Raises StartRefused."""
    team = await site.store.read(lambda tx: team_of(tx, site.district))
    return (await _ready(site, team)).elder


async def _ready(site: Site, team: Team) -> Cast:
    cast = await site.store.read(partial(_there, site=site))
    if cast is None:
        await afterwork.catch_up(site)
        cast = await site.store.read(partial(_chosen, site=site, team=team))
        await _prepare(site, team, cast)
    return cast


async def _there(tx: Tx, site: Site) -> Cast | None:
    """The cast of before, by their telephones."""
    elder, mother = [await _bound(tx, site, each) for each in PHONES]
    if elder is None or mother is None:
        return None
    child = await one(
        tx,
        "SELECT resident FROM family_link WHERE district=? AND person=? AND tie=? LIMIT 1",
        site.district, mother, Tie.PARENT.value,
    )  # fmt: skip
    return Cast(elder, mother, child[0] if child is not None else mother)


async def _bound(tx: Tx, site: Site, phone: str) -> bytes | None:
    found = await binding.archives_on(tx, site, site.index.of_phone(phone))
    return found[0] if found else None


async def _chosen(tx: Tx, site: Site, team: Team) -> Cast:
    """An elder of the team with a checkup and a service to be asked about, a young mother, a child.

    Raises StartRefused where the demo is too small to have them.
    """
    today = civil_day(site.clock())
    rows = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND panel=? ORDER BY resident",
        site.district, team.panel,
    )  # fmt: skip
    cards = await cards_of(tx, site, [row[0] for row in rows])
    asked = await tx.rows(
        "SELECT c.resident, COUNT(*) FROM change c WHERE c.district=? AND c.kind IN "
        "('health_check', 'htn_followup', 'dm_followup') AND c.state='applied' AND EXISTS "
        "(SELECT 1 FROM confirmation q WHERE q.district=c.district AND q.resident=c.resident AND "
        "q.answer='') "
        "GROUP BY c.resident ORDER BY COUNT(*) DESC, c.resident",
        site.district,
    )  # fmt: skip
    ages = {who: _age(card, today) for who, card in cards.items() if card.birth}
    elders = [row[0] for row in asked if OLD <= ages.get(row[0], 0) < NEAR_DEATH]
    mothers = [w for w, age in ages.items() if age in MOTHERS and cards[w].sex == "2"]
    children = [w for w, age in ages.items() if age in CHILD]
    if not elders or not mothers or not children:
        raise StartRefused("This demo is too small for the portal: play it with a smaller --scale.")
    return Cast(elders[0], mothers[0], children[0])


def _age(card: Card, today: date) -> int:
    born = date.fromisoformat(card.birth)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


async def _prepare(site: Site, team: Team, cast: Cast) -> None:
    doctor = _as_doctor(team)
    for back in EARLIER:
        await _check(site, doctor, cast.elder, civil_day(site.clock()) - timedelta(days=back))
    await site.store.write(partial(_bind, site=site, team=team, cast=cast))
    await _what_goes_on(site, team, cast)
    await afterwork.catch_up(site)


def _as_doctor(team: Team) -> Signed:
    return Signed(
        staff=team.doctor, name="", role=StaffRole.DOCTOR, facility=team.facility,
        facility_name=team.facility_name, level="facility", panels=frozenset({team.panel}),
        restricted=False, session=b"", csrf="",
    )  # fmt: skip


async def _check(site: Site, doctor: Signed, who: bytes, on: date) -> None:
    """A yearly checkup of before, entered at the desk."""
    found = await open_for(site, doctor, who)
    if isinstance(found, AskWhy):
        raise StartRefused("The demo's doctor does not reach the demo's elder.")
    rng = Random(who + on.isoformat().encode())
    card = (await site.store.read(partial(cards_of, site=site, ids=[who])))[who]
    body = checkup.health_check(rng, Habitus.of(who, male=card.sex == "1"))
    change = wire.Change(
        id=desk.fresh_id(site), resident=who, kind=CHECK, v=newest(CHECK) or 1,
        on=on.isoformat(), at=site.clock(), body=msgspec.Raw(msgspec.json.encode(body)),
    )  # fmt: skip
    await desk.save(site, doctor, found, change)


async def _bind(tx: Tx, site: Site, team: Team, cast: Cast) -> None:
    """Telephones, notices and family, as a desk does it."""
    helper = Helper(team.doctor, team.facility)
    await _counters(tx, site.district)
    for who, phone in ((cast.elder, PHONES[0]), (cast.mother, PHONES[1])):
        bound = Binding(who, phone, binding.DESK_NO_CODE, team.doctor, team.facility)
        await binding.bind(tx, site, bound)
        await opening.agree(tx, site, Acting(who, who, helper))
    for resident, tie, proof in (
        (cast.child, Tie.PARENT, family.Proof.DOCUMENT),
        (cast.elder, Tie.HELPER, family.Proof.BOTH_PRESENT),
    ):
        acting = Acting(resident, resident, helper)
        wish = family.Wish(tie, proof)
        made = await links.make(tx, site, acting, links.New(cast.mother, wish, "户口簿"))
        if not isinstance(made, bytes):
            raise StartRefused(f"The demo's family cannot be: {made}.")
    await opening.agree(tx, site, Acting(cast.mother, cast.child, helper))


async def _counters(tx: Tx, district: int) -> None:
    """Whom residents ring: numbers that nobody has."""
    rows = await tx.rows(
        "SELECT facility FROM facility WHERE district=? AND level='facility' ORDER BY name",
        district,
    )
    counters: list[Row] = [
        (district, row[0], f"0000-{100 + n:07d}", "周一至周五 8:00 至 17:00", "")
        for n, row in enumerate(rows, 1)
    ]
    await tx.insert("counter", counters, ignore=True)


async def _what_goes_on(site: Site, team: Team, cast: Cast) -> None:
    """A correction that waits, a consent that stands, a denial before the county."""
    own = Acting(cast.elder, cast.elder)
    wish = corrections.Wish(
        corrections.fresh_id(site),
        {"drug_allergy/1": False, "drug_allergy/3": True},
        "missed",
        "去年在县医院打针起过疹子",
    )
    await corrections.ask(site, own, own_gate(site, own), wish)
    elsewhere = await site.store.read(partial(_another_team, site=site, team=team))
    if elsewhere is not None:
        await consent.grant(
            site, cast.elder, panel=elsewhere, purpose=Purpose.SERVICE.value, classes="A",
            until=site.clock() + CONSENT_DAYS * DAY_MS, text_version="1", manner=Manner.VIEW,
        )  # fmt: skip
    waiting = await site.store.read(partial(_unanswered, site=site, cast=cast))
    if waiting is not None:
        name, who = waiting
        saying = Saying(Answer.NOT, None, "那天我一直在家，没有人来。")
        await answers.answer(site, Acting(who, who), name, saying, Channel.PORTAL)


async def _another_team(tx: Tx, site: Site, team: Team) -> bytes | None:
    row = await one(
        tx,
        "SELECT p.panel FROM panel p JOIN facility f ON f.district=p.district AND "
        "f.facility=p.facility WHERE p.district=? AND p.facility<>? AND f.published=? "
        "ORDER BY f.name, p.name LIMIT 1",
        site.district, team.facility, True,
    )  # fmt: skip
    return row[0] if row is not None else None


async def _unanswered(tx: Tx, site: Site, cast: Cast) -> tuple[bytes, bytes] | None:
    row = await one(
        tx,
        "SELECT confirmation, resident FROM confirmation WHERE district=? AND answer='' AND "
        "gone_at IS NULL AND resident<>? AND service='visit' ORDER BY confirmation LIMIT 1",
        site.district, cast.elder,
    )  # fmt: skip
    return None if row is None else (row[0], row[1])


async def _passes(tx: Tx, site: Site, team: Team, cast: Cast) -> tuple[Visitor, ...]:
    people: Sequence[tuple[str, bytes, str]] = (
        ("resident", cast.elder, PHONES[0]),
        ("guardian", cast.mother, PHONES[1]),
    )
    cards = await cards_of(tx, site, {who for _, who, _ in people})
    rows = await lock_residents(tx, site.district, {who for _, who, _ in people})
    known: dict[bytes, Any] = dict(await contents(tx, site, rows))
    made: list[Visitor] = []
    for what, who, phone in people:
        token = await sign_in.make_pass(tx, site, ForPass(who, team.doctor, team.facility))
        number = known[who].open.text("id_no")
        made.append(Visitor(what, cards[who].name, team.facility_name, number, phone, token))
    return tuple(made)
