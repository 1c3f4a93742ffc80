"""Who is at high risk of hypertension (P04) or diabetes (P12), and by what.

Of each measure the newest reading up to the end of the year counts, so a risk that was mended is
none. Registered patients are not at risk, they are patients. For diabetes the specification names
no criteria; those of the national guideline that an archive can tell are used ("default").
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from server.records.model import decimal_text
from server.rules.plan.model import LOST, Facts, Record
from server.rules.plan.readings import OPEN, pressure
from server.rules.plan.spells import birthday

WORDS: Final[Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)
_FAMILY: Final = ("fam_father", "fam_mother", "fam_sibling", "fam_child")
_MALE: Final = "1"
_SALTY: Final = "4"  # diet of health_check
_HYPERTENSION: Final = "2"  # of hx_disease, fam_* and special_group
_DIABETES: Final = "3"
_VESSELS: Final = frozenset({"4", "7"})
_TENS: Final = {"dm_followup": 10}  # its glucose is in tenths of mmol/L, elsewhere in hundredths
_PRESSURE: Final = "pressure"
_READ: Final = ("bmi", "waist", "drink_per_day", "diet", "fpg", "hdl", "tg")


@dataclass(frozen=True, slots=True)
class Risk:
    """One reason to be at risk: since when it is known, by which record, and what it is."""

    since: date
    record: bytes | None
    said: str


Newest = Mapping[str, Record]
"""The newest record of each measure up to the end of a year, by the measure's name."""


def hypertension(
    facts: Facts, year: int, numbers: Mapping[str, int], newest: Newest
) -> tuple[Risk, ...]:
    """What makes this person one at high risk of hypertension in a year; nothing, if nothing."""
    if facts.birth is None or birthday(facts.birth, numbers["from_age"]).year > year:
        return ()
    return tuple(_hypertension(facts, year, numbers, newest))


def diabetes(
    facts: Facts, year: int, numbers: Mapping[str, int], newest: Newest
) -> tuple[Risk, ...]:
    """The same for diabetes."""
    if facts.birth is None or birthday(facts.birth, numbers["from_age"]).year > year:
        return ()
    return tuple(_diabetes(facts, year, numbers, newest))


def said(risks: tuple[Risk, ...]) -> str:
    """All of them in one line."""
    return WORDS["and"].join(each.said for each in risks)


def newest_of(facts: Facts, year: int) -> Newest:
    """The newest readings of what is looked at, in open records."""
    last = date(year, 12, 31)
    found: dict[str, Record] = {}
    missing = [*_READ]
    for each in sorted(facts.records, key=_newest_first, reverse=True):
        body = each.body
        if each.on > last or each.cls != OPEN or LOST in body:
            continue
        for name in [name for name in missing if name in body]:
            found[name] = each
            missing.remove(name)
        if _PRESSURE not in found and pressure(each) is not None:
            found[_PRESSURE] = each
    return found


def _newest_first(each: Record) -> tuple[date, bytes]:
    return each.on, each.id


def _hypertension(
    facts: Facts, year: int, numbers: Mapping[str, int], newest: Newest
) -> Iterator[Risk]:
    measured = newest.get(_PRESSURE)
    read = pressure(measured) if measured else None
    if read is not None and _is_high_normal(read.sbp, read.dbp, numbers):
        yield _read(read.record, "pressure", sbp=read.sbp, dbp=read.dbp)
    yield from _size(facts, numbers, newest)
    if _in_family(facts, _HYPERTENSION):
        yield _always(facts, year, "family_hypertension")
    eaten = newest.get("diet")
    if eaten is not None and _SALTY in eaten.body["diet"]:
        yield _read(eaten, "salt")
    drunk, liang = _number(newest, "drink_per_day")
    if drunk is not None and liang >= numbers["drink"]:
        yield _read(drunk, "drink", value=decimal_text(liang, 1))
    assert facts.birth is not None
    old = birthday(facts.birth, numbers["age"])
    if old.year <= year:
        yield Risk(old, None, WORDS["age"].format(value=numbers["age"]))


def _diabetes(
    facts: Facts, year: int, numbers: Mapping[str, int], newest: Newest
) -> Iterator[Risk]:
    taken, hundredths = _number(newest, "fpg")
    if taken is not None:
        hundredths *= _TENS.get(taken.kind, 1)
        if numbers["fpg_from"] <= hundredths < numbers["fpg_below"]:
            yield _read(taken, "glucose", value=decimal_text(hundredths, 2))
    yield from _size(facts, numbers, newest)
    if _in_family(facts, _DIABETES):
        yield _always(facts, year, "family_diabetes")
    diseases = facts.codes("hx_disease")
    if _HYPERTENSION in diseases or _HYPERTENSION in facts.codes("special_group"):
        yield _always(facts, year, "hypertension")
    if not diseases.isdisjoint(_VESSELS):
        yield _always(facts, year, "vessels")
    good, hdl = _number(newest, "hdl")
    bad, tg = _number(newest, "tg")
    if good is not None and hdl <= numbers["hdl"]:
        yield _read(good, "lipids")
    elif bad is not None and tg >= numbers["tg"]:
        yield _read(bad, "lipids")


def _size(facts: Facts, numbers: Mapping[str, int], newest: Newest) -> Iterator[Risk]:
    weighed, bmi = _number(newest, "bmi")
    if weighed is not None and bmi >= numbers["bmi"]:
        yield _read(weighed, "bmi", value=decimal_text(bmi, 1))
    girded, waist = _number(newest, "waist")
    wide = numbers["waist_man" if facts.sex == _MALE else "waist_woman"]
    if girded is not None and waist >= wide:
        yield _read(girded, "waist", value=decimal_text(waist, 1))


def _is_high_normal(sbp: int, dbp: int, numbers: Mapping[str, int]) -> bool:
    """Where 140/90 is reached another rule asks for more (P03)."""
    raised = sbp >= numbers["sbp"] or dbp >= numbers["dbp"]
    return raised and sbp < numbers["sbp_below"] and dbp < numbers["dbp_below"]


def _in_family(facts: Facts, disease: str) -> bool:
    return any(disease in facts.codes(name) for name in _FAMILY)


def _number(newest: Newest, name: str) -> tuple[Record | None, int]:
    found = newest.get(name)
    value: Any = found.body[name] if found is not None else None
    return (found, value) if isinstance(value, int) else (None, 0)


def _read(record: Record, word: str, **given: str | int) -> Risk:
    said = WORDS[word].format(on=record.on.isoformat(), **given)
    return Risk(record.on, record.id, said)


def _always(facts: Facts, year: int, word: str) -> Risk:
    """A cell has no day: known since the archive was opened, as far as that is known."""
    return Risk(facts.since or date(year, 1, 1), None, WORDS[word])
