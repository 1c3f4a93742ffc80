"""Whether somebody may do an act for an archive now: the rule of server/rules/family.py, asked with
the link as it stands in this transaction.
"""

from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.links import links_of
from server.actions.residents.people import people_of
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, Refusal
from server.rules import family as rule
from server.rules.access import age_years
from server.store.tx import Tx


class FamilyMayNot(Refusal):
    """The act is not this person's: too young, a helper without that scope, guardianship over."""

    code = "family_may_not"
    status = 403
    say = "这件事不能由您在手机上替办。请居民本人来办，或者一起带证件到窗口。"
    hint = "server/rules/family.py names the reason; see who may act for whom under family."


class PhoneTooFresh(Refusal):
    """72 hours after the telephone was changed from afar."""

    code = "phone_too_fresh"
    status = 403
    say = "登录手机刚换过，72 小时内不能办这件事。着急的话，请带证件到窗口办。"
    hint = "Bound face to face there is no wait."


async def standing_of(tx: Tx, site: Site, acting: Acting, *, full: bool) -> rule.Standing:
    """Who acts, as the rule knows them. `full`: of the visitor; at a desk always true.

    Raises NotFound for an archive of nobody, FamilyMayNot without a link that stands.
    """
    person = (await people_of(tx, site, {acting.resident})).get(acting.resident)
    if person is None:
        raise NotFound("resident")
    today = civil_day(site.clock())
    age = age_years(person.birth, today) if person.birth is not None else 0
    sure = full or acting.helper is not None
    if acting.own:
        return rule.Standing(age, full=sure)
    theirs = await links_of(tx, site, acting.resident)
    link = next((x for x in theirs if x.person == acting.person and x.frozen_at is None), None)
    if link is None:
        raise FamilyMayNot("no_link")
    return rule.Standing(age, link.tie, link.scopes, sure)


async def require(tx: Tx, site: Site, acting: Acting, act: rule.Act, *, full: bool) -> None:
    """Raises FamilyMayNot or PhoneTooFresh unless the act is this person's."""
    no = rule.may_act(await standing_of(tx, site, acting, full=full), act)
    if no is rule.No.FRESH_PHONE:
        raise PhoneTooFresh
    if no is not None:
        raise FamilyMayNot(no.value)
