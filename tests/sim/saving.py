"""Steps of people: forms filled in, edited, taken back, on tablets that know what they know."""

from datetime import date, timedelta
from typing import Any

from msgspec import structs

from server.actions.tablets.intake import civil_day
from sync.wire import Attach, Edit, Ground
from tests.cast_forms import good
from tests.sim.faults import befalls
from tests.sim.tablets import NEWEST, Carried
from tests.sim.world import Sim
from tests.world import NAMES

RESIDENTS = tuple(NAMES)
CELLS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("blood_abo", ("1", "2", "3", "4")),
    ("blood_rh", ("1", "2")),
    ("management_class", ("1", "2", "3")),
    ("phone", ("19900002001", "19900002002", "19900002003")),
    ("address_text", ("柳荫路 1 号", "柳荫路 2 号")),
    ("drug_allergy/2", (True, False, None)),
    ("drug_allergy/3", (True, None)),
    ("remarks", ("好", "很好")),
    ("archive_status", ("1", "2")),
    ("hx_disease_restricted/8", ({"since": "2020-01"}, True, None)),
    ("name", ("周谷雨", "周谷")),
    ("phone", ("x",)),
)
"""A cell and values it may get: every policy, one value that no form takes."""

UNKNOWN: tuple[tuple[str, tuple[Any, ...]], ...] = (("sign_of_later", ("a", "b")),)
"""Cells that only the newest app knows."""


def _who(sim: Sim, held: Carried) -> tuple[bytes, Ground | None]:
    """Mostly somebody of the tablet's panels; now and then a stranger, with or without a ground."""
    own = [who for who in RESIDENTS if any(
        held.tablet.archive.belongs(panel, who) for panel in held.keys.panels
    )]  # fmt: skip
    chance = sim.rng.random()
    if own and chance < 0.85:
        return sim.rng.choice(own), None
    if chance < 0.99:
        ground = sim.rng.choice((None, "card", "emergency"))
        return sim.rng.choice(RESIDENTS), Ground(kind=ground) if ground else None
    return sim.new_id(sim.clock()), None


def _day(sim: Sim) -> str:
    today = civil_day(sim.clock())
    return (today - timedelta(days=sim.rng.choice((0, 0, 0, 1, 3, 30, 200, -2)))).isoformat()


def _form(on: str, sbp: int) -> dict[str, Any]:
    due = date.fromisoformat(on) + timedelta(days=80)
    return good("htn_followup", next_date=due.isoformat(), sbp=sbp)


def note_saved(sim: Sim, held: Carried, change: bytes, who: bytes, what: str) -> None:
    disk = held.tablet.disk
    ((sealed,),) = disk.rows("SELECT body FROM own WHERE id=?", change)
    saved = sim.oracle.note(change, held.name, who, disk.unseal(change, sealed))
    seen = {cell: [other[-6:] for other in saw] for cell, (_, saw) in saved.cells.items()}
    sim.say(f"{held.name} {what} {NAMES.get(who, '?')} -> {change[-4:].hex()} {seen or ''}")


async def save_event(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    with befalls(sim, held):
        save_visit(sim, held)


def save_visit(sim: Sim, held: Carried, attach: tuple[Attach, ...] = ()) -> None:
    """A form; now and then of a version that only the newest app knows."""
    who, ground = _who(sim, held)
    on, sbp = _day(sim), sim.rng.choice((118, 138, 138, 150, 9999))
    version = 9 if held.schema == NEWEST and sim.rng.random() < 0.3 else 1
    change = held.tablet.save_event(
        who, "htn_followup", on, _form(on, sbp), ground=ground, version=version, attach=attach
    )
    said = f"visit {on} {sbp}" + " of form 9" * (version > 1) + " with a photo" * len(attach)
    note_saved(sim, held, change, who, said)


async def save_edit(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    who, _ = _who(sim, held)
    cells = (*CELLS, *UNKNOWN) if held.schema == NEWEST else CELLS
    chosen = dict(sim.rng.choice(cells) for _ in range(sim.rng.choice((1, 1, 1, 2, 3))))
    values = {cell: sim.rng.choice(options) for cell, options in chosen.items()}
    with befalls(sim, held):
        change = held.tablet.save_edit(who, values, _day(sim))
        note_saved(sim, held, change, who, f"edit {values}")


async def edit_blindly(sim: Sim) -> None:
    """An edit that names a value which has not reached the server, and perhaps never will."""
    held = sim.rng.choice(sim.usable())
    who, _ = _who(sim, held)
    others = sorted(
        change for change, saved in sim.oracle.saved.items()
        if saved.resident == who and "blood_abo" in saved.cells
    )  # fmt: skip
    base = sim.rng.choice(others) if others and sim.rng.random() < 0.7 else sim.new_id(sim.clock())
    blank = held.tablet.blank(who, "basic_info", _day(sim))
    edit = Edit(value=sim.rng.choice(("1", "2")), saw=(base,))
    with befalls(sim, held):
        change = held.tablet.save(structs.replace(blank, set={"blood_abo": edit}))
        note_saved(sim, held, change, who, "edit having seen an id")


async def amend(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    who, _ = _who(sim, held)
    mine = sorted(
        change for change, saved in sim.oracle.saved.items()
        if saved.resident == who and not saved.cells
    )  # fmt: skip
    base = sim.rng.choice(mine) if mine and sim.rng.random() < 0.9 else sim.new_id(sim.clock())
    on, amends = _day(sim), sim.rng.random() < 0.6
    with befalls(sim, held):
        if amends:
            form = _form(on, 144)
            change = held.tablet.save_event(who, "htn_followup", on, form, amends=base)
        else:
            change = held.tablet.void(who, "htn_followup", on, base, "录错")
        said = "amends" if amends else "voids"
        note_saved(sim, held, change, who, f"{said} {base[-4:].hex()}")


async def seal(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    with befalls(sim, held):
        made = held.tablet.seal(most=sim.rng.choice((1, 2, 200)))
        sim.say(f"{held.name} seals {made}")


async def look(sim: Sim) -> None:
    held = sim.rng.choice(sim.usable())
    with befalls(sim, held):
        held.tablet.note_reading(sim.rng.choice(RESIDENTS), "service")


async def app_changes(sim: Sim) -> None:
    """Another app is put on a tablet, older or newer; what it has saved is there after it."""
    held = sim.rng.choice(sim.usable())
    held.install(sim.rng.choice((1, 2, 3, 4, NEWEST, NEWEST)))
    sim.find_saved(held)
    sim.say(f"{held.name} has an app of schema {held.schema}")
