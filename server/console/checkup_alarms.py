"""Critical values of a checkup day: a list without values, one opened by a doctor, what was done.
Reading: server/actions/checkup/alarms.py.
"""

from functools import partial
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.desk import fresh_id
from server.actions.checkup import alarms
from server.actions.checkup.alarms import Line, OpenedAlarm
from server.console.checkup_board_words import clock_of, short_of, spoken
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours
from server.pages.forms import EMPTY, Filled, Posted, read_form
from server.pages.times import civil
from server.pages.values import field_text
from server.pages.web import CSRF, posted, see
from server.records.checkup_steps import ACTED_V1
from server.records.model import Kind
from server.records.values import Fault, FaultCode
from server.rules.checkup import stations
from server.rules.checkup_days import PREPARES
from sync.hall import URGENT

AnyRequest = Request[Any, Any, Any]
HERE = "/console/checkup"


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/alarms", roles=PREPARES)
    async def listed(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        signed = signed_of(request)
        found = await alarms.listed(console.site, signed, id_of(day))
        w = words("checkup_alarms")
        here = Page(
            "checkup_alarms.html.j2", "checkup_alarms", w.title, "checkup",
            (Key("Escape", w.board),),
        )  # fmt: skip
        return await console.page(
            request, here, found=found, day=day, may=alarms.may_open(signed, found.day),
            path_of=partial(_path, day), clock_of=clock_of, short_of=short_of,
            spoken=spoken, did=_did,
        )  # fmt: skip

    @page("/checkup/{day:str}/alarm/{who:str}/{part:str}/{n:str}", roles=PREPARES)
    async def one(
        request: AnyRequest, day: FromPath[str], who: FromPath[str], part: FromPath[str],
        n: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        found = await _open(console, request, day, who, part, n)
        return await _draw(console, request, found, EMPTY)

    @action("/checkup/{day:str}/alarm/{who:str}/{part:str}/{n:str}", roles=PREPARES)
    async def act(
        request: AnyRequest, day: FromPath[str], who: FromPath[str], part: FromPath[str],
        n: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        typed = {name: each for name, each in (await posted(request)).items() if name != CSRF}
        filled = _filled(console, typed)
        if filled.hard:
            found = await _open(console, request, day, who, part, n)
            return await _draw(console, request, found, filled, status=422)
        await alarms.act(
            console.site, signed_of(request), id_of(day), id_of(who), id_of(part), _nth(n),
            filled.values, id_of(typed.get("change", [""])[0]),
        )  # fmt: skip
        return see(f"{HERE}/{day}/alarms")

    return [listed, one, act]


def _path(day: str, line: Line) -> str:
    return f"{HERE}/{day}/alarm/{line.who.hex()}/{line.alarm.part.hex()}/{line.n}"


def _nth(text: str) -> int:
    """Raises NotYours for what is no small number."""
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise NotYours("alarm")
    return int(text)


def _did(line: Line) -> str:
    did = ACTED_V1.field("did")
    return field_text(did, line.acted.did) if did is not None and line.acted else ""


def _form() -> Kind:
    """What a doctor fills in: how it was dealt with, and a word about it."""
    fields = tuple(each for each in ACTED_V1.fields if each.name in ("did", "text"))
    return Kind(
        id="acted_here", label=ACTED_V1.label, version=1, valid_from=ACTED_V1.valid_from,
        shape=ACTED_V1.shape, fields=fields,
    )  # fmt: skip


def _filled(console: Console, typed: Posted) -> Filled:
    w = words("checkup_alarms")
    filled = read_form(_form(), typed, today=civil(console.site.clock()).date())
    if not filled.text("did"):
        said = Fault("did", FaultCode.MISSING, w.missing)
        rest = tuple(each for each in filled.faults if each.field != "did")
        return Filled(typed, filled.values, (said, *rest))
    return filled


async def _open(
    console: Console, request: AnyRequest, day: str, who: str, part: str, n: str
) -> OpenedAlarm:
    why = words("checkup_alarms").why
    return await alarms.open_one(
        console.site, signed_of(request), id_of(day), id_of(who), id_of(part), _nth(n), why
    )


async def _draw(
    console: Console, request: AnyRequest, found: OpenedAlarm, filled: Filled, *, status: int = 200
) -> Response[Any]:
    w = words("checkup_alarms")
    day, alarm = found.day.day.hex(), found.line.alarm
    label, value, rule, bound = _said(found)
    here = Page(
        "checkup_alarm.html.j2", "checkup_alarms", w.title, "checkup",
        (Key("Ctrl Enter", w["keys"].save), Key("Escape", w["keys"].back)),
    )  # fmt: skip
    return await console.page(
        request, here, status=status, found=found, filled=filled, day=day, label=label,
        value=value, rule=rule, bound=bound, path=_path(day, found.line), fields=_form().fields,
        where=w.where(station=short_of(alarm.station), when=clock_of(alarm.at)),
        change=fresh_id(console.site).hex(), did=_did(found.line), clock_of=clock_of,
        others=[(_path(day, each), each) for each in found.others],
        ticket=spoken(found.line.ticket),
    )  # fmt: skip


def _said(found: OpenedAlarm) -> tuple[str, str, str, str]:
    """收缩压, 186 mmHg, why it is critical, from which number on; of what an operator found the
    sentence alone.
    """
    name = found.line.alarm.field
    if name.startswith(f"{URGENT}:"):
        return words("checkup_alarms").urgent, found.sentence, "", ""
    station = stations().get(found.line.alarm.station)
    for form in station.forms if station is not None else ():
        each = form.form.field(name)
        if each is not None:
            value = field_text(each, found.value)
            bound = field_text(each, found.bound) if found.bound is not None else ""
            return each.label, value, found.sentence.format(value=value, bound=bound), bound
    return name, str(found.value), "", ""
