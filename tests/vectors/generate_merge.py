"""The vectors of merge and digests, from the server's own code: `python -m
tests.vectors.generate_merge` writes them again, the same.

merge.json: histories of edits of one cell, in some order of arrival; after each the cell, and what
is shown of it and claimed under each policy. Ids are hex, values are JSON. digest.json: leaves,
sums, roots and buckets (sync/PROTOCOL.md, 8.5). registers.json: registers whole and in short (8.1).
"""

import random
from pathlib import Path
from typing import Any, Final

from server.records.safer import Safer, highest, known_only_if_agreed, prefer
from sync import digest
from sync.merge import EMPTY, Cell, Head, Shown, choose, claims, encode_cells, put
from sync.policy import Policy
from sync.short_cells import shorten
from tests.vectors.by_hand import fixed
from tests.vectors.generate_crypto import text_of

FOLDER: Final = Path(__file__).parent
SAFER: Final[tuple[Safer | None, ...]] = (
    None, highest, known_only_if_agreed("5"), prefer("3", "1", "2"),
)  # fmt: skip
AUTHORS: Final = ("staff", "staff", "resident", "resident", "import", "registrar")
CODES: Final = ("1", "2", "3", "5", "10", "")
PRESENCE: Final = (
    True,
    False,
    None,
    {"on": "2026-03", "note": "皮疹"},
    {"note": "皮疹", "on": "2026-03"},
)
LINES: Final = ("渝北区龙溪街道", "渝北区 龙溪街道", None, 0, "0", 7)
POLICIES: Final = tuple(policy for policy in Policy if policy is not Policy.EVENT)


def _id(number: int) -> bytes:
    return number.to_bytes(16)


def _edits(chance: random.Random, values: tuple[Any, ...]) -> list[tuple[Head, list[bytes], bool]]:
    """Some people's edits of one cell, each of which saw some of those made before it."""
    made: list[tuple[Head, list[bytes], bool]] = []
    for number in chance.sample(range(1, 250), chance.randint(1, 6)):
        author = chance.choice(AUTHORS)
        head = Head(_id(number), chance.choice(values), author, _id(chance.randint(0, 2)), number)
        claim = author == "resident" and chance.random() < 0.7
        before = [each.change for each, _, _ in made if not claim or each.author == "resident"]
        saw = chance.sample(before, chance.randint(0, len(before)))
        made.append((head, sorted([*saw, head.change] if chance.random() < 0.1 else saw), claim))
    if chance.random() < 0.5:
        chance.shuffle(made)
    if chance.random() < 0.3:
        made.append(chance.choice(made))
    return made


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "heads": [each.change.hex() for each in cell.heads],
        "seen": [each.hex() for each in cell.seen],
        "claimed": [each.hex() for each in cell.claimed],
    }


def _shown(shown: Shown) -> dict[str, Any]:
    return {
        "value": shown.value,
        "head": shown.head and shown.head.change.hex(),
        "others": [each.change.hex() for each in shown.others],
        "conflict": shown.conflict,
    }


def _history(chance: random.Random, values: tuple[Any, ...]) -> dict[str, Any]:
    cell, steps = EMPTY, list[dict[str, Any]]()
    for head, saw, claim in _edits(chance, values):
        cell = put(cell, head, saw, claim=claim)
        made: dict[str, Any] = {
            "change": head.change.hex(), "value": head.value, "author": head.author,
            "staff": head.staff.hex(), "at": head.at, "saw": [each.hex() for each in saw],
            "claim": claim, "cell": _cell(cell),
        }  # fmt: skip
        steps.append(made)
    looks: list[dict[str, Any]] = []
    for policy in POLICIES:
        for safer in SAFER if policy is Policy.CLINICAL and values is CODES else (None,):
            look = _shown(choose(cell, policy, safer))
            claimed = [each.change.hex() for each in claims(cell, policy)]
            looks.append(
                {"policy": policy.value, "safer": safer and safer.told(), **look, "claims": claimed}
            )  # fmt: skip
    return {"edits": steps, "looks": looks}


def merge_document() -> dict[str, Any]:
    chance = random.Random(20261122)
    histories = [_history(chance, values) for _ in range(20) for values in (CODES, PRESENCE, LINES)]
    return {"histories": histories}


def digest_document() -> dict[str, Any]:
    residents: list[dict[str, Any]] = []
    for number in range(12):
        resident = fixed(f"resident {number}")[:16]
        entities: list[dict[str, Any]] = []
        total = digest.ZERO
        for place in range(number % 4):
            entity = resident if place == 0 else fixed(f"change {number} {place}")[:16]
            cls, rev = "AB"[place % 2], (place + 1) * 2**32 + number
            leaf = digest.leaf(entity, cls, rev)
            total = digest.add(total, leaf)
            entities.append(
                {"entity": entity.hex(), "cls": cls, "rev": rev, "leaf": leaf.to_bytes(16).hex()}
            )  # fmt: skip
        residents.append(
            {
                "resident": resident.hex(), "entities": entities, "sum": total.hex(),
                "bucket": digest.bucket(resident),
            }
        )  # fmt: skip
    sums = [(bytes.fromhex(each["resident"]), bytes.fromhex(each["sum"])) for each in residents]
    return {
        "residents": residents,
        "root": digest.sum_of(total for _, total in sums).hex(),
        "buckets": [each.hex() for each in digest.buckets(sums)],
    }


def register_document() -> dict[str, Any]:
    chance = random.Random(20261123)
    return {"registers": [_register(chance, count) for count in (0, 1, 2, 5, 12, 12, 12, 12)]}


def _register(chance: random.Random, count: int) -> dict[str, Any]:
    """So many cells, some as one act left them and some that people have edited since."""
    act = Head(_id(250), None, "import", bytes(16), 1_795_132_800_000)
    cells: dict[str, Cell] = {}
    for number in range(count):
        values = chance.choice((CODES, PRESENCE, LINES))
        value = chance.choice(values)
        cell = Cell((Head(act.change, value, act.author, act.staff, act.at),))
        for head, saw, claim in _edits(chance, values) if chance.random() < 0.4 else ():
            cell = put(cell, head, [*saw, *([act.change] * (not claim))], claim=claim)
        cells[f"cell/{number}" if number % 3 else f"单元{number}"] = cell
    whole = encode_cells(cells)
    return {"whole": whole.decode(), "short": shorten(whole).decode()}


def documents() -> dict[str, dict[str, Any]]:
    return {
        "merge.json": merge_document(),
        "digest.json": digest_document(),
        "registers.json": register_document(),
    }


if __name__ == "__main__":
    for name, document in documents().items():
        (FOLDER / name).write_text(text_of(document), encoding="utf-8")
