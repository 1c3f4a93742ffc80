"""Steps of a checkup day that come with a batch: where their writers stand, and how they are noted.

The day, who is on it and which tablets are used there are read under the batch's locks; the day's
row itself is locked last, after the panels (taking.py). Whoever wears the day's tablet may note
what happens to anybody on the day and to residents of the day's facility; anybody else is a guest
with a card. Somebody nobody knows yet is held, never refused (guests.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from server.actions.archives.ledger import Archive
from server.actions.keeping.site import Site
from server.records.checkup_parts import NotAPart, values_of
from server.records.kinds import UnknownKind, get
from server.records.model import Kind, Shape
from server.store.tx import Tx
from sync import hall, wire
from sync.reconcile import Guest, Newcomer, Present, Reason, Standing

CARD: Final = "card"
_body = msgspec.json.Decoder(dict[str, Any])


def is_step(kind: Kind | None) -> bool:
    return kind is not None and kind.shape is Shape.STEP


def was_step(change: wire.Change) -> bool:
    """Whether a stored change is a step, by the forms of now."""
    try:
        return is_step(get(change.kind, change.v))
    except UnknownKind:
        return False


@dataclass(frozen=True, slots=True)
class Noted:
    """One step that was taken. `who`: as it was signed, or whose archive took it."""

    change: bytes
    day: bytes
    who: bytes
    kind: str
    at: int
    device: bytes
    staff: bytes
    body: Mapping[str, Any]

    @property
    def step(self) -> hall.Step:
        return hall.Step(self.change, self.kind, self.at, self.device, self.staff, self.body)

    @property
    def station(self) -> str:
        return str(self.body.get("station", ""))

    @property
    def values(self) -> dict[str, Any]:
        try:
            return values_of(self.body)
        except NotAPart:
            return {}


@dataclass(slots=True)
class Hall:
    """What was read of the days that one batch names."""

    days: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])  # day -> facility
    people: set[tuple[bytes, bytes]] = field(default_factory=set[tuple[bytes, bytes]])
    noted: list[Noted] = field(default_factory=list[Noted])

    def standing(
        self, change: wire.Change, who: bytes, archive: Archive | None, facility: bytes
    ) -> Standing:
        """`facility`: of the tablet."""
        day = day_of(change)
        home = self.days.get(day)
        if home is None or home != facility:
            return Newcomer(Reason.NO_DAY)
        if archive is None:
            return Newcomer(Reason.GUEST)
        if (day, who) in self.people or archive.row.facility == home:
            return Present()
        return Guest(CARD, consented=True)

    def note(
        self, change: wire.Change, who: bytes, *, at: int, device: bytes, staff: bytes
    ) -> None:
        self.noted.append(noted(change, who, at=at, device=device, staff=staff))


def noted(change: wire.Change, who: bytes, *, at: int, device: bytes, staff: bytes) -> Noted:
    body = body_of(change)
    return Noted(change.id, day_of(change), who, change.kind, at, device, staff, body)


def body_of(change: wire.Change) -> dict[str, Any]:
    """The form of a step; {} for what is none."""
    if change.body is msgspec.UNSET:
        return {}
    try:
        return _body.decode(change.body)
    except msgspec.MsgspecError:
        return {}


def day_of(change: wire.Change) -> bytes:
    """The day a step names; 16 zero bytes for none."""
    said = body_of(change).get("day", "")
    try:
        found = bytes.fromhex(said)
    except (TypeError, ValueError):
        return bytes(16)
    return found if len(found) == 16 else bytes(16)


async def read_hall(tx: Tx, site: Site, changes: Iterable[wire.Change]) -> Hall:
    """Costs nothing for a batch without steps."""
    steps = [each for each in changes if was_step(each)]
    found = Hall()
    if not steps:
        return found
    days = sorted({day_of(each) for each in steps})
    rows = await tx.rows_in(
        "SELECT day, facility FROM checkup_day WHERE district=? AND day {ids}", days, site.district
    )
    found.days = {row[0]: row[1] for row in rows}
    found.people = await people_in(tx, site, sorted({each.resident for each in steps}))
    return found


async def people_in(tx: Tx, site: Site, whos: Sequence[bytes]) -> set[tuple[bytes, bytes]]:
    rows = await tx.rows_in(
        "SELECT day, who FROM checkup_person WHERE district=? AND who {ids}", whos, site.district
    )
    return {(row[0], row[1]) for row in rows}
