"""Care beyond the two great diseases: children, mothers, the elderly, and the few who need more.

What one resident has had is drawn from the resident's own id and never from the district's stream,
so that the head counts of the annex come out whatever is added here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from random import Random
from typing import Any, Final

from server.demo.bodies import Habitus
from server.demo.identities import instant_ms, uuid7
from server.demo.model import Resident
from server.demo.names import FEMALE, MALE, SURNAMES

Done = tuple[date, str, dict[str, Any]]
"""(service day, kind, the filled-in form)"""


# What tells two records of one kind and day apart.
_TELLING: Final = ("vaccine", "dose_no", "direction")


@dataclass(frozen=True, slots=True)
class Care:
    """Whose care it is, by whom and where. `doctor`: id in hex."""

    person: Resident
    doctor: str
    facility: str
    today: date
    rng: Random

    def relative(self, *, female: bool) -> str:
        """A name of somebody of the family."""
        rng = self.rng
        return rng.choice(SURNAMES) + rng.choice(FEMALE if female else MALE)

    @property
    def habitus(self) -> Habitus:
        """The body and the habits every form of this person tells of."""
        return Habitus.of(self.person.id, male=self.person.sex == "1")

    def instant_of(self, kind: str, on: date) -> int:
        """When a record of that day was written, ms UTC."""
        mark = self._mark(kind, on)
        return instant_ms(on.toordinal(), hour=8 + mark[0] % 9, minute=mark[1] % 60)

    def id_of(self, kind: str, on: date, body: dict[str, Any]) -> bytes:
        """The id of the record, known before it is written: an answer may name it."""
        said = "/".join(str(body.get(each, "")) for each in _TELLING)
        mark = sha256(self._mark(kind, on) + said.encode()).digest()
        return uuid7(self.instant_of(kind, on), int.from_bytes(mark[:10]) >> 6)

    def _mark(self, kind: str, on: date) -> bytes:
        return sha256(self.person.id + kind.encode() + on.isoformat().encode()).digest()

    def past(self, found: Iterator[Done]) -> Iterator[Done]:
        """Of what would be done in a life, what has been by today."""
        return ((on, kind, body) for on, kind, body in found if on <= self.today)
