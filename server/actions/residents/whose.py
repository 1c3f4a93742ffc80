"""Whether an act is this person's (server/rules/family.py), asked under the locks of the act
itself: a link that ended since, or a birthday, counts at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.access import SCOPES
from server.actions.archives.cards import cards_of
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.links import links_of
from server.actions.tablets.intake import civil_day
from server.errors import RuleSaysNo
from server.rules import family as rule
from server.rules.access import Tie, age_years
from server.rules.family import Act, No, Standing
from server.store.tx import Tx, one


class NotTheirAct(RuleSaysNo):
    """The act is somebody else's; `detail` says why."""


async def refusal(tx: Tx, site: Site, acting: Acting, act: Act, *, full: bool = True) -> No | None:
    """Why this person may not, None when they may. `full`: past the 72 hours of a new telephone.

    Choosing the facility is never a helper's, whatever else was shared: it takes the archive from
    one doctor to another.
    """
    cards = await cards_of(tx, site, [acting.resident])
    birth = cards[acting.resident].birth if acting.resident in cards else ""
    today = civil_day(site.clock())
    age = age_years(today.fromisoformat(birth), today) if birth else rule.numbers().of_age_years
    if acting.own:
        return rule.may_act(Standing(age, full=full), act)
    link = await one(
        tx,
        "SELECT tie, scopes FROM family_link WHERE district=? AND resident=? AND person=? AND "
        "state='standing' AND frozen_at IS NULL AND from_day<=? AND until_day>=? LIMIT 1",
        site.district, acting.resident, acting.person, today.isoformat(), today.isoformat(),
    )  # fmt: skip
    if link is None:
        return No.SCOPE
    tie = Tie(link[0])
    if tie is Tie.HELPER and act is Act.CHOOSE:
        return No.NEVER
    scopes = frozenset(SCOPES[each] for each in link[1])
    return rule.may_act(Standing(age, tie, scopes, full), act)


async def theirs(tx: Tx, site: Site, acting: Acting, act: Act, *, full: bool = True) -> None:
    """Raises NotTheirAct."""
    no = await refusal(tx, site, acting, act, full=full)
    if no is not None:
        raise NotTheirAct(no.value)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who may stand at the desk for this archive. `tie` "": the resident."""

    person: bytes
    name: str
    tie: str


async def who_may(tx: Tx, site: Site, resident: bytes, act: Act) -> Sequence[Present]:
    """Who may do this act for the archive when present at a desk, the resident first."""
    cards = await cards_of(tx, site, [resident])
    people = [Present(resident, cards[resident].name, "")] if resident in cards else []
    people += [
        Present(each.person, each.other.name, each.tie.value)
        for each in await links_of(tx, site, resident)
    ]
    return [
        each
        for each in people
        if await refusal(tx, site, Acting(each.person, resident), act) is None
    ]
