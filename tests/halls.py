"""A checkup day in a test, with tablets in the hall that note what happens."""

import json
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw

from server.actions.checkup import day_rows
from server.actions.checkup.people import PersonOnDay, people_of
from server.rules import checkup
from server.store.ids import new_id
from server.store.tx import Row, Tx
from sync import hall, wire
from tests.hand_tablet import HandTablet
from tests.world import NAMES, QINGHE, SU, TEAM_A, World, enrol_by_hand, id_number

TODAY = "2026-11-20"
STATIONS = ("basic", "blood", "ecg", "review")


async def a_day(
    world: World, invited: tuple[bytes, ...] = (), *, facility: bytes = QINGHE, lead: bytes = SU,
    stations: tuple[str, ...] = STATIONS, on: str = TODAY, state: str = "open",
) -> bytes:  # fmt: skip
    """A day by its rows alone: pages and rules of preparing it have tests of their own."""
    day = new_id(world.clock())

    async def write(tx: Tx) -> None:
        count = await tx.rows("SELECT COUNT(*) FROM checkup_day WHERE district=?", 1)
        row: Row = (
            1, day, facility, on, "青禾镇文化礼堂", "07:30", "11:30", lead, state, 1, 0,
            count[0][0] + 1, json.dumps(stations), bytes(range(32)), lead, world.clock(), None,
        )  # fmt: skip
        await tx.insert("checkup_day", [row])
        made = await day_rows.lock_day(tx, world.site, day)
        people = [
            day_rows.PersonRow(
                who, 0, day_rows.INVITED, day_rows.HAND, ("elder",),
                checkup.route_of(("elder",), stations), None, "", None,
            )
            for who in invited
        ]  # fmt: skip
        await day_rows.add_persons(tx, world.site, made, people)
        await day_rows.save_day(tx, world.site, made)

    await world.store.write(write)
    return day


@dataclass(slots=True)
class HallTablet:
    """A tablet in the hall. `said`: what it was told last of each change."""

    tablet: HandTablet
    day: bytes
    said: dict[bytes, tuple[str, str]] = field(default_factory=dict[bytes, tuple[str, str]])
    heard: int = 0

    def step(self, kind: str, who: bytes, *, at: int | None = None, **body: Any) -> wire.Change:
        now = self.tablet.world.clock() if at is None else at
        return wire.Change(
            id=new_id(now), resident=who, kind=kind, v=1, on=TODAY, at=now,
            body=Raw(wire.encode({"day": self.day.hex(), **body})),
        )  # fmt: skip

    def check_in(self, who: bytes, ticket: str = "B001", **more: Any) -> wire.Change:
        return self.step(hall.CHECK_IN, who, how="1", ticket=ticket, **more)

    def guest(self, who: bytes, number: str, name: str = "", **more: Any) -> wire.Change:
        """With the name that goes with the number; 田小暑 where it is nobody's of the cast."""
        owner = next((each for each in NAMES if id_number(each) == number), None)
        name = name or (NAMES[owner] if owner is not None else "田小暑")
        return self.step(
            hall.CHECK_IN, who, how="6", number=number, name=name, sex="2",
            birth_date="1950-01-01", agreed="1", **more,
        )  # fmt: skip

    def part(
        self, who: bytes, station: str, mark: str = hall.DONE, values: Any = None, **more: Any
    ) -> wire.Change:
        if values is not None:
            text = json.dumps(values, separators=(",", ":"))
            more |= {"form": "health_check", "v": 1, "values": text}
        return self.step(hall.PART, who, station=station, mark=mark, **more)

    async def send(self, *steps: wire.Change, **more: Any) -> wire.Answer:
        answer = await self.tablet.send(*steps, outcomes_seen=self.heard, **more)
        receipt = wire.receipt(answer.receipt.receipt) if answer.receipt else None
        for each in steps:
            self.said[each.id] = ("applied", "")
        for index, *state in receipt.states if receipt else ():
            self.said[steps[index].id] = (state[0], state[1] if len(state) > 1 else "")
        for each in answer.outcomes:
            self.heard = max(self.heard, each.n)
            self.said[each.change] = (each.state, each.reason)
        return answer


async def in_hall(
    world: World, day: bytes, name: str = "平板", *, staff: bytes = SU,
    panels: tuple[bytes, ...] = (TEAM_A,),
) -> HallTablet:  # fmt: skip
    """Enrolled, and used on that day."""
    keys = await enrol_by_hand(world, name, staff=staff, panels=panels)
    made = HallTablet(HandTablet(world, keys), day)
    row: Row = (1, day, made.tablet.keys.device, 0, None, None)
    await world.store.write(lambda tx: tx.insert("checkup_tablet", [row]))
    return made


async def seen(world: World, day: bytes) -> dict[bytes, PersonOnDay]:
    """Everybody of the day, by id."""
    found = await world.store.read(lambda tx: people_of(tx, world.site, day))
    return {each.who: each for each in found}
