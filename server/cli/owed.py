"""What is due, as the reference tablet prints it: by village and day, from the rows it received."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from server.rules.plan.table import rules
from sync.tablet_archive import Owed


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """One thing that is overdue or due today, in the order in which it is printed."""

    village: str
    due: date
    name: str
    service: str


def waiting(owed: Iterable[Owed], name: str, region: object, today: date) -> list[Waiting]:
    """What a resident waits for today. `region`: the area code of the address."""
    village = region if isinstance(region, str) else ""
    return [
        Waiting(village, each.due, name, service_of(each))
        for each in owed
        if each.due <= today and each.waits(today)
    ]


def by_village(found: Sequence[Waiting], today: date) -> Iterator[str]:
    """Lines: a village, then its people, the longest overdue first."""
    if not found:
        return
    yield ""
    yield f"Due {today}, {len(found)} service(s):"
    village = None
    for each in sorted(found):
        if each.village != village:
            village = each.village
            yield village or "no village"
        yield f"  {each.due}  {each.name}  {each.service}{late(each.due, today)}"


def owed_lines(owed: Sequence[Owed], today: date) -> Iterator[str]:
    """Lines of one archive: all that is still to come this year, the earliest first."""
    for each in owed:
        if each.closes is None or each.closes >= today:
            yield f"due {each.due}  {service_of(each)}{late(each.due, today)}"


def late(due: date, today: date) -> str:
    return f"  overdue {(today - due).days} d" if due < today else ""


def service_of(each: Owed) -> str:
    """The name of its rule; of class B the neutral one, since a terminal is read over shoulders."""
    rule = rules().get(each.rule)
    if rule is None:
        return each.rule
    return rule.neutral if rule.cls != "A" and rule.neutral else rule.label
