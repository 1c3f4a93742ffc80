"""What stands on a list of people to call: one line a visit, not one a rule.

An elder with hypertension is owed a check by two rules, a patient who missed two quarters is owed
two places: one visit answers both. So an item is left out of lists when another one, due before it,
asks for the same form, can be done as early and at least as long. It stays in the plan, with its
reason, and comes to the list by itself when the other is done and it is not.
"""

from collections.abc import Iterable
from typing import Final

from server.rules.plan.model import Item
from server.rules.plan.table import rules

EACH_ITS_OWN: Final = frozenset({"vaccination", "referral"})
"""Forms of which one record answers one item: another dose, another referral."""


def calls(items: Iterable[Item]) -> tuple[Item, ...]:
    """Of what is owed, what stands on lists, in the order of the plan (by due day)."""
    known = rules()
    kept: list[Item] = []
    for each in items:
        if each.done is not None or (rule := known.get(each.rule)) is None or not rule.listed:
            continue
        if not any(_answers(before, each) for before in kept):
            kept.append(each)
    return tuple(kept)


def _answers(before: Item, each: Item) -> bool:
    """Whether the visit that `before` asks for is the one that `each` asks for."""
    if before.cls != each.cls or before.kinds[:1] != each.kinds[:1] or not each.kinds:
        return False
    if each.kinds[0] in EACH_ITS_OWN:
        return False
    # A visit fills the first open place of its rule, whenever that opened.
    if before.opens > each.opens and before.rule != each.rule:
        return False
    if before.closes is None:
        return True
    return each.closes is not None and before.closes >= each.closes
