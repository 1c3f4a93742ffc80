"""A checkup day in a seed: steps noted offline on any tablet, doubled scans, guests.

At rest each person's state is held against the sum of all steps that arrived, added up here plainly
and in no order: it shares no code with sync/hall.py.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw, structs

from server.actions.checkup.people import PersonOnDay
from sync import wire
from sync.hall import ACTED, CHECK_IN, CHECK_OUT, DONE, NOT_DONE, PART, SHEET, TAKEN_BACK
from tests.halls import STATIONS, TODAY, a_day, seen
from tests.lists import number
from tests.sim.checks import Facts, Row, must, short
from tests.sim.faults import befalls
from tests.sim.saving import RESIDENTS, note_saved
from tests.sim.tablets import Carried
from tests.sim.world import Sim
from tests.world import FACILITY_OF, NAMES, QINGHE, World, id_number

STEPS = (CHECK_IN, PART, SHEET, ACTED, CHECK_OUT)
LOW, HIGH = 128, 204  # a systolic pressure, and one that somebody must act on
NOTED = ("applied", "applied_guest")


def _world(sim: Sim) -> World:
    return World(sim.site, sim.store, sim.clock, sim.kek_file, sim.folder, sim.url)


async def opens(sim: Sim) -> None:
    """The first thing of such a seed: it is in every backup."""
    invited = tuple(who for who in RESIDENTS if sim.rng.random() < 0.6)
    sim.day = await a_day(_world(sim), invited)
    sim.say(f"a checkup day, invited {'、'.join(NAMES[who] for who in invited)}")


async def hall_step(sim: Sim) -> None:
    """A few things happen to one person, on one tablet that may hear of it much later."""
    held = _in_hall(sim)
    if held is None or sim.day is None:
        return
    who, card = _who(sim)
    for n in range(sim.rng.choice((1, 2, 3, 5))):
        kind = sim.rng.choice((CHECK_IN, PART, PART, PART, SHEET, ACTED, CHECK_OUT))
        kind = CHECK_IN if card and n == 0 else kind  # a guest shows the card first
        body = _body(sim, who, kind)
        if body is None:
            continue
        if kind == CHECK_IN and card:
            body |= {"how": "6", "sex": "2", "birth_date": "1950-01-01", "agreed": "1", **card}
        twice = kind == CHECK_IN and sim.rng.random() < 0.2
        for _ in range(2 if twice else 1):
            _save(sim, held, who, kind, body)


def _in_hall(sim: Sim) -> Carried | None:
    """A tablet of the facility; now and then one of another, which has no business there."""
    here = [each for each in sim.usable() if FACILITY_OF[each.keys.panels[0]] == QINGHE]
    return sim.rng.choice(here if here and sim.rng.random() < 0.95 else sim.usable())


def _who(sim: Sim) -> tuple[bytes, dict[str, str]]:
    """Somebody of the county; or a guest, who may be of the county, or come once more."""
    if sim.rng.random() < 0.7:
        return sim.rng.choice(RESIDENTS), {}
    if sim.guests and sim.rng.random() < 0.6:
        return sim.rng.choice(sorted(sim.guests.items()))
    guest = sim.new_id(sim.clock())
    if sim.rng.random() < 0.5:
        owner = sim.rng.choice(RESIDENTS)
        card = {"number": id_number(owner), "name": NAMES[owner]}
    else:
        card = {"number": number("1950-01-01", sim.rng.randrange(1, 900)), "name": "田小暑"}
    sim.guests[guest] = card
    return guest, card


def _body(sim: Sim, who: bytes, kind: str) -> dict[str, Any] | None:
    rng, body = sim.rng, dict[str, Any]()
    if kind == CHECK_IN:
        body = {"how": rng.choice("12345"), "ticket": f"B{rng.randint(1, 999):03d}"}
    elif kind == PART:
        mark = rng.choice((DONE, DONE, DONE, NOT_DONE, TAKEN_BACK))
        body = {"station": rng.choice(STATIONS), "mark": mark}
        if rng.random() < 0.5:
            values = {"bp_l_sys": rng.choice((LOW, HIGH))}
            text = json.dumps(values, separators=(",", ":"))
            body |= {"form": "health_check", "v": 1, "values": text}
    elif kind == SHEET:
        body = {"labels": [{"tube": "serum", "number": f"{rng.randrange(10**12):012d}"}]}
    elif kind == ACTED:
        parts = sorted(
            change for change, saved in sim.oracle.saved.items()
            if saved.resident == who and saved.raw["kind"] == PART
        )  # fmt: skip
        if not parts:
            return None
        body = {"part": rng.choice(parts).hex(), "field": "bp_l_sys", "did": rng.choice("123")}
    return body


def _save(sim: Sim, held: Carried, who: bytes, kind: str, body: dict[str, Any]) -> None:
    assert sim.day is not None
    raw = Raw(wire.encode({"day": sim.day.hex(), **body}))
    with befalls(sim, held):
        change = held.tablet.save(structs.replace(held.tablet.blank(who, kind, TODAY), body=raw))
        note_saved(sim, held, change, who, f"{kind} {body.get('station', '')}")


@dataclass(slots=True)
class Tally:
    """What happened to one person, whoever noted it and whenever it came."""

    steps: list[tuple[bytes, dict[str, Any]]] = field(
        default_factory=list[tuple[bytes, dict[str, Any]]]
    )

    def of(self, kind: str) -> list[tuple[bytes, dict[str, Any]]]:
        return sorted((name, body) for name, body in self.steps if body["kind"] == kind)

    def marks(self) -> dict[str, tuple[bytes, str]]:
        return {body["station"]: (name, body["mark"]) for name, body in self.of(PART)}

    def alarms(self) -> set[bytes]:
        """Parts with a critical value that nobody has acted on."""
        found = {name for name, body in self.of(PART) if f":{HIGH}" in body.get("values", "")}
        return found - {bytes.fromhex(body["part"]) for _, body in self.of(ACTED)}

    def phase(self, route: tuple[str, ...]) -> str:
        marks = self.marks()
        settled = {name for name, (_, mark) in marks.items() if mark != TAKEN_BACK}
        ins, outs = self.of(CHECK_IN), self.of(CHECK_OUT)
        if not ins and not settled:
            return "expected"
        if route and settled >= set(route):
            return "finished"
        last = max([name for name, _ in ins] + [name for name, _ in marks.values()])
        if outs and outs[-1][0] > last:
            return "left"
        return "under_way" if settled else "registered"


async def check(sim: Sim, facts: Facts) -> None:
    """Every step that counts is noted once, and everybody stands where their steps say."""
    if sim.day is None:
        return
    steps = {row.id: row for row in facts.changes.values() if _is_step(row)}
    noted = {row[0]: row[1] for row in await sim.rows("SELECT change, who FROM checkup_step")}
    for change, row in steps.items():
        counts = row.state in NOTED or (row.state, row.reason) == ("held", "guest")
        if row.reason not in ("declined", "no_such_day"):
            must(
                counts == (change in noted),
                f"step {short(change)} is {row.state} ({row.reason}), noted: {change in noted}",
            )
    must(noted.keys() <= steps.keys(), "a step is noted that never came")
    tallies: dict[bytes, Tally] = {}
    shown = {
        row.resident for name, row in steps.items()
        if name in noted and json.loads(row.raw)["body"].get("number")
    }  # fmt: skip
    renamed = {row.resident for row in facts.changes.values() if _renames(row)}
    for change, who in noted.items():
        said = json.loads(steps[change].raw)
        _owned(sim, steps[change], who, shown, renamed | sim.united)
        tallies.setdefault(who, Tally()).steps.append((change, said["body"] | _kind(said)))
    people = await seen(_world(sim), sim.day)
    must(tallies.keys() <= people.keys(), "somebody was in the hall and is not on the day")
    for who, person in people.items():
        _stands(who, person, tallies.get(who, Tally()))
    phases = [tallies.get(who, Tally()).phase(each.row.route) for who, each in people.items()]
    came = sum(each != "expected" for each in phases)
    counted = await sim.rows(
        "SELECT COUNT(arrived_at), COUNT(done_at), COUNT(left_at) FROM checkup_person WHERE day=?",
        sim.day,
    )
    must(
        counted == [(came, phases.count("finished"), phases.count("left"))],
        f"the day counts {counted}, and {phases} were there",
    )


def _is_step(row: Row) -> bool:
    return json.loads(row.raw).get("kind") in STEPS


def _renames(row: Row) -> bool:
    """A card with another name is nobody's until a person looks at it."""
    said = json.loads(row.raw).get("set", {}).get("name")
    return said is not None and said["value"] != NAMES.get(row.resident)


def _kind(said: dict[str, Any]) -> dict[str, str]:
    return {"kind": said["kind"]}


def _owned(sim: Sim, row: Row, who: bytes, shown: set[bytes], doubtful: set[bytes]) -> None:
    """By whom it was signed for; a guest may be known by the card. Merges are told elsewhere."""
    signed = sim.oracle.saved[row.id].resident if row.id in sim.oracle.saved else row.resident
    card = sim.guests.get(signed)
    owners = {signed} | {each for each in NAMES if card and id_number(each) == card["number"]}
    must(who in owners or owners & sim.united, f"step {short(row.id)} counts for another")
    known = card is not None and len(owners) > 1 and signed in shown
    must(
        not known or who != signed or owners & doubtful,
        f"{card and card['name']} has shown a card and is a guest still",
    )


def _stands(who: bytes, person: PersonOnDay, tally: Tally) -> None:
    name, state = NAMES.get(who, "a guest"), person.state
    ins, sheets, outs = tally.of(CHECK_IN), tally.of(SHEET), tally.of(CHECK_OUT)
    told = person.progress
    wanted = {
        "check-ins": [each for each, _ in ins][:20],
        "stations": tally.marks(),
        "sheet": sheets[-1][0] if sheets else None,
        "leaving": outs[-1][0] if outs else None,
        "alarms": tally.alarms(),
        "phase": tally.phase(person.row.route),
        "ticket": next((body["ticket"] for _, body in ins if body.get("ticket")), ""),
        "doubled": max(0, min(len(ins), 20) - 1),
    }
    found = {
        "check-ins": [each.id for each in state.ins],
        "stations": {station: (mark.id, mark.mark) for station, mark in state.st.items()},
        "sheet": state.sheet.id if state.sheet else None,
        "leaving": state.out.id if state.out else None,
        "alarms": {each.part for each in told.open},
        "phase": told.phase.value,
        "ticket": told.ticket,
        "doubled": told.doubled,
    }
    for what, value in wanted.items():
        must(value == found[what], f"{what} of {name} should be {value} and are {found[what]}")
