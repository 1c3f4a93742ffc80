"""Steps in the life of archives: deaths, moves away, two that become one, and all of it undone."""

from server.actions.accounts.sessions import Signed
from server.actions.archives import life
from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import StaffRole
from server.rules.life import Asked, Life
from tests.sim.saving import RESIDENTS
from tests.sim.world import Sim
from tests.world import NAMES, QINGHE, SU

COUNTY = Signed(
    SU, "苏木", StaffRole.COUNTY, QINGHE, "青禾镇卫生院", "facility", frozenset(), False,
    bytes(16), "",
)  # fmt: skip
FIELDS = ("phone", "blood_abo", "management_class", "address_text", "name")


async def step(sim: Sim) -> None:
    """Somebody died, moved away, or is back."""
    who = sim.rng.choice(RESIDENTS)
    after = sim.rng.choice((Life.DEAD, Life.MOVED_OUT, Life.USUAL))
    desk = Signed(
        SU, "苏木", StaffRole.DESK, QINGHE, "青禾镇卫生院", "facility", frozenset(), False,
        bytes(16), "",
    )  # fmt: skip
    asked = Asked(after, civil_day(sim.clock()), "证明")
    try:
        answer = await life.step(sim.site, desk, who, asked)
    except NotYours:
        return
    sim.say(f"{NAMES[who]} {after.value}: {answer if isinstance(answer, str) else 'taken'}")


async def step_back(sim: Sim) -> None:
    who = sim.rng.choice(RESIDENTS)
    try:
        state = await life.undo(sim.site, COUNTY, who)
    except RuleSaysNo as no:
        sim.say(f"the step of {NAMES[who]} stays: {no.detail}")
    else:
        sim.say(f"{NAMES[who]} is {state.value} again")


async def unite(sim: Sim) -> None:
    """Two archives become one; the wrong two, mostly, which is what undoing is for."""
    kept, gone = sim.rng.sample(RESIDENTS, 2)
    take = frozenset(sim.rng.sample(FIELDS, sim.rng.randrange(3)))
    before = set(sim.united)
    sim.united |= {kept, gone}  # also when the server dies after the commit
    try:
        made = await merge(sim.site, COUNTY, Wish(kept, gone, take))
    except RuleSaysNo as no:
        sim.united = before
        sim.say(f"{NAMES[gone]} does not become {NAMES[kept]}: {no.detail}")
        return
    sim.merges.append(made)
    sim.say(f"{NAMES[gone]} becomes {NAMES[kept]}, taking {sorted(take)}")


async def part(sim: Sim) -> None:
    if not sim.merges:
        return
    made = sim.merges.pop(sim.rng.randrange(len(sim.merges)))
    try:
        kept, gone = await unmerge(sim.site, COUNTY, made)
    except (
        RuleSaysNo,
        NotYours,
    ) as no:  # not the newest of a chain, or restored away
        sim.say(f"a merge stays: {no}")
        return
    sim.say(f"{NAMES[gone]} is not {NAMES[kept]} after all")
