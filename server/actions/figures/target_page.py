"""What the page of targets shows: what is in force, and the newest changes with who made them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.told import staff_names
from server.actions.figures.targets import Place, Target, facilities, history, may_set
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.store.tx import Tx

STORY: Final = 30  # changes shown


@dataclass(frozen=True, slots=True)
class TargetPage:
    """`story`: the newest changes first. `names`: of who made them."""

    facilities: tuple[tuple[bytes, str], ...]
    in_force: Mapping[Place, Target]
    story: tuple[Target, ...]
    names: Mapping[bytes, str]

    def total(self, item: str) -> int | None:
        """The county's: the sum of what is set, None when nothing is."""
        found = [each.number or 0 for (_, row), each in self.in_force.items() if row == item]
        return sum(found) if found else None


async def read(site: Site, signed: Signed, year: int) -> TargetPage:
    """Raises NotYours for anybody but the county."""
    if not may_set(signed):
        raise NotYours
    return await site.store.read(partial(_read, site=site, year=year))


async def _read(tx: Tx, site: Site, year: int) -> TargetPage:
    every = await history(tx, site.district, year)
    newest = {(each.facility, each.item): each for each in every}
    story = sorted(every, key=lambda each: (-each.set_at, each.facility, each.item))[:STORY]
    return TargetPage(
        facilities=tuple(await facilities(tx, site.district)),
        in_force={place: each for place, each in newest.items() if each.number is not None},
        story=tuple(story),
        names=await staff_names(tx, site, {each.set_by for each in story}),
    )
