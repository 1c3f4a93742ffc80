"""Steps of a checkup day as they might happen, drawn from a seed: for tests and vectors."""

import json
from random import Random
from typing import Any, Final

from server.rules import checkup
from sync.hall import (
    ACTED,
    CHECK_IN,
    CHECK_OUT,
    DONE,
    NOT_DONE,
    NOTHING,
    PART,
    SHEET,
    TAKEN_BACK,
    State,
    Step,
    join,
    of_step,
)

STATIONS: Final = ("basic", "blood", "ecg", "review")
DAY: Final = "0190a1b2c3d4708090a0b0c0d0e0f0dd"
NOON: Final = 1_795_492_800_000
CRITICAL: Final = checkup.critical({})


def drawn(seed: int, most: int = 14) -> list[Step]:
    """One person's steps, by several tablets whose clocks do not agree."""
    dice = Random(seed)
    steps: list[Step] = []
    for _ in range(dice.randint(1, most)):
        kind = dice.choice((CHECK_IN, PART, PART, PART, SHEET, ACTED, CHECK_OUT))
        steps.append(_step(dice, kind, steps))
    return steps


def _step(dice: Random, kind: str, before: list[Step]) -> Step:
    at = NOON + dice.randint(-3_600_000, 3_600_000)
    name = at.to_bytes(6) + dice.randbytes(10)
    device = bytes([dice.randint(0, 3)]) * 16
    body: dict[str, Any] = {"day": DAY}
    match kind:
        case "check_in":
            body |= {"how": dice.choice("12345"), "ticket": f"B{dice.randint(1, 40):03d}"}
        case "station_part":
            body |= {"station": dice.choice(STATIONS),
                     "mark": dice.choice((DONE, DONE, DONE, NOT_DONE, TAKEN_BACK))}  # fmt: skip
            if dice.random() < 0.5:
                values = {"bp_l_sys": dice.choice((128, 179, 180, 204)), "fpg": 561}
                body |= {"form": "health_check", "v": 1, "values": json.dumps(values)}
            if dice.random() < 0.1:
                body["urgent"] = ["block"]
        case "route_sheet":
            body["labels"] = [{"tube": "serum", "number": f"{dice.randint(0, 10**12 - 1):012d}"}]
        case "critical_acted":
            parts = [each for each in before if each.kind == PART]
            part = dice.choice(parts).id if parts else dice.randbytes(16)
            body |= {"part": part.hex(), "field": "bp_l_sys", "did": dice.choice("123")}
        case _:
            pass
    return Step(name, kind, at, device, bytes([9]) * 16, body)


def values_of(step: Step) -> dict[str, Any]:
    """What a part wrote."""
    found: dict[str, Any] = json.loads(step.body.get("values", "{}"))
    return found


def summed(steps: list[Step]) -> State:
    state = NOTHING
    for each in steps:
        state = join(state, of_step(each, values_of(each), CRITICAL))
    return state
