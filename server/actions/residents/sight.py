"""How far somebody of the family sees beside the archive's own pages: which questions of services,
and whether what concerns the person (consents, moves, notices, help at a desk) at all.

The archive itself is narrowed by the gate (server/access.py); here the same rule is asked for what
only points at it, so that a question or a notice tells nobody of a record that they may not see.
"""

from dataclasses import dataclass
from typing import Final

from server.access import Asking, classes_of
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.links import Link, links_of
from server.actions.residents.people import people_of
from server.actions.tablets.intake import civil_day
from server.rules import family as rule
from server.rules.access import Actor, Role, Scope, Tie, age_years
from server.rules.consent import Purpose
from server.rules.reach import Reach, reach_of, shows_kind
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Sight:
    """`classes`: of records whose traces may be seen; `reach`, `scopes`: within class A."""

    classes: frozenset[str]
    reach: Reach = Reach.ALL
    scopes: frozenset[Scope] = frozenset()

    def shows(self, cls: str, kind: str | None) -> bool:
        """Whether a trace of such a record is. `kind` None: of a restricted one."""
        if cls not in self.classes:
            return False
        return kind is None or shows_kind(kind, self.reach, self.scopes)


WHOLE: Final = Sight(frozenset("AB"))
"""The resident's own: who was there knows it."""


async def sight_of(tx: Tx, site: Site, acting: Acting) -> Sight:
    """Of this person today. That a service of class A took place every helper may know."""
    if acting.own:
        return WHOLE
    asking = Asking(Actor(Role.RESIDENT, acting.person), Purpose.FAMILY)
    classes = await classes_of(tx, site.vault, acting.resident, asking, site.clock())
    link, age = await _link(tx, site, acting)
    if link is None:
        return Sight(frozenset("A"))
    far = reach_of(link.tie, age, link.scopes)
    return Sight(frozenset({"A", *classes}), far, link.scopes)


async def is_beside(tx: Tx, site: Site, acting: Acting) -> bool:
    """Whether what concerns the person is this one's to see: the resident's, a guardian's who acts
    for them, and of a helper or the guardian of somebody of 14 to 17 only with the archive shared.
    """
    if acting.own:
        return True
    link, age = await _link(tx, site, acting)
    if link is None:
        return False
    acts = link.tie is Tie.APPOINTED or (
        link.tie is Tie.PARENT and age < rule.numbers().own_hand_years
    )
    return acts or Scope.ARCHIVE in link.scopes


async def _link(tx: Tx, site: Site, acting: Acting) -> tuple[Link | None, int]:
    """(the link that stands, age of the resident; 0 where it is not known)."""
    found = await links_of(tx, site, acting.resident)
    whose = (await people_of(tx, site, {acting.resident})).get(acting.resident)
    today = civil_day(site.clock())
    age = age_years(whose.birth, today) if whose is not None and whose.birth is not None else 0
    standing = (x for x in found if x.person == acting.person and x.frozen_at is None)
    return next(standing, None), age
