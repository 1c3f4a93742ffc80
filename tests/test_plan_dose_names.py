"""Which dose a row of a list asks for, by its slot and the day of birth."""

from datetime import date

from server.rules.plan.dose_names import DoseName, dose_name

BABY = date(2025, 3, 1)


def test_a_slot_says_the_vaccine_and_the_dose_as_reasons_do() -> None:
    assert dose_name("mmr-2", BABY) == DoseName(("麻腮风疫苗（MMR）",), 2)
    assert dose_name("polio-1", BABY) == DoseName(("脊灰灭活疫苗（IPV）",), 1)
    assert dose_name("polio-3", BABY) == DoseName(("二价脊灰减毒活疫苗（bOPV）",), 3)


def test_what_an_older_child_catches_up_with_is_named_by_its_own_vaccine() -> None:
    assert dose_name("dt-2", date(2018, 3, 1)) == DoseName(("白破疫苗（DT）",), 2)


def test_where_only_the_archive_tells_which_vaccine_goes_on_both_are_named() -> None:
    second = dose_name("je-2", BABY)
    assert second is not None
    assert second.vaccines == ("乙脑减毒活疫苗（JE-L）", "乙脑灭活疫苗（JE-I）")
    first = dose_name("je-1", BABY)
    assert first is not None
    assert first.vaccines == ("乙脑减毒活疫苗（JE-L）",)


def test_a_slot_of_no_dose_has_no_name() -> None:
    assert dose_name("hepb-extra", BABY) is None
    assert dose_name("kindergarten", BABY) is None
    assert dose_name("nothing-2", BABY) is None
