"""Acts in a test: what a doctor's tablet writes down for somebody who is there, offline."""

from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw

from server.records import acts
from server.store.ids import new_id
from sync import wire
from tests.hand_tablet import HandTablet
from tests.world import SU, TEAM_A, ZHOU, World, enrol_by_hand, id_number

TODAY = "2026-11-20"


def signature(n: int) -> wire.Attach:
    """The picture of a signature, still on its way."""
    return wire.Attach(id=bytes([n]) * 32, key=bytes(32), size=900, type="image/png")


@dataclass(slots=True)
class Helping:
    """A tablet on which somebody acts for residents; it remembers what it was told."""

    tablet: HandTablet
    said: dict[bytes, list[tuple[str, str]]] = field(
        default_factory=dict[bytes, list[tuple[str, str]]]
    )
    pictures: int = 0
    heard: int = 0

    def act(
        self, kind: str, resident: bytes = ZHOU, *, at: int | None = None, sign: bool = True,
        **body: Any,
    ) -> wire.Change:  # fmt: skip
        """One act, with the document seen and the signature on the screen."""
        now = self.tablet.world.clock() if at is None else at
        signs = acts.ALL[[each.id for each in acts.ALL].index(kind)].field("signed") is not None
        filled = {"present": "1", "seen": "1", **({"signed": "1"} if signs else {}), **body}
        if kind == acts.OPEN:
            del filled["present"]
        self.pictures += 1
        return wire.Change(
            id=new_id(now), resident=resident, kind=kind, v=1, on=TODAY, at=now,
            body=Raw(wire.encode(filled)),
            attach=(signature(self.pictures),) if sign and signs else (),
        )  # fmt: skip

    async def send(self, *changes: wire.Change, **more: Any) -> wire.Answer:
        """Arrives with its outcomes, which are kept by change."""
        answer = await self.tablet.send(*changes, outcomes_seen=self.heard, **more)
        for each in answer.outcomes:
            self.heard = max(self.heard, each.n)
            self.said.setdefault(each.change, []).append((each.state, each.reason))
        return answer

    async def done(self, *changes: wire.Change) -> list[tuple[str, str]]:
        """What the tablet was told last of each of them, in the answer to their batch."""
        await self.send(*changes)
        return [self.said[each.id][-1] for each in changes]


async def helping(
    world: World, name: str = "平板", *, staff: bytes = SU, panels: tuple[bytes, ...] = (TEAM_A,),
    restricted: bool = False,
) -> Helping:  # fmt: skip
    keys = await enrol_by_hand(world, name, staff=staff, panels=panels, restricted=restricted)
    made = Helping(HandTablet(world, keys))
    await made.send()
    return made


def number(who: bytes) -> str:
    return id_number(who)


DONE = ("applied", "")
