"""Two tablets of a team edit the same archives unseen by each other: nothing may vanish."""

import random
from dataclasses import dataclass
from typing import Any, Final

from server.settings import now_ms
from sync import wire
from sync.merge import Cell, decode_cells
from tests.bench.exchanges import Ground, Wrong, catch_up, push, receipts
from tests.bench.figures import Report
from tests.bench.tablet import BenchTablet
from tests.bench.work import Size, id_of

_SAME: Final = "blood_abo"
_FIRST, _SECOND = ("2", "3")  # blood groups, neither the loaded one
_OTHER: Final = (("education", "6"), ("marital", "3"))  # what each of the two writers changes


@dataclass(frozen=True, slots=True)
class Pair:
    """One archive, two writers. `same`: both in one field."""

    resident: bytes
    team: int
    same: bool


async def run(ground: Ground, size: Size, report: Report) -> None:
    for tablet, link in ground.pairs:
        await catch_up(tablet, link)
    pairs = _pairs(ground, size)
    now = now_ms()
    edits = [_edits(ground, size, tablet, pairs, now) for tablet in ground.stage.tablets]
    up = sum(link.up for link in ground.links)
    # The even tablets first, then the odd ones: who comes second is told in its receipt.
    fates: dict[bytes, str] = {}
    cpu = 0.0
    for side in (0, 1):
        sealed = [
            [tablet.seal([raw for raw, _ in some], now)] if tablet.number % 2 == side else []
            for tablet, some in zip(ground.stage.tablets, edits, strict=True)
        ]
        reading, answers = await push(ground, sealed)
        cpu += reading.cpu_s + reading.database_s
        for tablet, some, back in zip(ground.stage.tablets, edits, answers, strict=True):
            for receipt in receipts(tablet, back):
                for state in receipt.states:
                    fates[some[state[0]][1]] = state[1]
    count = sum(map(len, edits))
    up = sum(link.up for link in ground.links) - up
    report.figure("bytes_up_per_edit", up / count, "bytes", batch=size.edits)
    report.figure("edit_cpu_s_per_1000", cpu * 1000 / count, "s")
    await _judge(ground, pairs, fates, report)


def _pairs(ground: Ground, size: Size) -> list[Pair]:
    """The pairs, spread over the teams; each in an archive of its own."""
    teams = size.tablets // 2
    found: list[Pair] = []
    for n in range(size.conflicts_same + size.conflicts_other):
        team = n % teams
        residents = ground.stage.tablets[2 * team].residents
        found.append(Pair(residents[n // teams], team, n < size.conflicts_same))
    return found


def _edits(
    ground: Ground, size: Size, tablet: BenchTablet, pairs: list[Pair], now: int
) -> list[tuple[bytes, bytes]]:
    """(change, its id) of one tablet: its side of the pairs, then ordinary edits."""
    rng = random.Random(f"edits/{tablet.number}")
    side = tablet.number % 2
    wanted: list[tuple[bytes, dict[str, Any]]] = []
    for pair in pairs:
        if pair.team == tablet.number // 2:
            cell, value = (_SAME, (_FIRST, _SECOND)[side]) if pair.same else _OTHER[side]
            wanted.append((pair.resident, {cell: value}))
    for resident in tablet.residents[-(size.edits - len(wanted)) :]:
        phone = f"1990{rng.randint(0, 9_999_999):07d}"
        home = f"张村镇前双岛村 {rng.randint(1, 300)} 号"
        wanted.append((resident, {"contact_phone": phone, "address_text": home}))
    made: list[tuple[bytes, bytes]] = []
    for n, (resident, cells) in enumerate(wanted):
        change = wire.Change(
            id=id_of(f"edit/{tablet.number}/{n}", now), resident=resident, kind="basic_info",
            v=1, on=ground.stage.today.isoformat(), at=now, mono=n,
            set={
                cell: wire.Edit(value=value, saw=tuple(tablet.seen[resident].get(cell, ())))
                for cell, value in cells.items()
            },
        )  # fmt: skip
        made.append((wire.encode(change), change.id))
    return made


async def _judge(
    ground: Ground, pairs: list[Pair], fates: dict[bytes, str], report: Report
) -> None:
    """What both tablets of each team see afterwards, against what each of them wrote."""
    views = [await _view(ground, n) for n in range(len(ground.stage.tablets))]
    told = kept = merged = lost = 0
    for place, pair in enumerate(pairs):
        mine, theirs = views[2 * pair.team], views[2 * pair.team + 1]
        if mine[pair.resident] != theirs[pair.resident]:
            raise Wrong("the two tablets of a team see different archives")
        values = _values(mine[pair.resident], pair)
        both = values == ({_FIRST, _SECOND} if pair.same else {each for _, each in _OTHER})
        fate = _second_fate(ground, pairs, place, fates)
        said = fate == "conflict"
        if pair.same:
            told += said
            kept += both
            lost += not (both and said)
        else:
            merged += both and not fate
            lost += not both
    report.figure("conflicts_lost_silently", lost, "pairs", of=len(pairs))
    report.figure("conflicts_told_to_writer", told, "pairs", of=sum(p.same for p in pairs))
    report.figure("conflicts_both_values_kept", kept, "pairs", of=sum(p.same for p in pairs))
    report.figure(
        "conflicts_merged_without_a_person", merged, "pairs", of=sum(not p.same for p in pairs)
    )


def _second_fate(ground: Ground, pairs: list[Pair], place: int, fates: dict[bytes, str]) -> str:
    """What the receipt of the later writer said of its side of a pair; empty: plainly applied."""
    team = pairs[place].team
    number = [each for each in pairs if each.team == team].index(pairs[place])
    tablet = ground.stage.tablets[2 * team + 1]
    return next(
        (state for change, state in fates.items() if change == _edit_id(tablet, number, change)),
        "",
    )


def _edit_id(tablet: BenchTablet, number: int, like: bytes) -> bytes:
    return id_of(f"edit/{tablet.number}/{number}", int.from_bytes(like[:6]))


def _values(cells: dict[str, Cell], pair: Pair) -> set[Any]:
    names = (_SAME,) if pair.same else tuple(cell for cell, _ in _OTHER)
    return {head.value for name in names for head in cells[name].heads}


async def _view(ground: Ground, number: int) -> dict[bytes, dict[str, Cell]]:
    """Archives that changed, as this tablet receives them."""
    tablet, link = ground.pairs[number]
    view: dict[bytes, dict[str, Cell]] = {}
    for page in await catch_up(tablet, link):
        for raw in page.rows:
            row = wire.row(raw)
            if isinstance(row, wire.ResidentPut):
                view.setdefault(row.id, {}).update(decode_cells(bytes(row.cells)))
    return view
