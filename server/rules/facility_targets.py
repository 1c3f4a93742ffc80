"""Targets by facility as a district's plan publishes them, in a list beside its table.

districts/NAME-YEAR-facilities.csv: a line a facility and the total of the district; the columns
that are targets end in the rate they were made with (elderly_std_mgmt_64), as in the annex.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from server.rules.district_source import FOLDER, DistrictBroken, files

TOTAL: Final = "合计"
INDICATORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ehr_built_90": "I02", "std_ehr_coverage_64": "I03", "ehr_dynamic_60": "I04",
        "elderly_std_mgmt_64": "I08", "elderly_tcm_74": "I09", "htn_target": "I10",
        "htn_std_mgmt_64": "I11", "dm_target": "I10_diabetes", "dm_std_mgmt_64": "I13",
        "maternal_system_90": "I17", "postpartum_visit_90": "I16", "newborn_visit_90": "I18",
        "under7_mgmt_90": "I19", "eye_care_90": "I21", "under3_system_80": "I20",
        "child_tcm_84": "I22",
    }
)  # fmt: skip
"""Columns that are targets, and whose."""


@dataclass(frozen=True, slots=True)
class FacilityNumbers:
    """Published numbers: `rows` facility -> column -> number, `total` the district's as printed."""

    rows: Mapping[str, Mapping[str, int]]
    total: Mapping[str, int]

    def target(self, facility: str, indicator: str) -> int | None:
        """The head count a facility is to reach; None where the plan gives none."""
        column = next((each for each, of in INDICATORS.items() if of == indicator), "")
        return self.rows.get(facility, {}).get(column)


@cache
def published(name: str, year: int) -> FacilityNumbers | None:
    """The list beside the table of that name and year; None where there is none.

    Raises DistrictBroken when a line cannot be read or the total is not the sum of the lines.
    """
    if year not in files().get(name, {}):
        return None
    path = FOLDER / f"{name}-{year}-facilities.csv"
    if not path.is_file():
        return None
    rows: dict[str, Mapping[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            facility = row.pop("facility")
            try:
                numbers = {column: int(text) for column, text in row.items()}
            except ValueError:
                said = f"{facility} has something that is no number"
                raise DistrictBroken(path.name, line, said) from None
            rows[facility] = MappingProxyType(numbers)
    total = rows.pop(TOTAL, {})
    for column, number in total.items():
        if number != sum(each[column] for each in rows.values()):
            said = f"the total of {column} is not the sum of its lines"
            raise DistrictBroken(path.name, len(rows) + 2, said)
    return FacilityNumbers(MappingProxyType(rows), total)
