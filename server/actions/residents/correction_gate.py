"""Who may correct what of an archive: asked under its lock, for portal and desk alike.

`Gate` answers with the classes that may be corrected by whoever acts, () for none.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from server.access import Asking, Opened, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.opening import still_open
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.tablets.intake import civil_day
from server.rules import family
from server.rules.access import Actor, Role, Scope, Tie, age_years
from server.rules.consent import Purpose
from server.store.tx import Tx, one

Gate = Callable[[Tx, bytes], Awaitable[Collection[str]]]
_LETTERS: Final = {"A": Scope.ARCHIVE, "B": Scope.RESTRICTED}


def own_gate(site: Site, acting: Acting) -> Gate:
    """A resident, or a relative whose link reaches so far (server/rules/family.py)."""

    async def ask(tx: Tx, who: bytes) -> Collection[str]:
        now = site.clock()
        person = who if acting.own else acting.person
        purpose = Purpose.OWN if acting.own else Purpose.FAMILY
        asking = Asking(Actor(Role.RESIDENT, person), purpose)
        classes = await classes_of(tx, site.vault, who, asking, now)
        return classes if not await _not_theirs(tx, site, acting, who) else ()

    return ask


async def _not_theirs(tx: Tx, site: Site, acting: Acting, who: bytes) -> bool:
    """Whether correcting is somebody else's act: of a parent, of a young person's own hand."""
    today = civil_day(site.clock())
    card = (await cards_of(tx, site, [who])).get(who)
    born = card.birth if card else ""
    age = age_years(type(today).fromisoformat(born), today) if born else 0
    if acting.own:
        return family.may_act(family.Standing(age), family.Act.CORRECT) is not None
    row = await one(
        tx,
        "SELECT tie, scopes FROM family_link WHERE district=? AND resident=? AND person=? AND "
        "state='standing' AND frozen_at IS NULL AND from_day<=? AND until_day>=? LIMIT 1",
        site.district, who, acting.person, today.isoformat(), today.isoformat(),
    )  # fmt: skip
    if row is None:
        return True
    scopes = frozenset(_LETTERS[each] for each in row[1] if each in _LETTERS)
    standing = family.Standing(age, Tie(row[0]), scopes)
    return family.may_act(standing, family.Act.CORRECT) is not None


def desk_gate(site: Site, signed: Signed, opened: Opened) -> Gate:
    """A desk where the resident is present and the archive was opened so (and logged)."""

    async def ask(tx: Tx, who: bytes) -> Collection[str]:
        there = opened.resident == who and await still_open(tx, site, signed, who, None)
        return opened.classes if there else ()

    return ask
