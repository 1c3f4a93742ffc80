"""The field policies: in what way two people's edits of one field come together.

A kind of form names one policy for each of its fields, and that is all the merge ever learns about
health forms; so the merge can be fuzzed and simulated with toy kinds.
"""

from enum import StrEnum


class Policy(StrEnum):
    """How a field merges. The values are written into kinds and journals: never renamed."""

    CLINICAL = "clinical"
    """Blood type, management class: one distinct head is the value; else a conflict for the
    responsible doctor, the safer value shown meanwhile and both visible."""

    RESIDENT = "resident"
    """Phone, present address, contact person: the resident's head wins over a concurrent staff
    head; a staff edit that saw it wins; the loser stays one tap away."""

    SET = "set"
    """Allergies, drugs, chronic conditions, family history: observed-remove, add wins; an element
    removed while somebody else adds to it stays, with a task."""

    IDENTITY = "identity"
    """Name, ID number, birth date, sex: never merged by machine, a registrar's task."""

    TERMINAL = "terminal"
    """Died, moved out: sticky; undone only by a registrar with evidence."""

    AUTHORITY = "authority"
    """Responsible facility, consent: the server alone writes it, a tablet sends a request; a
    revoke beats a concurrent grant."""

    NOTE = "note"
    """Remarks: both are kept."""

    EVENT = "event"
    """Follow-up, checkup, vaccination, check-in: union by id, immutable; a correction is a new
    event that amends, a removal is a void with a reason."""
