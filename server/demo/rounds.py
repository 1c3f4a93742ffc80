"""A doctor's round: who is in the panel, as the tablet knows them, and the forms of the day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final

from server.demo import bodies, checkup
from server.demo.bodies import Habitus
from server.demo.carried import Carried
from sync.merge import Cells, is_present
from sync.tablet import Tablet

HTN, DM, CHECKUP = "htn_followup", "dm_followup", "health_check"
ELDERLY_YEARS: Final = 65
_HYPERTENSION, _DIABETES = "hx_disease/2", "hx_disease/3"
ALLERGIES: Final = ("drug_allergy/2", "drug_allergy/3", "drug_allergy/4")


@dataclass(frozen=True, slots=True)
class Person:
    """What stands on the cover and the first page of an archive."""

    who: bytes
    name: str
    sex: str
    birth: date
    conditions: tuple[str, ...]  # kinds of follow-up
    allergies: tuple[str, ...]  # cells

    def is_elderly(self, on: date) -> bool:
        return on.year - self.birth.year > ELDERLY_YEARS


def panel_of(tablet: Tablet, panel: bytes) -> list[Person]:
    """Everybody in the panel, by id."""
    archive = tablet.archive
    return [person(who, archive.cells(who)) for who in sorted(archive.members(panel))]


def person(who: bytes, cells: Cells) -> Person:
    def told(cell: str) -> Any:
        return cells[cell].heads[-1].value if cell in cells else None

    kinds = ((_HYPERTENSION, HTN), (_DIABETES, DM))
    return Person(
        who=who,
        name=told("name"),
        sex=told("sex"),
        birth=date.fromisoformat(told("birth_date")),
        conditions=tuple(kind for cell, kind in kinds if is_present(told(cell))),
        allergies=tuple(cell for cell in ALLERGIES if is_present(told(cell))),
    )


class Round:
    """The visits of one tablet on one day; the same seed writes the same forms."""

    def __init__(self, carried: Carried, *, seed: int, today: date) -> None:
        self.carried = carried
        self.today = today
        self._rng = Random(f"{seed}/{carried.label}")
        self._taken: dict[bytes, dict[str, Any]] = {}  # the first form with a pressure, a person

    def visits(self, people: list[Person]) -> Iterator[tuple[Person, str]]:
        """What is due in this house: (person, kind of form)."""
        for each in people:
            for kind in each.conditions:
                yield each, kind
            if each.is_elderly(self.today):
                yield each, CHECKUP

    def visit(self, who: Person, kind: str, **other: Any) -> bytes:
        """Fills in and saves one form; `other` answers replace what was filled in."""
        body = {**self.body(who, kind), **other}
        return self.carried.visit(who.who, kind, self.today.isoformat(), body)

    def body(self, who: Person, kind: str) -> dict[str, Any]:
        build = Habitus.of(who.who, male=who.sex == "1")
        before = self._taken.get(who.who)
        if kind == CHECKUP:
            check = checkup.health_check(self._rng, build)
            return check if before is None else checkup.taken_again(check, before)
        write = bodies.htn_followup if kind == HTN else bodies.dm_followup
        body = write(
            self._rng, build, grade=bodies.followup_class(self._rng), on=self.today,
            doctor=self.carried.staff.hex(),
        )  # fmt: skip
        self._taken[who.who] = body = body if before is None else bodies.taken_again(body, before)
        return body
