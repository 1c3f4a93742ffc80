"""The targets of annex 2 for the demo: each row of the yearly figures, by facility, at 1:scale."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from server.actions.accounts.account_making import OPERATOR
from server.actions.accounts.sessions import Signed
from server.actions.figures import targets
from server.actions.figures.targets import Place
from server.actions.keeping.site import Site
from server.demo.counts import apportion
from server.rules.accounts import StaffRole
from server.rules.facility_targets import published
from server.rules.figures import rules

TABLE, YEAR = "huancui", 2024  # whose annex it is
SOURCE: Final = "S003 附件2，按 1:{scale} 缩小"

# Who loads a demo stands for the county that has no office yet: the history names nobody.
_FOUNDER: Final = Signed(
    staff=OPERATOR, name="", role=StaffRole.COUNTY, facility=b"", facility_name="", level="county",
    panels=frozenset(), restricted=False, session=b"", csrf="",
)  # fmt: skip


def scaled_targets(scale: int) -> dict[str, Mapping[str, int]]:
    """Row of the figures -> facility's name -> head count; a row the annex leaves out is none."""
    annex = published(TABLE, YEAR)
    assert annex is not None, "the annex lies beside its table"
    found: dict[str, Mapping[str, int]] = {}
    for row in rules().rows:
        given = {name: annex.target(name, row.indicator) for name in annex.rows}
        numbers = {name: number for name, number in given.items() if number is not None}
        if numbers:
            shares = apportion(list(numbers.values()), scale)
            found[row.id] = dict(zip(numbers, shares, strict=True))
    return found


async def set_targets(site: Site, *, scale: int, today: date) -> int:
    """Sets them for the year of `today`; how many were set."""
    known = await site.store.read(lambda tx: targets.facilities(tx, site.district))
    ids = {name: each for each, name in known}
    typed: dict[Place, str] = {
        (ids[name], item): str(number)
        for item, numbers in scaled_targets(scale).items()
        for name, number in numbers.items()
        if name in ids
    }
    source = SOURCE.format(scale=scale)
    return await targets.put(site, _FOUNDER, today.year, typed, source)
