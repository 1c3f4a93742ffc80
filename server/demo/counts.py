"""How many of whom: annex 2 of S003 at 1:1, or every column of it scaled down.

Scaling keeps the total of each column: total / scale is rounded once (half up), and shared out to
the facilities by largest remainder, so the parts always add up to the whole.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

SOURCE = Path(__file__).with_name("huancui_2024.csv")
TOTAL = "合计"


@dataclass(frozen=True, slots=True)
class Counts:
    """Head counts of one facility, people; the names are the columns of the file."""

    facility: str
    population: int
    archives: int
    elderly: int
    elderly_managed: int
    htn: int
    htn_managed: int
    dm: int
    dm_managed: int
    mothers: int
    newborns: int
    children_0_6: int
    children_0_36_months: int


COLUMNS = tuple(each.name for each in fields(Counts) if each.name != "facility")


def published() -> tuple[tuple[Counts, ...], Counts]:
    """The facilities as published, and the published total."""
    with SOURCE.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        every = [
            Counts(row["facility"], **{name: int(row[name]) for name in COLUMNS}) for row in rows
        ]
    total = next(each for each in every if each.facility == TOTAL)
    return tuple(each for each in every if each is not total), total


def scaled(scale: int) -> tuple[Counts, ...]:
    """The facilities at 1:scale. Raises ValueError for a scale below 1."""
    if scale < 1:
        raise ValueError(f"a district cannot be enlarged: scale 1:{scale}")
    facilities, _ = published()
    columns = {
        name: apportion([getattr(each, name) for each in facilities], scale) for name in COLUMNS
    }
    return tuple(
        Counts(each.facility, **{name: columns[name][at] for name in COLUMNS})
        for at, each in enumerate(facilities)
    )


def apportion(parts: Sequence[int], scale: int) -> list[int]:
    """Each part / scale, so rounded by largest remainder that the sum is sum / scale, half up."""
    shares = [part // scale for part in parts]
    missing = (2 * sum(parts) + scale) // (2 * scale) - sum(shares)
    by_remainder = sorted(range(len(parts)), key=lambda at: (-(parts[at] % scale), at))
    for at in by_remainder[:missing]:
        shares[at] += 1
    return shares
