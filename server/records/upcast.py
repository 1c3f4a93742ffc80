"""Old forms read as the version in force: a record stays as signed, a reader sees today's form.

Each step lifts a body by one version and is kept for at least 24 months after its last use; unknown
members go through untouched. A new version of a form adds its step here and a test beside it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from server.records import referral
from server.records.kinds import KINDS
from server.records.model import Kind

Body = dict[str, Any]
Step = Callable[[Body], Body]
Steps = Mapping[tuple[str, int], Step]

STEPS: Final[Steps] = {("referral", 1): referral.answered}
"""(kind, version) -> the step to the next version."""


class NoWayUp(LookupError):
    """A form of this version cannot be lifted: a step is missing."""


def newest(kind_id: str) -> int:
    """The highest version of a kind this code knows; 0 for a kind it does not."""
    return max((version for known, version in KINDS if known == kind_id), default=0)


def upcast(
    kind_id: str, version: int, body: Mapping[str, Any], *, to: int, steps: Steps = STEPS
) -> Body:
    """The body in version `to`. One that is newer than `to` is given back as it is.

    Raises NoWayUp.
    """
    lifted = dict(body)
    for at in range(version, to):
        step = steps.get((kind_id, at))
        if step is None:
            raise NoWayUp(f"{kind_id} from version {at} to {at + 1}")
        lifted = step(lifted)
    return lifted


def missing_steps(kinds: Mapping[tuple[str, int], Kind], steps: Steps) -> list[str]:
    """Versions that have a successor and no step to it: checked when the server starts."""
    return [
        f"{kind_id} from version {version} to {version + 1}"
        for kind_id, version in sorted(kinds)
        if (kind_id, version + 1) in kinds and (kind_id, version) not in steps
    ]
