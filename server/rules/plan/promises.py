"""What was agreed on after a checkup day (P64, P65): it has the day that people agreed on, and is
kept by the next service at which it can be looked after.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from server.rules.plan.model import Asked, Item, Maker
from server.rules.plan.windows import Window, ordered, owed, settled

LOOK: Final = "P64"
VISIT: Final = "P65"
_REFERRAL: Final = "referral"
_WHY: Final = {LOOK: "agreed", VISIT: "absent"}


def _promised(asked: Asked) -> Iterator[Item]:
    """One item a promise; a referral keeps it on the same day, another service on a later one."""
    services = ordered(asked.facts, *asked.rule.kinds)
    for each in asked.facts.promises:
        if each.rule != asked.rule.id:
            continue
        done = next(
            (
                one
                for one in services
                if one.on > each.made or (one.on == each.made and one.kind == _REFERRAL)
            ),
            None,
        )
        closes = each.due + timedelta(days=asked.numbers["keep_days"])
        window = settled(Window(each.made, each.due, closes), done)
        given = {"on": each.made.isoformat(), "due": each.due.isoformat()}
        yield from owed(asked, each.id.hex(), window, done, _WHY[each.rule], given=given)


MAKERS: Final[Mapping[str, Maker]] = {
    LOOK: lambda asked: tuple(_promised(asked)),
    VISIT: lambda asked: tuple(_promised(asked)),
}
