"""What everybody is owed, and the disabled and contracted (P01, P02, P60, P62, P63)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from server.records.ages import months_later
from server.records.kinds import REGISTER
from server.rules.identity import Fits, verify
from server.rules.plan.groups import contract_span
from server.rules.plan.model import Asked, Facts, Group, Item, Maker, Numbers, Record
from server.rules.plan.pregnancies import day_of
from server.rules.plan.quota import all_filled, first_of_year, known_since, yearly
from server.rules.plan.readings import OPEN, pressure
from server.rules.plan.windows import Window, ordered, owed

DISABLED_MARK: Final = "9"  # special_group
_REQUIRED: Final = tuple((each.name, each.label) for each in REGISTER.fields if each.required)
_ONCE: Final = "once"
_ENDED: Final = "2"


def _archive(asked: Asked) -> Iterator[Item]:
    """P01: the first page complete and the document verified. A complete archive owes nothing."""
    facts = asked.facts
    missing = [label for name, label in _REQUIRED if not _has(facts, name)]
    if not missing and _is_verified(facts):
        return
    window = _archive_days(asked)
    shown = asked.numbers["shown"]
    names = "、".join(missing[:shown]) + ("等" if len(missing) > shown else "")
    given = {"count": len(missing), "missing": names, "due": window.due.isoformat()}
    why = "incomplete" if missing else "unverified"
    yield from owed(asked, _ONCE, window, None, why, given=given)


def _has(facts: Facts, name: str) -> bool:
    if name == "birth_date":
        return facts.birth is not None
    return bool(facts.sex) if name == "sex" else name in facts.values


def _is_verified(facts: Facts) -> bool:
    """Whether there is a document, and it says the birth date and sex that the archive says."""
    number, kind = facts.values.get("id_no"), facts.values.get("id_type")
    if not isinstance(number, str) or not isinstance(kind, str) or facts.birth is None:
        return False
    return isinstance(verify(kind, number, birth=facts.birth, sex=facts.sex), Fits)


def _archive_days(asked: Asked) -> Window:
    """From the day of opening; due when somebody has lived here long enough to be a usual resident,
    and there were days to fill it in.
    """
    opens = asked.facts.since or asked.first
    due = opens + timedelta(days=asked.numbers["days"])
    came = asked.facts.values.get("residence_since")
    if isinstance(came, str):
        with suppress(ValueError):
            due = max(due, months_later(date.fromisoformat(came), asked.numbers["months"]))
    return Window(opens, due, None)


def _first_pressure(asked: Asked) -> Iterator[Item]:
    """P02: measured once a calendar year, at whatever service."""
    days = (e for e in asked.facts.records if e.on.year == asked.year and e.cls == OPEN)
    measured = (each for each in days if pressure(each) is not None)
    window = yearly(asked, known_since(asked))
    done = first_of_year(asked, measured)
    yield from owed(asked, str(asked.year), window, done, "yearly", given={"year": asked.year})


def _disabled(asked: Asked) -> Iterator[Item]:
    """P60: with a certificate, a check a year that is compared with those of three years. The item
    is as restricted as what says that there is a disability.
    """
    if not _has_certificate(asked.facts):
        return
    window = yearly(asked, known_since(asked))
    made = [each for each in ordered(asked.facts, "disabled_check") if all_filled(each)]
    done = first_of_year(asked, (each for each in made if "cmp_3y" in each.body))
    last = next((each for each in reversed(made) if each.on < asked.first), None)
    bare = first_of_year(asked, asked.facts.of("disabled_check")) if done is None else None
    given = {"due": window.due.isoformat()}
    because = tuple(each.id for each in (bare or last,) if each is not None)
    if bare is not None:
        why, given["on"] = "compare", bare.on.isoformat()
    elif last is not None:
        why, given["last"] = "again", last.on.isoformat()
    else:
        why = "yearly"
    cls = asked.groups[Group.DISABLED].cls
    for each in owed(asked, str(asked.year), window, done, why, given=given, because=because):
        yield each if cls == each.cls else replace(each, cls=cls)


def _has_certificate(facts: Facts) -> bool:
    """The number, the mark of the federation's list, or a check as one of those on it."""
    if "disability_cert" in facts.values or DISABLED_MARK in facts.codes("special_group"):
        return True
    return next(facts.of("disabled_check"), None) is not None


def _contract(asked: Asked) -> Iterator[Item]:
    """P62: before a contract's last day, until another one goes on after it."""
    contracts = ordered(asked.facts, "fd_contract")
    over = {each.body.get("agreement_no") for each in contracts if _is_ended(each)}
    standing = [each for each in contracts if each.body.get("agreement_no") not in over]
    ends: dict[date, Record] = {}
    for each in standing:
        _, after = contract_span(each)
        if after is not None:
            ends.setdefault(after - timedelta(days=1), each)
    for end, each in ends.items():
        days = alarms(asked.numbers, end)
        window = Window(days[0], end, end + timedelta(days=asked.numbers["grace_days"]))
        names = zip(("first", "second", "third"), days, strict=True)
        given = {"end": end.isoformat(), **{name: day.isoformat() for name, day in names}}
        done = _renewal(standing, each, end)
        yield from owed(
            asked, end.isoformat(), window, done, "renew", given=given, because=(each.id,)
        )


def _is_ended(contract: Record) -> bool:
    return contract.body.get("state") == _ENDED


def _renewal(standing: Sequence[Record], before: Record, end: date) -> Record | None:
    """The first agreement, renewed or signed anew, that holds longer than this one."""
    for each in standing:
        _, after = contract_span(each)
        begun = day_of(each, "begin")
        if each.id == before.id or after is None or begun is None:
            continue
        if begun > (day_of(before, "begin") or before.on) and after - timedelta(days=1) > end:
            return each
    return None


def alarms(numbers: Numbers, end: date) -> tuple[date, date, date]:
    """The days on which a contract that ends is called to mind."""
    first, second, third = (
        end - timedelta(days=numbers[name]) for name in ("alarm", "second_alarm", "third_alarm")
    )
    return first, second, third


def alarm(item: Item, on: date) -> int | None:
    """Days left at the alarm that stands on a day for an item of P62 (60, 30, 7); None for none."""
    end = date.fromisoformat(str(item.given["end"]))
    days = [date.fromisoformat(str(item.given[name])) for name in ("third", "second", "first")]
    stands = next((day for day in days if day <= on), None)
    return (end - stands).days if stands is not None and on <= end else None


def _moved(asked: Asked) -> Iterator[Item]:
    """P63: nothing falls due; see people.toml."""
    del asked
    yield from ()


MAKERS: Final[Mapping[str, Maker]] = {
    "P01": lambda asked: tuple(_archive(asked)),
    "P02": lambda asked: tuple(_first_pressure(asked)),
    "P60": lambda asked: tuple(_disabled(asked)),
    "P62": lambda asked: tuple(_contract(asked)),
    "P63": lambda asked: tuple(_moved(asked)),
}
