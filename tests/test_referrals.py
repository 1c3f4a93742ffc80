"""The loop of a referral: asked for, sent, received, back, or ended; what of it is due (P61)."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from server.records.check import check, hard
from server.records.kinds import get
from server.rules.plan import engine, referrals
from server.rules.plan.groups import groups_of
from server.rules.plan.model import Facts, Item, Record, Stage, stage
from server.rules.plan.table import reason_text, rules
from server.rules.referrals import Loop, State
from tests.cast_forms import LEFT_OUT, good, good_bytes

BIRTH = date(1950, 3, 1)
DAY = timedelta(days=1)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def record(number: int, kind: str, on: str, cls: str = "A", **changes: Any) -> Record:
    return Record(bytes([number]) * 16, kind, day(on), good(kind, **changes), cls)


def paper(number: int, on: str, direction: str = "1", **body: Any) -> Record:
    cls = "B" if "reason_restricted" in body else "A"
    told = {"direction": direction, "from_org": "清河镇卫生院", "to_org": "区医院", **body}
    return Record(bytes([number]) * 16, "referral", day(on), told, cls)


def abnormal(number: int, on: str, **changes: Any) -> Record:
    """A check that asks for a referral, of somebody whose age is not known to be 65."""
    return record(number, "health_check", on, assessment="2", guidance=["3"], **changes)


def well(number: int, on: str, **changes: Any) -> Record:
    """A check that found nothing, but for the changes."""
    changes = {"assessment": "1", "abnormals": LEFT_OUT, "guidance": LEFT_OUT, **changes}
    return record(number, "health_check", on, **changes)


def facts(*records: Record, birth: date | None = date(1980, 3, 1)) -> Facts:
    return Facts(due=True, birth=birth, sex="1", since=date(2020, 1, 1), records=records)


def loops(*records: Record, since: str = "01-01", birth: date | None = None) -> tuple[Loop, ...]:
    known = facts(*records, birth=birth)
    return referrals.loops(known, groups_of(known, 2026), day(since), {})


def one(*records: Record) -> Loop:
    (loop,) = loops(*records)
    return loop


def items(*records: Record, birth: date | None = date(1980, 3, 1)) -> list[Item]:
    plan = engine.plan_of(facts(*records, birth=birth), 2026)
    return [each for each in plan.items if each.rule == "P61"]


def said(item: Item) -> str:
    return reason_text(rules()["P61"], item.why, item.given)


# What opens a loop.


def test_an_abnormal_finding_of_a_check_opens_a_loop() -> None:
    loop = one(abnormal(1, "03-10"))
    assert (loop.state, loop.due, loop.cls) == (State.NEEDED, day("03-24"), "A")


def test_a_check_that_found_nothing_opens_none() -> None:
    assert loops(well(1, "03-10")) == ()


def test_the_first_visit_not_at_goal_opens_none_and_the_second_one() -> None:
    first = record(1, "htn_followup", "03-10", sbp=160, **{"class": "2"})
    second = record(2, "htn_followup", "03-24", sbp=158, **{"class": "2"})
    assert loops(first) == ()
    assert one(first, second).needs[0].step.row == "htn_twice"


def test_a_second_visit_not_at_goal_is_sent_within_three_days() -> None:
    first = record(1, "htn_followup", "03-10", sbp=160, **{"class": "2"})
    second = record(2, "htn_followup", "03-24", sbp=158, **{"class": "2"})
    assert one(first, second).due == day("03-27")


def test_an_emergency_is_to_be_sent_on_the_day_itself() -> None:
    assert one(record(1, "htn_followup", "03-10", sbp=190)).due == day("03-10")


def test_a_referral_nobody_asked_for_is_a_loop_too() -> None:
    loop = one(paper(1, "03-10"))
    assert (loop.state, loop.needs, loop.due) == (State.SENT, (), day("03-24"))


def test_a_visit_that_did_not_take_place_opens_none() -> None:
    lost = record(1, "htn_followup", "03-10", sbp=190, lost_reason="1", lost_date="2026-03-10")
    assert loops(lost) == ()


# What answers what.


def test_a_referral_of_the_days_after_answers_the_need() -> None:
    loop = one(abnormal(1, "03-10"), paper(2, "03-12"))
    assert (loop.state, loop.due) == (State.SENT, day("03-26"))
    assert [need.record.id[0] for need in loop.needs] == [1]


def test_a_referral_that_names_the_record_answers_it_whenever_it_was_made() -> None:
    check_up, other = abnormal(1, "03-10"), abnormal(3, "05-10")
    late = paper(2, "05-12", answers=check_up.id.hex())
    found = {loop.begun_with.id[0]: loop for loop in loops(check_up, other, late)}
    assert [need.record.id[0] for need in found[2].needs] == [1]
    assert found[3].state is State.NEEDED


def test_one_referral_answers_both_diseases_of_a_combined_visit() -> None:
    both = (
        record(1, "htn_followup", "03-10", sbp=190),
        record(2, "dm_followup", "03-10", fpg=170),
        paper(3, "03-10"),
    )
    assert [need.record.id[0] for need in one(*both).needs] == [1, 2]


def test_a_referral_made_before_answers_nothing() -> None:
    found = loops(paper(1, "03-01"), abnormal(2, "03-10"))
    assert [loop.state for loop in found] == [State.SENT, State.NEEDED]


def test_a_loop_goes_from_sent_to_received_to_back() -> None:
    sent = paper(1, "03-10", follow_due="2026-03-24")
    name = sent.id.hex()
    received = paper(2, "03-12", "3", answers=name, received_on="2026-03-11")
    back = paper(3, "03-20", "2", answers=name, back_date="2026-03-19")
    assert one(sent).state is State.SENT
    assert (one(sent, received).state, one(sent, received).since) == (State.RECEIVED, day("03-11"))
    whole = one(sent, received, back)
    assert (whole.state, whole.since) == (State.BACK, day("03-19"))
    assert whole.answer is not None
    assert whole.answer.id == back.id


def test_a_return_that_names_nothing_answers_the_newest_open_one() -> None:
    older, newer = paper(1, "02-10"), paper(2, "03-10")
    found = loops(older, newer, paper(3, "03-20", "2"))
    assert [loop.state for loop in found] == [State.SENT, State.BACK]
    found = loops(older, newer, paper(3, "03-20", "2"), paper(4, "03-21", "2"))
    assert [loop.state for loop in found] == [State.BACK, State.BACK]


def test_a_sheet_of_paper_may_tell_both_halves() -> None:
    loop = one(paper(1, "03-10", back_date="2026-03-18"))
    assert (loop.state, loop.since) == (State.BACK, day("03-18"))


def test_a_loop_may_end_without_a_result() -> None:
    sent = paper(1, "03-10")
    ended = paper(2, "03-30", "4", answers=sent.id.hex(), ended="3")
    assert one(sent, ended).state is State.ENDED
    need = abnormal(3, "04-10")
    refused = paper(4, "04-11", "4", answers=need.id.hex(), ended="2")
    assert one(need, refused).state is State.ENDED


def test_a_result_may_answer_the_record_that_asked_where_no_sheet_was_written() -> None:
    asked = abnormal(1, "03-10")
    back = paper(2, "03-20", "2", answers=asked.id.hex(), back_date="2026-03-19")
    assert (one(asked, back).state, one(asked, back).since) == (State.BACK, day("03-19"))


def test_a_record_that_asked_twice_is_answered_for_each_reason_by_itself() -> None:
    both = abnormal(1, "03-10", symptoms=["7"])
    refused = paper(2, "03-11", "4", answers=both.id.hex(), ended="2")
    found = loops(both, refused)
    assert {loop.cls: loop.state for loop in found} == {"A": State.ENDED, "B": State.NEEDED}


def test_a_result_that_names_an_unknown_record_answers_the_newest_open_one() -> None:
    loop = one(paper(1, "03-10"), paper(2, "03-20", "2", answers="ff" * 16))
    assert loop.state is State.BACK


def test_a_restricted_need_is_answered_by_a_referral_for_that_reason_only() -> None:
    cough = well(1, "03-10", symptoms=["7"])
    found = loops(cough, paper(2, "03-11"))
    assert {loop.cls: loop.state for loop in found} == {"B": State.NEEDED, "A": State.SENT}
    loop = one(cough, paper(2, "03-11", reason_restricted="2"))
    assert (loop.state, loop.cls, loop.due) == (State.SENT, "B", day("03-18"))


def test_a_return_of_an_open_referral_says_nothing_of_a_restricted_one() -> None:
    suspected = paper(1, "03-10", reason_restricted="2")
    assert one(suspected, paper(2, "03-15", "2")).state is State.SENT
    assert one(suspected, paper(2, "03-15", "2", reason_restricted="2")).state is State.BACK


def test_where_nobody_was_sent_the_next_visit_asks_anew() -> None:
    first = record(1, "htn_followup", "03-10", sbp=190)
    found = loops(first, record(2, "htn_followup", "03-20"))
    assert [loop.state for loop in found] == [State.SUPERSEDED]


def test_where_the_form_names_the_place_the_next_visit_tells_how_it_went() -> None:
    sent = {"referral_reason": "5", "referral_org": "区医院心内科"}
    first = record(1, "htn_followup", "03-10", sbp=190, **sent)
    assert (one(first).state, one(first).due) == (State.SENT, day("03-24"))
    assert one(first, record(2, "htn_followup", "03-20")).state is State.BACK


# Days.


def test_a_loop_is_late_the_day_after_and_lapses_after_a_year() -> None:
    loop = one(paper(1, "03-10"))
    assert not loop.is_overdue(day("03-24"))
    assert loop.is_overdue(day("03-25"))
    assert loop.is_overdue(date(2027, 3, 10))
    assert not loop.is_open(date(2027, 3, 11))


def test_suspected_tuberculosis_is_followed_within_a_week() -> None:
    loop = one(paper(1, "03-10", reason_restricted="2"))
    assert not loop.is_overdue(day("03-17"))
    assert loop.is_overdue(day("03-18"))


def test_two_weeks_go_over_the_end_of_a_leap_february() -> None:
    sent = Record(bytes(16), "referral", date(2028, 2, 20), {"direction": "1"}, "A")
    known = facts(sent)
    (loop,) = referrals.loops(known, groups_of(known, 2028), date(2028, 1, 1), {})
    assert loop.due == date(2028, 3, 5)


def test_the_days_may_be_the_districts() -> None:
    known = facts(paper(1, "03-10"))
    (loop,) = referrals.loops(known, groups_of(known, 2026), day("01-01"), {"P61.days": 10})
    assert loop.due == day("03-20")


def test_what_was_over_before_is_not_felt() -> None:
    sent = paper(1, "03-10")
    back = paper(2, "03-20", "2", answers=sent.id.hex(), back_date="2026-03-20")
    assert loops(sent, back, since="04-01") != ()
    year_later = Record(b"x" * 16, "referral", date(2024, 3, 10), {"direction": "1"}, "A")
    assert loops(year_later) == ()


@pytest.mark.parametrize("turned", [False, True])
def test_the_order_of_reading_changes_nothing(turned: bool) -> None:
    records = [abnormal(1, "03-10"), paper(2, "03-10"), paper(3, "03-10", "2")]
    given: Iterable[Record] = reversed(records) if turned else records
    assert [loop.state for loop in loops(*given)] == [State.BACK]


# Items of the plan.


def test_a_need_is_due_and_then_its_referral() -> None:
    (item,) = items(abnormal(1, "03-10"))
    assert (item.due, item.cls) == (day("03-24"), "A")
    assert "体检有异常" in said(item)
    assert "2026-03-24 前办理转诊" in said(item)
    (item,) = items(abnormal(1, "03-10"), paper(2, "03-12"))
    assert (item.due, item.because) == (day("03-26"), (b"\x02" * 16, b"\x01" * 16))
    assert said(item) == "2026-03-12 已转往区医院，2026-03-26 前随访转诊结果"


def test_an_item_is_open_overdue_done() -> None:
    sent = paper(1, "03-10")
    (item,) = items(sent)
    assert stage(item, day("03-24")) is Stage.OPEN
    assert stage(item, day("03-25")) is Stage.OVERDUE
    (item,) = items(sent, paper(2, "03-20", "2", answers=sent.id.hex(), back_date="2026-03-19"))
    assert (item.done, item.done_on, said(item)) == (
        b"\x02" * 16, day("03-19"), "2026-03-19 已知转诊结果",
    )  # fmt: skip


def test_a_loop_that_ended_is_done() -> None:
    sent = paper(1, "03-10")
    (item,) = items(sent, paper(2, "03-30", "4", answers=sent.id.hex(), ended="3"))
    assert item.done == b"\x02" * 16
    assert said(item) == "2026-03-30 结束，没有转诊结果"


def test_a_restricted_need_is_an_item_of_class_b() -> None:
    (item,) = items(well(1, "03-10", symptoms=["7"]))
    assert (item.cls, item.due) == ("B", day("03-17"))


def test_suspected_tuberculosis_has_one_item_by_its_own_rule() -> None:
    suspected = paper(1, "03-10", reason_restricted="2")
    assert items(suspected) == []
    plan = engine.plan_of(facts(suspected), 2026)
    assert [(each.rule, each.due, each.cls) for each in plan.items if each.kinds == ("referral",)] \
        == [("P46", day("03-17"), "B")]  # fmt: skip


def test_what_another_rule_asks_for_is_asked_once() -> None:
    assert items(record(1, "htn_followup", "03-10", sbp=190)) == []
    assert items(abnormal(1, "03-10"), birth=BIRTH) == []


def test_a_child_that_its_doctor_refers_has_one_item_unless_it_is_an_emergency() -> None:
    birth = date(2025, 3, 4)
    told = {"referral": "2", "referral_reason": "发育预警"}
    checked = record(1, "child_check", "03-05", **told)
    assert items(checked, birth=birth) == []
    newborn = {**told, "temp": 385, "referral_org": LEFT_OUT}
    hot = record(1, "newborn_visit", "03-10", **newborn)
    plan = engine.plan_of(facts(hot, birth=day("03-04")), 2026)
    asked = [(e.rule, e.due) for e in plan.items if e.rule in ("P35", "P61")]
    assert asked == [("P61", day("03-10"))]


def test_an_incomplete_check_of_an_elder_is_asked_for_here() -> None:
    assert len(items(abnormal(1, "03-10", temp=LEFT_OUT), birth=BIRTH)) == 1


def test_a_suspicion_beside_a_finding_of_an_elder_has_its_own_item() -> None:
    (item,) = items(abnormal(1, "03-10", symptoms=["7"]), birth=BIRTH)
    assert item.cls == "B"


def test_a_need_of_last_year_is_still_due_in_this() -> None:
    late = Record(b"x" * 16, "health_check", date(2025, 12, 20), abnormal(1, "03-10").body, "A")
    (item,) = items(late)
    assert item.due == date(2026, 1, 3)


# The form of the second version.


def faults(**body: Any) -> set[str]:
    kind = get("referral", 2)
    found = check(
        kind, good_bytes("referral", **body), on=date(2026, 3, 10), today=date(2026, 3, 11)
    )
    return {each.field for each in hard(found)}


def test_an_end_names_what_it_ends_and_why() -> None:
    answers = "ab" * 16
    assert faults(direction="4") == {"answers", "ended"}
    assert faults(direction="4", answers=answers, ended="3") == set()
    assert faults(direction="4", answers=answers, ended="9") == {"ended_text"}


def test_a_receipt_names_the_referral_and_the_day() -> None:
    assert faults(direction="3") == {"answers", "received_on"}
    assert faults(direction="3", answers="ab" * 16, received_on="2026-03-10") == set()
