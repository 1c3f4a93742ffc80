"""A child that has no document yet: what it is called, whose it is (domain, 1.1).

Name = the mother's name + 之男 / 之女; children of one birth are counted. Pure.
"""

from datetime import date
from enum import StrEnum
from typing import Final

BOY, GIRL = "1", "2"
SUFFIX: Final = {BOY: "之男", GIRL: "之女"}
MOST_AT_ONCE: Final = 6
YOUNGEST_MOTHER, OLDEST_MOTHER = 12, 60
LATEST_DAYS: Final = 366
"""Older children are opened at the desk like everybody else (default)."""


class NoNewborn(StrEnum):
    """Why no archive is opened for the child this way."""

    NOT_A_MOTHER = "not_a_mother"
    MOTHER_GONE = "mother_gone"
    NOT_BORN_YET = "not_born_yet"
    NOT_NEWBORN = "not_newborn"


def name_of(mother: str, sex: str, birth_order: int) -> str:
    """林小雨之男; of twins 林小雨之男1, 林小雨之女2. `birth_order` 0: a single child."""
    return f"{mother}{SUFFIX[sex]}{birth_order or ''}"


def may_be_opened(
    *, mother_sex: str, mother_birth: date | None, mother_state: str, born: date, today: date
) -> NoNewborn | None:
    """None when the archive may be opened. A mother who died at birth has a child all the same."""
    if mother_sex != GIRL or mother_birth is None:
        return NoNewborn.NOT_A_MOTHER
    if not YOUNGEST_MOTHER <= born.year - mother_birth.year <= OLDEST_MOTHER:
        return NoNewborn.NOT_A_MOTHER
    if mother_state == "merged":
        return NoNewborn.MOTHER_GONE
    if born > today:
        return NoNewborn.NOT_BORN_YET
    if (today - born).days > LATEST_DAYS:
        return NoNewborn.NOT_NEWBORN
    return None
