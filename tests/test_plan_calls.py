"""A list to call from: one line a visit."""

from datetime import date
from itertools import permutations
from typing import Any

from server.rules.plan.calls import calls
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def item(rule: str, slot: str = "2026", *, due: date = LAST, **more: Any) -> Item:
    given: dict[str, Any] = {
        "opens": FIRST, "closes": LAST, "kinds": ("htn_followup",), "why": "first", **more,
    }  # fmt: skip
    return Item(rule=rule, slot=slot, due=due, **given)


def names(items: tuple[Item, ...]) -> list[str]:
    return [each.key for each in items]


def test_two_missed_quarters_are_one_visit() -> None:
    second, third = item("P05", "2026-2", due=date(2026, 6, 30)), item("P05", "2026-3")
    assert names(calls((second, third))) == ["P05/2026-2"]
    late = item("P05", "2026-2", opens=date(2026, 8, 15), due=date(2026, 8, 15))
    assert names(calls((late, third))) == ["P05/2026-2"]


def test_a_check_that_two_rules_ask_for_is_one_line() -> None:
    both = (item("P06", kinds=("health_check",)), item("P21", kinds=("health_check",)))
    assert names(calls(both)) == ["P06/2026"]


def test_another_form_another_class_and_another_dose_are_lines_of_their_own() -> None:
    several = (
        item("P05"), item("P13", kinds=("dm_followup",)), item("P41", cls="B"),
        item("P53", "mmr-1", kinds=("vaccination",)), item("P53", "je-1", kinds=("vaccination",)),
    )  # fmt: skip
    assert len(calls(several)) == len(several)


def test_what_closes_before_the_other_does_not_hide_it() -> None:
    month, half = (
        item("P28", "1m", due=date(2026, 2, 1), closes=date(2026, 2, 14), kinds=("child_check",)),
        item("P29", "6m", opens=date(2026, 7, 1), kinds=("child_check",)),
    )
    assert len(calls((month, half))) == 2
    forever = item("P08", "2026-05-01", due=date(2026, 5, 14), closes=None)
    assert names(calls((forever, item("P05", "2026-3")))) == ["P08/2026-05-01"]
    assert len(calls((item("P05", "2026-2", due=date(2026, 3, 1)), forever))) == 2


def test_what_is_done_or_not_for_lists_hides_nothing() -> None:
    done = item("P05", "2026-2", due=FIRST, done=b"r" * 16, done_on=FIRST)
    silent = item("P20", "2026-2", due=FIRST)
    assert names(calls((done, silent, item("P05", "2026-3")))) == ["P05/2026-3"]


def test_nothing_that_is_owed_is_without_a_line_that_answers_it() -> None:
    facts = Facts(
        due=True, birth=date(1950, 5, 1), sex="1", since=date(2024, 1, 1),
        values={"hx_disease": frozenset({"2", "3"}), "special_group": frozenset({"1", "2", "3"})},
    )  # fmt: skip
    owed = plan_of(facts, 2026).items
    shown = calls(owed)
    asked = {each.kinds[0] for each in owed if each.done is None and each.rule in ("P05", "P13")}
    assert asked <= {each.kinds[0] for each in shown}
    for some in permutations(shown, 2):
        assert calls(sorted(some, key=lambda each: each.due)) == tuple(
            sorted(some, key=lambda each: each.due)
        )
