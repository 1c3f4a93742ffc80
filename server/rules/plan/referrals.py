"""The loop of a referral as items of the plan (P61): to be made, its result to be known.

A need has its item here unless another rule has one for it (referrals.toml, own). A referral that
was written has one item until its result is back: by P46 where tuberculosis is suspected, else by
this rule. An item of a restricted need or referral is of class B.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from server.rules.next_step import Refer, Step
from server.rules.plan.model import Asked, Facts, Group, Item, Maker, Record, Spell
from server.rules.plan.quota import all_filled, shared
from server.rules.plan.steps import Memo, followed
from server.rules.plan.table import numbers_of, rules
from server.rules.plan.visits import SHEET, TAKEN
from server.rules.plan.windows import Window, owed
from server.rules.referrals import TB_SUSPECT, Days, Loop, Need, State, loops_of

RULE: Final = "P61"
_TABLE: Final[Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)["own"]
_SEND: Final = frozenset(_TABLE["send"])
_RESULT: Final = frozenset(_TABLE["result"])
_DISEASES: Final = {"htn_followup": Group.HYPERTENSION, "dm_followup": Group.DIABETES}
_CHILD: Final = frozenset({"child_check", "newborn_visit"})


LOOP_RULES: Final = frozenset({RULE, *_TABLE["made"], *_TABLE["known"]})
"""The rules whose items are steps of a referral's loop."""


def state_of(rule: str, slot: str) -> State | None:
    """How far a loop has come by an item that is not done; None for an item of no loop."""
    if rule == RULE:
        part = slot.split("/")[1]
        return State.NEEDED if part == "send" else State(part)
    if rule in _TABLE["known"]:
        return State.SENT
    part = _TABLE["made"].get(rule)
    if part is not None and slot.endswith((SHEET, TAKEN)):
        return State.SENT if slot.endswith(SHEET) else State.RECEIVED
    return State.NEEDED if part is not None and slot.endswith(part) else None


def loops(
    facts: Facts,
    groups: Mapping[Group, Spell],
    since: date,
    district: Mapping[str, int],
    memo: Memo | None = None,
    without: Collection[str] = (),
) -> tuple[Loop, ...]:
    """The loops of one resident that can still be felt from a day on, oldest first. `memo`: what
    follows from records, as far as other rules have worked it out. `without`: forms not asked.
    """
    memo = {} if memo is None else memo
    ask = partial(followed, facts, groups, district, memo)

    def steps(each: Record, before: Record | None) -> Sequence[Step]:
        return () if each.kind in without else ask(each, before)

    numbers = numbers_of(rules()[RULE], district)
    days = Days(
        numbers["send_days"], numbers["days"], numbers["suspect_days"],
        numbers["wait_send_days"], numbers["wait_days"],
    )  # fmt: skip
    return loops_of(facts.records, steps, days, since)


def _items(asked: Asked) -> Iterator[Item]:
    memo = shared(asked, "steps", Memo)
    # Where no referral was ever written, what those two ask for has all its items elsewhere.
    written = any(each.kind == "referral" for each in asked.facts.records)
    without = () if written else _SEND & _RESULT
    found = loops(asked.facts, asked.groups, asked.first, asked.district, memo, without)
    for loop in found:
        if loop.sent is None and not loop.on_form and loop.state is not State.RECEIVED:
            yield from _to_send(asked, loop)
        else:
            yield from _to_know(asked, loop)


def _to_send(asked: Asked, loop: Loop) -> Iterator[Item]:
    """Nobody was sent yet. Once somebody is, the item is that of the referral."""
    (need,) = loop.needs
    record = need.record
    if (loop.cls == "A" and _has_own(asked, need)) or loop.state is State.SUPERSEDED:
        return
    given = {
        "on": record.on.isoformat(), "due": loop.due.isoformat(),
        "said": "；".join(need.step.reasons),
    }  # fmt: skip
    done = loop.answer if loop.state in (State.BACK, State.ENDED) else None
    why = loop.state.value if done is not None else "send"
    if done is not None:
        given["on"] = loop.since.isoformat()
    slot = f"{record.id.hex()}/send{'/restricted' if loop.cls == 'B' else ''}"
    yield from owed(
        asked, slot, Window(record.on, loop.due, loop.lapses), done, why, given=given,
        because=(record.id,), cls=loop.cls,
    )  # fmt: skip


def _has_own(asked: Asked, need: Need) -> bool:
    """Whether another rule asks for it. Those that give days to do it ask for no emergency."""
    if need.record.kind in _SEND:
        return True
    if need.step.refer is Refer.NOW:
        return False
    return _by_elders(asked, need.record) or _by_children(asked, need.record)


def _is_visited(asked: Asked, need: Need) -> bool:
    """Whether the visit after a referral asks for its result (P09, P10, P18, P19)."""
    return _DISEASES.get(need.record.kind) in asked.groups


def _by_children(asked: Asked, record: Record) -> bool:
    """Whether P35 asks for it: the doctor wrote on a child's form that it be referred."""
    of_child = record.kind in _CHILD and Group.CHILD in asked.groups
    return of_child and record.body.get("referral") == "2"


def _by_elders(asked: Asked, record: Record) -> bool:
    """Whether P24 or P25 asks for it: a finding of an elder's check, cognition among them."""
    if record.kind != "health_check" or Group.ELDER not in asked.groups or not all_filled(record):
        return False
    body = record.body
    found = body.get("assessment") == "2" or body.get("elder_cognition") == "2"
    return found or "3" in body.get("guidance", ())


def _to_know(asked: Asked, loop: Loop) -> Iterator[Item]:
    """Somebody was sent: until the result is known here, or nobody expects one any more."""
    record = loop.begun_with
    if loop.sent is None and record.kind in _RESULT:
        return
    if loop.sent is not None and record.body.get("reason_restricted") == TB_SUSPECT:
        return
    known = loop.state in (State.BACK, State.ENDED)
    # One item asks for one result; once known, this one tells so (the list of what came back).
    if not known and loop.needs and all(_is_visited(asked, need) for need in loop.needs):
        return
    done = loop.answer if known else None
    begun = loop.since if loop.state is State.RECEIVED or known else record.on
    given = {
        "on": begun.isoformat(), "due": loop.due.isoformat(),
        "to": str(record.body.get("to_org") or record.body.get("referral_org") or ""),
    }  # fmt: skip
    slot = f"{record.id.hex()}/{loop.state.value if not known else 'known'}"
    because = (record.id, *(need.record.id for need in loop.needs if need.record is not record))
    yield from owed(
        asked, slot, Window(record.on, loop.due, loop.lapses), done, loop.state.value,
        given=given, because=because, done_on=loop.since if known else None, cls=loop.cls,
    )  # fmt: skip


MAKERS: Final[Mapping[str, Maker]] = {RULE: lambda asked: tuple(_items(asked))}
