"""One value against its field type, slowly and with a sentence for every fault.

`read` takes a decoded JSON value and gives back the value that checks work with (days as `date`)
and what is wrong with it. check.py only comes here when the fast decoder was not content.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, cast

from server.records.model import (
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Int,
    ListOf,
    Month,
    Ref,
    Scaled,
    Text,
    Time,
    decimal_text,
)

TIME_PATTERN: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
MONTH_PATTERN: Final = "(18[5-9][0-9]|19[0-9]{2}|2[01][0-9]{2})-(0[1-9]|1[0-2])"
FIRST_DAY: Final = date(1850, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""Between these every day and month of a form lies: nobody alive was born before, no next visit is
later."""
REF_PATTERN: Final = "[0-9a-f]{32}"
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class FaultCode(StrEnum):
    """What is wrong with a value; stable, part of the tablets' answer."""

    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_CODE = "unknown_code"
    CONTRADICTION = "contradiction"
    DUPLICATE_KEY = "duplicate_key"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `field` is "" for the whole record, "meds/0/name" inside a list.

    `warn`: only questioned, the form may be saved as it is.
    """

    field: str
    code: FaultCode
    sentence_zh: str
    warn: bool = False


Faults = tuple[Fault, ...]
Read = tuple[Any, Faults]
"""The value for the checks, and its faults; with a hard fault the value is None."""


def read(each: Field, raw: object, *, today: date, at: str = "") -> Read:
    """The value of one field and every fault of it. `at` is the path in front of its name."""
    place = f"{at}{each.name}"
    value, faults = _read(each.type, raw, label=each.label, place=place, today=today)
    if any(not fault.warn for fault in faults):
        return None, faults
    return value, faults


def read_key(each: Field, key: str) -> Faults:
    """The faults of a set element's key: a code of the field, or the id of a list item."""
    place = f"{each.name}/{key}"
    keyed: FieldType = each.type
    if isinstance(keyed, ListOf):
        keyed = next(inner.type for inner in keyed.fields if inner.name == keyed.key)
    if isinstance(keyed, Code | Codes):
        return () if key in keyed.codes else (_unknown(each.label, place),)
    return _read(keyed, key, label=each.label, place=place, today=date.max)[1]


def missing(each: Field, *, at: str = "") -> Fault:
    """The fault of a required field that was left out."""
    return Fault(f"{at}{each.name}", FaultCode.MISSING, f"请填写{each.label}")


def _read(kind: FieldType, raw: object, *, label: str, place: str, today: date) -> Read:
    match kind:
        case Int() | Scaled():
            return _number(kind, raw, label=label, place=place)
        case Text(least, most, pattern):
            return _text(raw, (least, most, pattern), label=label, place=place)
        case Code(codes):
            return _code(codes, raw, label=label, place=place)
        case Codes():
            return _codes(kind, raw, label=label, place=place)
        case Day(past):
            return _day(raw, past=past, label=label, place=place, today=today)
        case Month(past):
            return _month(raw, past=past, label=label, place=place, today=today)
        case Time():
            return _time(raw, label=label, place=place)
        case Ref():
            return _text(raw, (32, 32, REF_PATTERN), label=label, place=place)
        case ListOf():
            return _list(kind, raw, label=label, place=place, today=today)


def _wrong(label: str, place: str, expected: str) -> Read:
    return None, (Fault(place, FaultCode.WRONG_TYPE, f"{label}应为{expected}"),)


def _unknown(label: str, place: str) -> Fault:
    return Fault(place, FaultCode.UNKNOWN_CODE, f"{label}没有这个选项")


def _number(kind: Int | Scaled, raw: object, *, label: str, place: str) -> Read:
    if not isinstance(raw, int) or isinstance(raw, bool):
        return _wrong(label, place, "整数" if isinstance(kind, Int) else "数字")
    places = kind.places if isinstance(kind, Scaled) else 0
    unit = f" {kind.unit}" if kind.unit else ""
    if not kind.low <= raw <= kind.high:
        low, high = decimal_text(kind.low, places), decimal_text(kind.high, places)
        gap = "" if unit[-1:] >= "一" else " "  # 5 剂之间, but 260 mmHg 之间
        said = f"{label}应在 {low} 到 {high}{unit}{gap}之间"
        return None, (Fault(place, FaultCode.OUT_OF_RANGE, said),)
    usual_low, usual_high = usual_band(kind)
    if not usual_low <= raw <= usual_high:
        said = f"{label} {decimal_text(raw, places)}{unit} 少见，请核对"
        return raw, (Fault(place, FaultCode.OUT_OF_RANGE, said, warn=True),)
    return raw, ()


def usual_band(kind: Int | Scaled) -> tuple[int, int]:
    """The soft band: inside it nobody is asked to look twice."""
    low = kind.low if kind.warn_low is None else kind.warn_low
    high = kind.high if kind.warn_high is None else kind.warn_high
    return low, high


def _text(raw: object, rule: tuple[int, int, str], *, label: str, place: str) -> Read:
    if not isinstance(raw, str):
        return _wrong(label, place, "文字")
    least, most, pattern = rule
    if _CONTROL.search(raw) or not _is_unicode(raw):
        return None, (Fault(place, FaultCode.MALFORMED, f"{label}含有无法保存的字符"),)
    if not least <= len(raw) <= most:
        said = f"{label}应为 {least} 到 {most} 个字" if least != most else f"{label}应为 {most} 位"
        return None, (Fault(place, FaultCode.OUT_OF_RANGE, said),)
    if pattern and not re.fullmatch(pattern, raw):
        return None, (Fault(place, FaultCode.WRONG_TYPE, f"{label}的格式不对"),)
    return raw, ()


def _time(raw: object, *, label: str, place: str) -> Read:
    """A time of the day says how it is written, whatever is wrong with it."""
    if isinstance(raw, str) and re.fullmatch(TIME_PATTERN, raw):
        return raw, ()
    return None, (Fault(place, FaultCode.WRONG_TYPE, f"{label}请写成 09:30 这样"),)


def _is_unicode(text: str) -> bool:
    """False for a half of a surrogate pair, which no UTF-8 text can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _code(codes: Mapping[str, str], raw: object, *, label: str, place: str) -> Read:
    if not isinstance(raw, str):
        return _wrong(label, place, "选项代码")
    if raw not in codes:
        return None, (_unknown(label, place),)
    return raw, ()


def _codes(kind: Codes, raw: object, *, label: str, place: str) -> Read:
    if not isinstance(raw, list):
        return _wrong(label, place, "选项列表")
    chosen = cast("list[object]", raw)
    if not all(isinstance(code, str) for code in chosen):
        return _wrong(label, place, "选项列表")
    if not chosen:
        return None, (Fault(place, FaultCode.MISSING, f"请至少选择一项{label}"),)
    if any(code not in kind.codes for code in chosen):
        return None, (_unknown(label, place),)
    faults = codes_faults(kind, cast("list[str]", chosen), label=label, place=place)
    return (None if faults else chosen), faults


def codes_faults(kind: Codes, chosen: list[str], *, label: str, place: str) -> Faults:
    """What is wrong with known codes taken together: one twice, or none beside another."""
    if len(set(chosen)) != len(chosen):
        return (Fault(place, FaultCode.CONTRADICTION, f"{label}有重复的选项"),)
    if kind.none and len(chosen) > 1 and kind.none in chosen:
        said = f"{label}选择了“{kind.codes[kind.none]}”，不能再选其他项"
        return (Fault(place, FaultCode.CONTRADICTION, said),)
    return ()


def _day(raw: object, *, past: bool, label: str, place: str, today: date) -> Read:
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        return _wrong(label, place, "日期（年-月-日）")
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return _wrong(label, place, "日历上有的日期")
    if past and day > today:
        return None, (after_today(label, place),)
    if not FIRST_DAY <= day <= LAST_DAY:
        said = f"{label}应在 {FIRST_DAY.year} 年到 {LAST_DAY.year} 年之间"
        return None, (Fault(place, FaultCode.OUT_OF_RANGE, said),)
    return day, ()


def _month(raw: object, *, past: bool, label: str, place: str, today: date) -> Read:
    text, faults = _text(raw, (7, 7, MONTH_PATTERN), label=label, place=place)
    if faults:
        return text, faults
    if past and text > today.isoformat()[:7]:
        return None, (after_today(label, place),)
    return text, ()


def after_today(label: str, place: str) -> Fault:
    """The fault of a day or month that has not come yet."""
    return Fault(place, FaultCode.OUT_OF_RANGE, f"{label}不能晚于今天")


def _list(kind: ListOf, raw: object, *, label: str, place: str, today: date) -> Read:
    if not isinstance(raw, list):
        return _wrong(label, place, "列表")
    items = cast("list[object]", raw)
    if len(items) > kind.most:
        said = f"{label}最多填写 {kind.most} 项"
        return None, (Fault(place, FaultCode.OUT_OF_RANGE, said),)
    faults: list[Fault] = []
    for index, item in enumerate(items):
        at = f"{place}/{index}"
        if not isinstance(item, dict):
            faults.append(Fault(at, FaultCode.WRONG_TYPE, f"{label}第 {index + 1} 项无法读取"))
            continue
        faults.extend(item_faults(kind.fields, cast("dict[str, object]", item), at, today=today))
    if not faults and kind.key:
        keys = [cast("dict[str, object]", item).get(kind.key) for item in items]
        if len(set(keys)) != len(keys):
            faults.append(Fault(place, FaultCode.CONTRADICTION, f"{label}有重复的项"))
    return items, tuple(faults)


def item_faults(
    fields: tuple[Field, ...], item: Mapping[str, object], place: str, *, today: date
) -> Faults:
    """Every fault of one object of a list; keys it does not know are left alone."""
    faults: list[Fault] = []
    for inner in fields:
        if inner.name in item:
            faults.extend(read(inner, item[inner.name], today=today, at=f"{place}/")[1])
        elif inner.required:
            faults.append(missing(inner, at=f"{place}/"))
    return tuple(faults)
