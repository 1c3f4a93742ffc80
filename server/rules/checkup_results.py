"""From what the stations of a checkup day wrote to the records of one person: a form each.

Pure. A station writes parts of a form; of each field the newest part that names it counts, by the
id of the change and never by when it arrived, so every order of arrival gives the same record. What
a station took back is forgotten, and nothing is written that no station wrote but what follows from
the answers by the definitions of the form. Values that a form calls impossible are left out and
named, so that a person looks at them; what is missing is simply not there yet. A form that no
station fills in (checkup.toml) is no result of the day, whatever a tablet sent: nobody writes a
report or a follow-up in the name of who leads the day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final

import msgspec

from server.records.check import check, hard
from server.records.computed import computed, filled_in
from server.records.kinds import UnknownKind, get
from server.records.model import Kind, Shape, Subject
from server.records.upcast import NoWayUp, newest, upcast
from server.records.values import Fault, FaultCode
from server.rules.checkup import stations
from sync.hall import TAKEN_BACK

SELFCARE: Final = "elder_selfcare"
_CLASS: Final = "selfcare_class"
_ROUNDS: Final = 20  # each leaves out at least one field
NO_STATION: Final = "体检日没有哪个项目填这一项"


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a station: `mark` as in sync/hall.py, `form` "" where it wrote no values."""

    id: bytes
    station: str
    mark: str
    form: str = ""
    v: int = 1
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value that the form calls impossible, and why."""

    field: str
    value: Any
    why: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """One record as it follows from the parts. `kind` is the newest version of the form."""

    kind: Kind
    body: Mapping[str, Any]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """Whom the parts are about and when: `known` as in server/records/computed.py."""

    on: date
    today: date
    sex: str | None
    birth: date | None
    known: Mapping[str, Any]
    numbers: Mapping[str, int]


def compiled(parts: Iterable[Part], about: About) -> tuple[Compiled, ...]:
    """A record for each form of which something stands, the form that the others tell last."""
    known, made = dict(about.known), list[Compiled]()
    laid = laid_together(parts)
    for form in sorted(laid, key=lambda each: (each != SELFCARE, each)):
        kind = _kind(form)
        if kind is None or not laid[form]:
            continue
        one = _whole(kind, laid[form], about, known)
        if form == SELFCARE:
            known[_CLASS] = computed(kind, one.body, known).get(_CLASS)
        if one.body or one.left_out:
            made.append(one)
    return tuple(made)


def laid_together(parts: Iterable[Part]) -> dict[str, dict[str, Any]]:
    """Of each form the values that stand, as its newest version shows them."""
    every = sorted(parts, key=lambda each: each.id)
    gone = {each.station: each.id for each in every if each.mark == TAKEN_BACK}
    found: dict[str, dict[str, Any]] = {}
    for each in every:
        if not each.form or each.id <= gone.get(each.station, b""):
            continue
        values = found.setdefault(each.form, {})
        for name, value in _newest(each).items():
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
    return found


def overlaid(
    standing: Mapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """The record that stands, with what the stations say differently since `before`: what a doctor
    or the day of the feedback added to it meanwhile stays.
    """
    made = dict(standing)
    for name in before.keys() | now.keys():
        if before.get(name) == now.get(name):
            continue
        if name in now:
            made[name] = now[name]
        else:
            made.pop(name, None)
    return made


def impossible(kind: Kind, body: Mapping[str, Any], about: About) -> tuple[Fault, ...]:
    """What keeps these values from being a form. An answer that is missing keeps nobody waiting; a
    row of a list without what it is about is none.
    """
    found = check(
        kind, msgspec.json.encode(body), on=about.on, today=max(about.on, about.today),
        sex=about.sex, birth=about.birth, known=about.known, numbers=about.numbers, asking=False,
    )  # fmt: skip
    return tuple(
        each for each in hard(found) if each.code is not FaultCode.MISSING or "/" in each.field
    )


@cache
def _asked() -> Mapping[str, frozenset[str]]:
    """Form -> what the stations write of it; empty for all of it."""
    every = [each for station in stations().values() for each in station.forms]
    whole = {each.kind for each in every if not each.fields}
    return {
        each.kind: frozenset()
        if each.kind in whole
        else frozenset(name for one in every if one.kind == each.kind for name in one.fields)
        for each in every
    }


def _kind(form: str) -> Kind | None:
    """The form as it is now; None for what no station fills in, or is no record of a resident."""
    if form not in _asked():
        return None
    try:
        kind = get(form, newest(form))
    except UnknownKind:
        return None
    fits = kind.shape is Shape.EVENT and kind.subject is Subject.RESIDENT
    return kind if fits else None


def _newest(part: Part) -> Mapping[str, Any]:
    try:
        return upcast(part.form, part.v, part.values, to=newest(part.form))
    except NoWayUp:
        return part.values


def _whole(
    kind: Kind, values: Mapping[str, Any], about: About, known: Mapping[str, Any]
) -> Compiled:
    """The form with what follows from its answers, without what it cannot hold."""
    asked = _asked()[kind.id] or values.keys()
    body = {name: value for name, value in values.items() if name in asked}
    left = [LeftOut(name, values[name], NO_STATION) for name in values if name not in asked]
    for _ in range(_ROUNDS):
        wrong = _first_wrong(kind, body, about)
        if not wrong:
            break
        for name, why in wrong.items():
            left.append(LeftOut(name, body.pop(name), why))
    body |= filled_in(kind, body, computed(kind, body, known, None, about.numbers))
    # What follows from odd answers may be impossible itself; it is worked out, so nobody is asked.
    for name in _first_wrong(kind, body, about):
        body.pop(name, None)
    return Compiled(kind, body, tuple(left))


def _first_wrong(kind: Kind, body: Mapping[str, Any], about: About) -> dict[str, str]:
    """Field -> sentence, of the faults found in one look; all of it where it cannot be read."""
    found: dict[str, str] = {}
    for each in impossible(kind, body, about):
        name = each.field.partition("/")[0]
        if name in body:
            found.setdefault(name, each.sentence_zh)
        elif not name:
            return dict.fromkeys(body, each.sentence_zh)
    return found
