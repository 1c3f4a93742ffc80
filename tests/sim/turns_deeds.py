"""What tasks do: acts of the product, each brought to the point where it begins."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from server.actions.accounts.sessions import Signed
from server.actions.archives import afterwork, consent, decisions
from server.actions.keeping import upkeep
from server.actions.keeping.audit_tree import number_leaves
from server.actions.keeping.site import Site
from server.actions.places import move
from server.actions.residents import corrections
from server.actions.residents.acting import Acting
from server.actions.residents.correction_gate import own_gate
from server.actions.tablets import release
from server.actions.tablets.exchange import exchange
from server.actions.tablets.intake import civil_day
from server.errors import Refusal
from server.rules.accounts import StaffRole
from server.rules.switch import CaseState, SpecialCase
from tests.cast_forms import good
from tests.console import COUNTY_OFFICE
from tests.sim.turns_town import RESIDENTS, Carried, Town
from tests.world import DISTRICT, NAMES, QIN, QINGHE, SU, TEAM_A, TEAM_A2, TEAM_B

Deed = tuple[str, Callable[[], Awaitable[Any]]]
DAY_MS = 86_400_000
PANELS = (TEAM_A, TEAM_A2, TEAM_B)
CELLS = (
    ("blood_abo", ("1", "2", "3")), ("management_class", ("1", "2", "3")),
    ("phone", ("19900002001", "19900002002", "19900002003")),
    ("address_text", ("柳荫路 1 号", "柳荫路 2 号")), ("drug_allergy/2", (True, False)),
    ("hx_disease_restricted/8", ({"since": "2020-01"}, True)),
)  # fmt: skip
COUNTY = Signed(
    SU, "苏木", StaffRole.COUNTY, COUNTY_OFFICE, "云栖县卫生健康局", "county", frozenset(), False,
    bytes(16), "",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """What an exchange ended in. `held` is None for a tablet of the hall."""

    held: Carried | None
    raw: bytes
    answer: bytes


DESK = Signed(
    QIN, "秦霜降", StaffRole.DESK, QINGHE, "青禾镇卫生院", "facility", frozenset(), False,
    bytes(16), "",
)  # fmt: skip


# ---- parts of scenes ---------------------------------------------------------------------------


def today(town: Town) -> str:
    return civil_day(town.clock()).isoformat()


def of_tablet(town: Town, held: Carried) -> bytes:
    """Somebody whom the tablet has, or else anybody."""
    has = [who for who in RESIDENTS
           if any(held.tablet.archive.belongs(panel, who) for panel in held.panels)]  # fmt: skip
    return town.rng.choice(has or RESIDENTS)


def visits(town: Town, held: Carried, who: bytes, **more: Any) -> bytes:
    due = civil_day(town.clock()) + timedelta(days=80)
    form = good("htn_followup", next_date=due.isoformat(), sbp=town.rng.choice((118, 138, 150)))
    change = held.tablet.save_event(who, "htn_followup", today(town), form, **more)
    town.saved[change] = held.name
    return change


def edits(town: Town, held: Carried, who: bytes) -> None:
    cell, values = town.rng.choice(CELLS)
    change = held.tablet.save_edit(who, {cell: town.rng.choice(values)}, today(town))
    town.saved[change] = held.name


def works(town: Town, held: Carried, who: bytes) -> None:
    """Something is written down about somebody, and about others beside."""
    for each in (who, *town.rng.sample(RESIDENTS, town.rng.randrange(3))):
        (visits if town.rng.random() < 0.6 else edits)(town, held, each)


def sends(town: Town, held: Carried, raw: bytes | None = None) -> Deed:
    request = raw or held.asks()
    site = town.any_site()

    async def go() -> Answered:
        return Answered(held, request, (await exchange(site, request)).answer)

    return f"exchange {held.name}", go


def act(town: Town, name: str, deed: Callable[[Site], Awaitable[Any]]) -> Deed:
    return name, partial(deed, town.any_site())


def switches(town: Town, who: bytes, panel: bytes, *, later: int = 0) -> Deed:
    day = civil_day(town.clock()) + timedelta(days=later) if later else None
    case = SpecialCase("other", has_evidence=True, state=CaseState.ALLOWED)
    ask = move.Ask(
        resident=who, panel=panel, ground="move", by=QIN, at_new_desk=True, from_day=day,
        special_case=case,
    )  # fmt: skip
    return act(town, f"switch {NAMES[who]}", partial(move.switch, ask=ask))


def elsewhere(town: Town, held: Carried) -> bytes:
    return town.rng.choice([each for each in PANELS if each not in held.panels] or PANELS)


def decides(town: Town, who: bytes) -> Deed:
    cell, values = town.rng.choice(CELLS)
    chosen = {cell: town.rng.choice(values)}
    return act(
        town, "decision",
        lambda site: decisions.decide_cells(site, who, chosen, staff=SU, author="staff"),
    )  # fmt: skip


def corrects(town: Town, who: bytes) -> Deed:
    cell, values = town.rng.choice(CELLS[:4])
    chosen = {cell: town.rng.choice(values)}

    async def ask(site: Site) -> bytes:
        acting = Acting(who, who)
        wish = corrections.Wish(corrections.fresh_id(site), chosen, "2", "")
        return await corrections.ask(site, acting, own_gate(site, acting), wish)

    return act(town, "correction", ask)


def chore(town: Town) -> Deed:
    """What the jobs do beside everything."""
    name, deed = town.rng.choice(
        (
            ("begin_due", move.begin_due), ("end_due", consent.end_due),
            ("release_waiting", release.release_waiting), ("expire_holds", release.expire_holds),
            ("account_copies", upkeep.account_copies), ("after work", afterwork.catch_up),
            ("checkpoint", upkeep.checkpoint), ("prune", upkeep.prune_envelopes),
            ("number", lambda site: site.store.write(lambda tx: number_leaves(tx, DISTRICT))),
        )
    )  # fmt: skip
    return act(town, name, deed)


def another(town: Town) -> Deed | None:
    """Somebody else who happens to be there."""
    chance = town.rng.random()
    held = town.some()
    who = town.rng.choice(RESIDENTS)
    if chance < 0.5 and held is not None:
        if town.rng.random() < 0.5:
            works(town, held, who)
        return sends(town, held)
    if chance < 0.7:
        return decides(town, who) if chance < 0.6 else switches(town, who, town.rng.choice(PANELS))
    return chore(town)


async def quietly(deed: Deed) -> Any:
    """Before the play, by itself; what a rule says no to does not happen."""
    try:
        return await deed[1]()
    except Refusal:
        return None
