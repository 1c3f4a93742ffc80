"""The rows of the yearly figures: who is counted, what makes a year complete, how targets and speed
are worked out.
"""

from datetime import date

import pytest

from server.actions.figures.targets import read_lines
from server.actions.lists.sheets import read_sheet
from server.records.basic_info_codes import DISEASES, GROUPS
from server.records.kinds import KINDS
from server.records.model import AccessClass
from server.rules.figures import (
    Done,
    Facts,
    Lack,
    Missing,
    Outside,
    Row,
    Served,
    Speed,
    Standing,
    is_low,
    mark_of,
    open_years,
    pace,
    parse,
    rules,
    share,
    standing,
    target_of,
    week_of,
)
from server.rules.life import STATES
from tests.cast_forms import good
from tests.source import REPOSITORY

ANNEX = REPOSITORY / "server" / "demo" / "huancui_2024.csv"
LATER_KINDS = {
    "child_check", "newborn_visit", "antenatal_first", "antenatal_next", "postpartum_visit"
}  # fmt: skip


def row(name: str) -> Row:
    found = rules().row(name)
    assert found is not None
    return found


def facts(
    *served: Served, born: str = "1955-03-12", diseases: str = "", groups: str = "",
    status: str = "usual",
) -> Facts:  # fmt: skip
    birth = date.fromisoformat(born) if born else None
    return Facts(status, birth, frozenset(diseases), frozenset(groups), True, served)


def visit(on: str, kind: str = "htn_followup", **changes: str) -> Served:
    return Served(kind, date.fromisoformat(on), good(kind, **changes))


def at(name: str, known: Facts, year: int = 2026) -> Standing:
    return standing(rules(), row(name), known, year)


def test_an_elder_is_whoever_turns_65_within_the_year() -> None:
    assert isinstance(at("elder", facts(born="1961-12-31")), Missing)
    assert isinstance(at("elder", facts(born="1962-01-01")), Outside)
    assert isinstance(at("elder", facts(born="")), Outside)


def test_a_child_is_counted_until_the_year_of_its_sixth_birthday() -> None:
    assert isinstance(at("child", facts(born="2020-01-01")), Missing)
    assert isinstance(at("child", facts(born="2019-12-31")), Outside)


def test_who_is_not_usual_here_is_not_counted() -> None:
    for status in ("temporary", "moved_out", "dead", "merged"):
        assert isinstance(at("archive", facts(status=status)), Outside)
    assert isinstance(at("archive", facts(status="absent")), Done)


def test_the_table_of_states_says_the_same() -> None:
    assert rules().statuses == {each.value for each, found in STATES.items() if found.counts}


def test_a_year_of_hypertension_is_four_visits_face_to_face_and_a_check() -> None:
    four = [visit(f"2026-{month}-10") for month in ("01", "04", "07", "10")]
    check = visit("2026-08-01", "health_check")
    ill = {"diseases": "2"}
    assert at("hypertension", facts(*four, check, **ill)) == Done(date(2026, 10, 10))
    assert at("hypertension", facts(*four[1:], check, **ill)) == Missing((Lack("htn_followup"),))
    phoned = [*four[1:], visit("2026-01-10", mode="3")]
    assert at("hypertension", facts(*phoned, check, **ill)) == Missing((Lack("htn_followup"),))
    lost = [*four[1:], visit("2026-01-10", lost_reason="1")]
    assert at("hypertension", facts(*lost, check, **ill)) == Missing((Lack("htn_followup"),))
    last_year = [*four[1:], visit("2025-12-31")]
    assert isinstance(at("hypertension", facts(*last_year, check, **ill)), Missing)
    assert isinstance(at("hypertension", facts(*four, check)), Outside)
    assert isinstance(at("hypertension", facts(*four, check, groups="2")), Done)


def test_results_that_were_not_fed_back_are_what_is_missing() -> None:
    body = good("health_check")
    del body["feedback_date"]
    check = Served("health_check", date(2026, 5, 1), body)
    assert at("elder", facts(check)) == Missing((Lack("health_check", 1, "feedback_date"),))
    assert at("elder", facts(check, visit("2026-06-01", "health_check"))) == Done(date(2026, 6, 1))


def test_a_pregnancy_may_begin_in_the_year_before() -> None:
    forms = [
        Served("antenatal_first", date(2025, 11, 3), {}),
        *(Served("antenatal_next", date(2026, month, 3), {}) for month in (1, 3, 5, 6)),
        Served("postpartum_visit", date(2026, 7, 3), {}),
    ]
    woman = {"born": "1998-02-01", "groups": "7"}
    assert at("maternal", facts(*forms, **woman)) == Done(date(2026, 7, 3))
    assert at("maternal", facts(*forms[:-1], **woman)) == Missing((Lack("postpartum_visit"),))
    assert isinstance(at("maternal", facts(*forms, born="1998-02-01")), Outside)


def test_the_table_names_only_what_there_is_and_nothing_restricted() -> None:
    known = {kind for kind, _ in KINDS}
    for each in rules().rows:
        assert set(each.who.diseases) <= set(DISEASES)
        assert set(each.who.groups) <= set(GROUPS)
        for need in each.needs:
            assert need.clause.startswith("S003-5")
            assert set(need.kinds) <= known | LATER_KINDS
            for kind in set(need.kinds) & known:
                for name in (*need.filled, *(name for name, _ in need.answers)):
                    field = KINDS[kind, 1].field(name)
                    assert field is not None
                    assert field.access is AccessClass.A


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6654", 6654), ("6,654", 6654), ("10396×64%", 6654), ("10396 x 64 %", 6654),
        ("107*90%", 97), ("1000×4.2%", 42), ("0", 0), ("100×100%", 100),
        ("", None), ("约 30", None), ("-3", None), ("3.5", None), ("10×101%", None),
        ("64%", None), ("=1+1", None),
    ],
)  # fmt: skip
def test_a_target_is_a_number_or_base_times_rate_rounded_up(text: str, number: int | None) -> None:
    assert target_of(text) == number


def test_the_annex_gives_every_facility_its_targets() -> None:
    names = [line.split(",")[0] for line in ANNEX.read_text("utf-8").splitlines()[1:]]
    known = {name: name.encode() for name in names if name != "合计"}
    found = read_lines(read_sheet(ANNEX.read_bytes()), known)
    assert (found.faults, found.lines) == ((), 10)
    assert set(found.items) == {"archive", "elder", "hypertension", "diabetes"}
    assert len(found.typed) == 40
    place = "张村镇卫生院".encode()
    assert (found.typed[place, "archive"], found.typed[place, "elder"]) == ("90000", "5331")


SECOND_PART = """facility,maternal_live_births_2023,maternal_system_90,under7_mgmt_90,eye_care_90
鲸园社区卫生服务中心,178,161,1919,1919
羊亭中心卫生院,107,96,1198,1198
合计,285,257,3117,3117
"""


def test_the_second_part_of_the_annex_gives_mothers_and_children() -> None:
    known = {"鲸园社区卫生服务中心": b"1", "羊亭中心卫生院": b"2"}
    found = read_lines(read_sheet(SECOND_PART.encode()), known)
    assert found.faults == ()
    assert found.typed == {
        (b"1", "maternal"): "161", (b"1", "child"): "1919",
        (b"2", "maternal"): "96", (b"2", "child"): "1198",
    }  # fmt: skip
    without = SECOND_PART.replace("羊亭中心卫生院,107,96,1198,1198\n", "")
    short = read_lines(read_sheet(without.encode()), known)
    assert [each.code for each in short.faults] == ["total", "total"]


def test_shares_meet_the_whole() -> None:
    assert [share(9, part, 4) for part in (3, 1)] == [7, 3]
    assert share(5, 0, 0) == 0


def test_red_is_behind_today_and_below_the_share_of_the_target() -> None:
    mark = mark_of(2026, date(2026, 11, 23))
    assert (mark.passed, mark.left, mark.days) == (326, 38, 365)
    assert is_low(rules(), 1100, 1508, mark)
    assert not is_low(rules(), 471, 520, mark)
    assert not is_low(rules(), 10, 100, mark_of(2026, date(2026, 1, 20))), "ahead in January"
    assert not is_low(rules(), 0, 0, mark)


def test_the_speed_of_the_last_weeks_is_held_against_what_is_left() -> None:
    assert pace(rules(), 1167, 328, 4, 38).speed is Speed.SHORT
    assert (pace(rules(), 1167, 328, 4, 38).per_week, pace(rules(), 1167, 328, 4, 38).needed) == (
        82, 215
    )  # fmt: skip
    assert pace(rules(), 94 * 5, 384, 4, 35).speed is Speed.TIGHT
    assert pace(rules(), 47, 400, 4, 38).speed is Speed.ENOUGH
    assert pace(rules(), 0, 0, 4, 0).speed is Speed.ENOUGH
    assert week_of(date(2026, 11, 22)) == date(2026, 11, 16)


def test_last_year_stays_open_for_late_records() -> None:
    assert open_years(rules(), date(2027, 3, 31)) == (2027, 2026)
    assert open_years(rules(), date(2027, 4, 1)) == (2027,)


def test_a_table_that_lacks_something_says_so() -> None:
    with pytest.raises(ValueError, match="late_days"):
        parse(
            "statuses = { value = [], clause = 'default' }\n"
            "low_percent = { value = 80, clause = 'default' }\n"
            "tight_percent = { value = 90, clause = 'default' }\nrow = []\n"
        )
