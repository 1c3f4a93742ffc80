"""What the forms of pregnancy and birth have in common."""

from typing import Any, Final

from server.records import definitions
from server.records.model import SEX, Check, Scaled

WEIGHT: Final = Scaled(1, 250, 2000, 350, 1300, "kg")


_IS_A_MAN: Final = ["=", definitions.known("sex"), "1"]


def of_a_woman(field: str) -> Check:
    """Nobody registered as a man is pregnant or gives birth."""
    return Check("of_a_woman", (SEX,), _IS_A_MAN, "档案中的性别为男，请核对", field=field)


def well_at_high_pressure(grade: str) -> list[Any]:
    """Found well at 140/90 or above, where in pregnancy and after birth nobody is."""
    high = ["or", [">=", definitions.field("sbp"), 140], [">=", definitions.field("dbp"), 90]]
    return ["and", ["=", definitions.field(grade), "1"], high]


def pressure_fits(grade: str) -> Check:
    """At 140/90 and above in pregnancy or after birth nothing is unremarkable."""
    return Check(
        "grade_fits_pressure",
        (grade, "sbp", "dbp"),
        well_at_high_pressure(grade),
        "血压达到 140/90 却选择了未见异常，请核对",
        warn=True,
    )
