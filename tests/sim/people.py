"""Steps of residents in the portal, of staff at their desks, and of the county over both."""

from typing import Any

from msgspec import Raw, structs

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives import desk, opening
from server.actions.archives.opening import Given
from server.actions.places import cases
from server.actions.queues import corrections as answering
from server.actions.queues.corrections import Answer
from server.actions.residents import consents, correction_steps, corrections, facility_choice
from server.actions.residents.acting import Acting
from server.actions.residents.correction_gate import own_gate
from server.errors import Refusal
from server.rules.accounts import StaffRole
from server.rules.consent import Manner, Purpose
from server.rules.corrections import Way
from server.store.ids import new_id
from sync import wire
from sync.limits import DAY_MS
from sync.merge import EMPTY
from tests.cast_forms import good_bytes
from tests.sim.lives import COUNTY
from tests.sim.office import LABEL, PANELS
from tests.sim.saving import CELLS, RESIDENTS
from tests.sim.world import Sim
from tests.world import FACILITY_OF, HE, LIUWAN, NAMES, QINGHE, SU, TEAM_A, TEAM_B

DOCTORS = tuple(
    Signed(
        staff, name, StaffRole.DOCTOR, facility, place, "facility", frozenset({panel}), True,
        bytes(16), "",
    )
    for staff, name, facility, place, panel in (
        (SU, "苏清明", QINGHE, "青禾镇卫生院", TEAM_A),
        (HE, "何小满", LIUWAN, "柳湾社区中心", TEAM_B),
    )
)  # fmt: skip
SAID_CELLS = ("phone", "address_text", "drug_allergy/2", "drug_allergy/3", "blood_abo")
WHY = Given(Purpose.SERVICE, "本人来窗口")


async def corrects(sim: Sim) -> None:
    """A resident puts a value right, at once or beside what staff wrote."""
    who = sim.rng.choice(RESIDENTS)
    cell = sim.rng.choice(SAID_CELLS)
    value = sim.rng.choice(dict(CELLS[:8])[cell])
    acting = Acting(who, who)
    wish = corrections.Wish(new_id(sim.clock()), {cell: value}, "2", "以前记错了")
    try:
        made = await corrections.ask(sim.site, acting, own_gate(sim.site, acting), wish)
    except Refusal as no:
        sim.say(f"{NAMES[who]} does not correct {cell}: {no.detail}")
        return
    sim.corrections.append((who, made))
    sim.say(f"{NAMES[who]} corrects {cell} to {value} -> {made[-4:].hex()}")


async def goes_on_with_it(sim: Sim) -> None:
    """Staff answer a correction; or the resident takes it back, or takes it to the county."""
    if not sim.corrections:
        return
    who, name = sim.rng.choice(sim.corrections)
    acting, what = Acting(who, who), sim.rng.choice(("answered", "answered", "back", "appealed"))
    gate = own_gate(sim.site, acting)
    try:
        if what == "back":
            await correction_steps.withdraw(sim.site, acting, gate, name, "不改了")
        elif what == "appealed":
            await correction_steps.appeal(sim.site, acting, gate, name, "不服")
        else:
            await _answered(sim, name)
    except Refusal as no:
        sim.say(f"{name[-4:].hex()} is not {what}: {no.detail}")
    else:
        sim.say(f"{name[-4:].hex()} is {what}")


async def _answered(sim: Sim, name: bytes) -> None:
    doctor, accepted = sim.rng.choice(DOCTORS), sim.rng.random() < 0.6
    case = await answering.open_case(sim.site, doctor, name, "处理更正", kind="correction")
    verdicts = {each.cell: accepted for each in case.cells}
    text = "" if accepted else "查过原件"
    said = Answer(Way.ANSWER, verdicts, text, "2" if text else "", case.heads, "处理更正")
    await answering.answer(sim.site, doctor, name, said)


async def agrees(sim: Sim) -> None:
    """Consent as the portal gives it: to a team or the whole facility, to see or to keep."""
    who, panel = sim.rng.choice(RESIDENTS), sim.rng.choice(PANELS)
    wish = consents.Wish(
        FACILITY_OF[panel], panel if sim.rng.random() < 0.8 else None,
        sim.rng.choice(("service", "service", "research")), sim.rng.choice(("A", "A", "AB")),
        sim.rng.choice(tuple(Manner)), sim.clock() + sim.rng.choice((1, 40, 300)) * DAY_MS,
        new_id(sim.clock()),
    )  # fmt: skip
    try:
        given = await consents.give(sim.site, Acting(who, who), wish)
    except Refusal as no:
        sim.say(f"{NAMES[who]} does not agree: {no.detail}")
        return
    sim.consents.append(given)
    sim.say(f"{NAMES[who]} agrees to {LABEL[panel]}: {wish.purpose} {wish.classes} {wish.manner}")


async def chooses(sim: Sim) -> None:
    """Another team, by the resident alone; or the last choice taken back."""
    who, panel = sim.rng.choice(RESIDENTS), sim.rng.choice(PANELS)
    acting, ground = Acting(who, who), sim.rng.choice(sim.site.rules.grounds).code
    rows = await sim.rows("SELECT switch FROM switch WHERE resident=? ORDER BY switch", who)
    try:
        if rows and sim.rng.random() < 0.4:
            done: object = await facility_choice.undo(sim.site, acting, rows[-1][0])
        else:
            wish = facility_choice.Wish(panel, ground, None, new_id(sim.clock()))
            done = type(await facility_choice.choose(sim.site, acting, wish)).__name__
    except Refusal as no:
        done = no.detail
    sim.say(f"{NAMES[who]} chooses {LABEL[panel]} or takes it back: {done}")


async def special_case(sim: Sim) -> None:
    """A resident who moved too lately asks the county, which allows it or does not."""
    who, panel = sim.rng.choice(RESIDENTS), sim.rng.choice(PANELS)
    code = sim.site.rules.special_cases[0].code
    claim = cases.Claim(resident=who, panel=panel, code=code, evidence="证明")
    waiting = await sim.rows("SELECT special_case FROM special_case ORDER BY special_case")
    try:
        if waiting and sim.rng.random() < 0.5:
            allow = sim.rng.random() < 0.6
            name = sim.rng.choice(waiting)[0]
            await cases.decide(sim.site, COUNTY, name, allow=allow, text="县里看过")
            sim.say(f"the county decides a case: {allow}")
        else:
            await facility_choice.ask_case(sim.site, Acting(who, who), claim)
            sim.say(f"{NAMES[who]} puts a case before the county")
    except Refusal as no:
        sim.say(f"no case of {NAMES[who]}: {no.detail}")


async def writes_at_a_desk(sim: Sim) -> None:
    """A form or an edit in the console, through the same merge."""
    who, doctor = sim.rng.choice(RESIDENTS), sim.rng.choice(DOCTORS)
    try:
        file = await opening.open_for(sim.site, doctor, who, WHY)
        if not isinstance(file, Opened):
            return
        made = _form(sim, file) if sim.rng.random() < 0.4 else _edit(sim, file)
        saved = await desk.save(sim.site, doctor, file, made)
    except Refusal as no:
        sim.say(f"{doctor.name} does not write on {NAMES[who]}: {no.detail}")
        return
    sim.say(f"{doctor.name} writes on {NAMES[who]}: {saved.state} -> {saved.change[-4:].hex()}")


def _blank(sim: Sim, file: Opened, kind: str) -> wire.Change:
    now = sim.clock()
    return wire.Change(
        id=new_id(now), resident=file.resident, kind=kind, v=1, on="2026-11-20", at=now
    )


def _form(sim: Sim, file: Opened) -> wire.Change:
    body = good_bytes("htn_followup", next_date="2027-02-18", sbp=sim.rng.choice((118, 150)))
    return structs.replace(_blank(sim, file, "htn_followup"), body=Raw(body))


def _edit(sim: Sim, file: Opened) -> wire.Change:
    cell, values = sim.rng.choice(CELLS[:8])
    seen = tuple(head.change for head in file.cells.get(cell, EMPTY).heads)
    edit: Any = wire.Edit(value=sim.rng.choice(values), saw=seen)
    return structs.replace(_blank(sim, file, "basic_info"), set={cell: edit})
