"""Why something is owed to a resident: the rule, its clause, the reason in words, the window, and
the record that did it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from server.actions.archives.standing import ResidentRow, lock_residents, survivors
from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers, facts_of
from server.actions.plan.remake import kept_of
from server.actions.tablets.intake import civil_day
from server.errors import NotFound
from server.rules.plan.engine import open_groups, plan_of
from server.rules.plan.model import Facts, Item, Rule, Stage, stage
from server.rules.plan.table import reason_text, rules
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Tx
from server.store.vault import NOBODY

RANK = (Stage.OVERDUE, Stage.OPEN, Stage.LATER, Stage.DONE, Stage.MISSED)


@dataclass(frozen=True, slots=True)
class Explained:
    """One item on a day. `reason`: the sentence of the rule; `because`: records it rests on."""

    item: Item
    rule: Rule
    stage: Stage
    reason: str

    @property
    def because(self) -> tuple[bytes, ...]:
        return self.item.because


def explained(items: Iterable[Item], on: date) -> tuple[Explained, ...]:
    """What is to be done first stands first; a rule of a later version is left out."""
    known = rules()
    found = [
        Explained(each, rule, stage(each, on), reason_text(rule, each.why, each.given))
        for each in items
        if (rule := known.get(each.rule)) is not None and each.why in rule.reasons
    ]
    return tuple(sorted(found, key=lambda each: (RANK.index(each.stage), each.item.due)))


async def kept_plan(site: Site, resident: bytes, classes: Collection[str]) -> tuple[Explained, ...]:
    """The plan as it is kept, in the classes an opening of the archive has let through (and
    logged). () for one that has not been made yet.
    """

    async def read(tx: Tx) -> tuple[Item, ...]:
        rows = await _row(tx, site, resident)
        kept = await kept_of(tx, site, rows)
        return tuple(each for plan in kept.values() for each in plan.items() if each.cls in classes)

    return explained(await site.store.read(read), civil_day(site.clock()))


async def _row(tx: Tx, site: Site, resident: bytes) -> dict[bytes, ResidentRow]:
    found = await tx.rows(
        "SELECT resident, key, status FROM resident WHERE district=? AND resident=?",
        site.district,
        resident,
    )
    return {
        who: ResidentRow(who, None, None, key, 0, 0, b"", b"", status) for who, key, status in found
    }


@dataclass(frozen=True, slots=True)
class Whole:
    """The plan of a year made from the archive as it is now, seen from a day."""

    resident: bytes
    on: date
    groups: tuple[str, ...]
    items: tuple[Explained, ...]
    restricted: bool  # class B was asked for; else not even its number is told


async def explain(site: Site, resident: bytes, on: date, *, restricted: bool) -> Whole:
    """For an operator. Written down like an opening of the archive, with the classes shown.

    Raises NotFound.
    """
    facts = await site.store.write(
        partial(_opened, site=site, resident=resident, restricted=restricted)
    )
    made = plan_of(facts, on.year, district=district_numbers(site, on.year))
    shown = [each for each in made.items if restricted or each.cls == "A"]
    open_only = made.groups if restricted else open_groups(made.groups)
    return Whole(
        resident, on, tuple(sorted(each.value for each in open_only)), explained(shown, on),
        restricted,
    )  # fmt: skip


async def _opened(tx: Tx, site: Site, resident: bytes, *, restricted: bool) -> Facts:
    kept = await survivors(tx, site.district, [resident])
    who = kept.get(resident, resident)
    rows = await lock_residents(tx, site.district, {who})
    if not rows:
        raise NotFound("resident")
    now, entry = site.clock(), new_id(site.clock())
    classes = "AB" if restricted else "A"
    row = (
        site.district, who, entry, now, now, NOBODY, None, None, "review", "operator", classes,
        "online",
    )  # fmt: skip
    await tx.insert("access_log", [row])
    await audit(tx, site.district, "opening", who + entry + b"operator", now)
    return (await facts_of(tx, site, rows))[who]
