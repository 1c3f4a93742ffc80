"""The referrals of a facility: late, to be made, sent, received, back. Reading:
server/actions/plan/referral_list.py; what is done with one is done in its archive (following.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card
from server.actions.plan.referral_list import Line, Referrals, View, Which, referral_list
from server.console.door import page
from server.console.due import label_of
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.pages import times
from server.rules.access import age_years
from server.rules.accounts import FACILITY_ROLES
from server.rules.referrals import State

AnyRequest = Request[Any, Any, Any]
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One loop as drawn. `sign`: of the chip that says how far it has come."""

    card: Card
    href: str
    village: str
    age: str
    label: str
    state: str
    tone: str
    sign: str
    since: str
    when: str
    left: times.Left | None


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/referrals", roles=FACILITY_ROLES)
    async def show(request: AnyRequest) -> Response[Any]:
        signed = signed_of(request)
        found = await referral_list(console.site, signed, _which(signed, request.query_params))
        return await _draw(console, request, found)

    return [show]


def _which(signed: Signed, asked: Mapping[str, Any]) -> Which:
    """What the address asks for; somebody with one team begins with it."""
    own = next(iter(signed.panels)).hex() if len(signed.panels) == 1 else ALL
    panel, view = str(asked.get("panel") or own), str(asked.get("view") or "")
    number = str(asked.get("page") or "")
    return Which(
        panel=None if panel == ALL else id_of(panel),
        view=View(view) if view in set(View) else None,
        page=max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1,
    )


async def _draw(console: Console, request: AnyRequest, found: Referrals) -> Response[str]:
    w, which = words("referrals"), found.which
    keys = (Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open))
    asked = {"panel": which.panel.hex() if which.panel else ALL}

    def to(**changes: str) -> str:
        """The address of the same list with something changed, from its first page."""
        return f"/console/referrals?{urlencode(asked | changes)}"

    team = dict(found.teams).get(which.panel or b"", "")
    return await console.page(
        request, Page("referrals.html.j2", "referrals", w.title, here="referrals", keys=keys),
        found=found, which=which, to=to, views=list(View), place=team or w.whole,
        day=times.long_day(found.today), lines=[_drawn(each, found.today) for each in found.lines],
    )  # fmt: skip


def _drawn(line: Line, today: date) -> Drawn:
    w, fw, ui = words("referrals"), words("following"), words("ui")
    card = line.card
    known = line.state is State.BACK
    late = not known and line.due < today
    tone, sign = fw.state_tones[line.state.value].split()
    day = times.day_text(line.due, today=today)
    return Drawn(
        card, f"/console/archive/{card.resident.hex()}", line.village,
        ui.years_old(n=age_years(date.fromisoformat(card.birth), today)) if card.birth else "",
        label_of(line.rule), fw.states[line.state.value], "alarm" if late else tone,
        "warn" if late else sign, times.day_text(line.opens, today=today),
        w.back_on(day=day) if known else w.due(day=day),
        None if known else _left(line.due, today),
    )  # fmt: skip


def _left(due: date, today: date) -> times.Left:
    ui, days = words("ui"), (due - today).days
    if days < 0:
        return times.Left(days, "alarm", ui.days_over(n=-days))
    if days == 0:
        return times.Left(days, "due", ui.due_today)
    return times.Left(days, "due" if days <= times.SOON_DAYS else "wait", ui.days_left(n=days))
