"""What was asked and what was answered, by facility and channel; every figure carries answered /
asked. An answer that was taken by the people it is about is shown beside and not counted.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.archives.told import facility_names
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.rules.confirmations import Answer, Channel
from server.store.tx import Tx


@dataclass(slots=True)
class Line:
    """One facility (or all): `asked` services; the rest are answers that count but `left_out`."""

    facility: bytes | None
    name: str
    asked: int = 0
    left_out: int = 0
    by_answer: Counter[str] = field(default_factory=Counter[str])
    by_channel: Counter[str] = field(default_factory=Counter[str])
    by_satisfaction: Counter[str] = field(default_factory=Counter[str])

    @property
    def answered(self) -> int:
        return self.by_answer.total()

    @property
    def came(self) -> int:
        return self.by_answer[Answer.CAME]

    @property
    def denied(self) -> int:
        return self.by_answer[Answer.NOT]


@dataclass(frozen=True, slots=True)
class Figures:
    """A year's answers. `total` only for whoever sees the whole district."""

    year: int
    total: Line | None
    lines: tuple[Line, ...]
    channels: tuple[str, ...] = tuple(each.value for each in Channel)


READERS = frozenset(
    {StaffRole.COUNTY, StaffRole.CITY, StaffRole.AUDITOR, StaffRole.MANAGER, StaffRole.DESK}
)


async def figures(site: Site, signed: Signed, year: int) -> Figures:
    """Of the district for its overseers, of the own facility for its people. Raises NotYours."""
    if signed.role not in READERS:
        raise NotYours("figures")
    only = None if signed.oversees else signed.facility
    return await site.store.read(partial(_figures, site=site, year=year, only=only))


async def _figures(tx: Tx, site: Site, year: int, only: bytes | None) -> Figures:
    rows = await tx.rows(
        "SELECT facility, answer, satisfaction, channel, counts, COUNT(*) FROM confirmation WHERE "
        "district=? AND day BETWEEN ? AND ? AND gone_at IS NULL AND (?=1 OR facility=?) "
        "GROUP BY facility, answer, satisfaction, channel, counts",
        site.district, f"{year}-01-01", f"{year}-12-31", 1 if only is None else 0, only or b"",
    )  # fmt: skip
    names = await facility_names(tx, site)
    lines: dict[bytes, Line] = {}
    total = Line(None, "")
    for facility, answer, satisfaction, channel, counts, n in rows:
        own = lines.setdefault(facility, Line(facility, names.get(facility, "")))
        for line in (own, total):
            line.asked += n
            if answer and not counts:
                line.left_out += n
            elif answer:
                line.by_answer[answer] += n
                line.by_channel[channel] += n
                if satisfaction:
                    line.by_satisfaction[satisfaction] += n
    ordered = sorted(lines.values(), key=lambda each: (-each.denied, each.name))
    return Figures(year, total if only is None else None, tuple(ordered))
