"""Writes hall.json: steps of checkup days, their sum and how far it says somebody has come.

The app on the tablet reads the same file. Run: python -m tests.vectors.generate_hall
"""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec

from server.rules import checkup
from sync.hall import Progress, progress
from tests.hall_steps import STATIONS, drawn, summed

FILE = Path(__file__).with_name("hall.json")


def made() -> dict[str, Any]:
    rules = [
        {"name": each.name, "form": each.form, "field": each.field, "when": each.when}
        for each in checkup.rules({})
    ]
    return {"critical": rules, "route": list(STATIONS), "cases": [_case(n) for n in range(80)]}


def _case(seed: int) -> dict[str, Any]:
    steps = drawn(seed)
    state = summed(steps)
    ticket = "A007" if seed % 3 == 0 else ""
    return {
        "steps": [
            {"id": b64(s.id), "kind": s.kind, "at": s.at, "device": b64(s.device),
             "staff": b64(s.staff), "body": s.body}
            for s in steps
        ],
        "ticket": ticket,
        "state": json.loads(msgspec.json.encode(state)),
        "progress": told(progress(state, STATIONS, ticket)),
    }  # fmt: skip


def told(seen: Progress) -> dict[str, Any]:
    return {
        "phase": seen.phase.value, "arrived_at": seen.arrived_at, "done_at": seen.done_at,
        "missing": list(seen.missing), "next": seen.next, "ticket": seen.ticket,
        "doubled": seen.doubled, "open": json.loads(msgspec.json.encode(seen.open)),
    }  # fmt: skip


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), ensure_ascii=False, indent=1) + "\n", "utf-8")
