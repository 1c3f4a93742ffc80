"""The life of an archive: one table of states, one of steps, and what follows from each as data.

Pure. Whoever lives here for half a year is a usual resident, registered here or not (S003-4,
S004-1). Temporary (less than the district's months here) -> usual -> absent (looked for and not
found) -> moved out or dead, or merged with another archive of the same person. The register cell
`archive_status` says the same in the codes of the form; `state_of_code` and `STATES` translate.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.districts import District

MONTHS_A_YEAR: Final = 12


class Life(StrEnum):
    """Values of resident.status."""

    TEMPORARY = "temporary"
    USUAL = "usual"
    ABSENT = "absent"
    MOVED_OUT = "moved_out"
    DEAD = "dead"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows from a state. `code`: of the register's archive_status."""

    code: str
    counts: bool
    """In the denominators of the yearly figures."""

    served: bool
    """Visits are planned and made."""

    due: bool
    """Items fall due; false stops those that were open."""

    sign_in: bool
    """The resident may sign in at the portal."""

    clause: str


STATES: Final[Mapping[Life, Follows]] = {
    Life.TEMPORARY: Follows("0", counts=False, served=True, due=True, sign_in=True,
                            clause="S000-art5"),
    Life.USUAL: Follows("0", counts=True, served=True, due=True, sign_in=True, clause="S000-art5"),
    # Whoever could be left out by not being found would be: absent residents still count.
    Life.ABSENT: Follows("3", counts=True, served=True, due=True, sign_in=True, clause="default"),
    Life.MOVED_OUT: Follows("1", counts=False, served=False, due=False, sign_in=True,
                            clause="default"),
    Life.DEAD: Follows("2", counts=False, served=False, due=False, sign_in=False,
                       clause="default"),
    Life.MERGED: Follows("4", counts=False, served=False, due=False, sign_in=False,
                         clause="S000-art14¶1"),
}  # fmt: skip


class Need(StrEnum):
    """What a step asks for."""

    EVIDENCE = "evidence"
    TRIES = "tries"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step. `roles`: who may take it, at the responsible facility."""

    before: Life
    after: Life
    needs: frozenset[Need]
    roles: frozenset[StaffRole]
    clause: str


def _steps() -> Mapping[tuple[Life, Life], Step]:
    desk = frozenset({StaffRole.MANAGER, StaffRole.DESK})
    here = (Life.TEMPORARY, Life.USUAL, Life.ABSENT)
    evidence = frozenset({Need.EVIDENCE})
    made = [
        Step(Life.TEMPORARY, Life.USUAL, frozenset({Need.MONTHS}), FACILITY_ROLES, "S000-art5"),
        Step(Life.TEMPORARY, Life.ABSENT, frozenset({Need.TRIES}), FACILITY_ROLES, "default"),
        Step(Life.USUAL, Life.ABSENT, frozenset({Need.TRIES}), FACILITY_ROLES, "default"),
        Step(Life.ABSENT, Life.USUAL, evidence, FACILITY_ROLES, "default"),
        Step(Life.MOVED_OUT, Life.USUAL, evidence, desk, "default"),
        Step(Life.MOVED_OUT, Life.TEMPORARY, evidence, desk, "default"),
        *(Step(each, Life.MOVED_OUT, evidence, FACILITY_ROLES, "default") for each in here),
        *(
            Step(each, Life.DEAD, evidence, FACILITY_ROLES, "default")
            for each in (*here, Life.MOVED_OUT)
        ),
    ]
    return {(each.before, each.after): each for each in made}


STEPS: Final = _steps()
MAY_UNDO: Final = frozenset({StaffRole.MANAGER, StaffRole.DESK, StaffRole.DOCTOR, StaffRole.COUNTY})


@dataclass(frozen=True, slots=True)
class Asked:
    """A step as it is asked for. `tried_on`: days of the tries since the last step; `since`: the
    first day of living here, as the register says.
    """

    after: Life
    day: date
    evidence: str
    tried_on: Collection[date] = ()
    since: date | None = None


@dataclass(frozen=True, slots=True)
class May:
    """The step may be taken, on this clause."""

    step: Step


class No(StrEnum):
    """Why a step may not be taken."""

    NO_SUCH_STEP = "no_such_step"
    NOT_THIS_ROLE = "not_this_role"
    EVIDENCE_MISSING = "evidence_missing"
    TOO_FEW_TRIES = "too_few_tries"
    NOT_LONG_ENOUGH = "not_long_enough"
    DAY_IN_FUTURE = "day_in_future"
    BEFORE_BIRTH = "before_birth"


def decide(
    rules: District, now: Life, asked: Asked, role: StaffRole, *, today: date, birth: date | None
) -> May | No:
    """Whether the archive may go from `now` to what is asked."""
    step = STEPS.get((now, asked.after))
    if step is None:
        return No.NO_SUCH_STEP
    if role not in step.roles:
        return No.NOT_THIS_ROLE
    if asked.day > today:
        return No.DAY_IN_FUTURE
    if birth is not None and asked.day < birth:
        return No.BEFORE_BIRTH
    if Need.EVIDENCE in step.needs and not asked.evidence.strip():
        return No.EVIDENCE_MISSING
    if Need.TRIES in step.needs and len(set(asked.tried_on)) < rules.absent_tries:
        return No.TOO_FEW_TRIES
    if Need.MONTHS in step.needs:
        since = asked.since
        if since is None or usual_from(rules, since) > asked.day:
            return No.NOT_LONG_ENOUGH
    return May(step)


def usual_from(rules: District, since: date) -> date:
    """The first day on which somebody who came on `since` is a usual resident."""
    months = since.month - 1 + rules.usual_resident_months
    year, month = since.year + months // MONTHS_A_YEAR, months % MONTHS_A_YEAR + 1
    for day in (since.day, 30, 29, 28):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def allowed(now: Life, role: StaffRole) -> tuple[Step, ...]:
    """The steps somebody may take from a state, in the order of the table."""
    return tuple(each for each in STEPS.values() if each.before is now and role in each.roles)


def state_of_code(code: object, now: Life) -> Life:
    """The state that a code of the register asks for; `now` where it says nothing new.

    "0" takes back an absence, a move or a death; a temporary archive stays temporary.
    """
    match code:
        case "1":
            return Life.MOVED_OUT
        case "2":
            return Life.DEAD
        case "3":
            return Life.ABSENT
        case "0" if now not in (Life.TEMPORARY, Life.USUAL):
            return Life.USUAL
        case _:
            return now
