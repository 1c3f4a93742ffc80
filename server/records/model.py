"""The words in which a form is described.

A `Kind` is one form in one version: its fields, in the order people fill them in, and the checks
that look at several fields at once. It is data; check.py gives it a meaning. On the wire one
filled-in form is a JSON object whose keys are the field names:

| type    | JSON value                                                       |
|---------|------------------------------------------------------------------|
| Text    | string; no control characters but line feed and tab              |
| Int     | integer in `unit`                                                |
| Scaled  | integer: the measured value times 10**places (70.5 kg -> 705)    |
| Code    | string, one of the codes                                         |
| Codes   | list of different codes, at least one                            |
| Day     | "YYYY-MM-DD"                                                     |
| Month   | "YYYY-MM"                                                        |
| Time    | "HH:MM", Asia/Shanghai                                           |
| Ref     | 32 lower-case hex digits, the 16 bytes of an id                  |
| ListOf  | list of objects                                                  |

What is not filled in is left out; null is refused. An event's service day is not in its body, it is
the change's own `on`.

A register (shape REGISTER) lives as cells that merge one by one. A field with policy SET is one
cell per element, named "field/element": "drug_allergy/2" for a code, "hx_surgery_list/<id>" for a
list item, its value `true` or the item without its key, absence `false`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final

from server.records.safer import Safer
from sync.policy import Policy


class AccessClass(StrEnum):
    """Who may see a fact at all. Class follows the fact, not only the form."""

    A = "A"
    """Open: own panel, the resident, the guardian."""

    B = "B"
    """Restricted: severe mental disorder, tuberculosis, HIV, syphilis, notifiable disease."""

    C = "C"
    """Internal: patrols, evaluation, funds; no portal, no tablet."""


class ResidentMay(StrEnum):
    """What the resident may do with a value in the portal (S000-art14¶3, S000-art12(1))."""

    CHANGE = "change"
    """Applied at once, verified by the facility later."""

    ASK = "ask"
    """A request that waits for the facility; a refusal needs a reason."""

    COMMENT = "comment"
    """A statement beside a measured value, which it never overwrites."""

    NOTHING = "nothing"


class Shape(StrEnum):
    """How a form lives on after it was filled in."""

    EVENT = "event"
    """Immutable, happened on one day; many per resident."""

    REGISTER = "register"
    """One per resident, each field a cell of its own."""

    ACT = "act"
    """Asks the server to do something for a resident who was there; stands in no archive."""

    STEP = "step"
    """Happened to somebody on a checkup day; stands in no archive (sync/hall.py)."""


class Subject(StrEnum):
    """Whom a form is about."""

    RESIDENT = "resident"
    """It stands in that resident's archive."""

    FACILITY = "facility"
    """Work of a facility that concerns no single resident: in no archive, on no tablet."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `most` characters (code points). `pattern` must match all of it."""

    least: int = 1
    most: int = 200
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Int:
    """An integer. Outside low..high it is refused, outside warn_low..warn_high questioned."""

    low: int
    high: int
    warn_low: int | None = None
    warn_high: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A decimal kept as an integer times 10**places; all four bounds are such integers too."""

    places: int
    low: int
    high: int
    warn_low: int | None = None
    warn_high: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """One answer out of {code: label}."""

    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Codes:
    """Several answers out of {code: label}. `none` is the code that excludes all the others."""

    codes: Mapping[str, str]
    none: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A civil day. `past`: not after today."""

    past: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A civil month, for history that nobody remembers to the day. `past`: not after today."""

    past: bool = False


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day in Asia/Shanghai."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The id of something else: `to` is facility, team or staff."""

    to: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """At most `most` objects with these fields. `key` names the field that tells items apart."""

    fields: "tuple[Field, ...]"
    most: int
    key: str = ""


FieldType = Text | Int | Scaled | Code | Codes | Day | Month | Time | Ref | ListOf


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a form. `name` is its JSON key, `label` what people read.

    `reveals`: when this field is filled in, every free text of the form is class B as well.
    `std`: data element of WS 365 where it is known. `charged`: not part of the free service for
    ordinary residents.
    """

    name: str
    label: str
    type: FieldType
    required: bool = False
    access: AccessClass = AccessClass.A
    resident: ResidentMay = ResidentMay.COMMENT
    policy: Policy = Policy.EVENT
    safer: Safer | None = None
    reveals: bool = False
    std: str | None = None
    charged: bool = False


ON: Final = "@on"
TODAY: Final = "@today"
SEX: Final = "@sex"
BIRTH: Final = "@birth"


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A look at several fields at once.

    `needs` are field names, or ON, TODAY, SEX, BIRTH for what is known beside the body; the check
    is made when all of them are there and free of faults, and finds fault when `broken`, in the
    language of expression.py, is true. It looks at nothing else: a field is ["field", name], ON is
    ["known", "on"]. The tablet's app evaluates the same expression.
    With `missing` set, the check is about that field's absence: it is made only when that field
    was left out, and says that it must be filled in. With `unless` set it is not made when one of
    those fields is filled in. `field` is where people see the sentence.
    """

    name: str
    needs: tuple[str, ...]
    broken: Any
    sentence_zh: str
    field: str = ""
    missing: str = ""
    unless: tuple[str, ...] = ()
    warn: bool = False

    def place(self) -> str:
        """The field that the fault is shown at."""
        return self.missing or self.field or self.needs[0]


@dataclass(frozen=True, slots=True)
class Waiver:
    """A field whose presence says that the service could not be given (lost, died, refused).

    Then only `keeps` are still required, and of the checks about what was left out only those that
    look at this very field are made. What is filled in all the same must still fit together.
    """

    field: str
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """What a form works out by itself, in the language of expression.py.

    `type`: of the result, as a field's. `fills`: the field that takes the result over while it was
    left empty; "" for one that is only shown. `source`: clause or standard.

    `asks` is true when what was typed does not fit the result, which it sees as ["known", name];
    None: whenever the filled field holds something else; False: never. Then `sentence_zh` is said
    at `field`, by default the one it fills, as a question or, without `warn`, as a fault.
    """

    name: str
    label: str
    type: FieldType
    expression: Any
    source: str
    fills: str = ""
    asks: Any = None
    field: str = ""
    sentence_zh: str = ""
    warn: bool = True

    def place(self) -> str:
        """The field that its question is shown at; "" when it never asks."""
        return "" if self.asks is False else self.field or self.fills

    def said(self) -> str:
        """The sentence of its question."""
        return self.sentence_zh or f"{self.label}与所填内容不符，请核对"


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One form in one version, in force for services from `valid_from` on."""

    id: str
    label: str
    version: int
    valid_from: date
    shape: Shape
    fields: tuple[Field, ...]
    checks: tuple[Check, ...] = ()
    access: AccessClass = AccessClass.A
    waiver: Waiver | None = None
    neutral_label: str = "随访服务"
    """What lists, notices and family pages call it: never a diagnosis."""

    subject: Subject = Subject.RESIDENT
    computed: tuple[Computed, ...] = ()
    """Values that follow from the answers, each from those before it; stored only where they fill
    a field.
    """

    valid_until: date | None = None
    """The last service day it is offered for; None: until the next version. A record of an earlier
    version is read and accepted at any time.
    """

    after_death: bool = False
    """May be dated after the resident's death: it says how something ended."""

    draft: bool = False
    """The official text has not been seen: the form may change before a district uses it."""

    by_resident: bool = False
    """A resident's own words: no form of a tablet, a desk or a list."""

    def field(self, name: str) -> Field | None:
        """The field of that name, None when this version does not know it."""
        return _by_name(self).get(name)

    def field_of(self, cell: str) -> Field | None:
        """The field that a register cell ("phone", "drug_allergy/2") belongs to."""
        return _by_name(self).get(cell.partition("/")[0])

    def policy_of(self, cell: str) -> Policy:
        """How a cell merges. A field of a newer app is kept verbatim: both values stay (NOTE)."""
        found = self.field_of(cell)
        return found.policy if found else Policy.NOTE

    def safer_of(self, cell: str) -> Safer | None:
        """Which of several values is shown while a cell is in conflict; None: no one is safer."""
        found = self.field_of(cell)
        return found.safer if found else None

    def access_of(self, cell: str) -> AccessClass:
        """The class of one value: the stricter of form and field; unknown fields are as the form.

        Raises nothing; a field that this version does not know cannot be judged, so it is B.
        """
        found = self.field_of(cell)
        return max(self.access, found.access if found else AccessClass.B)

    def access_given(self, filled: frozenset[str]) -> dict[str, AccessClass]:
        """The class of each filled-in field, knowing which others are filled in as well.

        A referral reason that reveals tuberculosis makes the case history beside it class B.
        """
        classes = {name: self.access_of(name) for name in filled}
        revealing = any(f.reveals and f.name in filled for f in self.fields)
        if revealing:
            for each in self.fields:
                if each.name in filled and isinstance(each.type, Text):
                    classes[each.name] = max(classes[each.name], AccessClass.B)
        return classes


@cache
def _by_name(kind: Kind) -> dict[str, Field]:
    return {each.name: each for each in kind.fields}


def decimal_text(value: int, places: int) -> str:
    """A scaled integer the way people write it: (705, 1) -> "70.5"."""
    if not places:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10**places)
    return f"{sign}{whole}.{rest:0{places}d}"
