"""Results of a checkup day entered afterwards: the form of one station for one person, with the
fields and faults of the desk's forms. Reading and writing: server/actions/checkup/late.py.
"""

from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.desk import fresh_id
from server.actions.archives.folder import colleagues
from server.actions.checkup import late
from server.actions.checkup.late import Sheet
from server.console import desk_form
from server.console.checkup_board_words import short_of, spoken
from server.console.desk import rows_changed
from server.console.desk_form import DO, SURE, Choices
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.forms import Filled
from server.pages.web import CSRF, posted, see
from server.records.check import check
from server.records.values import Fault, FaultCode
from server.rules.checkup_days import PREPARES

AnyRequest = Request[Any, Any, Any]
ADDRESS = "/checkup/{day:str}/person/{who:str}/late/{station:str}/{kind:str}"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page(ADDRESS, roles=PREPARES)
    async def form(
        request: AnyRequest, day: FromPath[str], who: FromPath[str], station: FromPath[str],
        kind: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        sheet = await _open(console, request, day, who, station, kind)
        filled = Filled(desk_form.typed_from(sheet.fields, sheet.held), {})
        return await _draw(console, request, sheet, filled, fresh_id(console.site).hex())

    @action(ADDRESS, roles=PREPARES)
    async def save(
        request: AnyRequest, day: FromPath[str], who: FromPath[str], station: FromPath[str],
        kind: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        typed = {name: v for name, v in (await posted(request)).items() if name != CSRF}
        sheet = await _open(console, request, day, who, station, kind)
        change = (typed.get("change") or [""])[0]
        id_of(change)
        does = (typed.get(DO) or [""])[0]
        if does:
            changed = Filled(rows_changed(console, sheet.fields, typed, does))
            return await _draw(console, request, sheet, changed, change)
        filled = _checked(sheet, typed, times.civil(console.site.clock()).date())
        if not desk_form.settled(filled):
            return await _draw(console, request, sheet, filled, change, status=422)
        try:
            await late.save(
                console.site, signed_of(request), sheet, filled.values, bytes.fromhex(change)
            )
        except RuleSaysNo as refused:
            filled = filled.but(Fault("", FaultCode.CONTRADICTION, refused.say))
            return await _draw(console, request, sheet, filled, change, status=422)
        return see(f"/console/checkup/{day}/person/{who}")

    return [form, save]


async def _open(
    console: Console, request: AnyRequest, day: str, who: str, station: str, kind: str
) -> Sheet:
    why = words("checkup_person").why
    return await late.opened_sheet(
        console.site, signed_of(request), id_of(day), id_of(who), station, kind, why
    )


def _checked(sheet: Sheet, typed: dict[str, list[str]], today: date) -> Filled:
    """What was typed, with the faults of what this station writes: what another one fills in is
    not missing here.
    """
    body, kept = desk_form.body_of(sheet.fields, typed)
    sex, birth = _person(sheet)
    faults = check(
        sheet.kind, msgspec.json.encode(body), on=sheet.shown.day.on,
        today=max(today, sheet.shown.day.on), sex=sex, birth=birth, asking=False,
    )  # fmt: skip
    own = tuple(
        desk_form.at_its_row(each)
        for each in faults
        if each.code is not FaultCode.MISSING and each.field.partition("/")[0] in {"", *body}
    )
    return Filled(kept, body, own)


def _person(sheet: Sheet) -> tuple[str | None, date | None]:
    person = sheet.shown.person
    return person.sex or None, date.fromisoformat(person.birth) if person.birth else None


async def _draw(
    console: Console, request: AnyRequest, sheet: Sheet, filled: Filled, change: str, *,
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    w, signed = words("checkup_person"), signed_of(request)
    choices = Choices(await colleagues(console.site, signed), {})
    drawn = desk_form.drawn(sheet.kind, sheet.fields, filled, {}, choices)
    keys = (Key("Ctrl Enter", w.late.save), Key("Escape", w.late.leave))
    path = f"/console/checkup/{sheet.shown.day.day.hex()}/person/{sheet.shown.person.who.hex()}"
    return await console.page(
        request, Page("checkup_late.html.j2", "checkup_late", w.late_title, "checkup", keys),
        status=status, sections_=drawn, filled=filled, wide=desk_form.wide, SURE=SURE,
        mark=desk_form.mark_of(filled.faults), change=change, path=path,
        here=f"{path}/late/{sheet.station}/{sheet.kind.id}", label=short_of(sheet.station),
        form=sheet.kind.label, name=sheet.shown.person.name,
        ticket=spoken(sheet.shown.person.progress.ticket),
        on=times.long_day(sheet.shown.day.on),
    )  # fmt: skip
