"""Abnormal findings of checkup days: the queue of the own facility, one finding with its values and
what becomes of it. Reading and acting: server/actions/checkup/findings.py.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.access import Opened
from server.actions.archives.following import following
from server.actions.archives.told import staff_names
from server.actions.checkup import findings
from server.actions.checkup.finding_rows import CHECK
from server.actions.checkup.findings import Line
from server.actions.checkup.letter_content import values_of
from server.console.door import action, page
from server.console.following import form_href
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.life import opened_or_why, person
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times, values
from server.pages.web import posted, see
from server.records.kinds import UnknownKind, get
from server.records.upcast import newest
from server.rules.accounts import FACILITY_ROLES
from server.rules.checkup_findings import Action
from server.rules.referrals import REFERRAL

AnyRequest = Request[Any, Any, Any]
HERE: Final = "findings"
LIST: Final = "/console/checkup/findings"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/findings", roles=FACILITY_ROLES)
    async def listed(request: AnyRequest) -> Response[Any]:
        return await _list(console, request)

    @page("/checkup/finding/{finding:str}", roles=FACILITY_ROLES)
    async def one(request: AnyRequest, finding: FromPath[str]) -> Response[Any]:
        return await _one(console, request, finding)

    @action("/checkup/finding/{finding:str}", roles=FACILITY_ROLES)
    async def act(request: AnyRequest, finding: FromPath[str]) -> Response[Any]:
        return await _act(console, request, finding)

    return [listed, one, act]


async def _list(console: Console, request: AnyRequest) -> Response[Any]:
    w = words("checkup_after")
    found = await findings.queue(console.site, signed_of(request))
    keys = (
        Key("J", w["keys"].down), Key("K", w["keys"].up), Key("Enter", w["keys"].open),
    )  # fmt: skip
    here = Page("checkup_findings.html.j2", "checkup_after", w.findings.title, HERE, keys)
    today = times.civil(console.site.clock()).date()
    return await console.page(
        request, here, found=found, urgent=sum(each.urgent for each in found.waiting),
        label_of=label_of, left_of=partial(_left, today=today), said_of=_said_of,
        age_of=ages(today), most=findings.MOST, href_of=_href,
    )  # fmt: skip


def ages(today: date) -> Callable[[str], str]:
    """An age beside a name, by the day of birth; "" where none is known."""

    def said(birth: str) -> str:
        return values.age_text(birth, today) if birth else ""

    return said


def _href(line: Line) -> str:
    return f"/console/checkup/finding/{line.finding.hex()}"


def label_of(line: Line) -> str:
    """What a list calls a finding: never a value."""
    return words("checkup_after").findings.check if line.action == CHECK else line.kept.label


def _left(line: Line, today: date) -> times.Left | None:
    days = (line.due - today).days
    if days < 0:
        return times.Left(days, "alarm", words("ui").days_over(n=-days))
    if line.urgent:
        return times.Left(days, "alarm", words("checkup_after").findings.now)
    return times.Left(days, "due", words("ui").due_today) if days == 0 else None


def _said_of(line: Line) -> str:
    """What became of it."""
    w = words("checkup_after")
    said = w.states[line.state.value]
    return said(day=times.long_day(line.until)) if line.until is not None else said(day="")


async def _one(
    console: Console, request: AnyRequest, finding: str, *, fault: str = "", status: int = 200
) -> Response[Any]:
    signed, w = signed_of(request), words("checkup_after")
    line = await findings.line_of(console.site, signed, id_of(finding))
    opened = await opened_or_why(console, request, line.card.resident)
    if not isinstance(opened, Opened):
        return opened
    names = await console.site.store.read(
        lambda tx: staff_names(tx, console.site, [line.done_by] if line.done_by else [])
    )
    here = Page(
        "checkup_finding.html.j2", "checkup_after", w.finding.title, HERE,
        (Key("Ctrl Enter", w["keys"].save), Key("Escape", w["keys"].back)),
    )  # fmt: skip
    today = times.civil(console.site.clock()).date()
    tab = await person(console, line.card.resident)
    return await console.page(
        request, here, status=status, line=line, label=label_of(line), shown=_shown(line),
        id=line.card.resident.hex(), refer=_refer_href(console, opened, line), fault=fault,
        may_refer=line.action == Action.REFER, is_check=line.action == CHECK, today_is=today,
        by=names.get(line.done_by or b"", ""), said=_said_of(line), left_is=_left(line, today),
        **tab,
    )  # fmt: skip


def _shown(line: Line) -> list[tuple[str, str, int]]:
    """Label, value and side of each answer it rests on."""
    try:
        kind = get(line.kept.form, newest(line.kept.form))
    except UnknownKind:
        return []
    made: list[tuple[str, str, int]] = []
    for each in values_of(line.kept.shown):
        field = kind.field(each.field)
        if field is not None:
            made.append((field.label, values.field_text(field, each.value), each.side))
    return made


def _refer_href(console: Console, opened: Opened, line: Line) -> str:
    """The referral's form: prefilled from the step of the record that asks for one, or empty but
    for the record it is for.
    """
    who, record = line.card.resident, line.kept.record
    if not record:
        return f"/console/archive/{who.hex()}/form/{REFERRAL}"
    found = following(console.site, opened, bytes.fromhex(record))
    steps = found.steps if found is not None else ()
    nth = next((n for n, each in enumerate(steps) if each.refer_as is not None), None)
    if nth is None:
        return f"/console/archive/{who.hex()}/form/{REFERRAL}?for={record}"
    return form_href(who, bytes.fromhex(record), nth)


async def _act(console: Console, request: AnyRequest, finding: str) -> Response[Any]:
    typed = {name: each[0] for name, each in (await posted(request)).items()}
    signed, w, which = signed_of(request), words("checkup_after"), id_of(finding)
    do = typed.get("do", "")
    try:
        if do == "agree":
            await findings.agree(console.site, signed, which, _day(typed.get("due", "")))
        elif do == "told":
            await findings.tell(console.site, signed, which, typed.get("reason", ""))
        elif do == "again":
            await findings.reopen(console.site, signed, which)
    except RuleSaysNo as no:
        fault = {"day": w.finding.no_day, "reason": w.finding.no_reason}.get(no.detail, "")
        if not fault:
            raise
        return await _one(console, request, finding, fault=fault, status=422)
    return see(f"/console/checkup/finding/{finding}" if do == "again" else LIST)


def _day(text: str) -> date:
    """Raises RuleSaysNo for what is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise RuleSaysNo("day") from None
