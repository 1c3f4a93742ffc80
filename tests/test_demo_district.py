"""The demo district: the head counts of annex 2, well-formed people, and nobody real."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

import msgspec
import pytest

from server.demo import archive
from server.demo.counts import COLUMNS, apportion, published, scaled
from server.demo.district import DEFAULT_DAY, generate
from server.demo.identities import BirthDays, id_number
from server.demo.model import (
    Area,
    Condition,
    Facility,
    FacilityWork,
    Group,
    Item,
    PastRecord,
    Resident,
    Staff,
    Team,
)
from server.demo.names import RARE
from server.records import kinds
from server.records.check import check
from server.records.model import Shape, Subject

CHRONIC = ("htn_followup", "dm_followup", "health_check")
WEIGHTS_OF_18 = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)


@pytest.fixture(scope="module")
def district() -> tuple[Item, ...]:
    return tuple(generate(100, 2024))


@pytest.fixture(scope="module")
def residents(district: tuple[Item, ...]) -> tuple[Resident, ...]:
    return tuple(item for item in district if isinstance(item, Resident))


@pytest.fixture(scope="module")
def records(district: tuple[Item, ...]) -> tuple[PastRecord, ...]:
    return tuple(item for item in district if isinstance(item, PastRecord))


def counted(residents: Iterator[Resident]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in residents:
        counts["population"] += 1
        counts["archives"] += each.has_archive
        counts.update(each.groups)
        counts.update(each.conditions)
    return counts


def test_the_published_columns_add_up_to_the_published_total() -> None:
    facilities, total = published()
    assert len(facilities) == 10
    for column in COLUMNS:
        assert sum(getattr(each, column) for each in facilities) == getattr(total, column)


def test_at_one_to_one_the_counts_are_the_published_ones() -> None:
    assert scaled(1) == published()[0]


@pytest.mark.parametrize("scale", [2, 3, 7, 10, 100, 500])
def test_a_scaled_column_keeps_its_rounded_total(scale: int) -> None:
    _, total = published()
    for column in COLUMNS:
        wanted = int(getattr(total, column) / scale + 0.5)
        assert sum(getattr(each, column) for each in scaled(scale)) == wanted


def test_largest_remainders_are_served_first() -> None:
    assert apportion([150, 140, 110], 100) == [2, 1, 1]


def test_a_district_cannot_be_enlarged() -> None:
    with pytest.raises(ValueError, match="scale 1:0"):
        list(generate(0, 1))


def test_every_facility_has_the_people_that_annex_two_gives_it(
    district: tuple[Item, ...], residents: tuple[Resident, ...]
) -> None:
    names = {item.id: item.name for item in district if isinstance(item, Facility)}
    for counts in scaled(100):
        found = counted(r for r in residents if names[r.facility] == counts.facility)
        wanted = {
            "population": counts.population,
            "archives": counts.archives,
            Group.ELDERLY: counts.elderly,
            Group.MOTHER: counts.mothers,
            Group.NEWBORN: counts.newborns,
            Group.CHILD_0_6: counts.children_0_6,
            Group.CHILD_0_36_MONTHS: counts.children_0_36_months,
            Condition.HYPERTENSION: counts.htn,
            Condition.DIABETES: counts.dm,
        }
        assert found == Counter(wanted)


def test_groups_follow_from_the_birth_date(residents: tuple[Resident, ...]) -> None:
    def years_ago(years: int) -> date:
        return DEFAULT_DAY.replace(year=DEFAULT_DAY.year - years)

    for each in residents:
        born = each.birth_date
        assert born <= DEFAULT_DAY
        assert (Group.ELDERLY in each.groups) == (born <= years_ago(65))
        assert (Group.CHILD_0_6 in each.groups) == (born > years_ago(7))
        assert (Group.CHILD_0_36_MONTHS in each.groups) == (born > years_ago(3))
        assert (Group.NEWBORN in each.groups) == (born > years_ago(1))
        assert Group.MOTHER not in each.groups or each.sex == "2"
        assert not each.conditions or born <= years_ago(35)


def test_identity_numbers_pass_the_check_of_gb_11643(residents: tuple[Resident, ...]) -> None:
    for each in residents:
        digits = [10 if sign == "X" else int(sign) for sign in each.id_no]
        assert sum(d * w for d, w in zip(digits, WEIGHTS_OF_18, strict=True)) % 11 == 1
        assert each.id_no[:6] == "371002"
        assert each.id_no[6:14] == f"{each.birth_date:%Y%m%d}"
        assert int(each.id_no[16]) % 2 == int(each.sex == "1")


def test_a_day_deals_out_all_its_numbers_before_it_says_that_they_are_used_up() -> None:
    days = BirthDays(date(1990, 1, 1), date(1990, 1, 2), offset=5)
    dealt = [days.next() for _ in range(2 * 499)]
    numbers = {id_number(day, turn, male=male) for day, turn in dealt for male in (True, False)}
    assert len(numbers) == 2 * 2 * 499
    with pytest.raises(OverflowError):
        days.next()


def test_nobody_shares_a_number_or_an_id(
    residents: tuple[Resident, ...], records: tuple[PastRecord, ...]
) -> None:
    assert len({each.id_no for each in residents}) == len(residents)
    assert len({each.phone for each in residents}) == len(residents)
    assert len({each.id for each in residents}) == len(residents)
    assert len({each.id for each in records}) == len(records)
    with_archive = [each.archive_no for each in residents if each.has_archive]
    assert len(set(with_archive)) == len(with_archive)
    assert all(len(number) == 17 and number.isdigit() for number in with_archive)


def test_every_archive_lies_in_a_village_that_its_facility_serves(
    district: tuple[Item, ...], residents: tuple[Resident, ...]
) -> None:
    served = {item.code: item.facility for item in district if isinstance(item, Area)}
    for each in residents:
        if each.has_archive:
            assert served[each.archive_no[:12]] == each.facility


def test_ids_are_shaped_like_uuid_version_seven(district: tuple[Item, ...]) -> None:
    for item in district:
        if isinstance(item, Area):
            continue
        assert len(item.id) == 16
        assert item.id[6] >> 4 == 7
        assert item.id[8] >> 6 == 2


def test_whoever_reads_an_archive_sees_that_it_is_made_up(residents: tuple[Resident, ...]) -> None:
    for each in residents:
        assert "演示" in each.address
        assert each.phone.startswith("19900")
        assert len(each.phone) == 11


def test_names_carry_the_characters_that_break_software(residents: tuple[Resident, ...]) -> None:
    for rare in RARE:
        assert any(rare in each.name for each in residents)
    assert all(2 <= len(each.name) <= 4 for each in residents)


def test_no_team_has_more_than_two_thousand_residents() -> None:
    people: Counter[bytes] = Counter()
    teams: dict[bytes, Team] = {}
    staff: Counter[bytes] = Counter()
    for item in generate(10, 1):
        if isinstance(item, Team):
            teams[item.id] = item
        elif isinstance(item, Resident):
            people[item.team] += 1
        elif isinstance(item, Staff) and item.team:
            staff[item.team] += 1
    assert people == {team.id: team.residents for team in teams.values()}
    assert max(people.values()) <= 2_000
    assert set(staff.values()) == {3}


def test_whoever_is_named_was_introduced_before(district: tuple[Item, ...]) -> None:
    known: set[bytes] = set()
    for item in district:
        match item:
            case Area() | Team():
                assert item.facility in known
            case Staff():
                assert item.facility in known
                assert item.team is None or item.team in known
            case Resident():
                assert {item.facility, item.team} <= known
            case PastRecord():
                assert {item.resident, item.staff, item.team, item.facility} <= known
            case FacilityWork():
                assert {item.facility, item.staff} <= known
            case Facility():
                pass
        known.add(item.id)


def test_every_form_of_the_past_year_is_filled_in_without_a_fault(
    residents: tuple[Resident, ...], records: tuple[PastRecord, ...]
) -> None:
    people = {each.id: each for each in residents}
    wanted = {
        each.id
        for each in kinds.everything()
        if each.subject is Subject.RESIDENT and each.shape is Shape.EVENT and not each.by_resident
    }
    assert {each.kind for each in records} == wanted, "somebody has a record of each kind"
    for each in records:
        person = people[each.resident]
        faults = check(
            kinds.get(each.kind, each.version),
            msgspec.json.encode(each.body),
            on=each.on,
            today=DEFAULT_DAY,
            sex=person.sex,
            birth=person.birth_date,
        )
        assert faults == ()


def test_every_centre_has_its_work_of_the_year_written_down_without_a_fault(
    district: tuple[Item, ...],
) -> None:
    work = [each for each in district if isinstance(each, FacilityWork)]
    wanted = {each.id for each in kinds.everything() if each.subject is Subject.FACILITY}
    for place in (each for each in district if isinstance(each, Facility)):
        assert {each.kind for each in work if each.facility == place.id} == wanted
    for each in work:
        kind = kinds.get(each.kind, each.version)
        body = msgspec.json.encode(each.body)
        assert check(kind, body, on=each.on, today=DEFAULT_DAY) == ()
    assert len({each.id for each in work}) == len(work)


def test_every_archive_has_a_first_page_without_a_fault(residents: tuple[Resident, ...]) -> None:
    kind = kinds.get(archive.KIND, archive.VERSION)
    for each in residents:
        if each.has_archive:
            page = archive.basic_info(each, today=DEFAULT_DAY)
            assert check(kind, msgspec.json.encode(page), on=DEFAULT_DAY, today=DEFAULT_DAY) == ()
            assert page == archive.basic_info(each, today=DEFAULT_DAY)


def test_records_lie_in_a_life_in_the_order_of_their_days_the_chronic_ones_in_the_last_year(
    residents: tuple[Resident, ...], records: tuple[PastRecord, ...]
) -> None:
    born = {each.id: each.birth_date for each in residents}
    year = DEFAULT_DAY - timedelta(days=365)
    for each in records:
        first = year if each.kind in CHRONIC else born[each.resident]
        assert first <= each.on <= DEFAULT_DAY
    last: dict[bytes, date] = {}
    for each in records:
        assert last.get(each.resident, each.on) <= each.on
        last[each.resident] = each.on


def test_patients_managed_by_the_standard_have_at_least_four_follow_ups(
    records: tuple[PastRecord, ...],
) -> None:
    visits = Counter((each.resident, each.kind) for each in records)
    wanted = {
        "htn_followup": sum(each.htn_managed for each in scaled(100)),
        "dm_followup": sum(each.dm_managed for each in scaled(100)),
    }
    for kind, patients in wanted.items():
        assert sum(n >= 4 for (_, of), n in visits.items() if of == kind) == patients


def test_checked_elderly_are_as_many_as_the_annex_wants(
    residents: tuple[Resident, ...], records: tuple[PastRecord, ...]
) -> None:
    old = {each.id for each in residents if Group.ELDERLY in each.groups}
    checked = [
        each.resident for each in records if each.kind == "health_check" and each.resident in old
    ]
    assert len(checked) == len(set(checked))
    assert len(checked) == sum(each.elderly_managed for each in scaled(100))


LASTING = (
    "height",
    "smoke_per_day",
    "smoke_now",
    "drink_per_day",
    "drink_now",
    "exercise_freq_now",
)
SAME_ANSWER = {"smoke_per_day": "smoke_now", "drink_per_day": "drink_now"}


def test_one_person_has_one_body_and_one_set_of_habits_in_every_form(
    residents: tuple[Resident, ...], records: tuple[PastRecord, ...]
) -> None:
    grown = {each.id for each in residents if each.birth_date.year < DEFAULT_DAY.year - 18}
    said: dict[tuple[bytes, str], set[int]] = {}
    for each in (each for each in records if each.resident in grown):
        body = dict(each.body)
        if "smoke" in body:
            body = {"smoke_per_day": 0, "drink_per_day": 0} | body
        for name in LASTING:
            if name in body:
                said.setdefault((each.resident, SAME_ANSWER.get(name, name)), set()).add(body[name])
        if "weight" in body and not each.kind.startswith("antenatal"):
            said.setdefault((each.resident, "weight"), set()).add(body["weight"])
    assert {name for _, name in said} == {
        "height", "weight", "smoke_now", "drink_now", "exercise_freq_now",
    }  # fmt: skip
    assert [who for who, found in said.items() if len(found) > 1] == []


def test_the_forms_of_one_day_say_one_pressure(records: tuple[PastRecord, ...]) -> None:
    taken: dict[tuple[bytes, date], set[tuple[int, int]]] = {}
    for each in records:
        if each.kind in CHRONIC:
            body = each.body
            names = ("bp_l_sys", "bp_l_dia") if each.kind == "health_check" else ("sbp", "dbp")
            pair = (body[names[0]], body[names[1]])
            taken.setdefault((each.resident, each.on), set()).add(pair)
    assert [who for who, found in taken.items() if len(found) > 1] == []


def test_the_same_seed_gives_the_same_district_and_another_seed_another() -> None:
    assert list(generate(500, 3)) == list(generate(500, 3))
    assert list(generate(500, 3)) != list(generate(500, 4))


def test_the_full_district_streams_through_little_memory() -> None:
    tracemalloc.start()
    try:
        for _ in islice(generate(1, 1), 20_000):
            pass
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 16_000_000
