"""Identity: the arithmetic of GB 11643 and what must fit it."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.columns import normalise_id_number
from server.records.id_number import check_sign
from server.rules.identity import (
    Differs,
    Fits,
    Holder,
    Invalid,
    Part,
    Reason,
    Valid,
    read_id_number,
    unique_key,
    verify,
)

WOMAN = "11010519491231002X"
MAN = "440524188001010014"
DIGITS = st.text("0123456789", min_size=17, max_size=17)
REGIONS = st.sampled_from(["110105", "371002", "500107", "140106", "810000", "830000", "911101"])
BIRTHS = st.dates(date(1860, 1, 1), date(2026, 3, 1))


@st.composite
def id_numbers(draw: st.DrawFn) -> tuple[str, date, str]:
    """A valid number, and the birth date and sex it was made from."""
    birth = draw(BIRTHS)
    sequence = draw(st.integers(0, 999))
    seventeen = f"{draw(REGIONS)}{birth:%Y%m%d}{sequence:03d}"
    return seventeen + check_sign(seventeen), birth, "1" if sequence % 2 else "2"


def test_the_samples_of_the_standard() -> None:
    assert check_sign("11010519491231002") == "X"
    assert check_sign("44052418800101001") == "4"
    assert read_id_number(WOMAN) == Valid(date(1949, 12, 31), "2", WOMAN, Holder.CITIZEN)
    assert read_id_number(MAN) == Valid(date(1880, 1, 1), "1", MAN, Holder.CITIZEN)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.SHAPE),
        ("1101051949123100", Reason.SHAPE),
        ("11010519491231002XX", Reason.SHAPE),
        ("1101051949123100X2", Reason.SHAPE),
        ("११०१०५१९४९१२३१००२X", Reason.SHAPE),
        ("000105194912310021", Reason.REGION),
        ("840000194912310021", Reason.REGION),
        ("810001194912310021", Reason.REGION),
        ("110105194913310021", Reason.BIRTH),
        ("110105194902290021", Reason.BIRTH),
        ("110105000001010021", Reason.BIRTH),
        ("110105194912310021", Reason.CHECK_SIGN),
    ],
)
def test_what_cannot_be_a_number_says_why(text: str, reason: Reason) -> None:
    assert read_id_number(text) == Invalid(reason)


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002x",
        " 11010519491231002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
        "110105491231002",
        "１１０１０５４９１２３１００２",
    ],
)
def test_many_spellings_are_one_number(text: str) -> None:
    assert normalise_id_number(text) == WOMAN
    assert isinstance(read_id_number(text), Valid)


@pytest.mark.parametrize(
    ("region", "holder"),
    [
        ("371002", Holder.CITIZEN),
        ("810000", Holder.HK_MO_TW),
        ("820000", Holder.HK_MO_TW),
        ("830000", Holder.HK_MO_TW),
        ("911101", Holder.FOREIGNER),
    ],
)
def test_the_first_digits_say_whose_number_it_is(region: str, holder: Holder) -> None:
    seventeen = f"{region}19800229001"
    found = read_id_number(seventeen + check_sign(seventeen))
    assert isinstance(found, Valid)
    assert found.holder is holder
    assert found.birth == date(1980, 2, 29)


@given(id_numbers())
def test_every_number_gives_back_the_birth_and_sex_it_was_made_from(
    made: tuple[str, date, str],
) -> None:
    number, birth, sex = made
    found = read_id_number(number)
    assert isinstance(found, Valid)
    assert (found.birth, found.sex, found.normalised) == (birth, sex, number)


@given(id_numbers(), st.integers(0, 17), st.sampled_from(string.digits + "X"))
def test_one_wrong_sign_is_always_noticed(
    made: tuple[str, date, str], place: int, sign: str
) -> None:
    number = made[0]
    wrong = number[:place] + sign + number[place + 1 :]
    assert (wrong == number) == isinstance(read_id_number(wrong), Valid)


@given(id_numbers(), st.integers(0, 16))
def test_two_neighbours_changing_places_are_always_noticed(
    made: tuple[str, date, str], place: int
) -> None:
    number = made[0]
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        assert isinstance(read_id_number(swapped), Invalid)


@given(st.text())
def test_no_text_makes_the_reading_fail_in_another_way(text: str) -> None:
    assert isinstance(read_id_number(text), Valid | Invalid)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_an_old_number_is_the_new_one_without_century_and_check(birth: date, n: int) -> None:
    old = f"371002{birth:%y%m%d}{n:03d}"
    new = read_id_number(old)
    assert isinstance(new, Valid)
    assert new.birth == birth
    assert new.normalised[:6] + new.normalised[8:17] == old


def test_what_was_typed_must_be_what_the_document_says() -> None:
    born = date(1949, 12, 31)
    assert verify("01", WOMAN.lower(), birth=born, sex="2") == Fits(f"01:{WOMAN}")
    assert verify("01", WOMAN, birth=born, sex="1") == Differs((Part.SEX,))
    assert verify("01", WOMAN, birth=date(1949, 12, 30), sex="1") == Differs((Part.BIRTH, Part.SEX))
    assert verify("01", WOMAN[:-1] + "1", birth=born, sex="2") == Differs((Part.NUMBER,))
    assert verify("05", WOMAN, birth=born, sex="2") == Differs((Part.HOLDER,))
    assert verify("04", "E12345678", birth=born, sex="2") == Fits("04:E12345678")


def test_old_and_new_spelling_have_one_unique_key() -> None:
    assert unique_key("01", "110105491231002") == unique_key("01", WOMAN)
    assert unique_key("01", WOMAN) != unique_key("02", WOMAN)
