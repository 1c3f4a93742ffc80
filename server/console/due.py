"""Due lists: whom to call or visit today, within seven days, and who is overdue; by village; a list
to call from. Reading: server/actions/plan/due.py.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card
from server.actions.archives.first_written import elsewhere_now
from server.actions.lists.sheets import write_csv
from server.actions.plan import due as lists
from server.actions.plan.due import LIST_MAX, RESTRICTED, Called, Due, Line, Order, View, Which
from server.console.board import csv_answer
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.plan_section import form_of
from server.console.words import Words, words
from server.pages import times, values
from server.pages.web import posted
from server.records.kinds import REGISTER, offered
from server.rules.accounts import FACILITY_ROLES
from server.rules.plan.table import rules

AnyRequest = Request[Any, Any, Any]
ALL: Final = "all"
CODE_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Owed:
    """One service of a person as drawn: `n` things of one sort stand as one, by the earliest.

    `form`: the kind of the form that fills it, "" for one that is not written here.
    """

    label: str
    n: int
    when: str
    until: str
    left: times.Left | None
    form: str


@dataclass(frozen=True, slots=True)
class Person:
    card: Card
    href: str
    village: str
    age: str
    phone: str
    owed: tuple[Owed, ...]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/due", roles=FACILITY_ROLES)
    async def show(request: AnyRequest) -> Response[Any]:
        which = _which(signed_of(request), request.query_params)
        found = await lists.due_list(console.site, signed_of(request), which)
        return await _draw(console, request, found)

    @action("/due/calls", roles=FACILITY_ROLES)
    async def calls(request: AnyRequest) -> Response[Any]:
        typed = {name: each[0] for name, each in (await posted(request)).items()}
        signed = signed_of(request)
        found = await lists.to_call(console.site, signed, _which(signed, typed))
        return csv_answer(write_csv(_sheet(found)), "outreach.csv")

    return [show, calls]


def _which(signed: Signed, asked: Mapping[str, Any]) -> Which:
    """What the address asks for; somebody with one team begins with it."""
    own = next(iter(signed.panels)).hex() if len(signed.panels) == 1 else ALL
    panel = str(asked.get("panel") or own)
    number = str(asked.get("page") or "")
    view, order = str(asked.get("view") or ""), str(asked.get("order") or "")
    return Which(
        panel=None if panel == ALL else id_of(panel),
        view=View(view) if view in set(View) else None,
        village=str(asked.get("village") or "")[:CODE_MAX],
        rule=str(asked.get("rule") or "")[:CODE_MAX],
        order=Order(order) if order in set(Order) else Order.VILLAGE,
        page=max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1,
    )  # fmt: skip


async def _draw(console: Console, request: AnyRequest, found: Due) -> Response[str]:
    w, which = words("due"), found.which
    keys = (
        Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open),
        Key("P", w.print),
    )  # fmt: skip
    asked = {
        "panel": which.panel.hex() if which.panel else ALL, "view": found.view.value,
        "village": which.village, "rule": which.rule, "order": which.order.value,
    }  # fmt: skip

    def to(**changes: str) -> str:
        """The address of the same list with something changed, from its first page."""
        kept = {name: each for name, each in (asked | changes).items() if each}
        return f"/console/due?{urlencode(kept)}"

    team = dict(found.teams).get(which.panel or b"", "")
    return await console.page(
        request, Page("due.html.j2", "due", w.title, here="due", keys=keys),
        found=found, which=which, asked=asked, to=to, views=list(View), place=team or w.whole,
        people=_people(found.lines, found.today, _forms(console, found.today)), calls_max=LIST_MAX,
        services=[(name or RESTRICTED, label_of(name), n) for name, n in found.rules],
        service=label_of("" if which.rule == RESTRICTED else which.rule) if which.rule else "",
        village=next((name for code, name, _ in found.villages if code == which.village), ""),
        day=times.long_day(found.today),
    )  # fmt: skip


def label_of(rule: str) -> str:
    """What a list on the screen calls a service; of class B always the same words."""
    known = rules().get(rule)
    if known is None or known.cls != "A":
        return words("due").neutral
    return known.label


def neutral_of(rule: str) -> str:
    """What a list that leaves the screen calls a service: it says no illness."""
    w, known = words("due"), rules().get(rule)
    if known is None or known.cls != "A":
        return w.neutral
    kind = known.kinds[0] if known.kinds else ""
    return known.neutral or w.neutral_of.get(kind) or w.neutral


def _forms(console: Console, today: date) -> frozenset[str]:
    """The open forms that are written here. Of class B none: its name would say an illness."""
    kinds = offered("A", on=today, elsewhere=elsewhere_now(console.site))
    return frozenset(each.id for each in kinds) | {REGISTER.id}


def _people(lines: Sequence[Line], today: date, forms: Collection[str]) -> list[Person]:
    """Lines that follow each other and are one person's stand together."""
    w, made = words("due"), list[Person]()
    for _, group in groupby(lines, key=lambda each: each.card.resident):
        theirs = list(group)
        card = theirs[0].card
        age = values.age_text(card.birth, today) if card.birth else ""
        made.append(
            Person(
                card, f"/console/archive/{card.resident.hex()}", theirs[0].village, age,
                w.phone_tail(tail=card.phone_tail) if card.phone_tail else w.no_phone,
                _owed(theirs, today, forms),
            )
        )  # fmt: skip
    return made


def _owed(lines: Sequence[Line], today: date, forms: Collection[str]) -> tuple[Owed, ...]:
    w, sorts = words("due"), dict[str, list[Line]]()
    for each in lines:
        sorts.setdefault(_label(each, w), []).append(each)
    made: list[Owed] = []
    for label, theirs in sorts.items():
        first = min(theirs, key=lambda each: each.due)
        closes = min((each.closes for each in theirs if each.closes), default=None)
        ends = closes is not None and closes != first.due
        until = w.until(day=times.day_text(closes, today=today)) if closes and ends else ""
        when = w.due(day=times.day_text(first.due, today=today))
        left, form = _left(first.due, today, w), _form(first.rule, forms)
        made.append(Owed(label, len(theirs), when, until, left, form))
    return tuple(made)


def _label(line: Line, w: Words) -> str:
    """What is owed; of a vaccination which dose."""
    if line.dose is None:
        return label_of(line.rule)
    vaccine = w.or_other.join(line.dose.vaccines)
    return w.dose(service=label_of(line.rule), vaccine=vaccine, n=line.dose.number)


def _form(rule: str, forms: Collection[str]) -> str:
    known = rules().get(rule)
    return form_of(known.kinds, forms) if known is not None and known.cls == "A" else ""


def _left(due: date, today: date, w: Words) -> times.Left | None:
    """Only what is due or late is said in colour: a list of chips is none."""
    days = (due - today).days
    if days < 0:
        return times.Left(days, "alarm", words("ui").days_over(n=-days))
    return times.Left(days, "due", w.today_chip) if days == 0 else None


def _sheet(people: Sequence[Called]) -> list[list[str]]:
    """The list to call from: neutral words, the earliest day."""
    w = words("due")
    made = [
        [w.village, w.name, w.id_tail, w.phone, w.contact, w.contact_phone, w.service, w.due_day]
    ]
    for each in people:
        services = dict.fromkeys(neutral_of(line.rule) for line in each.lines)
        made.append(
            [
                each.village, each.card.name, each.card.id_tail, each.phone, each.contact,
                each.contact_phone, w.join.join(services),
                min(line.due for line in each.lines).isoformat(),
            ]
        )  # fmt: skip
    return made
