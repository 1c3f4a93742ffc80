"""A hall in full swing: one checkup day, its tablets, and what they have noted up to a moment,
drawn from a seed and taken as batches bring it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import msgspec

from server.actions.archives import cards
from server.actions.checkup.day_rows import PersonRow, add_persons, lock_day, save_day
from server.actions.checkup.hall import Noted
from server.actions.checkup.taking import take
from server.rules.checkup import stations
from server.store.tables import SPECS
from server.store.tx import Tx
from server.store.vault import T_CARD
from sync.hall import CHECK_IN, CHECK_OUT, DONE, PART
from sync.limits import LEASE_MS
from tests.world import DISTRICT, QINGHE, SU, TEAM_A, World, an_id

DAY: Final = an_id("青禾镇体检日")
ON: Final = "2026-11-20"
HALL: Final = ("basic", "blood", "urine", "ecg", "ultrasound", "tcm", "review")
MINUTE: Final = 60_000
GIVEN: Final = ("大雪", "小满", "惊蛰", "谷雨", "霜降", "白露", "立夏", "秋分", "冬至", "清明")
FAMILY: Final = "倪何林石孔苏谢秦周吴郑王"
_ZERO: Final[dict[str, Any]] = {"bytea": b"", "text": "", "boolean": False}


@dataclass(slots=True)
class Hall:
    """`steps`: everything that happens, by when it does."""

    day: bytes
    people: list[bytes]
    tablets: list[bytes]
    steps: list[Noted] = field(default_factory=list[Noted])

    def until(self, at: int) -> list[Noted]:
        return [each for each in self.steps if each.at <= at]


def row_of(table: str, **values: Any) -> tuple[Any, ...]:
    """A row with what is not named empty, zero or null."""
    spec = SPECS[table]
    unknown = set(values) - set(spec.columns)
    assert not unknown, unknown
    empty = {
        name: None if name in spec.nullable else _ZERO.get(spec.types[name], 0)
        for name in spec.columns
    }
    return tuple({**empty, **values, "district": DISTRICT}.values())


def ids(seed: str) -> Iterator[bytes]:
    dice = Random(seed)
    while True:
        yield dice.randbytes(10)


def change_id(at: int, tail: bytes) -> bytes:
    """As those of changes: they rise with time."""
    raw = bytearray(at.to_bytes(6) + tail)
    raw[6], raw[8] = 0x70 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    return bytes(raw)


async def prepared(
    world: World, *, people: int = 1_000, tablets: int = 20, state: str = "open", booked: int = 0,
    stations_: Sequence[str] = HALL,
) -> Hall:  # fmt: skip
    """The day with its people on the list and its tablets; nobody has come."""
    dice = Random("hall")
    tails = ids("people")
    whos = [change_id(world.clock() - 10**9, next(tails)) for _ in range(people)]
    devices = [an_id(f"平板 {n + 1:02d}") for n in range(tablets)]

    async def write(tx: Tx) -> None:
        key = await cards.key_of(tx, world.site)
        names = [dice.choice(FAMILY) + dice.choice(GIVEN) for _ in whos]
        faces: list[tuple[Any, ...]] = []
        for n, (who, name) in enumerate(zip(whos, names, strict=True)):
            face = cards.Face(name, "", "1", "1950-01-01", "", "", f"{n % 10_000:04d}", "")
            plain = msgspec.json.encode(face)
            sealed = key.seal(world.site.vault.at(T_CARD, who, who, 1), plain)
            faces.append((DISTRICT, who, QINGHE, TEAM_A, "usual", 1, world.clock(), sealed))
        await tx.insert("resident", [_archive(world, who) for who in whos])
        await tx.insert("resident_card", faces)
        await tx.insert("checkup_day", [_day(world, state, stations_)])
        day = await lock_day(tx, world.site, DAY)
        listed = max(booked, people)
        rows = [
            PersonRow(
                who, 0, "invited" if n < listed else "walk_in", "plan", ("elder",),
                tuple(stations_), None, "", None,
            )
            for n, who in enumerate(whos)
        ]  # fmt: skip
        await add_persons(tx, world.site, day, rows)
        await save_day(tx, world.site, day)
        now = world.clock()
        await tx.insert("device", [_device(each, n, now) for n, each in enumerate(devices)])
        await tx.insert(
            "checkup_tablet", [row_of("checkup_tablet", day=DAY, device=each) for each in devices]
        )

    await world.store.write(write)
    return Hall(DAY, whos, devices)


def _archive(world: World, who: bytes) -> tuple[Any, ...]:
    """Where it is and its key; nothing stands in it."""
    return row_of(
        "resident", resident=who, panel=TEAM_A, facility=QINGHE, status="usual", rev=1,
        key=world.site.vault.new_key(who)[1],
    )  # fmt: skip


def _day(world: World, state: str, offered: Sequence[str]) -> tuple[Any, ...]:
    return row_of(
        "checkup_day", day=DAY, facility=QINGHE, on_day=ON, place="青禾镇文化礼堂",
        opens_at="07:30", closes_at="11:30", lead=SU, state=state, version=1, csn=0, serial=7,
        stations=msgspec.json.encode(offered).decode(), key=bytes(32), made_by=SU,
        made_at=world.clock(),
    )  # fmt: skip


def _device(device: bytes, n: int, now: int) -> tuple[Any, ...]:
    return row_of(
        "device", device=device, facility=QINGHE, label=f"平板 {n + 1:02d}", status="enrolled",
        suite=1, chain_epoch=1, epoch_allowed=1, head_digest=bytes(32), first_contact=now,
        last_contact=now, lease_until=now + LEASE_MS,
    )  # fmt: skip


def walks(
    hall: Hall, *, begins: int, every_s: float = 60, doubled: int = 3, leavers: int = 5,
    slow: Sequence[str] = (), seed: str = "walks",
) -> None:  # fmt: skip
    """Everybody comes one after the other and goes from station to station. One tablet stands at
    each station and takes one person after another, so queues grow where it is slow.
    """
    dice, tails = Random(seed), ids(seed)
    route = [each for each in HALL if each in stations()]
    free = dict.fromkeys(route, 0)
    place = {name: hall.tablets[(n + 1) % len(hall.tablets)] for n, name in enumerate(route)}
    going = set(dice.sample(range(len(hall.people)), min(leavers, len(hall.people))))
    twice = set(dice.sample(range(len(hall.people)), min(doubled, len(hall.people))))

    def note(who: bytes, kind: str, at: int, device: bytes, **body: Any) -> None:
        body["day"] = hall.day.hex()
        change = change_id(at, next(tails))
        hall.steps.append(Noted(change, hall.day, who, kind, at, device, SU, body))

    for n, who in enumerate(hall.people):
        at = begins + int(n * every_s * 1000) + dice.randint(0, 20_000)
        note(who, CHECK_IN, at, hall.tablets[0], how="1", ticket=f"B{n + 1:03d}")
        if n in twice:
            other = hall.tablets[-1]
            note(who, CHECK_IN, at + 4_000, other, how="4", ticket=f"C{n + 1:03d}")
        stops = route[: dice.randint(1, len(route) - 1)] if n in going else route
        for name in stops:
            took = stations()[name].minutes * MINUTE // (1 if name in slow else 6)
            at = max(at, free[name]) + took + dice.randint(0, 20_000)
            free[name] = at
            note(who, PART, at, place[name], station=name, mark=DONE)
        if n in going:
            note(who, CHECK_OUT, at + 2 * MINUTE, hall.tablets[0])
    hall.steps.sort(key=lambda each: (each.at, each.change))


async def bring(world: World, steps: Sequence[Noted], *, batch: int = 200) -> None:
    """Taken as batches are; every tablet has just spoken."""
    for start in range(0, len(steps), batch):
        part = steps[start : start + batch]
        await world.store.write(lambda tx, part=part: take(tx, world.site, part))
    await heard(world, {each.device for each in steps})


async def heard(world: World, devices: set[bytes], at: int | None = None) -> None:
    now = world.clock() if at is None else at
    rows = [(DISTRICT, device, now) for device in sorted(devices)]
    await world.store.write(
        lambda tx: tx.update("device", ("district", "device"), ("last_contact",), rows)
    )
