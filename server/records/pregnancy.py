"""What the forms of pregnancy and birth have in common."""

from typing import Final

from server.records.model import SEX, Check, Scaled

WEIGHT: Final = Scaled(1, 250, 2000, 350, 1300, "kg")


def _is_a_man(sex: str) -> bool:
    return sex == "1"


def of_a_woman(field: str) -> Check:
    """Nobody registered as a man is pregnant or gives birth."""
    return Check("of_a_woman", (SEX,), _is_a_man, "档案中的性别为男，请核对", field=field)


def well_at_high_pressure(grade: str, sbp: int, dbp: int) -> bool:
    """Found well at 140/90 or above, where in pregnancy and after birth nobody is."""
    return grade == "1" and (sbp >= 140 or dbp >= 90)


def pressure_fits(grade: str) -> Check:
    """At 140/90 and above in pregnancy or after birth nothing is unremarkable."""
    return Check(
        "grade_fits_pressure",
        (grade, "sbp", "dbp"),
        well_at_high_pressure,
        "血压达到 140/90 却选择了未见异常，请核对",
        warn=True,
    )
