"""The list on the left: what waits for this person, and what there is to look at.

An entry names the tasks it counts; a number is amber when one of them is due in four days, red
when one is late. Later rooms hang their queue in here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.confirmations import figures
from server.actions.keeping.site import Site
from server.actions.queues.queues import Count, counts
from server.console.words import words
from server.rules import checkup_days, facility_work
from server.rules.accounts import EVERYBODY, FACILITY_ROLES, StaffRole

_MANAGER: Final = frozenset({StaffRole.MANAGER})
_COUNTY: Final = frozenset({StaffRole.COUNTY})
_MANAGERS: Final = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})
_WORKERS: Final = FACILITY_ROLES | _COUNTY


@dataclass(frozen=True, slots=True)
class Entry:
    """`kinds`: the tasks that are counted; () for a page to look at."""

    key: str
    path: str
    roles: frozenset[StaffRole]
    kinds: tuple[str, ...] = ()


PROPOSAL_KINDS: Final = ("proposal", "identity", "switch_request")
TABLET_KINDS: Final = ("epoch", "suspended", "digest", "restored", "lost", "revoked")
QUEUES: Final = (
    Entry("all", "/console/", _WORKERS, ("*",)),
    Entry("conflict", "/console/queue/conflict", _WORKERS, ("conflict",)),
    Entry(
        "proposal", "/console/queue/proposal", _WORKERS, ("proposal", "identity", "switch_request")
    ),
    Entry("correction", "/console/queue/correction", _WORKERS, ("correction",)),
    Entry("appeal", "/console/queue/appeal", _COUNTY, ("appeal",)),
    Entry("held", "/console/queue/held", _WORKERS, ("held", "late_visit", "photo")),
    Entry("quarantine", "/console/queue/quarantine", _WORKERS, ("quarantine", "fork")),
    Entry("tablets", "/console/queue/tablets", _WORKERS, TABLET_KINDS),
    Entry("assisted", "/console/queue/assisted", _WORKERS, ("assisted", "assisted_county")),
    Entry("duplicate", "/console/queue/duplicate", _WORKERS, ("possible_duplicate", "twin")),
    Entry("unassigned", "/console/queue/unassigned", _MANAGERS, ("unassigned",)),
    Entry("transfers", "/console/transfers", _WORKERS, ("handover",)),
    Entry("special", "/console/queue/special", _COUNTY, ("special_case",)),
    Entry("reports", "/console/queue/reports", _MANAGER, ("access_report",)),
    Entry("reviews", "/console/queue/reviews", _COUNTY, ("access_review",)),
    Entry("freezes", "/console/queue/freezes", _COUNTY, ("family_freeze",)),
    Entry("mandates", "/console/queue/mandates", FACILITY_ROLES, ("mandate_review",)),
    Entry("denials", "/console/denials", _COUNTY, ("denial",)),
    Entry("denials", "/console/denials", FACILITY_ROLES, ("denial_reply",)),
)
PAGES: Final = (
    Entry("due", "/console/due", FACILITY_ROLES),
    Entry("referrals", "/console/referrals", FACILITY_ROLES),
    Entry("checkup", "/console/checkup", checkup_days.READS),
    Entry("findings", "/console/checkup/findings", FACILITY_ROLES),
    Entry("people", "/console/people", _WORKERS),
    Entry("docket", "/console/docket", _WORKERS),
    Entry("board", "/console/board", EVERYBODY),
    Entry("work", "/console/work", facility_work.READS),
    Entry("confirmations", "/console/confirmations", figures.READERS),
    Entry("samples", "/console/samples", _COUNTY),
    Entry("devices", "/console/devices", _MANAGERS),
    Entry("organisations", "/console/organisations", EVERYBODY),
    Entry("staff", "/console/staff", _MANAGERS),
    Entry("imports", "/console/imports", _MANAGERS),
    Entry("reconciliation", "/console/reconciliation", _WORKERS),
    Entry("paper", "/console/paper", FACILITY_ROLES),
    Entry("notices", "/console/notices", _COUNTY),
    Entry("audit", "/console/audit", frozenset({StaffRole.COUNTY, StaffRole.AUDITOR})),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as drawn. tone: "" | soon | late."""

    key: str
    path: str
    label: str
    count: int | None
    tone: str


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    lines: tuple[Line, ...]


async def rail(site: Site, signed: Signed) -> Sequence[Section]:
    """What this person sees on the left."""
    return _sections(signed, await counts(site, signed) if signed.role in _WORKERS else {})


def rail_uncounted(signed: Signed) -> Sequence[Section]:
    """The same without numbers and without reading anything: the database may be what broke."""
    return _sections(signed, None)


def _sections(signed: Signed, found: dict[str, Count] | None) -> Sequence[Section]:
    w = words("ui")
    return tuple(
        Section(label, lines)
        for label, entries in ((w.rail.todo, QUEUES), (w.rail.look, PAGES))
        if (lines := tuple(_line(each, found) for each in entries if signed.role in each.roles))
    )


def _line(entry: Entry, found: dict[str, Count] | None) -> Line:
    label = words("ui").rail[entry.key]
    if not entry.kinds or found is None:
        return Line(entry.key, entry.path, label, None, "")
    wanted = found.values() if "*" in entry.kinds else [found.get(k) for k in entry.kinds]
    counted = [each for each in wanted if each is not None]
    tone = (
        "late" if any(c.late for c in counted) else "soon" if any(c.soon for c in counted) else ""
    )
    return Line(entry.key, entry.path, label, sum(c.open for c in counted), tone)
