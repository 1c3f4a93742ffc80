"""The gate of kinds that are first written in another system (server/rules/elsewhere.py).

At a desk such a form is not offered and not taken: whoever sits there can be told, and the record
comes by a list. A tablet's record is signed and cannot be asked back: it is held with the reason
`written_elsewhere` until a person lets it in or declines. Taking a record back is not writing one.
"""

from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from server.actions.keeping.site import Site
from server.actions.tablets.intake import Arrived, civil_day
from server.errors import RuleSaysNo
from server.rules.elsewhere import elsewhere
from sync import wire
from sync.reconcile import Reason


class WrittenElsewhere(RuleSaysNo):
    """The form is first written in the system of that name and comes here by a list."""

    say = "这张表先在国家规定的系统里登记，由导入得到，不能在这里手写。"

    def __init__(self, kind: str, system: str) -> None:
        super().__init__("written_elsewhere")
        self.kind = kind
        self.system = system


def elsewhere_now(site: Site) -> Mapping[str, str]:
    """{kind: name of the other system} for what is written today."""
    return elsewhere(site.rules.code, civil_day(site.clock()).year)


def refuse_elsewhere(site: Site, change: wire.Change) -> WrittenElsewhere | None:
    """Why a record may not be written here; None when it may. The year of the service decides."""
    system = _system(site, change)
    return WrittenElsewhere(change.kind, system) if system else None


def hold_elsewhere(site: Site, arrived: Arrived) -> Arrived:
    """A sound record of a tablet whose kind is first written elsewhere waits for a person."""
    if arrived.change is None or arrived.fault is not Reason.NONE:
        return arrived
    if not _system(site, arrived.change):
        return arrived
    return replace(arrived, fault=Reason.ELSEWHERE)


def _system(site: Site, change: wire.Change) -> str:
    if change.body is UNSET:
        return ""
    return elsewhere(site.rules.code, int(change.on[:4])).get(change.kind, "")
