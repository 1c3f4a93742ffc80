"""What the demo district is made of: values, in the order a server would have to learn them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a member of staff does."""

    DOCTOR = "doctor"  # 家庭医生, leads the team
    NURSE = "nurse"
    VILLAGE_DOCTOR = "village_doctor"  # 村医
    DESK = "desk"  # facility staff at the queues


class Condition(StrEnum):
    """A managed chronic disease."""

    HYPERTENSION = "hypertension"
    DIABETES = "diabetes"


class Group(StrEnum):
    """A group the services are planned for; the columns of annex 2 count them."""

    ELDERLY = "elderly"  # 65 and older
    MOTHER = "mother"  # gave birth within the year
    NEWBORN = "newborn"  # below one year
    CHILD_0_36_MONTHS = "child_0_36_months"
    CHILD_0_6 = "child_0_6"


class Few(StrEnum):
    """What only a few have; of each there is somebody in every demo that is not tiny."""

    COPD = "copd"
    DISABLED = "disabled"
    MENTAL = "mental"
    TUBERCULOSIS = "tuberculosis"
    REPORTED = "reported"
    EXPECTING = "expecting"
    MET = "met"


@dataclass(frozen=True, slots=True)
class Facility:
    """A township centre or community health centre."""

    id: bytes
    name: str
    population: int


@dataclass(frozen=True, slots=True)
class Area:
    """A village that a facility serves; `code` has 12 digits. `id` is made of it."""

    id: bytes
    code: str
    name: str
    facility: bytes


@dataclass(frozen=True, slots=True)
class Team:
    """A family-doctor team; its residents are one panel of at most 2,000 (S004-2(11))."""

    id: bytes
    facility: bytes
    name: str
    residents: int


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff; `team` is None for the desk of a facility."""

    id: bytes
    facility: bytes
    team: bytes | None
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Resident:
    """A usual resident. Nine of ten have an archive, as the annex says (`has_archive`).

    `sex` is GB/T 2261.1 ("1" male, "2" female); `archive_no` has 17 digits, "" without an archive.
    """

    id: bytes
    facility: bytes
    team: bytes
    name: str
    id_no: str
    sex: str
    birth_date: date
    phone: str
    address: str
    village: str
    has_archive: bool
    archive_no: str
    conditions: tuple[Condition, ...]
    groups: tuple[Group, ...]
    created_ms: int
    few: Few | None = None


@dataclass(frozen=True, slots=True)
class PastRecord:
    """A form that was filled in before the demo began; `body` is as server/records describes it."""

    id: bytes
    resident: bytes
    facility: bytes
    team: bytes
    staff: bytes
    kind: str
    version: int
    on: date
    at_ms: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FacilityWork:
    """A record of a facility's own work, class C: in nobody's archive."""

    id: bytes
    facility: bytes
    staff: bytes
    kind: str
    version: int
    on: date
    at_ms: int
    body: dict[str, Any]


Item = Facility | Area | Team | Staff | Resident | PastRecord | FacilityWork
