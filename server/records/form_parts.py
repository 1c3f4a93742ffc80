"""Paragraphs that several forms share, each with its fields and the checks that belong to them.

A form is put together from parts in the order people fill them in; `form` lays them side by side.
What is shared is declared here once (S004-5(6)-a: the same information is filled in once), so the
same question has the same name, label and bounds in every form and can be taken over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from server.records import checks
from server.records.definitions import field as answer
from server.records.definitions import known
from server.records.model import (
    ON,
    AccessClass,
    Check,
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Int,
    Ref,
    ResidentMay,
    Scaled,
    Text,
    Waiver,
)

NO_YES: Final = {"1": "无", "2": "有"}
PHONE: Final = Text(7, 20, r"\+?[0-9][0-9-]{5,18}[0-9]")
UNREMARKABLE: Final = {"1": "未见异常", "2": "异常"}


@dataclass(frozen=True, slots=True)
class Part:
    """Some fields in the order of the form, and the checks that come with them."""

    fields: tuple[Field, ...] = ()
    checks: tuple[Check, ...] = ()


Piece = Field | Check | Part


def form(*pieces: Piece) -> Part:
    """Pieces laid side by side: all their fields, all their checks, in the order given."""
    fields: list[Field] = []
    found: list[Check] = []
    for piece in pieces:
        match piece:
            case Field():
                fields.append(piece)
            case Check():
                found.append(piece)
            case Part():
                fields.extend(piece.fields)
                found.extend(piece.checks)
    return Part(tuple(fields), tuple(found))


def numbered(*answers: str) -> dict[str, str]:
    """Answers numbered 1, 2, 3, ... as on paper."""
    return {str(number): answer for number, answer in enumerate(answers, start=1)}


AGE: Final = "DE02.01.026.00"
ORGANISATION: Final = "DE08.10.013.00"
"""Data elements of WS 365 that are known: age in years, name of an institution."""


def must(name: str, label: str, kind: FieldType, *, std: str | None = None) -> Field:
    """A question that is always answered."""
    return Field(name, label, kind, required=True, std=std)


def maybe(name: str, label: str, kind: FieldType, *, std: str | None = None) -> Field:
    """A question that may be left open."""
    return Field(name, label, kind, std=std)


def one(name: str, label: str, *answers: str) -> Field:
    """Exactly one of the answers."""
    return must(name, label, Code(numbered(*answers)))


def several(name: str, label: str, *answers: str, other: str = "", none: str = "1") -> Part:
    """Several answers, the first excluding the others; `other` is the code that must be named.

    With `none` empty every answer may stand beside every other.
    """
    return choices(name, label, numbered(*answers), other=other, none=none)


def choices(
    name: str, label: str, codes: dict[str, str], *, other: str = "", none: str = ""
) -> Part:
    """The same with codes that are not 1, 2, 3."""
    chosen = must(name, label, Codes(codes, none=none))
    if not other:
        return Part((chosen,))
    named = maybe(f"{name}_other", f"其他{label}", Text(1, 200))
    return Part((chosen, named), (named_when(name, other, label),))


def named_when(name: str, code: str, label: str) -> Check:
    """Who chooses "other" names it."""
    return checks.follows(name, code, then=f"{name}_other", sentence_zh=f"请写明其他{label}")


def with_other(name: str, label: str, *answers: str) -> Part:
    """One of the answers, the last of which is "other" and must be named."""
    named = maybe(f"{name}_other", f"其他{label}", Text(1, 200))
    last = str(len(answers))
    return Part((one(name, label, *answers), named), (named_when(name, last, label),))


def described(
    name: str, label: str, codes: dict[str, str] = UNREMARKABLE, *, said_at: str = "2"
) -> Part:
    """One of two answers, the second of which is described: abnormal, or there is some."""
    text = maybe(f"{name}_text", f"{label}说明", Text(1, 200))
    asked = checks.follows(name, said_at, then=text.name, sentence_zh=f"请写明{label}的情况")
    return Part((must(name, label, Code(codes)), text), (asked,))


def needed_at(
    name: str, codes: Iterable[str], then: str, label: str, *, warn: bool = False
) -> Part:
    """`then` must be filled in when the answer to `name` is one of the codes."""
    is_due = ["in", answer(name), *codes]
    rule = Check(
        f"{then}_due_by_{name}", (name,), is_due, f"请填写{label}", missing=then, warn=warn
    )
    return Part((), (rule,))


def given_once(
    name: str, others: tuple[str, ...], sentence_zh: str, *, warn: bool = False
) -> Check:
    """At least one of several fields must be filled in; the fault is shown at the first."""
    return Check(f"{name}_answered", (), True, sentence_zh, missing=name, unless=others, warn=warn)


def before(name: str, later: str, sentence_zh: str, *, warn: bool = False) -> Check:
    """The day in `name` is not after the day in `later` (a field, or ON)."""
    is_after = [">", answer(name), known("on") if later == ON else answer(later)]
    end = "visit" if later == ON else later
    return Check(f"{name}_before_{end}", (name, later), is_after, sentence_zh, warn=warn)


# Measurements.


def pressure(*, required: bool = True) -> Part:
    """Systolic and diastolic; the soft band ends where the emergency of P10 begins."""
    kinds = (
        ("sbp", "收缩压", Int(60, 260, 90, 179, "mmHg")),
        (
            "dbp",
            "舒张压",
            Int(30, 160, 50, 109, "mmHg"),
        ),
    )
    return Part(
        tuple(Field(name, label, kind, required=required) for name, label, kind in kinds),
        (checks.above("sbp", "dbp", sentence_zh="收缩压应高于舒张压，请核对"),),
    )


TEMPERATURE: Final = Scaled(1, 340, 420, 355, 390, "℃")
HEIGHT: Final = Scaled(1, 500, 2200, 700, 2000, "cm")


# What comes at the end of a visit.


def referral() -> Part:
    """Referral advised or not; with it the reason and where to (P61: the result is followed)."""
    return Part(
        (
            must("referral", "转诊建议", Code(NO_YES)),
            maybe("referral_reason", "转诊原因", Text(1, 200)),
            maybe("referral_org", "转诊机构及科室", Text(1, 100)),
        ),
        (
            checks.follows("referral", "2", then="referral_reason", sentence_zh="转诊时请写明原因"),
            checks.follows(
                "referral", "2", then="referral_org", sentence_zh="转诊时请写明机构及科室"
            ),
        ),
    )


_NOT_LATER: Final = ["<=", answer("next_date"), known("on")]
NEXT_AFTER_VISIT: Final = Check(
    "next_after_visit", ("next_date", ON), _NOT_LATER, "下次随访日期应晚于本次随访日期"
)


def next_visit(*, required: bool = True) -> Part:
    """When the next visit is due."""
    asked = Field("next_date", "下次随访日期", Day(), required=required)
    return Part((asked,), (NEXT_AFTER_VISIT,))


def doctor(label: str = "随访医生") -> Field:
    """Who did it and signs for it."""
    return must("doctor", label, Ref("staff"))


LOST_CHECK: Final = checks.together(
    "lost_reason", then="lost_date", sentence_zh="请填写失访、死亡、迁出或拒绝的日期"
)
WAIVER: Final = Waiver("lost_reason", keeps=("doctor",))


def waiver(*keeps: str) -> Waiver:
    """The same for a service that has a place in a row, which is still told."""
    return Waiver("lost_reason", keeps=("doctor", *keeps))


def lost() -> tuple[Field, ...]:
    """Why the service could not be given, and from which day."""
    codes = {"1": "失访", "2": "死亡", "3": "迁出", "4": "拒绝"}
    return (
        maybe("lost_reason", "失访原因", Code(codes)),
        maybe("lost_date", "失访日期", Day(past=True)),
    )


def ending(label: str = "随访医生") -> Part:
    """Who did it, and why it could not be done: the last lines of every planned service."""
    return Part((doctor(label), *lost()), (LOST_CHECK,))


def as_class(fields: Iterable[Field], access: AccessClass, may: ResidentMay) -> tuple[Field, ...]:
    """The same fields for a form whose facts are all of that class."""
    return tuple(replace(each, access=access, resident=may) for each in fields)


def charged(*fields: Field) -> Part:
    """Questions that do not belong to the free service of ordinary residents."""
    return Part(tuple(replace(each, charged=True) for each in fields))


def required(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The same questions where they are always asked."""
    return tuple(replace(each, required=True) for each in fields)


def optional(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The same questions where they may be left open."""
    return tuple(replace(each, required=False) for each in fields)
