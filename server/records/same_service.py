"""Whether two records of one kind and one day are about one and the same service.

Usually a kind is written once a day for a resident. Several vaccines may be given on one day, and
several diseases reported: there it is the answers named here that tell them apart. So a dose is one
dose by person, vaccine, number and day, however often it is read in.
"""

from collections.abc import Mapping
from typing import Any, Final

_TELL_APART: Final[Mapping[str, tuple[str, ...]]] = {
    "vaccination": ("vaccine", "vaccine_name", "dose_no"),
    "infectious_report": ("kind", "disease", "disease_other"),
}

Same = tuple[str, ...]


def told_apart(kind: str) -> bool:
    """Whether several records of that kind and day may stand side by side."""
    return kind in _TELL_APART


def same_service(kind: str, day: str, body: Mapping[str, Any]) -> Same:
    """What two records of one resident have in common when they are about the same service."""
    return (kind, day, *(str(body.get(name, "")) for name in _TELL_APART.get(kind, ())))
