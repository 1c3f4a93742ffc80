"""What is still to be set in a district's table, what was decided by the project, what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.records.kinds import everything
from server.rules import next_step
from server.rules.district_source import DEFAULT, FOLDER, DistrictBroken, files, line_index
from server.rules.district_year import RETENTION, SECTIONS, DistrictYear, Office, Value
from server.rules.districts import load, table
from server.rules.facility_targets import published
from server.rules.plan.table import rules

COMPULSORY: Final = (
    "vaccination", "smd_supplement", "smd_followup", "tb_first", "tb_followup",
    "infectious_report",
)  # fmt: skip
"""Kinds with a national system beside this one: a table says of each which is written first."""


class State(StrEnum):
    """What is said of a line. Only FAULT fails a check."""

    EMPTY = "empty"
    DEFAULT = "default"
    CARRIED = "carried"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a table. `who` sets it (an Office); `until`: what does not work before that, or
    what is wrong.
    """

    table: str
    line: int
    name: str
    state: State
    value: str
    who: str
    until: str
    clause: str

    @property
    def at(self) -> str:
        """File and line, short."""
        return f"{self.table.removesuffix('.toml')}:{self.line}"


def check(name: str, year: int | None = None) -> list[Finding]:
    """Everything there is to say of a table that stands in a year (its own without one)."""
    try:
        newest = load(name, year)
        decided = table(newest.code, max(files()[name]) if year is None else year)
        found = [*_carried(decided, name), *_values(decided), *faults(decided)]
        published(name, decided.carried_from or decided.year)
    except DistrictBroken as broken:
        said = str(broken).partition(": ")[2]
        return [Finding(broken.file, broken.line, "", State.FAULT, "", "", said, "")]
    return found


def _carried(decided: DistrictYear, name: str) -> Iterator[Finding]:
    if decided.carried_from is not None:
        said = f"there is no table for {decided.year}: that of {decided.carried_from} stands"
        who = Office.COUNTY.value
        yield Finding(
            decided.file, 1, f"{name}-{decided.year}", State.CARRIED, "", who, said, ""
        )  # fmt: skip


def _values(decided: DistrictYear) -> Iterator[Finding]:
    for each in decided.values.values():
        if each.value is None:
            until = SECTIONS[each.name.partition(".")[0]]
            yield _finding(decided, each, State.EMPTY, until)
        elif each.is_default:
            yield _finding(decided, each, State.DEFAULT, "")
    lines = line_index((FOLDER / decided.file).read_text("utf-8"))
    at = {place[-1]: line for place, line in lines.items() if len(place) == 2}
    for kind, written in decided.kinds.items():
        if written.clause == DEFAULT:
            value = f"{written.where} ({written.system})"
            yield Finding(
                decided.file,
                lines["kinds", kind],
                f"kinds.{kind}",
                State.DEFAULT,
                value,
                "",
                "",
                written.clause,
            )
    first = load(decided.file.partition("-")[0], decided.year)
    for name, clause in first.clauses.items():
        if clause == DEFAULT:
            value = str(getattr(first, name))
            yield Finding(decided.file, at[name], name, State.DEFAULT, value, "", "", clause)
    for ground in (*first.grounds, *first.special_cases):
        if ground.clause == DEFAULT:
            yield Finding(
                decided.file,
                0,
                f"switch.{ground.code}",
                State.DEFAULT,
                ground.label,
                "",
                "",
                DEFAULT,
            )


def _finding(decided: DistrictYear, each: Value, state: State, until: str) -> Finding:
    who = each.who.value if state is State.EMPTY else ""
    return Finding(
        decided.file, each.line, each.name, state, each.shown, who, until, each.clause
    )  # fmt: skip


def faults(decided: DistrictYear) -> Iterator[Finding]:
    """What is wrong with a table that could be read."""
    known = {each.id for each in everything()}
    kept = {
        name.partition(".")[2]: each.line
        for name, each in decided.values.items()
        if name.startswith(f"{RETENTION}.")
    }
    for kind in COMPULSORY:
        if kind not in decided.kinds:
            yield _fault(decided, 0, f"kinds.{kind}", "does not say where it is first written")
    for kind in sorted(decided.kinds.keys() - known):
        yield _fault(decided, 0, f"kinds.{kind}", "is no kind of record")
    for kind in sorted(known - kept.keys()):
        yield _fault(decided, 0, f"{RETENTION}.{kind}", "does not say how long it is kept")
    for kind in sorted(kept.keys() - known):
        yield _fault(decided, kept[kind], f"{RETENTION}.{kind}", "is no kind of record")
    numbers = _plan_numbers()
    for each in decided.values.values():
        if each.sets and each.sets not in numbers:
            said = f"sets {each.sets}, which is no number of a rule of the plan"
            yield _fault(decided, each.line, each.name, said)


def _plan_numbers() -> frozenset[str]:
    """Every number of the plan and of the next steps that a district may set: "P52.times"."""
    of_plan = {f"{rule.id}.{name}" for rule in rules().values() for name in rule.numbers}
    return frozenset(of_plan | next_step.numbers().keys())


def _fault(decided: DistrictYear, line: int, name: str, why: str) -> Finding:
    return Finding(decided.file, line, name, State.FAULT, "", "", why, "")
