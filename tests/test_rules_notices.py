"""What a message may say, when it may go, and what it costs: by the table and its pure rules."""

import ast
import re
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from server.rules import notices as rule
from server.rules.clauses import parts_of
from server.rules.district_source import DEFAULT
from server.rules.districts import load
from server.rules.notices import (
    Channel,
    GivenUp,
    Goes,
    GoesLater,
    Leaves,
    Rank,
    Reach,
    Stays,
    Template,
    TryAgain,
    Used,
    Variable,
    Why,
)
from server.settings import CIVIL
from tests.source import shown, source_files

TABLE = rule.rules()
EVERY = list(TABLE.templates.values())
NUMBERS = load("huancui", 2026)
LINK = re.compile(r"https?:|www\.|://|[a-z0-9-]+\.(cn|com|net|org)|/portal", re.IGNORECASE)
NOTHING = Used(spent_fen=0, counted=0, same=0)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=CIVIL).timestamp() * 1000)


@pytest.mark.parametrize("of", EVERY, ids=lambda of: of.id)
def test_a_template_holds_neutral_words_of_bounded_length(of: Template) -> None:
    texts = [text for text in (of.sms, of.voice, of.inbox) if text]
    assert texts
    for text in texts:
        assert not LINK.search(text)
        assert [word for word in TABLE.telling if word in text] == []
        assert set(re.findall(r"{(\w+)}", text)) <= set(of.variables)
    everywhere = {name for text in texts for name in re.findall(r"{(\w+)}", text)}
    assert everywhere == set(of.variables), "each variable is said somewhere"
    assert rule.longest(of.sms, of) + TABLE.signature_characters <= TABLE.sms_characters
    assert all(kind in rule.KINDS for kind in of.variables.values())
    assert of.clause == DEFAULT or parts_of(of.clause)
    assert not of.limit or hasattr(NUMBERS, of.limit)
    assert of.must == (not of.counts), "what must be known at once uses up nobody's few messages"


def test_no_kind_of_variable_takes_free_text() -> None:
    said = "您的检查结果请看 http://x.cn"
    for of in EVERY:
        for name, kind in of.variables.items():
            if kind in (Variable.FACILITY, Variable.STAFF):
                continue  # given by id alone: tests/test_notices.py
            values = {each: GOOD[other] for each, other in of.variables.items()} | {name: said}
            with pytest.raises(ValueError, match=of.id):
                rule.checked(of, values)


GOOD = {
    Variable.CODE: "402173", Variable.COUNT: "5", Variable.DAY: "2026-12-03",
    Variable.TAIL: "1000", Variable.FACILITY: "青禾镇卫生院", Variable.STAFF: "苏清明",
    Variable.ACT: "consent", Variable.TIME: "08:30",
}  # fmt: skip


def test_a_missing_an_unknown_and_an_impossible_variable_are_faults_of_the_caller() -> None:
    of = rule.template("correction_answered")
    good = {"facility": "青禾镇卫生院", "day": "2026-12-03"}
    assert rule.checked(of, good) == good
    for wrong in ({"day": "2026-12-03"}, {**good, "result": "x"}, {**good, "day": "2026-02-30"}):
        with pytest.raises(ValueError, match=r"correction_answered|day"):
            rule.checked(of, wrong)
    with pytest.raises(KeyError):
        rule.template("diagnosis")


def test_a_day_names_its_year_only_when_it_is_another_one() -> None:
    of = rule.template("consent_expiring")
    values = {"facility": "柳湾社区中心", "day": "2027-01-05"}
    assert "2027年1月5日" in rule.shown(of.inbox, of, values, date(2026, 12, 20))
    assert "的授权1月5日" in rule.shown(of.inbox, of, values, date(2027, 1, 2))


@pytest.mark.parametrize("name", ["云栖县结核病防治所", "安宁精神卫生中心", "海滨市妇产医院"])
def test_the_name_of_a_place_that_tells_too_much_is_not_said(name: str) -> None:
    of = rule.template("emergency_opened")
    text = rule.shown(of.sms, of, {"facility": name, "day": "2026-12-03"}, date(2026, 12, 3))
    assert name not in text
    assert TABLE.neutral_name in text


def test_a_long_name_is_cut_and_the_message_stays_one_part() -> None:
    of = rule.template("assisted_act")
    values = {**{n: GOOD[kind] for n, kind in of.variables.items()}, "facility": "云" * 60}
    text = rule.shown(of.sms, of, values, date(2020, 1, 1))
    assert len(text) + TABLE.signature_characters <= TABLE.sms_characters


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ("2026-11-20T20:59:59", "2026-11-20T20:59:59"),
        ("2026-11-20T21:00:00", "2026-11-21T08:00:00"),
        ("2026-11-20T23:59:59", "2026-11-21T08:00:00"),
        ("2026-11-21T00:00:00", "2026-11-21T08:00:00"),
        ("2026-12-31T22:30:00", "2027-01-01T08:00:00"),
        ("2026-11-21T07:59:59", "2026-11-21T08:00:00"),
        ("2026-11-21T08:00:00", "2026-11-21T08:00:00"),
    ],
)
def test_quiet_hours_go_over_midnight_in_civil_time(now: str, goes: str) -> None:
    assert rule.after_quiet(at(now), 21, 8) == at(goes)


def test_quiet_hours_of_one_day_and_none_at_all() -> None:
    noon = at("2026-11-20T12:30:00")
    assert rule.after_quiet(noon, 12, 14) == at("2026-11-20T14:00:00")
    assert rule.after_quiet(noon, 21, 8) == noon
    assert rule.after_quiet(at("2026-11-20T03:00:00"), 8, 8) == at("2026-11-20T03:00:00")


def go(id_: str, used: Used, now: str = "2026-11-20T10:00:00") -> object:
    return rule.may_go(rule.template(id_), NUMBERS, used, Channel.SMS, at(now))


def test_cap_limit_budget_and_night_keep_a_message_in_the_inbox_or_for_the_morning() -> None:
    full = Used(spent_fen=0, counted=NUMBERS.sms_cap_month, same=0)
    broke = Used(spent_fen=NUMBERS.sms_budget_month_fen, counted=0, same=0)
    asked = Used(spent_fen=0, counted=0, same=1)
    assert go("correction_answered", NOTHING) == Goes(NUMBERS.sms_fen)
    assert go("correction_answered", full) == Stays(Why.CAP)
    assert go("correction_answered", broke) == Stays(Why.BUDGET)
    assert go("service_question", asked) == Stays(Why.LIMIT)
    night = go("correction_answered", full, "2026-11-20T22:00:00")
    assert night == GoesLater(at("2026-11-21T08:00:00"))


@pytest.mark.parametrize("id_", ["sign_in_code", "phone_changed", "export_ready"])
def test_codes_and_alarms_go_at_night_over_the_cap_and_without_money(id_: str) -> None:
    worst = Used(spent_fen=NUMBERS.sms_budget_month_fen * 9, counted=99, same=99)
    assert go(id_, worst, "2026-11-20T03:00:00") == Goes(NUMBERS.sms_fen)


@pytest.mark.parametrize(
    ("id_", "reach", "way"),
    [
        ("correction_answered", Reach(True), Leaves(Channel.SMS)),
        ("correction_answered", Reach(True, Channel.VOICE), Leaves(Channel.VOICE)),
        ("correction_answered", Reach(True, Channel.INBOX), Stays(Why.MUTED)),
        ("correction_answered", Reach(False), Stays(Why.NO_PHONE)),
        ("correction_answered", Reach(True, closed=True), Stays(Why.CLOSED)),
        ("correction_received", Reach(True), Stays(Why.NOT_SENT)),
        ("consent_given", Reach(True, Channel.INBOX), Leaves(Channel.SMS)),
        ("consent_given", Reach(False, Channel.INBOX), Stays(Why.NO_PHONE)),
    ],
)
def test_the_way_out_follows_from_template_and_resident(
    id_: str, reach: Reach, way: Leaves | Stays
) -> None:
    assert rule.way_out(rule.template(id_), reach) == way


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """(place, template, variables) of each telling in the code."""
    for path in source_files("server", "resident_portal"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "tell":
                of = node.args[3] if len(node.args) == 4 else None
                if isinstance(of, ast.Constant) and isinstance(of.value, str):
                    names = {each.arg or "**" for each in node.keywords}
                    yield f"{shown(path)}:{node.lineno}", of.value, names


def test_every_telling_in_the_code_fits_its_template() -> None:
    found = list(calls())
    assert len(found) > 5
    wrong = [
        (place, of)
        for place, of, names in found
        if of not in TABLE.templates
        or names - {"to", "cls", "about"} != set(TABLE.templates[of].variables)
    ]
    assert wrong == []


def test_tries_are_spread_grow_and_end() -> None:
    def next_(tries: int, chance: float, doubts: int = 0, rank: Rank = Rank.ANSWER) -> object:
        return rule.after_failure(rank, tries=tries, doubts=doubts, chance=chance, now_ms=0)

    spans = [next_(n, 0.999999) for n in range(1, rule.TRIES_MAX)]
    waits = [each.at_ms for each in spans if isinstance(each, TryAgain)]
    assert waits == sorted(waits)
    assert max(waits) <= rule.HOUR_MS + 500
    assert isinstance(next_(5, 0.0), TryAgain)
    assert next_(rule.TRIES_MAX, 0.5) == GivenUp()
    assert next_(2, 0.5, doubts=rule.DOUBTS_MAX + 1) == GivenUp()
    code = next_(9, 0.999999, rank=Rank.CODE)
    assert isinstance(code, TryAgain)
    assert code.at_ms <= 20_500, "a code that comes late is worth nothing"
    asked = rule.after_failure(
        Rank.ANSWER, tries=1, doubts=0, chance=0.0, now_ms=0, wait_ms=300_000
    )
    assert asked == TryAgain(300_500), "never before the gateway wants it"
