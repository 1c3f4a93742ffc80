"""A filled-in form: is it all right, and if not, what exactly is wrong with it.

Two ways to one answer. The fast way decodes the bytes once in C (plan.py) and makes the checks
between fields. The careful way, taken only when the fast one is not content or not sure, reads the
JSON with every key in sight and lists every fault. A property test holds them to each other.

Keys that this version does not know are left alone: they belong to a newer app.
"""

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET, Raw

from server.records.between import asked
from server.records.computed import questions
from server.records.model import (
    BIRTH,
    ON,
    SEX,
    TODAY,
    Check,
    Codes,
    Field,
    Kind,
    ListOf,
    Shape,
)
from server.records.plan import Filled, Plan, plan_of
from server.records.values import (
    FIRST_DAY,
    LAST_DAY,
    Fault,
    FaultCode,
    Faults,
    after_today,
    codes_faults,
    item_faults,
    missing,
    read,
    read_key,
)
from sync.policy import Policy

__all__ = [
    "Fault",
    "FaultCode",
    "Faults",
    "check",
    "contradictions",
    "edit_faults",
    "hard",
    "look",
    "person_faults",
]

_LONGEST_NUMBER: Final = 20
_KNOWN: Final = "@known"
_DIED: Final = "@died"
_NUMBERS: Final = "@numbers"
_NO_NUMBERS: Final[Mapping[str, int]] = {}
_NONE: Final[Mapping[str, Any]] = {}
_HUGE: Final = 10**_LONGEST_NUMBER
_MALFORMED: Final = (Fault("", FaultCode.MALFORMED, "记录内容无法读取"),)
_NOT_AN_OBJECT: Final = (Fault("", FaultCode.WRONG_TYPE, "记录内容不是一张表单"),)


def check(
    kind: Kind,
    body: bytes,
    *,
    on: date,
    today: date,
    sex: str | None = None,
    birth: date | None = None,
    died: date | None = None,
    known: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
    asking: bool = True,
) -> Faults:
    """Every fault of a filled-in form, hard ones and questions (`warn`); () when it is all right.
    Without `asking` the questions between fields are not made: for whoever looks at `hard` only.

    `on` is the service day, `today` the civil day in Asia/Shanghai; `sex` (GB/T 2261.1), `birth`
    and `died` are the resident's, where known; `known` is what else computed values look at
    (computed.py), `numbers` the district's.
    """
    beside: dict[str, Any] = {ON: on, TODAY: today, SEX: sex, BIRTH: birth}
    told = {_KNOWN: known, _NUMBERS: numbers, _DIED: died}
    beside |= {name: each for name, each in told.items() if each}
    return _look(plan_of(kind, asking=asking), body, beside)[0]


def look(kind: Kind, body: bytes, *, on: date, today: date) -> tuple[Faults, bool]:
    """`check` of what is signed already (nobody is asked, nothing is known of the person), and
    whether it was read the fast way: then no key is there twice, and none that is not known.
    """
    beside = {ON: on, TODAY: today, SEX: None, BIRTH: None}
    return _look(plan_of(kind, asking=False), body, beside)


def _look(plan: Plan, body: bytes, beside: dict[str, Any]) -> tuple[Faults, bool]:
    # An escape may hide a colon or a control character, and JSON lets one control character stand
    # unescaped: then only the careful way is sure.
    if b"\\" not in body and b"\x7f" not in body:
        try:
            filled = plan.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return _carefully(plan.kind, plan, body, beside), False
        if (
            body.count(b":") == plan.keys(filled)
            and all(day is UNSET or FIRST_DAY <= day <= LAST_DAY for day in plan.days(filled))
            and _lists_are_right(plan, filled, beside[TODAY])
        ):
            return _at_a_glance(plan, filled, beside), True
    return _carefully(plan.kind, plan, body, beside), False


def hard(faults: Faults) -> Faults:
    """The faults that keep a form from being saved, questions left out."""
    return tuple(fault for fault in faults if not fault.warn)


def edit_faults(kind: Kind, cell: str, value: object, *, today: date = date.max) -> Faults:
    """Every fault of one register cell's new value; `bytes` are read as JSON first.

    `cell` is a field name, or "field/element" for one element of a set. None takes the value away
    (for a set element False does so too). A cell this version does not know has no faults.
    """
    if isinstance(value, bytes):
        decoded, doubled = _decode(value)
        if decoded is _MALFORMED:
            return _MALFORMED
        if doubled:
            return tuple(_doubled(name) for name in doubled)
        value = decoded
    each = kind.field_of(cell)
    if each is None:
        return ()
    if each.policy is Policy.SET:
        return _element_faults(each, cell, value, today=today)
    if "/" in cell:
        return (Fault(cell, FaultCode.UNKNOWN_CODE, f"{each.label}不是多项"),)
    if value is None:
        return (missing(each),) if each.required else ()
    return read(each, value, today=today)[1]


def _element_faults(each: Field, cell: str, value: object, *, today: date) -> Faults:
    _, _, key = cell.partition("/")
    faults = read_key(each, key)
    if faults or value is None or value is False:
        return faults
    if not isinstance(each.type, ListOf):
        wrong = Fault(cell, FaultCode.WRONG_TYPE, f"{each.label}应为有或没有")
        return () if value is True else (wrong,)
    if value is True:
        value = {}
    if not isinstance(value, dict):
        return (Fault(cell, FaultCode.WRONG_TYPE, f"{each.label}的内容无法读取"),)
    inside = tuple(inner for inner in each.type.fields if inner.name != each.type.key)
    return item_faults(inside, cast("dict[str, object]", value), cell, today=today)


def person_faults(
    kind: Kind, body: bytes | Raw, *, on: date, today: date, sex: str | None, birth: date | None,
    died: date | None,
) -> Faults:  # fmt: skip
    """What keeps a form that was all right in itself from being about this very person."""
    lived = (birth is None or birth <= on) and (died is None or on <= died)
    if lived and not plan_of(kind).asks_of_person:
        return ()
    return hard(check(kind, bytes(body), on=on, today=today, sex=sex, birth=birth, died=died))


def contradictions(
    kind: Kind, values: Mapping[str, Any], touched: Collection[str], *, on: date
) -> Faults:
    """What single answers of a register contradict each other, where one of those `touched` takes
    part: an old contradiction elsewhere on the page stops nobody. `values` as on the wire.
    """
    faults: list[Fault] = []
    for each in kind.checks:
        if each.warn or each.missing or each.unless:
            continue
        if not any(name in touched for name in each.needs):
            continue
        known = [on if name == ON else _single(kind, name, values, on) for name in each.needs]
        if None not in known and asked(each)(*known):
            faults.append(_said(each))
    return tuple(faults)


def _single(kind: Kind, name: str, values: Mapping[str, Any], on: date) -> Any:
    each = kind.field(name)
    if each is None or each.policy is Policy.SET or values.get(name) is None:
        return None
    return read(each, values[name], today=on)[0]


# The fast way.


def _lists_are_right(plan: Plan, filled: Filled, today: date) -> bool:
    """Whether nothing is to be said about items; those that checks look into become objects."""
    for each in plan.lists:
        items: Any = getattr(filled, each.name)
        if items is UNSET:
            continue
        if each.key and len({getattr(item, each.key) for item in items}) != len(items):
            return False
        for name in each.past:
            for item in items:
                day = getattr(item, name)
                if day is not UNSET and _is_after(day, today):
                    return False
        for name in each.days:
            for item in items:
                day = getattr(item, name)
                if day is not UNSET and not FIRST_DAY <= day <= LAST_DAY:
                    return False
        if each.looked_into:
            setattr(filled, each.name, msgspec.to_builtins(items))
    return True


def _at_a_glance(plan: Plan, filled: Filled, beside: Mapping[str, Any]) -> Faults:
    faults: list[Fault] = []
    for each, several in plan.several:
        chosen = getattr(filled, each.name)
        if chosen is not UNSET and len(chosen) > 1:
            faults.extend(codes_faults(several, chosen, label=each.label, place=each.name))
    for each in plan.past:
        day = getattr(filled, each.name)
        if day is not UNSET and _is_after(day, beside[TODAY]):
            faults.append(after_today(each.label, each.name))
    if faults:
        wrong = frozenset(fault.field for fault in faults)
        known = {each.name: getattr(filled, each.name) for each, _ in plan.several}
        clashing = {name: known[name] for name in wrong & known.keys()}
        filled = msgspec.structs.replace(filled, **dict.fromkeys(wrong, UNSET))
        return (*faults, *_between_fields(plan, filled, beside, wrong, clashing))
    return _between_fields(plan, filled, beside, frozenset())


def _is_after(day: date | str, today: date) -> bool:
    if isinstance(day, str):
        return day > today.isoformat()[:7]
    return day > today


def _between_fields(
    plan: Plan, filled: Filled, beside: Mapping[str, Any], wrong: frozenset[str],
    clashing: Mapping[str, Any] = _NONE,
) -> Faults:  # fmt: skip
    """`clashing`: codes, known ones, that contradict each other: what each of them asks for is
    named all the same.
    """
    faults: list[Fault] = []
    waived = plan.waiver and (getattr(filled, plan.waiver) is not UNSET or plan.waiver in wrong)
    for each, broken, left_out, unless, only, values, stands in plan.checks:
        if left_out and (getattr(filled, left_out) is not UNSET or left_out in wrong):
            continue
        if only is not None:
            value = only(filled)
            if clashing and left_out and value is UNSET:
                value = clashing.get(each.needs[0], UNSET)
            if value is UNSET or not broken(value):
                continue
        elif values is not None:
            known = values(filled)
            if UNSET in known or not broken(*known):
                continue
        else:
            known = [
                beside[name] if name in beside else getattr(filled, name) for name in each.needs
            ]
            if None in known or UNSET in known or not broken(*known):
                continue
        if waived and not stands:
            continue
        if unless and any(getattr(filled, name) is not UNSET for name in unless):
            continue
        faults.append(_said(each))
    if beside[BIRTH] is not None or _DIED in beside:
        faults += _of_a_life(plan.kind, beside, waived=bool(waived))
    if plan.works is not None:
        faults += questions(
            plan.works, filled, _known_of(beside), beside.get(_NUMBERS, _NO_NUMBERS)
        )
    return tuple(faults)


def _of_a_life(kind: Kind, beside: Mapping[str, Any], *, waived: bool) -> list[Fault]:
    """A service lies between birth and death; that it could not be given may be said later."""
    if kind.shape is not Shape.EVENT:
        return []
    on, birth, died = beside[ON], beside[BIRTH], beside.get(_DIED)
    said: list[str] = []
    if birth is not None and on < birth:
        said.append("服务日期不能早于出生日期")
    if died is not None and on > died and not (waived or kind.after_death):
        said.append("服务日期在死亡日期之后，请核对")
    return [Fault(ON, FaultCode.CONTRADICTION, each) for each in said]


def _known_of(beside: Mapping[str, Any]) -> dict[str, Any]:
    """What definitions look at beside the form, under the names they use."""
    known = {"on": beside[ON], "birth": beside[BIRTH], "sex": beside[SEX]}
    return {**known, **beside[_KNOWN]} if _KNOWN in beside else known


def _said(each: Check) -> Fault:
    code = FaultCode.MISSING if each.missing else FaultCode.CONTRADICTION
    return Fault(each.place(), code, each.sentence_zh, warn=each.warn)


# The careful way.


def _carefully(kind: Kind, plan: Plan, body: bytes, beside: Mapping[str, Any]) -> Faults:
    raw, doubled = _decode(body)
    if raw is _MALFORMED:
        return _MALFORMED
    if not isinstance(raw, dict):
        return _NOT_AN_OBJECT
    given = cast("dict[str, object]", raw)
    faults = [_doubled(name) for name in doubled]
    wrong = {fault.field for fault in faults}
    values: dict[str, Any] = {}
    clashing: dict[str, Any] = {}
    for each in kind.fields:
        values[each.name] = UNSET
        if each.name in given:
            value, found = read(each, given[each.name], today=beside[TODAY])
            faults.extend(found)
            if value is None:
                wrong.add(each.name)
                if isinstance(each.type, Codes) and _is_clash(found):
                    clashing[each.name] = given[each.name]
            elif each.name not in wrong:
                values[each.name] = value
        elif _is_required(kind, each, given):
            faults.append(missing(each))
            wrong.add(each.name)
    filled = plan.struct(**values)
    return (*faults, *_between_fields(plan, filled, beside, frozenset(wrong), clashing))


def _is_clash(faults: Faults) -> bool:
    return all(fault.code is FaultCode.CONTRADICTION for fault in faults)


def _is_required(kind: Kind, each: Field, given: Mapping[str, object]) -> bool:
    if kind.waiver and kind.waiver.field in given:
        return each.required and each.name in kind.waiver.keeps
    return each.required


def _doubled(name: str) -> Fault:
    return Fault(name[:64], FaultCode.DUPLICATE_KEY, "同一项填写了两次")


def _decode(body: bytes) -> tuple[object, tuple[str, ...]]:
    """The JSON value and the keys that are there twice; (_MALFORMED, ()) when it is no JSON."""
    doubled: list[str] = []

    def seen(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            names = [name for name, _ in pairs]
            doubled.extend(sorted(name for name in made if names.count(name) > 1))
        return made

    try:
        # utf-8 and nothing else: json.loads alone would guess UTF-16 and UTF-32 as well.
        text = body.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=seen, parse_int=_whole, parse_constant=_no_number
        )
        if "\\u" in text:
            # Half a surrogate pair can be spelled, but no UTF-8 text can ever hold it.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return _MALFORMED, ()
    return value, tuple(doubled)


def _whole(digits: str) -> int:
    """An integer; one too long for any field becomes a number that is out of every range."""
    if len(digits) <= _LONGEST_NUMBER:
        return int(digits)
    return -_HUGE if digits.startswith("-") else _HUGE


def _no_number(name: str) -> object:
    raise ValueError(name)
